//! Documents: attached, read, overdue, hostile, tampered with.

use std::collections::BTreeMap;

use tickmark::assessment::Assessment;
use tickmark::base::{Diagnostics, SourceTree, Status};
use tickmark::io;
use tickmark::pipeline::requests::requests;
use tickmark::pipeline::{Workspace, outputs};
use tickmark::report::Wording;

use crate::support::{assert_no_errors, assessed_from, controls, quarter, verified, workspace};

const HOSTILE: &[u8] = b"# Policy\n\n<script>alert(1)</script> #panic(\"typst\") $x^2$ `#read(\"/etc/passwd\")`\n\n![leak](https://evil.example/x.png) [go](javascript:alert(1))\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
const MAIL: &[u8] = b"From: a@x.example\r\nDate: Mon, 21 Sep 2026 16:20:00 +0200\r\nSubject: Minutes\r\n\r\nHello.\r\n";

fn statement(id: &str, path: &str, more: &str) -> String {
    format!("  - id: {id}\n    path: {path}\n    title: Title of {id}\n    objectives: [incident-response]\n{more}")
}

const APPROVED: &str = "    approved_by: Ingrid\n    approved_at: 2026-02-11\n";
const READ: &str = "    examinations: [{by: Omar, on: 2026-09-15, result: satisfied, because: Section 4.}]\n";

/// A workspace with one policy, one mail and one cut picture.
fn with(documents: &str) -> (SourceTree, Vec<tickmark::base::FoundFile>) {
    let (mut statements, files) =
        workspace(&[("docs/policy.md", HOSTILE), ("docs/minutes.eml", MAIL), ("docs/shot.png", b"\x89PNG\r\n\x1a\n....")], "");
    // A framework that cites an objective which no query decides.
    let stated = statements.text("tickmark.yaml").unwrap().replace("owasp-nhi-top10@2025", "owasp-nhi-top10@2025, nist-ai-rmf@1.0");
    statements.insert("tickmark.yaml", stated);
    statements.insert("documents.yaml", format!("documents:\n{documents}"));
    (statements, files)
}

fn assess(documents: &str) -> Assessment {
    let (statements, files) = with(documents);
    assessed_from(&statements, &files).assessment
}

fn status(assessment: &Assessment) -> Status {
    assessment.objective("incident-response").unwrap().status
}

fn problems(documents: &str) -> Vec<(String, String)> {
    let (statements, files) = with(documents);
    let mut diagnostics = Diagnostics::default();
    Workspace::load(&statements, &files, controls(), &mut diagnostics);
    diagnostics.sorted().into_iter().map(|one| (one.code.to_owned(), one.render(false))).collect()
}

#[test]
fn a_document_counts_only_when_read_approved_and_in_time() {
    let policy = |more: &str| status(&assess(&statement("D-1", "docs/policy.md", more)));
    assert_eq!(policy(""), Status::NotAssessed);
    assert_eq!(policy(APPROVED), Status::NotAssessed, "brought, and nobody read it");
    assert_eq!(policy(READ), Status::NotAssessed, "read, and nobody approved it");
    assert_eq!(policy(&format!("{APPROVED}{READ}")), Status::Satisfied);
    assert_eq!(policy(&format!("{APPROVED}    review_by: 2026-09-30\n{READ}")), Status::Satisfied, "the last day is in time");
    assert_eq!(policy(&format!("{APPROVED}    review_by: 2026-09-29\n{READ}")), Status::NotAssessed, "overdue");
    let read = |change: &str, to: &str| policy(&format!("{APPROVED}{}", READ.replace(change, to)));
    assert_eq!(read("Omar", " ingrid "), Status::NotAssessed, "its approver read it");
    assert_eq!(read("2026-09-15", "2026-06-30"), Status::NotAssessed, "before the period");
    assert_eq!(read("2026-09-15", "2026-10-01"), Status::NotAssessed, "after as_of");
    assert_eq!(read("satisfied", "not-satisfied"), Status::NotSatisfied);
    assert_eq!(policy(&format!("{}{READ}", APPROVED.replace("2026-02-11", "2026-10-01"))), Status::NotAssessed, "approved too late");
    assert_eq!(policy(&format!("{}{READ}", APPROVED.replace("2026-02-11", "2026-09-20"))), Status::NotAssessed, "read before approval");
    let cut = status(&assess(&statement("D-1", "docs/shot.png", &format!("{APPROVED}{READ}"))));
    assert_eq!(cut, Status::NotAssessed, "a cut file proves nothing");
}

