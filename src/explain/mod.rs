//! Why a clause has its verdict, what would move it, and what else would move with it.
//!
//! In: an assessment, as a workspace or a pack gives it. Out: the chain from the clause down to the records, the steps upwards, and
//! every clause of every framework that the same steps would move. Judges nothing anew: the steps come from the rules of `judge`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::assessment::{
    Assessment, ClauseObjective, ClauseResult, ObjectiveResult, Observation, Outcome, Reason, SpanRecord, Tally, TreatmentKind,
};
use crate::base::Status;
use crate::catalog::Coverage;
use crate::judge::{self, Facts, Step, StepKind};

/// The whole answer for one clause.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    pub framework: String,
    pub clause: String,
    pub noun: String,
    pub label: String,
    pub statement: String,
    pub treatment: TreatmentKind,
    /// None for headings.
    pub status: Option<Status>,
    /// In the edition's own words.
    pub result: Option<String>,
    /// Those reasons that speak of no single objective.
    pub reasons: Vec<String>,
    /// The weakest first.
    pub objectives: Vec<Link>,
    /// What to do, in order; empty where nothing can move the clause or nothing needs to.
    pub path: Vec<PathStep>,
    /// The status after all steps; none where what is brought must be judged first.
    pub best: Option<Status>,
    /// Why it goes no further, where it does not become satisfied.
    pub limit: Option<String>,
    /// Clauses of all frameworks that all steps together would move; this one left out.
    pub moves: Vec<Moved>,
    /// Clauses that rest on the same objectives and that something else holds where they are.
    pub held: Vec<Held>,
}

/// One objective that the clause needs.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    pub objective: String,
    pub title: String,
    pub statement: String,
    /// `full` or `partial`.
    pub coverage: String,
    pub rationale: String,
    /// How deviations are ended, in Markdown; empty where nothing is advised.
    pub advice: String,
    /// As this framework has it, its exceptions applied.
    pub status: Status,
    pub reasons: Vec<String>,
    pub tally: Tally,
    /// Failures under an exception of this framework.
    pub excepted: usize,
    /// Values in force, as `max_age_days = 90 days`.
    pub parameters: Vec<String>,
    /// Everything that is not a proved pass, worst first.
    pub rows: Vec<Row>,
    /// What the verdict on this objective rests on.
    pub evidence: Vec<Source>,
    /// Whether that shows a state at an instant, or what happened over the period.
    pub span: SpanRecord,
}

/// A member of the population with the place that tells of it.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub subject: String,
    pub outcome: Outcome,
    pub reason: String,
    /// The exception that covers it.
    pub exception: Option<String>,
    pub exhibit: Option<String>,
    pub artifact: String,
    pub record: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Source {
    pub exhibit: String,
    pub path: String,
    pub collected_at: Option<String>,
    pub extent: String,
    pub sha256: Option<String>,
}

/// One thing to do, with what it leads to when all before it are done.
#[derive(Debug, Clone, Serialize)]
pub struct PathStep {
    pub objective: String,
    /// A stable word, such as `end-deviations`.
    pub step: &'static str,
    pub what: String,
    /// How many members it is about.
    pub members: usize,
    /// The objective's status then; none where what is brought must be judged first.
    pub objective_then: Option<Status>,
    pub clause_then: Option<Status>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    pub framework: String,
    pub clause: String,
    pub label: String,
    pub from: Status,
    pub to: Status,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    pub framework: String,
    pub clause: String,
    pub status: Status,
    /// The objectives that hold it, or `documents`; empty where it is as far as tests can bring it.
    pub by: Vec<String>,
}

