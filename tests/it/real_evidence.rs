//! Genuine exports of real tools, read in place where they are at hand: what claims each file, and how many records it
//! gives against a count that shares nothing with the readers. `cargo test real_evidence -- --nocapture` prints the table.

use std::collections::BTreeMap;
use std::process::Command;

use tickmark::base::Diagnostics;
use tickmark::evidence::{Artifact, ArtifactMeta, ArtifactState, Extent, Ledger, normalise};
use tickmark::pipeline::Workspace;

use crate::support::{controls, root, shared, workspace};

fn read_all() -> Option<Ledger> {
    let folder = shared("real-evidence")?;
    let (_, files) = tickmark::io::read_workspace(&folder).unwrap();
    let (mut statements, _) = workspace(&[], "");
    // Some of them say themselves that they are years old.
    let stated = statements.text("tickmark.yaml").unwrap().replace("2026-07-01", "2015-01-01");
    statements.insert("tickmark.yaml", stated);
    let mut diagnostics = Diagnostics::default();
    let workspace = Workspace::load(&statements, &files, controls(), &mut diagnostics).unwrap();
    // Local times need a stated zone.
    let path = "prowler/example-aws.csv".to_owned();
    let meta = ArtifactMeta { path: path.clone(), zone: Some("UTC".into()), ..ArtifactMeta::default() };
    let ledger = normalise(
        &files,
        &BTreeMap::from([(path, meta)]),
        &controls().adapters,
        &controls().tables,
        &workspace.frame,
        &mut diagnostics,
        |_| {},
    );
    assert!(!diagnostics.has_errors(), "{:#?}", diagnostics.sorted());
    Some(ledger)
}

