//! Decides whether an assessment meets the gate that a pipeline set, alone or against an earlier assessment.
//!
//! In: an assessment, what the gate names, and perhaps the earlier assessment. Out: every clause that breaks the gate with the cause, and
//! how every clause moved. Knows no format and no exit code.

use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::{Assessment, ClauseResult, Outcome};
use crate::base::Status;

/// What a gate does not let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailOn {
    NotSatisfied,
    PartiallySatisfied,
    NotAssessed,
    /// A clause that stands worse than in the earlier assessment, whatever its status.
    Worsened,
}

impl FailOn {
    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            FailOn::NotSatisfied => "not-satisfied",
            FailOn::PartiallySatisfied => "partially-satisfied",
            FailOn::NotAssessed => "not-assessed",
            FailOn::Worsened => "worsened",
        }
    }

    fn names(self, status: Status) -> bool {
        match self {
            FailOn::NotSatisfied => status == Status::NotSatisfied,
            FailOn::PartiallySatisfied => status == Status::PartiallySatisfied,
            FailOn::NotAssessed => status == Status::NotAssessed,
            FailOn::Worsened => false,
        }
    }
}

/// A clause by edition and id.
pub type ClauseKey = (String, String);

/// How a clause stands against the earlier assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// None where the earlier assessment does not have the clause.
    pub was: Option<Status>,
    pub is: Status,
    /// Subjects that depart now under no exception and did not before, each with its objective.
    pub started: BTreeSet<(String, String)>,
}

impl Move {
    /// A status that moved down, a deviation that is new, or a deviation where there was nothing to compare with.
    pub fn is_worse(&self) -> bool {
        match self.was {
            _ if self.is == Status::NotApplicable => false,
            None | Some(Status::NotApplicable) => self.is == Status::NotSatisfied,
            Some(was) => self.is < was || !self.started.is_empty(),
        }
    }

    /// Whether the clause differs in status or in who departs.
    pub fn is_change(&self) -> bool {
        self.was != Some(self.is) || !self.started.is_empty()
    }
}

/// The gate applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gated {
    /// Clauses that break the gate, each with the words of the gate that it breaks; in the order of the assessment.
    pub broken: Vec<(ClauseKey, Vec<FailOn>)>,
    /// Every assessable clause against the earlier assessment; none without one.
    pub moves: Option<BTreeMap<ClauseKey, Move>>,
    /// Objective and subject of what departs, or cannot be told, and did not in the earlier assessment; none where subjects cannot be compared.
    pub new: Option<BTreeSet<(String, String)>>,
    /// Assessable clauses that only the earlier assessment has.
    pub gone: BTreeSet<ClauseKey>,
}

/// Applies a gate. Against an earlier assessment only a clause that stands worse can break it; without one `Worsened` breaks nothing.
///
/// Subjects are compared only where both sides show names: a pseudonym never equals a name, nor one that was made from other evidence.
pub fn gate(after: &Assessment, fail_on: &BTreeSet<FailOn>, before: Option<&Assessment>) -> Gated {
    let Some(before) = before else { return gate_alone(&after.clauses, fail_on) };
    let moves = moves(before, after);
    let here: BTreeSet<ClauseKey> = assessable(&after.clauses).map(|(key, _)| key).collect();
    let new = comparable(before, after).then(|| {
        let new = &shown(after) - &shown(before);
        new.into_iter().map(|(objective, subject)| (objective.to_owned(), subject.to_owned())).collect()
    });
    Gated {
        broken: broken(&after.clauses, fail_on, Some(&moves)),
        new,
        gone: assessable(&before.clauses).map(|(key, _)| key).filter(|key| !here.contains(key)).collect(),
        moves: Some(moves),
    }
}

/// The same without an earlier assessment: the clauses alone decide.
pub fn gate_alone(clauses: &[ClauseResult], fail_on: &BTreeSet<FailOn>) -> Gated {
    Gated { broken: broken(clauses, fail_on, None), ..Gated::default() }
}

fn assessable(clauses: &[ClauseResult]) -> impl Iterator<Item = (ClauseKey, Status)> {
    clauses.iter().filter_map(|clause| Some((key(clause), clause.status?)))
}

fn broken(
    clauses: &[ClauseResult],
    fail_on: &BTreeSet<FailOn>,
    moves: Option<&BTreeMap<ClauseKey, Move>>,
) -> Vec<(ClauseKey, Vec<FailOn>)> {
    assessable(clauses)
        .filter_map(|(key, status)| {
            let is_worse = moves.map(|moves| moves[&key].is_worse());
            let breaks = |word: FailOn| match (word, is_worse) {
                (FailOn::Worsened, worse) => worse == Some(true),
                (word, worse) => worse != Some(false) && word.names(status),
            };
            let words: Vec<FailOn> = fail_on.iter().copied().filter(|word| breaks(*word)).collect();
            (!words.is_empty()).then_some((key, words))
        })
        .collect()
}

/// Whether a subject of one side can be found on the other: pseudonyms are made anew from other evidence.
fn comparable(before: &Assessment, after: &Assessment) -> bool {
    !before.names.replaced && !after.names.replaced
}

/// What departs or cannot be told.
fn shown(assessment: &Assessment) -> BTreeSet<(&str, &str)> {
    assessment
        .objectives
        .iter()
        .flat_map(|objective| {
            let seen = objective.observations.iter().filter(|seen| matches!(seen.outcome, Outcome::Fail | Outcome::Unknown));
            seen.map(|seen| (objective.id.as_str(), seen.subject.as_str()))
        })
        .collect()
}

fn key(clause: &ClauseResult) -> ClauseKey {
    (clause.framework.clone(), clause.clause.clone())
}

fn moves(before: &Assessment, after: &Assessment) -> BTreeMap<ClauseKey, Move> {
    let old: BTreeMap<ClauseKey, &ClauseResult> = before.clauses.iter().map(|clause| (key(clause), clause)).collect();
    let comparable = comparable(before, after);
    let (departed, departing) = (failing(before), failing(after));
    after
        .clauses
        .iter()
        .filter_map(|clause| {
            let was = old.get(&key(clause)).copied();
            let started = match was {
                Some(was) if comparable => {
                    let new = &open(clause, &departing) - &open(was, &departed);
                    new.into_iter().map(|(objective, subject)| (objective.to_owned(), subject.to_owned())).collect()
                }
                _ => BTreeSet::new(),
            };
            Some((key(clause), Move { was: was.and_then(|was| was.status), is: clause.status?, started }))
        })
        .collect()
}

/// Subjects that depart, by objective.
fn failing(assessment: &Assessment) -> BTreeMap<&str, BTreeSet<&str>> {
    let failed = |seen: &&crate::assessment::Observation| seen.outcome == Outcome::Fail;
    assessment
        .objectives
        .iter()
        .map(|objective| (objective.id.as_str(), objective.observations.iter().filter(failed).map(|seen| seen.subject.as_str()).collect()))
        .collect()
}

/// The open deviations of a clause: those that no exception covers for its framework.
fn open<'a>(clause: &'a ClauseResult, failing: &BTreeMap<&str, BTreeSet<&'a str>>) -> BTreeSet<(&'a str, &'a str)> {
    let mut open = BTreeSet::new();
    for own in &clause.objectives {
        let excepted: BTreeSet<&str> = own.excepted.iter().map(|excepted| excepted.subject.as_str()).collect();
        let departing = failing.get(own.objective.as_str()).into_iter().flatten();
        open.extend(departing.filter(|subject| !excepted.contains(*subject)).map(|subject| (own.objective.as_str(), *subject)));
    }
    open
}