/// Explains one clause of an assessment.
pub fn explain(assessment: &Assessment, clause: &ClauseResult) -> Explanation {
    let mut links: Vec<Link> = clause.objectives.iter().filter_map(|own| link(assessment, clause, own)).collect();
    links.sort_by(|one, two| (one.status, &one.objective).cmp(&(two.status, &two.objective)));
    let mut path = Vec::new();
    let mut reached: BTreeMap<&str, Status> = BTreeMap::new();
    let mut open_end = false;
    if clause.status.is_some_and(|status| status < Status::Satisfied && status != Status::NotApplicable) {
        for link in &links {
            let Some(result) = assessment.objective(&link.objective) else { continue };
            let facts = facts_of(clause, result, link);
            for step in facts.steps() {
                let clause_then = step.then.map(|then| {
                    let mut with = reached.clone();
                    with.insert(&result.id, then);
                    hypothetical(clause, &with).unwrap_or(then)
                });
                if let Some(then) = step.then {
                    reached.insert(&result.id, then);
                }
                open_end |= step.then.is_none();
                path.push(PathStep {
                    objective: result.id.clone(),
                    step: step.kind.word(),
                    what: what(&step, clause, result, link),
                    members: step.members,
                    objective_then: step.then,
                    clause_then: clause_then.filter(|_| !open_end),
                });
            }
        }
    }
    let best = if open_end { None } else { hypothetical(clause, &reached).or(clause.status) };
    let (moves, held) = consequences(assessment, clause, &reached);
    Explanation {
        framework: clause.framework.clone(),
        clause: clause.clause.clone(),
        noun: clause.noun.clone(),
        label: clause.label.clone(),
        statement: clause.statement.clone(),
        treatment: clause.treatment,
        status: clause.status,
        result: clause.result.clone(),
        reasons: clause.reasons.iter().filter(|reason| reason.objective.is_none()).map(|reason| reason.text.clone()).collect(),
        limit: limit(clause, best, &path),
        objectives: links,
        path,
        best,
        moves,
        held,
    }
}

fn link(assessment: &Assessment, clause: &ClauseResult, own: &ClauseObjective) -> Option<Link> {
    let result = assessment.objective(&own.objective)?;
    let exceptions: BTreeMap<&str, &str> = own.excepted.iter().map(|one| (one.subject.as_str(), one.exception.as_str())).collect();
    let mut rows: Vec<Row> = result.observations.iter().map(|seen| row(assessment, seen, &exceptions)).collect();
    rows.sort_by_key(|row| (rank(row.outcome), row.exception.is_some()));
    let failing = |subject: &str| result.observations.iter().any(|seen| seen.outcome == Outcome::Fail && seen.subject == subject);
    Some(Link {
        objective: result.id.clone(),
        title: result.title.clone(),
        statement: result.statement.clone(),
        coverage: own.coverage.clone(),
        rationale: own.rationale.clone(),
        advice: result.advice.clone(),
        status: own.status,
        reasons: reasons_of(clause, &own.objective).map(|reason| reason.text.clone()).collect(),
        tally: result.tally,
        excepted: exceptions.keys().filter(|subject| failing(subject)).count(),
        parameters: result
            .parameters
            .iter()
            .map(|own| format!("{} = {} {}", own.name, own.value, own.unit).trim_end().to_owned())
            .collect(),
        rows,
        span: result.span.clone(),
        evidence: result
            .evidence
            .iter()
            .filter_map(|path| assessment.exhibit(path))
            .map(|artifact| Source {
                exhibit: artifact.exhibit.clone(),
                path: artifact.path.clone(),
                collected_at: artifact.collected_at.clone(),
                extent: artifact.extent.clone(),
                sha256: artifact.sha256.as_ref().map(ToString::to_string),
            })
            .collect(),
    })
}

fn reasons_of<'a>(clause: &'a ClauseResult, objective: &'a str) -> impl Iterator<Item = &'a Reason> {
    clause.reasons.iter().filter(move |reason| reason.objective.as_deref() == Some(objective))
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 0,
        Outcome::Unknown => 1,
        Outcome::Pass => 2,
        Outcome::Skip => 3,
    }
}

