//! Classes of identities: the rules that decide one, what a workspace states about them, and the limits they bring.

use std::collections::{BTreeMap, BTreeSet};

use tickmark::assessment::{Assessment, ObjectiveResult};
use tickmark::base::FoundFile;
use tickmark::base::yaml::Format;
use tickmark::base::{Diagnostics, Instant, SourceTree, Table};
use tickmark::checks::cases::{CasesFile, tables_of};
use tickmark::checks::{Kinds, engine_over};
use tickmark::engine::{Engine, Parameter, Parameters};
use tickmark::evidence::tables::derive;
use tickmark::io;
use tickmark::pipeline::{Assessed, Controls, Workspace, assess, run_cases};

use crate::support::{assert_no_errors, controls, quarter, sample, sample_pack, workspace};

/// Rows of a world, and what must become of each identity in it: class, tier, and words of the reasons for both.
const RULES: &str = r#"
cases:
  - name: the rules
    shows: pass
    as_of: "2026-09-30T00:00:00Z"
    rows:
      people:
        - {pattern: "%:user/people/%", reason: staff, artifact: tickmark.yaml}
      stated_classes:
        - {pattern: "%:user/stated-%", place: 1, class: vendor, reason: the contract, artifact: tickmark.yaml}
        - {pattern: "%:user/stated-both", place: 2, class: batch, tier: critical, reason: the list of critical functions, artifact: tickmark.yaml}
      identities:
        - {identity_id: "aws:user/stated-ai", native_id: "x:user/stated-ai", platform: aws, scope: "111111111111", name: stated-ai, kind: user}
        - {identity_id: "aws:user/stated-both", native_id: "x:user/stated-both", platform: aws, scope: "111111111111", name: stated-both, kind: user}
        - {identity_id: registered, platform: aws, scope: "111111111111", name: svc-ai-registered, kind: user}
        - {identity_id: misnamed, platform: aws, scope: "111111111111", name: misnamed, kind: user}
        - {identity_id: outside, platform: aws, scope: "111111111111", name: outside, kind: role}
        - {identity_id: sister, platform: aws, scope: "222222222222", name: sister, kind: role}
        - {identity_id: trusts-sister, platform: aws, scope: "111111111111", name: trusts-sister, kind: role}
        - {identity_id: denied, platform: aws, scope: "111111111111", name: denied, kind: role}
        - {identity_id: bedrock, platform: aws, scope: "111111111111", name: helper, kind: role}
        - {identity_id: oidc, platform: aws, scope: "111111111111", name: ships, kind: role}
        - {identity_id: irsa, platform: aws, scope: "111111111111", name: irsa, kind: role}
        - {identity_id: lambda, platform: aws, scope: "111111111111", name: function, kind: role}
        - {identity_id: "k8s:c:n/ai-agent", platform: kubernetes, scope: c, name: n/ai-agent, kind: service-account}
        - {identity_id: "k8s:c:n/vendor-hook", platform: kubernetes, scope: c, name: n/vendor-hook, kind: service-account}
        - {identity_id: "k8s:c:n/ci", platform: kubernetes, scope: c, name: n/ci, kind: service-account}
        - {identity_id: mail, platform: aws, scope: "111111111111", name: maildaemon, kind: user, purpose: "Nightly mail"}
        - {identity_id: circus, platform: aws, scope: "111111111111", name: circus-main, kind: user}
        - {identity_id: directory, platform: ad, scope: corp, name: svc-sql, kind: account}
        - {identity_id: machine, platform: ad, scope: corp, name: "PC1$", kind: computer}
        - {identity_id: keyed, platform: gcp, scope: p, name: sync, kind: service-account}
        - {identity_id: bare, platform: gcp, scope: p, name: other, kind: service-account}
        - {identity_id: person, native_id: "x:user/people/ai", platform: aws, name: ai, kind: user}
      register:
        - {register_id: r1, identity_ref: registered, name: svc-ai-registered, owner_status: active, class: "Batch", criticality: "HIGH"}
        - {register_id: r2, identity_ref: misnamed, name: misnamed, owner_status: active, class: robot, criticality: "Low"}
        - {register_id: r3, identity_ref: directory, name: svc-sql, owner_status: active, criticality: "very important"}
        - {register_id: r4, identity_ref: keyed, name: sync, owner_status: active, criticality: "Mission-critical"}
        - {register_id: r5, identity_ref: mail, name: maildaemon, owner_status: active, criticality: "low", purpose: "Card data"}
      trusts:
        - {identity_id: outside, principal_kind: AWS, principal: "arn:aws:iam::999999999999:root", effect: allow}
        - {identity_id: trusts-sister, principal_kind: AWS, principal: "arn:aws:iam::222222222222:root", effect: allow}
        - {identity_id: denied, principal_kind: AWS, principal: "arn:aws:iam::999999999999:root", effect: deny}
        - {identity_id: bedrock, principal_kind: Service, principal: bedrock.amazonaws.com, effect: allow}
        - {identity_id: oidc, principal_kind: Federated, principal: "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com", effect: allow}
        - {identity_id: irsa, principal_kind: Federated, principal: "arn:aws:iam::111111111111:oidc-provider/oidc.eks.x/id/1", conditions: '{"StringEquals":{"a:sub":"system:serviceaccount:n:web"}}', effect: allow}
        - {identity_id: lambda, principal_kind: Service, principal: lambda.amazonaws.com, effect: allow}
      credentials:
        - {credential_id: c1, identity_id: keyed, kind: key, status: active}
        - {credential_id: c2, identity_id: misnamed, kind: key, status: active}
        - {credential_id: c3, identity_id: circus, kind: key, status: active}
        - {credential_id: c4, identity_name: stranger, kind: key, status: active}
      memberships:
        - {identity_id: lambda, group_id: "group:admins"}
      entitlements:
        - {entitlement_id: e1, identity_id: oidc, identity_name: ships, via: direct, policy: AdministratorAccess, effect: allow, admin: true, wildcard: true}
        - {entitlement_id: e2, identity_id: "group:admins", identity_name: admins, via: group, policy: Everything, effect: allow, admin: true, wildcard: true}
        - {entitlement_id: e3, identity_id: irsa, identity_name: irsa, via: direct, policy: NoAdmin, effect: deny, admin: true, wildcard: true}
    expect: {status: satisfied, outcomes: {}}
