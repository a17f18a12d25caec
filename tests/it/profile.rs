//! What the organisation says of itself, and the forms that it stands in: told with its place, under digests, never a verdict.

use std::collections::BTreeMap;

use tickmark::assessment::Assessment;
use tickmark::base::{Diagnostics, FoundFile, SourceTree};
use tickmark::io;
use tickmark::pipeline::{Disclosure, Workspace, machine_files, outputs};
use tickmark::report::{Report, build, machine};

use crate::forms::wording;
use crate::support::{assessed_from, controls, quarter, verified, workspace};

const REVIEW: &[u8] = b"identity,reviewer,reviewed_at,decision\nsvc-a,Ann Smith,2026-08-01,keep\n";

fn with(frameworks: &str, profile: &str) -> (SourceTree, Vec<FoundFile>) {
    let (mut statements, files) = workspace(&[("review.csv", REVIEW)], "");
    let stated = statements.text("tickmark.yaml").unwrap().replace("owasp-nhi-top10@2025", frameworks);
    let left_out = "not_applicable: [{framework: iso-27001@2022, clause: A.7, reason: No premises of its own., decided_by: Ingrid Dahl}]\n";
    let is_iso = frameworks.contains("iso-27001@2022");
    statements.insert("tickmark.yaml", if is_iso { format!("{stated}{left_out}") } else { stated });
    if !profile.is_empty() {
        statements.insert("profile.yaml", profile);
    }
    (statements, files)
}

fn assess(frameworks: &str, profile: &str) -> Assessment {
    let (statements, files) = with(frameworks, profile);
    assessed_from(&statements, &files).assessment
}

fn report(assessment: &Assessment) -> Report {
    build(assessment, wording())
}

/// The rows of a form by the clause's id, each cell as text by the column's key.
fn rows(report: &Report, id: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let form = report.forms.iter().find(|form| form.id == id).unwrap();
    let row = |cells: &[tickmark::report::forms::FormCellView]| {
        let shown = |cell: &tickmark::report::forms::FormCellView| if cell.missing { "not stated".into() } else { cell.text.clone() };
        form.columns.iter().map(|column| column.key.clone()).zip(cells.iter().map(shown)).collect()
    };
    form.rows.iter().filter(|own| own.heading.is_empty()).map(|own| (own.cells[0].links[0].label.clone(), row(&own.cells))).collect()
}

const CSF: &str = "tiers: [{framework: nist-csf@2.0, target: 'Tier 3', because: The board.}]\n\
    clauses:\n  - {clauses: [nist-csf@2.0 PR.AA], target: satisfied, owner: 'Ann Smith, Platform'}\n\
    \x20 - {clauses: [nist-csf@2.0 PR.AA-01], control: A register., target: partially-satisfied}\n\
    plan: [{objective: nhi-ownership, remedy: Name them., owner: Bo Ek, due: 2026-12-01, milestones: [{due: 2026-11-01, what: Half.}]}]\n";

#[test]
fn the_nearest_statement_counts_for_each_key_and_no_verdict_moves() {
    let (plain, told) = (assess("nist-csf@2.0", ""), assess("nist-csf@2.0", CSF));
    let statuses = |own: &Assessment| own.clauses.iter().map(|clause| (clause.clause.clone(), clause.status)).collect::<Vec<_>>();
    assert_eq!(statuses(&plain), statuses(&told));
    assert_ne!(plain.root, told.root, "what is stated stands under the root");
    let rows = rows(&report(&told), "organizational-profile");
    let of = |id: &str, key: &str| rows[id][key].as_str();
    assert_eq!((of("PR.AA-01", "control"), of("PR.AA-01", "target")), ("A register.", "Partially satisfied"));
    assert_eq!(of("PR.AA-01", "owner"), "Ann Smith, Platform", "from the category above");
    assert_eq!((of("PR.AA-02", "control"), of("PR.AA-02", "target")), ("not stated", "Satisfied"));
    assert_eq!((of("GV.OC-01", "target"), of("GV.OC-01", "owner")), ("not stated", "not stated"));
    assert!(of("PR.AA-02", "gap").contains("not assessed") && of("GV.OC-01", "gap").contains("no target"));
    let form = &report(&told).forms[0];
    let tier = form.tier.as_ref().unwrap();
    assert_eq!((tier.current.as_str(), tier.target.as_str()), ("", "Tier 3"));
    let assessable = told.clauses.iter().filter(|clause| clause.status.is_some()).count();
    assert_eq!(rows.len(), assessable, "no clause is left out");
}

