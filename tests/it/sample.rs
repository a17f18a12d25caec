//! The sample's planted facts, found by name in what the report says. The list of what is planted is `PLANTED.md` beside the sample.

use std::collections::BTreeMap;

use tickmark::assessment::{Assessment, Outcome};
use tickmark::base::Status;

use crate::support::{assessed_from, quarter, sample_pack, workspace};

const AWS: &str = "arn:aws:iam::210987654321:";

/// Outcome and reason of every subject of an objective, from the full list.
fn seen(quarter_name: &'static str, objective: &str) -> BTreeMap<String, (String, String)> {
    let list = &quarter(quarter_name).observations[objective];
    csv::Reader::from_reader(list.as_slice())
        .records()
        .map(|record| {
            let record = record.unwrap();
            (record[0].to_owned(), (record[1].to_owned(), record[2].to_owned()))
        })
        .collect()
}

/// The one subject that holds `part`; its outcome and reason.
fn one(quarter_name: &'static str, objective: &str, part: &str) -> (String, String) {
    let list = seen(quarter_name, objective);
    let found: Vec<_> = list.iter().filter(|(subject, _)| subject.contains(part)).collect();
    assert_eq!(found.len(), 1, "{objective} in {quarter_name}: {part}: {found:?}");
    found[0].1.clone()
}

fn fails(quarter_name: &'static str, objective: &str, part: &str, because: &str) {
    let (outcome, reason) = one(quarter_name, objective, part);
    assert_eq!(outcome, "fail", "{objective}: {part}: {reason}");
    assert!(reason.contains(because), "{objective}: {part}: `{reason}` does not say `{because}`");
}

fn absent(quarter_name: &'static str, objective: &str, part: &str) {
    let list = seen(quarter_name, objective);
    assert!(!list.keys().any(|subject| subject.contains(part)), "{objective} still knows {part}");
}

#[test]
fn the_legacy_batch_user_is_ownerless_and_admin_then_gone() {
    let name = "user/svc-payments-legacy-batch";
    fails("2026-Q2", "nhi-ownership", name, "owner");
    fails("2026-Q2", "least-privilege", name, "administrative");
    fails("2026-Q2", "stale-orphan-detection", &format!("{AWS}{name} AKIA"), "2025-03-02");
    for objective in ["nhi-ownership", "least-privilege", "credential-rotation"] {
        absent("2026-Q3", objective, name);
    }
}

#[test]
fn the_ci_deploy_key_was_admin_in_the_second_quarter_and_is_rotated_in_the_third() {
    fails("2026-Q2", "least-privilege", "user/svc-ci-deploy", "AdministratorAccess");
    let (_, reason) = one("2026-Q3", "least-privilege", "user/svc-ci-deploy");
    assert!(reason.contains("PowerUserAccess"), "{reason}");
    fails("2026-Q2", "credential-rotation", "user/svc-ci-deploy AKIATCH6YDSYRRAAW3XL", "deploy/legacy-ci.env");
    assert_eq!(one("2026-Q3", "credential-rotation", "user/svc-ci-deploy AKIATCH6YDSYRRAAW3XL").0, "skip", "the old key is inactive");
    assert_eq!(one("2026-Q3", "credential-rotation", "user/svc-ci-deploy AKIATCH6YDSYQZPFBAVC").0, "pass", "the new key is of July");
}

#[test]
fn leaked_keys_that_are_still_active_are_named() {
    for quarter_name in ["2026-Q2", "2026-Q3"] {
        fails(quarter_name, "credential-rotation", "user/svc-mobile-ci", "infra/main.tf");
    }
    fails("2026-Q3", "credential-rotation", "user/svc-ai-support-agent", "src/agent.yaml");
    let found = seen("2026-Q3", "secret-vaulting");
    let told = found.values().filter(|(outcome, reason)| outcome == "fail" && reason.contains("still active")).count();
    assert!(told >= 2, "the active leaked keys of the mobile build and of the agent: {told}");
}

#[test]
fn the_ai_agent_of_august_is_not_approved_not_owned_at_the_source_and_too_powerful() {
    absent("2026-Q2", "nhi-inventory", "svc-ai-support-agent");
    fails("2026-Q3", "issuance-approval", "user/svc-ai-support-agent", "CHG-1180");
    fails("2026-Q3", "least-privilege", "user/svc-ai-support-agent", "wildcard");
}

