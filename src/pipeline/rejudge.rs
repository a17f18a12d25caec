//! Judges a recorded clause anew, with one of its inputs taken from another record.
//!
//! In: the inputs as two kept records hold them. Out: the status the rules of [`judge`] give. The proved passes of a population are
//! only counted in a record, and a status rests on nothing but whether there are any: one stands for all of them.

use std::collections::BTreeMap;

use crate::assessment::inputs::{Input, Inputs, Recorded, RecordedClause};
use crate::assessment::{DocumentRecord, ObjectiveResult, Observation, Outcome, SampleItemRecord, SampleRecord, TreatmentKind};
use crate::base::Status;
use crate::catalog::{Coverage, EmptyPopulation, format::EmptyMeaning};
use crate::judge::{self, Ask, Draw, DrawnItem, Evidence, Examination, Extent, Finding, Freshness, ItemResult, Paper, Reliance, Standing};

/// The status that the clause has by these inputs; nothing for headings, and where a record lacks an objective.
pub fn rejudge(inputs: &Inputs<'_>) -> Option<Status> {
    if inputs.of(Input::Applicability).clause.basis.not_applicable.is_some() {
        return Some(Status::NotApplicable);
    }
    let asked = inputs.of(Input::Mapping).clause;
    let documents = inputs.of(Input::Documents);
    let cited = format!("{} {}", documents.clause.framework, documents.clause.clause);
    let own = papers(documents.record, |document| document.clauses.contains(&cited), |clauses, _| clauses.contains(&cited));
    let ask = match asked.treatment {
        TreatmentKind::Heading => return None,
        TreatmentKind::Documentary => Ask::Documentary(""),
        TreatmentKind::Outside => Ask::Outside(""),
        TreatmentKind::Mapped => {
            let findings: Vec<(&str, Coverage, Finding)> = asked
                .objectives
                .iter()
                .map(|own| {
                    let coverage = if own.coverage == "full" { Coverage::Full } else { Coverage::Partial };
                    Some((own.objective.as_str(), coverage, finding(&own.objective, inputs)?))
                })
                .collect::<Option<_>>()?;
            let lent = findings.iter().map(|(id, coverage, finding)| (*id, *coverage, finding)).collect();
            return Some(judge::verdict(&Ask::Mapped(lent), &own, None).0);
        }
    };
    Some(judge::verdict(&ask, &own, None).0)
}

/// The conclusion about one objective, weakened by what samples say of it.
fn finding(id: &str, inputs: &Inputs<'_>) -> Option<Finding> {
    let mut finding = tested(id, inputs)?;
    let samples = &inputs.of(Input::Samples).record.assessment.samples;
    let draws: Vec<Draw> = samples.iter().filter(|sample| sample.objective.as_deref() == Some(id)).map(draw).collect();
    let exceptions = inputs.of(Input::Exceptions);
    let excepted = exceptions
        .record
        .exceptions(&exceptions.clause.framework, id)
        .flat_map(|exception| exception.subjects.iter().map(|subject| (subject.clone(), exception.id.clone())))
        .collect();
    finding.status = judge::sampled(finding.status, &mut finding.reasons, &draws, id, &excepted);
    Some(finding)
}

fn draw(sample: &SampleRecord) -> Draw {
    let item = |own: &SampleItemRecord| DrawnItem {
        subject: own.subject.clone(),
        result: match own.result.as_str() {
            "passed" => ItemResult::Passed,
            "failed" => ItemResult::Failed,
            _ => ItemResult::Open,
        },
    };
    Draw {
        id: sample.id.clone(),
        flaw: (sample.state != "redrawn").then(|| sample.note.clone()),
        items: sample.items.iter().map(item).collect(),
    }
}

/// The conclusion about one objective by its query and its documents.
fn tested(id: &str, inputs: &Inputs<'_>) -> Option<Finding> {
    let rows = inputs.of(Input::Rows(id)).record.objective(id)?;
    let relied = inputs.of(Input::Reliance(id)).record.objective(id)?;
    let papers = papers(
        inputs.of(Input::Documents).record,
        |document| document.objectives.iter().any(|own| own == id),
        |_, objectives| objectives.iter().any(|own| own == id),
    );
    if rows.method != "test" || is_untested(rows, "not-automated") {
        let evidence = Evidence::NotAutomated { ask: String::new(), papers };
        return Some(judge::conclude(id, &evidence, None, &BTreeMap::new()));
    }
    let covered = covered(id, inputs.of(Input::Rows(id)), inputs.of(Input::Exceptions));
    let evidence = if is_untested(rows, "no-evidence") || is_untested(relied, "no-evidence") {
        Evidence::Missing { tables: vec![String::new()] }
    } else {
        observed(rows, relied, covered)
    };
    let excepted = BTreeMap::from([(COVERED.to_owned(), String::new())]);
    let mut finding = judge::conclude(id, &evidence, empty_meaning(rows).as_ref(), &excepted);
    finding.status = judge::weaken(finding.status, &mut finding.reasons, &papers, Some(id));
    Some(finding)
}

