//! Exceptions: what they excuse, what they never hide, and what an auditor is told to question.

use tickmark::assessment::{Assessment, ExceptionRecord};
use tickmark::base::Status;

use crate::support::{assessed_from, workspace};

const REPORT: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,\
access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n";

/// One line of a credential report: a user with one key, rotated on that day.
fn user(name: &str, rotated: &str) -> String {
    format!(
        "{name},arn:aws:iam::111111111111:user/{name},2025-01-01T00:00:00+00:00,false,N/A,N/A,N/A,false,true,{rotated}T00:00:00+00:00,\
         2026-09-29T00:00:00+00:00,eu-north-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n"
    )
}

fn judged(exceptions: &str) -> Assessment {
    let report = [
        REPORT.to_owned(),
        user("svc-old", "2025-01-01"),
        user("svc-older", "2024-01-01"),
        user("svc-new", "2026-09-01"),
        user("svc-newer", "2026-09-02"),
    ]
    .concat();
    let meta =
        "artifacts:\n  - path: report.csv\n    adapter: aws-credential-report\n    collected_at: \"2026-09-30T12:00:00Z\"\n    rows: 4\n";
    let (mut statements, files) = workspace(&[("report.csv", report.as_bytes())], meta);
    let text = statements.text("tickmark.yaml").unwrap().replace("owasp-nhi-top10@2025", "pci-dss@4.0.1, nist-csf@2.0");
    statements.insert("tickmark.yaml", text);
    if !exceptions.is_empty() {
        statements.insert("exceptions.yaml", exceptions);
    }
    assessed_from(&statements, &files).assessment
}

fn exception(id: &str, subjects: &[&str], more: &str) -> String {
    let subjects: Vec<String> = subjects.iter().map(|name| format!("\"{name}\"")).collect();
    format!(
        "  - id: {id}\n    title: t\n    objective: credential-rotation\n    subjects: [{}]\n    reason: r\n    requested_by: Ann\n    approved_by: Bo\n    \
         approved_at: \"2026-05-01T10:00:00Z\"\n    expires_at: \"2026-12-31T00:00:00Z\"\n    compensating_measure: m\n    retirement_plan: p\n{more}",
        subjects.join(", ")
    )
}

fn failing(assessment: &Assessment) -> Vec<String> {
    let objective = assessment.objective("credential-rotation").unwrap();
    let failing = objective.observations.iter().filter(|seen| seen.outcome == tickmark::assessment::Outcome::Fail);
    failing.map(|seen| seen.subject.clone()).collect()
}

fn record<'a>(assessment: &'a Assessment, id: &str) -> &'a ExceptionRecord {
    assessment.exceptions.iter().find(|own| own.id == id).unwrap()
}

fn remarked(assessment: &Assessment, id: &str, words: &str) -> bool {
    record(assessment, id).remarks.iter().any(|remark| remark.contains(words))
}

/// The clause of the edition that rests on rotation, with the codes of its reasons.
fn clause<'a>(assessment: &'a Assessment, framework: &str, excepted: bool) -> Vec<(&'a str, Status, Vec<&'a str>)> {
    let concerned = assessment.clauses.iter().filter(|clause| clause.framework == framework);
    concerned
        .filter(|clause| clause.objectives.iter().any(|own| own.objective == "credential-rotation" && own.excepted.is_empty() != excepted))
        .map(|clause| (clause.clause.as_str(), clause.status.unwrap(), clause.reasons.iter().map(|reason| reason.code.as_str()).collect()))
        .collect()
}

const SHEET: &str = "    worksheet:\n      constraints: c\n      definition: d\n      objective: o\n      identified_risk: i\n      validation: v\n      maintenance: m\n";

#[test]
fn a_worksheet_is_asked_for_where_the_framework_has_one_and_moves_no_status() {
    let subjects = failing(&judged(""));
    assert_eq!(subjects.len(), 2);
    let names: Vec<&str> = subjects.iter().map(String::as_str).collect();
    let bare = judged(&format!("exceptions:\n{}", exception("EX-1", &names, "")));
    let partly =
        judged(&format!("exceptions:\n{}", exception("EX-1", &names, "    worksheet:\n      constraints: c\n      validation: \" \"\n")));
    let whole = judged(&format!("exceptions:\n{}", exception("EX-1", &names, SHEET)));
    for (assessment, code) in [(&bare, "worksheet-incomplete"), (&partly, "worksheet-incomplete"), (&whole, "compensating-control")] {
        let found = clause(assessment, "pci-dss@4.0.1", true);
        assert!(!found.is_empty());
        for (id, status, codes) in found {
            assert!(codes.contains(&code), "{id}: {codes:?}");
            assert!(status < Status::Satisfied, "{id}: an exception never satisfies");
        }
        for (id, _, codes) in clause(assessment, "nist-csf@2.0", true) {
            assert!(!codes.contains(&code), "{id}: this framework has no worksheet");
        }
    }
    let statuses = |assessment: &Assessment| assessment.clauses.iter().map(|clause| clause.status).collect::<Vec<_>>();
    assert_eq!(statuses(&bare), statuses(&whole));
    let missing: Vec<&str> =
        record(&partly, "EX-1").worksheet.as_ref().unwrap().iter().filter(|own| own.text.is_none()).map(|own| own.field.as_str()).collect();
    assert_eq!(missing, ["definition", "objective", "identified_risk", "validation", "maintenance"]);
    // What is said on the worksheet is in the digest of the clauses that rest on it.
    let digest = |assessment: &Assessment| record(assessment, "EX-1").digest.clone();
    assert_ne!(digest(&partly), digest(&whole));
}

