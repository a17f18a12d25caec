//! Two assessments of a million identities, and the cost by size: it has to be linear.

use std::collections::BTreeMap;

use tickmark::assessment::{Assessment, Observation, Outcome};
use tickmark::diff::{Check, CheckState, Side, compare};
use tickmark::pipeline::rejudge::rejudge;

fn main() {
    divan::main();
}

static WHOLE: Check = Check { state: CheckState::WholePack, breaches: Vec::new() };

const OBJECTIVES: usize = 12;
const FRAMEWORKS: usize = 9;
const CLAUSES: usize = 200;

/// One identity in ten departs from each objective; another tenth on each side.
fn record(identities: usize, shift: usize) -> (Assessment, BTreeMap<String, Vec<Observation>>) {
    let digest = |text: String| tickmark::base::Digest::of(text.as_bytes());
    let list = |objective: usize| -> Vec<Observation> {
        (0..identities)
            .map(|at| Observation {
                subject: format!("id-{at:08}"),
                outcome: if (at + objective + shift).is_multiple_of(10) { Outcome::Fail } else { Outcome::Pass },
                reason: "Set 100 days ago; 90 are allowed.".into(),
                artifact: "export.json".into(),
                record: format!("$[{at}]"),
                identity: Some(format!("id-{at:08}")),
                proved: true,
            })
            .collect()
    };
    let lists: BTreeMap<String, Vec<Observation>> = (0..OBJECTIVES).map(|at| (format!("o{at}"), list(at))).collect();
    let objectives: Vec<serde_json::Value> = lists
        .iter()
        .map(|(id, list)| {
            let failed = list.iter().filter(|own| own.outcome == Outcome::Fail).count();
            serde_json::json!({
                "id": id, "title": id, "statement": "", "method": "test", "ask": null, "population": "", "advice": "", "references": [],
                "parameters": [], "freshness_days_max": 90, "status": "not-satisfied", "reasons": [],
                "tally": {"population": identities, "passed": identities - failed, "unproved": 0, "failed": failed, "unknown": 0, "skipped": 0},
                "observations": [], "observations_digest": digest(format!("{id}{shift}")), "evidence": [], "definition": digest(id.clone()),
            })
        })
        .collect();
    let clauses: Vec<serde_json::Value> = (0..FRAMEWORKS * CLAUSES)
        .map(|at| {
            let objective = format!("o{}", at % OBJECTIVES);
            serde_json::json!({
                "framework": format!("f{}@1", at / CLAUSES), "clause": at.to_string(), "parent": null, "depth": 0, "kind": "clause", "noun": "Clause",
                "label": "", "statement": "", "effective": null, "treatment": "mapped",
                "status": if (at + shift).is_multiple_of(2) { "not-satisfied" } else { "partially-satisfied" }, "reasons": [],
                "objectives": [{"objective": objective, "coverage": "full", "rationale": "", "status": "not-satisfied", "excepted": []}],
                "evidence": [], "digest": digest(at.to_string()),
                "basis": {"frame": digest("f".into()), "catalog": digest("c".into()), "evidence": {}, "exceptions": {}, "not_applicable": null,
                    "objectives": {(objective.clone()): {"definition": digest(objective.clone()), "parameters": {}, "observations": null}}},
            })
        })
        .collect();
    let frameworks: Vec<serde_json::Value> = (0..FRAMEWORKS)
        .map(|at| {
            serde_json::json!({
                "framework": format!("f{at}@1"), "edition": "1", "revision": 1, "title": "", "short_title": "", "publisher": "", "source": "",
                "licence": "", "published": "", "digest": digest("c".into()), "counts": {},
            })
        })
        .collect();
    let mut assessment: Assessment = serde_json::from_value(serde_json::json!({
        "schema": "tickmark-assessment/1", "tool": {"name": "tickmark", "version": "0"},
        "frame": {"organisation": "Test", "title": "", "scope": "", "period_from": "2026-01-01", "period_to": "2026-03-31", "zone": "UTC",
            "as_of": format!("2026-0{}-01T00:00:00Z", 4 + shift), "as_of_utc": ""},
        "frameworks": frameworks, "clauses": clauses, "objectives": objectives, "artifacts": [], "exceptions": [], "systems": [], "inputs": [],
        "root": digest("root".into()),
    }))
    .expect("the record is in form");
    for objective in &mut assessment.objectives {
        objective.observations = lists[&objective.id].iter().filter(|own| own.outcome == Outcome::Fail).cloned().collect();
    }
    (assessment, lists)
}

/// By the records alone, as two bare assessments are compared.
#[divan::bench(args = [10_000, 100_000, 1_000_000], sample_count = 3)]
fn records(bencher: divan::Bencher<'_, '_>, identities: usize) {
    let ((old, _), (new, _)) = (record(identities, 0), record(identities, 1));
    let side = |assessment| Side { assessment, observations: None, register: &[], check: &WHOLE };
    bencher.bench_local(|| compare(side(&old), side(&new), &[], &rejudge).entries.len());
}

/// With the full lists of both packs.
#[divan::bench(args = [10_000, 100_000], sample_count = 3)]
fn packs(bencher: divan::Bencher<'_, '_>, identities: usize) {
    let ((old, old_lists), (new, new_lists)) = (record(identities, 0), record(identities, 1));
    bencher.bench_local(|| {
        let before = Side { assessment: &old, observations: Some(&old_lists), register: &[], check: &WHOLE };
        let after = Side { assessment: &new, observations: Some(&new_lists), register: &[], check: &WHOLE };
        compare(before, after, &[], &rejudge).entries.len()
    });
}
