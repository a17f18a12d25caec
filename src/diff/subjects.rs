//! Who began and who ceased to depart, by objective. One pass over two lists in order, so that the cost is linear.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::identities::{Identities, IdentityChange, Settled};
use super::{Side, tally_of};
use crate::assessment::lists::Glimpse;
use crate::assessment::{Outcome, Tally};
use crate::base::Status;

/// One objective over both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectiveChange<'a> {
    pub objective: String,
    pub title: String,
    pub status_before: Option<Status>,
    pub status_after: Option<Status>,
    pub tally_before: Option<Tally>,
    pub tally_after: Option<Tally>,
    /// Subjects that depart now and did not before.
    pub started: Vec<Row<'a>>,
    /// Subjects that departed before and do not now.
    pub stopped: Vec<Row<'a>>,
    /// How many departed before and still do.
    pub repeated: usize,
    /// Subjects that depart now, and it was not known before: the source that shows them was not collected, the objective was not tested, or
    /// its pass was not proved.
    pub found: Vec<Row<'a>>,
    /// Subjects that departed before, and it is not known now in the same way: they have not ceased.
    pub lost: Vec<Row<'a>>,
}

/// One subject whose deviation began or ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Row<'a> {
    pub subject: &'a str,
    pub identity: Option<&'a str>,
    /// None where it was not in the population, or where the record does not tell.
    pub before: Option<Seen<'a>>,
    pub after: Option<Seen<'a>>,
    /// `changed`, `new`, `gone`, `not-listed` where only the record is at hand and it lists nothing for that side, `not-looked-at`, or
    /// `not-known` where a pass is not proved on one side.
    pub because: &'static str,
}

/// What was seen of a subject on one side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Seen<'a> {
    /// None where it is no observation but a row of a register.
    pub outcome: Option<Outcome>,
    pub reason: Cow<'a, str>,
    pub artifact: &'a str,
    pub record: &'a str,
}

impl<'a> Seen<'a> {
    pub(super) fn of(seen: &Glimpse<'a>) -> Seen<'a> {
        let row = seen.row();
        Seen { outcome: Some(row.outcome), reason: row.reason.into(), artifact: row.artifact, record: row.record }
    }
}

/// Everything that moved below the clauses.
pub struct Moved<'a> {
    pub objectives: BTreeMap<String, ObjectiveChange<'a>>,
    pub identities: Vec<IdentityChange<'a>>,
    pub populations_known: bool,
}

