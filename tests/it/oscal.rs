//! OSCAL in both directions: catalogs shaped like NIST's are read unchanged, ours are accepted by an independent tool.
//!
//! NIST's own files are not part of the repository. The shapes here (labels that are names, links with `moved_to`, statements with
//! parameters and lettered parts, enhancements below controls) are those of its CSF 2.0 and SP 800-53 catalogs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tickmark::base::{Diagnostics, Status};
use tickmark::catalog::{Catalog, oscal};
use tickmark::io;
use tickmark::pipeline::Controls;

use crate::support::{assert_no_errors, controls};

fn tickmark(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn edition(name: &str) -> &'static Catalog {
    controls().catalogs.editions.values().find(|catalog| catalog.name.as_str() == name).unwrap()
}

/// How a withdrawn item shows that it is one.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Flag,
    Link,
    Text,
    /// Not at all, as in the first file that NIST published.
    Nothing,
}

/// CSF 2.0 as NIST publishes it: functions are groups whose labels are names, categories are controls, and every subcategory of 1.1
/// that is gone is listed with two digits beside those of 2.0.
fn nist_csf(shown: Shown) -> Value {
    let (old, new) = (edition("nist-csf@1.1"), edition("nist-csf@2.0"));
    let kept: BTreeSet<&str> = new.clauses.iter().map(|clause| clause.id.as_str()).collect();
    let padded = |id: &str| match id.rsplit_once('-') {
        Some((front, number)) => format!("{front}-{number:0>2}"),
        None => id.to_owned(),
    };
    let successors: BTreeMap<&str, Vec<&str>> = controls()
        .catalogs
        .crosswalks
        .iter()
        .filter(|crosswalk| crosswalk.from == old.name)
        .flat_map(|crosswalk| &crosswalk.entries)
        .filter_map(|entry| Some((entry.from.as_deref()?, entry.to.as_deref()?)))
        .fold(BTreeMap::new(), |mut all, (from, to)| {
            all.entry(from).or_insert_with(Vec::new).push(to);
            all
        });
    let mut categories: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let live = new.clauses.iter().filter(|clause| clause.kind == "subcategory");
    for clause in live {
        categories.entry(clause.parent.clone().unwrap()).or_default().push(json!({
            "id": clause.id, "class": "subcategory", "title": clause.id,
            "props": [{"name": "label", "value": clause.id}, {"name": "sort-id", "value": "1"}],
            "parts": [{"id": format!("{}_statement", clause.id), "name": "statement", "prose": format!("Outcome {} is reached", clause.id)},
                      {"id": format!("{}.001", clause.id), "name": "example", "prose": "An example that is no requirement"}],
        }));
    }
    for clause in old.clauses.iter().filter(|clause| clause.kind == "subcategory" && !kept.contains(padded(&clause.id).as_str())) {
        let id = padded(&clause.id);
        let mut item = json!({"id": id, "class": "subcategory", "title": id, "props": [{"name": "label", "value": id}],
            "parts": [{"id": format!("{id}_statement"), "name": "statement", "prose": "An outcome of the earlier version"}]});
        let links: Vec<Value> =
            successors.get(clause.id.as_str()).into_iter().flatten().map(|to| json!({"href": to, "rel": "moved_to"})).collect();
        match shown {
            Shown::Flag => {
                item["props"].as_array_mut().unwrap().push(json!({"name": "status", "value": "withdrawn"}));
                item["links"] = json!(links);
            }
            Shown::Link if !links.is_empty() => item["links"] = json!(links),
            Shown::Link | Shown::Text => item["parts"][0]["prose"] = json!("[Withdrawn: Incorporated into other categories]"),
            Shown::Nothing => {}
        }
        categories.entry(clause.parent.clone().unwrap()).or_default().push(item);
    }
    let functions: Vec<Value> = new
        .clauses
        .iter()
        .filter(|clause| clause.kind == "function")
        .map(|function| {
            let own = categories.iter().filter(|(id, _)| id.starts_with(&format!("{}.", function.id)));
            let controls: Vec<Value> = own
                .map(|(id, inner)| {
                    json!({"id": id, "class": "category", "title": format!("Category {id}"),
                           "props": [{"name": "label", "value": format!("Category ({id})")}],
                           "parts": [{"id": format!("{id}_statement"), "name": "statement", "prose": format!("What {id} is about")}],
                           "controls": inner})
                })
                .collect();
            json!({"id": function.id, "class": "function", "title": function.label.to_uppercase(),
                   "props": [{"name": "label", "value": format!("{} ({})", function.label.to_uppercase(), function.id)}],
                   "parts": [{"id": format!("{}_overview", function.id), "name": "overview", "prose": "An overview"}], "controls": controls})
        })
        .collect();
    json!({"catalog": {
        "uuid": "720a010b-253c-4a94-bb65-cb58400966f5",
        "metadata": {"title": "Electronic version of a framework", "published": "2024-02-26T12:30:00-00:00", "last-modified": "2024-02-26T00:00:00Z",
                     "version": "1.0.0", "oscal-version": "1.1.2", "parties": [{"uuid": "8238c306-4ee0-4321-a4fb-503adda3d8c1",
                     "type": "organization", "name": "A publisher"}]},
        "groups": functions,
    }})
}

