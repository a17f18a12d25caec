//! The register and the lives of identities: what the sample's planted facts must show, in every form.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use tickmark::assessment::{Assessment, DossierRecord, REGISTER_COLUMNS, RegisterRecord, STEPS, StepRecord};
use tickmark::base::Instant;
use tickmark::pipeline::lives;

use crate::support::{quarter, sample, sample_pack, verified};

fn tickmark(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn user(name: &str) -> String {
    format!("arn:aws:iam::210987654321:user/{name}")
}

fn life(quarter_name: &'static str, identity: &str) -> DossierRecord {
    let assessed = quarter(quarter_name);
    lives::dossier(&assessed.assessment, &assessed.ledger, identity).unwrap_or_else(|| panic!("{identity} has a life"))
}

fn row<'a>(assessment: &'a Assessment, identity: &str) -> &'a RegisterRecord {
    assessment.register.iter().find(|own| own.identity == identity).unwrap_or_else(|| panic!("{identity} is in the register"))
}

/// The state of every row of one step.
fn states<'a>(life: &'a DossierRecord, step: &str) -> Vec<(&'a str, &'a str)> {
    life.steps.iter().filter(|own| own.step == step).map(|own| (own.state.as_str(), own.says.as_str())).collect()
}

#[test]
fn every_identity_has_every_step_in_order_and_every_step_has_its_place() {
    let assessed = quarter("2026-Q3");
    let known: BTreeSet<&str> =
        assessed.assessment.artifacts.iter().map(|artifact| artifact.path.as_str()).chain(["exceptions.yaml"]).collect();
    assert!(assessed.assessment.register.len() > 80);
    for own in &assessed.assessment.register {
        let life = life("2026-Q3", &own.identity);
        let steps: Vec<usize> =
            life.steps.iter().map(|step| STEPS.iter().position(|own| *own == step.step).expect("a known step")).collect();
        assert!(steps.is_sorted(), "{}", own.identity);
        assert_eq!(
            steps.iter().collect::<BTreeSet<_>>().len(),
            STEPS.len(),
            "{}: every step has a row, or is named as missing",
            own.identity
        );
        for step in &life.steps {
            assert!(known.contains(step.artifact.as_str()) && !step.record.is_empty(), "{}: {step:?}", own.identity);
            assert!(["shown", "claimed", "later", "missing", "not-due"].contains(&step.state.as_str()), "{step:?}");
        }
        for step in STEPS {
            let own_states: BTreeSet<&str> = states(&life, step).into_iter().map(|(state, _)| state).collect();
            assert!(!(own_states.contains("missing") && own_states.contains("shown")), "{}: {step} is shown and missing", own.identity);
            assert_eq!(own_states.contains("missing"), life.missing.iter().any(|own| own == step), "{}: {step}", own.identity);
        }
    }
}

#[test]
fn what_is_dated_after_the_report_shows_nothing() {
    let assessed = quarter("2026-Q3");
    let as_of = Instant::parse(&assessed.assessment.frame.as_of).unwrap();
    let is_after = |step: &StepRecord| step.at.as_deref().is_some_and(|at| Instant::parse(at).unwrap().micros() > as_of.micros());
    let mut later = 0;
    for own in &assessed.assessment.register {
        for step in life("2026-Q3", &own.identity).steps {
            assert_eq!(is_after(&step), step.state == "later", "{}: {step:?}", own.identity);
            assert_eq!(step.says.contains("not counted"), step.state == "later", "{}: {step:?}", own.identity);
            later += usize::from(step.state == "later");
        }
    }
    assert!(later > 0, "the export of the directory was made after the quarter, and says so");
}

