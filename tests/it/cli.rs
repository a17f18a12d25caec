//! The binary as a user runs it: output, exit codes, nothing half-written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{sample, sample_pack};

fn tickmark(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn write_pack(folder: &Path) {
    for (path, bytes) in sample_pack() {
        let to = folder.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
}

#[test]
fn evidence_as_json_accounts_for_every_file() {
    let folder = sample("2026-Q3");
    let output = tickmark(&["evidence", folder.to_str().unwrap(), "--format", "json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let list: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let on_disk = walkdir::WalkDir::new(&folder).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file()).count();
    assert_eq!(list.len(), on_disk - 5, "every file but the five statements");
    for file in &list {
        for key in ["path", "adapter", "state", "read", "kept", "rejected"] {
            assert!(file.get(key).is_some(), "{key} in {file}");
        }
        let number = |key: &str| file[key].as_u64().unwrap();
        assert_eq!(number("read"), number("kept") + number("rejected"), "{file}");
    }
}

#[test]
fn catalog_show_gives_every_clause() {
    let output = tickmark(&["catalog", "show", "nist-csf@2.0", "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let clauses = shown["clauses"].as_array().unwrap();
    assert_eq!(clauses.len(), 134);
    for clause in clauses {
        for key in ["id", "parent", "kind", "statement"] {
            assert!(clause.get(key).is_some(), "{key} in {clause}");
        }
    }
    let wrong = tickmark(&["catalog", "show", "nist-csf@3.0"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("nist-csf@2.0"), "{}", text(&wrong.stderr));
}

#[test]
fn query_answers_in_three_formats_and_refuses_to_write() {
    let folder = sample("2026-Q3");
    let ask = |sql: &str, format: &str| tickmark(&["query", folder.to_str().unwrap(), sql, "--format", format]);
    let sql = "select name, kind from identities where name = 'svc-ci-deploy' and kind = 'user' limit 1";
    assert!(text(&ask(sql, "table").stdout).contains("svc-ci-deploy"));
    assert_eq!(text(&ask(sql, "csv").stdout), "name,kind\nsvc-ci-deploy,user\n");
    let json: serde_json::Value = serde_json::from_slice(&ask(sql, "json").stdout).unwrap();
    assert_eq!(json, serde_json::json!([{"name": "svc-ci-deploy", "kind": "user"}]));
    for refused in ["drop table identities", "select now()", "select nothing from identities", "select * from '/etc/passwd'"] {
        let output = ask(refused, "table");
        assert_eq!(output.status.code(), Some(2), "{refused}");
        assert!(text(&output.stderr).contains("query/sql"), "{}", text(&output.stderr));
    }
}

#[test]
fn verify_says_what_it_checked_and_fails_with_three() {
    let place = tempfile::tempdir().unwrap();
    let pack = place.path().join("pack");
    write_pack(&pack);
    let good = tickmark(&["verify", pack.to_str().unwrap()]);
    assert!(good.status.success(), "{}", text(&good.stderr));
    assert!(text(&good.stdout).contains("clauses") && text(&good.stdout).contains("Merkle root"));
    fs::write(pack.join("report.pdf"), b"%PDF-other").unwrap();
    let bad = tickmark(&["verify", pack.to_str().unwrap()]);
    assert_eq!(bad.status.code(), Some(3));
    assert!(text(&bad.stdout).contains("report.pdf"), "{}", text(&bad.stdout));
    #[cfg(unix)]
    {
        fs::remove_file(pack.join("report.pdf")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", pack.join("report.pdf")).unwrap();
        let linked = tickmark(&["verify", pack.to_str().unwrap(), "--format", "json"]);
        assert_eq!(linked.status.code(), Some(3));
        assert!(text(&linked.stdout).contains("file-unreadable"));
    }
}

#[cfg(unix)]
#[test]
fn a_backslash_in_a_name_does_not_stand_for_the_file_of_a_folder() {
    let place = tempfile::tempdir().unwrap();
    let pack = place.path().join("pack");
    write_pack(&pack);
    let list = pack.join("observations/access-review.csv");
    let original = fs::read(&list).unwrap();
    fs::write(pack.join("observations\\access-review.csv"), &original).unwrap();
    fs::write(&list, text(&original).replace(",fail,", ",pass,")).unwrap();
    for arguments in [&["verify"][..], &["verify", "--rederive"]] {
        let mut all = arguments.to_vec();
        all.extend([pack.to_str().unwrap(), "--format", "json"]);
        let told = tickmark(&all);
        assert_eq!(told.status.code(), Some(3));
        let told = text(&told.stdout);
        assert!(told.contains("file-changed") && told.contains("observations-changed") && told.contains("holds a backslash"), "{told}");
    }
}

#[test]
fn a_manifest_is_what_sha256sum_reads() {
    let place = tempfile::tempdir().unwrap();
    write_pack(place.path());
    let Ok(output) = Command::new("sha256sum").args(["-c", "--quiet", "SHA256SUMS"]).current_dir(place.path()).output() else {
        eprintln!("skipped: sha256sum is not installed here");
        return;
    };
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn bad_statements_are_all_told_at_once_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("tickmark.yaml"),
        "organisation: X\nscope: Y\nperiod: {from: 2026-07-01, to: 2026-09-30}\nas_of: \"2026-09-30T23:59:59Z\"\nzone: Europe/Copenhagn\n\
         frameworks: [pcidss@4.0.1, nist-csf@2.0]\nparameters:\n  - {objective: credential-rotaton, parameter: x, value: 1, reason: y}\n",
    )
    .unwrap();
    fs::write(folder.join("artifacts.yaml"), "artifacts:\n  - path: missing.csv\n").unwrap();
    let out = place.path().join("out");
    let output = tickmark(&["pack", folder.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    for wanted in [
        "tickmark.yaml:5:7",
        "did you mean `pci-dss@4.0.1`?",
        "did you mean `credential-rotation`?",
        "artifacts.yaml:2:11",
        "4 errors to correct; nothing was written",
    ] {
        assert!(told.contains(wanted), "{wanted} in\n{told}");
    }
    assert!(!out.exists());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "no temporary folder is left");
}

#[test]
fn an_existing_folder_is_never_overwritten_by_mistake() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("thesis.txt"), "my only copy").unwrap();
    let folder = sample("2026-Q3");
    for extra in [&[][..], &["--replace"][..]] {
        let mut arguments = vec!["pack", folder.to_str().unwrap(), "--out", out.to_str().unwrap()];
        arguments.extend(extra);
        assert_eq!(tickmark(&arguments).status.code(), Some(4));
        assert_eq!(fs::read_to_string(out.join("thesis.txt")).unwrap(), "my only copy");
    }
}

#[test]
fn the_commands_of_the_readme_are_those_that_ci_runs() {
    let readme = fs::read_to_string(crate::support::root().join("README.md")).unwrap();
    let ci = fs::read_to_string(crate::support::root().join(".ci/run")).unwrap();
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("    cargo ")).take(2).collect();
    assert_eq!(commands.len(), 2);
    for command in commands {
        assert!(ci.lines().any(|line| line == format!("cargo {command}")), "`cargo {command}` is not in .ci/run");
    }
}

#[test]
fn cite_ends_with_one_when_the_author_should_change_something() {
    let fine = tickmark(&["cite", "nist-csf@2.0", "PR.AA-05"]);
    assert_eq!((fine.status.code(), text(&fine.stderr)), (Some(0), String::new()));
    let wrong = tickmark(&["cite", "NIST CSF 2.0 PR.AC-4"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stdout).contains("meant is nist-csf@2.0 PR.AA-05"), "{}", text(&wrong.stdout));
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes.md");
    std::fs::write(&notes, "# Notes\n\nRights follow A.9.2.3 and CC6.3.\n").unwrap();
    let linted = tickmark(&["cite", "--file", notes.to_str().unwrap()]);
    assert_eq!(linted.status.code(), Some(1));
    assert!(text(&linted.stdout).contains("notes.md:3:15: A.9.2.3 is of an earlier edition"), "{}", text(&linted.stdout));
    let machine = tickmark(&["cite", "--file", notes.to_str().unwrap(), "--format", "json"]);
    let found: serde_json::Value = serde_json::from_slice(&machine.stdout).unwrap();
    assert_eq!(
        (found[0]["line"].as_u64(), found[0]["column"].as_u64(), found[0]["verdict"].as_str()),
        (Some(3), Some(15), Some("superseded"))
    );
    assert_eq!(found[1]["verdict"], "exact");
    std::fs::write(&notes, b"\xff\xfe\x00").unwrap();
    assert_eq!(tickmark(&["cite", "--file", notes.to_str().unwrap()]).status.code(), Some(2));
}

#[test]
fn crosswalk_says_what_is_shared_and_what_is_missing() {
    let output = tickmark(&["crosswalk", "pci-dss@4.0.1", "dora@2022-2554"]);
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains("Evidence collected for PCI DSS 4.0.1, asked by DORA"), "{said}");
    assert!(said.contains("Objectives to collect evidence for:") && said.contains("nhi-ownership"), "{said}");
    assert_eq!(tickmark(&["crosswalk", "pci-dss@4.0.1", "dora@2022"]).status.code(), Some(2));
    let refused = tickmark(&["crosswalk", "pci-dss@4.0.1", "dora@2022-2554", "--clause", "Art.99"]);
    assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains("has no clause `Art.99`"));
}

#[test]
fn the_lock_of_an_own_folder_holds_its_own_editions_only() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("frameworks/house-rules/3");
    std::fs::create_dir_all(&place).unwrap();
    let catalog = "framework: house-rules\nedition: \"3\"\nrevision: 1\ntitle: House\nshort_title: House\npublisher: We\nsource: here\nwording: own\n\
                   licence: ours\npublished: \"2026-01-01\"\nnouns: {rule: Rule}\nclauses:\n  - {id: \"1\", kind: rule, label: Owner, \
                   statement: Every account has an owner., objectives: [{objective: nhi-ownership, coverage: full, rationale: It shows the owner.}]}\n";
    std::fs::write(place.join("catalog.yaml"), catalog).unwrap();
    let lock = || tickmark(&["catalog", "lock", folder.path().to_str().unwrap()]);
    assert!(lock().status.success());
    let written = std::fs::read_to_string(folder.path().join("controls.lock")).unwrap();
    assert!(written.starts_with("house-rules@3 r1 ") && written.lines().count() == 1, "{written}");
    std::fs::write(place.join("catalog.yaml"), catalog.replace("an owner", "one owner")).unwrap();
    let refused = lock();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("house-rules@3 changed and is still revision 1"), "{}", text(&refused.stderr));
    assert_eq!(std::fs::read_to_string(folder.path().join("controls.lock")).unwrap(), written, "the old lock stays");
}
