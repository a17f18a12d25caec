//! The inputs of a verdict as the kept record holds them, so that one of them can be exchanged for another record's.
//!
//! In: two assessments. Out: for a clause, which record gives which input. Judges nothing: whoever re-judges asks here what to judge by.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::lists::{Lists, SeenRow};
use super::{Assessment, ClauseResult, ExceptionRecord, ObjectiveResult, Outcome};
use crate::base::digest::Hasher;
use crate::base::{Digest, Status};

/// One assessment, with what is asked of it often within reach.
pub struct Recorded<'a> {
    pub assessment: &'a Assessment,
    objectives: BTreeMap<&'a str, &'a ObjectiveResult>,
    failing: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Recorded<'a> {
    pub fn new(assessment: &'a Assessment) -> Recorded<'a> {
        Recorded::with(assessment, None)
    }

    /// A record whose observations were read apart from it.
    pub fn with(assessment: &'a Assessment, lists: Option<&'a Lists>) -> Recorded<'a> {
        Recorded::of(assessment, assessment.objectives.iter(), lists)
    }

    /// A record in which one objective came out otherwise; it knows of no other objective, and is asked for nothing but its rows.
    pub fn otherwise(assessment: &'a Assessment, objective: &'a ObjectiveResult) -> Recorded<'a> {
        Recorded::of(assessment, std::iter::once(objective), None)
    }

    fn of(assessment: &'a Assessment, objectives: impl Iterator<Item = &'a ObjectiveResult>, lists: Option<&'a Lists>) -> Recorded<'a> {
        let failing = |objective: &&'a ObjectiveResult| {
            let mut subjects: Vec<&str> = match lists {
                Some(lists) => lists.failing(&objective.id).collect(),
                None => {
                    objective.observations.iter().filter(|seen| seen.outcome == Outcome::Fail).map(|seen| seen.subject.as_str()).collect()
                }
            };
            if !subjects.is_sorted() {
                subjects.sort_unstable();
            }
            (objective.id.as_str(), subjects)
        };
        let objectives: Vec<&ObjectiveResult> = objectives.collect();
        let failing = objectives.par_iter().map(failing).collect();
        let objectives = objectives.into_iter().map(|own| (own.id.as_str(), own)).collect();
        Recorded { assessment, objectives, failing }
    }

    pub fn objective(&self, id: &str) -> Option<&'a ObjectiveResult> {
        self.objectives.get(id).copied()
    }

    /// Subjects that depart from an objective, excepted ones included, in order.
    pub fn failing(&self, objective: &str) -> &[&'a str] {
        self.failing.get(objective).map(Vec::as_slice).unwrap_or_default()
    }

    /// The exceptions that were in force for an edition and an objective.
    pub fn exceptions(&self, framework: &str, objective: &str) -> impl Iterator<Item = &'a ExceptionRecord> {
        self.assessment.exceptions.iter().filter(move |own| {
            own.state == "active"
                && own.objective == objective
                && (own.frameworks.is_empty() || own.frameworks.iter().any(|at| at == framework))
        })
    }
}

/// A clause in the record it comes from.
#[derive(Clone, Copy)]
pub struct RecordedClause<'a> {
    pub record: &'a Recorded<'a>,
    pub clause: &'a ClauseResult,
}

/// One input of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// What was observed for an objective: who departs, who does not, of whom it is not known.
    Rows(&'a str),
    /// How far the evidence of an objective can be relied on.
    Reliance(&'a str),
    /// What the clause asks: its objectives and how much each covers, or the document it wants.
    Mapping,
    Exceptions,
    Documents,
    /// What the testing of drawn items gave.
    Samples,
    /// The organisation's statement that the clause does not apply.
    Applicability,
}

/// All inputs of a clause from one record, one of them from another.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    pub base: RecordedClause<'a>,
    pub other: RecordedClause<'a>,
    /// The input that `other` gives; none for the verdict as it was recorded.
    pub exchanged: Option<Input<'a>>,
}