#[test]
fn planted_lives_are_told() {
    // CHG-1180 waits for approval: a claim, and the approval stays missing.
    let agent = life("2026-Q3", &user("svc-ai-support-agent"));
    let approval = states(&agent, "approval");
    assert!(
        approval.iter().any(|(state, says)| *state == "claimed" && says.contains("CHG-1180") && says.contains("not closed")),
        "{approval:?}"
    );
    assert!(agent.missing.contains(&"approval".to_owned()));
    assert_eq!(states(&agent, "rotation")[0].0, "not-due", "its key was issued in the period");
    // SEC-412: a new key on 2026-07-20 after the old one, which is inactive.
    let deploy = life("2026-Q3", &user("svc-ci-deploy"));
    assert!(
        states(&deploy, "rotation").iter().any(|(state, says)| *state == "shown" && says.contains("inactive")),
        "{:?}",
        states(&deploy, "rotation")
    );
    assert_eq!(states(&deploy, "credential").len(), 2);
    // SEC-431 is in progress: a ticket about rotation is a claim and not a rotation.
    let reporting = life("2026-Q3", &user("svc-bi-reporting"));
    let rotation = states(&reporting, "rotation");
    assert_eq!(rotation.iter().map(|(state, _)| *state).collect::<Vec<_>>(), ["claimed", "missing"], "{rotation:?}");
    assert!(rotation[0].1.contains("SEC-431") && rotation[1].1.contains("2024-10-10"), "{rotation:?}");
    assert!(states(&reporting, "exception").iter().any(|(_, says)| says.contains("RISK-79 (expired)")), "the expired exception is told");
    assert!(
        states(&reporting, "review").iter().any(|(state, says)| *state == "claimed" && says.contains("no decision was made by Jonas Berg"))
    );
    // An exception that names the account by itself, and the ticket about it.
    let sap = life("2026-Q3", "ad:corp.nordhavn-pay.example:svc-sap-rfc");
    assert!(states(&sap, "exception").iter().any(|(state, says)| *state == "claimed" && says.contains("Risk Exception")));
    // svc-jenkins was disabled on 2026-08-01.
    let jenkins = life("2026-Q3", "ad:corp.nordhavn-pay.example:svc-jenkins");
    assert_eq!(states(&jenkins, "retirement")[0].0, "shown");
    // The review of the second quarter revoked it, and the sources of that quarter still show it.
    let batch = life("2026-Q2", &user("svc-payments-legacy-batch"));
    assert!(
        states(&batch, "retirement").iter().any(|(state, says)| *state == "missing" && says.contains("to revoke")),
        "{:?}",
        states(&batch, "retirement")
    );
    let assessed = quarter("2026-Q3");
    assert!(
        lives::dossier(&assessed.assessment, &assessed.ledger, &user("svc-payments-legacy-batch")).is_none(),
        "gone in the third quarter"
    );
}

#[test]
fn the_register_tells_owner_purpose_end_use_grants_and_how_it_is_taken_away() {
    let assessment = &quarter("2026-Q3").assessment;
    let glass = row(assessment, &user("svc-sec-breakglass"));
    assert_eq!((glass.owner.as_deref(), glass.last_use.as_str(), glass.admin), (Some("Omar Haddad"), "never", true));
    assert!(glass.entitlements.contains("AdministratorAccess (administrative)"), "{}", glass.entitlements);
    assert!(glass.revocation.contains("deactivate its access keys"), "{}", glass.revocation);
    let reporting = row(assessment, &user("svc-bi-reporting"));
    assert_eq!((reporting.owner_status.as_deref(), reporting.expiry.as_str()), (Some("left"), "its credentials never end"));
    let nobody = row(assessment, &user("svc-test-2"));
    assert_eq!((nobody.owner.as_deref(), nobody.credentials.as_str(), nobody.in_register), (None, "none shown", false));
    let ids: Vec<&str> = assessment.register.iter().map(|own| own.identity.as_str()).collect();
    assert!(ids.is_sorted());
    let people = ids.iter().filter(|id| id.contains("/people/") || id.contains("jonas")).count();
    assert_eq!(people, 0, "a person is in no register of machine identities");
}

#[test]
fn the_pack_holds_the_register_whole_and_a_dossier_for_everybody_who_departs() {
    let pack = sample_pack();
    let assessment: Assessment = serde_json::from_slice(&pack["assessment.json"]).unwrap();
    let mut reader = csv::Reader::from_reader(pack["register.csv"].as_slice());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), REGISTER_COLUMNS);
    assert_eq!(reader.records().count(), assessment.register.len());
    use calamine::Reader;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(pack["register.xlsx"].clone())).unwrap();
    let sheet = book.worksheet_range("Register").unwrap();
    assert_eq!(sheet.height(), assessment.register.len() + 1);
    use calamine::Data;
    for (row, own) in sheet.rows().skip(1).zip(&assessment.register) {
        let cell = |key: &str| &row[REGISTER_COLUMNS.iter().position(|own| *own == key).unwrap()];
        assert_eq!((cell("admin"), cell("in_register")), (&Data::Bool(own.admin), &Data::Bool(own.in_register)));
        for (key, stated) in [("created_at", &own.created_at), ("expires_at", &own.expires_at), ("last_used_at", &own.last_used_at)] {
            // Days since the end of 1899, as spreadsheets count.
            let seconds = match cell(key) {
                Data::Empty => None,
                Data::DateTime(at) => Some(((at.as_f64() - 25_569.0) * 86_400.0).round() as i64),
                other => panic!("{} {key}: {other:?} is no instant", own.identity),
            };
            let expected = stated.as_deref().map(|at| tickmark::base::Instant::parse(at).unwrap().utc().as_second());
            assert_eq!(seconds, expected, "{} {key}", own.identity);
        }
    }
    let departing: BTreeSet<&str> = assessment
        .objectives
        .iter()
        .flat_map(|objective| &objective.observations)
        .filter(|seen| seen.outcome.word() == "fail")
        .filter_map(|seen| seen.identity.as_deref())
        .filter(|identity| assessment.register.iter().any(|own| own.identity == *identity))
        .collect();
    let kept: BTreeSet<&str> = assessment.dossiers.iter().map(|own| own.identity.as_str()).collect();
    assert_eq!(kept, departing);
    let page = text(&pack["index.html"]);
    for own in &assessment.register {
        assert!(page.contains(&own.identity.replace('/', "&#x2f;")) || page.contains(&own.identity), "{} is on the page", own.identity);
    }
    assert_eq!(page.matches("class=\"exception dossier\" id=\"i-").count(), kept.len());
    let anchors = regex::Regex::new("href=\"#(i-[^\"]+)\"").unwrap();
    let mut links = 0;
    for found in anchors.captures_iter(&page) {
        assert!(page.contains(&format!("id=\"{}\"", &found[1])), "{} leads nowhere", &found[1]);
        links += 1;
    }
    assert!(links > kept.len(), "deviations lead to dossiers: {links}");
}

