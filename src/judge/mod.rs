//! Turns observations into findings and findings into verdicts.
//!
//! In: what was observed, the state of the evidence behind it, the approved exceptions, the clause's mapping, and the instant
//! to judge at. Out: a [`Status`] with at least one [`Reason`]. Pure: no SQL, no files, no clock.
//! The rules are a table in the book (`explanation/verdicts.md`) and a table in the tests below.

mod compensating;
mod examination;
mod moves;
mod sample;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use compensating::{PutForward, compensating};
pub use examination::{Examination, Paper, Standing, examined, weaken};
pub use moves::{Facts, Step, StepKind, weakest_link};
pub use sample::{Draw, DrawnItem, ItemResult, sampled};

use crate::assessment::{Observation, Outcome, Reason, RowRef, Tally};
use crate::base::Status;
use crate::catalog::{Coverage, EmptyPopulation, format::EmptyMeaning};

/// The files in which the workspace states what becomes rows: they are no artifacts, and cannot be too old.
pub const STATEMENTS: [&str; 2] = ["tickmark.yaml", "exceptions.yaml"];

/// How far one artifact can be relied on for one objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reliance {
    pub path: String,
    pub freshness: Freshness,
    pub extent: Extent,
    pub rejected: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    Fresh,
    /// Older than the objective allows: age and limit in days.
    Stale {
        age_days: i64,
        limit_days: i64,
    },
    /// Nobody says when it was made.
    Undated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Complete,
    Incomplete,
    Unknown,
}

impl Reliance {
    fn proves(&self) -> bool {
        self.freshness == Freshness::Fresh
    }

    fn is_sound(&self) -> bool {
        self.proves() && self.extent == Extent::Complete && self.rejected == 0
    }
}

/// What one objective has to go by.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// No query decides this objective: the text says what to bring, and the documents are what was brought.
    NotAutomated { ask: String, papers: Vec<Paper> },
    /// Required tables that no usable artifact feeds.
    Missing { tables: Vec<String> },
    /// The check ran.
    Observed {
        seen: Seen,
        /// Every artifact that feeds a required table.
        reliances: Vec<Reliance>,
        /// Exports that the workspace expects of its systems and that are not there.
        not_collected: Vec<String>,
    },
}

/// What a check saw, as far as judgement needs it: proved passes are most of a large population, and are only counted.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub gist: Box<Gist>,
    /// Everything that is not a proved pass or a skip, by subject. Empty where only the gist is at hand; then no exception may bear on it.
    pub listed: Vec<Observation>,
}

/// What a conclusion without exceptions needs of the observations, however many they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gist {
    pub tally: Tally,
    /// The artifacts behind the proved passes; statements of the workspace are none.
    proved_by: BTreeSet<String>,
    failed: Group,
    unknown: Group,
    unproved: Group,
    contradicted: Group,
}

/// Observations of one kind, as far as a reason tells of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    count: usize,
    artifacts: BTreeSet<String>,
    /// The first rows, enough to find the place; the observations file has all of them.
    rows: Vec<RowRef>,
}

impl Group {
    fn add(&mut self, observation: &Observation) {
        const CITED_MAX: usize = 10;
        self.count += 1;
        if !STATEMENTS.contains(&observation.artifact.as_str()) && !self.artifacts.contains(&observation.artifact) {
            self.artifacts.insert(observation.artifact.clone());
        }
        if self.rows.len() < CITED_MAX {
            self.rows.push(RowRef {
                subject: observation.subject.clone(),
                artifact: observation.artifact.clone(),
                record: observation.record.clone(),
            });
        }
    }
}