#[test]
fn an_exception_stays_with_its_framework_and_covers_exactly_its_subjects() {
    let subjects = failing(&judged(""));
    let assessment = judged(&format!("exceptions:\n{}", exception("EX-1", &[&subjects[0]], "    frameworks: [pci-dss@4.0.1]\n")));
    assert!(!clause(&assessment, "pci-dss@4.0.1", true).is_empty());
    assert!(clause(&assessment, "nist-csf@2.0", true).is_empty(), "it does not leak");
    for clause in &assessment.clauses {
        for own in clause.objectives.iter().filter(|own| own.objective == "credential-rotation") {
            assert!(own.excepted.iter().all(|excepted| excepted.subject == subjects[0]));
        }
    }
    // The deviation is counted before and after.
    assert_eq!(assessment.objective("credential-rotation").unwrap().tally.failed, 2);
    assert_eq!(failing(&assessment), subjects);
}

#[test]
fn what_an_auditor_would_question_is_said() {
    let subjects = failing(&judged(""));
    let names: Vec<&str> = subjects.iter().map(String::as_str).collect();
    let steps = "    milestones:\n      - {due: 2026-08-31, what: A vault is in place.}\n      - {due: 2026-09-30, what: Due today.}\n      \
                 - {due: 2026-07-31, what: Done., done: 2026-07-30}\n      - {due: 2026-08-01, what: Stated ahead., done: 2026-10-05}\n";
    let many: Vec<String> = (0..26).map(|number| format!("nobody-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let text = [
        "exceptions:\n".to_owned(),
        exception("EX-1", &names[..1], steps),
        exception("EX-2", &names, ""),
        exception("EX-3", &many, "").replace("approved_by: Bo", "approved_by: ann "),
        exception("EX-4", &names[..1], "").replace("2026-12-31", "2026-09-01"),
        exception("EX-5", &names[..1], "").replace("2026-12-31", "2027-12-31"),
    ]
    .concat();
    let assessment = judged(&text);
    assert!(remarked(&assessment, "EX-1", "due on 2026-08-31: A vault is in place"), "{:?}", record(&assessment, "EX-1").remarks);
    assert!(remarked(&assessment, "EX-1", "due on 2026-08-01"), "a day that is still to come is not done");
    assert!(!remarked(&assessment, "EX-1", "2026-09-30") && !remarked(&assessment, "EX-1", "2026-07-31"));
    let states: Vec<&str> = record(&assessment, "EX-1").milestones.iter().map(|own| own.state.as_str()).collect();
    assert_eq!(states, ["overdue", "open", "done", "overdue"]);
    assert!(!remarked(&assessment, "EX-1", "no milestones") && remarked(&assessment, "EX-2", "no milestones"));
    assert!(!remarked(&assessment, "EX-2", "over-broad"), "two of four are half, and not more");
    assert!(remarked(&assessment, "EX-3", "over-broad: it names 26 subjects"));
    assert!(remarked(&assessment, "EX-3", "same person") && remarked(&assessment, "EX-3", "26 of its 26 subjects do not depart"));
    assert!(remarked(&assessment, "EX-4", "It has expired; 1 of its subjects still depart"));
    assert!(remarked(&assessment, "EX-5", "more than a year"));
    // The register of exceptions is itself tested: behind its plan.
    let objective = assessment.objective("exceptions-compensating");
    if let Some(objective) = objective {
        let told: Vec<&str> =
            objective.observations.iter().filter(|seen| seen.subject == "EX-1").map(|seen| seen.reason.as_str()).collect();
        assert!(told.iter().any(|reason| reason.contains("a step of its plan is overdue")), "{told:?}");
    } else {
        panic!("the objective on exceptions is cited by an edition in scope");
    }
}

#[test]
fn an_exception_for_most_of_the_population_is_over_broad() {
    let subjects = failing(&judged(""));
    let three = [subjects[0].as_str(), subjects[1].as_str(), "aws:nobody"];
    let strict = judged("");
    assert_eq!(strict.objective("credential-rotation").unwrap().tally.population, 4);
    let report =
        [REPORT.to_owned(), user("svc-old", "2025-01-01"), user("svc-older", "2024-01-01"), user("svc-new", "2026-09-01")].concat();
    let meta =
        "artifacts:\n  - path: report.csv\n    adapter: aws-credential-report\n    collected_at: \"2026-09-30T12:00:00Z\"\n    rows: 3\n";
    let (mut statements, files) = workspace(&[("report.csv", report.as_bytes())], meta);
    statements.insert("exceptions.yaml", format!("exceptions:\n{}", exception("EX-1", &three, "")));
    let assessment = assessed_from(&statements, &files).assessment;
    assert!(remarked(&assessment, "EX-1", "over-broad: it covers 2 of the 3 members"), "{:?}", record(&assessment, "EX-1").remarks);
}
