//! The tamper matrix: thirteen kinds of change to a signed pack, each caught with the name of what moved.
//!
//! A careful forger mends the manifest too. Then what belongs together tells on him, and always the signature does.

use std::collections::BTreeMap;

use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{LineEnding, PrivateKey};
use tickmark::base::Digest;
use tickmark::pack::signature::SigningKey;
use tickmark::pack::statement::{About, Statement};
use tickmark::pack::{SealFile, files_root};
use tickmark::verify::Breach;

use crate::support::{quarter, sample_pack, verified};

type Files = BTreeMap<String, Vec<u8>>;

fn breaches(files: &Files) -> Vec<Breach> {
    verified(files).breaches
}

/// A key that everybody can make: good for a test, worthless for anything else.
fn key() -> SigningKey {
    let key = PrivateKey::new(KeypairData::from(Ed25519Keypair::from_seed(&[7; 32])), "test").unwrap();
    SigningKey::read(key.to_openssh(LineEnding::LF).unwrap().as_bytes()).unwrap()
}

/// The sample's pack, signed.
fn signed() -> Files {
    let mut files = sample_pack().clone();
    let manifest = files["SHA256SUMS"].clone();
    let text = String::from_utf8(manifest.clone()).unwrap();
    let about = About {
        organisation: "Nordhavn Pay A/S".into(),
        title: "T".into(),
        period_from: "2026-07-01".into(),
        period_to: "2026-09-30".into(),
        as_of: "2026-09-30T23:59:59+02:00".into(),
        previous: None,
        signer: Some("auditor@example".into()),
    };
    let statement = Statement::new(&Digest::of(&manifest), &quarter("2026-Q3").assessment.root, &files_root(&text), about);
    let made = key().sign(&manifest, &statement).unwrap();
    files.insert(SealFile::Signature(1).path(), made.signature);
    files.insert(SealFile::Signer(1).path(), made.signer);
    files.insert(SealFile::Statement(1).path(), made.statement);
    files
}

/// Changes the text of one file.
fn change(files: &mut Files, path: &str, change: impl Fn(&str) -> String) {
    let before = String::from_utf8(files[path].clone()).unwrap();
    let after = change(&before);
    assert_ne!(before, after, "the forgery changes something");
    files.insert(path.to_owned(), after.into_bytes());
}

/// Makes the manifest fit the files again.
fn mend(files: &mut Files) {
    let is_outside = |path: &str| path == "SHA256SUMS" || SealFile::of(path).is_some();
    let lines: String =
        files.iter().filter(|(path, _)| !is_outside(path)).map(|(path, bytes)| format!("{}  {path}\n", Digest::of(bytes))).collect();
    files.insert("SHA256SUMS".to_owned(), lines.into_bytes());
}

fn assert_named(files: &Files, code: &str, what: &str) {
    let found = breaches(files);
    assert!(found.iter().any(|breach| breach.code == code && breach.what == what), "expected {code} naming {what}, found {found:#?}");
}

/// The plain change is caught by the manifest, the careful one by `code` and by the signature.
fn assert_caught(path: &str, forge: impl Fn(&str) -> String, code: &str, what: &str) {
    let mut files = signed();
    change(&mut files, path, forge);
    assert_named(&files, "file-changed", path);
    mend(&mut files);
    assert_named(&files, code, what);
    assert_named(&files, "signature-broken", "seal/signature-1.sig");
}

/// Changes one clause in `assessment.json`.
fn forge_clause(text: &str, forge: impl Fn(&mut serde_json::Value)) -> String {
    let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
    let clause = value["clauses"].as_array_mut().unwrap().iter_mut().find(|clause| clause["clause"] == "8.6.2").unwrap();
    forge(clause);
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn untouched_it_holds_and_says_who_signed() {
    let verification = verified(&signed());
    assert_eq!(verification.breaches, vec![]);
    let [signature] = verification.signatures.as_slice() else { panic!("{:?}", verification.signatures) };
    assert_eq!((signature.stated.as_deref(), signature.trusted.as_deref()), (Some("auditor@example"), None));
    assert_eq!(signature.fingerprint, key().fingerprint());
}

#[test]
fn record() {
    let path = "observations/credential-rotation.csv";
    assert_caught(path, |text| text.replacen(",fail,", ",pass,", 1), "observations-changed", path);
}

#[test]
fn verdict() {
    let forge = |text: &str| forge_clause(text, |clause| clause["status"] = "satisfied".into());
    assert_caught("assessment.json", forge, "clause-changed", "pci-dss@4.0.1 8.6.2");
    assert_caught("assessment.json", forge, "total-changed", "pci-dss@4.0.1");
}

#[test]
fn total() {
    let forge = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        value["frameworks"][0]["counts"]["not-satisfied"] = 0.into();
        serde_json::to_string_pretty(&value).unwrap()
    };
    assert_caught("assessment.json", forge, "total-changed", "pci-dss@4.0.1");
}