#[test]
fn csf_as_nist_publishes_it_has_106_live_and_79_withdrawn_subcategories_however_they_are_shown() {
    for shown in [Shown::Flag, Shown::Link, Shown::Text] {
        let read = oscal::read_catalog(&serde_json::to_vec(&nist_csf(shown)).unwrap()).unwrap();
        let live: BTreeSet<&str> =
            read.clauses.iter().filter(|clause| clause.kind == "subcategory").map(|clause| clause.id.as_str()).collect();
        let ours: BTreeSet<&str> =
            edition("nist-csf@2.0").clauses.iter().filter(|clause| clause.kind == "subcategory").map(|clause| clause.id.as_str()).collect();
        assert_eq!(live, ours);
        assert_eq!((live.len(), read.withdrawn.len()), (106, 79));
        assert!(read.clauses.iter().any(|clause| clause.id == "GV" && clause.heading), "a label that is a name is no id");
        let category = read.clauses.iter().find(|clause| clause.id == "PR.AA").unwrap();
        assert!(category.heading, "a category is met through its subcategories");
        assert!(!read.clauses.iter().any(|clause| clause.statement.contains("An example")), "examples ask nothing");
        if shown == Shown::Flag {
            assert_eq!(read.withdrawn["PR.AC-04"], ["PR.AA-05"]);
        }
    }
}