#[test]
fn a_gap_follows_from_status_and_target_alone() {
    let report = report(&quarter("2026-Q3").assessment);
    let form = report.forms.iter().find(|form| form.framework == "nist-csf@2.0").unwrap();
    let at = |key: &str| form.columns.iter().position(|column| column.key == key).unwrap();
    let (status, target, gap) = (at("status"), at("target"), at("gap"));
    let mut seen = std::collections::BTreeSet::new();
    for row in form.rows.iter().filter(|row| row.heading.is_empty()) {
        let [status, target, gap] = [status, target, gap].map(|place| &row.cells[place]);
        let expected = match (status.status.as_str(), target.status.as_str()) {
            (_, "") => "Not known: no target".to_owned(),
            ("not-assessed", _) => "Not known: not assessed".to_owned(),
            ("satisfied", _) | ("partially-satisfied", "partially-satisfied") => "None".to_owned(),
            _ => format!("From {} to {}", status.text.to_lowercase(), target.text.to_lowercase()),
        };
        assert_eq!(gap.text, expected);
        seen.insert(expected);
    }
    assert!(seen.len() >= 3, "{seen:?}");
}

#[test]
fn a_statement_of_applicability_has_every_control_of_annex_a_and_nothing_else() {
    let profile = "clauses: [{clauses: [iso-27001@2022 A.5.16], because: Payments need it., control: A register.}]\n";
    let assessment = assess("iso-27001@2022", profile);
    let rows = rows(&report(&assessment), "statement-of-applicability");
    let expected: Vec<&str> =
        assessment.clauses.iter().filter(|clause| clause.kind == "annex-control").map(|clause| clause.clause.as_str()).collect();
    assert_eq!(expected.len(), 93);
    assert!(rows.len() == 93 && expected.iter().all(|id| rows.contains_key(*id)), "{:?}", rows.keys());
    assert_eq!((rows["A.5.16"]["applicable"].as_str(), rows["A.5.16"]["justification"].as_str()), ("Yes", "Payments need it."));
    assert_eq!((rows["A.7.1"]["applicable"].as_str(), rows["A.7.1"]["status"].as_str()), ("No", "Not applicable"));
    assert!(rows["A.7.1"]["justification"].contains("No premises of its own."), "{:?}", rows["A.7.1"]);
    assert_eq!(rows["A.5.17"]["justification"], "not stated");
}

