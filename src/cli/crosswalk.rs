//! `tickmark crosswalk`.

use std::path::Path;

use serde_json::json;

use super::args::TextOrJson;
use super::catalog::{edition_of, print_json};
use super::{Failure, load_controls, settle, terminal};
use crate::base::Diagnostics;
use crate::catalog::crosswalk::{Carried, CarriedClause};
use crate::catalog::{Catalog, Catalogs, EditionRelation, SetRelation};

pub fn run(from: &str, to: &str, clause: Option<&str>, format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    let catalogs = &controls.catalogs;
    let (from, to) = (edition_of(catalogs, from)?, edition_of(catalogs, to)?);
    if let Some(id) = clause
        && to.clause(id).is_none()
    {
        return Err(Failure::BadInput(format!("{} has no clause `{id}`; `tickmark cite` resolves other spellings", to.name)));
    }
    if from.about.framework == to.about.framework {
        editions(catalogs, from, to, clause, format)
    } else {
        frameworks(catalogs, from, to, clause, format)
    }
}

fn editions(catalogs: &Catalogs, from: &Catalog, to: &Catalog, clause: Option<&str>, format: TextOrJson) -> Result<(), Failure> {
    let mut entries = catalogs
        .between_editions(&from.name, &to.name)
        .ok_or_else(|| Failure::BadInput(format!("no crosswalk leads from {} to {}", from.name, to.name)))?;
    entries.retain(|entry| clause.is_none_or(|id| entry.to.as_deref() == Some(id)));
    if format == TextOrJson::Json {
        print_json(&json!({"from": from.name, "to": to.name, "entries": entries}));
        return Ok(());
    }
    let word = |relation: EditionRelation| format!("{relation:?}").to_lowercase();
    terminal::table(
        &[from.name.as_str(), to.name.as_str(), "Relation", "Label"],
        entries.iter().map(|entry| {
            let label = entry.to.as_deref().and_then(|id| to.clause(id)).or(entry.from.as_deref().and_then(|id| from.clause(id)));
            vec![
                entry.from.clone().unwrap_or_default(),
                entry.to.clone().unwrap_or_default(),
                word(entry.relation),
                label.map(|clause| clause.label.clone()).unwrap_or_default(),
            ]
        }),
    );
    let mut totals: std::collections::BTreeMap<EditionRelation, usize> = std::collections::BTreeMap::new();
    for entry in &entries {
        *totals.entry(entry.relation).or_default() += 1;
    }
    let totals: Vec<String> = totals.into_iter().map(|(relation, count)| format!("{count} {}", word(relation))).collect();
    terminal::line(&format!("{}.", totals.join(", ")));
    Ok(())
}

fn frameworks(catalogs: &Catalogs, from: &Catalog, to: &Catalog, clause: Option<&str>, format: TextOrJson) -> Result<(), Failure> {
    let mut crosswalk = catalogs.carried(from, to);
    if let Some(id) = clause {
        crosswalk.clauses.retain(|carried| carried.clause == id);
    }
    if format == TextOrJson::Json {
        print_json(&json!(crosswalk));
        return Ok(());
    }
    let state = |state: Carried| match state {
        Carried::Evidence => "evidence is there",
        Carried::EvidenceInPart => "evidence in part",
        Carried::NewEvidence => "new evidence",
        Carried::Documents => "own documents",
        Carried::Outside => "outside",
    };
    terminal::line(&format!("Evidence collected for {}, asked by {}:\n", from.about.short_title, to.about.short_title));
    for (kind, count) in &crosswalk.totals {
        terminal::line(&format!("  {count:>5}  {}", state(*kind)));
    }
    terminal::line("");
    let shown = |carried: &&CarriedClause| {
        clause.is_some() || matches!(carried.state, Carried::Evidence | Carried::EvidenceInPart | Carried::NewEvidence)
    };
    terminal::table(
        &[to.name.as_str(), "Label", "State", "Shared objectives", "Missing", from.name.as_str()],
        crosswalk.clauses.iter().filter(shown).map(|carried| {
            let objectives: Vec<&str> = carried.shared.iter().map(|shared| shared.objective.as_str()).collect();
            let mut through: Vec<String> = carried
                .relations
                .iter()
                .filter(|relation| relation.judged || clause.is_some())
                .map(|relation| format!("{} ({})", relation.clause, set_word(relation.relation)))
                .collect();
            if through.is_empty() {
                let ids: Vec<&str> = carried.relations.iter().map(|relation| relation.clause.as_str()).collect();
                through.push(match ids.len() {
                    0..=6 => ids.join(", "),
                    more => format!("{}, and {} more", ids[..5].join(", "), more - 5),
                });
            }
            vec![
                carried.clause.clone(),
                carried.label.clone(),
                state(carried.state).to_owned(),
                objectives.join(", "),
                carried.missing.join(", "),
                through.join(", "),
            ]
        }),
    );
    if !crosswalk.missing.is_empty() {
        terminal::line("\nObjectives to collect evidence for:");
        for (objective, clauses) in &crosswalk.missing {
            terminal::line(&format!("  {objective}: {}", clauses.join(", ")));
        }
    }
    terminal::line("\nRelations without a judgement of a person rest on shared objectives and are never more than an intersection.");
    Ok(())
}

fn set_word(relation: SetRelation) -> &'static str {
    match relation {
        SetRelation::Equal => "equal",
        SetRelation::Subset => "subset",
        SetRelation::Superset => "superset",
        SetRelation::Intersects => "intersects",
    }
}