impl Gist {
    /// Takes in one observation after the other, in the order of their subjects. Whether it belongs into a list.
    pub fn add(&mut self, observation: &Observation) -> bool {
        count(&mut self.tally, observation);
        if observation.contradicted {
            self.contradicted.add(observation);
        }
        match (observation.outcome, observation.proved) {
            (Outcome::Skip, _) => return false,
            (Outcome::Pass, true) => {
                if !STATEMENTS.contains(&observation.artifact.as_str()) && !self.proved_by.contains(&observation.artifact) {
                    self.proved_by.insert(observation.artifact.clone());
                }
                return false;
            }
            (Outcome::Pass, false) => self.unproved.add(observation),
            (Outcome::Fail, _) => self.failed.add(observation),
            (Outcome::Unknown, _) => self.unknown.add(observation),
        }
        true
    }
}

impl Seen {
    /// Takes in one observation after the other, in the order of their subjects.
    pub fn add(&mut self, observation: Observation) {
        if self.gist.add(&observation) {
            self.listed.push(observation);
        }
    }

    /// The deviations that an exception covers, with the ids of these exceptions, and those that none covers.
    fn parted<'a>(&self, excepted: &'a BTreeMap<String, String>) -> (Group, BTreeSet<&'a str>, Group) {
        let (mut covered, mut ids, mut open) = (Group::default(), BTreeSet::new(), Group::default());
        if excepted.is_empty() {
            return (covered, ids, self.gist.failed.clone());
        }
        for observation in self.listed.iter().filter(|observation| observation.outcome == Outcome::Fail) {
            match excepted.get(&observation.subject) {
                Some(id) => {
                    ids.insert(id);
                    covered.add(observation);
                }
                None => open.add(observation),
            }
        }
        (covered, ids, open)
    }
}

impl FromIterator<Observation> for Seen {
    fn from_iter<I: IntoIterator<Item = Observation>>(observations: I) -> Seen {
        let mut seen = Seen::default();
        observations.into_iter().for_each(|observation| seen.add(observation));
        seen
    }
}

/// The conclusion about one objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub status: Status,
    pub reasons: Vec<Reason>,
    pub tally: Tally,
}

/// Marks every pass that rests on evidence which proves nothing (stale or undated) as unproved.
pub fn weigh(observations: &mut [Observation], reliances: &[Reliance], always_proved: &[&str]) {
    let proving = proving(reliances, always_proved);
    observations.iter_mut().for_each(|observation| observation.proved = proving.contains(observation.artifact.as_str()));
}

