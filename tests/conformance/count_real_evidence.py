#!/usr/bin/env python3
"""Counts the records of genuine exports, apart from Tickmark: nothing but the modules json, csv, re, gzip and base64.

usage: count_real_evidence.py FOLDER

Prints one line for each file that a rule below knows: its path, a tab, how many records it holds. A record is what the book's page of
the adapter calls one: a user, a key, an event, a finding, and each entry of a list that stands within one, such as a tag or a permission.
A file of which no rule speaks is not printed.
"""

import base64
import csv
import fnmatch
import gzip
import io
import json
import os
import re
import sys


def text_of(path):
    data = open(path, "rb").read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if data.startswith(mark):
            return data.decode(name)
    return data.decode("utf-8")


def documents(text):
    """All JSON documents of a text, whatever stands between them."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return found
        value, at = decoder.raw_decode(text, at)
        found.append(value)


def items(text, *names):
    """The records of lists: documents that are lists, or that have a list under one of these names."""
    found = []
    for document in documents(text):
        if isinstance(document, list):
            found += document
        else:
            lists = [document[name] for name in names if name in document]
            found += lists[0] if lists else [document]
    return found


def under(*names):
    return lambda text: len(items(text, *names))


def rows(separator=","):
    def count(text):
        records = [record for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if record]
        return len(records) - 1

    return count


def as_list(value):
    return value if isinstance(value, list) else [value]


def authorization_details(text):
    (whole,) = documents(text)
    users, groups, roles = whole["UserDetailList"], whole["GroupDetailList"], whole["RoleDetailList"]
    count = len(users) + len(groups) + len(roles)
    for holder in users + groups + roles:
        for name in ("UserPolicyList", "GroupPolicyList", "RolePolicyList"):
            for policy in holder.get(name, []):
                count += 1 + len(as_list(policy["PolicyDocument"]["Statement"]))
        count += len(holder["AttachedManagedPolicies"])
    for holder in users + roles:
        count += len(holder.get("Tags", []))
    for user in users:
        count += len(user["GroupList"])
    for role in roles:
        for statement in as_list(role["AssumeRolePolicyDocument"]["Statement"]):
            count += 1
            principals = statement.get("Principal", {})
            if isinstance(principals, dict):
                count += sum(len(as_list(one)) for one in principals.values())
    for policy in whole["Policies"]:
        for version in policy["PolicyVersionList"]:
            count += len(as_list(version["Document"]["Statement"]))
    return count


def credential_report(text):
    (answer,) = documents(text)
    return rows()(base64.b64decode(answer["Content"]).decode("utf-8"))


def applications(text):
    apps = items(text, "value")
    return len(apps) + sum(len(app["passwordCredentials"]) + len(app["keyCredentials"]) for app in apps)


def members(bindings):
    return sum(len(binding["members"]) for binding in bindings)


def installations(text):
    apps = items(text, "installations")
    return len(apps) + sum(len(app["permissions"]) for app in apps)


def secret_lists(text):
    secrets = items(text, "SecretList")
    return len(secrets) + sum(len(secret.get("Tags", [])) for secret in secrets)


def role_bindings(text):
    bindings = items(text, "items")
    return len(bindings) + sum(len(binding.get("subjects") or []) for binding in bindings)


def service_accounts(text):
    accounts = items(text, "items")
    notes = [account["metadata"].get(name) or {} for account in accounts for name in ("annotations", "labels")]
    return len(accounts) + sum(map(len, notes))


def ldif(text):
    """Accounts are entries with a name, an SID and account flags; each group of an account or group is a record of its own."""
    lines = [line for line in re.sub(r"\r?\n ", "", text).splitlines() if not line.startswith("#")]
    count = 0
    for entry in re.split(r"\n\s*\n", "\n".join(lines)):
        names = [line.split(":", 1)[0].lower() for line in entry.splitlines() if ":" in line]
        if "samaccountname" in names and "objectsid" in names:
            count += ("useraccountcontrol" in names) + names.count("memberof")
    return count


def certificates(text):
    return len(re.findall(r"^-----BEGIN (?:TRUSTED )?CERTIFICATE-----", text, re.M))


def violations(text):
    (report,) = documents(text)
    return sum(len(policy["violations"] or []) for policy in report["content"].values())


def occurrences(text):
    (report,) = documents(text)
    entities = [entity for scan in report["scans"] for entity in scan.get("entities_with_incidents", [])]
    return sum(len(incident["occurrences"]) for entity in entities for incident in entity["incidents"])


RULES = [
    ("ad-ldap/*.ldif", ldif),
    ("aws-account-authorization-details/*.json", authorization_details),
    ("aws-cli-examples/accessanalyzer-*.json", under("findings")),
    ("aws-cli-examples/acm-list-certificates.1.json", under("CertificateSummaryList")),
    ("aws-cli-examples/iam-get-access-key-last-used.1.json", under()),
    ("aws-cli-examples/iam-list-access-keys.1.json", under("AccessKeyMetadata")),
    ("aws-cli-examples/iam-list-service-specific-credentials.1.json", under("ServiceSpecificCredentials")),
    ("aws-cli-examples/iam-list-signing-certificates.1.json", under("Certificates")),
    ("aws-cli-examples/kms-get-key-rotation-status.1.json", under()),
    ("aws-cli-examples/secretsmanager-list-secrets.*.json", secret_lists),
    ("aws-cloudtrail/*.json", under("Records")),
    ("aws-iam-credential-report/*.csv", rows()),
    ("aws-moto/acm-list-certificates.json", under("CertificateSummaryList")),
    ("aws-moto/credential-report.csv", rows()),
    ("aws-moto/get-access-key-last-used.json", under()),
    ("aws-moto/get-credential-report.json", credential_report),
    ("aws-moto/iam-list-server-certificates.json", under("ServerCertificateMetadataList")),
    ("aws-moto/list-access-keys.json", under("AccessKeyMetadata")),
    ("aws-moto/secretsmanager-list-secrets*.json", secret_lists),
    ("azure-entra-access-review/*.json", under("value")),
    ("azure-entra/graph-*.json", applications),
    ("azure-key-vault/secrets.json", under("value")),
    ("cyberark/*.csv", rows()),
    ("detect-secrets/*.json", lambda text: sum(map(len, documents(text)[0]["results"].values()))),
    ("gcp-cloud-asset/search-all-iam-policies.json", lambda text: sum(members(one["policy"]["bindings"]) for one in items(text, "results"))),
    ("gcp-secret-manager/secrets.json", under("secrets")),
    ("gcp-service-accounts/*-iam-policy.json", lambda text: members(documents(text)[0]["bindings"])),
    ("gcp-service-accounts/*-iam-service-accounts.json", under("accounts")),
    ("gcp-service-accounts/service-account-keys-list.json", under("keys")),
    ("gcp-service-accounts/service-accounts-list.json", under("accounts")),
    ("ggshield/*.json", occurrences),
    ("github-actions-secrets/*.json", under("secrets")),
    ("github-apps/*.json", installations),
    ("github-audit-log/*.json", under()),
    ("github-rest-examples/installation-paginated.json", installations),
    ("github-rest-examples/organization-actions-secret-paginated.json", under("secrets")),
    ("github-rest-examples/*.json", under()),
    ("github-secret-scanning/*.json", under()),
    ("gitlab-secret-detection/*.json", under("vulnerabilities")),
    ("gitleaks/*.json", under()),
    ("*.sarif", lambda text: sum(len(run["results"]) for run in documents(text)[0]["runs"])),
    ("jira/*.json", under("issues")),
    ("k8s-audit/*.log", under("items")),
    ("k8s-rbac/*bindings*.json", role_bindings),
    ("k8s-rbac/openshift-clusterrolebinding-*.json", role_bindings),
    ("k8s-serviceaccounts/openshift-insights-*.json", lambda text: sum(map(len, documents(text)[0]["serviceAccounts"]["namespaces"].values()))),
    ("k8s-serviceaccounts/serviceaccounts-*.json", service_accounts),
    ("kubescape/*.json", lambda text: sum(len(one["controls"]) for one in documents(text)[0]["results"])),
    ("legitify/*.json", violations),
    ("ocsf/okta-account-change.raw.json", under()),
    ("okta/apps.json", under()),
    ("openssl-ca/inventory-bundle.pem", certificates),
    ("prowler/*.csv", rows(";")),
    ("prowler/*.ocsf.json", under()),
    ("servicenow/*.json", under("result")),
    ("spire/*.json", under("entries")),
    ("trufflehog/*.jsonl", under()),
    ("trufflehog3/*.json", under()),
    ("vault-audit/*.json", under()),
    ("x509/*", certificates),
]


def main(folder):
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.relpath(os.path.join(root, name), folder).replace(os.sep, "/")
            rule = next((rule for pattern, rule in RULES if fnmatch.fnmatch(path, pattern)), None)
            if rule:
                print(f"{path}\t{rule(text_of(os.path.join(root, name)))}")


if __name__ == "__main__":
    main(sys.argv[1])