"#;

const DECIDED: &[(&str, &str, &str, &str, &str)] = &[
    ("aws:user/stated-ai", "vendor", "the contract", "unknown", "No register row"),
    ("aws:user/stated-both", "vendor", "the contract", "critical", "critical functions"),
    ("registered", "batch", "The register", "high", "\"HIGH\""),
    ("misnamed", "integration", "\"robot\", which is no class", "normal", "\"Low\""),
    ("outside", "vendor", "999999999999", "unknown", "No register row"),
    ("sister", "unclassified", "No rule", "unknown", "No register row"),
    ("trusts-sister", "unclassified", "No rule", "unknown", "No register row"),
    ("denied", "unclassified", "No rule", "unknown", "No register row"),
    ("bedrock", "ai-agent", "bedrock.amazonaws.com", "unknown", "No register row"),
    ("oidc", "pipeline", "token.actions.githubusercontent.com", "high", "AdministratorAccess"),
    ("irsa", "workload", "n:web", "unknown", "No register row"),
    ("lambda", "workload", "lambda.amazonaws.com", "high", "Everything"),
    ("k8s:c:n/ai-agent", "ai-agent", "\"ai\"", "unknown", "No register row"),
    ("k8s:c:n/vendor-hook", "vendor", "\"vendor\"", "unknown", "No register row"),
    ("k8s:c:n/ci", "workload", "Kubernetes", "unknown", "No register row"),
    ("mail", "batch", "\"nightly\"", "high", "\"card data\""),
    ("circus", "integration", "credential of its own", "unknown", "No register row"),
    ("directory", "integration", "directory", "unknown", "\"very important\", which is no tier"),
    ("machine", "workload", "computer", "unknown", "No register row"),
    ("keyed", "integration", "credential of its own", "critical", "\"Mission-critical\""),
    ("bare", "unclassified", "No rule", "unknown", "No register row"),
];

fn world(text: &str) -> Engine {
    let mut diagnostics = Diagnostics::default();
    let file =
        Format::<CasesFile>::new("cases/invalid").read("rules.yaml", text.as_bytes(), &mut diagnostics).expect("the rows are in order");
    let tables = tables_of(&file, 0, &controls().tables, &mut diagnostics);
    let engine = engine_over(&tables);
    let as_of = Instant::parse("2026-09-30T00:00:00Z").unwrap();
    derive(
        &engine,
        &controls().tables,
        &Parameters::from([("as_of".to_owned(), Parameter::Instant(as_of.micros()))]),
        tickmark::evidence::tables::Request::NamedIn("machine_identities machine_credentials"),
        &mut diagnostics,
        |_| {},
    );
    assert_no_errors(diagnostics);
    engine
}

