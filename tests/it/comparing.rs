//! `diff`, `trend` and `history` as the user runs them: forms, gates, and every kind of wrong input.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tickmark::assessment::Assessment;

use crate::support::{quarter, root, sample_pack};

fn tickmark(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn write_pack(folder: &Path) {
    for (path, bytes) in sample_pack() {
        let to = folder.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
}

fn write_record(path: &Path, assessment: &Assessment) {
    fs::write(path, serde_json::to_vec(assessment).unwrap()).unwrap();
}

/// The record of the second quarter and the whole pack of the third.
struct Place {
    _place: tempfile::TempDir,
    old: PathBuf,
    new: PathBuf,
}

impl Place {
    fn new() -> Place {
        let place = tempfile::tempdir().unwrap();
        let (old, new) = (place.path().join("old.json"), place.path().join("new"));
        write_pack(&new);
        write_record(&old, &quarter("2026-Q2").assessment);
        Place { _place: place, old, new }
    }

    fn diff(&self, more: &[&str]) -> Output {
        let mut arguments = vec!["diff", self.old.to_str().unwrap(), self.new.to_str().unwrap()];
        arguments.extend(more);
        tickmark(&arguments)
    }
}

#[test]
fn diff_tells_framework_clause_change_and_causes_and_is_the_same_twice() {
    let place = Place::new();
    let output = place.diff(&["--format", "json"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(output.stdout, place.diff(&["--format", "json"]).stdout);
    let changes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let entries = changes["entries"].as_array().unwrap();
    assert!(!entries.is_empty());
    for entry in entries {
        for key in ["framework", "clause", "change"] {
            assert!(entry[key].is_string(), "{key}: {entry}");
        }
        assert!(!entry["causes"].as_array().unwrap().is_empty(), "{entry}");
    }
    assert_eq!(changes["after"]["root"].as_str().unwrap(), quarter("2026-Q3").assessment.root.as_str());
    let shown = said(&place.diff(&[]));
    assert!(
        shown.contains("svc-payments-legacy-batch") && shown.contains("Only the record") | shown.contains("only the record"),
        "{shown}"
    );
}

#[test]
fn a_side_that_does_not_hold_is_refused_or_marked_in_every_form() {
    let place = Place::new();
    fs::write(place.new.join("index.html"), "forged").unwrap();
    let refused = place.diff(&[]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(refused.stdout.is_empty(), "nothing is compared before the sides are checked");
    for form in ["text", "json", "markdown", "html"] {
        let output = place.diff(&["--unverified", "--format", form]);
        assert_eq!(output.status.code(), Some(0), "{form}: {}", said(&output));
        let text = String::from_utf8_lossy(&output.stdout).replace('\\', "");
        assert!(text.contains("does not hold"), "{form} is not marked");
    }
    // A bare record whose verdict was improved by hand.
    let mut forged = quarter("2026-Q2").assessment.clone();
    let digest = forged.clauses[1].digest.clone();
    forged.clauses[0].digest = digest;
    write_record(&place.old, &forged);
    write_pack(&place.new);
    assert_eq!(place.diff(&[]).status.code(), Some(3));
}

#[test]
fn forms_follow_the_name_of_the_file_and_gates_end_with_one() {
    let place = Place::new();
    let folder = place.old.parent().unwrap();
    for (name, start) in [
        ("c.pdf", &b"%PDF"[..]),
        ("c.html", b"<!doctype html>"),
        ("c.md", b"# Nordhavn"),
        ("c.xlsx", b"PK"),
        ("c.json", b"{"),
        ("c.csv", b"framework,"),
    ] {
        let out = folder.join(name);
        let output = place.diff(&["--out", out.to_str().unwrap()]);
        assert!(output.status.success(), "{name}: {}", said(&output));
        assert!(fs::read(&out).unwrap().starts_with(start), "{name}");
    }
    assert_eq!(place.diff(&["--format", "pdf"]).status.code(), Some(2), "a PDF needs a file");
    let gate = place.diff(&["--fail-on", "worsened"]);
    assert_eq!(gate.status.code(), Some(1));
    assert!(said(&gate).contains("the gate is not met by"), "deviations came to light: {}", said(&gate));
    assert_eq!(place.diff(&["--fail-on", "removed,added"]).status.code(), Some(0));
}

#[test]
fn slips_of_the_hand_are_answered_with_what_was_meant() {
    let place = Place::new();
    let (old, new) = (place.old.to_str().unwrap(), place.new.to_str().unwrap());
    let swapped = tickmark(&["diff", new, old]);
    assert_eq!(swapped.status.code(), Some(2));
    assert!(said(&swapped).contains(&format!("tickmark diff {old} {new}")), "{}", said(&swapped));

    let same = tickmark(&["diff", new, new]);
    assert_eq!(same.status.code(), Some(0));
    assert!(said(&same).contains("the same assessment") && said(&same).contains("Nothing changed"), "{}", said(&same));

    let renamed = |change: &dyn Fn(&mut Assessment)| {
        let mut other = quarter("2026-Q2").assessment.clone();
        change(&mut other);
        write_record(&place.old, &other);
    };
    renamed(&|other| other.frame.organisation = "Somebody Else".into());
    assert_eq!(place.diff(&[]).status.code(), Some(2));
    let across = place.diff(&["--across-organisations"]);
    assert!(across.status.success() && said(&across).contains("different organisations"), "{}", said(&across));
    renamed(&|other| other.frame.scope = "Something else.".into());
    assert!(said(&place.diff(&[])).contains("scope is stated otherwise"));
    renamed(&|other| other.schema = "tickmark-assessment/99".into());
    let newer = place.diff(&[]);
    assert!(newer.status.code() == Some(2) && said(&newer).contains("tickmark-assessment/99"), "{}", said(&newer));
    fs::write(&place.old, "no json").unwrap();
    assert_eq!(place.diff(&[]).status.code(), Some(2));
}

/// A record that an earlier version wrote; it stays as it is, and so does its being readable.
#[test]
fn records_of_earlier_versions_stay_readable() {
    let mut read = 0;
    for entry in fs::read_dir(root().join("tests/records")).unwrap() {
        let path = entry.unwrap().path();
        let assessment: Assessment = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(assessment.computed_root(), assessment.root, "{}", path.display());
        let shown = path.to_str().unwrap();
        let output = tickmark(&["diff", shown, shown, "--format", "json"]);
        assert!(output.status.success(), "{}", said(&output));
        read += 1;
    }
    assert!(read > 0);
}

#[test]
fn trend_and_history_put_packs_in_order_and_name_gaps() {
    let place = Place::new();
    let (old, new) = (place.old.to_str().unwrap(), place.new.to_str().unwrap());
    let output = tickmark(&["trend", new, old, "--format", "json"]);
    assert!(output.status.success(), "{}", said(&output));
    let trend: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(trend["points"][0]["period_from"], "2026-04-01");
    assert!(said(&tickmark(&["trend", old, new])).contains("svc-mobile-ci"));
    for name in ["t.pdf", "t.html", "t.csv", "t.xlsx"] {
        let out = place.old.parent().unwrap().join(name);
        assert!(tickmark(&["trend", old, new, "--out", out.to_str().unwrap()]).status.success(), "{name}");
    }
    let packs = place.old.parent().unwrap().join("packs");
    fs::create_dir_all(packs.join("q1")).unwrap();
    fs::create_dir_all(packs.join("broken")).unwrap();
    fs::write(packs.join("broken/assessment.json"), "nothing").unwrap();
    write_record(&packs.join("q1/assessment.json"), &quarter("2026-Q2").assessment);
    write_pack(&packs.join("q3"));
    let output = tickmark(&["history", packs.to_str().unwrap(), "--format", "json"]);
    assert!(output.status.success(), "{}", said(&output));
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let places: Vec<&str> = list["packs"].as_array().unwrap().iter().map(|own| own["place"].as_str().unwrap()).collect();
    assert_eq!(places, ["q1", "q3"]);
    let codes = |at: usize| {
        list["packs"][at]["notes"].as_array().unwrap().iter().map(|own| own["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(0), ["broken", "first"], "a lone record in a folder is no whole pack");
    assert_eq!(codes(1), ["follows"]);
    assert_eq!(list["unreadable"][0]["place"], "broken");
    assert_eq!(list["is_whole"], false);
    // A record that names the one before it, and one that names another.
    for (named, code) in
        [(quarter("2026-Q2").assessment.root.clone(), "names-previous"), (tickmark::base::Digest::of(b"other"), "names-other")]
    {
        let mut chained = quarter("2026-Q3").assessment.clone();
        chained.frame.previous = Some(named);
        fs::remove_dir_all(packs.join("q3")).unwrap();
        fs::create_dir_all(packs.join("q3")).unwrap();
        write_record(&packs.join("q3/assessment.json"), &chained);
        let output = tickmark(&["history", packs.to_str().unwrap(), "--format", "json"]);
        assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("\"{code}\"")), "{}", said(&output));
    }
    assert_eq!(tickmark(&["history", packs.join("broken").join("none").to_str().unwrap()]).status.code(), Some(4));
}
