//! Who began and who ceased to depart, by objective. One pass over two lists in order, so that the cost is linear.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::identities::{Facts, IdentityChange};
use super::{Side, tally_of};
use crate::assessment::{Observation, Outcome, Tally};
use crate::base::Status;

/// One objective over both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectiveChange {
    pub objective: String,
    pub title: String,
    pub status_before: Option<Status>,
    pub status_after: Option<Status>,
    pub tally_before: Option<Tally>,
    pub tally_after: Option<Tally>,
    /// Subjects that depart now and did not before.
    pub started: Vec<Row>,
    /// Subjects that departed before and do not now.
    pub stopped: Vec<Row>,
    /// How many departed before and still do.
    pub repeated: usize,
}

/// One subject whose deviation began or ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Row {
    pub subject: String,
    pub identity: Option<String>,
    /// None where it was not in the population, or where the record does not tell.
    pub before: Option<Seen>,
    pub after: Option<Seen>,
    /// `changed`, `new`, `gone`, or `not-listed` where only the record is at hand and it lists nothing for that side.
    pub because: &'static str,
}

/// What was seen of a subject on one side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Seen {
    /// None where it is no observation but a row of a register.
    pub outcome: Option<Outcome>,
    pub reason: String,
    pub artifact: String,
    pub record: String,
}

impl Seen {
    pub(super) fn of(seen: &Observation) -> Seen {
        Seen { outcome: Some(seen.outcome), reason: seen.reason.clone(), artifact: seen.artifact.clone(), record: seen.record.clone() }
    }
}

/// Everything that moved below the clauses.
pub struct Moved {
    pub objectives: BTreeMap<String, ObjectiveChange>,
    pub identities: Vec<IdentityChange>,
    pub populations_known: bool,
}

/// Walks through all objectives of both sides.
pub fn moved(before: Side<'_>, after: Side<'_>) -> Moved {
    let ids: BTreeSet<&str> = before.assessment.objectives.iter().chain(&after.assessment.objectives).map(|own| own.id.as_str()).collect();
    let mut facts = Facts::new(before, after);
    let mut objectives = BTreeMap::new();
    for id in ids {
        let (old, new) = (listed(before, id), listed(after, id));
        let mut change = ObjectiveChange {
            objective: id.to_owned(),
            title: after.assessment.objective(id).or(before.assessment.objective(id)).map(|own| own.title.clone()).unwrap_or_default(),
            status_before: tally_of(before.assessment, id).map(|own| own.0),
            status_after: tally_of(after.assessment, id).map(|own| own.0),
            tally_before: tally_of(before.assessment, id).map(|own| own.1),
            tally_after: tally_of(after.assessment, id).map(|own| own.1),
            started: Vec::new(),
            stopped: Vec::new(),
            repeated: 0,
        };
        // Where one side does not know the objective at all, nothing began and nothing ended: it was not looked at.
        let comparable = change.tally_before.is_some() && change.tally_after.is_some();
        for (was, is) in joined(&old, &new) {
            let fails = |seen: Option<&Observation>| seen.is_some_and(|seen| seen.outcome == Outcome::Fail);
            if !comparable {
                continue;
            }
            facts.add(id, was, is);
            match (fails(was), fails(is)) {
                (false, true) => change.started.push(row(was, is, before.observations.is_some())),
                (true, false) => change.stopped.push(row(was, is, after.observations.is_some())),
                (true, true) => change.repeated += 1,
                (false, false) => {}
            }
        }
        objectives.insert(id.to_owned(), change);
    }
    let populations_known = facts.knows_populations();
    Moved { objectives, identities: facts.settle(), populations_known }
}

/// The observations of an objective in the order of their subjects: all of them where the pack is at hand.
fn listed<'a>(side: Side<'a>, objective: &str) -> Vec<&'a Observation> {
    let full = side.observations.and_then(|lists| lists.get(objective));
    let kept = side.assessment.objective(objective).map(|own| &own.observations);
    let mut list: Vec<&Observation> = full.or(kept).into_iter().flatten().collect();
    list.sort_by(|one, two| one.subject.cmp(&two.subject));
    list
}

/// Both lists at once, each subject once.
fn joined<'a>(old: &[&'a Observation], new: &[&'a Observation]) -> Vec<(Option<&'a Observation>, Option<&'a Observation>)> {
    let mut pairs = Vec::with_capacity(old.len().max(new.len()));
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let order = match (old.get(i), new.get(j)) {
            (Some(was), Some(is)) => was.subject.cmp(&is.subject),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        pairs.push(((order != std::cmp::Ordering::Greater).then(|| old[i]), (order != std::cmp::Ordering::Less).then(|| new[j])));
        i += usize::from(order != std::cmp::Ordering::Greater);
        j += usize::from(order != std::cmp::Ordering::Less);
    }
    pairs
}

fn row(was: Option<&Observation>, is: Option<&Observation>, other_is_whole: bool) -> Row {
    let shown = is.or(was).expect("a subject is on one of the sides");
    let because = match (was, is) {
        (Some(_), Some(_)) => "changed",
        _ if !other_is_whole => "not-listed",
        (None, _) => "new",
        (_, None) => "gone",
    };
    Row { subject: shown.subject.clone(), identity: shown.identity.clone(), before: was.map(Seen::of), after: is.map(Seen::of), because }
}