/// Every file that one of our adapters must read.
const EXPECTED: &[(&str, &str)] = &[
    ("ad-ldap/principals.ldbsearch.ldif", "ad-ldif"),
    ("ad-ldap/service-accounts.ldapsearch.ldif", "ad-ldif"),
    ("aws-account-authorization-details/cloudsplaining-example.json", "aws-account-authorization-details"),
    ("aws-cli-examples/accessanalyzer-get-finding-v2.1.json", "aws-access-analyzer"),
    ("aws-cli-examples/accessanalyzer-list-findings-v2.1.json", "aws-access-analyzer"),
    ("aws-cli-examples/acm-list-certificates.1.json", "aws-acm-certificates"),
    ("aws-cli-examples/iam-get-access-key-last-used.1.json", "aws-access-key-last-used"),
    ("aws-cli-examples/iam-list-access-keys.1.json", "aws-access-keys"),
    ("aws-cli-examples/iam-list-service-specific-credentials.1.json", "aws-service-specific-credentials"),
    ("aws-cli-examples/iam-list-signing-certificates.1.json", "aws-signing-certificates"),
    ("aws-cli-examples/kms-get-key-rotation-status.1.json", "aws-kms-rotation"),
    ("aws-cli-examples/secretsmanager-list-secrets.1.json", "aws-secrets-manager"),
    ("aws-cli-examples/secretsmanager-list-secrets.2.json", "aws-secrets-manager"),
    ("aws-cli-examples/secretsmanager-list-secrets.3.json", "aws-secrets-manager"),
    ("aws-cloudtrail/218007301253_CloudTrail_us-east-1_20230710T1205Z_UljXNp9xLp8nsAGc.json", "aws-cloudtrail"),
    ("aws-cloudtrail/218007301253_CloudTrail_us-east-1_20230710T1210Z_QY5iPRtGUt0EpVaH.json", "aws-cloudtrail"),
    ("aws-cloudtrail/stratus-iam-create-admin-user.json", "aws-cloudtrail"),
    ("aws-cloudtrail/stratus-secretsmanager-retrieve-secrets.json", "aws-cloudtrail"),
    ("aws-iam-credential-report/aws-testbench.csv", "aws-credential-report"),
    ("aws-moto/acm-list-certificates.json", "aws-acm-certificates"),
    ("aws-moto/credential-report.csv", "aws-credential-report"),
    ("aws-moto/get-access-key-last-used.json", "aws-access-key-last-used"),
    ("aws-moto/get-credential-report.json", "aws-credential-report"),
    ("aws-moto/iam-list-server-certificates.json", "aws-server-certificates"),
    ("aws-moto/list-access-keys.json", "aws-access-keys"),
    ("aws-moto/secretsmanager-list-secrets.iso8601.json", "aws-secrets-manager"),
    ("aws-moto/secretsmanager-list-secrets.json", "aws-secrets-manager"),
    ("azure-entra-access-review/access-package-assignment-requests.json", "entra-access-requests"),
    ("azure-entra-access-review/access-package-assignments.json", "entra-access-assignments"),
    ("azure-entra/graph-applications.json", "entra-applications"),
    ("azure-entra/graph-service-principals.page.json", "entra-service-principals"),
    ("azure-key-vault/secrets.json", "azure-key-vault-secrets"),
    ("cyberark/accounts.csv", "cyberark-accounts"),
    ("cyberark/safe-members.csv", "cyberark-safe-members"),
    ("detect-secrets/many-findings.baseline.json", "detect-secrets"),
    ("detect-secrets/real-run.baseline.json", "detect-secrets"),
    ("gcp-cloud-asset/search-all-iam-policies.json", "gcp-asset-policies"),
    ("gcp-secret-manager/secrets.json", "gcp-secret-manager"),
    ("gcp-service-accounts/gcpdiag-gke2-iam-policy.json", "gcp-iam-policy"),
    ("gcp-service-accounts/gcpdiag-gke2-iam-service-accounts.json", "gcp-service-accounts"),
    ("gcp-service-accounts/service-account-keys-list.json", "gcp-service-account-keys"),
    ("gcp-service-accounts/service-accounts-list.json", "gcp-service-accounts"),
    ("ggshield/many.json", "ggshield"),
    ("github-actions-secrets/org-secrets.json", "github-actions-secrets"),
    ("github-apps/org-installations.json", "github-app-installations"),
    ("github-audit-log/ocsf-examples-api-activity.raw.json", "github-audit-log"),
    ("github-rest-examples/audit-log.json", "github-audit-log"),
    ("github-rest-examples/credential-authorization-items.json", "github-credential-authorizations"),
    ("github-rest-examples/deploy-key-items.json", "github-deploy-keys"),
    ("github-rest-examples/installation-paginated.json", "github-app-installations"),
    ("github-rest-examples/org-pat-grant-paginated.json", "github-personal-access-tokens"),
    ("github-rest-examples/organization-actions-secret-paginated.json", "github-actions-secrets"),
    ("github-rest-examples/organization-secret-scanning-alert-list.json", "github-secret-scanning"),
    ("github-rest-examples/secret-scanning-alert-list.json", "github-secret-scanning"),
    ("github-secret-scanning/defectdojo-alerts.json", "github-secret-scanning"),
    ("gitlab-secret-detection/report-v15.json", "gitlab-secret-detection"),
    ("gitleaks/gitleaks7.json", "gitleaks-v7"),
    ("gitleaks/gitleaks7.sarif", "sarif-secrets"),
    ("gitleaks/gitleaks8.json", "gitleaks"),
    ("jira/go-jira-issues.json", "jira-rest"),
    ("jira/jira-cloud-v3-search.json", "jira-rest"),
    ("k8s-audit/audit2rbac-demo.log", "k8s-audit"),
    ("k8s-rbac/clusterrolebindings.json", "k8s-role-bindings"),
    ("k8s-rbac/openshift-clusterrolebinding-scc-privileged.json", "k8s-role-bindings"),
    ("k8s-rbac/rolebindings-kube-public.json", "k8s-role-bindings"),
    ("k8s-serviceaccounts/openshift-insights-serviceaccounts.json", "openshift-insights-accounts"),
    ("k8s-serviceaccounts/serviceaccounts-default.json", "k8s-service-accounts"),
    ("kubescape/results.json", "kubescape"),
    ("legitify/many.json", "legitify"),
    ("ocsf/okta-account-change.raw.json", "okta-system-log"),
    ("okta/apps.json", "okta-apps"),
    ("openssl-ca/inventory-bundle.pem", "x509-pem"),
    ("prowler/example-aws.csv", "prowler-csv"),
    ("prowler/example-aws.ocsf.json", "ocsf-findings"),
    ("prowler/example-kubernetes.ocsf.json", "ocsf-findings"),
    ("sarif/checkov.sarif", "sarif-posture"),
    ("servicenow/incidents.json", "servicenow"),
    ("spire/entries.json", "spire-entries"),
    ("spire/valid-registration-entries.json", "spire-entries"),
    ("trufflehog/v3-git.jsonl", "trufflehog"),
    ("trufflehog/v3-github.jsonl", "trufflehog"),
    ("trufflehog3/real-run.json", "trufflehog3"),
    ("vault-audit/tallen-audit.json", "vault-audit"),
    ("x509/badssl-subdomain-no-subject.pem", "x509-pem"),
    ("x509/badssl-wildcard-expired.pem", "x509-pem"),
    ("x509/debian-ca-certificates.crt", "x509-pem"),
    ("x509/spire-mixed-bundle.pem", "x509-pem"),
];