#[test]
fn catalog_text() {
    let forge = |text: &str| forge_clause(text, |clause| clause["statement"] = "Anything goes.".into());
    assert_caught("assessment.json", forge, "clause-changed", "pci-dss@4.0.1 8.6.2");
}

#[test]
fn mapping() {
    let forge = |text: &str| forge_clause(text, |clause| clause["objectives"][0]["objective"] = "nhi-inventory".into());
    assert_caught("assessment.json", forge, "clause-changed", "pci-dss@4.0.1 8.6.2");
}

#[test]
fn exception() {
    let path = "workspace/exceptions.yaml";
    assert_caught(path, |text| text.replacen("2026-12-31", "2027-12-31", 1), "workspace-changed", path);
}

/// Changes what the record says of one objective.
fn forge_objective(text: &str, forge: impl Fn(&mut serde_json::Value)) -> String {
    let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
    let objective = value["objectives"].as_array_mut().unwrap().iter_mut().find(|own| own["id"] == "credential-rotation").unwrap();
    forge(objective);
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn what_the_record_says_of_an_objective() {
    let parameter = |text: &str| forge_objective(text, |own| own["parameters"][0]["value"] = "9999".into());
    assert_caught("assessment.json", parameter, "parameter-changed", "pci-dss@4.0.1 8.6.3");
    let status = |text: &str| forge_objective(text, |own| own["status"] = "satisfied".into());
    assert_caught("assessment.json", status, "objective-changed", "pci-dss@4.0.1 8.6.3");
    // The parts still add up to the whole.
    let tally = |text: &str| {
        forge_objective(text, |own| {
            let failed = own["tally"]["failed"].as_u64().unwrap();
            own["tally"]["passed"] = (own["tally"]["passed"].as_u64().unwrap() + failed).into();
            own["tally"]["failed"] = 0.into();
        })
    };
    assert_caught("assessment.json", tally, "tally-changed", "credential-rotation");
    let emptied = |text: &str| forge_objective(text, |own| own["observations"] = serde_json::json!([]));
    assert_caught("assessment.json", emptied, "observations-differ", "credential-rotation");
    let reworded = |text: &str| forge_objective(text, |own| own["observations"][3]["reason"] = "It is fine.".into());
    assert_caught("assessment.json", reworded, "observations-differ", "credential-rotation");
}

/// The record is what people read, the workspace what was judged with: neither can be exchanged alone, nor both.
#[test]
fn what_the_record_says_of_an_exception_and_a_document() {
    let forged = |list: &'static str, at: &'static str, key: &'static str, value: &'static str| {
        move |text: &str| {
            let mut record: serde_json::Value = serde_json::from_str(text).unwrap();
            let own = record[list].as_array_mut().unwrap().iter_mut().find(|own| own["id"] == at).unwrap();
            own[key] = serde_json::from_str(value).unwrap();
            serde_json::to_string_pretty(&record).unwrap()
        }
    };
    for (list, id, key, value) in [
        ("exceptions", "RISK-71", "approved_by", "\"Board of Directors\""),
        ("exceptions", "RISK-71", "expires_at", "\"2036-12-31T00:00:00Z\""),
        ("exceptions", "RISK-71", "covers", "[\"everything\"]"),
        ("documents", "DOC-1", "approved_by", "\"Nobody\""),
        ("documents", "DOC-1", "examinations", "[]"),
    ] {
        assert_caught("assessment.json", forged(list, id, key, value), "statement-differs", id);
    }
    // One that the record no longer has is still stated.
    let dropped = |text: &str| {
        let mut record: serde_json::Value = serde_json::from_str(text).unwrap();
        record["exceptions"].as_array_mut().unwrap().retain(|own| own["id"] != "RISK-77");
        serde_json::to_string_pretty(&record).unwrap()
    };
    assert_caught("assessment.json", dropped, "statement-differs", "RISK-77");
    // Both at once: the statement does not have the digest of the clauses any more.
    let mut files = signed();
    change(&mut files, "assessment.json", forged("documents", "DOC-1", "version", "\"9.9\""));
    let version = quarter("2026-Q3").assessment.documents.iter().find(|own| own.id == "DOC-1").unwrap().version.clone().unwrap();
    change(&mut files, "workspace/documents.yaml", |text| text.replacen(&version, "9.9", 1));
    mend(&mut files);
    assert_named(&files, "statement-differs", "DOC-1");
}

#[test]
fn exhibit_byte() {
    let path = sample_pack().keys().find(|path| path.ends_with("credential-report.csv")).unwrap().clone();
    assert_caught(&path, |text| text.replacen("true", "false", 1), "exhibit-changed", &path);
}

#[test]
fn pdf_byte() {
    let mut files = signed();
    let middle = files["report.pdf"].len() / 2;
    files.get_mut("report.pdf").unwrap()[middle] ^= 1;
    assert_named(&files, "file-changed", "report.pdf");
    mend(&mut files);
    assert_named(&files, "signature-broken", "seal/signature-1.sig");
    assert_named(&files, "statement-differs", "seal/statement-1.dsse.json");
}

#[test]
fn file_added() {
    for path in ["artifacts/extra.csv", "seal/note.txt", "seal/signature-01.sig"] {
        let mut files = signed();
        files.insert(path.into(), b"a,b\n".to_vec());
        assert_named(&files, "file-added", path);
    }
    let mut files = signed();
    files.insert("artifacts/extra.csv".into(), b"a,b\n".to_vec());
    mend(&mut files);
    assert_named(&files, "signature-broken", "seal/signature-1.sig");
}

#[test]
fn file_removed() {
    let mut files = signed();
    files.remove("report.pdf");
    assert_named(&files, "file-missing", "report.pdf");
    mend(&mut files);
    assert_named(&files, "file-missing", "report.pdf");
    assert_named(&files, "signature-broken", "seal/signature-1.sig");
}

#[test]
fn file_renamed() {
    let mut files = signed();
    let moved = files.remove("observations/nhi-inventory.csv").unwrap();
    files.insert("observations/nhi-inventary.csv".into(), moved);
    assert_named(&files, "file-missing", "observations/nhi-inventory.csv");
    assert_named(&files, "file-added", "observations/nhi-inventary.csv");
    mend(&mut files);
    assert_named(&files, "observations-changed", "observations/nhi-inventory.csv");
    assert_named(&files, "signature-broken", "seal/signature-1.sig");
}

#[test]
fn manifest_line() {
    let mut files = signed();
    change(&mut files, "SHA256SUMS", |text| {
        text.lines().filter(|line| !line.ends_with("report.pdf")).map(|line| format!("{line}\n")).collect()
    });
    assert_named(&files, "file-added", "report.pdf");
    assert_named(&files, "signature-broken", "seal/signature-1.sig");

    let mut files = signed();
    change(&mut files, "SHA256SUMS", |text| format!("{text}{}  seal/timestamp.tsr\n", Digest::of(b"")));
    let line = files["SHA256SUMS"].iter().filter(|byte| **byte == b'\n').count();
    assert_named(&files, "manifest-line", &format!("SHA256SUMS:{line}"));
}

#[test]
fn signature() {
    // One byte, everywhere in the three files: something of the seal is named.
    for path in ["seal/signature-1.sig", "seal/signer-1.pub", "seal/statement-1.dsse.json"] {
        let whole = signed();
        for at in (0..whole[path].len().saturating_sub(2)).step_by(59) {
            let mut files = whole.clone();
            let byte = &mut files.get_mut(path).unwrap()[at];
            *byte = if *byte == b'A' { b'B' } else { b'A' };
            let found = breaches(&files);
            let is_base64_padding = found.is_empty() && at + 3 > whole[path].len();
            assert!(is_base64_padding || found.iter().all(|breach| breach.what.starts_with("seal/")), "{path} at {at}: {found:#?}");
        }
    }
    for path in ["seal/signature-1.sig", "seal/signer-1.pub", "seal/statement-1.dsse.json"] {
        let mut files = signed();
        files.remove(path);
        assert_named(&files, "signature-incomplete", path);
    }
    // A signature over another pack, put into this one.
    let mut other = sample_pack().clone();
    other.insert("note.txt".into(), b"x".to_vec());
    mend(&mut other);
    for file in [SealFile::Signature(1), SealFile::Signer(1), SealFile::Statement(1)] {
        other.insert(file.path(), signed()[&file.path()].clone());
    }
    assert_named(&other, "signature-broken", "seal/signature-1.sig");
}
