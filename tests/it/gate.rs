//! The gate of a pipeline: what breaks it, what never does, and how `tickmark assess` ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tickmark::assessment::{Assessment, ExceptedSubject, Outcome};
use tickmark::base::Status;
use tickmark::diff::gate::{FailOn, Gated, gate};

use crate::forms::{cases, xml};
use crate::support::{quarter, workspace};

fn q3() -> Assessment {
    quarter("2026-Q3").assessment.clone()
}

fn gated(after: &Assessment, words: &[FailOn], before: Option<&Assessment>) -> Gated {
    gate(after, &words.iter().copied().collect(), before)
}

fn broken(after: &Assessment, words: &[FailOn], before: Option<&Assessment>) -> BTreeSet<String> {
    gated(after, words, before).broken.into_iter().map(|((framework, clause), _)| format!("{framework} {clause}")).collect()
}

fn with_status(assessment: &Assessment, status: Status) -> BTreeSet<String> {
    let own = assessment.clauses.iter().filter(|clause| clause.status == Some(status));
    own.map(|clause| format!("{} {}", clause.framework, clause.clause)).collect()
}

fn set(assessment: &mut Assessment, cited: &str, status: Status) {
    let own = assessment.clauses.iter_mut().find(|clause| format!("{} {}", clause.framework, clause.clause) == cited);
    own.unwrap().status = Some(status);
}

#[test]
fn a_status_in_the_gate_breaks_it_and_no_other_does() {
    let after = q3();
    for (word, status) in [
        (FailOn::NotSatisfied, Status::NotSatisfied),
        (FailOn::PartiallySatisfied, Status::PartiallySatisfied),
        (FailOn::NotAssessed, Status::NotAssessed),
    ] {
        let wanted = with_status(&after, status);
        assert!(!wanted.is_empty());
        assert_eq!(broken(&after, &[word], None), wanted, "{word:?}");
    }
    let both = broken(&after, &[FailOn::NotSatisfied, FailOn::NotAssessed], None);
    assert_eq!(both.len(), with_status(&after, Status::NotSatisfied).len() + with_status(&after, Status::NotAssessed).len());
    assert!(broken(&after, &[], None).is_empty());
    assert!(broken(&after, &[FailOn::Worsened], None).is_empty(), "the command line refuses this gate");
}

#[test]
fn against_itself_nothing_got_worse_whatever_its_statuses() {
    let after = q3();
    let all = [FailOn::NotSatisfied, FailOn::PartiallySatisfied, FailOn::NotAssessed, FailOn::Worsened];
    assert!(broken(&after, &all, Some(&after)).is_empty());
}

/// Every pair of statuses: only a step down, or a deviation where nothing can be compared, is worse.
#[test]
fn the_table_of_moves() {
    let cited = "owasp-nhi-top10@2025 NHI1:2025";
    let rank = |status: Status| match status {
        Status::NotSatisfied => 0,
        Status::NotAssessed => 1,
        Status::PartiallySatisfied => 2,
        Status::Satisfied => 3,
        Status::NotApplicable => 9,
    };
    for was in Status::ALL {
        for is in Status::ALL {
            let (mut before, mut after) = (q3(), q3());
            set(&mut before, cited, was);
            set(&mut after, cited, is);
            let worse = match (was, is) {
                (_, Status::NotApplicable) => false,
                (Status::NotApplicable, is) => is == Status::NotSatisfied,
                (was, is) => rank(is) < rank(was),
            };
            assert_eq!(broken(&after, &[FailOn::Worsened], Some(&before)).contains(cited), worse, "{was} to {is}");
            assert_eq!(
                broken(&after, &[FailOn::NotSatisfied], Some(&before)).contains(cited),
                worse && is == Status::NotSatisfied,
                "{was} to {is}"
            );
        }
    }
}

#[test]
fn a_new_deviation_breaks_the_gate_of_a_clause_that_was_not_satisfied_before() {
    let after = q3();
    let mut before = after.clone();
    let objective = before.objectives.iter_mut().find(|own| own.id == "nhi-ownership").unwrap();
    let at = objective.observations.iter().position(|seen| seen.outcome == Outcome::Fail).unwrap();
    let subject = objective.observations.remove(at).subject;
    let citing: BTreeSet<String> = after
        .clauses
        .iter()
        .filter(|clause| {
            clause.objectives.iter().any(|own| own.objective == "nhi-ownership" && !own.excepted.iter().any(|one| one.subject == subject))
        })
        .filter(|clause| clause.status.is_some_and(|status| status != Status::NotApplicable))
        .map(|clause| format!("{} {}", clause.framework, clause.clause))
        .collect();
    assert!(!citing.is_empty());
    let own = gated(&after, &[FailOn::Worsened], Some(&before));
    assert_eq!(broken(&after, &[FailOn::Worsened], Some(&before)), citing);
    assert_eq!(own.new, Some(BTreeSet::from([("nhi-ownership".to_owned(), subject.clone())])));
    assert!(broken(&before, &[FailOn::Worsened], Some(&after)).is_empty(), "a deviation that ended is no worsening");

    // Under an exception it is told and breaks nothing; once the exception is gone, it does.
    let mut excepted = after.clone();
    for own in excepted.clauses.iter_mut().flat_map(|clause| &mut clause.objectives).filter(|own| own.objective == "nhi-ownership") {
        own.excepted.push(ExceptedSubject { subject: subject.clone(), exception: "EX-TEST".into() });
    }
    assert!(broken(&excepted, &[FailOn::Worsened], Some(&before)).is_empty());
    assert_eq!(broken(&after, &[FailOn::Worsened], Some(&excepted)), citing);
}

