//! What an organisation lays over the built-in controls: official text, a catalog of its own, clauses that do not apply.

use tickmark::base::{Diagnostics, FoundFile, SourceTree, Status};
use tickmark::io;
use tickmark::pipeline::workspace::take_controls;
use tickmark::pipeline::{Assessed, Controls, Workspace, assess, outputs};
use tickmark::report::Wording;

use crate::support::{assert_no_errors, workspace};

const OVERLAY: &str = "edition: owasp-nhi-top10@2025\nlicence: Licence no. 4711 of Nordhavn Pay\ntexts:\n  \"NHI1:2025\": The very words of the publisher <b>here</b>.\n";
const OVERLAY_CSV: &str = "edition,clause,text,licence\nowasp-nhi-top10@2025,NHI2:2025,\"Words, with a comma.\",Licence no. 4712\n";
const HOUSE: &str = r#"framework: house-rules
edition: "3"
revision: 1
title: House rules for machine accounts
short_title: House rules
publisher: Nordhavn Pay
source: intranet, document 17
wording: own
licence: Internal.
published: "2026-01-01"
nouns: {chapter: Chapter, rule: Rule}
clauses:
  - id: "1"
    kind: chapter
    label: Accounts
    heading: true
    statement: Rules about the accounts that programs use.
  - id: "1.1"
    parent: "1"
    kind: rule
    label: Owner on the door
    statement: Every machine account has a person who answers for it.
    objectives:
      - objective: nhi-ownership
        coverage: full
        rationale: Shows for every machine account of the register whether a current person stands as its owner.
  - id: "1.2"
    parent: "1"
    kind: rule
    label: Key handover in writing
    statement: A key is handed over between teams with a signed note only.
    documentary: The signed notes of all handovers in the period.
"#;

fn with_own_controls(extra: &str, own: &[(&str, &str)]) -> (SourceTree, Vec<FoundFile>, Controls, Diagnostics) {
    let (mut statements, mut files) = workspace(&[], "");
    let stated = statements.text("tickmark.yaml").unwrap().to_owned();
    statements.insert("tickmark.yaml", format!("{stated}{extra}"));
    files.extend(own.iter().map(|(path, text)| FoundFile { path: format!("ours/{path}"), content: Ok(text.as_bytes().to_vec().into()) }));
    let mut diagnostics = Diagnostics::default();
    let mut source = io::embedded_controls();
    source.overlay(take_controls(&mut statements, &mut files, &mut diagnostics));
    let controls = Controls::load(source, &mut diagnostics);
    (statements, files, controls, diagnostics)
}

fn assessed((statements, files, controls, mut diagnostics): (SourceTree, Vec<FoundFile>, Controls, Diagnostics)) -> (Assessed, SourceTree) {
    let workspace = Workspace::load(&statements, &files, &controls, &mut diagnostics);
    let assessed = workspace.and_then(|workspace| assess(&controls, &workspace, &files, &mut diagnostics, |_| {}));
    assert_no_errors(diagnostics);
    (assessed.expect("it can be assessed"), statements)
}

#[test]
fn official_text_stands_in_every_report_marked_as_the_holders_and_changes_the_digest() {
    let own = [("overlays/owasp.yaml", OVERLAY), ("overlays/more.csv", OVERLAY_CSV)];
    let (bare, _) = assessed(with_own_controls("", &[]));
    let (with, statements) = assessed(with_own_controls("controls: ours\n", &own));
    let clause = |assessed: &Assessed, id: &str| assessed.assessment.clauses.iter().find(|clause| clause.clause == id).unwrap().clone();
    let official = clause(&with, "NHI1:2025").official.expect("the text is there");
    assert_eq!(
        (official.text.as_str(), official.licence.as_str()),
        ("The very words of the publisher <b>here</b>.", "Licence no. 4711 of Nordhavn Pay")
    );
    assert_eq!(clause(&with, "NHI2:2025").official.unwrap().text, "Words, with a comma.");
    assert_eq!(clause(&with, "NHI3:2025").official, None);
    assert_eq!(clause(&with, "NHI1:2025").statement, clause(&bare, "NHI1:2025").statement, "our wording stays");
    assert_ne!(with.assessment.root, bare.assessment.root);
    assert_ne!(with.assessment.frameworks[0].digest, bare.assessment.frameworks[0].digest);
    let templates = io::embedded_templates();
    let wording = Wording::load(&templates, "en", &mut Diagnostics::default());
    let pack =
        outputs(with, &statements, &tickmark::pipeline::Disclosure::Full, tickmark::pipeline::Look::new(&templates, &wording), |_| {})
            .unwrap()
            .files;
    let html = std::str::from_utf8(&pack["index.html"]).unwrap();
    assert!(html.contains("The very words of the publisher &lt;b&gt;here&lt;") && html.contains("Licence no. 4711 of Nordhavn Pay"));
    assert!(!html.contains("<b>here</b>"));
    assert_eq!(pack["workspace/ours/overlays/owasp.yaml"], OVERLAY.as_bytes(), "the overlay travels with the pack");
}

