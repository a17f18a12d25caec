//! Reference pages made from the controls: what each table, adapter and objective is. Committed in the book and held true by a test.

use std::fmt::Write as _;

use crate::catalog::Objective;
use crate::evidence::{Adapter, TableDefinition};
use crate::pipeline::Controls;

/// File name and text of every generated page, below `book/src/reference/generated`.
pub fn pages(controls: &Controls) -> Vec<(String, String)> {
    let mut pages = vec![
        ("tables.md".to_owned(), tables(controls)),
        ("adapters.md".to_owned(), adapters(controls)),
        ("catalogs.md".to_owned(), catalogs(controls)),
        ("objectives.md".to_owned(), objectives(controls)),
    ];
    pages.extend(
        controls.catalogs.objectives.values().map(|objective| (format!("objectives/{}.md", objective.id), objective_page(objective))),
    );
    pages
}

const MADE: &str = "<!-- Made by `tickmark catalog reference`; edit the controls, not this page. -->\n\n";

fn tables(controls: &Controls) -> String {
    let mut text = format!(
        "{MADE}# Normalised tables\n\nEvery row carries `artifact` and `record`, so any number leads to a place in a file.\nInstants are UTC.\n"
    );
    for table in controls.tables.values() {
        table_section(&mut text, table);
    }
    text
}

fn table_section(text: &mut String, table: &TableDefinition) {
    let _ = writeln!(text, "\n## {}\n\n{}", table.name, table.meaning.trim());
    if let Some(derivation) = &table.derivation {
        let _ =
            writeln!(text, "\nDerived from {}.", derivation.reads.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "));
    }
    let _ = writeln!(text, "\n| column | type | required | meaning |\n|---|---|---|---|");
    for column in &table.columns {
        let required = if column.required { "yes" } else { "" };
        let kind = format!("{:?}", column.kind).to_lowercase();
        let _ = writeln!(text, "| `{}` | {kind} | {required} | {} |", column.name, column.meaning.trim().replace('|', "\\|"));
    }
}

fn adapters(controls: &Controls) -> String {
    let mut text = format!("{MADE}# Adapters\n\n| adapter | export | system | feeds | extent |\n|---|---|---|---|---|\n");
    for adapter in controls.adapters.values() {
        adapter_row(&mut text, adapter);
    }
    text
}

fn adapter_row(text: &mut String, adapter: &Adapter) {
    let feeds: Vec<String> = adapter.feeds().into_iter().map(|table| format!("`{table}`")).collect();
    let _ = writeln!(
        text,
        "| `{}` r{} | {} | {} | {} | {} |",
        adapter.id,
        adapter.revision,
        adapter.title,
        adapter.system,
        feeds.join(", "),
        adapter.completeness.because.trim().replace('\n', " ")
    );
}

fn catalogs(controls: &Controls) -> String {
    let mut text = format!(
        "{MADE}# Catalogs\n\n| edition | title | publisher | headings | mapped | documentary | outside |\n|---|---|---|---|---|---|---|\n"
    );
    for catalog in controls.catalogs.editions.values() {
        let count = |word: &str| catalog.clauses.iter().filter(|clause| clause.treatment.word() == word).count();
        let _ = writeln!(
            text,
            "| `{}` r{} | {} | {} | {} | {} | {} | {} |",
            catalog.name,
            catalog.about.revision,
            catalog.about.title,
            catalog.about.publisher,
            count("heading"),
            count("mapped"),
            count("documentary"),
            count("outside")
        );
    }
    text
}

fn objectives(controls: &Controls) -> String {
    let mut text = format!("{MADE}# Objectives\n\n| objective | method | statement |\n|---|---|---|\n");
    for objective in controls.catalogs.objectives.values() {
        let method = format!("{:?}", objective.method).to_lowercase();
        let _ = writeln!(text, "| [`{0}`](objectives/{0}.md) | {method} | {1} |", objective.id, objective.statement.replace('\n', " "));
    }
    text
}

fn objective_page(objective: &Objective) -> String {
    let mut text = format!("{MADE}# {}\n\n`{}`: {}\n", objective.title, objective.id, objective.statement);
    let _ = writeln!(text, "\n## How it is tested\n\nMethod: {}.", format!("{:?}", objective.method).to_lowercase());
    if let Some(ask) = &objective.ask {
        let _ = writeln!(text, "\nTo be brought: {ask}");
    }
    if objective.check.is_some() {
        let requires: Vec<String> = objective.requires.iter().map(|table| format!("`{table}`")).collect();
        let _ = writeln!(text, "\nPopulation: {}\n\nRequires evidence for {}.", objective.population, requires.join(", "));
        let _ = writeln!(text, "\nEvidence older than {} days at `as_of` proves nothing.", objective.freshness_days_max);
    }
    if let Some(empty) = &objective.empty_population {
        let _ = writeln!(text, "\nAn empty population means {:?}: {}", empty.means, empty.because.trim());
    }
    let _ = writeln!(text, "\n## Parameters\n");
    if objective.parameters.is_empty() {
        let _ = writeln!(text, "None.");
    } else {
        let _ = writeln!(text, "| parameter | default | unit | meaning | source |\n|---|---|---|---|---|");
        for parameter in &objective.parameters {
            let unit = format!("{:?}", parameter.unit).to_lowercase();
            let source = parameter.source.trim().replace('\n', " ");
            let _ = writeln!(text, "| `{}` | {} | {unit} | {} | {source} |", parameter.name, parameter.default, parameter.title);
        }
    }
    let _ = writeln!(text, "\n## What to do about deviations\n\n{}", objective.advice.trim());
    if !objective.references.is_empty() {
        let _ = writeln!(text, "\n## Where the rule comes from\n");
        for reference in &objective.references {
            let _ = writeln!(text, "- {reference}");
        }
    }
    text
}
