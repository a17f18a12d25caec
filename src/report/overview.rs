//! The shortest form: how many clauses stand how, by framework, and what to look at first.
//!
//! In: judged clauses with the tallies of their objectives; not what was observed. Out: an [`Overview`]. The reports say the same in their first pages.

use std::collections::BTreeMap;

use super::build::clause_anchor;
use super::model::{Report, StatusCount, WorstView};
use super::wording::Wording;
use crate::assessment::{ClauseResult, Judged, ObjectiveResult};
use crate::base::Status;

const WORST_MAX: usize = 5;

/// What a terminal shows of an assessment.
#[derive(Debug, Clone)]
pub struct Overview {
    pub organisation: String,
    pub title: String,
    pub as_of: String,
    /// The word for each status, in the order of the counts below.
    pub labels: Vec<String>,
    pub frameworks: Vec<FrameworkOverview>,
}

/// One framework in few words.
#[derive(Debug, Clone)]
pub struct FrameworkOverview {
    /// `pci-dss@4.0.1`.
    pub id: String,
    pub counts: Vec<usize>,
    pub clause_total: usize,
    /// The clauses that are not satisfied with the most deviations.
    pub worst: Vec<WorstView>,
}

/// The overview of what was judged, in one language.
pub fn overview(judged: Judged<'_>, wording: &Wording) -> Overview {
    let outline = Outline::new(judged.objectives, wording);
    let framework = |id: &String, counts: &BTreeMap<Status, usize>| {
        let own: Vec<&ClauseResult> = judged.clauses.iter().filter(|clause| clause.framework == *id).collect();
        let count = |status: &Status| counts.get(status).copied().unwrap_or(0);
        FrameworkOverview {
            id: id.clone(),
            counts: Status::ALL.iter().map(count).collect(),
            clause_total: counts.values().sum(),
            worst: outline.worst(&own),
        }
    };
    Overview {
        organisation: judged.frame.organisation.clone(),
        title: judged.frame.title.clone(),
        as_of: judged.frame.as_of.clone(),
        labels: Status::ALL.iter().map(|status| wording.label("status", status.word())).collect(),
        frameworks: judged.frameworks.iter().map(|own| framework(&own.framework, &own.counts)).collect(),
    }
}

impl From<&Report> for Overview {
    fn from(report: &Report) -> Overview {
        let framework = |own: &super::model::FrameworkView| FrameworkOverview {
            id: own.id.clone(),
            counts: own.counts.iter().map(|count| count.count).collect(),
            clause_total: own.clause_total,
            worst: own.worst.clone(),
        };
        Overview {
            organisation: report.organisation.clone(),
            title: report.title.clone(),
            as_of: report.as_of.clone(),
            labels: report.totals.iter().map(|count| count.label.clone()).collect(),
            frameworks: report.frameworks.iter().map(framework).collect(),
        }
    }
}

/// Says in a sentence how clauses stand, from the tallies of their objectives alone.
pub struct Outline<'a> {
    wording: &'a Wording,
    pub(super) objectives: BTreeMap<&'a str, &'a ObjectiveResult>,
}

impl<'a> Outline<'a> {
    pub fn new(objectives: &'a [ObjectiveResult], wording: &'a Wording) -> Outline<'a> {
        Outline { wording, objectives: objectives.iter().map(|objective| (objective.id.as_str(), objective)).collect() }
    }

    pub(super) fn counts(&self, counts: &BTreeMap<Status, usize>) -> Vec<StatusCount> {
        let total: usize = counts.values().sum();
        Status::ALL
            .iter()
            .map(|status| {
                let count = counts.get(status).copied().unwrap_or(0);
                StatusCount {
                    status: status.word().into(),
                    label: self.wording.label("status", status.word()),
                    count,
                    permille: (count * 1000).checked_div(total).unwrap_or(0),
                }
            })
            .collect()
    }

    /// Of the clauses of one framework, those that are not satisfied with the most deviations, the most first.
    pub(super) fn worst(&self, clauses: &[&ClauseResult]) -> Vec<WorstView> {
        let open = clauses.iter().filter(|clause| clause.status == Some(Status::NotSatisfied));
        let mut worst: Vec<(usize, &ClauseResult)> =
            open.map(|clause| (self.cited(clause).map(|objective| objective.tally.failed).sum(), *clause)).collect();
        worst.sort_by_key(|(deviations, _)| std::cmp::Reverse(*deviations));
        worst.truncate(WORST_MAX);
        let view = |(deviations, clause): (usize, &ClauseResult)| WorstView {
            anchor: clause_anchor(clause),
            id: clause.clause.clone(),
            label: clause.label.clone(),
            deviation_total: deviations,
            unknown_note: self.counted("cannot_be_told", self.cited(clause).map(|objective| objective.tally.unknown).sum()),
            summary: self.heaviest(clause).unwrap_or_else(|| self.summary(clause)),
        };
        worst.into_iter().map(view).collect()
    }

    fn cited<'b>(&'b self, clause: &'b ClauseResult) -> impl DoubleEndedIterator<Item = &'a ObjectiveResult> + 'b {
        clause.objectives.iter().filter_map(|own| self.objectives.get(own.objective.as_str()).copied())
    }

    /// One sentence: the reason that decides, with the objective it comes from.
    pub fn summary(&self, clause: &ClauseResult) -> String {
        let Some(first) = clause.reasons.first() else { return String::new() };
        match first.objective.as_ref().and_then(|id| self.objectives.get(id.as_str())) {
            Some(objective) => format!("{}: {}", objective.title, first.text),
            None => first.text.clone(),
        }
    }

    /// The objective that most depart from, with how many; none where none is open.
    fn heaviest(&self, clause: &ClauseResult) -> Option<String> {
        let most =
            self.cited(clause).rev().max_by_key(|objective| objective.tally.failed).filter(|objective| objective.tally.failed > 0)?;
        Some(format!("{}: {}", most.title, self.depart(most)))
    }

    /// "5 of 52 depart", or empty where nobody was tested.
    pub(super) fn depart(&self, objective: &ObjectiveResult) -> String {
        let tested = objective.tally.population - objective.tally.skipped;
        if tested == 0 {
            return String::new();
        }
        let counts = [("failed", objective.tally.failed.to_string()), ("tested", tested.to_string())];
        self.wording.fill("tally_depart", "{failed} of {tested} depart", &counts.each_ref().map(|(key, count)| (*key, count.as_str())))
    }

    /// "55 deviations", from a wording that has a form of its own for one; empty for none.
    pub(super) fn counted(&self, key: &str, count: usize) -> String {
        match count {
            0 => String::new(),
            1 => self.wording.get(&format!("{key}_one")),
            count => self.wording.fill(key, "{count}", &[("count", &count.to_string())]),
        }
    }
}