#[test]
fn a_clause_without_an_earlier_verdict_breaks_the_gate_only_by_a_deviation_and_a_lost_one_is_told() {
    let after = q3();
    let before = after.restricted(&["owasp-nhi-top10@2025".to_owned()]);
    let added: BTreeSet<String> =
        with_status(&after, Status::NotSatisfied).into_iter().filter(|cited| !cited.starts_with("owasp")).collect();
    assert_eq!(broken(&after, &[FailOn::Worsened], Some(&before)), added);
    let lost = gated(&before, &[FailOn::Worsened], Some(&after));
    assert!(lost.broken.is_empty());
    assert_eq!(lost.gone.len(), 280 + 106);
}

#[test]
fn pseudonyms_are_not_compared_with_names() {
    let own = quarter("2026-Q3");
    let hidden = own.names.hide_assessment(&own.assessment);
    for (before, after) in [(&hidden, &own.assessment), (&own.assessment, &hidden), (&hidden, &hidden)] {
        let own = gated(after, &[FailOn::Worsened], Some(before));
        assert!(own.broken.is_empty() && own.new.is_none(), "only statuses are compared");
    }
}

#[test]
fn a_part_of_an_assessment_is_one_itself() {
    let whole = q3();
    let editions = ["nist-csf@2.0".to_owned()];
    let part = whole.restricted(&editions);
    assert_eq!(part.clauses.len(), 134);
    assert_eq!(part.root, part.computed_root());
    for clause in &part.clauses {
        assert_eq!(
            clause.computed_digest() == clause.digest,
            whole.clauses.iter().any(|own| own == clause && own.computed_digest() == own.digest)
        );
        assert!(clause.objectives.iter().all(|own| part.objective(&own.objective).is_some()));
    }
    assert!(part.objectives.len() < whole.objectives.len() || part.objectives.len() == whole.objectives.len());
    assert!(
        part.objectives.iter().all(|own| part.clauses.iter().any(|clause| clause.objectives.iter().any(|one| one.objective == own.id)))
    );
    assert_eq!(part.counted("nist-csf@2.0"), part.frameworks[0].counts);
    let all: Vec<String> = whole.frameworks.iter().map(|own| own.framework.clone()).collect();
    assert_eq!(whole.restricted(&all).root, whole.root);
}

const OWNERS: &[u8] = include_bytes!("../../evidence-samples/nordhavn-pay/2026-Q3/registers/owners.csv");
const REPORT: &[u8] = include_bytes!("../../evidence-samples/nordhavn-pay/2026-Q3/aws/credential-report.csv");

/// A small workspace on disk: one edition, two exports.
fn small(folder: &Path, evidence: &[(&str, &[u8])]) {
    let artifacts: String =
        evidence.iter().map(|(path, _)| format!("  - {{path: {path}, collected_at: \"2026-09-30T20:00:00Z\"}}\n")).collect();
    let (statements, _) = workspace(evidence, &format!("artifacts:\n{artifacts}"));
    let write = |path: &str, bytes: &[u8]| {
        let to = folder.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    };
    statements.iter().for_each(|(path, bytes)| write(path, bytes));
    evidence.iter().for_each(|(path, bytes)| write(path, bytes));
}

