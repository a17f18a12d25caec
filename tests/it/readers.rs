//! Every shape of file and every source without a genuine export at hand: what is read from it, value by value.

use std::io::Write as _;

use base64::Engine as _;
use tickmark::base::{Cell, Diagnostics};
use tickmark::evidence::{Artifact, ArtifactState, Ledger, normalise};
use tickmark::pipeline::Workspace;

use crate::support::{assert_no_errors, controls, workspace};

const BUNDLE: &str = include_str!("../../evidence-samples/nordhavn-pay/2026-Q3/pki/inventory-bundle.pem");

fn read(bytes: &[u8], artifacts: &str) -> (Artifact, Ledger) {
    let (statements, files) = workspace(&[("file", bytes)], artifacts);
    let mut diagnostics = Diagnostics::default();
    let workspace = Workspace::load(&statements, &files, controls(), &mut diagnostics).expect("a usable workspace");
    let tables =
        controls().tables.iter().filter(|(_, table)| table.derivation.is_none()).map(|(name, table)| (name.clone(), table.clone()));
    let (adapters, frame) = (&controls().adapters, &workspace.frame);
    let ledger = normalise(&files, &workspace.metas, adapters, &tables.collect(), frame, &mut diagnostics, |_| {});
    assert_no_errors(diagnostics);
    (ledger.artifacts["file"].clone(), ledger)
}

/// The rows of a table, the asked columns of each joined by bars; a missing value is empty.
fn rows(ledger: &Ledger, table: &str, columns: &[&str]) -> Vec<String> {
    let table = ledger.table(table);
    let mut rows: Vec<String> = (0..table.len())
        .map(|row| {
            let cells = columns.iter().map(|column| match table.cell(row, column) {
                Cell::Missing => String::new(),
                Cell::Text(text) => text.to_owned(),
                Cell::Integer(number) => number.to_string(),
                Cell::Boolean(flag) => flag.to_string(),
                Cell::Instant(micros) => tickmark::base::Instant::from_micros(micros).unwrap().to_string(),
            });
            cells.collect::<Vec<_>>().join("|")
        })
        .collect();
    rows.sort();
    rows
}

fn used(bytes: &[u8], adapter: &str) -> Ledger {
    let (artifact, ledger) = read(bytes, "artifacts:\n  - {path: file, instance: here, zone: Europe/Copenhagen}\n");
    assert_eq!(artifact.state, ArtifactState::Used, "{adapter}: {}", artifact.note);
    assert_eq!(artifact.adapter.as_deref(), Some(adapter), "{}", artifact.note);
    assert_eq!(artifact.rejected, 0, "{adapter}: {:?}", artifact.rejections);
    assert_eq!(artifact.read, artifact.kept, "kept and rejected are all that was read");
    ledger
}

#[test]
fn one_log_in_every_wrapping_gives_the_same_events() {
    let event = |number: u32| {
        serde_json::json!({
            "eventID": format!("e-{number}"), "eventTime": "2026-07-03T08:00:00Z", "eventSource": "s3.amazonaws.com", "eventName": "GetObject",
            "userIdentity": {
                "type": "AssumedRole", "arn": "arn:aws:sts::210987654321:assumed-role/loader/run-1", "accessKeyId": "ASIAEXAMPLE",
                "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::210987654321:role/batch/loader"}},
            },
            "errorCode": if number == 2 { "AccessDenied".into() } else { serde_json::Value::Null },
        })
    };
    let events: Vec<serde_json::Value> = (1..=3).map(event).collect();
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let concatenated: String = events.iter().map(|event| serde_json::to_string_pretty(event).unwrap()).collect();
    let wrapper = serde_json::json!({"Records": events}).to_string();
    let gz = |parts: &[&str]| {
        parts
            .iter()
            .flat_map(|part| {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(part.as_bytes()).unwrap();
                encoder.finish().unwrap()
            })
            .collect::<Vec<u8>>()
    };
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(wrapper.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let (first, rest) = lines.split_at(lines.find('\n').unwrap() + 1);
    let shapes: Vec<(&str, Vec<u8>)> = vec![
        ("wrapper", wrapper.clone().into_bytes()),
        ("pretty wrapper", serde_json::to_vec_pretty(&serde_json::json!({"Records": events})).unwrap()),
        ("array", serde_json::to_vec(&events).unwrap()),
        ("one per line", lines.clone().into_bytes()),
        ("one per line, CRLF", lines.replace('\n', "\r\n").into_bytes()),
        ("one after another", concatenated.into_bytes()),
        ("byte order mark", format!("\u{feff}{wrapper}").into_bytes()),
        ("UTF-16", utf16),
        ("gzip", gz(&[&wrapper])),
        ("gzip of several members", gz(&[first, rest])),
    ];
    for (shape, bytes) in shapes {
        let ledger = used(&bytes, "aws-cloudtrail");
        assert_eq!(
            rows(&ledger, "events", &["event_id", "at", "identity_id", "action", "outcome", "credential_native_id"]),
            [
                "e-1|2026-07-03T08:00:00Z|arn:aws:iam::210987654321:role/loader|s3:GetObject|success|ASIAEXAMPLE",
                "e-2|2026-07-03T08:00:00Z|arn:aws:iam::210987654321:role/loader|s3:GetObject|failure|ASIAEXAMPLE",
                "e-3|2026-07-03T08:00:00Z|arn:aws:iam::210987654321:role/loader|s3:GetObject|success|ASIAEXAMPLE",
            ],
            "{shape}"
        );
    }
}

