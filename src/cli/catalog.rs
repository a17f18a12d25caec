//! `tickmark catalog`.

use std::path::Path;

use serde_json::json;

use super::args::{CatalogCommand, TextOrJson};
use super::{Failure, load_controls, settle, terminal};
use crate::base::Diagnostics;
use crate::catalog::{Catalog, Clause, EditionName};
use crate::io;
use crate::pipeline::run_cases;

pub fn run(command: CatalogCommand, controls: Option<&Path>) -> Result<(), Failure> {
    match command {
        CatalogCommand::List { format } => list(format, controls),
        CatalogCommand::Show { edition, format } => show(&edition, format, controls),
        CatalogCommand::Check => check(controls),
        CatalogCommand::Reference { folder } => reference(&folder, controls),
    }
}

fn list(format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    let editions = controls.catalogs.editions.values();
    match format {
        TextOrJson::Json => {
            let list: Vec<_> = editions
                .map(|catalog| {
                    json!({"framework": catalog.name, "revision": catalog.about.revision, "title": catalog.about.title,
                        "publisher": catalog.about.publisher, "clauses": catalog.clauses.len(), "digest": catalog.digest})
                })
                .collect();
            print_json(&json!(list));
        }
        TextOrJson::Text => terminal::table(
            &["Edition", "Title", "Clauses", "Revision", "Digest"],
            editions.map(|catalog| {
                vec![
                    catalog.name.to_string(),
                    catalog.about.short_title.clone(),
                    catalog.clauses.len().to_string(),
                    catalog.about.revision.to_string(),
                    catalog.digest.short().to_owned(),
                ]
            }),
        ),
    }
    Ok(())
}

fn show(edition: &str, format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    let catalog = EditionName::parse(edition).and_then(|name| controls.catalogs.editions.get(&name)).ok_or_else(|| {
        let known: Vec<&str> = controls.catalogs.editions.keys().map(EditionName::as_str).collect();
        Failure::BadInput(format!("there is no catalog `{edition}`; there are {}", known.join(", ")))
    })?;
    match format {
        TextOrJson::Json => print_json(&json!({
            "framework": catalog.name,
            "revision": catalog.about.revision,
            "title": catalog.about.title,
            "publisher": catalog.about.publisher,
            "source": catalog.about.source,
            "licence": catalog.about.licence,
            "digest": catalog.digest,
            "clauses": catalog.clauses.iter().map(clause_json).collect::<Vec<_>>(),
        })),
        TextOrJson::Text => print_text(catalog),
    }
    Ok(())
}

fn clause_json(clause: &Clause) -> serde_json::Value {
    json!({
        "id": clause.id, "parent": clause.parent, "kind": clause.kind, "label": clause.label, "statement": clause.statement,
        "effective": clause.effective, "treatment": clause.treatment.word(),
        "objectives": clause.treatment.mappings(),
    })
}

fn print_text(catalog: &Catalog) {
    terminal::line(&format!("{}  {}", catalog.name, catalog.about.title));
    terminal::line(&format!("{}, {}", catalog.about.publisher, catalog.about.source));
    terminal::line(&catalog.about.licence);
    for clause in &catalog.clauses {
        let indent = "  ".repeat(clause.depth);
        terminal::line(&format!("\n{indent}{} {}  [{}]", clause.id, clause.label, clause.treatment.word()));
        terminal::line(&format!("{indent}  {}", clause.statement));
        for mapping in clause.treatment.mappings() {
            terminal::line(&format!("{indent}  <- {} ({:?})", mapping.objective, mapping.coverage));
        }
    }
}

fn check(overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    let cases = run_cases(&controls, |_| true, &mut diagnostics);
    settle(diagnostics)?;
    terminal::line(&format!(
        "{} editions, {} objectives, {} adapters, {} tables; {cases} cases hold.",
        controls.catalogs.editions.len(),
        controls.catalogs.objectives.len(),
        controls.adapters.len(),
        controls.tables.len()
    ));
    Ok(())
}

fn reference(folder: &Path, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    for (name, text) in crate::schemas::all() {
        io::write_file(&folder.join("schemas").join(&name), text.as_bytes())?;
    }
    for (name, text) in crate::reference::pages(&controls) {
        io::write_file(&folder.join("generated").join(&name), text.as_bytes())?;
    }
    Ok(())
}

pub fn print_json(value: &serde_json::Value) {
    terminal::raw(&format!("{}\n", serde_json::to_string_pretty(value).unwrap_or_default()));
}