#[test]
fn the_owner_who_left_still_stands_in_the_register() {
    for name in ["svc-airflow", "svc-bi-reporting", "svc-dw-dbt", "svc-ml-training"] {
        fails("2026-Q3", "nhi-ownership", &format!("user/{name}"), "Jonas Berg");
    }
    assert_eq!(one("2026-Q3", "nhi-ownership", "user/svc-ml-features").0, "pass", "reassigned in the third quarter");
    fails("2026-Q2", "nhi-ownership", "user/svc-ml-features", "Jonas Berg");
}

#[test]
fn rotated_and_unrotated_keys_are_told_apart() {
    for name in ["svc-payments-settlement", "svc-payments-3ds", "svc-terraform", "svc-fraud-rules-sync"] {
        let list = seen("2026-Q3", "credential-rotation");
        let own: Vec<_> = list.iter().filter(|(subject, _)| subject.contains(&format!("user/{name} "))).collect();
        assert!(own.iter().any(|(_, (outcome, _))| outcome == "pass") && own.iter().all(|(_, (outcome, _))| outcome != "fail"), "{own:?}");
    }
    fails("2026-Q3", "credential-rotation", "user/svc-bi-reporting", "2024-10-10");
    fails("2026-Q3", "credential-rotation", "user/svc-fraud-vendor-siftly", "2024-04-11");
}

#[test]
fn two_active_keys_never_used_identities_and_idle_ones_are_found() {
    fails("2026-Q3", "unique-identity", "user/svc-ledger-export", "2 live credentials");
    fails("2026-Q3", "stale-orphan-detection", "role/vendor-siftly", "Never used");
    fails("2026-Q3", "stale-orphan-detection", "role/orphan-migration-2024", "Never used");
    fails("2026-Q3", "stale-orphan-detection", &format!("{AWS}user/svc-sec-breakglass AKIA"), "Never used");
    fails("2026-Q3", "stale-orphan-detection", "user/svc-test-2", "Without any credential");
}

#[test]
fn shadow_identities_and_names_that_join_by_no_rule_are_reconciled() {
    for name in ["user/svc-jenkins-old", "user/svc-test-2", "role/gha-deploy-any"] {
        assert_eq!(one("2026-Q3", "nhi-inventory", name).0, "fail", "{name} is in no register");
    }
    let (outcome, reason) = one("2026-Q3", "nhi-inventory", "ad:corp.nordhavn-pay.example:svc-backup-veeam");
    assert!(outcome == "pass" && reason.contains("by a stated alias"), "the CMDB calls the domain CORP: {reason}");
}

#[test]
fn administrative_roles_and_bindings_are_named() {
    for name in ["role/gha-deploy-any", "role/orphan-migration-2024", "k8s:nordhavn-prod:platform/argocd"] {
        fails("2026-Q3", "least-privilege", name, "administrative");
    }
    fails("2026-Q2", "least-privilege", "k8s:nordhavn-prod:data/spark", "cluster-admin");
    let (outcome, reason) = one("2026-Q3", "least-privilege", "k8s:nordhavn-prod:data/spark");
    assert!(
        outcome == "unknown" && reason.contains("is not administrative; no source says whether it acts"),
        "the binding was removed: {reason}"
    );
    fails("2026-Q3", "least-privilege", "k8s:nordhavn-prod:support/ai-agent", "the role admin of Kubernetes in the namespace support");
}

#[test]
fn certificates_late_expired_weak_and_long_are_told_apart() {
    let certificate = |name: &str| one("2026-Q3", "certificate-lifecycle", name);
    fails("2026-Q3", "certificate-lifecycle", "serial 1003", "4 days late");
    fails("2026-Q3", "certificate-lifecycle", "serial 1005", "90 days late");
    fails("2026-Q3", "certificate-lifecycle", "serial 1004", "Ended on 2026-07-01");
    fails("2026-Q3", "certificate-lifecycle", "serial 1009", "Ended on 2026-08-28");
    fails("2026-Q3", "certificate-lifecycle", "serial 1006", "1024 bits");
    fails("2026-Q3", "certificate-lifecycle", "serial 1002", "1825 days");
    for in_time in ["serial 1001", "serial 1007"] {
        assert_eq!(certificate(in_time).0, "skip", "renewed in time");
    }
}

