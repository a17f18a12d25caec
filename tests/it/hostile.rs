//! Bad and hostile input ends as a state, a rejected record or a diagnostic: never a panic, never a pass, never live markup, never a leak.

use std::io::Write as _;

use proptest::prelude::*;
use tickmark::base::{Diagnostics, FoundFile, SourceTree, Status};
use tickmark::evidence::{Artifact, ArtifactState, Ledger};
use tickmark::pipeline::Workspace;

use crate::support::{assessed_from, controls, workspace};

const REPORT: &[u8] = include_bytes!("../../evidence-samples/nordhavn-pay/2026-Q3/aws/credential-report.csv");
const KEYS: &[u8] = include_bytes!("../../evidence-samples/nordhavn-pay/2026-Q3/aws/list-access-keys.json");
const OWNERS: &[u8] = include_bytes!("../../evidence-samples/nordhavn-pay/2026-Q3/registers/owners.csv");
const BUNDLE: &[u8] = include_bytes!("../../evidence-samples/nordhavn-pay/2026-Q3/pki/inventory-bundle.pem");
const SCAN: &[u8] = include_bytes!("../../evidence-samples/nordhavn-pay/2026-Q3/code-scan/trufflehog3.json");

fn read(bytes: &[u8]) -> (Artifact, Ledger) {
    read_as(bytes, "")
}

fn read_as(bytes: &[u8], artifacts: &str) -> (Artifact, Ledger) {
    let (statements, files) = workspace(&[("file", bytes)], artifacts);
    ledger_of(&statements, &files)
}

fn ledger_of(statements: &SourceTree, files: &[FoundFile]) -> (Artifact, Ledger) {
    let mut diagnostics = Diagnostics::default();
    let workspace = Workspace::load(statements, files, controls(), &mut diagnostics).expect("a usable workspace");
    // The derived tables are left out: they cost much and say nothing of a single file.
    let tables =
        controls().tables.iter().filter(|(_, table)| table.derivation.is_none()).map(|(name, table)| (name.clone(), table.clone()));
    let ledger = tickmark::evidence::normalise(
        files,
        &workspace.metas,
        &controls().adapters,
        &tables.collect(),
        &workspace.frame,
        &mut diagnostics,
        |_| {},
    );
    assert!(!diagnostics.has_errors(), "{:#?}", diagnostics.sorted());
    (ledger.artifacts["file"].clone(), ledger)
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let mut bytes = if little { vec![0xff, 0xfe] } else { vec![0xfe, 0xff] };
    for unit in text.encode_utf16() {
        bytes.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
    }
    bytes
}

#[test]
fn what_is_not_an_export_is_never_read_as_an_empty_one() {
    let page = b"<!DOCTYPE html><html><body>Please log in</body></html>";
    let cases: &[(&str, &[u8])] = &[
        ("nothing at all", b""),
        ("blanks", b" \n\t\n"),
        ("null", b"null"),
        ("an empty object", b"{}"),
        ("an empty array", b"[]"),
        ("an error body", br#"{"error": {"code": 403, "message": "denied"}}"#),
        ("a login page", page),
        ("binary", b"\x00\x01\x02\x03\xff\xfe\x00"),
        ("Latin-1", b"user,arn\nsvc-\xe9,x\n"),
        ("half a JSON document", &KEYS[..KEYS.len() / 2 - 7]),
        ("half a gzip member", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b]),
        ("a broken workbook", b"PK\x03\x04nonsense"),
        ("duplicate keys", br#"{"AccessKeyMetadata": [], "AccessKeyMetadata": []}"#),
    ];
    for (name, bytes) in cases {
        let (artifact, _) = read(bytes);
        let unused = matches!(artifact.state, ArtifactState::Unreadable | ArtifactState::Unrecognised);
        let told = artifact.rejected > 0;
        assert!(unused || told, "{name}: {:?} {}", artifact.state, artifact.note);
        assert!(!artifact.note.is_empty(), "{name}");
        assert!(artifact.kept == 0 || told, "{name}");
    }
}

#[test]
fn the_same_export_in_every_usual_wrapping_gives_the_same_rows() {
    let text = std::str::from_utf8(REPORT).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&REPORT[..5_000]).unwrap();
    let mut members = packed.finish().unwrap();
    let mut second = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    second.write_all(&REPORT[5_000..]).unwrap();
    members.extend(second.finish().unwrap());
    let wrapped: Vec<(&str, Vec<u8>)> = vec![
        ("CRLF", text.replace('\n', "\r\n").into_bytes()),
        ("a byte order mark", format!("\u{feff}{text}").into_bytes()),
        ("UTF-16, little end first", utf16(text, true)),
        ("UTF-16, big end first", utf16(text, false)),
        ("semicolons", text.replace(',', ";").into_bytes()),
        ("two gzip members", members),
    ];
    let plain = read(REPORT).1.table("identities");
    assert!(plain.len() > 40);
    for (name, bytes) in wrapped {
        let (artifact, ledger) = read(&bytes);
        assert_eq!(artifact.adapter.as_deref(), Some("aws-credential-report"), "{name}: {}", artifact.note);
        assert!(ledger.table("identities") == plain, "{name} gives other rows");
    }
}