/// Class and tier by identity, each with why, as a table tells them.
fn told(table: &Table) -> BTreeMap<String, [String; 4]> {
    let row = |row| {
        let text = |name: &str| table.text(row, name).unwrap_or_default().to_owned();
        (text("identity_id"), [text("class"), text("class_because"), text("tier"), text("tier_because")])
    };
    (0..table.len()).map(row).collect()
}

#[test]
fn the_first_rule_that_applies_decides_and_says_so() {
    let told = told(&world(RULES).table("machine_identities").unwrap());
    assert_eq!(
        told.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        DECIDED.iter().map(|row| row.0).collect(),
        "people are no machines"
    );
    for (identity, class, class_because, tier, tier_because) in DECIDED {
        let [got_class, got_why, got_tier, got_tier_why] = &told[*identity];
        assert_eq!((got_class.as_str(), got_tier.as_str()), (*class, *tier), "{identity}: {got_why} {got_tier_why}");
        assert!(got_why.contains(class_because), "{identity}: {got_why}");
        assert!(got_tier_why.contains(tier_because), "{identity}: {got_tier_why}");
    }
    let declared = Kinds::of(&controls().tables);
    let seen: BTreeSet<&String> = told.values().map(|row| &row[0]).collect();
    assert_eq!(seen, declared.classes.iter().collect(), "every class is shown by some row");
    let seen: BTreeSet<&String> = told.values().map(|row| &row[2]).collect();
    assert_eq!(seen, declared.tiers.iter().collect(), "every tier is shown by some row");
}

#[test]
fn a_credential_has_the_class_of_its_identity_and_a_strangers_none() {
    let table = world(RULES).table("machine_credentials").unwrap();
    let classes: BTreeMap<&str, (&str, &str)> = (0..table.len())
        .map(|row| (table.text(row, "credential_id").unwrap(), (table.text(row, "class").unwrap(), table.text(row, "tier").unwrap())))
        .collect();
    assert_eq!(classes["c1"], ("integration", "critical"));
    assert_eq!(classes["c4"], ("unclassified", "unknown"));
}

#[test]
fn the_sample_shows_the_class_of_each_planted_identity() {
    let told = told(&quarter("2026-Q3").ledger.table("machine_identities"));
    let aws = "arn:aws:iam::210987654321:";
    for (identity, class) in [
        (format!("{aws}user/svc-ai-support-agent"), "ai-agent"),
        ("ad:corp.nordhavn-pay.example:svc-ai-copilot".to_owned(), "ai-agent"),
        (format!("{aws}role/vendor-siftly"), "vendor"),
        (format!("{aws}user/svc-fraud-vendor-siftly"), "vendor"),
        (format!("{aws}user/svc-ci-deploy"), "pipeline"),
        (format!("{aws}role/gha-deploy-any"), "pipeline"),
        (format!("{aws}role/irsa-payments-gateway"), "workload"),
        (format!("{aws}role/lambda-payments-settle"), "workload"),
        (format!("{aws}user/svc-payments-settlement"), "batch"),
        ("ad:corp.nordhavn-pay.example:svc-sql-ledger".to_owned(), "integration"),
        (format!("{aws}role/orphan-migration-2024"), "unclassified"),
    ] {
        assert_eq!(told[&identity][0], class, "{identity}: {}", told[&identity][1]);
    }
    let in_cluster: Vec<_> = told.iter().filter(|(identity, _)| identity.starts_with("k8s:")).collect();
    assert!(in_cluster.len() > 8);
    for (identity, row) in in_cluster {
        let class = if identity.ends_with("/ai-agent") { "ai-agent" } else { "workload" };
        assert_eq!(row[0], class, "{identity}");
    }
    assert_eq!(told[&format!("{aws}role/gha-deploy-any")][2], "high", "it is administrative");
}

/// A quarter of the sample with something added to `tickmark.yaml`.
fn with_statement(extra: &str) -> (Option<Assessed>, Vec<String>) {
    let (mut statements, files) = io::read_workspace(&sample("2026-Q3")).expect("the sample can be read");
    let stated = statements.text("tickmark.yaml").unwrap().to_owned();
    statements.insert("tickmark.yaml", format!("{stated}\n{extra}"));
    assessed_with(&statements, &files)
}

fn assessed_with(statements: &SourceTree, files: &[FoundFile]) -> (Option<Assessed>, Vec<String>) {
    let mut diagnostics = Diagnostics::default();
    let workspace = Workspace::load(statements, files, controls(), &mut diagnostics);
    let assessed = workspace.and_then(|workspace| assess(controls(), &workspace, files, &mut diagnostics, |_| {}));
    (assessed, diagnostics.sorted().iter().map(|diagnostic| diagnostic.render(false)).collect())
}

