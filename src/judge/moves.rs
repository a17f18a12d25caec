//! The rules read backwards: what would have to change for the status of an objective to move, and what a clause makes of it.
//!
//! In: what a conclusion rested on. Out: the steps that lead upwards, each with the status that it and the steps before it give.
//! Nobody is told that a status is reached by a step that only lets it be judged.

use std::collections::BTreeSet;

use crate::base::Status;
use crate::catalog::Coverage;

/// What decided the status of an objective.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Failures that no exception covers.
    pub open: usize,
    /// Failures under an exception.
    pub covered: usize,
    /// Passes on evidence that proves them.
    pub passed: usize,
    /// Passes on evidence that is too old or undated.
    pub unproved: usize,
    pub unknown: usize,
    /// Codes of the reasons that limit the evidence, weaken the finding or stand in its place.
    pub codes: BTreeSet<String>,
    /// The status beyond which people who read documents would not go, where that is lower than what the rest gives.
    pub criticised: Option<Status>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub kind: StepKind,
    /// How many members it is about; none for those about evidence.
    pub members: usize,
    /// The codes of the reasons that it removes.
    pub removes: Vec<String>,
    /// The status of the objective after this step and those before it; none where it can only be judged then.
    pub then: Option<Status>,
}

/// What kind of thing is to be done, in the order of doing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// Bring exports: nothing usable feeds the check.
    BringEvidence,
    /// Bring a document or have it read: no query decides.
    BringDocuments,
    /// Make the failing members meet the objective.
    EndDeviations,
    /// Bring sources that tell of members nobody knows of.
    TellUnknown,
    /// Collect again what is too old or undated.
    RenewEvidence,
    /// Show that exports are whole, or export them whole; collect what is missing.
    CompleteEvidence,
    /// Have the records that could not be read exported properly.
    RepairRecords,
    /// Finish the testing of samples, and what failed in them.
    SettleSamples,
    /// Put right what people found who read the documents.
    SettleDocuments,
    /// Make members meet the objective that an exception excuses now.
    EndExceptions,
}

impl StepKind {
    pub fn word(self) -> &'static str {
        match self {
            StepKind::BringEvidence => "bring-evidence",
            StepKind::BringDocuments => "bring-documents",
            StepKind::EndDeviations => "end-deviations",
            StepKind::TellUnknown => "tell-unknown",
            StepKind::RenewEvidence => "renew-evidence",
            StepKind::CompleteEvidence => "complete-evidence",
            StepKind::RepairRecords => "repair-records",
            StepKind::SettleSamples => "settle-samples",
            StepKind::SettleDocuments => "settle-documents",
            StepKind::EndExceptions => "end-exceptions",
        }
    }
}

const AGE: [&str; 2] = ["stale-evidence", "undated-evidence"];
const EXTENT: [&str; 3] = ["incomplete-evidence", "extent-unknown", "not-collected"];
const RECORDS: [&str; 1] = ["rejected-records"];
const SAMPLES: [&str; 4] = ["sample-failed", "sample-excepted", "sample-open", "sample-not-redrawn"];
/// The objective could not be judged at all.
const NOTHING: [&str; 2] = ["no-evidence", "empty-population"];

impl Facts {
    fn has(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.codes.contains(*code))
    }

    /// The status that these facts give; none where nothing was tested.
    pub fn status(&self) -> Option<Status> {
        let tested = self.open + self.covered + self.passed + self.unproved + self.unknown;
        if self.has(&NOTHING) || self.codes.contains("not-automated") || tested == 0 {
            return None;
        }
        let limited = self.covered + self.unproved + self.unknown > 0 || self.has(&AGE) || self.has(&EXTENT) || self.has(&RECORDS);
        let found = if self.open > 0 {
            Status::NotSatisfied
        } else if self.passed + self.covered == 0 {
            Status::NotAssessed
        } else if limited {
            Status::PartiallySatisfied
        } else {
            Status::Satisfied
        };
        let found = if self.codes.contains("sample-failed") {
            found.min(Status::NotSatisfied)
        } else if self.has(&SAMPLES) {
            found.min(Status::PartiallySatisfied)
        } else {
            found
        };
        Some(self.criticised.map_or(found, |limit| found.min(limit)))
    }

    /// Holds these facts against the status that was concluded: where it is lower than they give, documents were criticised.
    pub fn concluded(mut self, status: Status) -> Facts {
        self.criticised = self.status().filter(|given| status < *given).map(|_| status);
        self
    }

    /// The steps upwards from here, in the order of doing them.
    pub fn steps(&self) -> Vec<Step> {
        let mut facts = self.clone();
        let mut steps = Vec::new();
        if self.codes.contains("not-automated") {
            return vec![Step { kind: StepKind::BringDocuments, members: 0, removes: vec!["not-automated".into()], then: None }];
        }
        if self.has(&NOTHING) {
            let removes = NOTHING.iter().filter(|code| self.codes.contains(**code)).map(|code| (*code).to_owned()).collect();
            return vec![Step { kind: StepKind::BringEvidence, members: 0, removes, then: None }];
        }
        let mut take = |kind: StepKind, members: usize, codes: &[&str], facts: &mut Facts| {
            let removes: Vec<String> = codes.iter().filter(|code| facts.codes.contains(**code)).map(|code| (*code).to_owned()).collect();
            if members == 0 && removes.is_empty() {
                return;
            }
            facts.codes.retain(|code| !removes.contains(code));
            steps.push(Step { kind, members, removes, then: facts.status() });
        };
        let (open, unknown, unproved, covered) = (facts.open, facts.unknown, facts.unproved, facts.covered);
        facts.passed += open;
        facts.open = 0;
        take(StepKind::EndDeviations, open, &["deviations"], &mut facts);
        facts.passed += unknown;
        facts.unknown = 0;
        take(StepKind::TellUnknown, unknown, &["not-knowable"], &mut facts);
        facts.passed += unproved;
        facts.unproved = 0;
        take(StepKind::RenewEvidence, unproved, &["stale-evidence", "undated-evidence", "unproved-passes"], &mut facts);
        take(StepKind::CompleteEvidence, 0, &EXTENT, &mut facts);
        take(StepKind::RepairRecords, 0, &RECORDS, &mut facts);
        take(StepKind::SettleSamples, 0, &SAMPLES, &mut facts);
        if facts.criticised.take().is_some() {
            facts.codes.insert("examined".into());
            take(StepKind::SettleDocuments, 0, &["examined"], &mut facts);
        }
        facts.passed += covered;
        facts.covered = 0;
        take(StepKind::EndExceptions, covered, &["excepted-deviations"], &mut facts);
        steps
    }
}

/// What a clause makes of the objectives that it needs: the weakest of them, and at most partial without one that covers it in full.
/// None without objectives.
pub fn weakest_link(objectives: &[(Coverage, Status)]) -> Option<Status> {
    let weakest = objectives.iter().map(|(_, status)| *status).min()?;
    let in_full = objectives.iter().any(|(coverage, status)| *coverage == Coverage::Full && *status == Status::Satisfied);
    Some(if weakest == Status::Satisfied && !in_full { Status::PartiallySatisfied } else { weakest })
}