const COVERED: &str = "under an exception";

fn is_untested(objective: &ObjectiveResult, code: &str) -> bool {
    objective.observations_digest.is_none() && objective.reasons.iter().any(|reason| reason.code == code)
}

/// How many of the departing subjects exceptions cover.
fn covered(id: &str, rows: RecordedClause<'_>, exceptions: RecordedClause<'_>) -> usize {
    let failing = rows.record.failing(id);
    let subjects: std::collections::BTreeSet<&str> = exceptions
        .record
        .exceptions(&exceptions.clause.framework, id)
        .flat_map(|exception| &exception.subjects)
        .map(String::as_str)
        .filter(|subject| failing.binary_search(subject).is_ok())
        .collect();
    subjects.len()
}

/// One observation for each kind that the record counts, and one artifact that can be relied on as far as the evidence could.
fn observed(rows: &ObjectiveResult, relied: &ObjectiveResult, covered: usize) -> Evidence {
    let seen = |subject: &str, outcome: Outcome, proved: bool| Observation {
        subject: subject.to_owned(),
        outcome,
        reason: String::new(),
        artifact: String::new(),
        record: String::new(),
        identity: None,
        proved,
        contradicted: false,
    };
    let tally = rows.tally;
    let mut observations = Vec::new();
    let mut add = |count: usize, subject: &str, outcome: Outcome, proved: bool| {
        if count > 0 {
            observations.push(seen(subject, outcome, proved));
        }
    };
    add(tally.failed.saturating_sub(covered), "open", Outcome::Fail, true);
    add(covered, COVERED, Outcome::Fail, true);
    add(tally.unknown, "unknown", Outcome::Unknown, true);
    add(tally.skipped, "skipped", Outcome::Skip, true);
    // Whether a pass is proved is a matter of the evidence behind it; where that side had no pass, its limits decide.
    let has = |code: &str| relied.reasons.iter().any(|reason| reason.code == code);
    let aged = has("stale-evidence") || has("undated-evidence");
    let any = tally.passed + tally.unproved > 0;
    let (proved, unproved) = match (relied.tally.passed > 0, relied.tally.unproved > 0) {
        (false, false) => (any && !aged, any && aged),
        (proved, unproved) => (any && proved, any && unproved),
    };
    add(usize::from(proved), "proved", Outcome::Pass, true);
    add(usize::from(unproved), "unproved", Outcome::Pass, false);
    let reliance = Reliance {
        path: String::new(),
        freshness: if has("stale-evidence") {
            Freshness::Stale { age_days: 1, limit_days: 0 }
        } else if has("undated-evidence") {
            Freshness::Undated
        } else {
            Freshness::Fresh
        },
        extent: if has("incomplete-evidence") {
            Extent::Incomplete
        } else if has("extent-unknown") {
            Extent::Unknown
        } else {
            Extent::Complete
        },
        rejected: usize::from(has("rejected-records")),
    };
    let not_collected = if has("not-collected") { vec![String::new()] } else { Vec::new() };
    Evidence::Observed { seen: observations.into_iter().collect(), reliances: vec![reliance], not_collected }
}

/// What an empty population means is not recorded; that it was once taken for satisfied is.
fn empty_meaning(rows: &ObjectiveResult) -> Option<EmptyPopulation> {
    let means = if rows.status == Status::Satisfied { EmptyMeaning::Satisfied } else { EmptyMeaning::NotAssessed };
    Some(EmptyPopulation { means, because: String::new() })
}

fn papers(
    record: &Recorded<'_>,
    is_attached: impl Fn(&DocumentRecord) -> bool,
    names: impl Fn(&[String], &[String]) -> bool,
) -> Vec<Paper> {
    let attached = record.assessment.documents.iter().filter(|document| is_attached(document));
    attached
        .map(|document| Paper {
            title: document.title.clone(),
            path: document.path.clone(),
            standing: match document.state.as_str() {
                "current" => Standing::Current,
                "overdue" => Standing::Overdue { since: String::new() },
                "not-approved" => Standing::NotApproved,
                "approved-later" => Standing::ApprovedLater { on: String::new() },
                _ => Standing::Unusable { why: String::new() },
            },
            examinations: document
                .examinations
                .iter()
                .filter(|own| (own.clauses.is_empty() && own.objectives.is_empty()) || names(&own.clauses, &own.objectives))
                .map(|own| Examination {
                    by: own.by.clone(),
                    on: own.on.clone(),
                    result: own.result,
                    because: own.because.clone(),
                    flaw: own.flaw.clone(),
                })
                .collect(),
        })
        .collect()
}
