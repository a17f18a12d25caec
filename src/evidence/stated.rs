//! Exceptions that the workspace states, as rows of the table `exceptions`, so that a check can test the register of exceptions itself.
//!
//! In: the exceptions, one for each subject. Out: the table. Knows nothing of what an exception excuses.

use crate::base::{Column, Table};

/// The file in which exceptions are stated; rows cite it as their artifact.
pub const EXCEPTIONS_FILE: &str = "exceptions.yaml";

/// One subject of one exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedException {
    pub id: String,
    pub title: String,
    pub objective: String,
    /// Framework editions, separated by commas; none where it holds for all in scope.
    pub frameworks: Option<String>,
    pub subject: String,
    pub reason: String,
    pub requested_by: String,
    pub approved_by: String,
    /// Microseconds since 1970.
    pub approved_at: i64,
    pub expires_at: i64,
    pub compensating_measure: String,
    pub retirement_plan: String,
    /// The earliest step of the plan that should be done by now and is not, with its day.
    pub overdue_milestone: Option<String>,
    pub ticket: Option<String>,
    /// Place in the file, such as `#/exceptions/0`.
    pub record: String,
}

/// The rows in the order of the columns of `controls/tables/exceptions.yaml`. Blank text counts as missing where a blank says nothing.
pub(super) fn exceptions_table(stated: &[StatedException]) -> Table {
    let texts = |of: &dyn Fn(&StatedException) -> Option<&str>| {
        Column::Text(stated.iter().map(|own| of(own).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)).collect())
    };
    let instants = |of: &dyn Fn(&StatedException) -> i64| Column::Instant(stated.iter().map(|own| Some(of(own))).collect());
    Table::new(vec![
        ("exception_id".into(), texts(&|own| Some(&own.id))),
        ("title".into(), texts(&|own| Some(&own.title))),
        ("objective".into(), texts(&|own| Some(&own.objective))),
        ("frameworks".into(), texts(&|own| own.frameworks.as_deref())),
        ("subject".into(), texts(&|own| Some(&own.subject))),
        ("reason".into(), texts(&|own| Some(&own.reason))),
        ("requested_by".into(), texts(&|own| Some(&own.requested_by))),
        ("approved_by".into(), texts(&|own| Some(&own.approved_by))),
        ("approved_at".into(), instants(&|own| own.approved_at)),
        ("expires_at".into(), instants(&|own| own.expires_at)),
        ("compensating_measure".into(), texts(&|own| Some(&own.compensating_measure))),
        ("retirement_plan".into(), texts(&|own| Some(&own.retirement_plan))),
        ("overdue_milestone".into(), texts(&|own| own.overdue_milestone.as_deref())),
        ("ticket".into(), texts(&|own| own.ticket.as_deref())),
        ("artifact".into(), texts(&|_| Some(EXCEPTIONS_FILE))),
        ("record".into(), texts(&|own| Some(&own.record))),
    ])
}
