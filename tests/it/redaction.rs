//! A redacted pack shows no name, has the digests of the full one, and each of the two proves itself.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::OnceLock;

use tickmark::assessment::{Assessment, NameList};
use tickmark::base::{Diagnostics, Digest, FoundFile, SourceTree};
use tickmark::io;
use tickmark::pipeline::{Disclosure, outputs};
use tickmark::report::Wording;

use crate::support::{assert_no_errors, assessed, assessed_from, sample, sample_pack, verified, workspace};

type Files = BTreeMap<String, Vec<u8>>;

fn rendered(assessed: tickmark::pipeline::Assessed, statements: &SourceTree, withhold: &[&str]) -> Files {
    let templates = io::embedded_templates();
    let mut diagnostics = Diagnostics::default();
    let wording = Wording::load(&templates, "en", &mut diagnostics);
    assert_no_errors(diagnostics);
    let disclosure = Disclosure::Redacted { withhold: withhold.iter().map(ToString::to_string).collect() };
    outputs(assessed, statements, &disclosure, tickmark::pipeline::Look::new(&templates, &wording), |_| {}).unwrap().files
}

fn redacted_sample() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let (assessed, statements) = assessed(&sample("2026-Q3"));
        rendered(assessed, &statements, &[])
    })
}

fn breaches(files: &Files) -> Vec<(&'static str, String)> {
    verified(files).breaches.into_iter().map(|breach| (breach.code, breach.what)).collect()
}

fn assessment(files: &Files) -> Assessment {
    serde_json::from_slice(&files["assessment.json"]).unwrap()
}

fn names(files: &Files) -> NameList {
    serde_json::from_slice(&files["names.json"]).unwrap()
}

#[test]
fn the_redacted_sample_has_every_digest_of_the_full_one_and_no_name() {
    let (full, redacted) = (sample_pack(), redacted_sample());
    assert_eq!(breaches(full), vec![]);
    assert_eq!(breaches(redacted), vec![]);
    let (one, two) = (assessment(full), assessment(redacted));
    assert_eq!(one.root, two.root);
    let digests = |own: &Assessment| {
        own.clauses.iter().map(|clause| (clause.clause.clone(), clause.status, clause.digest.clone())).collect::<Vec<_>>()
    };
    assert_eq!(digests(&one), digests(&two));
    let originals = |own: &Assessment| own.artifacts.iter().map(|artifact| artifact.sha256.clone()).collect::<Vec<_>>();
    assert_eq!(originals(&one), originals(&two), "the digests of the originals are kept");

    let list = names(full);
    let values: Vec<&str> = list.names.iter().map(|name| name.value.as_str()).collect();
    for planted in ["Jonas Berg", "jonas.berg", "aino.virtanen@nordhavn-pay.example", "Omar Haddad, Security"] {
        assert!(values.contains(&planted), "{planted} is found: {values:?}");
    }
    for kept in ["platform team", "svc-iis-portal@corp.nordhavn-pay.example", "payments"] {
        assert!(!values.contains(&kept), "{kept} is no person");
    }
    assert!(!redacted.contains_key("names.json"));
    for (path, bytes) in redacted.iter().filter(|(path, _)| !path.ends_with(".pdf")) {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        for value in &values {
            assert!(!text.contains(&value.to_lowercase()), "`{value}` shows in {path}");
        }
    }
    // What cannot be searched is not handed on: certificates, LDIF with encoded values.
    let withheld: Vec<&str> = two
        .artifacts
        .iter()
        .zip(&one.artifacts)
        .filter(|(two, one)| two.packed.is_none() && one.packed.is_some())
        .map(|(own, _)| own.path.as_str())
        .collect();
    assert!(withheld.contains(&"pki/inventory-bundle.pem") && withheld.contains(&"ad/principals.ldif"), "{withheld:?}");
}