#[test]
fn each_framework_prints_its_own_form_only_and_the_lists_say_the_same() {
    let all = "pci-dss@4.0.1, iso-27001@2022, soc2-tsc@2017, nis2@2022-2555, dora@2022-2554, owasp-nhi-top10@2025";
    let assessment = assess(all, "");
    let shown = report(&assessment);
    let ids: Vec<(&str, &str)> = shown.forms.iter().map(|form| (form.framework.as_str(), form.id.as_str())).collect();
    assert_eq!(
        ids,
        [
            ("pci-dss@4.0.1", "findings-by-requirement"),
            ("iso-27001@2022", "statement-of-applicability"),
            ("soc2-tsc@2017", "tests-of-controls"),
            ("nis2@2022-2555", "article-register"),
            ("dora@2022-2554", "article-register"),
            ("owasp-nhi-top10@2025", "readiness-matrix"),
        ]
    );
    let files = machine_files(machine(&assessment, wording(), None)).unwrap();
    let rows_of = |id: &str| {
        let mut reader = csv::Reader::from_reader(files[&format!("machine/{id}.csv")].as_slice());
        reader.deserialize::<BTreeMap<String, String>>().map(Result::unwrap).collect::<Vec<_>>()
    };
    let findings = rows_of("findings-by-requirement");
    let assessable = |framework: &str| assessment.clauses.iter().filter(|own| own.framework == framework && own.status.is_some()).count();
    assert_eq!(findings.len(), assessable("pci-dss@4.0.1"));
    let words: std::collections::BTreeSet<&str> = findings.iter().map(|row| row["result"].as_str()).collect();
    assert!(words.iter().all(|word| ["In Place", "Not in Place", "Not Applicable", "Not Tested"].contains(word)), "{words:?}");
    let register = rows_of("article-register");
    assert_eq!(register.len(), assessable("nis2@2022-2555") + assessable("dora@2022-2554"));
    assert!(register.iter().any(|row| row["framework"] == "dora@2022-2554" && row["clause"].starts_with("Art.")));
    assert!(rows_of("tests-of-controls").len() > assessable("soc2-tsc@2017"), "a row for each test of a criterion");
    // Readers of a framework who know no form of their own are given every clause, how it stands and what is open.
    let matrix = rows_of("readiness-matrix");
    let own: Vec<_> = assessment.clauses.iter().filter(|own| own.framework == "owasp-nhi-top10@2025" && own.status.is_some()).collect();
    let stands: Vec<(&str, &str)> = own.iter().map(|own| (own.clause.as_str(), own.status.unwrap().word())).collect();
    assert_eq!(matrix.iter().map(|row| (row["clause"].as_str(), row["status"].as_str())).collect::<Vec<_>>(), stands);
    let open = |row: &BTreeMap<String, String>| !row["open"].is_empty() && row.contains_key("evidence") && row.contains_key("deviations");
    assert!(stands.len() == 10 && matrix.iter().all(open), "{matrix:?}");
}

#[test]
fn the_plan_has_the_items_of_the_oscal_form_with_what_is_stated() {
    let assessment = &quarter("2026-Q3").assessment;
    let made = machine(assessment, wording(), None);
    let oscal: serde_json::Value = serde_json::from_slice(&tickmark::render::oscal::plan_of_action(&made).unwrap()).unwrap();
    let items = oscal.pointer("/plan-of-action-and-milestones/poam-items").unwrap().as_array().unwrap();
    let plan = report(assessment).plan;
    assert_eq!(plan.items.len(), items.len());
    let rotation = plan.items.iter().find(|item| item.objective_id == "credential-rotation" && item.exception.is_empty()).unwrap();
    assert_eq!((rotation.due.as_str(), rotation.owner.as_str(), rotation.milestones.len()), ("2026-12-15", "Aino Virtanen, Platform", 2));
    let unplanned = plan.items.iter().find(|item| item.objective_id == "least-privilege" && item.state == "open").unwrap();
    assert_eq!((unplanned.remedy.as_str(), unplanned.due.as_str()), ("", ""), "not stated");
    assert!(plan.items.iter().any(|item| item.exception.starts_with("RISK-71") && item.due == "2026-12-31"));
    let risks = oscal.pointer("/plan-of-action-and-milestones/risks").unwrap().as_array().unwrap();
    assert!(
        risks.iter().any(|risk| risk["deadline"] == "2026-12-15T00:00:00Z" && risk.to_string().contains("The pipeline rotates all keys"))
    );
}

#[test]
fn a_worksheet_has_the_six_fields_of_the_publisher_and_is_printed_for_that_framework_alone() {
    let shown = report(&quarter("2026-Q3").assessment);
    let (with, without): (Vec<_>, Vec<_>) = shown.forms.iter().partition(|form| !form.worksheets.is_empty());
    assert!(with.iter().all(|form| form.framework.starts_with("pci-dss@")) && !without.is_empty());
    let sheets = &with[0].worksheets;
    let complete = sheets.iter().find(|sheet| sheet.exception.starts_with("RISK-71")).unwrap();
    assert_eq!((complete.name.as_str(), complete.answers.len()), ("Appendix C", 6));
    assert!(complete.answers.iter().all(|answer| !answer.text.is_empty()) && !complete.clauses.is_empty());
    let mut assessment = quarter("2026-Q3").assessment.clone();
    assessment.exceptions.iter_mut().for_each(|exception| exception.worksheet = None);
    let silent = report(&assessment).forms[0].worksheets.clone();
    assert_eq!(silent.len(), sheets.len(), "an exception without a worksheet has an empty one");
    assert!(silent.iter().all(|sheet| sheet.answers.len() == 6 && sheet.answers.iter().all(|answer| answer.text.is_empty())));
    assert!(!sheets.iter().any(|sheet| sheet.exception.starts_with("RISK-79")), "it has expired and covers nothing")
}

