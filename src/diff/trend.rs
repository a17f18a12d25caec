//! What several assessments in a row show: coverage, deviations opened, closed and their age, exceptions outstanding, time to remedy.
//!
//! In: records in the order of their instants. Out: a [`Trend`]. A state is known at the instants of the records only: what happened between
//! two of them is told as at least and at most so many days.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Remark, Side, SideRecord, side_record};
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
    /// How long deviations stood that were seen and then ended, by objective.
    pub remedied: BTreeMap<String, Remedied>,
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

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeviationsAt {
    pub open: usize,
    /// Not there at the point before; none at the first point.
    pub opened: Option<usize>,
    pub closed: Option<usize>,
    /// Of those that stand, how many stood at two or more points in a row up to this one.
    pub repeated: usize,
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
    /// The instant at which it was first seen without a break since.
    pub since: String,
    /// At how many points in a row it stands.
    pub points: usize,
    pub age_days: i64,
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
    let mut following = Following::default();
    let mut deviations = Vec::new();
    for (at, side) in sides.iter().enumerate() {
        deviations.push(following.step(at, side, &sides));
    }
    let day_of = |at: usize| instant(&sides[at]);
    let last = sides.len().saturating_sub(1);
    let mut open: Vec<OpenDeviation> = following
        .standing
        .iter()
        .map(|((objective, subject), since)| OpenDeviation {
            objective: objective.clone(),
            subject: subject.clone(),
            since: sides[*since].assessment.frame.as_of.clone(),
            points: last - since + 1,
            age_days: days_between(day_of(*since), day_of(last)),
        })
        .collect();
    open.sort_by(|one, two| two.age_days.cmp(&one.age_days).then_with(|| one.cmp(two)));
    Trend {
        schema: SCHEMA,
        remarks: remarks(&sides),
        frameworks: frameworks(&sides),
        objectives: objectives(&sides),
        exceptions: sides.iter().map(exceptions_at).collect(),
        deviations,
        open,
        remedied: following.remedied.into_iter().map(|(objective, days)| (objective, remedied(days))).collect(),
        points: sides.iter().map(|side| side_record(*side)).collect(),
    }
}

fn instant(side: &Side<'_>) -> i64 {
    Instant::parse(&side.assessment.frame.as_of).map(|at| at.micros()).unwrap_or_default()
}

/// Deviations as they come and go.
#[derive(Default)]
struct Following {
    /// What stands, and the point since which it does.
    standing: BTreeMap<(String, String), usize>,
    /// Days at least and at most that ended deviations stood, by objective.
    remedied: BTreeMap<String, Vec<(i64, i64)>>,
}

impl Following {
    fn step(&mut self, at: usize, side: &Side<'_>, sides: &[Side<'_>]) -> DeviationsAt {
        let now: BTreeSet<(String, String)> = side
            .assessment
            .objectives
            .iter()
            .flat_map(|objective| {
                let listed = side.listed(&objective.id).filter(|seen| seen.outcome == Outcome::Fail);
                listed.map(|seen| (objective.id.clone(), seen.subject.to_owned()))
            })
            .collect();
        let looked_at: BTreeSet<&str> =
            side.assessment.objectives.iter().filter(|own| own.observations_digest.is_some()).map(|own| own.id.as_str()).collect();
        // What nobody looked at has not ended: it is dropped without being called remedied.
        let ended: Vec<((String, String), usize)> =
            self.standing.iter().filter(|(key, _)| !now.contains(key)).map(|(key, since)| (key.clone(), *since)).collect();
        let mut closed = 0;
        for (key, since) in ended {
            self.standing.remove(&key);
            if looked_at.contains(key.0.as_str()) {
                closed += 1;
                let days = |to: usize| days_between(instant(&sides[since]), instant(&sides[to]));
                self.remedied.entry(key.0).or_default().push((days(at - 1), days(at)));
            }
        }
        let opened = now.iter().filter(|key| !self.standing.contains_key(*key)).count();
        let repeated = now.len() - opened;
        for key in now {
            self.standing.entry(key).or_insert(at);
        }
        let against = (at > 0).then_some(());
        DeviationsAt { open: self.standing.len(), opened: against.map(|()| opened), closed: against.map(|()| closed), repeated }
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
    for side in sides.iter().filter(|side| side.check.state == super::CheckState::Broken) {
        let text = format!("The assessment as of {} does not hold: {}.", side.assessment.frame.as_of, side.check.breaches.join("; "));
        remarks.push(Remark { code: "broken-side", text });
    }
    remarks
}