#[test]
fn what_is_wrong_in_documents_yaml_is_told_with_its_place() {
    let broken = concat!(
        "  - {id: D-1, path: docs/polizy.md, title: A, objectives: [least-privileg], clauses: [owasp-nhi-top10@2025 NHI11:2025, pci-dss@4.0.1 8.1.1]}\n",
        "  - {id: D-1, path: docs/policy.md, title: B, approved_at: 2026-02-01, review_by: 2026-01-01}\n",
        "  - id: D-2\n    path: docs/policy.md\n    title: C\n    objectives: [least-privilege]\n    examinations:\n",
        "      - {by: x, on: 2026-09-01, result: not-applicable, because: ' ', objectives: [unique-identity]}\n",
    );
    let found = problems(broken);
    for (code, words) in [
        ("documents/no-such-file", "docs/policy.md"),
        ("documents/unknown-objective", "least-privilege"),
        ("documents/unknown-clause", "NHI1:2025"),
        ("documents/unknown-clause", "names no framework in scope"),
        ("documents/duplicate", "D-1"),
        ("documents/duplicate", "described twice"),
        ("documents/attached-to-nothing", "D-1"),
        ("documents/never-valid", "review"),
        ("documents/result", "not-applicable"),
        ("documents/no-reason", "who read"),
        ("documents/examined-elsewhere", "unique-identity"),
    ] {
        let hit = found.iter().find(|(own, text)| own == code && text.contains(words));
        let (_, text) = hit.unwrap_or_else(|| panic!("{code} with {words}: {found:#?}"));
        assert!(text.contains("documents.yaml:"), "{text}");
    }
    let typo = problems("  - {id: D-1, pfad: x}\n");
    assert!(typo.iter().any(|(code, _)| code == "documents/invalid"), "{typo:?}");
}

fn packed(documents: &str) -> BTreeMap<String, Vec<u8>> {
    let (statements, files) = with(documents);
    let assessed = assessed_from(&statements, &files);
    let templates = io::embedded_templates();
    let mut diagnostics = Diagnostics::default();
    let wording = Wording::load(&templates, "en", &mut diagnostics);
    assert_no_errors(diagnostics);
    outputs(assessed, &statements, &tickmark::pipeline::Disclosure::Full, tickmark::pipeline::Look::new(&templates, &wording), |_| {})
        .unwrap()
        .files
}

