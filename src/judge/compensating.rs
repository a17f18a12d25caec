//! What exceptions say in a framework that knows compensating controls.
//!
//! A complete worksheet puts a control forward; whether the requirement is in place with it is for an assessor to decide.
//! So this adds reasons and never moves a status.

use crate::assessment::Reason;

/// An exception that covers deviations of a clause, with its worksheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutForward<'a> {
    pub exception: &'a str,
    /// The fields that say nothing; all six where there is no worksheet.
    pub missing: Vec<&'static str>,
}

/// Adds a reason for each exception. `worksheet` is the publisher's name of it.
pub fn compensating(reasons: &mut Vec<Reason>, worksheet: &str, exceptions: &[PutForward<'_>]) {
    for own in exceptions {
        let id = own.exception;
        let (code, text) = if own.missing.is_empty() {
            let text = format!(
                "{id} puts a compensating control forward with a complete worksheet ({worksheet}); whether the requirement is in place with it is for the assessor to decide."
            );
            ("compensating-control", text)
        } else {
            let missing: Vec<String> = own.missing.iter().map(|field| field.replace('_', " ")).collect();
            ("worksheet-incomplete", format!("The worksheet ({worksheet}) of {id} says nothing of: {}.", missing.join(", ")))
        };
        reasons.push(Reason { code: code.into(), text, objective: None, artifacts: Vec::new(), rows: Vec::new() });
    }
}