#[test]
fn names_are_hidden_and_an_exchanged_plan_is_found() {
    let (statements, files) = with("nist-csf@2.0", CSF);
    let templates = io::embedded_templates();
    let packed = |disclosure| {
        let assessed = assessed_from(&statements, &files);
        outputs(assessed, &statements, &disclosure, tickmark::pipeline::Look::new(&templates, wording()), |_| {}).unwrap().files
    };
    let full = packed(Disclosure::Full);
    let redacted = packed(Disclosure::Redacted { withhold: Vec::new() });
    for (path, bytes) in &redacted {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("Ann Smith") && !text.contains("Bo Ek"), "{path}");
    }
    let [one, two] = [&full, &redacted].map(verified);
    assert!(one.breaches.is_empty() && two.breaches.is_empty(), "{:?} {:?}", one.breaches, two.breaches);
    assert_eq!(one.root, two.root);
    for (from, to) in [("Name them.", "Nothing."), ("Tier 3", "Tier 4"), ("A register.", "A list.")] {
        let mut forged = full.clone();
        let text = String::from_utf8(forged["assessment.json"].clone()).unwrap();
        assert!(text.contains(from));
        forged.insert("assessment.json".into(), text.replace(from, to).into_bytes());
        let breaches = verified(&forged).breaches;
        let named = |code: &str| breaches.iter().any(|breach| breach.code == code);
        assert!(named("statement-changed") || named("clause-changed"), "{from}: {breaches:?}");
    }
}

#[test]
fn what_is_wrong_in_profile_yaml_is_told_with_its_place() {
    let broken = "tiers: [{framework: nist-csf@1.1, current: x, because: y}, {framework: nist-csf@2.0, because: ' '}]\n\
        clauses:\n  - {clauses: [nist-csf@2.0 PR.AA-1, pci-dss@4.0.1 8.6.1], target: not-assessed}\n\
        \x20 - {clauses: [nist-csf@2.0 PR.AA-01], control: ' '}\n\
        \x20 - {clauses: [nist-csf@2.0 PR.AA-01], control: x}\n\
        plan:\n  - {objective: nhi-ownershop, remedy: a, owner: b, due: 2026-12-01, milestones: [{due: 2026-12-02, what: late}]}\n\
        \x20 - {objective: nhi-ownershop, remedy: '', owner: b, due: 2026-12-01}\n";
    let (statements, files) = with("nist-csf@2.0", broken);
    let mut diagnostics = Diagnostics::default();
    Workspace::load(&statements, &files, controls(), &mut diagnostics);
    let found: Vec<(String, String)> = diagnostics.sorted().into_iter().map(|one| (one.code.to_owned(), one.render(false))).collect();
    for (code, words) in [
        ("profile/unknown-framework", "nist-csf@2.0"),
        ("profile/says-nothing", "tier"),
        ("profile/says-nothing", "of any clause"),
        ("profile/says-nothing", "remedy"),
        ("profile/target", "aims"),
        ("profile/unknown-clause", "PR.AA-01"),
        ("profile/unknown-clause", "no framework in scope"),
        ("profile/duplicate", "two statements"),
        ("profile/duplicate", "planned for twice"),
        ("profile/unknown-objective", "nhi-ownership"),
        ("profile/milestone", "2026-12-02"),
    ] {
        let hit = found.iter().find(|(own, text)| own == code && text.contains(words));
        let (_, text) = hit.unwrap_or_else(|| panic!("{code} with {words}: {found:#?}"));
        assert!(text.contains("profile.yaml:"), "{text}");
    }
}