fn objective<'a>(assessment: &'a Assessment, id: &str) -> &'a ObjectiveResult {
    assessment.objectives.iter().find(|own| own.id == id).expect("the objective is in scope")
}

#[test]
fn stated_classes_and_limits_move_exactly_their_identities_and_the_digests_of_their_clauses() {
    let (assessed, shown) = with_statement(
        "classes:\n  - {pattern: \"%:user/svc-bi-reporting\", class: vendor, tier: critical, reason: Run by a supplier.}\n\
         parameters:\n  - {objective: credential-rotation, parameter: age_days_max, class: vendor, value: 10, reason: Supplier policy.}\n\
         \x20 - {objective: credential-rotation, parameter: age_days_max, class: vendor, tier: critical, value: 365, reason: By contract.}\n\
         \x20 - {objective: stale-orphan-detection, parameter: idle_days_max, tier: high, value: 45, reason: Policy.}\n",
    );
    let after = assessed.unwrap_or_else(|| panic!("{}", shown.join("\n\n"))).assessment;
    let before = &quarter("2026-Q3").assessment;
    let rotation = objective(&after, "credential-rotation");
    let age = rotation.parameters.iter().find(|own| own.name == "age_days_max").unwrap();
    let by: Vec<(Option<&str>, Option<&str>, &str)> =
        age.by_class.iter().map(|own| (own.class.as_deref(), own.tier.as_deref(), own.value.as_str())).collect();
    assert_eq!(by, [(Some("vendor"), None, "10"), (Some("vendor"), Some("critical"), "365"), (Some("ai-agent"), None, "30")]);
    let reason = |part: &str| {
        rotation.observations.iter().find(|seen| seen.subject.contains(part)).map(|seen| seen.reason.clone()).unwrap_or_default()
    };
    assert!(reason("user/svc-fraud-vendor-siftly").contains("10 are allowed for the class vendor."), "{}", reason("siftly"));
    assert!(
        reason("user/svc-bi-reporting").contains("365 are allowed for the class vendor in the tier critical."),
        "{}",
        reason("svc-bi-reporting")
    );
    assert!(reason("user/svc-dw-dbt").contains("90 are allowed."), "{}", reason("svc-dw-dbt"));
    // The counts by class add up to the population, and the one identity changed its class.
    for id in ["credential-rotation", "stale-orphan-detection", "access-review"] {
        let own = objective(&after, id);
        assert_eq!(own.classes.iter().map(|class| class.tally.population).sum::<usize>(), own.tally.population, "{id}");
        assert_eq!(own.classes.iter().map(|class| class.tally.failed).sum::<usize>(), own.tally.failed, "{id}");
    }
    let vendors = |assessment: &Assessment| {
        let classes = &objective(assessment, "access-review").classes;
        classes.iter().find(|own| own.class == "vendor").map(|own| own.tally.population)
    };
    assert_eq!(vendors(&after), vendors(before).map(|count| count + 1));
    assert!(objective(before, "nhi-purpose").classes.is_empty(), "no parameter of it may differ by class");
    // What a clause rests on names the values by class, and its digest covers them.
    let clause = |assessment: &Assessment| {
        let found = assessment.clauses.iter().find(|own| own.objectives.iter().any(|mapped| mapped.objective == "credential-rotation"));
        found.unwrap().clone()
    };
    let basis = &clause(&after).basis.objectives["credential-rotation"].parameters;
    assert_eq!(basis["age_days_max"], "90");
    assert_eq!(basis["age_days_max (class vendor, tier critical)"], "365");
    assert_eq!(basis["age_days_max (class ai-agent)"], "30");
    assert_ne!(clause(&after).digest, clause(before).digest);
}

