//! Catalogs hold exactly the publisher's ids, and every objective keeps its word.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tickmark::base::{Diagnostics, SourceTree, Status};
use tickmark::catalog::{EditionName, Treatment};
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

fn lint(files: &[(&str, String)]) -> (Controls, String, usize) {
    let mut source = io::embedded_controls();
    for (path, text) in files {
        source.insert(*path, text.as_bytes());
    }
    let mut diagnostics = Diagnostics::default();
    let controls = Controls::load(source, &mut diagnostics);
    let sorted = diagnostics.sorted();
    let shown: Vec<String> = sorted.iter().map(|diagnostic| diagnostic.render(false)).collect();
    (controls, shown.join("\n"), sorted.len())
}

const HEADER: &str = "framework: broken\nedition: \"1\"\nrevision: 1\ntitle: Broken\nshort_title: Broken\npublisher: Nobody\nsource: here\n\
                      wording: own\nlicence: None.\npublished: \"2026-01-01\"\nnouns: {rule: Rule}\nclauses:\n";

#[test]
fn twenty_mistakes_in_one_catalog_are_told_in_one_run_each_with_its_place() {
    let text = r#"framework: broken
edition: "2"
revision: 1
title: Broken
title: Broken twice
short_title: B
publisher: P
source: s
wording: ours
licence: L
published: "2026-02-30"
supersede_by: x
nouns: {rule: Rule}
clauses:
  - {id: "1", kind: chapter, label: One, heading: true, statement: A chapter with rules.}
  - {id: "1.1", parent: "9", kind: rule, label: Orphan, statement: Its parent does not exist., documentary: Something.}
  - {id: "1.2", parent: "1.3", kind: rule, label: Circle, statement: A circle of parents., documentary: Something.}
  - {id: "1.3", parent: "1.2", kind: rule, label: Circle, statement: A circle of parents again., documentary: Something.}
  - id: "1.4"
    kind: rule
    label: Dangling
    statement: Its objective is misspelt.
    objectives:
      - {objective: nhi-ownershp, coverage: partial, rationale: It is misspelt.}
      - {objective: nhi-purpose, coverage: most, rationale: No such coverage.}
  - {id: "R-1", kind: rule, label: Dash, statement: An id with a dash., documentary: Something.}
  - {id: "r–1", kind: rule, label: Other dash, statement: The same id in another case and dash., documentary: Something.}
  - {id: "R-1", kind: rule, label: Twice, statement: The very same id again., documentary: Something.}
  - {id: "1.5", kind: rule, label: Both, statement: It has two treatments., documentary: One., outside: Two.}
  - {id: "1.6", kind: rule, label: None, statement: It has no treatment at all.}
  - {id: "1.7", kind: rule, lable: Typo, statement: A key is misspelt., outside: x, effective: yesterday}
  - {id: "1.8", kind: rule, label: Heading, heading: true, statement: A heading with a treatment., outside: Never.}
  - {id: 19, kind: rule, label: Number, statement: An id that is a number., outside: Never.}
  - {id: "1.9", kind: rule, label: Property, statement: A property that nobody declared., outside: Never., properties: {colour: red}}
"#;
    let (_, all, count) = lint(&[("frameworks/broken/1/catalog.yaml", text.to_owned())]);
    let wanted = [
        ("[yaml/duplicate-key]", 5),
        ("[catalog/misplaced]", 1),
        ("one of own, official", 9),
        ("\"2026-02-30\" is not a \"date\"", 11),
        ("unknown key `supersede_by`", 12),
        ("does not name the kind `chapter`", 15),
        ("the parent 9 of clause 1.1 does not exist", 16),
        ("the parents run in a circle: 1.2 -> 1.3 -> 1.2", 17),
        ("did you mean `nhi-ownership`?", 24),
        ("coverage: most", 25),
        ("differs from R-1 only in case, dash or blank", 27),
        ("clause R-1 stands twice", 28),
        ("clause 1.5 has 2 treatments", 29),
        ("clause 1.6 has 0 treatments", 30),
        ("unknown key `lable`", 31),
        ("A calendar day", 31),
        ("the key `label` is missing", 31),
        ("heading 1.8 states how it is assessed", 32),
        ("19 is not of type \"string\"", 33),
        ("the header names no property `colour`", 34),
    ];
    assert!(count >= wanted.len(), "{count} diagnostics:\n{all}");
    for (told, line) in wanted {
        let block = all.split("\nerror").find(|block| block.contains(told)).unwrap_or_else(|| panic!("{told} in:\n{all}"));
        assert!(block.contains(&format!("frameworks/broken/1/catalog.yaml:{line}:")), "{told} at line {line}: {block}");
    }
}

#[test]
fn files_that_are_too_large_too_deep_or_full_of_aliases_are_refused_by_name_at_once() {
    let huge = format!("{HEADER}{}", "# padding padding padding padding padding padding padding padding\n".repeat(1_600_000));
    assert!(huge.len() > 100_000_000);
    let bomb =
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n".to_owned();
    let deep = format!("framework: {}x{}\n", "[".repeat(5_000), "]".repeat(5_000));
    for (text, code) in [(huge, "[yaml/too-large]"), (bomb, "[yaml/alias]"), (deep, "[yaml/too-deep]")] {
        let (controls, all, _) = lint(&[("frameworks/broken/1/catalog.yaml", text)]);
        assert!(all.contains(code) && all.contains("frameworks/broken/1/catalog.yaml"), "{code} in:\n{all}");
        assert!(!controls.catalogs.editions.keys().any(|name| name.framework() == "broken"));
    }
}