#[test]
fn hostile_text_stays_text_and_every_document_is_an_exhibit() {
    let documents = format!(
        "{}{}{}",
        statement("D-1", "docs/policy.md", &format!("{APPROVED}{READ}")),
        statement("D-2", "docs/minutes.eml", APPROVED),
        statement("D-3", "docs/shot.png", APPROVED)
    );
    let files = packed(&documents);
    let page = String::from_utf8(files["index.html"].clone()).unwrap();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;"), "shown as text");
    assert!(!page.contains("<script>alert(1)"));
    assert!(!page.contains("evil.example") && !page.contains("javascript:alert"), "nothing is loaded, nothing runs");
    assert!(page.contains("<td>1</td>"), "its table is a table");
    assert!(files["report.pdf"].starts_with(b"%PDF-"), "Typst read none of it as markup");
    let copy = |name: &str| {
        files.iter().find(|(path, _)| path.starts_with("artifacts/") && path.ends_with(name)).map(|(_, bytes)| bytes.as_slice())
    };
    assert_eq!(copy("policy.md"), Some(HOSTILE));
    assert_eq!(copy("minutes.eml"), Some(MAIL));
    assert_eq!(copy("shot.png"), None, "a file that nobody can read is not handed on");

    let check = |files: &BTreeMap<String, Vec<u8>>| verified(files).breaches.into_iter().map(|breach| breach.code).collect::<Vec<_>>();
    assert_eq!(check(&files), Vec::<&str>::new());
    // What is shown of a document, and what was concluded from it, cannot be exchanged.
    let forged = |from: &str, to: &str| {
        let mut files = files.clone();
        let text = String::from_utf8(files["assessment.json"].clone()).unwrap();
        assert!(text.contains(from));
        files.insert("assessment.json".into(), text.replacen(from, to, 1).into_bytes());
        check(&files)
    };
    assert!(forged("\"text\": \"# Policy", "\"text\": \"# Another policy").contains(&"document-changed"));
    let digest = Assessment::clone(&serde_json::from_slice(&files["assessment.json"]).unwrap()).documents[0].digest.to_string();
    let other = tickmark::base::Digest::of(b"other").to_string();
    let text = String::from_utf8(files["assessment.json"].clone()).unwrap();
    let at = text.rfind(&digest).unwrap();
    let mut swapped = files.clone();
    swapped.insert("assessment.json".into(), format!("{}{other}{}", &text[..at], &text[at + 64..]).into_bytes());
    assert!(check(&swapped).contains(&"statement-changed"));
}

#[test]
fn what_was_brought_leaves_the_list_of_requests() {
    let asked = |documents: &str| {
        let (statements, files) = with(documents);
        let mut diagnostics = Diagnostics::default();
        let workspace = Workspace::load(&statements, &files, controls(), &mut diagnostics).unwrap();
        let ledger = assessed_from(&statements, &files).ledger;
        let list = requests(controls(), &workspace, &ledger);
        list.into_iter()
            .find(|request| request.needed_for == "incident-response" && request.kind == "document")
            .map(|request| (request.state, request.because))
    };
    assert_eq!(asked("  []\n").unwrap().0, "missing");
    assert_eq!(asked(&statement("D-1", "docs/policy.md", APPROVED)).unwrap().0, "to be examined");
    assert_eq!(asked(&statement("D-1", "docs/policy.md", "")).unwrap().0, "not usable");
    assert_eq!(asked(&statement("D-1", "docs/policy.md", &format!("{APPROVED}{READ}"))), None);
}

/// The sample's four documents, as its authors meant them.
#[test]
fn the_sample_shows_every_standing() {
    let assessment = &quarter("2026-Q3").assessment;
    let states: Vec<(&str, &str)> = assessment.documents.iter().map(|own| (own.id.as_str(), own.state.as_str())).collect();
    assert_eq!(states, [("DOC-1", "current"), ("DOC-2", "overdue"), ("DOC-3", "current"), ("DOC-4", "current")]);
    let clause = |id: &str| assessment.clauses.iter().find(|clause| clause.framework == "pci-dss@4.0.1" && clause.clause == id).unwrap();
    let first = |id: &str| (clause(id).status.unwrap(), clause(id).reasons[0].code.as_str());
    assert_eq!(first("8.1.1"), (Status::PartiallySatisfied, "examined"));
    assert_eq!(first("8.1.2"), (Status::NotSatisfied, "examined"));
    assert_eq!(first("3.7.1"), (Status::NotAssessed, "review-overdue"));
    assert_eq!(assessment.objective("incident-response").unwrap().status, Status::Satisfied);
    let accountability = assessment.objective("business-accountability").unwrap();
    assert!(accountability.reasons.iter().any(|reason| reason.code == "to-be-examined"), "a tested objective tells of its documents too");
    assert!(
        clause("8.1.1").basis.documents.contains_key("DOC-1")
            && clause("8.1.1").evidence.contains(&"documents/machine-identity-policy.md".to_owned())
    );
}
