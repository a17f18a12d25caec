//! `tickmark diff`.

use std::path::Path;

use super::args::TextOrJson;
use super::catalog::print_json;
use super::{Failure, terminal, verify};
use crate::assessment::{Assessment, SCHEMA};
use crate::base::Status;
use crate::diff::{Change, ChangeSet, compare};

pub fn run(before: &Path, after: &Path, format: TextOrJson) -> Result<(), Failure> {
    let (before, after) = (read(before)?, read(after)?);
    let changes = compare(&before, &after);
    match format {
        TextOrJson::Json => print_json(&serde_json::to_value(&changes).unwrap_or_default()),
        TextOrJson::Text => print_text(&changes),
    }
    Ok(())
}

/// An assessment from a pack, which must hold, or from a bare assessment.json.
pub(super) fn read(path: &Path) -> Result<Assessment, Failure> {
    let shown = path.display();
    let bytes = if path.is_dir() {
        let (files, unreadable) = verify::read_pack(path)?;
        let verification = crate::verify::verify(&files, &unreadable);
        if let Some(first) = verification.breaches.first() {
            let message = format!("`{shown}` does not hold ({}: {}); run `tickmark verify {shown}`", first.code, first.what);
            return Err(Failure::NotVerified(message));
        }
        files.get("assessment.json").map(<[u8]>::to_vec).unwrap_or_default()
    } else {
        crate::io::read_one(path)?
    };
    let assessment: Assessment =
        serde_json::from_slice(&bytes).map_err(|error| Failure::BadInput(format!("`{shown}` is not an assessment: {error}")))?;
    if assessment.schema != SCHEMA {
        return Err(Failure::BadInput(format!("`{shown}` has the schema `{}`; this version reads `{SCHEMA}`", assessment.schema)));
    }
    Ok(assessment)
}

fn print_text(changes: &ChangeSet) {
    terminal::line(&format!("{} -> {}", changes.before_as_of, changes.after_as_of));
    let word = |change: Change| serde_json::to_value(change).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let counts: Vec<String> = changes.counts.iter().map(|(change, count)| format!("{count} {}", word(*change))).collect();
    terminal::line(&counts.join(", "));
    let status = |status: Option<Status>| status.map_or("-".to_owned(), |status| status.to_string());
    if !changes.entries.is_empty() {
        terminal::table(
            &["Change", "Framework", "Clause", "Label", "Before", "After", "Causes"],
            changes.entries.iter().map(|entry| {
                let causes: Vec<String> =
                    entry.causes.iter().filter_map(|cause| serde_json::to_value(cause).ok()?.as_str().map(str::to_owned)).collect();
                vec![
                    word(entry.change),
                    entry.framework.clone(),
                    entry.clause.clone(),
                    entry.label.clone(),
                    status(entry.before),
                    status(entry.after),
                    causes.join(", "),
                ]
            }),
        );
    }
    if !changes.subjects.is_empty() {
        terminal::line("\nSubjects that began (+) or ceased (-) to depart:");
        for subject in &changes.subjects {
            let sign = if subject.departs_now { '+' } else { '-' };
            terminal::safe_line(&format!("  {sign} {:<26} {}", subject.objective, subject.subject));
        }
    }
}