fn run(place: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).current_dir(place).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_exit_code_is_what_the_book_says() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    small(&at.join("w"), &[("registers/owners.csv", OWNERS), ("aws/credential-report.csv", REPORT)]);

    let plain = run(at, &["assess", "w", "--format", "json", "--out", "before.json"]);
    assert_eq!((plain.status.code(), text(&plain.stdout)), (Some(0), String::new()), "{}", text(&plain.stderr));
    let before: Assessment = serde_json::from_slice(&fs::read(at.join("before.json")).unwrap()).unwrap();
    assert!(!with_status(&before, Status::NotSatisfied).is_empty() && !with_status(&before, Status::NotAssessed).is_empty());

    let met = run(at, &["assess", "w", "--fail-on", "worsened,not-satisfied", "--against", "before.json"]);
    assert_eq!(met.status.code(), Some(0), "{}", text(&met.stderr));
    assert!(text(&met.stdout).contains("Gate (not-satisfied, worsened, against 2026-09-30T23:59:59Z): met"), "{}", text(&met.stdout));

    let forms = ["assess", "w", "--fail-on", "not-assessed", "--framework", "owasp-nhi-top10@2025"];
    let broken = run(
        at,
        &[
            &forms[..],
            &[
                "--format",
                "junit",
                "--out",
                "o/j.xml",
                "--format",
                "sarif",
                "--out",
                "o/s.sarif",
                "--format",
                "markdown",
                "--out",
                "o/m.md",
                "--format",
                "text",
                "--out",
                "o/t.txt",
            ],
        ]
        .concat(),
    );
    assert_eq!(broken.status.code(), Some(1));
    let silent = with_status(&before, Status::NotAssessed).len();
    assert!(text(&broken.stderr).contains(&format!("the gate is not met: {silent} clauses (not-assessed)")), "{}", text(&broken.stderr));
    let failed = cases(&fs::read(at.join("o/j.xml")).unwrap()).into_values().filter(|(kind, _)| kind == "failure").count();
    assert_eq!(failed, silent + with_status(&before, Status::NotSatisfied).len(), "what breaks the gate fails too");
    let scanned: Value = serde_json::from_slice(&fs::read(at.join("o/s.sarif")).unwrap()).unwrap();
    assert_eq!(scanned["runs"][0]["properties"]["gate"]["broken"], silent);
    let uris: BTreeSet<&str> = scanned["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert!(uris.iter().all(|uri| uri.starts_with("w/")) && uris.contains("w/aws/credential-report.csv"), "{uris:?}");
    assert!(
        fs::read_to_string(at.join("o/m.md"))
            .unwrap()
            .contains(&format!("**Gate not met** (not-assessed): {silent} of 10 clauses break it."))
    );
    assert!(fs::read_to_string(at.join("o/t.txt")).unwrap().contains("Gate (not-assessed): not met"));

    for (arguments, wanted) in [
        (&["--framework", "owasp-nhi-top10@2024"][..], "did you mean `owasp-nhi-top10@2025`?"),
        (&["--framework", "pci-dss@4.0.1"], "is not in scope of this workspace"),
        (&["--fail-on", "worsened"], "gate/nothing-to-compare"),
        (&["--format", "junit", "--format", "sarif", "--out", "x"], "several forms need a file each"),
        (&["--fail-on", "unsatisfied"], "possible values"),
        (&["--against", "w/tickmark.yaml"], "is not an assessment"),
    ] {
        let wrong = run(at, &[&["assess", "w"], arguments].concat());
        assert_eq!(wrong.status.code(), Some(2), "{arguments:?}");
        assert!(text(&wrong.stderr).contains(wanted), "{arguments:?}: {}", text(&wrong.stderr));
        assert_eq!(text(&wrong.stdout), "");
    }
    assert!(!at.join("x").exists());

    fs::create_dir(at.join("pack")).unwrap();
    fs::write(at.join("pack/assessment.json"), fs::read(at.join("before.json")).unwrap()).unwrap();
    fs::write(at.join("pack/SHA256SUMS"), "").unwrap();
    assert_eq!(run(at, &["assess", "w", "--against", "pack"]).status.code(), Some(3), "a pack that does not hold is no measure");
    for arguments in
        [&["assess", "nowhere"][..], &["assess", "w", "--against", "nowhere.json"], &["assess", "w", "--out", "w/tickmark.yaml/x"]]
    {
        assert_eq!(run(at, arguments).status.code(), Some(4), "{arguments:?}");
    }
}

#[test]
fn losing_evidence_breaks_the_gate_although_nothing_departs_any_more() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    small(&at.join("w"), &[("registers/owners.csv", OWNERS), ("aws/credential-report.csv", REPORT)]);
    assert!(run(at, &["assess", "w", "--format", "json", "--out", "before.json", "--redact"]).status.success());
    let before = fs::read_to_string(at.join("before.json")).unwrap();
    assert!(!before.contains("Jonas Berg") && before.contains("person-"), "--redact hides names");
    // One clause that was shown to some part, so that silence is a step down.
    let mut earlier: Assessment = serde_json::from_str(&before).unwrap();
    let cited = with_status(&earlier, Status::NotAssessed).into_iter().next().unwrap();
    set(&mut earlier, &cited, Status::PartiallySatisfied);
    fs::write(at.join("forged.json"), serde_json::to_vec(&earlier).unwrap()).unwrap();
    assert_eq!(
        run(at, &["assess", "w", "--against", "forged.json"]).status.code(),
        Some(3),
        "a record that was changed by hand is no measure"
    );
    for clause in &mut earlier.clauses {
        clause.digest = clause.computed_digest();
    }
    earlier.root = earlier.computed_root();
    for at in 0..earlier.frameworks.len() {
        earlier.frameworks[at].counts = earlier.counted(&earlier.frameworks[at].framework.clone());
    }
    fs::write(at.join("earlier.json"), serde_json::to_vec(&earlier).unwrap()).unwrap();
    let worse = run(at, &["assess", "w", "--against", "earlier.json", "--format", "junit"]);
    assert_eq!(worse.status.code(), Some(1), "{}", text(&worse.stderr));
    assert!(text(&worse.stderr).contains("gate/names-hidden"), "{}", text(&worse.stderr));
    let document = xml(&worse.stdout);
    let failures = document.children[0]
        .children
        .iter()
        .filter(|case| case.children.first().is_some_and(|child| child.attributes.get("type").is_some_and(|own| own == "worsened")));
    assert_eq!(failures.count(), 1, "a clause that fell silent fails as worsened");
}