/// Walks through all objectives of both sides. Objectives do not depend on each other, so they are walked through side by side.
pub fn moved<'a>(before: Side<'a>, after: Side<'a>) -> Moved<'a> {
    let ids: BTreeSet<&str> = before.assessment.objectives.iter().chain(&after.assessment.objectives).map(|own| own.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let people = Identities::new(before, after);
    let each: Vec<(ObjectiveChange<'_>, Settled<'_>)> =
        ids.par_iter().enumerate().map(|(place, id)| one_objective((id, place), before, after, &people)).collect();
    let (objectives, facts): (Vec<ObjectiveChange<'_>>, Vec<Settled<'_>>) = each.into_iter().unzip();
    Moved {
        objectives: objectives.into_iter().map(|own| (own.objective.clone(), own)).collect(),
        populations_known: people.are_known(),
        identities: people.settle(&ids, facts),
    }
}

fn one_objective<'a>(
    (id, place): (&'a str, usize),
    before: Side<'a>,
    after: Side<'a>,
    people: &Identities<'a>,
) -> (ObjectiveChange<'a>, Settled<'a>) {
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
        found: Vec::new(),
        lost: Vec::new(),
    };
    let mut facts = people.facts_of(id, place);
    // Where one side does not know the objective at all, nothing began and nothing ended: it was not looked at.
    if change.tally_before.is_none() || change.tally_after.is_none() {
        return (change, facts.settle());
    }
    let is_tested = |side: Side<'_>| side.assessment.objective(id).is_some_and(|own| own.observations_digest.is_some());
    let (then, now) = (people.looked_later(is_tested(after)), people.looked_earlier(is_tested(before)));
    let fails = |seen: Option<Glimpse<'a>>| seen.is_some_and(|seen| seen.outcome == Outcome::Fail);
    let mut take = |was: Option<Glimpse<'a>>, is: Option<Glimpse<'a>>| {
        let looked = match (was, is) {
            (Some(was), None) => then.at(was.row().artifact),
            (None, Some(is)) => now.at(is.row().artifact),
            // What passes only on evidence too old to prove it has not ended, and may not have begun since.
            _ => is_known(was) && is_known(is),
        };
        facts.add(was, is, looked);
        let list = match (fails(was), fails(is)) {
            (false, true) if looked => &mut change.started,
            (false, true) => &mut change.found,
            (true, false) if looked => &mut change.stopped,
            (true, false) => &mut change.lost,
            (true, true) => {
                change.repeated += 1;
                return;
            }
            (false, false) => return,
        };
        let because = match (was, is) {
            (Some(_), Some(_)) if !looked => "not-known",
            _ if !looked => "not-looked-at",
            _ => because(was, is, if was.is_some() { after.is_whole() } else { before.is_whole() }),
        };
        list.push(row(was, is, because));
    };
    let mut renamed: Vec<(Option<Glimpse<'a>>, Option<Glimpse<'a>>)> = Vec::new();
    joined(before.listed(id), after.listed(id), |was, is| {
        if was.is_some() != is.is_some() && people.bears_another_name(is.or(was).and_then(|seen| seen.identity())) {
            renamed.push((was, is));
        } else {
            take(was, is);
        }
    });
    if !renamed.is_empty() {
        brought_together(renamed, people, &mut take);
        for list in [&mut change.started, &mut change.stopped, &mut change.found, &mut change.lost] {
            list.sort_by_key(|row| row.subject);
        }
    }
    (change, facts.settle())
}

/// Subjects of identities that bear another name now: one whose subject is the other's but for that name is the same.
fn brought_together<'a>(
    apart: Vec<(Option<Glimpse<'a>>, Option<Glimpse<'a>>)>,
    people: &Identities<'a>,
    take: &mut impl FnMut(Option<Glimpse<'a>>, Option<Glimpse<'a>>),
) {
    let mut later: BTreeMap<&str, Glimpse<'a>> = apart.iter().filter_map(|(_, is)| is.map(|is| (is.subject, is))).collect();
    for was in apart.into_iter().filter_map(|(was, _)| was) {
        let identity = was.identity().unwrap_or_default();
        let now = was.subject.replace(identity, people.named_now(identity));
        take(Some(was), later.remove(now.as_str()));
    }
    later.into_values().for_each(|is| take(None, Some(is)));
}

/// Goes through both lists at once, each subject once.
fn joined<'a>(
    old: impl Iterator<Item = Glimpse<'a>>,
    new: impl Iterator<Item = Glimpse<'a>>,
    mut pair: impl FnMut(Option<Glimpse<'a>>, Option<Glimpse<'a>>),
) {
    let (mut old, mut new) = (old.peekable(), new.peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some(was), Some(is)) => was.subject.cmp(is.subject),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        let was = if order == Ordering::Greater { None } else { old.next() };
        pair(was, if order == Ordering::Less { None } else { new.next() });
    }
}

/// Whether what was seen of a subject is not a pass on evidence too old to prove it.
fn is_known(seen: Option<Glimpse<'_>>) -> bool {
    seen.is_none_or(|seen| seen.outcome != Outcome::Pass || seen.row().proved)
}

fn because(was: Option<Glimpse<'_>>, is: Option<Glimpse<'_>>, other_is_whole: bool) -> &'static str {
    match (was, is) {
        (Some(_), Some(_)) => "changed",
        _ if !other_is_whole => "not-listed",
        (None, _) => "new",
        (_, None) => "gone",
    }
}

fn row<'a>(was: Option<Glimpse<'a>>, is: Option<Glimpse<'a>>, because: &'static str) -> Row<'a> {
    let shown = is.or(was).expect("a subject is on one of the sides");
    let seen = |own: Option<Glimpse<'a>>| own.as_ref().map(Seen::of);
    Row { subject: shown.subject, identity: shown.identity(), before: seen(was), after: seen(is), because }
}
