//! What several assessments in a row show: coverage, deviations opened, closed and their age, exceptions outstanding, time to remedy.
//!
//! In: records in the order of their instants. Out: a [`Trend`]. A state is known at the instants of the records only: what happened between
//! two of them is told as at least and at most so many days. What nobody looked at has not ended: a deviation is known until it was looked at
//! and did not depart, or was not there.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::identities::CREDENTIALS;
use super::register::Registers;
use super::sources::{Looked, Sources};
use super::{Remark, Side, SideRecord, side_record};
use crate::assessment::lists::Glimpse;
use crate::assessment::{Outcome, Tally};
use crate::base::instant::days_between;
use crate::base::{Instant, Status};

pub const SCHEMA: &str = "tickmark-trend/1";

/// Several records in a row. What `tickmark trend --format json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "Tickmark trend")]
pub struct Trend {
    /// `tickmark-trend/1`.
    pub schema: &'static str,
    pub points: Vec<SideRecord>,
    pub remarks: Vec<Remark>,
    /// Clauses by status at each point, by framework; editions of one framework follow each other in one line.
    pub frameworks: BTreeMap<String, Vec<Option<FrameworkAt>>>,
    pub objectives: BTreeMap<String, Vec<Option<ObjectiveAt>>>,
    /// Deviations at each point, against the one before.
    pub deviations: Vec<DeviationsAt>,
    /// Exceptions in force at each point.
    pub exceptions: Vec<ExceptionsAt>,
    /// Deviations that stand at the last point, the oldest first.
    pub open: Vec<OpenDeviation>,
    /// Deviations that had not ended when they were last seen, and that nobody looked at at the last point, the oldest first.
    pub not_looked_at: Vec<UnseenDeviation>,
    /// How long deviations stood whose subjects are still in the population and no longer depart, by objective; and credentials whose identity has
    /// another one since.
    pub remedied: BTreeMap<String, Remedied>,
    /// Deviations that ended without being told to be put right, by objective. No duration is told of them.
    pub not_remedied: BTreeMap<String, NotRemedied>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FrameworkAt {
    pub edition: String,
    pub counts: BTreeMap<Status, usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectiveAt {
    pub title: String,
    pub status: Status,
    pub tally: Tally,
}

/// `before` and `opened` together are `open`, `closed` and `not_looked_at` together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeviationsAt {
    /// Those that stand: they were seen at this point.
    pub open: usize,
    /// Those that had not ended at the point before: they stood there, or nobody looked at them. None at the first point.
    pub before: Option<usize>,
    /// Seen, and not known at the point before: they began since, or nobody had looked. None at the first point.
    pub opened: Option<usize>,
    /// Looked at, and no longer seen to depart; none at the first point.
    pub closed: Option<usize>,
    /// Those of the closed ones whose subject left the population, which puts nothing right. None at the first point, and where the record does
    /// not list who passes.
    pub left: Option<usize>,
    /// Those that had not ended before, and now their objective was not tested, their source was not collected, or the sources cannot tell. None at
    /// the first point.
    pub not_looked_at: Option<usize>,
    /// Of those that stand, how many stood at two or more points in a row up to this one.
    pub repeated: usize,
    /// Of those that stand, how many stood earlier and were not looked at at the point before.
    pub again: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExceptionsAt {
    pub active: usize,
    pub expired: usize,
    /// Deviations under an exception in force.
    pub covered: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct OpenDeviation {
    pub objective: String,
    pub subject: String,
    /// The instant at which it was first seen, and since which it was not seen to end.
    pub since: String,
    /// At how many points since then it was seen.
    pub points: usize,
    /// At how many points since then nobody looked at it, or the sources could not tell.
    pub not_looked_at: usize,
    pub age_days: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct UnseenDeviation {
    pub objective: String,
    pub subject: String,
    /// The instant at which it was first seen, and since which it was not seen to end.
    pub since: String,
    /// The last instant at which it was seen.
    pub seen_last: String,
    /// At how many points it was seen.
    pub points: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotRemedied {
    /// The subject is no longer in the population.
    pub left: usize,
    /// Only the record is at hand, and it does not list who passes: the subject may have been put right or have left.
    pub not_listed: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remedied {
    pub count: usize,
    /// Half of them took no longer than this, from the instant at which it was first seen to the first at which it was not.
    pub days_at_most_median: i64,
    pub days_at_most_max: i64,
    /// They cannot have taken less than this: the last instant at which one still stood.
    pub days_at_least_max: i64,
}

/// Follows records in the order of their instants; they are put in that order first.
pub fn trend(mut sides: Vec<Side<'_>>) -> Trend {
    sides.sort_by_key(|side| (instant(side), side.assessment.root.to_string()));
    let mut following = Following::of(&sides);
    let deviations = (0..sides.len()).map(|at| following.step(at)).collect();
    let last = sides.len().saturating_sub(1);
    let as_of = |at: usize| sides[at].assessment.frame.as_of.clone();
    let mut known: Vec<(&str, &str, Known<'_>)> =
        following.known.iter().flat_map(|(objective, list)| list.iter().map(|(subject, known)| (*objective, *subject, *known))).collect();
    known.sort_by_key(|(objective, subject, known)| (known.since, *objective, *subject));
    let (open, unseen): (Vec<_>, Vec<_>) = known.into_iter().partition(|(_, _, known)| known.last == last);
    let open = open.into_iter().map(|(objective, subject, known)| OpenDeviation {
        objective: objective.to_owned(),
        subject: subject.to_owned(),
        since: as_of(known.since),
        points: known.points,
        not_looked_at: last + 1 - known.since - known.points,
        age_days: days_between(instant(&sides[known.since]), instant(&sides[last])),
    });
    let unseen = unseen.into_iter().map(|(objective, subject, known)| UnseenDeviation {
        objective: objective.to_owned(),
        subject: subject.to_owned(),
        since: as_of(known.since),
        seen_last: as_of(known.last),
        points: known.points,
    });
    Trend {
        schema: SCHEMA,
        remarks: remarks(&sides),
        frameworks: frameworks(&sides),
        objectives: objectives(&sides),
        exceptions: sides.iter().map(exceptions_at).collect(),
        deviations,
        open: open.collect(),
        not_looked_at: unseen.collect(),
        remedied: following.remedied.into_iter().map(|(objective, days)| (objective.to_owned(), remedied(days))).collect(),
        not_remedied: following.not_remedied,
        points: sides.iter().map(|side| side_record(*side)).collect(),
    }
}

fn instant(side: &Side<'_>) -> i64 {
    Instant::parse(&side.assessment.frame.as_of).map(|at| at.micros()).unwrap_or_default()
}

/// Deviations as they come and go.
struct Following<'a> {
    sides: &'a [Side<'a>],
    sources: Vec<Sources<'a>>,
    /// What was seen and has not ended since, by objective and subject.
    known: BTreeMap<&'a str, BTreeMap<&'a str, Known<'a>>>,
    /// Days at least and at most that deviations stood which were put right, by objective.
    remedied: BTreeMap<&'a str, Vec<(i64, i64)>>,
    not_remedied: BTreeMap<String, NotRemedied>,
}

/// At which points a deviation was seen, and in which artifact the last time.
#[derive(Clone, Copy)]
struct Known<'a> {
    since: usize,
    last: usize,
    points: usize,
    artifact: &'a str,
    identity: Option<&'a str>,
}

/// What moved at one point.
#[derive(Default)]
struct Moved {
    opened: usize,
    closed: usize,
    left: usize,
    repeated: usize,
    again: usize,
}

impl<'a> Following<'a> {
    fn of(sides: &'a [Side<'a>]) -> Following<'a> {
        let sources = sides.iter().map(|side| Sources::of(side.assessment)).collect();
        Following { sides, sources, known: BTreeMap::new(), remedied: BTreeMap::new(), not_remedied: BTreeMap::new() }
    }

    fn step(&mut self, at: usize) -> DeviationsAt {
        let side = self.sides[at];
        let before = self.known.values().map(BTreeMap::len).sum();
        let mut moved = Moved::default();
        if at > 0 {
            self.rename(at);
        }
        for own in side.assessment.objectives.iter().filter(|own| own.observations_digest.is_some()) {
            self.look_at(&own.id, at, &mut moved);
        }
        let known = || self.known.values().flat_map(BTreeMap::values);
        let open = known().filter(|own| own.last == at).count();
        let against = |count: usize| (at > 0).then_some(count);
        DeviationsAt {
            open,
            before: against(before),
            opened: against(moved.opened),
            closed: against(moved.closed),
            left: against(moved.left).filter(|_| side.is_whole()),
            not_looked_at: against(known().count() - open),
            repeated: moved.repeated,
            again: moved.again,
        }
    }

    /// Gives what is known of identities that bear another name at a point the subjects that they have there.
    fn rename(&mut self, at: usize) {
        let (before, side) = (self.sides[at - 1], self.sides[at]);
        let registers = before.lists.zip(side.lists).and_then(|(old, new)| Registers::of(old, new));
        let now: BTreeMap<&str, &'a str> = registers.iter().flat_map(Registers::renamed).map(|(new, old)| (old, new)).collect();
        if now.is_empty() {
            return;
        }
        for (objective, known) in &mut self.known {
            let named = |own: &Known<'a>| own.identity.and_then(|identity| Some((identity, *now.get(identity)?)));
            let other = |subject: &str, own: &Known<'a>| named(own).map(|(old, new)| subject.replace(old, new));
            let awaited: BTreeSet<String> = known.iter().filter_map(|(subject, own)| other(subject, own)).collect();
            if awaited.is_empty() {
                continue;
            }
            let there: BTreeMap<&str, &'a str> =
                side.listed(objective).filter(|own| awaited.contains(own.subject)).map(|own| (own.subject, own.subject)).collect();
            let renamed =
                |subject: &'a str, own: Known<'a>| match other(subject, &own).and_then(|subject| there.get(subject.as_str()).copied()) {
                    Some(subject) => (subject, Known { identity: named(&own).map(|(_, new)| new), ..own }),
                    None => (subject, own),
                };
            *known = std::mem::take(known).into_iter().map(|(subject, own)| renamed(subject, own)).collect();
        }
    }

    /// Identities that have a credential at one point which they did not have at an earlier one.
    fn renewed(&self, objective: &str, then: usize, now: usize) -> BTreeSet<&'a str> {
        let live = |at: usize| self.sides[at].listed(objective).filter(|own| own.outcome != Outcome::Skip);
        if !self.sides[then].is_whole() {
            return BTreeSet::new();
        }
        let had: BTreeSet<&str> = live(then).map(|own| own.subject).collect();
        live(now).filter(|own| !had.contains(own.subject)).filter_map(|own| own.identity()).collect()
    }

    /// Follows the deviations of an objective that was tested at a point.
    fn look_at(&mut self, objective: &'a str, at: usize, moved: &mut Moved) {
        let side = self.sides[at];
        let mut known = self.known.remove(objective).unwrap_or_default();
        // What was seen of others is of no weight here. A subject that is listed twice departs if it does so once.
        let mut seen: BTreeMap<&str, Glimpse<'a>> = BTreeMap::new();
        for own in side.listed(objective) {
            if (own.outcome == Outcome::Fail || known.contains_key(own.subject))
                && seen.get(own.subject).is_none_or(|other| own.outcome < other.outcome)
            {
                seen.insert(own.subject, own);
            }
        }
        let looked: Vec<Looked<'_, '_>> = self.sources[..at].iter().map(|then| Looked::new(then, &self.sources[at], true)).collect();
        let mut days = Vec::new();
        let mut otherwise = NotRemedied::default();
        // A credential is replaced by another one: the first is put right by that even where it was deleted.
        let came: Vec<BTreeSet<&str>> = match objective {
            CREDENTIALS if side.is_whole() => (0..at).map(|then| self.renewed(objective, then, at)).collect(),
            _ => Vec::new(),
        };
        let is_replaced = |own: &Known<'_>| came.get(own.last).zip(own.identity).is_some_and(|(came, identity)| came.contains(identity));
        known.retain(|subject, own| match seen.remove(subject).map(|seen| (seen.outcome, seen)) {
            Some((Outcome::Fail, seen)) => {
                *(if own.last + 1 == at { &mut moved.repeated } else { &mut moved.again }) += 1;
                *own = Known { last: at, points: own.points + 1, artifact: seen.row().artifact, identity: seen.identity(), ..*own };
                true
            }
            Some((Outcome::Unknown, _)) => true,
            // Evidence too old to prove a pass puts nothing right.
            Some((Outcome::Pass, seen)) if !seen.row().proved => true,
            None if !looked[own.last].at(own.artifact) => true,
            ended if ended.is_some() || is_replaced(own) => {
                let from = instant(&self.sides[own.since]);
                days.push((days_between(from, instant(&self.sides[own.last])), days_between(from, instant(&side))));
                false
            }
            _ => {
                *(if side.is_whole() { &mut otherwise.left } else { &mut otherwise.not_listed }) += 1;
                false
            }
        });
        moved.closed += days.len() + otherwise.left + otherwise.not_listed;
        moved.left += otherwise.left;
        moved.opened += seen.len();
        let new = |seen: Glimpse<'a>| Known { since: at, last: at, points: 1, artifact: seen.row().artifact, identity: seen.identity() };
        known.extend(seen.into_iter().map(|(subject, seen)| (subject, new(seen))));
        self.known.insert(objective, known);
        if !days.is_empty() {
            self.remedied.entry(objective).or_default().extend(days);
        }
        if otherwise != NotRemedied::default() {
            let all = self.not_remedied.entry(objective.to_owned()).or_default();
            *all = NotRemedied { left: all.left + otherwise.left, not_listed: all.not_listed + otherwise.not_listed };
        }
    }
}

fn remedied(mut days: Vec<(i64, i64)>) -> Remedied {
    days.sort_by_key(|own| own.1);
    Remedied {
        count: days.len(),
        days_at_most_median: days.get(days.len().saturating_sub(1) / 2).map_or(0, |own| own.1),
        days_at_most_max: days.last().map_or(0, |own| own.1),
        days_at_least_max: days.iter().map(|own| own.0).max().unwrap_or_default(),
    }
}

fn frameworks(sides: &[Side<'_>]) -> BTreeMap<String, Vec<Option<FrameworkAt>>> {
    let mut all: BTreeMap<String, Vec<Option<FrameworkAt>>> = BTreeMap::new();
    for (at, side) in sides.iter().enumerate() {
        for own in &side.assessment.frameworks {
            let line = all.entry(super::pairing::family(&own.framework).to_owned()).or_insert_with(|| vec![None; sides.len()]);
            line[at] = Some(FrameworkAt { edition: own.framework.clone(), counts: side.assessment.counted(&own.framework) });
        }
    }
    all
}

fn objectives(sides: &[Side<'_>]) -> BTreeMap<String, Vec<Option<ObjectiveAt>>> {
    let mut all: BTreeMap<String, Vec<Option<ObjectiveAt>>> = BTreeMap::new();
    for (at, side) in sides.iter().enumerate() {
        for own in &side.assessment.objectives {
            let line = all.entry(own.id.clone()).or_insert_with(|| vec![None; sides.len()]);
            line[at] = Some(ObjectiveAt { title: own.title.clone(), status: own.status, tally: own.tally });
        }
    }
    all
}

fn exceptions_at(side: &Side<'_>) -> ExceptionsAt {
    let record = side.assessment;
    let state = |state: &str| record.exceptions.iter().filter(|own| own.state == state).count();
    ExceptionsAt { active: state("active"), expired: state("expired"), covered: record.exceptions.iter().map(|own| own.covers.len()).sum() }
}

fn remarks(sides: &[Side<'_>]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for pair in sides.windows(2) {
        let (one, two) = (pair[0].assessment, pair[1].assessment);
        let between = format!("{} and {}", one.frame.as_of, two.frame.as_of);
        if one.frame.organisation != two.frame.organisation {
            remarks.push(Remark { code: "other-organisation", text: format!("The organisation differs between {between}.") });
        }
        if one.frame.scope != two.frame.scope {
            remarks.push(Remark { code: "other-scope", text: format!("The scope is stated otherwise between {between}.") });
        }
        if one.root == two.root {
            remarks.push(Remark { code: "same", text: format!("The assessment as of {} stands twice.", one.frame.as_of) });
        }
    }
    for side in sides.iter().skip(1).filter(|side| !side.is_whole()) {
        let text = format!(
            "Of the assessment as of {} only the record was at hand: it does not list who passes, so that of what ended there is not told \
             whether it was put right or left the population.",
            side.assessment.frame.as_of
        );
        remarks.push(Remark { code: "record-only", text });
    }
    for side in sides.iter().filter(|side| side.assessment.names.replaced) {
        let text = format!(
            "The assessment as of {} is redacted. Pseudonyms differ from pack to pack, so a subject may seem to have left or to be new.",
            side.assessment.frame.as_of
        );
        remarks.push(Remark { code: "redacted", text });
    }
    for side in sides.iter().filter(|side| side.check.state == super::CheckState::Broken) {
        let text = format!("The assessment as of {} does not hold: {}.", side.assessment.frame.as_of, side.check.breaches.join("; "));
        remarks.push(Remark { code: "broken-side", text });
    }
    remarks
}