#[test]
fn a_wrong_class_or_tier_is_told_with_the_nearest_one() {
    let (mut statements, files) = workspace(&[], "");
    let stated = statements.text("tickmark.yaml").unwrap().to_owned();
    statements.insert(
        "tickmark.yaml",
        format!(
            "{stated}classes:\n  - {{pattern: \"%x%\", class: vender, reason: r}}\n  - {{pattern: \"%y%\", tier: hihg, reason: r}}\n  - {{pattern: \"%z%\", reason: r}}\n  \
             - {{pattern: \"%z%\", class: batch, reason: \" \"}}\n\
             parameters:\n  - {{objective: credential-rotation, parameter: age_days_max, class: vendr, value: 10, reason: r}}\n  \
             - {{objective: unique-identity, parameter: active_max, class: vendor, value: 2, reason: r}}\n  \
             - {{objective: access-review, parameter: cadence_days_max, class: vendor, value: 20, reason: r}}\n  \
             - {{objective: access-review, parameter: cadence_days_max, tier: high, value: 20, reason: r}}\n  \
             - {{objective: access-review, parameter: cadence_days_max, class: vendor, value: 30, reason: r}}\n"
        ),
    );
    let (assessed, shown) = assessed_with(&statements, &files);
    let all = shown.join("\n\n");
    for expected in [
        "error[workspace/unknown-class]: there is no class `vender`",
        "error[workspace/unknown-tier]: there is no tier `hihg`",
        "error[workspace/no-class]",
        "error[workspace/no-reason]",
        "error[workspace/unknown-class]: there is no class `vendr`",
        "error[workspace/parameter-by-class]",
        "error[workspace/duplicate-parameter]",
        "did you mean `vendor`?",
        "did you mean `high`?",
    ] {
        assert!(all.contains(expected), "{expected} is not in:\n{all}");
    }
    assert_eq!(all.matches("duplicate-parameter").count(), 1, "a value for a class and one for a tier are two statements:\n{all}");
    assert!(assessed.is_none());
}

#[test]
fn a_pattern_that_fits_nobody_is_told() {
    let (assessed, shown) = with_statement("classes:\n  - {pattern: \"%:user/svc-gone\", class: vendor, reason: Run by a supplier.}\n");
    assert!(assessed.is_some());
    assert!(shown.iter().any(|text| text.contains("workspace/unused-class") && text.contains("svc-gone")), "{}", shown.join("\n\n"));
}

/// The built-in tables and objectives with one file changed, and what is wrong with them and their cases.
fn with_changed(path: &str, change: impl Fn(&str) -> String) -> String {
    let mut source = SourceTree::default();
    for (path, bytes) in io::embedded_controls().iter().filter(|(path, _)| path.starts_with("tables/") || path.starts_with("objectives/")) {
        source.insert(path, bytes);
    }
    let changed = change(source.text(path).expect("the file is built in"));
    assert_ne!(source.text(path), Some(changed.as_str()), "nothing was changed");
    source.insert(path, changed);
    let mut diagnostics = Diagnostics::default();
    let controls = Controls::load(source, &mut diagnostics);
    run_cases(&controls, |id| id == "stale-orphan-detection", &mut diagnostics);
    diagnostics.sorted().iter().map(|diagnostic| diagnostic.render(false)).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn a_check_that_asks_for_a_limit_where_no_class_is_in_scope_is_refused_before_any_workspace_states_one() {
    let path = "objectives/stale-orphan-detection/check.sql";
    let told = with_changed(path, |text| {
        text.replacen("regexp_replace(reason,", "regexp_replace(concat(reason, substr('', 1, $idle_days_max)),", 1)
    });
    assert!(told.contains("error[check/by-class]") && told.contains("`class`"), "{told}");
    assert!(told.contains("objectives/stale-orphan-detection/check.sql"), "{told}");
}

#[test]
fn a_default_by_class_must_be_stricter_and_name_a_class_that_exists() {
    let path = "objectives/stale-orphan-detection/objective.yaml";
    let changed = |from: &'static str, to: &'static str| with_changed(path, move |text| text.replacen(from, to, 1));
    let looser = changed("        value: 30", "        value: 120");
    assert!(looser.contains("error[objective/by-class]: 120 is looser than the default 90"), "{looser}");
    let unknown = changed("class: ai-agent", "class: agent");
    assert!(unknown.contains("objective/by-class") && unknown.contains("there is no class `agent`"), "{unknown}");
    let nobody = changed("      - class: ai-agent\n        value", "      - value");
    assert!(nobody.contains("error[objective/by-class]: a value by class names a class"), "{nobody}");
    let unbounded = with_changed("objectives/certificate-lifecycle/objective.yaml", |text| {
        text.replacen("    default: 7\n", "    default: 7\n    by_class: []\n", 1)
    });
    assert!(unbounded.contains("ends in `_max` or `_min`"), "{unbounded}");
}

#[test]
fn the_page_and_the_record_tell_the_limits_and_the_counts_by_class() {
    let pack = sample_pack();
    let page = String::from_utf8_lossy(&pack["index.html"]);
    assert!(page.contains("class AI agent") && page.contains("by class of identity"));
    let record: Assessment = serde_json::from_slice(&pack["assessment.json"]).unwrap();
    let own = objective(&record, "credential-rotation");
    assert!(own.classes.iter().any(|class| class.class == "ai-agent" && class.tally.failed > 0), "the agent's leaked key");
}