#[test]
fn the_same_json_records_in_every_usual_shape_are_read() {
    let key = r#"{"UserName":"svc-a","AccessKeyId":"AKIAAAAAAAAAAAAAAAAA","Status":"Active","CreateDate":"2026-01-01T00:00:00Z"}"#;
    let one = format!(r#"{{"AccessKeyMetadata":[{key}]}}"#);
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&one).unwrap()).unwrap();
    let second = one.replace("svc-a", "svc-b");
    for (name, text, count) in [
        ("one document", one.clone(), 1),
        ("pretty", pretty.clone(), 1),
        ("lines", format!("{one}\n{second}\n"), 2),
        ("concatenated", format!("{pretty}{second}"), 2),
    ] {
        let (artifact, ledger) = read(text.as_bytes());
        assert_eq!(artifact.kept, count, "{name}: {}", artifact.note);
        assert_eq!(ledger.table("credentials").len(), count, "{name}");
    }
}

#[test]
fn a_broken_record_costs_itself_and_is_told_with_its_line() {
    let text = std::str::from_utf8(REPORT).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let before = read(REPORT).0;
    lines[5] = lines[5].replacen("2023", "yesterday", 1);
    lines[9] = "too,few,cells".into();
    let (artifact, _) = read(lines.join("\n").as_bytes());
    assert_eq!(artifact.read, before.read);
    assert_eq!(artifact.rejected, 2, "{:?}", artifact.rejections);
    assert_eq!(artifact.kept, before.kept - 2);
    let places: Vec<&str> = artifact.rejections.iter().map(|rejection| rejection.record.as_str()).collect();
    assert!(places.contains(&"line:6") && places.contains(&"line:10"), "{places:?}");
}

#[test]
fn deep_nesting_long_lines_and_bombs_end_quickly() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_ne!(read(deep.as_bytes()).0.state, ArtifactState::Used);
    let deep_yaml = format!("register: {}1{}", "[".repeat(20_000), "]".repeat(20_000));
    assert_ne!(read(deep_yaml.as_bytes()).0.state, ArtifactState::Used);
    let long = format!("user,arn\n{},x\n", "a".repeat(50 * 1024 * 1024));
    assert_ne!(read(long.as_bytes()).0.state, ArtifactState::Used);
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![b' '; 1024 * 1024];
    for _ in 0..100 {
        bomb.write_all(&zeros).unwrap();
    }
    let (artifact, _) = read(&bomb.finish().unwrap());
    assert_eq!(artifact.state, ArtifactState::Unreadable, "{}", artifact.note);
    let aliases = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
                   e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\nregister: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
    assert_ne!(read(aliases.as_bytes()).0.state, ArtifactState::Used);
}

