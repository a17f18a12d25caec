//! From an empty folder to trusted evidence: `init`, `evidence add`, `evidence requests`, the gate of provenance.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use calamine::Reader as _;

use crate::support::{controls, sample};

const REPORT: &[u8] = include_bytes!("../../evidence-samples/nordhavn-pay/2026-Q3/aws/credential-report.csv");

fn tickmark(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).env_clear().stdin(std::process::Stdio::null()).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{}", text(output)))
}

/// A workspace made by `init` for one system, with one export in it.
fn workspace() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("ws");
    let made = tickmark(&[
        "init",
        at.to_str().unwrap(),
        "--organisation",
        "Acme: #1 \"Pay\"",
        "--from",
        "2026-07-01",
        "--to",
        "2026-09-30",
        "--zone",
        "Europe/Copenhagen",
        "--framework",
        "pci-dss@4.0.1",
        "--source",
        "aws",
    ]);
    assert_eq!(code(&made), 0, "{}", text(&made));
    let statements = std::fs::read_to_string(at.join("tickmark.yaml")).unwrap();
    let system = "systems:\n  - {id: aws, title: AWS, owner: \"Aino, Platform\", instance: \"210987654321\", expects: [aws-credential-report, aws-cloudtrail]}";
    std::fs::write(at.join("tickmark.yaml"), statements.replace("systems: []", system)).unwrap();
    std::fs::write(at.join("aws/credential-report.csv"), REPORT).unwrap();
    (folder, at)
}

fn add(file: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["evidence", "add", file.to_str().unwrap()];
    arguments.extend(more);
    tickmark(&arguments)
}

const WHOLE: [&str; 12] = [
    "--instance",
    "210987654321",
    "--query",
    "aws iam get-credential-report",
    "--tool",
    "aws-cli 2.15.0",
    "--collector",
    "job 7",
    "--collected-at",
    "2026-09-30T23:55:00+02:00",
    "--rows",
    "44",
];

#[test]
fn a_new_workspace_can_be_used_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("new");
    let arguments = ["init", at.to_str().unwrap(), "--organisation", "Acme", "--from", "2026-07-01", "--to", "2026-09-30"];
    assert_eq!(code(&tickmark(&arguments)), 0);
    let read = tickmark(&["evidence", at.to_str().unwrap(), "--format", "json"]);
    assert_eq!(code(&read), 0, "{}", text(&read));
    assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), "[]", "notes and statements are no evidence");
    // Every adapter's command stands in the note of its source.
    for adapter in controls().adapters.values() {
        let source = adapter.declared.export.file.split('/').next().unwrap();
        let note = std::fs::read_to_string(at.join(source).join("EXPORTS.tickmark.md")).unwrap();
        assert!(note.contains(&format!("`{}`", adapter.id)), "{}", adapter.id);
    }
    // Nothing is ever written over.
    assert_eq!(code(&tickmark(&arguments)), 2);
    for wrong in [
        vec!["--from", "2026-10-01", "--to", "2026-09-30", "--organisation", "A"],
        vec!["--from", "July", "--to", "2026-09-30", "--organisation", "A"],
        vec!["--from", "2026-07-01", "--to", "2026-09-30"],
        vec!["--from", "2026-07-01", "--to", "2026-09-30", "--organisation", "A", "--framework", "pci-dss@9"],
        vec!["--from", "2026-07-01", "--to", "2026-09-30", "--organisation", "A", "--source", "mainframe"],
        vec!["--from", "2026-07-01", "--to", "2026-09-30", "--organisation", "A", "--zone", "Mars/Olympus"],
    ] {
        let other = folder.path().join("other");
        let mut arguments = vec!["init", other.to_str().unwrap()];
        arguments.extend(&wrong);
        assert_eq!(code(&tickmark(&arguments)), 2, "{wrong:?}");
        assert!(!other.exists(), "{wrong:?}: nothing is half-written");
    }
}