#[test]
fn a_catalog_with_a_mistake_is_never_used_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("frameworks/broken/1");
    fs::create_dir_all(&place).unwrap();
    let clauses = "  - {id: \"1\", kind: rule, label: Fine, statement: This clause is in order., documentary: Something.}\n  \
                   - {id: \"2\", kind: rule, label: Not fine, statement: This clause has no treatment.}\n";
    fs::write(place.join("catalog.yaml"), format!("{HEADER}{clauses}")).unwrap();
    for arguments in [
        vec!["catalog", "list"],
        vec!["catalog", "show", "broken@1"],
        vec!["cite", "broken 1"],
        vec!["catalog", "export", "broken@1", "--format", "json"],
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tickmark"))
            .args(&arguments)
            .args(["--controls", folder.path().to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?} printed {}", String::from_utf8_lossy(&output.stdout));
        assert!(String::from_utf8_lossy(&output.stderr).contains("frameworks/broken/1/catalog.yaml:14:"), "{arguments:?}");
    }
}

#[test]
fn the_lock_holds_every_released_edition() {
    let committed = fs::read_to_string(crate::support::root().join("controls/controls.lock")).expect("controls/controls.lock is committed");
    let catalogs = &controls().catalogs;
    let drift = tickmark::catalog::lock::drift(&committed, catalogs);
    assert!(drift.is_empty(), "{drift:#?}");
    assert_eq!(committed, tickmark::catalog::lock::render(catalogs), "run `tickmark catalog lock controls`");
}

#[test]
fn a_changed_catalog_is_told_unless_its_revision_was_raised() {
    use tickmark::catalog::lock;
    let released = lock::render(&controls().catalogs);
    let path = "frameworks/owasp-nhi-top10/2025/catalog.yaml";
    let text = io::embedded_controls().text(path).unwrap().to_owned();
    let reworded = text.replacen("statement: >-\n      ", "statement: >-\n      In other words: ", 1);
    assert_ne!(text, reworded);
    let (changed, ..) = lint(&[(path, reworded.clone())]);
    let drift = lock::drift(&released, &changed.catalogs);
    assert!(drift.len() == 1 && drift[0].contains("owasp-nhi-top10@2025 changed and is still revision 2"), "{drift:?}");
    let (raised, ..) = lint(&[(path, reworded.replacen("revision: 2", "revision: 3", 1))]);
    assert_eq!(lock::drift(&released, &raised.catalogs), Vec::<String>::new());
    let gone = format!("{released}acme@1 r1 {}\n", "0".repeat(64));
    assert!(lock::drift(&gone, &controls().catalogs)[0].contains("acme@1 was released and is gone"));
}

#[test]
fn a_mistake_in_the_sql_of_an_adapter_is_told_by_lint_without_any_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let path = "adapters/aws-access-keys/normalise.sql";
    let text = io::embedded_controls().text(path).unwrap().to_owned();
    let adapter = folder.path().join(path);
    fs::create_dir_all(adapter.parent().unwrap()).unwrap();
    fs::write(&adapter, text.replacen("lower(status)", "lower(statuss)", 1)).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tickmark"))
        .args(["catalog", "lint", "--controls", folder.path().to_str().unwrap()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("[adapter/sql]") && told.contains("adapters/aws-access-keys/normalise.sql:") && told.contains("statuss"),
        "{told}"
    );
}

#[test]
fn a_status_has_one_word_of_its_edition_and_a_partial_success_never_that_of_a_full_one() {
    let word = |edition: &str, status: Status| {
        let name = EditionName::parse(edition).unwrap();
        controls().catalogs.editions[&name].result_for(status).map(str::to_owned)
    };
    for catalog in controls().catalogs.editions.values() {
        let edition = catalog.name.as_str();
        let words: Vec<Option<String>> = Status::ALL.iter().map(|status| word(edition, *status)).collect();
        assert!(words.iter().all(Option::is_some), "{edition}: {words:?}");
        assert_ne!(word(edition, Status::PartiallySatisfied), word(edition, Status::Satisfied), "{edition}");
        assert_ne!(word(edition, Status::NotAssessed), word(edition, Status::Satisfied), "{edition}");
        assert!(!catalog.results.iter().any(|result| result.word.contains("Remediation")), "PCI withdrew that word in December 2022");
    }
    let table = [
        ("pci-dss@4.0.1", Status::Satisfied, "In Place"),
        ("pci-dss@4.0.1", Status::PartiallySatisfied, "Not in Place"),
        ("pci-dss@4.0.1", Status::NotAssessed, "Not Tested"),
        ("soc2-tsc@2017", Status::Satisfied, "No exceptions noted"),
        ("soc2-tsc@2017", Status::NotSatisfied, "Exceptions noted"),
        ("iso-27001@2022", Status::NotSatisfied, "Nonconformity"),
        ("iso-27001@2022", Status::NotApplicable, "Excluded"),
        ("nist-csf@2.0", Status::NotSatisfied, "Gap"),
        ("dora@2022-2554", Status::PartiallySatisfied, "Gap"),
        ("owasp-nhi-top10@2025", Status::PartiallySatisfied, "Partly controlled"),
    ];
    for (edition, status, expected) in table {
        assert_eq!(word(edition, status).as_deref(), Some(expected), "{edition} {status}");
    }
    let assessed = crate::support::quarter("2026-Q3");
    for clause in &assessed.assessment.clauses {
        assert_eq!(
            clause.result,
            clause.status.and_then(|status| word(&clause.framework, status)),
            "{} {}",
            clause.framework,
            clause.clause
        );
    }
}
