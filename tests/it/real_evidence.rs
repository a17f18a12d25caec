//! Genuine exports of real tools, read in place where they are at hand: what claims each file and how many rows it gives.

use std::collections::BTreeMap;

use tickmark::base::Diagnostics;
use tickmark::evidence::{Artifact, ArtifactState, Ledger, normalise};
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
    let ledger = normalise(&files, &BTreeMap::new(), &controls().adapters, &controls().tables, &workspace.frame, &mut diagnostics, |_| {});
    assert!(!diagnostics.has_errors(), "{:#?}", diagnostics.sorted());
    Some(ledger)
}

/// Every file that one of our adapters must read, with what the file itself holds.
const EXPECTED: &[(&str, &str, usize, usize)] = &[
    // path, adapter, records kept (0: not counted here), records rejected
    ("aws-iam-credential-report/aws-testbench.csv", "aws-credential-report", 0, 0),
    ("aws-moto/credential-report.csv", "aws-credential-report", 45, 0),
    ("aws-account-authorization-details/cloudsplaining-example.json", "aws-account-authorization-details", 0, 0),
    ("aws-moto/list-access-keys.json", "aws-access-keys", 38, 0),
    ("aws-cli-examples/iam-list-access-keys.1.json", "aws-access-keys", 2, 0),
    ("detect-secrets/many-findings.baseline.json", "detect-secrets", 0, 0),
    ("detect-secrets/real-run.baseline.json", "detect-secrets", 0, 0),
    ("azure-entra/graph-applications.json", "entra-applications", 6, 0),
    ("azure-entra/graph-service-principals.page.json", "entra-service-principals", 110, 0),
    ("gcp-service-accounts/gcpdiag-gke2-iam-policy.json", "gcp-iam-policy", 45, 0),
    ("gcp-service-accounts/gcpdiag-gke2-iam-service-accounts.json", "gcp-service-accounts", 10, 0),
    ("gcp-service-accounts/service-account-keys-list.json", "gcp-service-account-keys", 12, 0),
    ("gcp-service-accounts/service-accounts-list.json", "gcp-service-accounts", 7, 0),
    ("github-rest-examples/deploy-key-items.json", "github-deploy-keys", 1, 0),
    ("github-rest-examples/organization-secret-scanning-alert-list.json", "github-secret-scanning", 1, 0),
    ("github-rest-examples/secret-scanning-alert-list.json", "github-secret-scanning", 1, 0),
    ("github-secret-scanning/defectdojo-alerts.json", "github-secret-scanning", 3, 0),
    ("gitleaks/gitleaks7.json", "gitleaks-v7", 0, 0),
    ("gitleaks/gitleaks7.sarif", "sarif-secrets", 8, 0),
    ("gitleaks/gitleaks8.json", "gitleaks", 0, 0),
    ("k8s-rbac/clusterrolebindings.json", "k8s-role-bindings", 0, 0),
    ("k8s-rbac/rolebindings-kube-public.json", "k8s-role-bindings", 0, 0),
    ("k8s-rbac/openshift-clusterrolebinding-scc-privileged.json", "k8s-role-bindings", 0, 0),
    ("k8s-serviceaccounts/serviceaccounts-default.json", "k8s-service-accounts", 0, 0),
    ("openssl-ca/inventory-bundle.pem", "x509-pem", 16, 0),
    ("spire/entries.json", "spire-entries", 5, 0),
    ("spire/valid-registration-entries.json", "spire-entries", 5, 0),
    ("trufflehog/v3-git.jsonl", "trufflehog", 4, 0),
    ("trufflehog/v3-github.jsonl", "trufflehog", 4, 0),
    ("trufflehog3/real-run.json", "trufflehog3", 0, 0),
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