#[test]
fn a_register_that_was_changed_is_told_and_an_old_pack_without_one_still_reads() {
    let tree = |register: Option<Vec<u8>>, assessment: Vec<u8>| {
        let mut files = sample_pack().clone();
        files.remove("register.csv");
        files.extend(register.map(|bytes| ("register.csv".to_owned(), bytes)));
        files.insert("assessment.json".into(), assessment);
        verified(&files).breaches.into_iter().map(|breach| breach.code).collect::<Vec<_>>()
    };
    let pack = sample_pack();
    let forged = text(&pack["register.csv"]).replace("svc-sec-breakglass", "svc-sec-harmless").into_bytes();
    assert!(tree(Some(forged), pack["assessment.json"].clone()).contains(&"register-changed"));
    assert!(tree(None, pack["assessment.json"].clone()).contains(&"register-changed"));
    let mut old: serde_json::Value = serde_json::from_slice(&pack["assessment.json"]).unwrap();
    for key in ["register", "register_digest", "dossiers", "samples"] {
        assert!(old.as_object_mut().unwrap().remove(key).is_some(), "{key}");
    }
    let codes = tree(None, serde_json::to_vec(&old).unwrap());
    assert!(
        !codes.contains(&"register-changed") && !codes.contains(&"assessment-unreadable") && !codes.contains(&"clause-changed"),
        "{codes:?}"
    );
}

#[test]
fn trace_takes_id_name_or_alias_and_suggests_the_nearest() {
    let folder = sample("2026-Q3");
    let folder = folder.to_str().unwrap();
    let by_name = tickmark(&["trace", folder, "SVC-BI-reporting", "--format", "json"]);
    assert!(by_name.status.success(), "{}", text(&by_name.stderr));
    let by_id = tickmark(&["trace", folder, &user("svc-bi-reporting"), "--format", "json"]);
    assert_eq!(by_name.stdout, by_id.stdout);
    let told: serde_json::Value = serde_json::from_slice(&by_id.stdout).unwrap();
    assert_eq!(told["missing"], serde_json::json!(["approval", "rotation", "review"]));
    assert!(told["departs"].as_array().unwrap().iter().any(|own| own["objective"] == "credential-rotation"), "{}", told["departs"]);
    assert_eq!(told["register"]["owner"], "Jonas Berg");
    let shown = text(&tickmark(&["trace", folder, "svc-bi-reporting"]).stdout);
    assert!(shown.contains("Missing: approval, rotation, review.") && shown.contains("registers/tickets.csv line:5"), "{shown}");
    let wrong = tickmark(&["trace", folder, "svc-bi-reportin"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("did you mean `svc-bi-reporting`?"), "{}", text(&wrong.stderr));
}

#[test]
fn trace_reads_a_pack_that_holds_and_refuses_one_that_does_not() {
    let place = tempfile::tempdir().unwrap();
    for (path, bytes) in sample_pack() {
        let to = place.path().join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
    let pack = place.path().to_str().unwrap();
    let from_pack = tickmark(&["trace", pack, "svc-ci-deploy", "--format", "json"]);
    let from_folder = tickmark(&["trace", sample("2026-Q3").to_str().unwrap(), "svc-ci-deploy", "--format", "json"]);
    assert!(from_pack.status.success(), "{}", text(&from_pack.stderr));
    assert_eq!(from_pack.stdout, from_folder.stdout);
    std::fs::write(place.path().join("register.csv"), b"forged").unwrap();
    assert_eq!(tickmark(&["trace", pack, "svc-ci-deploy"]).status.code(), Some(3));
}
