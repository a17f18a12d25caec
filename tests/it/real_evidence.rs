//! Genuine exports of real tools, read in place where they are at hand: what claims each file and how many rows it gives.

use std::collections::BTreeMap;

use tickmark::base::Diagnostics;
use tickmark::evidence::{Artifact, ArtifactMeta, ArtifactState, Ledger, normalise};
use tickmark::pipeline::Workspace;

use crate::support::{controls, shared, workspace};

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

/// Every file that one of our adapters must read, with what the file itself holds.
const EXPECTED: &[(&str, &str, usize, usize)] = &[
    // path, adapter, records kept (0: not counted here), records rejected
    ("ad-ldap/principals.ldbsearch.ldif", "ad-ldif", 36, 0),
    ("ad-ldap/service-accounts.ldapsearch.ldif", "ad-ldif", 13, 0),
    ("aws-account-authorization-details/cloudsplaining-example.json", "aws-account-authorization-details", 0, 0),
    ("aws-cli-examples/accessanalyzer-get-finding-v2.1.json", "aws-access-analyzer", 1, 0),
    ("aws-cli-examples/accessanalyzer-list-findings-v2.1.json", "aws-access-analyzer", 2, 0),
    ("aws-cli-examples/acm-list-certificates.1.json", "aws-acm-certificates", 2, 0),
    ("aws-cli-examples/iam-get-access-key-last-used.1.json", "aws-access-key-last-used", 1, 0),
    ("aws-cli-examples/iam-list-access-keys.1.json", "aws-access-keys", 2, 0),
    ("aws-cli-examples/iam-list-service-specific-credentials.1.json", "aws-service-specific-credentials", 2, 0),
    ("aws-cli-examples/iam-list-signing-certificates.1.json", "aws-signing-certificates", 1, 0),
    ("aws-cli-examples/kms-get-key-rotation-status.1.json", "aws-kms-rotation", 1, 0),
    ("aws-cli-examples/secretsmanager-list-secrets.1.json", "aws-secrets-manager", 2, 0),
    ("aws-cli-examples/secretsmanager-list-secrets.2.json", "aws-secrets-manager", 1, 0),
    ("aws-cli-examples/secretsmanager-list-secrets.3.json", "aws-secrets-manager", 3, 0),
    ("aws-cloudtrail/218007301253_CloudTrail_us-east-1_20230710T1205Z_UljXNp9xLp8nsAGc.json", "aws-cloudtrail", 55, 0),
    ("aws-cloudtrail/218007301253_CloudTrail_us-east-1_20230710T1210Z_QY5iPRtGUt0EpVaH.json", "aws-cloudtrail", 69, 0),
    ("aws-cloudtrail/stratus-iam-create-admin-user.json", "aws-cloudtrail", 3, 0),
    ("aws-cloudtrail/stratus-secretsmanager-retrieve-secrets.json", "aws-cloudtrail", 21, 0),
    ("aws-iam-credential-report/aws-testbench.csv", "aws-credential-report", 0, 0),
    ("aws-moto/acm-list-certificates.json", "aws-acm-certificates", 3, 0),
    ("aws-moto/credential-report.csv", "aws-credential-report", 45, 0),
    ("aws-moto/get-access-key-last-used.json", "aws-access-key-last-used", 38, 0),
    ("aws-moto/get-credential-report.json", "aws-credential-report", 45, 0),
    ("aws-moto/iam-list-server-certificates.json", "aws-server-certificates", 3, 0),
    ("aws-moto/list-access-keys.json", "aws-access-keys", 38, 0),
    ("aws-moto/secretsmanager-list-secrets.iso8601.json", "aws-secrets-manager", 60, 0),
    ("aws-moto/secretsmanager-list-secrets.json", "aws-secrets-manager", 60, 0),
    ("azure-entra-access-review/access-package-assignment-requests.json", "entra-access-requests", 8, 0),
    ("azure-entra-access-review/access-package-assignments.json", "entra-access-assignments", 6, 0),
    ("azure-entra/graph-applications.json", "entra-applications", 6, 0),
    ("azure-entra/graph-service-principals.page.json", "entra-service-principals", 110, 0),
    ("azure-key-vault/secrets.json", "azure-key-vault-secrets", 2, 0),
    ("cyberark/accounts.csv", "cyberark-accounts", 10, 0),
    ("cyberark/safe-members.csv", "cyberark-safe-members", 3, 0),
    ("detect-secrets/many-findings.baseline.json", "detect-secrets", 0, 0),
    ("detect-secrets/real-run.baseline.json", "detect-secrets", 0, 0),
    ("gcp-cloud-asset/search-all-iam-policies.json", "gcp-asset-policies", 87, 0),
    ("gcp-secret-manager/secrets.json", "gcp-secret-manager", 2, 0),
    ("gcp-service-accounts/gcpdiag-gke2-iam-policy.json", "gcp-iam-policy", 45, 0),
    ("gcp-service-accounts/gcpdiag-gke2-iam-service-accounts.json", "gcp-service-accounts", 10, 0),
    ("gcp-service-accounts/service-account-keys-list.json", "gcp-service-account-keys", 12, 0),
    ("gcp-service-accounts/service-accounts-list.json", "gcp-service-accounts", 7, 0),
    ("ggshield/many.json", "ggshield", 2, 0),
    ("github-actions-secrets/org-secrets.json", "github-actions-secrets", 4, 0),
    ("github-apps/org-installations.json", "github-app-installations", 118, 0),
    ("github-audit-log/ocsf-examples-api-activity.raw.json", "github-audit-log", 1, 0),
    ("github-rest-examples/audit-log.json", "github-audit-log", 3, 0),
    ("github-rest-examples/credential-authorization-items.json", "github-credential-authorizations", 5, 0),
    ("github-rest-examples/deploy-key-items.json", "github-deploy-keys", 1, 0),
    ("github-rest-examples/installation-paginated.json", "github-app-installations", 5, 0),
    ("github-rest-examples/org-pat-grant-paginated.json", "github-personal-access-tokens", 1, 0),
    ("github-rest-examples/organization-actions-secret-paginated.json", "github-actions-secrets", 3, 0),
    ("github-rest-examples/organization-secret-scanning-alert-list.json", "github-secret-scanning", 1, 0),
    ("github-rest-examples/secret-scanning-alert-list.json", "github-secret-scanning", 1, 0),
    ("github-secret-scanning/defectdojo-alerts.json", "github-secret-scanning", 3, 0),
    ("gitlab-secret-detection/report-v15.json", "gitlab-secret-detection", 3, 0),
    ("gitleaks/gitleaks7.json", "gitleaks-v7", 0, 0),
    ("gitleaks/gitleaks7.sarif", "sarif-secrets", 8, 0),
    ("gitleaks/gitleaks8.json", "gitleaks", 0, 0),
    ("jira/go-jira-issues.json", "jira-rest", 1, 0),
    ("jira/jira-cloud-v3-search.json", "jira-rest", 5, 0),
    ("k8s-audit/audit2rbac-demo.log", "k8s-audit", 37, 0),
    ("k8s-rbac/clusterrolebindings.json", "k8s-role-bindings", 0, 0),
    ("k8s-rbac/openshift-clusterrolebinding-scc-privileged.json", "k8s-role-bindings", 0, 0),
    ("k8s-rbac/rolebindings-kube-public.json", "k8s-role-bindings", 0, 0),
    ("k8s-serviceaccounts/openshift-insights-serviceaccounts.json", "openshift-insights-accounts", 352, 0),
    ("k8s-serviceaccounts/serviceaccounts-default.json", "k8s-service-accounts", 0, 0),
    ("kubescape/results.json", "kubescape", 20, 0),
    ("legitify/many.json", "legitify", 27, 0),
    ("ocsf/okta-account-change.raw.json", "okta-system-log", 1, 0),
    ("okta/apps.json", "okta-apps", 3, 0),
    ("openssl-ca/inventory-bundle.pem", "x509-pem", 16, 0),
    ("prowler/example-aws.csv", "prowler-csv", 4, 0),
    ("prowler/example-aws.ocsf.json", "ocsf-findings", 5, 0),
    ("prowler/example-kubernetes.ocsf.json", "ocsf-findings", 6, 0),
    ("sarif/checkov.sarif", "sarif-posture", 13, 0),
    ("servicenow/incidents.json", "servicenow", 67, 0),
    ("spire/entries.json", "spire-entries", 5, 0),
    ("spire/valid-registration-entries.json", "spire-entries", 5, 0),
    ("trufflehog/v3-git.jsonl", "trufflehog", 4, 0),
    ("trufflehog/v3-github.jsonl", "trufflehog", 4, 0),
    ("trufflehog3/real-run.json", "trufflehog3", 0, 0),
    ("vault-audit/tallen-audit.json", "vault-audit", 12, 0),
    ("x509/badssl-subdomain-no-subject.pem", "x509-pem", 0, 0),
    ("x509/badssl-wildcard-expired.pem", "x509-pem", 0, 0),
    ("x509/debian-ca-certificates.crt", "x509-pem", 0, 0),
    ("x509/spire-mixed-bundle.pem", "x509-pem", 0, 0),
];