#[test]
fn a_folder_in_the_evidence_is_never_read_as_controls_unasked() {
    let (statements, files, controls, diagnostics) = with_own_controls("", &[("frameworks/house-rules/3/catalog.yaml", HOUSE)]);
    assert_no_errors(diagnostics);
    assert!(!controls.catalogs.editions.keys().any(|name| name.as_str() == "house-rules@3"));
    assert_eq!((files.len(), statements.iter().count()), (1, 1));
}

#[test]
fn an_own_catalog_is_assessed_like_the_built_in_ones() {
    let extra = "controls: ours\n".to_owned();
    let mut opened = with_own_controls(&extra, &[("frameworks/house-rules/3/catalog.yaml", HOUSE)]);
    let stated = opened.0.text("tickmark.yaml").unwrap().replace("[owasp-nhi-top10@2025]", "[house-rules@3]");
    opened.0.insert("tickmark.yaml", stated);
    let (assessed, _) = assessed(opened);
    let said: Vec<(&str, Option<Status>)> =
        assessed.assessment.clauses.iter().map(|clause| (clause.clause.as_str(), clause.status)).collect();
    assert_eq!(said, [("1", None), ("1.1", Some(Status::NotAssessed)), ("1.2", Some(Status::NotAssessed))]);
    let kinds: Vec<&str> =
        assessed.assessment.inputs.iter().filter(|input| input.kind == "catalog").map(|input| input.name.as_str()).collect();
    assert_eq!(kinds, ["house-rules@3"], "only what is in scope is recorded");
}

#[test]
fn what_does_not_apply_takes_everything_below_with_it_and_the_nearest_statement_speaks() {
    let extra = "controls: ours\nnot_applicable:\n  - {framework: house-rules@3, clause: \"1\", reason: No machine accounts., decided_by: R. Holm}\n  \
                 - {framework: house-rules@3, clause: \"1.2\", reason: No keys at all., decided_by: S. Ito}\n";
    let mut opened = with_own_controls(extra, &[("frameworks/house-rules/3/catalog.yaml", HOUSE)]);
    let stated = opened.0.text("tickmark.yaml").unwrap().replace("[owasp-nhi-top10@2025]", "[house-rules@3]");
    opened.0.insert("tickmark.yaml", stated);
    let (assessed, _) = assessed(opened);
    let clause = |id: &str| assessed.assessment.clauses.iter().find(|clause| clause.clause == id).unwrap();
    assert_eq!(clause("1").status, None, "a heading has no verdict");
    assert_eq!((clause("1.1").status, clause("1.2").status), (Some(Status::NotApplicable), Some(Status::NotApplicable)));
    assert!(clause("1.1").reasons[0].text.contains("No machine accounts.") && clause("1.1").reasons[0].text.contains("R. Holm"));
    assert!(clause("1.2").reasons[0].text.contains("No keys at all."), "the statement nearest to the clause");
    assert!(clause("1.1").basis.not_applicable.is_some());
}

#[test]
fn mistakes_in_overlays_are_told_with_their_place() {
    let broken = [
        ("overlays/a.yaml", "edition: owasp-nhi-top10@2025\nlicence: L\ntexts:\n  NHI77: Something.\n"),
        ("overlays/b.yaml", "edition: owasp-nhi-top10@2031\nlicence: L\ntexts:\n  \"NHI1:2025\": Something.\n"),
        ("overlays/c.csv", "edition,clause,text,licence\nowasp-nhi-top10@2025,NHI66,x,y\n"),
        ("overlays/d.csv", "edition,clause\nowasp-nhi-top10@2025,NHI1:2025\n"),
    ];
    let (.., diagnostics) = with_own_controls("controls: ours\n", &broken);
    let all: Vec<String> = diagnostics.sorted().iter().map(|diagnostic| diagnostic.render(false)).collect();
    let all = all.join("\n");
    for wanted in [
        "NHI77",
        "owasp-nhi-top10@2031",
        "NHI66",
        "the columns are edition, clause, text, licence",
        "overlays/a.yaml:4",
        "overlays/c.csv:2",
    ] {
        assert!(all.contains(wanted), "{wanted} in:\n{all}");
    }
    let (.., diagnostics) = with_own_controls("controls: elsewhere\n", &[]);
    let all: Vec<String> = diagnostics.sorted().iter().map(|diagnostic| diagnostic.render(false)).collect();
    assert!(all.join("\n").contains("[workspace/controls]"), "{all:?}");
}
