//! Samples: drawn the same by everybody, results that only weaken, draws that are verified.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tickmark::assessment::{Assessment, ObjectiveResult};
use tickmark::base::{Diagnostics, FoundFile, SourceTree, Status};
use tickmark::io;
use tickmark::pipeline::Workspace;
use tickmark::pipeline::sampling::{Drawn, Plan, Population, draw};
use tickmark::workspace::SampleMethod;

use crate::support::{assessed_from, controls, quarter, root, sample, sample_pack, verified};

fn tickmark(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn drawn(arguments: &[&str]) -> Drawn {
    let output = tickmark(arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn pack_on_disk(place: &Path) -> PathBuf {
    let folder = place.join("pack");
    for (path, bytes) in sample_pack() {
        let to = folder.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    folder
}

/// The script that the book prints, taken out of the page and run as it is.
fn redrawn_by_the_script(pack: &Path, arguments: &[&str]) -> Option<Vec<String>> {
    let page = fs::read_to_string(root().join("book/src/how-to/sample.md")).unwrap();
    let script = page.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the book prints a script");
    assert!(script.lines().count() <= 20, "the book promises a short one");
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3 to run the script of the book with");
        return None;
    }
    let output = Command::new("python3").arg("-I").arg("-c").arg(script).args(arguments).current_dir(pack).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(text(&output.stdout).lines().map(str::to_owned).collect())
}

fn expected(drawn: &Drawn) -> Vec<String> {
    std::iter::once(drawn.population_sha256.clone()).chain(drawn.items.iter().map(|item| item.subject.clone())).collect()
}

#[test]
fn the_script_of_the_book_draws_the_same_members() {
    let place = tempfile::tempdir().unwrap();
    let pack = pack_on_disk(place.path());
    let folder = pack.to_str().unwrap();
    let list = "observations/credential-rotation.csv";
    let own = drawn(&["sample", folder, "--objective", "credential-rotation", "--n", "7", "--format", "json"]);
    let Some(script) = redrawn_by_the_script(&pack, &[list, "7", "-"]) else { return };
    assert_eq!(script, expected(&own));
    assert_eq!(own.items.len(), 7);

    let seeded = drawn(&["sample", folder, "--objective", "credential-rotation", "--n", "7", "--seed", "Übung 12", "--format", "json"]);
    assert_eq!(redrawn_by_the_script(&pack, &[list, "7", "Übung 12"]).unwrap(), expected(&seeded));
    assert_ne!(expected(&own), expected(&seeded), "another seed draws others");

    let all = drawn(&["sample", folder, "--identities", "--n", "5", "--format", "json"]);
    assert_eq!(redrawn_by_the_script(&pack, &["register.csv", "5", "-"]).unwrap(), expected(&all));

    let mut command =
        vec!["sample", folder, "--objective", "access-review", "--method", "stratified", "--by", "platform", "--format", "json"];
    command.extend(["--allocate", "aws=3", "--allocate", "kubernetes=2"]);
    let strata = drawn(&command);
    for (stratum, n) in [("aws", "3"), ("kubernetes", "2")] {
        let lines = redrawn_by_the_script(&pack, &["observations/access-review.csv", n, "-", "platform", stratum]).unwrap();
        let own: Vec<&str> =
            strata.items.iter().filter(|item| item.stratum.as_deref() == Some(stratum)).map(|item| item.subject.as_str()).collect();
        assert_eq!(lines[0], strata.population_sha256);
        assert_eq!(lines[1..], own, "{stratum}");
    }
}

#[test]
fn a_workspace_and_its_pack_give_the_same_draw_which_verifies_until_it_is_changed() {
    let place = tempfile::tempdir().unwrap();
    let pack = pack_on_disk(place.path());
    let (pack, folder) = (pack.to_str().unwrap(), sample("2026-Q3"));
    let of = |folder: &str| drawn(&["sample", folder, "--objective", "nhi-ownership", "--n", "4", "--format", "json"]);
    let own = of(pack);
    assert_eq!(own, of(folder.to_str().unwrap()));
    let file = place.path().join("draw.json");
    let check = |drawn: &Drawn| {
        fs::write(&file, serde_json::to_vec(drawn).unwrap()).unwrap();
        let output = tickmark(&["sample", pack, "--verify", file.to_str().unwrap()]);
        (output.status.code(), text(&output.stdout))
    };
    assert_eq!(check(&own).0, Some(0));
    let mut other = own.clone();
    other.items[1].subject = "somebody else".into();
    let (code, told) = check(&other);
    assert!(code == Some(3) && told.contains("`somebody else` is not drawn") && told.contains("is drawn and was left out"), "{told}");
    let mut other = own.clone();
    other.population_sha256 = "0".repeat(64);
    let (code, told) = check(&other);
    assert!(code == Some(3) && told.contains("the population is another one"), "{told}");
    let mut other = own;
    other.items.swap(0, 1);
    assert_eq!(check(&other).0, Some(3), "the order is part of it");
    let none = tickmark(&["sample", pack, "--verify"]);
    assert!(none.status.code() == Some(2) && text(&none.stderr).contains("samples.yaml"), "{}", text(&none.stderr));
}

#[test]
fn every_format_says_what_is_needed_to_draw_again_and_no_size_is_proposed() {
    let place = tempfile::tempdir().unwrap();
    let pack = pack_on_disk(place.path());
    let folder = pack.to_str().unwrap();
    let base = ["sample", folder, "--objective", "credential-rotation"];
    let with = |more: &[&str]| tickmark(&base.iter().chain(more).copied().collect::<Vec<_>>());
    let own = drawn(&["sample", folder, "--objective", "credential-rotation", "--n", "3", "--seed", "s1", "--format", "json"]);
    for format in ["table", "csv", "yaml"] {
        let shown = text(&with(&["--n", "3", "--seed", "s1", "--format", format]).stdout);
        let mut needed = vec![own.population_sha256.as_str(), &own.id, "s1", "random", "48"];
        needed.extend(own.items.iter().map(|item| item.subject.as_str()));
        for text in needed {
            assert!(shown.contains(text), "{format} lacks {text}: {shown}");
        }
    }
    let book = place.path().join("draw.xlsx");
    assert!(with(&["--n", "3", "--seed", "s1", "--format", "xlsx", "--out", book.to_str().unwrap()]).status.success());
    use calamine::Reader;
    let mut read: calamine::Xlsx<_> = calamine::open_workbook(&book).unwrap();
    assert_eq!(read.worksheet_range("Sample").unwrap().height(), 4);
    for (more, message) in [
        (&[][..], "say how many"),
        (&["--n", "0"], "say how many"),
        (&["--method", "stratified", "--by", "platform"], "--allocate"),
        (&["--method", "stratified", "--by", "platform", "--allocate", "mars=1"], "there is no stratum `mars`"),
        (&["--method", "stratified", "--by", "colour", "--allocate", "red=1"], "makes no strata"),
        (&["--method", "top-risk", "--n", "1", "--order", "colour"], "no order of risk"),
    ] {
        let output = with(more);
        assert!(output.status.code() == Some(2) && text(&output.stderr).contains(message), "{more:?}: {}", text(&output.stderr));
    }
    let unknown = tickmark(&["sample", folder, "--objective", "credential-rotaton", "--n", "1"]);
    assert!(text(&unknown.stderr).contains("did you mean `credential-rotation`?"), "{}", text(&unknown.stderr));
    let untested = tickmark(&["sample", folder, "--objective", "incident-response", "--n", "1"]);
    assert!(text(&untested.stderr).contains("not tested by a query"), "{}", text(&untested.stderr));
}

/// A small workspace: a list of owners where every identity has one, and the draw of both members of `nhi-ownership`.
fn small() -> (SourceTree, Vec<FoundFile>) {
    let (statements, files) = io::read_workspace(&sample("2026-Q3")).unwrap();
    (statements, files)
}

fn stanza(drawn: &Drawn, items: &str) -> String {
    format!(
        "samples:\n  - id: S-1\n    population: observations\n    objective: {}\n    population_size: {}\n    population_sha256: \"{}\"\n    method: random\n    \
         n: {}\n    seed: \"{}\"\n    items: {items}\n",
        drawn.objective.as_deref().unwrap(),
        drawn.population_size,
        drawn.population_sha256,
        drawn.n,
        drawn.seed
    )
}

/// Three members of an objective of the sample.
fn three(objective: &str) -> Drawn {
    let assessed = quarter("2026-Q3");
    let population = Population::of_observations(objective, &assessed.observations[objective], &assessed.assessment.register).unwrap();
    let plan = Plan { method: SampleMethod::Random, n: 3, by: None, allocation: BTreeMap::new(), order: vec![], seed: None };
    draw(&population, &plan)
}

fn with_samples(yaml: &str) -> (Assessment, SourceTree) {
    let (mut statements, files) = small();
    statements.insert("samples.yaml", yaml.as_bytes().to_vec());
    (assessed_from(&statements, &files).assessment, statements)
}

fn codes(objective: &ObjectiveResult) -> Vec<&str> {
    objective.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

#[test]
fn results_come_back_and_weaken_the_clauses_that_rest_on_the_objective() {
    // Nobody examined offboarding by a query, and unique-identity is at best partially satisfied in the sample.
    let objective = "secret-vaulting";
    let drawn = three(objective);
    let subjects: Vec<String> = drawn.items.iter().map(|item| serde_json::Value::from(item.subject.as_str()).to_string()).collect();
    let item = |at: usize, more: &str| format!("{{subject: {}, {more}}}", subjects[at]);
    let good = "result: passed, tester: Maja Lund, on: 2026-09-29, workpaper: WP-1";
    let yaml = stanza(
        &drawn,
        &format!(
            "[{}, {}]",
            item(0, good),
            item(1, "result: failed, tester: Maja Lund, on: 2026-09-29, because: \"It lies in a script.\"")
        ),
    );
    let (assessment, _) = with_samples(&yaml);
    let record = &assessment.samples[0];
    assert_eq!(record.state, "redrawn", "{}", record.note);
    assert_eq!(record.items.iter().map(|item| item.result.as_str()).collect::<Vec<_>>(), ["passed", "failed", "open"]);
    let own = assessment.objective(objective).unwrap();
    assert_eq!(own.status, Status::NotSatisfied);
    for code in ["sample-failed", "sample-open", "sample-passed"] {
        assert!(codes(own).contains(&code), "{code}: {:?}", codes(own));
    }
    let resting: Vec<_> =
        assessment.clauses.iter().filter(|clause| clause.objectives.iter().any(|own| own.objective == objective)).collect();
    assert!(!resting.is_empty());
    for clause in resting {
        assert_eq!(clause.status, Some(Status::NotSatisfied), "{} {}", clause.framework, clause.clause);
        assert_eq!(clause.basis.samples.get("S-1"), Some(&record.digest), "the clause stands on what was stated");
    }
    let before = &quarter("2026-Q3").assessment;
    for (one, two) in before.clauses.iter().zip(&assessment.clauses) {
        assert!(two.status <= one.status, "{} {} is never stronger than without the sample", two.framework, two.clause);
    }
}

#[test]
fn a_good_result_counts_only_with_tester_and_day_and_for_what_was_drawn() {
    let drawn = three("nhi-purpose");
    let subject = |at: usize| serde_json::Value::from(drawn.items[at].subject.as_str()).to_string();
    let items = format!(
        "[{{subject: {}, result: passed, on: 2026-09-29}}, {{subject: {}, result: passed, tester: M, on: 2026-01-01}}, \
         {{subject: {}, result: passed, tester: M, on: 2027-01-01}}, {{subject: stranger, result: passed, tester: M, on: 2026-09-29}}]",
        subject(0),
        subject(1),
        subject(2)
    );
    let (assessment, _) = with_samples(&stanza(&drawn, &items));
    let record = &assessment.samples[0];
    assert_eq!(record.state, "other-items");
    let flaws: Vec<&str> = record.items.iter().map(|item| item.flaw.as_deref().unwrap_or_default()).collect();
    assert_eq!(
        flaws,
        [
            "nobody says who tested it",
            "it was tested before the period began",
            "it was tested after the instant of judgement",
            "it was not drawn"
        ]
    );
    assert!(record.items.iter().all(|item| item.result == "open"));
    let yaml = stanza(&drawn, "[]").replace(&drawn.population_sha256, &"0".repeat(64));
    let (assessment, _) = with_samples(&yaml);
    assert_eq!(assessment.samples[0].state, "other-population");
    assert!(codes(assessment.objective("nhi-purpose").unwrap()).contains(&"sample-not-redrawn"));
}

#[test]
fn mistakes_in_samples_yaml_are_told_by_code() {
    let drawn = three("nhi-purpose");
    let (mut statements, files) = small();
    let good = stanza(&drawn, "[]");
    let told = |statements: &mut SourceTree, yaml: String| {
        statements.insert("samples.yaml", yaml.into_bytes());
        let mut diagnostics = Diagnostics::default();
        let _ = Workspace::load(statements, &files, controls(), &mut diagnostics);
        diagnostics.sorted().iter().map(|own| own.code.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(&mut statements, good.clone()), Vec::<String>::new());
    for (yaml, code) in [
        (good.replace("nhi-purpose", "nhi-purpos"), "samples/unknown-objective"),
        (good.replace("    objective: nhi-purpose\n", ""), "samples/no-objective"),
        (good.replace(&drawn.population_sha256, "abc"), "samples/digest"),
        (good.replace("n: 3", "n: 0"), "samples/method"),
        (good.replace("method: random", "method: stratified"), "samples/method"),
        (good.replace("method: random", "method: top-risk\n    order: [colour]"), "samples/method"),
        (good.replace("items: []", "items: [{subject: a}, {subject: a}]"), "samples/duplicate"),
        (good.replace("method: random", "method: dice"), "samples/invalid"),
    ] {
        assert!(told(&mut statements, yaml.clone()).iter().any(|own| own == code), "{code}: {:?}", told(&mut statements, yaml));
    }
}

#[test]
fn a_pack_with_a_sample_shows_it_hides_the_tester_and_proves_itself() {
    use tickmark::pipeline::{Disclosure, outputs};
    let drawn = three("nhi-purpose");
    let subject = serde_json::Value::from(drawn.items[0].subject.as_str()).to_string();
    let yaml = stanza(&drawn, &format!("[{{subject: {subject}, result: passed, tester: Maja Lund, on: 2026-09-29, workpaper: WP-77}}]"));
    let (mut statements, files) = small();
    statements.insert("samples.yaml", yaml.into_bytes());
    let templates = io::embedded_templates();
    let wording = tickmark::report::Wording::load(&templates, "en", &mut Diagnostics::default());
    let pack = |disclosure: Disclosure| {
        outputs(assessed_from(&statements, &files), &statements, &disclosure, tickmark::pipeline::Look::new(&templates, &wording), |_| {})
            .unwrap()
            .files
    };
    let full = pack(Disclosure::Full);
    let redacted = pack(Disclosure::Redacted { withhold: vec![] });
    let page = text(&full["index.html"]);
    assert!(page.contains("Maja Lund") && page.contains("WP-77") && page.contains("Drawn again"));
    for files in [&full, &redacted] {
        assert_eq!(verified(files).breaches, vec![]);
    }
    for (path, bytes) in redacted.iter().filter(|(path, _)| !path.ends_with(".pdf") && !path.ends_with(".xlsx")) {
        assert!(!text(bytes).contains("Maja Lund"), "the tester shows in {path}");
    }
    use calamine::Reader;
    let cells = |files: &BTreeMap<String, Vec<u8>>| {
        let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(files["register.xlsx"].clone())).unwrap();
        book.worksheet_range("Register").unwrap().used_cells().map(|(_, _, cell)| cell.to_string()).collect::<Vec<_>>().join("\n")
    };
    assert!(cells(&full).contains("Jonas Berg"));
    assert!(!cells(&redacted).contains("Jonas Berg") && cells(&redacted).contains("person-"), "the workbook hides owners as the list does");
    // A result that is exchanged afterwards no longer fits the clause.
    let mut changed: Assessment = serde_json::from_slice(&full["assessment.json"]).unwrap();
    changed.samples[0].digest = tickmark::base::Digest::of(b"another");
    let mut forged = full.clone();
    forged.insert("assessment.json".into(), serde_json::to_vec(&changed).unwrap());
    assert!(verified(&forged).breaches.iter().any(|breach| breach.code == "statement-changed"));
}