#[test]
fn certificates_are_the_same_from_pem_pkcs7_and_der() {
    let columns = ["certificate_id", "serial", "name", "not_after", "bits"];
    let from_pem = rows(&used(BUNDLE.as_bytes(), "x509-pem"), "certificates", &columns);
    assert_eq!(from_pem.len(), 16);
    let message = include_bytes!("../fixtures/inventory.p7b");
    assert_eq!(rows(&used(message, "x509-pem"), "certificates", &columns), from_pem);
    let armoured = format!(
        "-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n",
        base64::engine::general_purpose::STANDARD
            .encode(message)
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert_eq!(rows(&used(armoured.as_bytes(), "x509-pem"), "certificates", &columns), from_pem);
    let first = BUNDLE.split("-----").nth(2).unwrap().replace(['\n', '\r'], "");
    let der = base64::engine::general_purpose::STANDARD.decode(first).unwrap();
    let alone = rows(&used(&der, "x509-pem"), "certificates", &columns);
    assert!(alone.len() == 1 && from_pem.contains(&alone[0]));
    // A key, or anything else of this form, is no certificate and is not read.
    let mut broken = der.clone();
    broken.truncate(300);
    for bytes in [broken, vec![0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x00]] {
        let (artifact, _) = read(&bytes, "");
        assert_eq!(artifact.state, ArtifactState::Unreadable, "{}", artifact.note);
    }
}

#[test]
fn a_register_kept_as_parquet_is_read_like_its_csv() {
    let table = include_bytes!("../fixtures/register.parquet");
    let ledger = used(table, "nhi-register");
    assert_eq!(
        rows(&ledger, "register", &["name", "owner", "purpose", "expires_at_state", "approval_ticket", "record"]),
        ["arn:aws:iam::210987654321:user/svc-a|Omar Haddad|settlement|known|SEC-1|row:1", "svc-b||backup|none||row:2",]
    );
    for damaged in [&table[..table.len() / 2], &table[..20], b"PAR1PAR1"] {
        let (artifact, _) = read(damaged, "");
        assert_eq!(artifact.state, ArtifactState::Unreadable, "{}", artifact.note);
    }
}

#[test]
fn directory_entries_are_read_with_their_odd_times() {
    let text = "version: 1\n\n# a comment\n#  that goes on\ndn: CN=svc-a,DC=corp,DC=example\nobjectClass: top\nobjectClass: user\nsAMAccountName: svc-a\n\
                objectSid:: AQUAAAAAAAUVAAAAtw7N/RwtFdlsaD2bVwQAAA==\ndescription:: R3LDvMOfZQ==\nuserAccountControl: 514\npwdLastSet: 133143630727559270\n\
                accountExpires: 9223372036854775807\nlastLogonTimestamp: 134273808000000000\nwhenCreated: 20260701120000.0Z\n\
                memberOf: CN=Domain Admins,CN=Users,DC=corp,DC=exam\n ple\nservicePrincipalName: http/a\n\n\
                dn: CN=Domain Admins,CN=Users,DC=corp,DC=example\nobjectClass: group\nsAMAccountName: Domain Admins\nobjectSid:: AQUAAA==\n";
    let ledger = used(text.as_bytes(), "ad-ldif");
    assert_eq!(
        rows(&ledger, "identities", &["identity_id", "kind", "enabled", "created_at", "last_activity_at", "purpose"]),
        ["ad:here:svc-a|service-account|false|2026-07-01T12:00:00Z|2026-07-01T12:00:00Z|Grüße"]
    );
    assert_eq!(
        rows(&ledger, "credentials", &["kind", "status", "last_rotated_at", "expires_at_state"]),
        ["password|inactive|2022-12-01T10:11:12.755927Z|none"]
    );
    assert_eq!(rows(&ledger, "entitlements", &["policy", "admin"]), ["CN=Domain Admins,CN=Users,DC=corp,DC=example|true"]);
    // An owner in the description is one, and no purpose.
    let owned = text.replace("description:: R3LDvMOfZQ==", "description: Owner: ann.lee");
    assert_eq!(rows(&used(owned.as_bytes(), "ad-ldif"), "identities", &["owner_ref", "purpose"]), ["ann.lee|"]);
    let both = text.replace("description:: R3LDvMOfZQ==", "description: SQL of the ledger; owner=Ann Lee, on call\nmanager: ");
    assert_eq!(
        rows(&used(both.as_bytes(), "ad-ldif"), "identities", &["owner_ref", "purpose"]),
        ["Ann Lee|SQL of the ledger; owner=Ann Lee, on call"]
    );
    // One bad entry costs itself, with its line.
    let (artifact, _) = read(format!("{text}\ndn: CN=x\nno colon here\n").as_bytes(), "");
    assert_eq!(artifact.rejections.len(), 1);
    assert_eq!(artifact.rejections[0].record, "line:25");
}

#[test]
fn a_report_in_the_answer_of_its_command_is_unwrapped() {
    let report = include_str!("../../evidence-samples/nordhavn-pay/2026-Q3/aws/credential-report.csv");
    let answer = |content: &str, at: &str| {
        serde_json::json!({"Content": base64::engine::general_purpose::STANDARD.encode(content), "ReportFormat": "text/csv", "GeneratedTime": at})
            .to_string()
    };
    let wrapped = answer(report, "2026-09-30T20:02:02+00:00");
    let (artifact, ledger) = read(wrapped.as_bytes(), "");
    assert_eq!(artifact.collected_at.as_ref().map(ToString::to_string).as_deref(), Some("2026-09-30T20:02:02+00:00"));
    let (bare, plain) = read(report.as_bytes(), "");
    assert_eq!((artifact.kept, artifact.rejected), (bare.kept, 0));
    let columns = ["credential_id", "status", "last_rotated_at", "record"];
    assert_eq!(rows(&ledger, "credentials", &columns), rows(&plain, "credentials", &columns));
    // What is wrapped and is no such report stays unrecognised.
    let (artifact, _) = read(answer("a,b\n1,2\n", "2026-09-30T20:02:02+00:00").as_bytes(), "");
    assert_eq!(artifact.state, ArtifactState::Unrecognised);
}

/// Adapter, file, table, columns, rows.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "gitlab-access-tokens",
        r#"[{"id":5,"name":"deploy","revoked":false,"active":true,"created_at":"2026-01-02T03:04:05.678Z","scopes":["api"],"user_id":9,"last_used_at":null,"expires_at":"2026-12-31","access_level":50}]"#,
        "credentials",
        &["identity_id", "status", "expires_at", "last_used_at_state"],
        &["gitlab:here:user/9|active|2026-12-31T00:00:00Z|none"],
    ),
    (
        "okta-api-tokens",
        r#"[{"id":"00T1","name":"ci","userId":"00u1","clientName":"Okta API","created":"2026-01-01T00:00:00.000Z","lastUpdated":"2026-02-01T00:00:00.000Z","expiresAt":"2026-11-01T00:00:00.000Z","tokenWindow":"P30D"}]"#,
        "credentials",
        &["identity_id", "kind", "created_at", "expires_at"],
        &["okta:here:user/00u1|token|2026-01-01T00:00:00Z|2026-11-01T00:00:00Z"],
    ),
    (
        "cerbos-decisions",
        "{\"log.kind\":\"decision\",\"callId\":\"c1\",\"timestamp\":\"2026-07-01T00:00:00.123456789Z\",\"checkResources\":{\"inputs\":[{\"principal\":{\"id\":\"svc-a\",\"roles\":[\"robot\"]},\"resource\":{\"kind\":\"invoice\",\"id\":\"i-1\"},\"actions\":[\"read\",\"pay\"]}],\"outputs\":[{\"resourceId\":\"i-1\",\"actions\":{\"read\":{\"effect\":\"EFFECT_ALLOW\",\"policy\":\"resource.invoice.v1\"},\"pay\":{\"effect\":\"EFFECT_DENY\",\"policy\":\"resource.invoice.v1\"}}}]}}\n",
        "decisions",
        &["principal", "resource_kind", "resource", "action", "effect", "policy"],
        &["svc-a|invoice|i-1|pay|deny|resource.invoice.v1", "svc-a|invoice|i-1|read|allow|resource.invoice.v1"],
    ),
    (
        "opa-decisions",
        "{\"decision_id\":\"d1\",\"timestamp\":\"2026-07-01T00:00:00Z\",\"path\":\"authz/allow\",\"input\":{\"user\":\"svc-a\",\"method\":\"GET\"},\"result\":true}\n{\"decision_id\":\"d2\",\"timestamp\":\"2026-07-01T00:00:01Z\",\"path\":\"authz/allow\",\"input\":{\"user\":\"svc-a\",\"method\":\"PUT\"}}\n",
        "decisions",
        &["decision_id", "principal", "action", "effect"],
        &["d1|svc-a|GET|allow", "d2|svc-a|PUT|undefined"],
    ),
    (
        "cert-manager",
        r#"{"apiVersion":"v1","kind":"List","items":[{"kind":"Certificate","metadata":{"namespace":"pay","name":"api","creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"secretName":"api-tls"},"status":{"notBefore":"2026-07-01T00:00:00Z","notAfter":"2026-09-29T00:00:00Z","renewalTime":"2026-08-30T00:00:00Z"}}]}"#,
        "secrets",
        &["secret_id", "kind", "last_rotated_at", "expires_at", "rotation_enabled"],
        &["here:pay/api-tls|certificate|2026-07-01T00:00:00Z|2026-09-29T00:00:00Z|true"],
    ),
    (
        "vault-tokens",
        r#"{"request_id":"r","data":{"accessor":"acc1","creation_time":1782907200,"display_name":"approle","entity_id":"ent-1","expire_time":null,"id":"","path":"auth/approle/login","policies":["root"],"ttl":0,"type":"service"}}"#,
        "entitlements",
        &["identity_id", "policy", "admin"],
        &["vault:here:entity/ent-1|[\"root\"]|true"],
    ),
    (
        "vault-approle",
        r#"{"data":{"creation_time":"2026-01-01T00:00:00Z","expiration_time":"0001-01-01T00:00:00Z","metadata":{"role_name":"ci"},"secret_id_accessor":"acc2","secret_id_num_uses":0}}"#,
        "credentials",
        &["identity_id", "kind", "created_at", "expires_at_state"],
        &["vault:here:approle/ci|secret|2026-01-01T00:00:00Z|none"],
    ),
    (
        "github-workflow-runs",
        r#"{"total_count":1,"workflow_runs":[{"id":7,"name":"deploy","run_number":3,"event":"push","conclusion":"success","head_branch":"main","path":".github/workflows/deploy.yml","run_started_at":"2026-07-01T00:00:00Z","repository":{"full_name":"org/pay"},"actor":{"login":"priya"},"triggering_actor":{"login":"omar"}}]}"#,
        "events",
        &["identity_id", "action", "outcome", "on_behalf_of"],
        &["github:org/pay:workflow/.github/workflows/deploy.yml|run:push|success|omar"],
    ),
    (
        "ad-csv",
        "\"SID\",\"SamAccountName\",\"DistinguishedName\",\"Enabled\",\"Description\",\"Manager\",\"whenCreated\",\"PasswordLastSet\",\"AccountExpirationDate\",\"LastLogonDate\",\"ServicePrincipalNames\"\r\n\"S-1-5-21-1\",\"svc-a\",\"CN=svc-a\",\"True\",\"line one\nline two\",\"\",\"01/07/2026 12:00:00\",\"02/07/2026 12:00:00\",\"\",\"\",\"http/a\"\r\n",
        "credentials",
        &["identity_id", "last_rotated_at", "expires_at_state", "last_used_at_state", "record"],
        &["ad:here:svc-a|2026-07-02T10:00:00Z|none|none|line:2"],
    ),
    (
        "ad-csv",
        "\"SID\",\"SamAccountName\",\"Enabled\",\"PasswordLastSet\",\"LastLogonDate\",\"PasswordNeverExpires\",\"DoesNotRequirePreAuth\",\"TrustedForDelegation\"\r\n\"S-1-5-21-1\",\"svc-a\",\"True\",\"02/07/2026 12:00:00\",\"\",\"True\",\"True\",\"False\"\r\n\"S-1-5-21-2\",\"svc-b\",\"True\",\"02/07/2026 12:00:00\",\"\",\"False\",\"False\",\"False\"\r\n\"S-1-5-21-3\",\"svc-c\",\"True\",\"02/07/2026 12:00:00\",\"\",\"\",\"False\",\"True\"\r\n",
        "credentials",
        &["identity_id", "weaknesses"],
        &["ad:here:svc-a|no-preauthentication never-expires", "ad:here:svc-b|", "ad:here:svc-c|"],
    ),
    (
        "nhi-register",
        "identity,owner,purpose,expires_at,approval_ticket,lifecycle\r\nsvc-a,Ann,pay,never,CHG-1,Decommissioned\r\nsvc-b,Ann,pay,never,CHG-2,live\r\nsvc-c,Ann,pay,never,CHG-3,\r\n",
        "register",
        &["name", "lifecycle"],
        &["svc-a|retired", "svc-b|active", "svc-c|"],
    ),
    (
        "owner-list",
        "owner_ref,name,email,status,left_at\r\njb,Jonas Berg,jonas.berg@nordhavn-pay.example,Left,2026-05-29\r\nteam-pay,Team Payments,,active,\r\n",
        "owners",
        &["owner_ref", "name", "email", "status", "left_at"],
        &["jb|Jonas Berg|jonas.berg@nordhavn-pay.example|left|2026-05-28T22:00:00Z", "team-pay|Team Payments||active|"],
    ),
    (
        "ocsf-findings",
        r#"[{"class_uid":2004,"metadata":{"product":{"name":"GuardDuty"},"event_code":"Recon"},"status":"New","finding_info":{"uid":"g1","created_time":1782907200000},"resources":[{"uid":"arn:aws:iam::1:user/a"}]},{"class_uid":2004,"metadata":{"product":{"name":"GuardDuty"},"event_code":"Recon"},"status":"Resolved","finding_info":{"uid":"g2","created_time":1782907200},"resources":[{"uid":"b"}]},{"class_uid":2004,"metadata":{"product":{"name":"Prowler"},"event_code":"iam"},"status":"New","status_code":"FAIL","finding_info":{"uid":"p1","created_time":1782907200},"resources":[{"uid":"c"}]}]"#,
        "posture",
        &["result_id", "status", "kind", "seen_at"],
        &["g1|fail|detection|2026-07-01T12:00:00Z", "g2|pass|detection|2026-07-01T12:00:00Z", "p1|fail||"],
    ),
    (
        "aws-cloudtrail",
        r#"{"Records":[{"eventID":"e1","eventTime":"2026-07-01T12:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","userAgent":"Boto3/1.34 md/x","recipientAccountId":"210987654321","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::210987654321:user/services/svc-a","accessKeyId":"AKIA0000000000000000"}}]}"#,
        "events",
        &["identity_id", "agent", "platform", "scope"],
        &["arn:aws:iam::210987654321:user/svc-a|Boto3/1.34 md/x|aws|210987654321"],
    ),
    (
        "k8s-secrets",
        r#"{"apiVersion":"v1","kind":"List","items":[{"kind":"Secret","type":"kubernetes.io/service-account-token","metadata":{"namespace":"pay","name":"old-token","creationTimestamp":"2024-01-01T00:00:00Z","annotations":{"kubernetes.io/service-account.name":"loader"}},"data":{"token":"c3VwZXItc2VjcmV0LXZhbHVl"}},{"kind":"Secret","type":"Opaque","metadata":{"namespace":"pay","name":"db","creationTimestamp":"2024-01-01T00:00:00Z"}}]}"#,
        "credentials",
        &["identity_id", "kind", "created_at", "expires_at_state"],
        &["k8s:here:pay/loader|service-account-token|2024-01-01T00:00:00Z|none"],
    ),
    (
        "github-audit-log",
        r#"[{"@timestamp":1782907200000,"_document_id":"x","action":"git.clone","actor":"renovate[bot]","org":"acme","repo":"acme/pay","programmatic_access_type":"GitHub App server-to-server token","hashed_token":"h"}]"#,
        "events",
        &["at", "identity_id", "actor_kind", "credential_native_id", "interactive"],
        &["2026-07-01T12:00:00Z|github:acme:renovate[bot]|machine|h|false"],
    ),
    (
        "okta-system-log",
        r#"[{"uuid":"u","published":"2026-07-01T12:00:00.000Z","eventType":"app.oauth2.token.grant","actor":{"id":"0oa1","type":"PublicClientApp","alternateId":"loader"},"outcome":{"result":"SUCCESS"},"client":{"ipAddress":"10.0.0.1","userAgent":{"browser":"UNKNOWN"}},"target":null}]"#,
        "events",
        &["identity_id", "actor_kind", "outcome", "interactive"],
        &["okta:here:app/0oa1|machine|success|"],
    ),
    (
        "aws-access-analyzer",
        r#"{"findings":[{"id":"f1","findingType":"UnusedIAMUserAccessKey","resource":"arn:aws:iam::210987654321:user/services/svc-a","resourceType":"AWS::IAM::User","resourceOwnerAccount":"210987654321","status":"ACTIVE","updatedAt":"2026-07-01T12:00:00.123000+00:00"}]}"#,
        "posture",
        &["rule", "status", "identity_id", "seen_at"],
        &["UnusedIAMUserAccessKey|fail|arn:aws:iam::210987654321:user/svc-a|2026-07-01T12:00:00.123Z"],
    ),
];