/// The artifacts on which a pass is proved.
pub fn proving<'a>(reliances: &'a [Reliance], always_proved: &[&'a str]) -> BTreeSet<&'a str> {
    let relied = reliances.iter().filter(|reliance| reliance.proves()).map(|reliance| reliance.path.as_str());
    relied.chain(always_proved.iter().copied()).collect()
}

/// Concludes about one objective. `excepted` holds the subjects whose deviation an exception covers.
pub fn conclude(objective: &str, evidence: &Evidence, empty: Option<&EmptyPopulation>, excepted: &BTreeMap<String, String>) -> Finding {
    let reason = |code: &str, text: String, artifacts: Vec<String>, rows: Vec<RowRef>| Reason {
        code: code.to_owned(),
        text,
        objective: Some(objective.to_owned()),
        artifacts,
        rows,
    };
    let of_group = |code: &str, text: String, group: Group| reason(code, text, group.artifacts.into_iter().collect(), group.rows);
    let (seen, reliances, not_collected) = match evidence {
        Evidence::NotAutomated { papers, .. } if !papers.is_empty() => {
            let (status, reasons) = examined(papers, Some(objective));
            return Finding { status, reasons, tally: Tally::default() };
        }
        Evidence::NotAutomated { ask, .. } => {
            let text = format!("No query decides this; to be examined: {ask}");
            return Finding {
                status: Status::NotAssessed,
                reasons: vec![reason("not-automated", text, vec![], vec![])],
                tally: Tally::default(),
            };
        }
        Evidence::Missing { tables } => {
            let text = format!("There is no usable evidence for {}.", tables.join(", "));
            return Finding {
                status: Status::NotAssessed,
                reasons: vec![reason("no-evidence", text, vec![], vec![])],
                tally: Tally::default(),
            };
        }
        Evidence::Observed { seen, reliances, not_collected } => (seen, reliances, not_collected),
    };
    let gist = &seen.gist;
    let tally = gist.tally;
    let mut reasons = Vec::new();
    let (covered, exceptions, open) = seen.parted(excepted);
    let (open_count, covered_count) = (open.count, covered.count);
    let tested = tally.population - tally.skipped;

    if open_count > 0 {
        reasons.push(of_group("deviations", format!("{open_count} of {tested} depart from the objective."), open));
    }
    if covered_count > 0 {
        let ids = exceptions.into_iter().collect::<Vec<_>>().join(", ");
        let text = format!("{covered_count} of {tested} depart under an approved exception ({ids}).");
        reasons.push(of_group("excepted-deviations", text, covered));
    }
    for (code, group, text) in [
        ("not-knowable", &gist.unknown, "For {} of {} the sources cannot tell."),
        ("contradicted", &gist.contradicted, "For {} of {} one source says what another contradicts."),
        ("unproved-passes", &gist.unproved, "{} of {} would pass, but on evidence too old or undated to prove it."),
    ] {
        if group.count > 0 {
            let text = text.replacen("{}", &group.count.to_string(), 1).replacen("{}", &tested.to_string(), 1);
            reasons.push(of_group(code, text, group.clone()));
        }
    }
    reasons.extend(limits(objective, reliances, not_collected));
    let limited = !reasons.is_empty();

    let status = if open_count > 0 {
        Status::NotSatisfied
    } else if tested == 0 {
        let sound = not_collected.is_empty() && !reliances.is_empty() && reliances.iter().all(Reliance::is_sound);
        let (status, text) = match empty {
            Some(EmptyPopulation { means: EmptyMeaning::Satisfied, because }) if sound => {
                (Status::Satisfied, format!("The population is empty on complete and fresh evidence. {}", because.trim()))
            }
            Some(EmptyPopulation { because, .. }) if sound => (Status::NotAssessed, format!("The population is empty. {}", because.trim())),
            _ => (
                Status::NotAssessed,
                "The population is empty, and the evidence is not complete and fresh enough for that to mean anything.".into(),
            ),
        };
        let paths = reliances.iter().map(|reliance| reliance.path.clone()).collect();
        reasons.insert(0, reason("empty-population", text, paths, vec![]));
        status
    } else if tally.passed + covered_count == 0 {
        Status::NotAssessed
    } else if limited {
        Status::PartiallySatisfied
    } else {
        Status::Satisfied
    };
    if tally.passed > 0 && open_count == 0 {
        let text = if status == Status::Satisfied {
            format!("All {tested} members of the population meet the objective.")
        } else {
            format!("{} of {tested} are shown to meet the objective.", tally.passed)
        };
        reasons.insert(0, reason("proved", text, gist.proved_by.iter().cloned().collect(), vec![]));
    }
    Finding { status, reasons, tally }
}

/// What keeps evidence from proving the whole.
fn limits(objective: &str, reliances: &[Reliance], not_collected: &[String]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut add = |code: &str, text: String, paths: Vec<String>| {
        if !paths.is_empty() || code == "not-collected" {
            reasons.push(Reason { code: code.to_owned(), text, objective: Some(objective.to_owned()), artifacts: paths, rows: vec![] });
        }
    };
    let paths = |wanted: &dyn Fn(&Reliance) -> bool| {
        reliances.iter().filter(|reliance| wanted(reliance)).map(|reliance| reliance.path.clone()).collect::<Vec<_>>()
    };
    let stale = paths(&|reliance| matches!(reliance.freshness, Freshness::Stale { .. }));
    let oldest = reliances.iter().filter_map(|reliance| match reliance.freshness {
        Freshness::Stale { age_days, limit_days } => Some((age_days, limit_days)),
        Freshness::Fresh | Freshness::Undated => None,
    });
    if let Some((age_days, limit_days)) = oldest.max() {
        add("stale-evidence", format!("Evidence is up to {age_days} days old; {limit_days} are allowed."), stale);
    }
    add(
        "undated-evidence",
        "Nobody states when this evidence was collected, so it cannot prove anything at the date of the report.".into(),
        paths(&|reliance| reliance.freshness == Freshness::Undated),
    );
    add("incomplete-evidence", "The export is not whole.".into(), paths(&|reliance| reliance.extent == Extent::Incomplete));
    add(
        "extent-unknown",
        "Nothing shows that the export is whole; a row count stated in artifacts.yaml would.".into(),
        paths(&|reliance| reliance.extent == Extent::Unknown),
    );
    let rejected: usize = reliances.iter().map(|reliance| reliance.rejected).sum();
    add("rejected-records", format!("{rejected} records could not be read."), paths(&|reliance| reliance.rejected > 0));
    if !not_collected.is_empty() {
        add("not-collected", format!("Expected exports are missing: {}.", not_collected.join("; ")), vec![]);
    }
    reasons
}

/// Counts an observation by what it means.
pub fn count(tally: &mut Tally, observation: &Observation) {
    tally.population += 1;
    match (observation.outcome, observation.proved) {
        (Outcome::Pass, true) => tally.passed += 1,
        (Outcome::Pass, false) => tally.unproved += 1,
        (Outcome::Fail, _) => tally.failed += 1,
        (Outcome::Unknown, _) => tally.unknown += 1,
        (Outcome::Skip, _) => tally.skipped += 1,
    }
}

/// How a clause is dealt with, as judgement needs it.
#[derive(Debug, Clone)]
pub enum Ask<'a> {
    /// Each objective with its coverage and its finding for this framework.
    Mapped(Vec<(&'a str, Coverage, &'a Finding)>),
    Documentary(&'a str),
    Outside(&'a str),
}

/// Judges one clause. `papers` are the documents attached to the clause itself.
///
/// The result is never stronger than the weakest objective the clause needs, nor than the coverage its mapping claims:
/// without one satisfied objective that covers it in full, a clause is at most partially satisfied.
pub fn verdict(ask: &Ask<'_>, papers: &[Paper], not_applicable: Option<(&str, &str)>) -> (Status, Vec<Reason>) {
    let plain = |code: &str, text: String| Reason { code: code.to_owned(), text, objective: None, artifacts: vec![], rows: vec![] };
    if let Some((reason, decided_by)) = not_applicable {
        return (Status::NotApplicable, vec![plain("stated-not-applicable", format!("{} (decided by {decided_by})", reason.trim()))]);
    }
    let findings = match ask {
        Ask::Documentary(_) | Ask::Outside(_) if !papers.is_empty() => return examined(papers, None),
        Ask::Documentary(wanted) => {
            return (Status::NotAssessed, vec![plain("documentary", format!("To be brought: {wanted}"))]);
        }
        Ask::Outside(why) => {
            return (Status::NotAssessed, vec![plain("outside-scope", (*why).to_owned())]);
        }
        Ask::Mapped(findings) => findings,
    };
    let statuses: Vec<(Coverage, Status)> = findings.iter().map(|(_, coverage, finding)| (*coverage, finding.status)).collect();
    let Some(status) = weakest_link(&statuses) else {
        return (Status::NotAssessed, vec![plain("unmapped", "No objective speaks for this clause.".into())]);
    };
    let mut reasons: Vec<Reason> = Vec::new();
    // The objectives that decide come first.
    let mut ordered: Vec<_> = findings.iter().collect();
    ordered.sort_by_key(|(id, _, finding)| (finding.status, *id));
    reasons.extend(ordered.iter().flat_map(|(_, _, finding)| finding.reasons.clone()));
    if statuses.iter().all(|(_, own)| *own == Status::Satisfied) && status != Status::Satisfied {
        reasons.insert(0, plain("partial-coverage", "The objectives tested cover only a part of what this clause asks.".into()));
    }
    let status = weaken(status, &mut reasons, papers, None);
    (status, reasons)
}

/// The artifacts that observations cite; statements of the workspace are none.
#[cfg(test)]
mod tests;