#[test]
fn markup_in_evidence_stays_text_in_every_report() {
    let attack = "<script>alert(1)</script>\"'>#read(\"/etc/passwd\")]#panic(1)[$1/0$ = x @y \u{202e}\u{7}";
    let quoted = format!("\"{}\"", attack.replace('"', "\"\""));
    let register = format!(
        "identity,platform,scope,owner,owner_status,purpose,service,criticality,expires_at,approval_ticket,last_reviewed_at\n{quoted},aws,1,{quoted},active,{quoted},{quoted},high,,{quoted},\n"
    );
    let (mut statements, files) = workspace(&[("file", register.as_bytes()), ("aws.csv", REPORT)], "");
    let stated = statements
        .text("tickmark.yaml")
        .unwrap()
        .replace("owasp-nhi-top10@2025", "nist-csf@2.0")
        .replace("organisation: Test", &format!("organisation: '{}'", attack.replace('\'', "''").replace(['\u{202e}', '\u{7}'], "")));
    statements.insert("tickmark.yaml", stated);
    let assessed = assessed_from(&statements, &files);
    let templates = tickmark::io::embedded_templates();
    let wording = tickmark::report::Wording::load(&templates, "en", &mut Diagnostics::default());
    let files = tickmark::pipeline::outputs(
        assessed,
        &statements,
        &tickmark::pipeline::Disclosure::Full,
        tickmark::pipeline::Look::new(&templates, &wording),
        |_| {},
    )
    .expect("hostile text renders")
    .files;
    let page = String::from_utf8(files["index.html"].clone()).unwrap();
    assert!(!page.contains("<script>alert"), "the page holds live markup");
    assert!(page.contains("&lt;script&gt;alert"), "the text itself is shown");
    assert!(!page.contains(['\u{202e}', '\u{7}']) && page.contains("\\u{202e}\\u{7}"), "what turns or is invisible is shown as an escape");
    assert!(files["report.pdf"].starts_with(b"%PDF-"));
    let csv = String::from_utf8(files["observations/nhi-inventory.csv"].clone()).unwrap();
    assert!(csv.contains("<script>"), "the list keeps the text as it is");
}

#[test]
fn secrets_of_scanners_appear_in_no_file_of_the_pack() {
    let value = "correct-horse-battery-staple-4711";
    let report = serde_json::json!([{
        "Description": format!("found {value}"), "StartLine": 3, "EndLine": 3, "StartColumn": 1, "EndColumn": 9,
        "Match": format!("password = \"{value}\""), "Secret": value, "File": "src/a.env", "SymlinkFile": "", "Commit": "", "Entropy": 3.5,
        "Author": value, "Email": "", "Date": "2026-09-01T00:00:00Z", "Message": value, "Tags": [], "RuleID": "generic", "Fingerprint": "src/a.env:generic:3"
    }]);
    let tickets = format!(
        "Summary,Issue key,Issue id,Issue Type,Status,Assignee,Reporter,Created,Resolved,Labels,Labels,Description\nsvc-x uses {value},S-1,1,Task,Done,a,b,01/Jul/26 9:12 AM,,x,y,{value}\n"
    );
    let key = "MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEAq7BFUpkGp3";
    let bundle = format!("{}\n-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n", std::str::from_utf8(BUNDLE).unwrap());
    let evidence: &[(&str, &[u8])] = &[
        ("gitleaks.json", report.to_string().as_bytes()),
        ("tickets.csv", tickets.as_bytes()),
        ("bundle.pem", bundle.as_bytes()),
        ("scan.json", SCAN),
    ]
    .map(|(path, bytes)| (path, bytes.to_vec().leak() as &[u8]));
    let artifacts =
        "artifacts:\n  - path: tickets.csv\n    zone: UTC\n    query: \"export with token correct-horse-battery-staple-4711\"\n";
    let (statements, files) = workspace(evidence, artifacts);
    let assessed = assessed_from(&statements, &files);
    for path in ["gitleaks.json", "tickets.csv", "bundle.pem", "scan.json"] {
        assert_eq!(assessed.ledger.artifacts[path].state, ArtifactState::Used, "{path}: {}", assessed.ledger.artifacts[path].note);
    }
    let record = assessed.assessment.exhibit("gitleaks.json").unwrap();
    assert_eq!(record.sha256, Some(tickmark::base::Digest::of(evidence[0].1)), "the digest of the original stays");
    assert!(record.packed_sha256.is_some(), "the copy is a masked one");
    let templates = tickmark::io::embedded_templates();
    let wording = tickmark::report::Wording::load(&templates, "en", &mut Diagnostics::default());
    let files = tickmark::pipeline::outputs(
        assessed,
        &SourceTree::default(),
        &tickmark::pipeline::Disclosure::Full,
        tickmark::pipeline::Look::new(&templates, &wording),
        |_| {},
    )
    .unwrap()
    .files;
    let scan: Vec<serde_json::Value> = serde_json::from_slice(SCAN).unwrap();
    let mut secrets: Vec<String> = vec![value.into(), key.into()];
    secrets.extend(
        scan.iter()
            .filter_map(|found| found["secret"].as_str())
            .filter(|text| text.len() > 20 && !text.starts_with("AKIA"))
            .map(str::to_owned),
    );
    for (path, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{path} shows a secret");
        }
    }
}