impl<'a> Inputs<'a> {
    /// The clause in the record that gives an input.
    pub fn of(&self, input: Input<'_>) -> RecordedClause<'a> {
        if self.exchanged.is_some_and(|exchanged| exchanged == input) { self.other } else { self.base }
    }
}

/// Judges a clause by given inputs; nothing where the records do not hold enough to do so.
pub type Rejudge<'a> = &'a dyn Fn(&Inputs<'_>) -> Option<Status>;

/// Adds a list of observations as a pack's CSV file holds it, under the id of its objective; nothing where it is not one.
pub fn read_observations(bytes: &[u8], objective: &str, lists: &mut Lists) -> Option<()> {
    lists.begin(objective);
    each_observation(bytes, |row| lists.observe(row))
}

/// No list of ours has a longer header, or a line with as many commas.
const HEADER_BYTES_MAX: usize = 4096;
const COMMAS_MAX: usize = 1_000_000;

/// Looks at each row of such a list.
pub fn each_observation(bytes: &[u8], mut look: impl FnMut(SeenRow<'_>)) -> Option<()> {
    // A forged list may be one row of nothing but commas, for each of which the reader takes a multiple.
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let is_too_wide = |line: &[u8]| memchr::memchr_iter(b',', line).count() > COMMAS_MAX;
    if lines.next().is_some_and(|header| header.len() > HEADER_BYTES_MAX) || lines.any(is_too_wide) {
        return None;
    }
    let mut reader = csv::Reader::from_reader(bytes);
    let header: Vec<String> = reader.headers().ok()?.iter().map(str::to_owned).collect();
    let at = |name: &str| header.iter().position(|own| own == name);
    let (subject, outcome, reason) = (at("subject")?, at("outcome")?, at("reason")?);
    let (artifact, record, proved) = (at("artifact")?, at("record")?, at("proved")?);
    let identity = at("identity");
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).ok()? {
        let cell = |at: usize| row.get(at).map(plain);
        look(SeenRow {
            subject: cell(subject)?,
            outcome: Outcome::parse(row.get(outcome)?)?,
            reason: cell(reason)?,
            artifact: cell(artifact)?,
            record: cell(record)?,
            identity: identity.and_then(cell).filter(|text| !text.is_empty()),
            proved: row.get(proved)? == "yes",
        });
    }
    Some(())
}

/// What a record and the full list of the same objective both hold, row by row: who departs, and of whom the sources cannot tell.
#[derive(Default)]
pub struct ListedRows(Hasher);

impl ListedRows {
    /// Takes a row in; rows of other outcomes stand in full lists only.
    pub fn add(&mut self, row: &SeenRow<'_>) {
        if !matches!(row.outcome, Outcome::Fail | Outcome::Unknown) {
            return;
        }
        let proved = if row.proved { "yes" } else { "no" };
        for text in [row.subject, row.outcome.word(), row.reason, row.artifact, row.record, row.identity.unwrap_or_default(), proved] {
            self.0.update(&(text.len() as u64).to_le_bytes());
            self.0.update(text.as_bytes());
        }
    }

    pub fn finish(self) -> Digest {
        self.0.finish()
    }
}

/// The text of a cell without the apostrophe that kept a spreadsheet from running it.
fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::{Observation, observations_csv};

    #[test]
    fn observations_read_back_as_they_were_written() {
        let seen = |subject: &str, identity: Option<&str>| Observation {
            subject: subject.into(),
            outcome: Outcome::Fail,
            reason: "=1+1, \"two\"".into(),
            artifact: "a.json".into(),
            record: "-3".into(),
            identity: identity.map(str::to_owned),
            proved: true,
            contradicted: false,
        };
        let list = vec![seen("@one", None), seen("two", Some("+id"))];
        let mut lists = Lists::default();
        assert_eq!(read_observations(&observations_csv(&list), "one", &mut lists), Some(()));
        assert_eq!(lists.observations("one").unwrap().map(Observation::from).collect::<Vec<_>>(), list);
        assert_eq!(read_observations(b"no,such,columns\n1,2,3\n", "two", &mut lists), None);
    }
}