#[test]
fn reviews_that_nobody_decided_are_deviations() {
    for name in ["svc-airflow", "svc-bi-reporting", "svc-dw-dbt", "svc-ml-training"] {
        assert_eq!(one("2026-Q3", "access-review", &format!("user/{name}")).0, "fail", "{name} has no decision");
    }
    assert_eq!(one("2026-Q3", "access-review", "user/svc-terraform").0, "pass");
}

#[test]
fn weak_settings_of_the_directory_and_static_keys_are_named() {
    for quarter_name in ["2026-Q2", "2026-Q3"] {
        fails(quarter_name, "authentication-strength", "svc-iis-portal password", "unconstrained-delegation");
        fails(quarter_name, "authentication-strength", "svc-sap-rfc password", "no-preauthentication");
        fails(quarter_name, "authentication-strength", "user/svc-mobile-ci AKIA", "static access key on aws");
        assert_eq!(one(quarter_name, "authentication-strength", "dc1$ password").0, "unknown", "a domain controller delegates by design");
        assert_eq!(one(quarter_name, "authentication-strength", "serial 1006").0, "skip", "the key of 1024 bits ended in 2025");
        assert_eq!(one(quarter_name, "authentication-strength", "serial 1002").0, "pass", "4096 bits");
    }
}

#[test]
fn keys_that_never_end_and_passwords_that_never_expire_are_deviations() {
    fails("2026-Q3", "credential-expiry", "user/svc-bi-reporting AKIA", "never ends");
    fails("2026-Q3", "credential-expiry", "svc-sql-payments password", "2026-07-15");
    assert_eq!(one("2026-Q3", "credential-expiry", "svc-sql-ledger password").0, "unknown", "its end is a matter of the domain's policy");
    assert_eq!(one("2026-Q3", "credential-expiry", "user/svc-ci-deploy AKIATCH6YDSYRRAAW3XL").0, "skip", "the old key is inactive");
}

#[test]
fn without_a_log_nobody_is_shown_to_be_logged_or_watched() {
    for quarter_name in ["2026-Q2", "2026-Q3"] {
        for objective in ["attributable-logging", "anomaly-monitoring"] {
            let list = seen(quarter_name, objective);
            assert!(!list.is_empty() && list.values().all(|(outcome, _)| outcome == "unknown"), "{objective}: {list:?}");
        }
        // The list of last uses of keys is no log.
        let (_, reason) = one(quarter_name, "attributable-logging", "log of aws 210987654321");
        assert!(reason.contains("no log was delivered"), "{reason}");
    }
}

#[test]
fn nothing_crosses_between_environments_that_the_sample_names() {
    for quarter_name in ["2026-Q2", "2026-Q3"] {
        let list = seen(quarter_name, "environment-isolation");
        assert!(list.values().all(|(outcome, _)| outcome != "fail"), "{list:?}");
        assert_eq!(one(quarter_name, "environment-isolation", "k8s:nordhavn-prod:payments/gateway").0, "pass");
        assert_eq!(
            one(quarter_name, "environment-isolation", "user/svc-payments-gateway").0,
            "unknown",
            "nothing says what the account is"
        );
    }
}

#[test]
fn exceptions_explain_and_expired_or_self_approved_ones_are_told() {
    let assessment = &quarter("2026-Q3").assessment;
    let exception = |id: &str| assessment.exceptions.iter().find(|exception| exception.id == id).unwrap();
    assert_eq!(exception("RISK-71").covers, [format!("{AWS}user/svc-sec-breakglass")]);
    assert_eq!(exception("RISK-79").state, "expired");
    assert!(exception("RISK-79").covers.is_empty() && !exception("RISK-79").remarks.is_empty());
    assert!(exception("RISK-77").remarks.iter().any(|remark| remark.contains("same person")));
    let before = &quarter("2026-Q2").assessment;
    let then = before.exceptions.iter().find(|exception| exception.id == "RISK-79").unwrap();
    assert_eq!((then.state.as_str(), then.covers.len()), ("active", 1));
    // It holds for one framework and leaks into no other.
    for clause in before.clauses.iter().filter(|clause| clause.framework != "nist-csf@2.0") {
        assert!(
            clause.objectives.iter().all(|own| own.excepted.iter().all(|excepted| excepted.exception != "RISK-79")),
            "{}",
            clause.clause
        );
    }
}