#[test]
fn a_statement_of_origin_is_written_beside_the_file_and_holds_its_digest() {
    let (_folder, at) = workspace();
    let file = at.join("aws/credential-report.csv");
    let added = add(&file, &[&WHOLE[..], &["--total", "users=44", "--first-key", "ingrid.dahl", "--transformation", "none"]].concat());
    assert_eq!(code(&added), 0, "{}", text(&added));
    assert!(text(&added).contains("44 records read, 44 kept, 0 rejected; extent complete"), "{}", text(&added));
    let statement = std::fs::read_to_string(at.join("aws/credential-report.csv.tickmark.yaml")).unwrap();
    assert!(statement.contains("sha256: ") && statement.contains("collected_at: 2026-09-30T23:55:00+02:00"), "{statement}");
    let folder = at.to_str().unwrap();
    let gate = tickmark(&["evidence", folder, "--require-provenance"]);
    assert_eq!(code(&gate), 0, "{}", text(&gate));
    // It is not written over, and the same file is not described twice.
    assert_eq!(code(&add(&file, &WHOLE)), 2);
    assert_eq!(code(&add(&file, &[&WHOLE[..], &["--replace"]].concat())), 0);
    std::fs::write(at.join("artifacts.yaml"), "artifacts:\n  - {path: aws/credential-report.csv}\n").unwrap();
    let twice = tickmark(&["evidence", folder]);
    assert!(code(&twice) == 2 && text(&twice).contains("artifacts/duplicate"), "{}", text(&twice));
    std::fs::remove_file(at.join("artifacts.yaml")).unwrap();
    // A later change of the file is told, and the file proves nothing any more.
    std::fs::write(&file, [REPORT, b"\n"].concat()).unwrap();
    let changed = tickmark(&["evidence", folder, "--format", "json"]);
    assert!(text(&changed).contains("\"state\": \"altered\""), "{}", text(&changed));
    let same_size: Vec<u8> = REPORT.iter().map(|byte| if *byte == b'7' { b'8' } else { *byte }).collect();
    std::fs::write(&file, same_size).unwrap();
    let changed = tickmark(&["query", folder, "select state, adapter from artifacts", "--format", "csv"]);
    assert!(text(&changed).contains("altered,"), "{}", text(&changed));
}

#[test]
fn wrong_statements_are_told_and_not_written() {
    let (folder, at) = workspace();
    let file = at.join("aws/credential-report.csv");
    for wrong in [
        ["--collected-at", "yesterday"],
        ["--collected-at", "2026-09-30T23:55:00"],
        ["--period", "2026-09-30"],
        ["--period", "2026-09-30..2026-07-01"],
        ["--total", "users"],
        ["--zone", "Mars/Olympus"],
        ["--adapter", "no-such"],
    ] {
        let added = add(&file, &wrong);
        assert_eq!(code(&added), 2, "{wrong:?}: {}", text(&added));
        assert!(!at.join("aws/credential-report.csv.tickmark.yaml").exists(), "{wrong:?}");
    }
    let outside = folder.path().join("outside.csv");
    std::fs::write(&outside, REPORT).unwrap();
    assert_eq!(code(&add(&outside, &WHOLE)), 2, "a file outside of any workspace");
    // A statement by hand is checked like any other.
    for (statement, told) in [
        ("sha256: abc\n", "artifacts/sha256"),
        ("path: other.csv\n", "artifacts/misplaced"),
        ("colour: red\n", "artifacts/invalid"),
        ("period: {from: 2026-09-30, to: 2026-07-01}\n", "artifacts/period"),
    ] {
        std::fs::write(at.join("aws/credential-report.csv.tickmark.yaml"), statement).unwrap();
        let read = tickmark(&["evidence", at.to_str().unwrap()]);
        assert!(code(&read) == 2 && text(&read).contains(told), "{statement}: {}", text(&read));
    }
    std::fs::remove_file(at.join("aws/credential-report.csv.tickmark.yaml")).unwrap();
    std::fs::write(at.join("aws/gone.csv.tickmark.yaml"), "rows: 1\n").unwrap();
    let read = tickmark(&["evidence", at.to_str().unwrap()]);
    assert!(text(&read).contains("artifacts/no-such-file"), "{}", text(&read));
}

