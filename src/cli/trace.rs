//! `tickmark trace`.

use std::path::Path;

use serde_json::json;

use super::args::TextOrJson;
use super::assessed::{self, Opened};
use super::catalog::print_json;
use super::{Failure, terminal};
use crate::assessment::{Assessment, DossierRecord, Observation, RegisterRecord};
use crate::pipeline::lives::{self, Meant};

pub fn run(folder: &Path, wanted: &str, format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let opened = assessed::open(folder, overlay)?;
    let identity = identity(&opened, wanted)?;
    let assessment = &opened.assessment;
    let dossier = match &opened.ledger {
        Some(ledger) => lives::dossier(assessment, ledger, &identity),
        None => assessment.dossiers.iter().find(|own| own.identity == identity).cloned(),
    };
    let row = assessment.register.iter().find(|own| own.identity == identity);
    let Some(dossier) = dossier else {
        return Err(Failure::BadInput(format!(
            "the pack keeps the lives of identities that depart, and `{identity}` departs from nothing; run `tickmark trace` on its workspace"
        )));
    };
    let seen = observed(assessment, &identity);
    match format {
        TextOrJson::Json => print_json(&json!({
            "identity": identity,
            "register": row,
            "steps": dossier.steps,
            "missing": dossier.missing,
            "departs": seen.iter().map(|(objective, seen)| json!({
                "objective": objective, "subject": seen.subject, "outcome": seen.outcome, "reason": seen.reason,
                "artifact": seen.artifact, "record": seen.record,
            })).collect::<Vec<_>>(),
        })),
        TextOrJson::Text => print_text(assessment, row, &dossier, &seen),
    }
    Ok(())
}

fn identity(opened: &Opened, wanted: &str) -> Result<String, Failure> {
    let meant = match &opened.ledger {
        Some(ledger) => lives::meant(ledger, wanted),
        None => lives::meant_in(&opened.assessment.register, wanted),
    };
    match meant {
        Meant::Identity(identity) => Ok(identity),
        Meant::Several(identities) => Err(Failure::BadInput(format!(
            "`{wanted}` names {} identities; name one by its id: {}",
            identities.len(),
            identities.join(", ")
        ))),
        Meant::Nobody(Some(near)) => Err(Failure::BadInput(format!("no source shows an identity `{wanted}`; did you mean `{near}`?"))),
        Meant::Nobody(None) => {
            Err(Failure::BadInput(format!("no source shows an identity `{wanted}`; `tickmark sample` and register.csv list all of them")))
        }
    }
}

/// Where the identity departs or cannot be told of, by objective.
fn observed<'a>(assessment: &'a Assessment, identity: &str) -> Vec<(&'a str, &'a Observation)> {
    let about = |seen: &&Observation| seen.identity.as_deref() == Some(identity);
    assessment
        .objectives
        .iter()
        .flat_map(|objective| objective.observations.iter().filter(about).map(move |seen| (objective.id.as_str(), seen)))
        .collect()
}

fn print_text(assessment: &Assessment, row: Option<&RegisterRecord>, dossier: &DossierRecord, seen: &[(&str, &Observation)]) {
    terminal::safe_line(&dossier.identity);
    if let Some(row) = row {
        let stated = |value: &Option<String>| value.clone().unwrap_or_else(|| "not stated".into());
        let owner = match &row.owner_status {
            Some(status) => format!("{} ({status})", stated(&row.owner)),
            None => stated(&row.owner),
        };
        let ends = match &row.expires_at {
            Some(at) => format!("{at}, {}", row.expiry),
            None => row.expiry.clone(),
        };
        let used = row.last_used_at.clone().unwrap_or_else(|| row.last_use.clone());
        for (name, value) in [
            ("platform", format!("{} {}", row.platform, row.scope.as_deref().unwrap_or_default())),
            ("kind", row.kind.clone()),
            ("class", stated(&row.class)),
            ("owner", owner),
            ("purpose", stated(&row.purpose)),
            ("status", row.status.clone()),
            ("ends", ends),
            ("last use", used),
            ("credentials", row.credentials.clone()),
            ("grants", row.entitlements.clone()),
            ("taken away", row.revocation.clone()),
        ] {
            terminal::safe_line(&format!("  {name:<12}{}", value.trim()));
        }
    }
    terminal::line("");
    let mut last = "";
    for step in &dossier.steps {
        let name = if step.step == last { "" } else { &step.step };
        last = &step.step;
        let day = step.at.as_deref().map_or("", |at| at.get(..10).unwrap_or(at));
        terminal::safe_line(&format!("{name:<11} {:<8} {day:<10}  {}", step.state, step.says));
        terminal::safe_line(&format!("{:33}{} {}", "", place(assessment, &step.artifact), step.record));
    }
    terminal::line("");
    if dossier.missing.is_empty() {
        terminal::line("No step that is due is missing.");
    } else {
        terminal::safe_line(&format!("Missing: {}.", dossier.missing.join(", ")));
    }
    if !seen.is_empty() {
        terminal::line("\nDeparts, or cannot be told:");
        for (objective, seen) in seen {
            terminal::safe_line(&format!("  {:<8} {objective}: {} ({} {})", seen.outcome.word(), seen.reason, seen.artifact, seen.record));
        }
    }
}

/// The exhibit with its path.
fn place(assessment: &Assessment, path: &str) -> String {
    assessment.exhibit(path).map_or_else(|| path.to_owned(), |artifact| format!("{} {path}", artifact.exhibit))
}