fn row(assessment: &Assessment, seen: &Observation, exceptions: &BTreeMap<&str, &str>) -> Row {
    Row {
        subject: seen.subject.clone(),
        outcome: seen.outcome,
        reason: seen.reason.clone(),
        exception: exceptions.get(seen.subject.as_str()).filter(|_| seen.outcome == Outcome::Fail).map(|id| (*id).to_owned()),
        exhibit: assessment.exhibit(&seen.artifact).map(|artifact| artifact.exhibit.clone()),
        artifact: seen.artifact.clone(),
        record: seen.record.clone(),
    }
}

/// What the objective's status in this framework rests on.
fn facts_of(clause: &ClauseResult, result: &ObjectiveResult, link: &Link) -> Facts {
    let codes: BTreeSet<String> = reasons_of(clause, &result.id).map(|reason| reason.code.clone()).collect();
    Facts {
        open: result.tally.failed - link.excepted.min(result.tally.failed),
        covered: link.excepted,
        passed: result.tally.passed,
        unproved: result.tally.unproved,
        unknown: result.tally.unknown,
        codes,
        criticised: None,
    }
    .concluded(link.status)
}

/// The status of a clause when its objectives stood as stated; none where it rests on no objective.
///
/// What holds it besides, such as a criticised document, goes on holding it.
fn hypothetical(clause: &ClauseResult, changed: &BTreeMap<&str, Status>) -> Option<Status> {
    let now = clause.status.filter(|status| *status != Status::NotApplicable && clause.treatment == TreatmentKind::Mapped)?;
    let coverage = |own: &ClauseObjective| if own.coverage == "full" { Coverage::Full } else { Coverage::Partial };
    let with = |changed: &BTreeMap<&str, Status>| {
        let standing: Vec<(Coverage, Status)> = clause
            .objectives
            .iter()
            .map(|own| (coverage(own), changed.get(own.objective.as_str()).map_or(own.status, |then| (*then).max(own.status))))
            .collect();
        judge::weakest_link(&standing)
    };
    let given = with(&BTreeMap::new())?;
    let then = with(changed)?;
    Some(if now < given { then.min(now) } else { then })
}

/// What the same steps do to every other clause.
fn consequences(assessment: &Assessment, clause: &ClauseResult, reached: &BTreeMap<&str, Status>) -> (Vec<Moved>, Vec<Held>) {
    let (mut moves, mut held) = (Vec::new(), Vec::new());
    for other in &assessment.clauses {
        let touched = other.objectives.iter().any(|own| reached.contains_key(own.objective.as_str()));
        if !touched || (other.framework == clause.framework && other.clause == clause.clause) {
            continue;
        }
        let (Some(from), Some(to)) = (other.status, hypothetical(other, reached)) else { continue };
        if to > from {
            moves.push(Moved { framework: other.framework.clone(), clause: other.clause.clone(), label: other.label.clone(), from, to });
        } else if from < Status::Satisfied {
            held.push(Held { framework: other.framework.clone(), clause: other.clause.clone(), status: from, by: holders(other, reached) });
        }
    }
    (moves, held)
}

/// The objectives that keep a clause where it is when all others have moved.
fn holders(clause: &ClauseResult, reached: &BTreeMap<&str, Status>) -> Vec<String> {
    let stands = |own: &ClauseObjective| reached.get(own.objective.as_str()).map_or(own.status, |then| (*then).max(own.status));
    let Some(status) = clause.status else { return Vec::new() };
    let by: Vec<String> = clause
        .objectives
        .iter()
        .filter(|own| stands(own) <= status && stands(own) < Status::Satisfied)
        .map(|own| own.objective.clone())
        .collect();
    let all_done = clause.objectives.iter().all(|own| stands(own) == Status::Satisfied);
    if by.is_empty() && !(all_done && status == Status::PartiallySatisfied) { vec!["documents".to_owned()] } else { by }
}