#[test]
fn the_ledger_says_what_was_masked_where_by_which_rule() {
    let rows = |files: &Files| {
        csv::Reader::from_reader(files["masking.csv"].as_slice())
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let full = rows(sample_pack());
    assert!(!full.is_empty() && full.iter().all(|row| row[1] == "secret"), "secrets are masked in every pack: {full:?}");
    let redacted = rows(redacted_sample());
    let pseudonym = names(sample_pack()).names.into_iter().find(|name| name.value == "Jonas Berg").unwrap().pseudonym;
    let row = redacted.iter().find(|row| row[0].ends_with("owners.csv") && row[2] == pseudonym).expect("the register names him");
    assert!(row[3].contains("column register.owner"), "{row:?}");
    let copy = String::from_utf8(redacted_sample()[row[0].as_str()].clone()).unwrap();
    assert_eq!(copy.matches(&pseudonym).count().to_string(), row[4], "the count is what the file holds");
}

#[test]
fn neither_names_nor_pseudonyms_can_be_exchanged() {
    let changed = |files: &Files, path: &str, change: &dyn Fn(String) -> String| {
        let mut files = files.clone();
        let before = String::from_utf8(files[path].clone()).unwrap();
        let after = change(before.clone());
        assert_ne!(before, after, "the forgery changes something");
        let manifest = String::from_utf8(files["SHA256SUMS"].clone()).unwrap();
        let manifest = manifest.replace(Digest::of(before.as_bytes()).as_str(), Digest::of(after.as_bytes()).as_str());
        files.insert("SHA256SUMS".into(), manifest.into_bytes());
        files.insert(path.into(), after.into_bytes());
        breaches(&files).into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    let full = sample_pack();
    for other in ["Omar Haddad", "Nobody Atall"] {
        let codes = changed(full, "observations/nhi-ownership.csv", &|text| text.replace("Jonas Berg", other));
        assert!(codes.contains(&"observations-changed"), "{other}: {codes:?}");
    }
    let codes = changed(full, "names.json", &|text| text.replace("Jonas Berg", "Nobody Atall"));
    assert!(codes.contains(&"names-changed"), "{codes:?}");
    let mut without = full.clone();
    without.remove("names.json");
    assert!(breaches(&without).iter().any(|(code, _)| *code == "names-missing"));
    let mut disclosed = redacted_sample().clone();
    disclosed.insert("names.json".into(), full["names.json"].clone());
    assert!(breaches(&disclosed).iter().any(|(code, _)| *code == "names-disclosed"));
    let list = names(full);
    let codes = changed(redacted_sample(), "observations/nhi-ownership.csv", &|text| {
        let of = |value: &str| list.names.iter().find(|name| name.value == value).unwrap().pseudonym.clone();
        text.replace(&of("Jonas Berg"), &of("Omar Haddad"))
    });
    assert!(codes.contains(&"observations-changed"), "{codes:?}");
}

/// A workspace whose files hold an address with a secret before it, a machine's address and people in every spelling.
fn hostile() -> (SourceTree, Vec<FoundFile>) {
    let scan = concat!(
        r#"[{"RuleID":"generic","Description":"d","StartLine":1,"EndLine":1,"StartColumn":1,"EndColumn":2,"Match":"postgres://app:Tr0ub4dor-99-zz@db.x.example/p","#,
        r#""Secret":"Tr0ub4dor-99-zz","File":"a.env","SymlinkFile":"","Commit":"c","Entropy":4.1,"Author":"S\u00f8ren \u00d8","Email":"soren@x.example","#,
        r#""Date":"2026-08-01T10:00:00Z","Message":"Thanks, Bob","Tags":[],"Fingerprint":"c:a.env:generic:1"}]"#
    );
    let (mut statements, files) =
        workspace(&[("scan/leaks.json", scan.as_bytes()), ("notes/policy.md", b"# Policy\n\nAsk S\xc3\xb8ren \xc3\x98.\n")], "");
    let text = String::from_utf8(statements.get("tickmark.yaml").unwrap().to_vec()).unwrap();
    statements.insert("tickmark.yaml", format!("{text}redaction: {{also: [Bob], withhold: [restricted]}}\n"));
    statements.insert(
        "documents.yaml",
        "documents:\n  - {id: D, path: notes/policy.md, title: Policy, objectives: [third-party-nhi], approved_by: \"Eva Holm, CISO\", approved_at: 2026-01-01}\n",
    );
    (statements, files)
}

#[test]
fn a_secret_is_never_taken_for_a_name_and_every_spelling_of_a_name_is_hidden() {
    let (statements, files) = hostile();
    let full = assessed_from(&statements, &files);
    let values: Vec<String> = full.names.list.names.iter().map(|name| name.value.clone()).collect();
    assert_eq!(full.assessment.exhibit("scan/leaks.json").unwrap().adapter.as_deref(), Some("gitleaks"));
    assert!(!values.iter().any(|value| value.contains("Tr0ub4dor")), "{values:?}");
    for name in ["Søren Ø", "soren@x.example", "Bob", "Eva Holm", "Eva Holm, CISO"] {
        assert!(values.iter().any(|value| value == name), "{name}: {values:?}");
    }
    let pack = rendered(full, &statements, &["restricted"]);
    assert_eq!(breaches(&pack), vec![]);
    for (path, bytes) in pack.iter().filter(|(path, _)| !path.ends_with(".pdf")) {
        let text = String::from_utf8_lossy(bytes);
        for hidden in ["Søren", "S\\u00f8ren", "soren@", "Bob", "Eva Holm", "Tr0ub4dor"] {
            assert!(!text.contains(hidden), "{hidden} shows in {path}");
        }
    }
}

#[test]
fn a_classification_keeps_a_copy_out_of_a_redacted_pack() {
    let (mut statements, files) = hostile();
    statements.insert("artifacts.yaml", "artifacts: [{path: scan/leaks.json, classification: Restricted}]\n");
    let pack = rendered(assessed_from(&statements, &files), &statements, &["restricted"]);
    assert_eq!(breaches(&pack), vec![]);
    assert!(!pack.keys().any(|path| path.ends_with("leaks.json")), "{:?}", pack.keys());
    assert!(assessment(&pack).exhibit("scan/leaks.json").unwrap().sha256.is_some(), "its digest stays");
}

#[test]
fn the_command_line_makes_a_redacted_pack_and_checks_it_against_a_root() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("pack");
    let run = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).env_clear().output().unwrap();
    let made = run(&["pack", sample("2026-Q3").to_str().unwrap(), "--out", out.to_str().unwrap(), "--redact"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let root = assessment(sample_pack()).root.to_string();
    let checked = run(&["verify", out.to_str().unwrap(), "--root", &root]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    assert!(String::from_utf8_lossy(&checked.stdout).contains("Redacted: pseudonyms stand for"));
    let other = run(&["verify", out.to_str().unwrap(), "--root", &"0".repeat(64)]);
    assert!(!other.status.success() && String::from_utf8_lossy(&other.stdout).contains("root-differs"));
    assert_eq!(run(&["verify", out.to_str().unwrap(), "--root", "abc"]).status.code(), Some(2));
}

/// The script that the book prints for people without Tickmark, run as printed.
#[test]
fn the_script_of_the_book_recomputes_both_forms() {
    let book = std::fs::read_to_string(crate::support::root().join("book/src/explanation/digests.md")).unwrap();
    let script = book.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the book prints a script");
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3 to run the script of the book with");
        return;
    }
    let run = |files: &Files| {
        let place = tempfile::tempdir().unwrap();
        for name in ["assessment.json", "names.json"] {
            files.get(name).into_iter().for_each(|bytes| std::fs::write(place.path().join(name), bytes).unwrap());
        }
        let output = Command::new("python3").arg("-c").arg(script).current_dir(place.path()).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let root = assessment(sample_pack()).root.to_string();
    for files in [sample_pack(), redacted_sample()] {
        assert_eq!(run(files).trim(), format!("True {root}"));
    }
    let mut changed = sample_pack().clone();
    let text = String::from_utf8(changed["assessment.json"].clone()).unwrap();
    let at = text.find("depart from the objective").unwrap();
    changed.insert("assessment.json".into(), format!("{}X{}", &text[..at], &text[at..]).into_bytes());
    assert!(!run(&changed).starts_with("True"), "a change shows");
    let (statements, files) = hostile();
    let pack = {
        let full = assessed_from(&statements, &files);
        let templates = io::embedded_templates();
        let mut diagnostics = Diagnostics::default();
        let wording = Wording::load(&templates, "en", &mut diagnostics);
        outputs(full, &statements, &Disclosure::Full, tickmark::pipeline::Look::new(&templates, &wording), |_| {}).unwrap().files
    };
    assert!(run(&pack).starts_with("True"), "{}", run(&pack));
}
