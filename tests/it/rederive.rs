//! A pack worked through again from the pack alone comes out the same, and shows forgeries that leave every digest in order.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use tickmark::base::Digest;

use crate::support::{pack_files, sample, sample_pack};

fn rederive(folder: &Path) -> (Option<i32>, serde_json::Value) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_tickmark")).arg("verify").arg(folder).args(["--rederive", "--format", "json"]).output().unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| String::from_utf8_lossy(&output.stderr).into_owned().into());
    (output.status.code(), value)
}

fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in files {
        let to = folder.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
}

/// Changes a file and makes the manifest fit.
fn forge(folder: &Path, path: &str, change: impl Fn(&str) -> String) {
    let before = fs::read_to_string(folder.join(path)).unwrap();
    let after = change(&before);
    assert_ne!(before, after);
    let digest = |text: &str| Digest::of(text.as_bytes()).to_string();
    let manifest = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    fs::write(folder.join("SHA256SUMS"), manifest.replace(&digest(&before), &digest(&after))).unwrap();
    fs::write(folder.join(path), after).unwrap();
}

#[test]
fn both_quarters_come_out_the_same_from_their_masked_copies() {
    let place = tempfile::tempdir().unwrap();
    write(&place.path().join("2026-Q2"), &pack_files(&sample("2026-Q2")));
    write(&place.path().join("2026-Q3"), sample_pack());
    for quarter in ["2026-Q2", "2026-Q3"] {
        let (code, verification) = rederive(&place.path().join(quarter));
        assert_eq!((code, &verification["breaches"]), (Some(0), &serde_json::json!([])), "{quarter}");
        let counts: BTreeMap<&str, u64> = verification["checked"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| (check["what"].as_str().unwrap(), check["count"].as_u64().unwrap()))
            .collect();
        assert_eq!(Some(counts["clauses judged again from the statements and the copies of evidence"]), verification["clauses"].as_u64());
        assert!(counts["files made again, byte for byte"] > 12, "{counts:?}");
    }
}

#[test]
fn forgeries_that_leave_every_digest_in_order_come_out() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    write(folder, sample_pack());
    forge(folder, "index.html", |text| text.replacen("not satisfied", "quite fine", 1).replacen("Not satisfied", "Quite fine", 1));
    forge(folder, "assessment.json", |text| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        let remarks = value.pointer_mut("/exceptions/0/remarks").unwrap();
        *remarks = serde_json::json!(["Nothing is to be questioned."]);
        format!("{}\n", serde_json::to_string_pretty(&value).unwrap())
    });
    let plain = tickmark::verify::verify(&tickmark::io::read_tree(folder).unwrap(), &[]);
    assert_eq!(plain.breaches, vec![], "the digests of an unsigned pack do not tell");
    let (code, verification) = rederive(folder);
    assert_eq!(code, Some(3), "{verification}");
    let found: Vec<(&str, &str)> = verification["breaches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|breach| (breach["code"].as_str().unwrap(), breach["what"].as_str().unwrap()))
        .collect();
    for wanted in [("rederived-file", "index.html"), ("rederived-file", "report.pdf"), ("rederived-record", "assessment.json")] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
    }
}

#[test]
fn a_report_on_each_framework_says_nothing_of_the_others_and_comes_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("pack");
    let quarter = crate::support::sample("2026-Q3");
    let output = Command::new(env!("CARGO_BIN_EXE_tickmark"))
        .args(["pack", quarter.to_str().unwrap(), "--out", pack.to_str().unwrap(), "--per-framework"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let assessment: tickmark::assessment::Assessment = serde_json::from_slice(&fs::read(pack.join("assessment.json")).unwrap()).unwrap();
    let of = |edition: &str| {
        let page = fs::read_to_string(pack.join(format!("report-{}.html", edition.replace('@', "-")))).unwrap();
        let pdf = fs::read(pack.join(format!("report-{}.pdf", edition.replace('@', "-")))).unwrap();
        (page, pdf)
    };
    assert!(assessment.frameworks.len() > 2);
    for framework in &assessment.frameworks {
        let (page, pdf) = of(&framework.framework);
        assert!(pdf.starts_with(b"%PDF-"));
        assert!(page.contains(assessment.root.as_str()), "the root of the pack");
        let part = assessment.restricted(std::slice::from_ref(&framework.framework));
        assert!(page.contains(part.root.as_str()), "the root over its own clauses");
        for clause in &assessment.clauses {
            // Headings print no digest.
            let own = clause.framework == framework.framework && clause.status.is_some();
            assert_eq!(page.contains(clause.digest.as_str()), own, "{} {}", clause.framework, clause.clause);
        }
        // No life of an identity that departs from nothing that this framework asks for.
        let departs = |identity: &str| {
            part.objectives
                .iter()
                .flat_map(|own| &own.observations)
                .any(|seen| seen.outcome == tickmark::assessment::Outcome::Fail && seen.identity.as_deref() == Some(identity))
        };
        assert!(part.dossiers.iter().all(|own| departs(&own.identity)));
    }
    let (code, told) = rederive(&pack);
    assert_eq!(code, Some(0), "{told}");
    // A page that shows another root is named.
    let first = format!("report-{}.html", assessment.frameworks[0].framework.replace('@', "-"));
    forge(&pack, &first, |text| text.replace(assessment.root.as_str(), &"0".repeat(64)));
    let (code, told) = rederive(&pack);
    assert_eq!(code, Some(3));
    assert!(told.to_string().contains("rendering-differs"), "{told}");
}

#[test]
fn a_pack_without_a_copy_of_used_evidence_holds_and_is_not_worked_through_again() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), sample_pack());
    forge(place.path(), "assessment.json", |text| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        let artifacts = value["artifacts"].as_array_mut().unwrap();
        let used = artifacts.iter_mut().find(|own| own["state"] == "used" && own["packed"].is_string()).unwrap();
        used.as_object_mut().unwrap().remove("packed");
        format!("{}\n", serde_json::to_string_pretty(&value).unwrap())
    });
    let (code, told) = rederive(place.path());
    assert_eq!(code, Some(2), "it is no breach: {told}");
    assert!(told.as_str().is_some_and(|told| told.contains("holds no copy of")), "{told}");
}