#[test]
fn the_services_of_the_owner_who_left_keep_running() {
    for name in ["svc-airflow", "svc-bi-reporting", "svc-dw-dbt", "svc-ml-training"] {
        fails("2026-Q3", "offboarding-revocation", &format!("user/{name}"), "Jonas Berg on 2026-05-29; it is still there after 124 days");
    }
    fails("2026-Q2", "offboarding-revocation", "user/svc-ml-features", "32 days; 14 are allowed");
    absent("2026-Q3", "offboarding-revocation", "user/svc-ml-features");
}

#[test]
fn trusts_that_admit_more_than_is_meant_are_named() {
    fails("2026-Q3", "cloud-deployment-config", "role/gha-deploy-any", "Any repository or project that fits \"repo:nordhavn-pay/*\"");
    fails("2026-Q3", "cloud-deployment-config", "role/gha-deploy-payments", "Any branch");
    fails(
        "2026-Q3",
        "cloud-deployment-config",
        "role/vendor-siftly",
        "999988887777 is outside the organisation and may assume it without an external id",
    );
    assert_eq!(one("2026-Q3", "cloud-deployment-config", "role/vendor-cloudbill").0, "pass", "it has an external id");
    assert_eq!(one("2026-Q3", "cloud-deployment-config", "role/irsa-payments-gateway").0, "pass", "one service account");
    fails("2026-Q3", "third-party-nhi", "role/vendor-siftly", "without an external id");
    let (outcome, reason) = one("2026-Q3", "third-party-nhi", "user/svc-fraud-vendor-siftly");
    assert_eq!(outcome, "unknown", "the CMDB has no column for the owners of contracts: {reason}");
}

#[test]
fn what_scanners_found_is_followed_to_the_credential_and_the_ticket() {
    let of = |line: &str| {
        let list = seen("2026-Q3", "secret-scanning");
        let found: Vec<_> = list.values().filter(|(_, reason)| reason.contains(line)).cloned().collect();
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        found[0].clone()
    };
    let (outcome, reason) = of("deploy/legacy-ci.env line 2:");
    assert!(outcome == "pass" && reason.contains("no longer active"), "{reason}");
    let (outcome, reason) = of("deploy/legacy-ci.env line 3:");
    assert!(outcome == "unknown" && reason.contains("SEC-412 stands at \"Done\""), "{reason}");
    let (outcome, reason) = of("deploy/id_rsa.pem line 3:");
    assert!(outcome == "fail" && reason.contains("71 days, since 2026-07-21") && reason.contains("no ticket names it"), "{reason}");
}

#[test]
fn the_register_of_exceptions_is_tested_like_anything_else() {
    assert_eq!(one("2026-Q3", "exceptions-compensating", "RISK-71").0, "pass");
    fails("2026-Q3", "exceptions-compensating", "RISK-77", "both asked for it and approved it");
    fails("2026-Q3", "exceptions-compensating", "RISK-79", "it ended 30 days ago, on 2026-08-31, and what it covers is still there");
    assert_eq!(one("2026-Q2", "exceptions-compensating", "RISK-79").0, "pass", "it was in force then");
}

#[test]
fn grants_that_nobody_uses_and_the_older_of_two_keys_are_found() {
    fails("2026-Q3", "least-privilege", "role/vendor-siftly", "used none since it was created");
    fails("2026-Q3", "least-privilege", "user/svc-ledger-export", "used none for 92 days");
    fails(
        "2026-Q3",
        "credential-rotation",
        "user/svc-ledger-export AKIATCH6YDSYXUIVZI3P",
        "A newer credential of the same kind was set 383 days ago",
    );
    let (outcome, reason) = one("2026-Q3", "credential-rotation", "user/svc-payments-settlement");
    assert_eq!(outcome, "pass", "the system shows what SEC-418 claims: {reason}");
}