/// The platforms' own reports hold the secret too, each in another place.
#[test]
fn secrets_in_reports_of_platforms_appear_in_no_file_of_the_pack() {
    let value = "ghp_correct0horse0battery0staple0471142424242";
    let alert = serde_json::json!([{
        "number": 7, "created_at": "2026-08-01T10:00:00Z", "html_url": "https://github.com/nordhavn/payments/security/secret-scanning/7",
        "locations_url": "https://api.github.com/x", "state": "open", "resolution": null, "secret_type": "github_personal_access_token",
        "secret": value
    }]);
    let line = serde_json::json!({
        "SourceMetadata": {"Data": {"Git": {"commit": "c0ffee", "file": "a.env", "email": "a@example.com", "repository": "https://git.example/x",
                                            "timestamp": "2026-08-01 10:00:00 +0000 UTC", "line": 4}}},
        "SourceID": 0, "DetectorType": 8, "DetectorName": "Github", "Verified": true, "Raw": value, "RawV2": value, "Redacted": value
    });
    let sarif = serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "gitleaks"}}, "results": [{
        "ruleId": "github-pat", "message": {"text": format!("found {value}")}, "properties": {"offender": value},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.env"}, "region": {"startLine": 4, "snippet": {"text": value}}}}]
    }]}]});
    let apps = serde_json::json!({"value": [{"id": "o", "appId": "a", "displayName": "app", "createdDateTime": "2026-01-01T00:00:00Z",
        "signInAudience": "AzureADMyOrg", "requiredResourceAccess": [{}], "keyCredentials": [],
        "passwordCredentials": [{"keyId": "k", "startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z", "secretText": value}]}]});
    let files = [("alerts.json", alert), ("trufflehog.jsonl", line), ("report.sarif", sarif), ("apps.json", apps)];
    let evidence: Vec<(&str, Vec<u8>)> = files.iter().map(|(path, report)| (*path, report.to_string().into_bytes())).collect();
    let evidence: Vec<(&str, &[u8])> = evidence.iter().map(|(path, bytes)| (*path, bytes.as_slice())).collect();
    let (statements, files) = workspace(&evidence, "");
    let assessed = assessed_from(&statements, &files);
    for (path, _) in &evidence {
        let artifact = &assessed.ledger.artifacts[*path];
        assert_eq!((artifact.state, artifact.rejected), (ArtifactState::Used, 0), "{path}: {} {:?}", artifact.note, artifact.rejections);
        assert!(artifact.secrets > 0, "{path}: nothing was masked");
    }
    let templates = tickmark::io::embedded_templates();
    let wording = tickmark::report::Wording::load(&templates, "en", &mut Diagnostics::default());
    let files = tickmark::pipeline::outputs(
        assessed,
        &SourceTree::default(),
        &tickmark::pipeline::Disclosure::Full,
        tickmark::pipeline::Look::new(&templates, &wording),
        |_| {},
    )
    .unwrap()
    .files;
    for (path, bytes) in &files {
        assert!(!String::from_utf8_lossy(bytes).contains(value), "{path} shows a secret");
    }
}