/// Why a clause goes no further than the last step.
fn limit(clause: &ClauseResult, best: Option<Status>, path: &[PathStep]) -> Option<String> {
    match (clause.treatment, clause.status) {
        (_, Some(Status::Satisfied)) | (TreatmentKind::Heading, _) | (_, None) => None,
        (_, Some(Status::NotApplicable)) => {
            Some("The organisation states that it does not apply; evidence does not move that, only withdrawing the statement in tickmark.yaml.".into())
        }
        (TreatmentKind::Documentary, _) => {
            Some("No query decides this clause: it moves when a document in documents.yaml, approved and in date, is examined and said to satisfy it.".into())
        }
        (TreatmentKind::Outside, _) => {
            Some("It cannot concern machine identities; a document that was examined, or a stated reason why it does not apply, moves it.".into())
        }
        (TreatmentKind::Mapped, _) => match best {
            None => Some("What is brought must be judged before anybody can say where the clause will stand.".into()),
            Some(Status::Satisfied) => None,
            Some(_) if clause.objectives.iter().all(|own| own.coverage != "full") => Some(
                "No objective covers this clause in full, so tests alone bring it no further; the rest of what it asks is for the auditor to examine.".into(),
            ),
            Some(_) if path.is_empty() => Some("Documents that people criticised hold it; see the reasons.".into()),
            Some(_) => Some("Documents that people criticised hold it besides; see the reasons.".into()),
        },
    }
}

/// The sentence for one step.
fn what(step: &Step, clause: &ClauseResult, result: &ObjectiveResult, link: &Link) -> String {
    let removed = || reasons_of(clause, &result.id).filter(|reason| step.removes.contains(&reason.code));
    let reason = removed().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join(" ");
    let paths: BTreeSet<&str> = removed().flat_map(|reason| &reason.artifacts).map(String::as_str).collect();
    let files = paths.into_iter().collect::<Vec<_>>().join(", ");
    let members = step.members;
    match step.kind {
        StepKind::BringEvidence => {
            format!("Bring evidence. {} `tickmark evidence requests` prints the command for each export.", reason)
        }
        StepKind::BringDocuments => {
            format!("Bring a document and have it examined: {}", result.ask.as_deref().unwrap_or("nothing is stated of what to bring."))
        }
        StepKind::EndDeviations => {
            let excepted = if link.excepted > 0 { format!(" besides the {} under an exception", link.excepted) } else { String::new() };
            format!(
                "End {} and export again. Or have an exception approved for each: then it is partially satisfied at most.",
                number(members, "deviation", &excepted)
            )
        }
        StepKind::TellUnknown => format!(
            "Bring what tells of {} for which the sources cannot tell, and have it say that they meet the objective.",
            number(members, "member", "")
        ),
        StepKind::RenewEvidence => format!("Export again, and state when: {files}."),
        StepKind::CompleteEvidence if files.is_empty() => format!("Collect what is missing. {}", reason),
        StepKind::CompleteEvidence => {
            format!("Show that exports are whole, by `rows` in artifacts.yaml, or export them whole: {files}. {reason}")
        }
        StepKind::RepairRecords => format!("Have the records exported properly that could not be read: {files}."),
        StepKind::SettleSamples => format!("Settle the samples. {}", reason),
        StepKind::SettleDocuments => "Put right what was found in the documents, and have them examined again.".into(),
        StepKind::EndExceptions => format!("End {}, as their plans say.", number(members, "deviation under exceptions", "")),
    }
}

fn number(count: usize, noun: &str, more: &str) -> String {
    if count == 1 { format!("1 {noun}{more}") } else { format!("{count} {}{more}", plural(noun)) }
}

/// The plural of the first word.
fn plural(noun: &str) -> String {
    match noun.split_once(' ') {
        Some((first, rest)) => format!("{first}s {rest}"),
        None => format!("{noun}s"),
    }
}