#[test]
fn genuine_exports_are_claimed_by_the_right_adapter() {
    let Some(ledger) = read_all() else { return };
    let mut wrong = Vec::new();
    for (path, adapter, kept, rejected) in EXPECTED {
        let artifact: &Artifact = &ledger.artifacts[*path];
        let told = || {
            format!(
                "{path}: {:?} by {:?} ({}), kept {}, rejected {:?}",
                artifact.state, artifact.adapter, artifact.note, artifact.kept, artifact.rejections
            )
        };
        if artifact.state != ArtifactState::Used || artifact.adapter.as_deref() != Some(*adapter) || artifact.rejected != *rejected {
            wrong.push(told());
        }
        if (*kept > 0 && artifact.kept != *kept) || artifact.kept == 0 {
            wrong.push(told());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_else_is_claimed_by_mistake() {
    let Some(ledger) = read_all() else { return };
    let expected: Vec<&str> = EXPECTED.iter().map(|(path, ..)| *path).collect();
    // The same exports once more under another name, which are told to be the same bytes.
    for artifact in ledger.artifacts.values().filter(|artifact| artifact.state == ArtifactState::Used) {
        assert!(expected.contains(&artifact.path.as_str()), "{} is claimed by {:?}", artifact.path, artifact.adapter);
    }
    for artifact in ledger.artifacts.values() {
        assert!(!artifact.note.is_empty(), "{}", artifact.path);
    }
}

#[test]
fn every_certificate_of_a_bundle_is_counted() {
    let Some(ledger) = read_all() else { return };
    let folder = shared("real-evidence").unwrap();
    for path in [
        "x509/debian-ca-certificates.crt",
        "x509/badssl-wildcard-expired.pem",
        "openssl-ca/inventory-bundle.pem",
        "x509/spire-mixed-bundle.pem",
    ] {
        let text = std::fs::read_to_string(folder.join(path)).unwrap();
        let blocks = text.matches("-----BEGIN CERTIFICATE-----").count();
        assert_eq!(ledger.artifacts[path].kept, blocks, "{path}: {:?}", ledger.artifacts[path].rejections);
    }
}