#[test]
fn evidence_that_proves_nothing_satisfies_nothing() {
    let none = assessed_from(&workspace(&[], "").0, &[]).assessment;
    assert!(none.clauses.iter().all(|clause| clause.status == Some(Status::NotAssessed)), "an empty folder proves nothing");
    let old = "artifacts:\n  - path: aws.csv\n    collected_at: \"2026-07-01T00:00:00Z\"\n  - path: keys.json\n    collected_at: \"2026-07-01T00:00:00Z\"\n";
    for (name, artifacts) in [("undated", ""), ("stale", old)] {
        let (statements, files) = workspace(&[("aws.csv", REPORT), ("keys.json", KEYS), ("owners.csv", OWNERS)], artifacts);
        let assessment = assessed_from(&statements, &files).assessment;
        for objective in &assessment.objectives {
            assert!(
                matches!(objective.status, Status::NotAssessed | Status::NotSatisfied),
                "{name}: {} is {}: {:?}",
                objective.id,
                objective.status,
                objective.reasons
            );
        }
    }
}

#[test]
fn evidence_from_another_period_is_listed_and_not_used() {
    for when in ["2026-06-30T12:00:00Z", "2026-10-01T00:00:00Z"] {
        let artifacts = format!("artifacts:\n  - path: file\n    collected_at: \"{when}\"\n");
        let (artifact, ledger) = read_as(REPORT, &artifacts);
        assert_eq!(artifact.state, ArtifactState::OutOfPeriod, "{when}");
        assert!(ledger.table("identities").is_empty(), "{when}");
    }
}

#[test]
fn a_stated_row_count_confirms_or_refutes_the_extent() {
    use tickmark::evidence::Extent;
    let count = read(KEYS).0.read;
    let stated = |rows: usize| read_as(KEYS, &format!("artifacts:\n  - path: file\n    rows: {rows}\n")).0.extent;
    assert_eq!(read(KEYS).0.extent, Extent::Unknown);
    assert_eq!(stated(count), Extent::Complete);
    assert_eq!(stated(count + 1), Extent::Incomplete);
}

#[cfg(unix)]
#[test]
fn links_and_odd_names_never_leave_the_folder() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("workspace");
    std::fs::create_dir_all(folder.join("sub")).unwrap();
    std::fs::write(place.path().join("outside.csv"), REPORT).unwrap();
    std::os::unix::fs::symlink(place.path().join("outside.csv"), folder.join("link.csv")).unwrap();
    std::os::unix::fs::symlink(place.path(), folder.join("loop")).unwrap();
    std::fs::write(folder.join("sub/a\u{7}b\n..csv"), REPORT).unwrap();
    std::fs::write(folder.join("..hidden"), b"x").unwrap();
    let (statements, _) = workspace(&[], "");
    let (_, files) = tickmark::io::read_workspace(&folder).unwrap();
    let assessed = assessed_from(&statements, &files);
    let state = |path: &str| assessed.ledger.artifacts[path].state;
    assert_eq!(state("link.csv"), ArtifactState::Unreadable);
    assert_eq!(state("loop"), ArtifactState::Unreadable);
    for path in assessed.copies.keys() {
        let plain =
            path.strip_prefix("artifacts/E-").is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)));
        assert!(plain, "{path:?}");
    }
    assert_eq!(assessed.copies.len(), 1, "only the recognised file is copied");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Cutting or flipping bytes of a genuine export never panics and never makes more of it.
    #[test]
    fn damaged_exports_never_panic(which in 0usize..5, cut in 0.0f64..1.0, flip in any::<u8>(), at in 0.0f64..1.0) {
        let original = [REPORT, KEYS, OWNERS, BUNDLE, SCAN][which];
        let whole = read(original).0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a position within a small file")]
        let position = |share: f64| (share * original.len() as f64) as usize;
        let cut_short = read(&original[..position(cut)]).0;
        prop_assert!(cut_short.kept <= whole.kept);
        let mut flipped = original.to_vec();
        let index = position(at).min(flipped.len() - 1);
        flipped[index] ^= flip;
        let _ = read(&flipped);
    }

    #[test]
    fn arbitrary_bytes_are_never_evidence(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_ne!(read(&bytes).0.state, ArtifactState::Used);
    }
}
