//! Catalogs hold exactly the publisher's ids, and every objective keeps its word.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tickmark::base::{Diagnostics, SourceTree};
use tickmark::catalog::Treatment;
use tickmark::io;
use tickmark::pipeline::{Controls, run_cases};

use crate::support::{assert_no_errors, controls, shared};

#[test]
fn future_dated_requirements_of_pci_dss_carry_their_date() {
    let Some(reference) = shared("reference") else { return };
    let listed = fs::read_to_string(reference.join("pci-dss-4.x-future-dated.tsv")).unwrap();
    let catalog = controls().catalogs.editions.values().find(|catalog| catalog.name.as_str() == "pci-dss@4.0.1").unwrap();
    let mut whole = BTreeSet::new();
    for line in listed.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells[1] == "whole" {
            whole.insert(cells[0].to_owned());
            let clause = catalog.clause(cells[0]).unwrap_or_else(|| panic!("{} is listed and not there", cells[0]));
            assert_eq!(clause.effective.map(|day| day.to_string()).as_deref(), Some(cells[2]), "{}", cells[0]);
        }
    }
    for clause in &catalog.clauses {
        assert!(clause.effective.is_none() || whole.contains(&clause.id), "{} has a date of its own", clause.id);
    }
}

#[test]
fn statements_are_sentences_of_their_own() {
    // Two editions of one framework may ask the same; nothing else may be said twice.
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut wanted: BTreeMap<&str, &str> = BTreeMap::new();
    for catalog in controls().catalogs.editions.values() {
        let framework = catalog.name.framework();
        let mut own = BTreeSet::new();
        for clause in &catalog.clauses {
            let place = format!("{} {}", catalog.name, clause.id);
            assert!(clause.statement.len() >= 40 && clause.statement.ends_with('.'), "{place}: {}", clause.statement);
            let elsewhere = seen.insert(&clause.statement, framework);
            assert!(own.insert(&clause.statement) && elsewhere.is_none_or(|other| other == framework), "{place} repeats a statement");
            assert_ne!(clause.statement.trim_end_matches('.'), clause.label, "{place} repeats its label");
            match &clause.treatment {
                Treatment::Heading => {}
                Treatment::Mapped(mappings) => assert!(mappings.iter().all(|mapping| mapping.rationale.len() >= 40), "{place}"),
                Treatment::Documentary(text) | Treatment::Outside(text) => {
                    assert!(text.len() >= 30, "{place}: {text}");
                    assert!(wanted.insert(text, framework).is_none_or(|other| other == framework), "{place} repeats: {text}");
                }
            }
        }
    }
}

#[test]
fn the_cases_of_every_objective_hold() {
    let mut diagnostics = Diagnostics::default();
    let count = run_cases(controls(), |_| true, &mut diagnostics);
    assert_no_errors(diagnostics);
    let tested = controls().catalogs.objectives.values().filter(|objective| objective.check.is_some()).count();
    assert!(tested >= 10, "{tested} objectives have a check");
    assert!(count >= tested * 4, "{count} cases for {tested} objectives");
}

/// A mistake in each kind of file is told with its place, and all of them in one run.
#[test]
fn mistakes_in_controls_are_told_with_file_line_and_help() {
    let mut source = io::embedded_controls();
    let spoil = |source: &mut SourceTree, path: &str, from: &str, to: &str| {
        let text = source.text(path).unwrap_or_else(|| panic!("{path} is built in")).to_owned();
        assert!(text.contains(from), "{path} holds `{from}`");
        source.insert(path, text.replacen(from, to, 1));
    };
    let owasp = "frameworks/owasp-nhi-top10/2025/catalog.yaml";
    spoil(&mut source, owasp, "objective: stale-orphan-detection", "objective: stale-orphan-detecton");
    spoil(&mut source, "objectives/nhi-ownership/objective.yaml", "method: test", "metod: test");
    spoil(&mut source, "objectives/nhi-purpose/check.sql", "as subject", "as subjekt");
    spoil(&mut source, "tables/findings.yaml", "type: text", "type: txt");
    let mut diagnostics = Diagnostics::default();
    let controls = Controls::load(source, &mut diagnostics);
    run_cases(&controls, |objective| objective == "nhi-purpose", &mut diagnostics);
    let shown: Vec<String> = diagnostics.sorted().iter().map(|diagnostic| diagnostic.render(false)).collect();
    let all = shown.join("\n");
    assert!(all.contains("[catalog/unknown-objective]") && all.contains("did you mean `stale-orphan-detection`?"), "{all}");
    assert!(all.contains("unknown key `metod`") && all.contains("did you mean `method`?"), "{all}");
    assert!(all.contains("[check/contract]") && all.contains("`subject` is missing"), "{all}");
    assert!(all.contains("tables/findings.yaml:") && all.contains("did you mean `text`?"), "{all}");
    assert!(regex::Regex::new(r"owasp-nhi-top10/2025/catalog\.yaml:\d+:\d+").unwrap().is_match(&all), "{all}");
}