/// Every other file, with the reason why nothing reads it.
const NOT_READ: &[(&str, &str)] = &[
    ("SOURCES.tsv", "the list of these files"),
    ("aws-cli-examples/acm-list-certificates.2.json", "no valid JSON as published: a string goes on over a line end"),
    ("aws-cli-examples/iam-get-credential-report.1.json", "as published it has no Content, so that there is no report in it"),
    ("aws-cli-examples/iam-get-service-last-accessed-details.1.json", "no valid JSON as published: a trailing comma"),
    (
        "azure-entra/scubagear-provider-settings-export.json",
        "the input of a posture tool: dozens of reports of many services in one object",
    ),
    ("azure-entra/scubagear-service-principals.utf16.json", "the test data of a posture tool, in a shape of its own"),
    ("cerbos/AccessLogEntry.schema.json", "a schema and no evidence"),
    ("cerbos/DecisionLogEntry.schema.json", "a schema and no evidence"),
    ("gcp-cloud-asset/policy-library-sa-key-age.json", "an inventory of Cloud Asset; keys are read from the list of the IAM interface"),
    ("gcp-cloud-asset/policy-library-sa-key-type.json", "an inventory of Cloud Asset; keys are read from the list of the IAM interface"),
    ("k8s-rbac/openshift-clusterrole-admin.json", "the rules of one role; bindings are read, and of roles only their names"),
    ("ocsf/okta-account-change.ocsf.json", "an OCSF event of another class than findings; the log is read as Okta writes it"),
    ("okta-system-log/okta-log-fields.csv", "a list of the fields of a log and no evidence"),
    ("openssl-ca/crl.pem", "a list of revoked certificates and no certificate"),
    ("openssl-ca/index.txt", "the database of a certificate authority; the certificates themselves are read"),
    ("opentelemetry/logs.json", "an envelope of the transport; what it carries is read as its source writes it"),
];

/// How many records each file holds, counted by a script that shares nothing with the readers. Nothing where there is no Python.
fn counted() -> Option<BTreeMap<String, usize>> {
    let script = root().join("tests/conformance/count_real_evidence.py");
    let Ok(output) = Command::new("python3").arg(script).arg(shared("real-evidence")?).output() else {
        eprintln!("skipped: there is no python3 here, so the records are not counted a second time");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| line.split_once('\t').unwrap()).map(|(path, count)| (path.to_owned(), count.parse().unwrap())).collect())
}

#[test]
fn genuine_exports_are_claimed_by_the_right_adapter_and_read_whole() {
    let (Some(ledger), Some(counted)) = (read_all(), counted()) else { return };
    let mut wrong = Vec::new();
    println!("{:<88} {:<34} {:>5} {:>5} {:>8} {:>7}", "file", "adapter", "read", "kept", "rejected", "counted");
    for (path, adapter) in EXPECTED {
        let artifact: &Artifact = &ledger.artifacts[*path];
        let count = counted.get(*path).copied();
        let shown = count.map_or("no rule".to_owned(), |count| count.to_string());
        println!("{path:<88} {adapter:<34} {:>5} {:>5} {:>8} {shown:>7}", artifact.read, artifact.kept, artifact.rejected);
        let right = artifact.state == ArtifactState::Used && artifact.adapter.as_deref() == Some(*adapter);
        if !right || artifact.kept == 0 || artifact.rejected > 0 || Some(artifact.read) != count {
            wrong.push(format!(
                "{path}: {:?} by {:?} ({}), read {}, counted {shown}, rejected {:?}",
                artifact.state, artifact.adapter, artifact.note, artifact.read, artifact.rejections
            ));
        }
    }
    for (path, reason) in NOT_READ {
        println!("{path:<88} not read: {reason}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_genuine_file_is_either_read_or_explained() {
    let Some(ledger) = read_all() else { return };
    let (read, not_read): (Vec<&str>, Vec<&str>) =
        (EXPECTED.iter().map(|(path, _)| *path).collect(), NOT_READ.iter().map(|(path, _)| *path).collect());
    let mut listed: Vec<&str> = read.iter().chain(&not_read).copied().collect();
    listed.sort_unstable();
    let found: Vec<&str> = ledger.artifacts.keys().map(String::as_str).collect();
    assert_eq!(found, listed, "each file stands in exactly one of the two lists");
    for path in not_read {
        let artifact = &ledger.artifacts[path];
        assert!(artifact.state != ArtifactState::Used, "{path} is claimed by {:?}", artifact.adapter);
        assert!(!artifact.note.is_empty(), "{path}");
    }
}

/// The hole in the page must be seen: the page of service principals goes on, and the file says so.
#[test]
fn a_genuine_page_that_goes_on_is_told_to_be_cut() {
    let Some(ledger) = read_all() else { return };
    assert_eq!(ledger.artifacts["azure-entra/graph-service-principals.page.json"].extent, Extent::Incomplete);
    let whole = [
        "aws-account-authorization-details/cloudsplaining-example.json",
        "aws-moto/get-credential-report.json",
        "azure-entra/graph-applications.json",
    ];
    for path in whole {
        assert_eq!(ledger.artifacts[path].extent, Extent::Complete, "{path}: {}", ledger.artifacts[path].extent_because);
    }
}
