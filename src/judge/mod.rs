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
    pub tally: Tally,
    /// Everything that is not a proved pass or a skip, by subject.
    pub listed: Vec<Observation>,
    /// The artifacts behind the proved passes; statements of the workspace are none.
    pub proved_by: BTreeSet<String>,
}

impl Seen {
    /// Takes in one observation after the other, in the order of their subjects.
    pub fn add(&mut self, observation: Observation) {
        count(&mut self.tally, &observation);
        match (observation.outcome, observation.proved) {
            (Outcome::Skip, _) => {}
            (Outcome::Pass, true) => {
                if !STATEMENTS.contains(&observation.artifact.as_str()) && !self.proved_by.contains(&observation.artifact) {
                    self.proved_by.insert(observation.artifact);
                }
            }
            (Outcome::Pass, false) | (Outcome::Fail | Outcome::Unknown, _) => self.listed.push(observation),
        }
    }

    fn of(&self, outcome: Outcome) -> Vec<&Observation> {
        self.listed.iter().filter(|observation| observation.outcome == outcome).collect()
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
    let tally = seen.tally;
    let mut reasons = Vec::new();
    let (covered, open): (Vec<&Observation>, Vec<&Observation>) =
        seen.of(Outcome::Fail).into_iter().partition(|observation| excepted.contains_key(&observation.subject));
    let tested = tally.population - tally.skipped;

    if !open.is_empty() {
        reasons.push(reason(
            "deviations",
            format!("{} of {tested} depart from the objective.", open.len()),
            artifacts_of(&open),
            rows_of(&open),
        ));
    }
    if !covered.is_empty() {
        let mut ids: Vec<&String> = covered.iter().filter_map(|observation| excepted.get(&observation.subject)).collect();
        ids.sort();
        ids.dedup();
        let ids: Vec<&str> = ids.into_iter().map(String::as_str).collect();
        reasons.push(reason(
            "excepted-deviations",
            format!("{} of {tested} depart under an approved exception ({}).", covered.len(), ids.join(", ")),
            artifacts_of(&covered),
            rows_of(&covered),
        ));
    }
    let unknown = seen.of(Outcome::Unknown);
    if !unknown.is_empty() {
        reasons.push(reason(
            "not-knowable",
            format!("For {} of {tested} the sources cannot tell.", unknown.len()),
            artifacts_of(&unknown),
            rows_of(&unknown),
        ));
    }
    let contradicted: Vec<&Observation> = seen.listed.iter().filter(|observation| observation.contradicted).collect();
    if !contradicted.is_empty() {
        reasons.push(reason(
            "contradicted",
            format!("For {} of {tested} one source says what another contradicts.", contradicted.len()),
            artifacts_of(&contradicted),
            rows_of(&contradicted),
        ));
    }
    let unproved = seen.of(Outcome::Pass);
    if !unproved.is_empty() {
        reasons.push(reason(
            "unproved-passes",
            format!("{} of {tested} would pass, but on evidence too old or undated to prove it.", unproved.len()),
            artifacts_of(&unproved),
            rows_of(&unproved),
        ));
    }
    reasons.extend(limits(objective, reliances, not_collected));
    let limited = !reasons.is_empty();

    let status = if !open.is_empty() {
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
    } else if tally.passed + covered.len() == 0 {
        Status::NotAssessed
    } else if limited {
        Status::PartiallySatisfied
    } else {
        Status::Satisfied
    };
    if tally.passed > 0 && open.is_empty() {
        let text = if status == Status::Satisfied {
            format!("All {tested} members of the population meet the objective.")
        } else {
            format!("{} of {tested} are shown to meet the objective.", tally.passed)
        };
        reasons.insert(0, reason("proved", text, seen.proved_by.iter().cloned().collect(), vec![]));
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
fn artifacts_of(observations: &[&Observation]) -> Vec<String> {
    let paths: BTreeSet<&str> = observations.iter().map(|observation| observation.artifact.as_str()).collect();
    paths.into_iter().filter(|path| !STATEMENTS.contains(path)).map(str::to_owned).collect()
}

/// The first rows, enough to find the place; the observations file has all of them.
fn rows_of(observations: &[&Observation]) -> Vec<RowRef> {
    const CITED_MAX: usize = 10;
    observations
        .iter()
        .take(CITED_MAX)
        .map(|observation| RowRef {
            subject: observation.subject.clone(),
            artifact: observation.artifact.clone(),
            record: observation.record.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