#[test]
fn every_clause_every_file_and_every_digest_is_accounted_for() {
    for quarter_name in ["2026-Q2", "2026-Q3"] {
        let assessed = quarter(quarter_name);
        let assessment = &assessed.assessment;
        assert_eq!(assessment.clauses.len(), 366 + 134 + 10);
        for clause in assessment.clauses.iter().filter(|clause| clause.status.is_some()) {
            assert!(!clause.reasons.is_empty(), "{} {}", clause.framework, clause.clause);
            assert_eq!(assessed.names.hide_clause(clause).computed_digest(), clause.digest);
            if clause.status == Some(Status::Satisfied) {
                assert!(!clause.evidence.is_empty(), "{} is satisfied by nothing", clause.clause);
            }
            for reason in &clause.reasons {
                assert!(reason.artifacts.iter().all(|path| assessment.exhibit(path).is_some()), "{:?}", reason.artifacts);
            }
        }
        for objective in &assessment.objectives {
            for observation in &objective.observations {
                let cited = assessment.exhibit(&observation.artifact).is_some()
                    || ["tickmark.yaml", "exceptions.yaml"].contains(&observation.artifact.as_str());
                assert!(cited && !observation.record.is_empty(), "{observation:?}");
            }
        }
        assert_eq!(assessment.computed_root(), assessment.root);
    }
}

#[test]
fn every_clause_stands_in_every_format() {
    let page = String::from_utf8(sample_pack()["index.html"].clone()).unwrap();
    let assessment: Assessment = serde_json::from_slice(&sample_pack()["assessment.json"]).unwrap();
    for clause in assessment.clauses.iter().filter(|clause| clause.status.is_some()) {
        assert!(page.contains(clause.digest.as_str()), "{} {} is not in the page", clause.framework, clause.clause);
    }
}

#[test]
fn every_anchor_of_the_report_is_its_own() {
    let wording = tickmark::report::Wording { language: "en".into(), strings: BTreeMap::new() };
    let report = tickmark::report::build(&quarter("2026-Q3").assessment, &wording);
    let mut anchors = std::collections::BTreeSet::new();
    let frameworks = report.frameworks.iter().map(|own| &own.anchor);
    let clauses = report.frameworks.iter().flat_map(|own| &own.clauses).map(|own| &own.anchor);
    let objectives = report.objectives.iter().map(|own| &own.anchor);
    let exhibits = report.exhibits.iter().map(|own| &own.anchor);
    for anchor in frameworks.chain(clauses).chain(objectives).chain(exhibits) {
        assert!(anchors.insert(anchor), "{anchor} stands twice");
    }
    let citing =
        |own: &tickmark::report::model::ExhibitView| own.clauses.iter().flat_map(|cited| &cited.clauses).cloned().collect::<Vec<_>>();
    for link in report.exhibits.iter().flat_map(|own| citing(own).into_iter().chain(own.objectives.clone())) {
        assert!(anchors.contains(&link.anchor), "{} leads nowhere", link.label);
    }
    for link in report.frameworks.iter().flat_map(|own| &own.clauses).flat_map(|own| &own.exhibits) {
        assert!(anchors.contains(&link.anchor), "{} leads nowhere", link.label);
    }
}

#[test]
fn failures_and_silence_are_told_apart_in_the_tallies() {
    for objective in &quarter("2026-Q3").assessment.objectives {
        let tally = objective.tally;
        assert_eq!(tally.passed + tally.unproved + tally.failed + tally.unknown + tally.skipped, tally.population, "{}", objective.id);
        let listed = objective.observations.iter().filter(|seen| seen.outcome == Outcome::Fail).count();
        assert_eq!(listed, tally.failed, "{}: every deviation is kept", objective.id);
    }
}

#[test]
fn the_report_counts_no_silence_as_a_deviation() {
    let assessment = &quarter("2026-Q3").assessment;
    let report = tickmark::report::build(assessment, crate::forms::wording());
    let failed: BTreeMap<&str, (usize, usize)> =
        assessment.objectives.iter().map(|own| (own.id.as_str(), (own.tally.failed, own.tally.unknown))).collect();
    let mut silent = 0;
    for clause in report.frameworks.iter().flat_map(|own| &own.clauses) {
        let of = clause.objectives.iter().map(|own| failed[own.id.as_str()]);
        let (fails, untold) = of.fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
        let table = &clause.deviations;
        assert_eq!((table.total, table.unknown), (fails, untold), "{}", clause.id);
        assert_eq!(table.count.contains("deviation"), fails > 0, "{}: {}", clause.id, table.count);
        assert_eq!(table.count.contains("cannot be told"), untold > 0, "{}: {}", clause.id, table.count);
        silent += usize::from(fails == 0 && untold > 0);
    }
    assert!(silent > 0, "the sample has clauses of which the sources can only not tell");
    for framework in &report.frameworks {
        for worst in &framework.worst {
            let clause = framework.clauses.iter().find(|own| own.id == worst.id).unwrap();
            assert_eq!(worst.deviation_total, clause.deviations.total, "{}", worst.id);
        }
        assert!(framework.worst.windows(2).all(|pair| pair[0].deviation_total >= pair[1].deviation_total));
    }
    let clause = report.frameworks[0].clauses.iter().find(|own| own.id == "2.2.2").unwrap();
    assert_eq!(clause.deviations.count, "55 deviations; 38 cannot be told");
}