#[test]
fn the_request_list_names_who_what_how_and_for_which_period() {
    let (_folder, at) = workspace();
    let folder = at.to_str().unwrap();
    let requests = |more: &[&str]| -> Vec<serde_json::Value> {
        let mut arguments = vec!["evidence", "requests", folder, "--format", "json"];
        arguments.extend(more);
        let output = tickmark(&arguments);
        assert_eq!(code(&output), 0, "{}", text(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let list = requests(&[]);
    let of = |what: &str, list: &[serde_json::Value]| {
        list.iter().find(|request| request["what"].as_str().is_some_and(|text| text.contains(what))).cloned()
    };
    let trail = of("CloudTrail", &list).unwrap();
    assert_eq!(trail["state"], "missing");
    assert_eq!(trail["from"], "Aino, Platform");
    assert_eq!(trail["system"], "AWS (210987654321)");
    assert_eq!(trail["period"], "2026-07-01 to 2026-09-30");
    assert!(trail["command"].as_str().unwrap().starts_with("aws s3 sync"));
    // The report is there, but nobody stated its instance: it is not that system's.
    assert_eq!(of("AWS IAM credential report", &list).unwrap()["state"], "missing");
    assert_eq!(of("Provenance of aws/credential-report.csv", &list).unwrap()["kind"], "statement");
    assert!(list.iter().any(|request| request["kind"] == "document"));
    assert!(of("A source of register", &list).is_some(), "a table that an objective needs and no system owes");
    // Ids are unique and in order.
    let ids: Vec<&str> = list.iter().map(|request| request["id"].as_str().unwrap()).collect();
    assert_eq!(ids[0], "R-001");
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    // Once it is stated, the request is gone.
    assert_eq!(code(&add(&at.join("aws/credential-report.csv"), &WHOLE)), 0);
    let later = requests(&["--exports-only"]);
    assert!(of("credential report", &later).is_none() && of("Provenance of", &later).is_none());
    assert!(later.iter().all(|request| request["kind"] != "document"));
    // The same list as CSV and as a workbook.
    let book = at.join("../requests.xlsx");
    let written = tickmark(&["evidence", "requests", folder, "--format", "xlsx", "--exports-only", "--out", book.to_str().unwrap()]);
    assert_eq!(code(&written), 0, "{}", text(&written));
    let mut read: calamine::Xlsx<_> = calamine::open_workbook(&book).unwrap();
    assert_eq!(read.worksheet_range("Requests").unwrap().height(), later.len() + 1);
    let csv = tickmark(&["evidence", "requests", folder, "--format", "csv", "--exports-only"]);
    assert_eq!(csv::Reader::from_reader(csv.stdout.as_slice()).records().count(), later.len());
    assert_eq!(code(&tickmark(&["evidence", "requests", folder, "--format", "xlsx"])), 2, "a workbook needs a file to go to");
}

#[test]
fn a_pack_is_written_and_the_gate_still_tells() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("pack");
    let packed = tickmark(&["pack", sample("2026-Q3").to_str().unwrap(), "--out", out.to_str().unwrap(), "--require-provenance"]);
    assert_eq!(code(&packed), 1, "{}", text(&packed));
    assert!(text(&packed).contains("do not say where they came from") && out.join("report.pdf").is_file());
    let assessment: serde_json::Value = serde_json::from_slice(&std::fs::read(out.join("assessment.json")).unwrap()).unwrap();
    let report = assessment["artifacts"].as_array().unwrap().iter().find(|own| own["path"] == "aws/credential-report.csv").unwrap();
    assert_eq!(report["not_stated"], serde_json::json!(["tool", "sha256"]));
}

fn compared(folder: &Path) -> serde_json::Value {
    let output = tickmark(&["evidence", "reconcile", folder.to_str().unwrap(), "--format", "json"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_register_and_the_sources_are_compared_row_by_row() {
    let found = compared(&sample("2026-Q3"));
    let list = found["reconciliation"]["discrepancies"].as_array().unwrap();
    let of =
        |kind: &str| -> Vec<&str> { list.iter().filter(|one| one["kind"] == kind).map(|one| one["subject"].as_str().unwrap()).collect() };
    // Three users carry a tag that names another owner than the CMDB does.
    assert_eq!(
        of("conflict"),
        ["svc-bi-reporting", "svc-dw-loader", "svc-ml-features"].map(|name| format!("arn:aws:iam::210987654321:user/{name}"))
    );
    assert!(of("only-in-register").is_empty(), "the aliases join the two rows of the domain: {:?}", of("only-in-register"));
    assert!(of("only-in-source").contains(&"ad:corp.nordhavn-pay.example:svc-ai-copilot"), "a shadow identity");
    // Every machine identity is counted once, and every row of the register too.
    let count = |query: &str| -> u64 {
        let output = tickmark(&["query", sample("2026-Q3").to_str().unwrap(), query, "--format", "csv"]);
        text(&output).lines().nth(1).unwrap().parse().unwrap()
    };
    let places = found["reconciliation"]["places"].as_array().unwrap();
    let sum = |names: &[&str]| -> u64 { places.iter().flat_map(|place| names.iter().map(|name| place[*name].as_u64().unwrap())).sum() };
    assert_eq!(sum(&["in_both", "only_in_source", "ambiguous", "provider_managed"]), count("select count(*) from machine_identities"));
    assert_eq!(sum(&["only_in_register"]), 0);
    assert_eq!(found["reconciliation"]["counts_stated"], found["reconciliation"]["counts_found"]);
}

#[test]
fn rows_of_the_register_that_only_an_alias_joins_are_found_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for name in ["ad/principals.ldif", "registers/owners.csv", "tickmark.yaml"] {
        std::fs::create_dir_all(at.join(name).parent().unwrap()).unwrap();
        std::fs::copy(sample("2026-Q3").join(name), at.join(name)).unwrap();
    }
    std::fs::write(
        at.join("artifacts.yaml"),
        "artifacts:\n  - {path: ad/principals.ldif, instance: corp.nordhavn-pay.example}\n  - {path: registers/owners.csv, zone: Europe/Copenhagen}\n",
    )
    .unwrap();
    let stated = std::fs::read_to_string(at.join("tickmark.yaml")).unwrap();
    let (before, rest) = stated.split_once("aliases:\n").unwrap();
    let (_, after) = rest.split_once("redaction:\n").unwrap();
    std::fs::write(at.join("tickmark.yaml"), format!("{before}redaction:\n{after}")).unwrap();
    let found = compared(at);
    let only: Vec<&str> = found["reconciliation"]["discrepancies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"] == "only-in-register")
        .map(|one| one["subject"].as_str().unwrap())
        .filter(|subject| subject.starts_with("ad "))
        .collect();
    assert_eq!(only, ["ad corp SVC-BACKUP-VEEAM", "ad corp svc-sql-payments"]);
}

#[test]
fn what_lies_outside_the_period_is_named_and_not_counted_and_gaps_are_told() {
    let (_folder, at) = workspace();
    let event = |id: u32, at: &str| {
        format!(
            "{{\"eventID\":\"e{id}\",\"eventTime\":\"{at}\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\",\"userIdentity\":{{\"type\":\"IAMUser\",\"arn\":\"arn:aws:iam::210987654321:user/a\"}}}}\n"
        )
    };
    // The period begins on the first of July in Copenhagen, two hours before it does in UTC.
    let times = ["2026-06-30T21:59:59Z", "2026-06-30T22:00:00Z", "2026-08-15T12:00:00Z", "2026-09-30T21:59:59Z", "2026-09-30T22:00:00Z"];
    let log: String = (1..).zip(times).map(|(id, at)| event(id, at)).collect();
    std::fs::write(at.join("aws/trail.json"), log).unwrap();
    let found = compared(&at);
    let covered = |found: &serde_json::Value, adapter: &str| {
        found["coverage"].as_array().unwrap().iter().find(|own| own["adapter"] == adapter).cloned().unwrap()
    };
    let trail = covered(&found, "aws-cloudtrail");
    assert_eq!((&trail["kind"], &trail["basis"], &trail["outside"]), (&"over-time".into(), &"told".into(), &2.into()));
    let kept = tickmark(&["query", at.to_str().unwrap(), "select event_id from events order by 1", "--format", "csv"]);
    assert_eq!(text(&kept).lines().skip(1).collect::<Vec<_>>(), ["e2", "e3", "e4"]);
    // The report of users is a state, and covers no days.
    assert_eq!(covered(&found, "aws-credential-report")["kind"], "point-in-time");
    // What the collector states wins, and shows what is missing.
    std::fs::write(at.join("aws/trail.json.tickmark.yaml"), "period: {from: 2026-07-01, to: 2026-08-10}\n").unwrap();
    let trail = covered(&compared(&at), "aws-cloudtrail");
    assert_eq!(trail["covers"], serde_json::json!(["2026-07-01 2026-08-10"]));
    assert_eq!(trail["gaps"], serde_json::json!(["2026-08-11 2026-09-30"]));
}
