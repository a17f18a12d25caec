//! Who began and who ceased to depart, by objective. One pass over two lists in order, so that the cost is linear.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::identities::{Facts, Identities, IdentityChange};
use super::{Side, tally_of};
use crate::assessment::lists::SeenRow;
use crate::assessment::{Outcome, Tally};
use crate::base::Status;

/// One objective over both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Seen {
    /// None where it is no observation but a row of a register.
    pub outcome: Option<Outcome>,
    pub reason: String,
    pub artifact: String,
    pub record: String,
}

impl Seen {
    pub(super) fn of(seen: &SeenRow<'_>) -> Seen {
        Seen {
            outcome: Some(seen.outcome),
            reason: seen.reason.to_owned(),
            artifact: seen.artifact.to_owned(),
            record: seen.record.to_owned(),
        }
    }
}

/// Everything that moved below the clauses.
pub struct Moved {
    pub objectives: BTreeMap<String, ObjectiveChange>,
    pub identities: Vec<IdentityChange>,
    pub populations_known: bool,
}

/// Walks through all objectives of both sides. Objectives do not depend on each other, so they are walked through side by side.
pub fn moved(before: Side<'_>, after: Side<'_>) -> Moved {
    let ids: BTreeSet<&str> = before.assessment.objectives.iter().chain(&after.assessment.objectives).map(|own| own.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let people = Identities::new(before, after);
    let each: Vec<(ObjectiveChange, Facts<'_>)> = ids.par_iter().map(|id| one_objective(id, before, after, &people)).collect();
    let (objectives, facts): (Vec<ObjectiveChange>, Vec<Facts<'_>>) = each.into_iter().unzip();
    Moved {
        objectives: objectives.into_iter().map(|own| (own.objective.clone(), own)).collect(),
        populations_known: people.are_known(),
        identities: people.settle(facts),
    }
}

fn one_objective<'a>(id: &'a str, before: Side<'a>, after: Side<'a>, people: &Identities<'a>) -> (ObjectiveChange, Facts<'a>) {
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
    let mut facts = people.facts_of(id);
    // Where one side does not know the objective at all, nothing began and nothing ended: it was not looked at.
    if change.tally_before.is_none() || change.tally_after.is_none() {
        return (change, facts);
    }
    let fails = |seen: Option<SeenRow<'_>>| seen.is_some_and(|seen| seen.outcome == Outcome::Fail);
    joined(&before.listed(id), &after.listed(id), |was, is| {
        facts.add(was, is);
        match (fails(was), fails(is)) {
            (false, true) => change.started.push(row(was, is, before.is_whole())),
            (true, false) => change.stopped.push(row(was, is, after.is_whole())),
            (true, true) => change.repeated += 1,
            (false, false) => {}
        }
    });
    (change, facts)
}

/// Goes through both lists at once, each subject once.
fn joined<'a>(old: &[SeenRow<'a>], new: &[SeenRow<'a>], mut pair: impl FnMut(Option<SeenRow<'a>>, Option<SeenRow<'a>>)) {
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let order = match (old.get(i), new.get(j)) {
            (Some(was), Some(is)) => was.subject.cmp(is.subject),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        pair((order != Ordering::Greater).then(|| old[i]), (order != Ordering::Less).then(|| new[j]));
        i += usize::from(order != Ordering::Greater);
        j += usize::from(order != Ordering::Less);
    }
}

fn row(was: Option<SeenRow<'_>>, is: Option<SeenRow<'_>>, other_is_whole: bool) -> Row {
    let shown = is.or(was).expect("a subject is on one of the sides");
    let because = match (was, is) {
        (Some(_), Some(_)) => "changed",
        _ if !other_is_whole => "not-listed",
        (None, _) => "new",
        (_, None) => "gone",
    };
    let seen = |own: Option<SeenRow<'_>>| own.as_ref().map(Seen::of);
    Row { subject: shown.subject.to_owned(), identity: shown.identity.map(str::to_owned), before: seen(was), after: seen(is), because }
}