#[test]
fn a_partial_assessment_is_called_one_where_the_publisher_wants_it_said() {
    let mut assessment = quarter("2026-Q3").assessment.clone();
    let leads = |assessment: &Assessment| {
        let report = tickmark::report::build(assessment, crate::forms::wording());
        report.forms.into_iter().map(|own| (own.id, own.lead)).collect::<BTreeMap<String, String>>()
    };
    let said = leads(&assessment);
    assert!(said["findings-by-requirement"].contains("234 of 280 requirements are \"Not Tested\""), "{said:?}");
    assert!(
        said["findings-by-requirement"].contains("partial assessment") && !said["organizational-profile"].contains("partial assessment")
    );
    for clause in assessment.clauses.iter_mut().filter(|own| own.status.is_some()) {
        clause.status = Some(tickmark::base::Status::Satisfied);
    }
    assert!(!leads(&assessment)["findings-by-requirement"].contains("partial assessment"));
}

#[test]
fn a_classification_stands_in_the_record_and_in_the_report_and_is_under_the_root() {
    let (mut statements, files) = workspace(&[], "");
    let plain = assessed_from(&statements, &files).assessment;
    let text = String::from_utf8(statements.get("tickmark.yaml").unwrap().to_vec()).unwrap();
    statements.insert("tickmark.yaml", format!("{text}classification: Confidential\n"));
    let marked = assessed_from(&statements, &files).assessment;
    let report = |assessment: &Assessment| tickmark::report::build(assessment, crate::forms::wording());
    assert_eq!((report(&plain).classification.as_str(), report(&marked).classification.as_str()), ("", "Confidential"));
    assert_ne!(plain.root, marked.root);
    let page = tickmark::render::html::render(&report(&marked), &tickmark::io::embedded_templates()).unwrap();
    assert!(String::from_utf8(page).unwrap().contains("Confidential"));
}

#[test]
fn of_whom_the_same_was_observed_stand_in_one_row_and_nobody_is_lost() {
    let assessment = &quarter("2026-Q3").assessment;
    let report = tickmark::report::build(assessment, crate::forms::wording());
    let mut shared = 0;
    for objective in &report.objectives {
        let table = &objective.deviations;
        assert_eq!(table.rows.iter().map(|row| 1 + row.also.len()).sum::<usize>(), table.shown, "{}", objective.id);
        assert_eq!(table.note.is_empty(), table.shown == table.total + table.unknown, "{}", objective.id);
        let seen = &assessment.objectives.iter().find(|own| own.id == objective.id).unwrap().observations;
        for row in &table.rows {
            for subject in row.also.iter().map(|own| &own.subject).chain([&row.subject]) {
                let own = seen.iter().find(|own| own.subject == *subject && own.reason == row.reason).expect("it was observed so");
                assert_eq!(own.outcome.word(), row.outcome, "{subject}");
            }
            shared += row.also.len();
        }
        let says: Vec<_> = table.rows.iter().map(|row| (&row.outcome, &row.reason, &row.exception)).collect();
        assert!((1..says.len()).all(|at| !says[..at].contains(&says[at])), "{}", objective.id);
    }
    assert!(shared > 100, "{shared}");
}

#[test]
fn the_plan_of_action_is_numbered_in_the_order_of_its_deviations() {
    let report = tickmark::report::build(&quarter("2026-Q3").assessment, crate::forms::wording());
    let items = &report.plan.items;
    assert_eq!(items.iter().map(|own| own.number).collect::<Vec<_>>(), (1..=items.len()).collect::<Vec<_>>());
    assert!(items.windows(2).all(|pair| pair[0].deviations >= pair[1].deviations));
    assert!(items.iter().all(|own| !own.clauses_note.contains("1 frameworks")), "one framework is no frameworks");
}