#[test]
fn sources_without_a_genuine_export_are_read_as_documented() {
    for (adapter, file, table, columns, expected) in CASES {
        let ledger = used(file.as_bytes(), adapter);
        assert_eq!(rows(&ledger, table, columns), *expected, "{adapter}");
    }
}

#[test]
fn values_of_exported_secrets_are_masked_before_anything_reads_them() {
    let (_, file, ..) = CASES.iter().find(|case| case.0 == "k8s-secrets").unwrap();
    let ledger = used(file.as_bytes(), "k8s-secrets");
    assert!(ledger.masker.hits("c3VwZXItc2VjcmV0LXZhbHVl"));
    assert_eq!(rows(&ledger, "secrets", &["name", "kind"]), ["pay/db|Opaque", "pay/old-token|kubernetes.io/service-account-token"]);
}

#[test]
fn every_adapter_says_how_its_export_is_made() {
    for adapter in controls().adapters.values() {
        let export = &adapter.declared.export;
        assert!(export.command.is_some() || export.note.is_some(), "{}", adapter.id);
        assert!(export.file.contains('/') && !export.file.starts_with('/') && !export.file.contains(".."), "{}", adapter.id);
    }
}

/// Instants are UTC; the offset that a source wrote stays beside them, so that a reader finds the very words in the file.
#[test]
fn the_offset_of_a_record_is_kept_beside_its_instants() {
    let csv = "Summary,Issue key,Issue id,Issue Type,Status,Assignee,Reporter,Created,Resolved,Labels,Description\n\
               one,SEC-1,1,Task,Done,a,b,01/Jul/26 9:12 AM,21/Jul/26 9:05 AM,nhi,x\n\
               two,SEC-2,2,Task,Done,a,b,01/Feb/26 9:12 AM,21/Jul/26 9:05 AM,nhi,x\n";
    let read = |zone: &str| {
        let (artifact, ledger) = read(csv.as_bytes(), &format!("artifacts:\n  - {{path: file, zone: {zone}}}\n"));
        assert_eq!(artifact.state, ArtifactState::Used, "{}", artifact.note);
        rows(&ledger, "tickets", &["ticket_id", "created_at", "source_offset"])
    };
    let found = read("Europe/Copenhagen");
    assert_eq!(found[0], "SEC-1|2026-07-01T07:12:00Z|+02:00");
    assert!(found[1].starts_with("SEC-2|2026-02-01T08:12:00Z|") && found[1].contains("+01:00") && found[1].contains("+02:00"), "{found:?}");
    assert_eq!(read("UTC")[0], "SEC-1|2026-07-01T09:12:00Z|");
    // A log whose records state an offset of their own.
    let ledger = &crate::support::quarter("2026-Q3").ledger;
    let scans = rows(ledger, "findings", &["artifact", "source_offset"]);
    assert!(scans.iter().any(|row| row == "code-scan/trufflehog3.json|+02:00"), "{scans:?}");
}