#[test]
fn unflagged_withdrawn_items_are_recognised_by_the_crosswalk_when_imported_under_the_name_of_the_edition() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nist.json");
    fs::write(&file, serde_json::to_vec_pretty(&nist_csf(Shown::Nothing)).unwrap()).unwrap();
    let into = folder.path().join("ours");
    let output = tickmark(&["catalog", "import", file.to_str().unwrap(), "--as", "nist-csf@2.0", "--into", into.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // 79 subcategories, and the 12 categories that went with them.
    assert!(said.contains("106 of them assessable, 91 withdrawn ids recognised"), "{said}");
    assert_eq!(fs::read(into.join("frameworks/nist-csf/2.0/oscal.json")).unwrap(), fs::read(&file).unwrap(), "taken over unchanged");
    let output = tickmark(&["cite", "NIST CSF 2.0 PR.AC-4", "--controls", into.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("PR.AA-05"));
}

/// Two controls of SP 800-53 in miniature: parameters within parameters, lettered items, an enhancement, a withdrawn enhancement.
fn nist_800_53() -> Value {
    json!({"catalog": {
        "uuid": "a3c5f0de-6a0c-4b53-8d4a-3f2b9f5f7f10",
        "metadata": {"title": "Controls", "last-modified": "2024-02-04T23:11:04Z", "version": "5.1.1", "oscal-version": "1.1.2"},
        "groups": [{"id": "ia", "class": "family", "title": "Identification and Authentication", "controls": [
            {"id": "ia-5", "class": "SP800-53", "title": "Authenticator Management",
             "params": [
                {"id": "ia-05_odp.01", "label": "time period", "props": [{"name": "label", "value": "IA-05_ODP[01]", "class": "sp800-53a"}]},
                {"id": "ia-5_prm_2", "select": {"how-many": "one-or-more", "choice": ["monthly", "{{ insert: param, ia-05_odp.01 }}"]}}],
             "props": [{"name": "label", "value": "IA-5"}, {"name": "label", "class": "zero-padded", "value": "IA-05"}, {"name": "sort-id", "value": "ia-05"}],
             "links": [{"href": "#ia-2", "rel": "related"}],
             "parts": [
                {"id": "ia-5_smt", "name": "statement", "prose": "Manage authenticators by:", "parts": [
                    {"id": "ia-5_smt.a", "name": "item", "props": [{"name": "label", "value": "a."}], "prose": "Verifying the receiver;"},
                    {"id": "ia-5_smt.b", "name": "item", "props": [{"name": "label", "value": "b."}],
                     "prose": "Refreshing them {{ insert: param, ia-5_prm_2 }}."}]},
                {"id": "ia-5_gdn", "name": "guidance", "prose": "Guidance asks nothing."},
                {"id": "ia-5_obj", "name": "assessment-objective", "prose": "Objectives are not requirements."}],
             "controls": [
                {"id": "ia-5.1", "class": "SP800-53-enhancement", "title": "Password-based", "props": [{"name": "label", "value": "IA-5(1)"}],
                 "parts": [{"id": "ia-5.1_smt", "name": "statement", "prose": "For passwords, keep a list of weak ones."}]},
                {"id": "ia-5.3", "class": "SP800-53-enhancement", "title": "In-person Registration",
                 "props": [{"name": "label", "value": "IA-5(3)"}, {"name": "status", "value": "withdrawn"}],
                 "links": [{"href": "#ia-12.4", "rel": "incorporated-into"}]}]},
            {"id": "ia-9", "class": "SP800-53", "title": "Service Identification", "props": [{"name": "label", "value": "IA-9"}],
             "parts": [{"id": "ia-9_smt", "name": "statement", "prose": "Uniquely identify services before communication."}]}]}]
    }})
}

#[test]
fn controls_of_sp_800_53_are_read_with_their_ids_parameters_and_lettered_parts_and_can_be_assessed() {
    let read = oscal::read_catalog(&serde_json::to_vec(&nist_800_53()).unwrap()).unwrap();
    let told: Vec<(&str, Option<&str>, bool)> =
        read.clauses.iter().map(|clause| (clause.id.as_str(), clause.parent.as_deref(), clause.heading)).collect();
    assert_eq!(told, [("ia", None, true), ("IA-5", Some("ia"), false), ("IA-5(1)", Some("IA-5"), false), ("IA-9", Some("ia"), false)]);
    assert_eq!(
        read.clauses[1].statement,
        "Manage authenticators by: a. Verifying the receiver; b. Refreshing them [selection of one or more: monthly; [assignment: time period]]."
    );
    assert_eq!(read.withdrawn.keys().collect::<Vec<_>>(), ["IA-5(3)"]);

    let folder = tempfile::tempdir().unwrap();
    let (file, into) = (folder.path().join("80053.json"), folder.path().join("workspace/ours"));
    fs::write(&file, serde_json::to_vec(&nist_800_53()).unwrap()).unwrap();
    let output = tickmark(&["catalog", "import", file.to_str().unwrap(), "--as", "nist-800-53@5", "--into", into.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // One control is mapped, the others stay documentary, and a workspace is assessed against all of them.
    let catalog = into.join("frameworks/nist-800-53/5/catalog.yaml");
    let mapped = fs::read_to_string(&catalog).unwrap().replace(
        "clauses: []",
        "clauses:\n  - id: IA-9\n    objectives:\n      - objective: unique-identity\n        coverage: partial\n        rationale: Shows that services do not share one identity.",
    );
    fs::write(&catalog, mapped).unwrap();
    fs::write(
        folder.path().join("workspace/tickmark.yaml"),
        "organisation: Test\nscope: Everything.\nperiod: {from: 2026-07-01, to: 2026-09-30}\nas_of: \"2026-09-30T23:59:59Z\"\nzone: UTC\n\
         frameworks: [nist-800-53@5]\ncontrols: ours\n",
    )
    .unwrap();
    let pack = folder.path().join("pack");
    let output = tickmark(&["pack", folder.path().join("workspace").to_str().unwrap(), "--out", pack.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let assessment: tickmark::assessment::Assessment = serde_json::from_slice(&fs::read(pack.join("assessment.json")).unwrap()).unwrap();
    let statuses: BTreeMap<&str, Option<Status>> =
        assessment.clauses.iter().map(|clause| (clause.clause.as_str(), clause.status)).collect();
    assert_eq!(statuses["IA-5"], Some(Status::NotAssessed));
    assert_eq!(statuses["IA-9"], Some(Status::NotAssessed), "mapped, and no evidence was brought");
    assert_eq!(assessment.clauses.len(), 4, "what was withdrawn is not assessed");
    assert!(tickmark(&["verify", pack.to_str().unwrap()]).status.success());
}

#[test]
fn a_profile_selects_changes_and_adds_as_it_says() {
    let profile = json!({"profile": {
        "uuid": "9e0f6a52-6c3b-4a8e-9ae7-6f1b0f5d9a11",
        "metadata": {"title": "A baseline", "last-modified": "2024-02-04T23:11:04Z", "version": "5.1.1", "oscal-version": "1.1.2"},
        "imports": [{"href": "#84cbf061-eb87-4ec1-8112-1f529232e907", "include-controls": [{"with-ids": ["ia-5", "ia-5.1"]}]}],
        "merge": {"as-is": true},
        "modify": {
            "set-parameters": [{"param-id": "ia-05_odp.01", "values": ["every 90 days"]}],
            "alters": [{"control-id": "ia-5", "adds": [{"position": "ending", "parts": [{"name": "statement", "prose": "Also in the cloud."}]}]}]},
        "back-matter": {"resources": [{"uuid": "84cbf061-eb87-4ec1-8112-1f529232e907", "rlinks": [
            {"href": "NIST_SP-800-53_rev5_catalog.xml"}, {"href": "../../json/NIST_SP-800-53_rev5_catalog.json"}]}]},
    }});
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("NIST_SP-800-53_rev5_catalog.json"), serde_json::to_vec(&nist_800_53()).unwrap()).unwrap();
    let file = folder.path().join("profile.json");
    fs::write(&file, serde_json::to_vec(&profile).unwrap()).unwrap();
    let into = folder.path().join("ours");
    let output = tickmark(&["catalog", "import", file.to_str().unwrap(), "--as", "nist-800-53@5-low", "--into", into.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = tickmark(&["catalog", "show", "nist-800-53@5-low", "--controls", into.to_str().unwrap(), "--format", "json"]);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("every 90 days") && shown.contains("Also in the cloud."), "{shown}");
    assert!(shown.contains("IA-5(1)") && !shown.contains("IA-9"), "only what the profile takes");

    let orphan =
        serde_json::to_vec(&json!({"profile": {"uuid": "x", "metadata": {}, "imports": [{"href": "../../../etc/passwd"}]}})).unwrap();
    fs::write(&file, orphan).unwrap();
    let output = tickmark(&["catalog", "import", file.to_str().unwrap(), "--as", "x@1", "--into", into.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not stand beside the profile"));
}

#[test]
fn our_export_read_back_says_the_same_and_never_differs_between_runs() {
    for catalog in controls().catalogs.editions.values() {
        let bytes = serde_json::to_vec(&oscal::catalog_json(catalog)).unwrap();
        assert_eq!(bytes, serde_json::to_vec(&oscal::catalog_json(catalog)).unwrap());
        let read = oscal::read_catalog(&bytes).unwrap_or_else(|reason| panic!("{}: {reason}", catalog.name));
        let said: BTreeMap<&str, &str> = read.clauses.iter().map(|clause| (clause.id.as_str(), clause.statement.as_str())).collect();
        assert_eq!(read.clauses.len(), catalog.clauses.len(), "{}", catalog.name);
        for clause in &catalog.clauses {
            assert_eq!(said.get(clause.id.as_str()), Some(&clause.statement.as_str()), "{} {}", catalog.name, clause.id);
        }
    }
}

#[test]
fn what_is_no_oscal_is_refused_with_a_sentence() {
    let deep = format!("{}{}", "{\"catalog\":{\"groups\":[".repeat(400), "]}}".repeat(400));
    for bytes in [&b""[..], b"[]", b"{}", b"{\"catalog\": {}}", b"\xff\xfe", b"<catalog/>", deep.as_bytes()] {
        assert!(oscal::read_catalog(bytes).unwrap_err().contains("OSCAL"));
    }
    let mut nested = json!({"id": "c", "title": "c"});
    for level in 0..60 {
        nested = json!({"id": format!("c{level}"), "title": "c", "controls": [nested]});
    }
    let catalog = json!({"catalog": {"uuid": "u", "metadata": {"title": "t", "version": "1"}, "controls": [nested]}});
    assert!(oscal::read_catalog(&serde_json::to_vec(&catalog).unwrap()).unwrap_err().contains("deep"));
}

/// The independent tool, where it is installed; `.ci/run` installs it.
fn trestle() -> Option<String> {
    let name = std::env::var("TRESTLE").unwrap_or_else(|_| "trestle".to_owned());
    let found = Command::new(&name).arg("version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: compliance-trestle is not installed here, so no independent tool reads our OSCAL");
    }
    found.then_some(name)
}

fn accepted(trestle: &str, workspace: &Path, kind: &str, name: &str, document: &Value) {
    let file = workspace.with_extension(format!("{name}.json"));
    fs::write(&file, serde_json::to_vec_pretty(document).unwrap()).unwrap();
    for arguments in [vec!["import", "-f", file.to_str().unwrap(), "-o", name], vec!["validate", "-t", kind, "-n", name]] {
        let output = Command::new(trestle).args(&arguments).current_dir(workspace).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && !said.contains("INVALID"), "{arguments:?}: {said}");
    }
}

#[test]
fn an_independent_tool_accepts_our_catalogs_and_mappings() {
    let Some(trestle) = trestle() else { return };
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("workspace");
    fs::create_dir(&workspace).unwrap();
    assert!(Command::new(&trestle).args(["init", "--local"]).current_dir(&workspace).output().unwrap().status.success());
    let catalogs = &controls().catalogs;
    accepted(&trestle, &workspace, "catalog", "objectives", &oscal::objectives_json(catalogs));
    for name in
        ["csa-maestro@2025", "iso-27001@2013", "nis2@2022-2555", "nist-csf@2.0", "owasp-nhi-top10@2025", "pci-dss@4.0.1", "soc2-tsc@2017"]
    {
        let catalog = edition(name);
        let plain: String = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
        accepted(&trestle, &workspace, "catalog", &plain, &oscal::catalog_json(catalog));
        accepted(&trestle, &workspace, "mapping-collection", &format!("{plain}-mapping"), &oscal::mapping_json(catalog, catalogs));
    }
}

/// The library loads what the command line wrote.
#[test]
fn an_imported_edition_passes_lint_beside_the_built_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("80053.json");
    fs::write(&file, serde_json::to_vec(&nist_800_53()).unwrap()).unwrap();
    let into = folder.path().join("ours");
    assert!(
        tickmark(&["catalog", "import", file.to_str().unwrap(), "--as", "nist-800-53@5", "--into", into.to_str().unwrap()])
            .status
            .success()
    );
    let mut source = io::embedded_controls();
    source.overlay(io::read_tree(&into).unwrap());
    let mut diagnostics = Diagnostics::default();
    let loaded = Controls::load(source, &mut diagnostics);
    assert_no_errors(diagnostics);
    assert_eq!(loaded.catalogs.editions.len(), controls().catalogs.editions.len() + 1);
}
