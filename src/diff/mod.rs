//! Compares two assessments clause by clause, and says what each change rests on.
//!
//! In: two assessments. Out: a [`ChangeSet`]. Needs no catalog, no evidence and no engine.

pub mod gate;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::assessment::{Assessment, ClauseResult, Outcome};
use crate::base::Status;

/// How a clause moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Worsened,
    Improved,
    /// The clause is only on the new side.
    Added,
    /// The clause is only on the old side.
    Removed,
    /// Applicability changed: a status and "not applicable" have no order.
    Incomparable,
    Unchanged,
}

/// What a change rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// What was observed differs.
    Evidence,
    /// Artifacts were replaced, but the same was observed; freshness or extent may differ.
    EvidenceState,
    /// The catalog file differs.
    Catalog,
    /// The clause maps to other objectives, or with another coverage.
    Mapping,
    /// An objective or its query differs.
    Check,
    Parameter,
    /// An exception began, ended or was changed.
    Exception,
    /// The organisation's statement of applicability differs.
    Applicability,
    Scope,
    /// Only the instant of judgement differs.
    AsOf,
    /// The clause belongs to an edition that only one side assesses.
    Edition,
}

/// One clause that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub framework: String,
    pub clause: String,
    pub label: String,
    pub change: Change,
    pub before: Option<Status>,
    pub after: Option<Status>,
    pub causes: Vec<Cause>,
    /// Subjects that depart now and did not before, by objective.
    pub started: BTreeMap<String, Vec<String>>,
    /// Subjects that departed before and do not now, by objective.
    pub stopped: BTreeMap<String, Vec<String>>,
}

/// Everything that changed, worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeSet {
    pub before_root: String,
    pub after_root: String,
    pub before_as_of: String,
    pub after_as_of: String,
    /// Clauses by change, unchanged ones included: together they are all assessable clauses of both sides.
    pub counts: BTreeMap<Change, usize>,
    pub entries: Vec<Entry>,
    /// Subjects whose deviation began or ended, by objective, over all clauses.
    pub subjects: Vec<SubjectChange>,
}

/// A subject whose deviation began or ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SubjectChange {
    pub objective: String,
    pub subject: String,
    /// True when it departs now and did not before.
    pub departs_now: bool,
}

/// Compares two assessments.
pub fn compare(before: &Assessment, after: &Assessment) -> ChangeSet {
    let old = assessable(before);
    let new = assessable(after);
    let moved = Moved::between(before, after);
    let mut counts: BTreeMap<Change, usize> = BTreeMap::new();
    let mut entries = Vec::new();
    let keys: BTreeSet<&(&str, &str)> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let entry = entry(old.get(key).copied(), new.get(key).copied(), before, after, &moved);
        *counts.entry(entry.change).or_default() += 1;
        if entry.change != Change::Unchanged {
            entries.push(entry);
        }
    }
    entries.sort_by(|one, two| (one.change, &one.framework, &one.clause).cmp(&(two.change, &two.framework, &two.clause)));
    assert_eq!(counts.values().sum::<usize>(), old.keys().chain(new.keys()).collect::<BTreeSet<_>>().len(), "each clause has one class");
    ChangeSet {
        before_root: before.root.to_string(),
        after_root: after.root.to_string(),
        before_as_of: before.frame.as_of.clone(),
        after_as_of: after.frame.as_of.clone(),
        counts,
        entries,
        subjects: moved.subjects(),
    }
}

type Clauses<'a> = BTreeMap<(&'a str, &'a str), &'a ClauseResult>;

fn assessable(assessment: &Assessment) -> Clauses<'_> {
    assessment
        .clauses
        .iter()
        .filter(|clause| clause.status.is_some())
        .map(|clause| ((clause.framework.as_str(), clause.clause.as_str()), clause))
        .collect()
}

/// Subjects whose deviation began or ended, by objective.
struct Moved {
    started: BTreeMap<String, Vec<String>>,
    stopped: BTreeMap<String, Vec<String>>,
}

impl Moved {
    fn between(before: &Assessment, after: &Assessment) -> Moved {
        let (old, new) = (departing(before), departing(after));
        let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let none = BTreeSet::new();
        let mut moved = Moved { started: BTreeMap::new(), stopped: BTreeMap::new() };
        for id in ids {
            let (was, is) = (old.get(id).unwrap_or(&none), new.get(id).unwrap_or(&none));
            let list = |set: &BTreeSet<String>, other: &BTreeSet<String>| set.difference(other).cloned().collect::<Vec<_>>();
            moved.started.insert(id.clone(), list(is, was));
            moved.stopped.insert(id.clone(), list(was, is));
        }
        moved
    }

    fn of(list: &BTreeMap<String, Vec<String>>, clause: Option<&ClauseResult>) -> BTreeMap<String, Vec<String>> {
        clause
            .into_iter()
            .flat_map(|clause| &clause.objectives)
            .filter_map(|own| Some((own.objective.clone(), list.get(&own.objective)?.clone())))
            .filter(|(_, subjects)| !subjects.is_empty())
            .collect()
    }

    fn subjects(&self) -> Vec<SubjectChange> {
        let flat = |list: &BTreeMap<String, Vec<String>>, departs_now: bool| {
            list.iter()
                .flat_map(|(objective, subjects)| subjects.iter().map(move |subject| (objective.clone(), subject.clone())))
                .map(|(objective, subject)| SubjectChange { objective, subject, departs_now })
                .collect::<Vec<_>>()
        };
        let mut all = flat(&self.started, true);
        all.extend(flat(&self.stopped, false));
        all.sort();
        all
    }
}

fn departing(assessment: &Assessment) -> BTreeMap<String, BTreeSet<String>> {
    assessment
        .objectives
        .iter()
        .map(|objective| {
            let subjects = objective.observations.iter().filter(|seen| seen.outcome == Outcome::Fail).map(|seen| seen.subject.clone());
            (objective.id.clone(), subjects.collect())
        })
        .collect()
}

fn entry(old: Option<&ClauseResult>, new: Option<&ClauseResult>, before: &Assessment, after: &Assessment, moved: &Moved) -> Entry {
    let shown = new.or(old).expect("a key comes from one of the sides");
    let (was, is) = (old.and_then(|clause| clause.status), new.and_then(|clause| clause.status));
    let change = match (was, is) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        (Some(was), Some(is)) if was == is => Change::Unchanged,
        (Some(Status::NotApplicable), _) | (_, Some(Status::NotApplicable)) => Change::Incomparable,
        (Some(was), Some(is)) if is > was => Change::Improved,
        (Some(_), Some(_)) => Change::Worsened,
    };
    Entry {
        framework: shown.framework.clone(),
        clause: shown.clause.clone(),
        label: shown.label.clone(),
        change,
        before: was,
        after: is,
        causes: if change == Change::Unchanged { Vec::new() } else { causes(old, new, before, after) },
        started: Moved::of(&moved.started, new),
        stopped: Moved::of(&moved.stopped, old),
    }
}

/// Every input of the verdict that differs between the sides.
fn causes(old: Option<&ClauseResult>, new: Option<&ClauseResult>, before: &Assessment, after: &Assessment) -> Vec<Cause> {
    let (Some(old), Some(new)) = (old, new) else { return vec![Cause::Edition] };
    let mut causes = Vec::new();
    let mapping = |clause: &ClauseResult| {
        clause.objectives.iter().map(|own| (own.objective.clone(), own.coverage.clone())).collect::<BTreeMap<_, _>>()
    };
    let shared: Vec<_> =
        old.basis.objectives.iter().filter_map(|(id, basis)| new.basis.objectives.get(id).map(|other| (basis, other))).collect();
    if shared.iter().any(|(one, two)| one.observations != two.observations) {
        causes.push(Cause::Evidence);
    } else if old.basis.evidence != new.basis.evidence {
        causes.push(Cause::EvidenceState);
    }
    if old.basis.catalog != new.basis.catalog {
        causes.push(Cause::Catalog);
    }
    if mapping(old) != mapping(new) || old.treatment != new.treatment {
        causes.push(Cause::Mapping);
    }
    if shared.iter().any(|(one, two)| one.definition != two.definition) {
        causes.push(Cause::Check);
    }
    if shared.iter().any(|(one, two)| one.parameters != two.parameters) {
        causes.push(Cause::Parameter);
    }
    if old.basis.exceptions != new.basis.exceptions {
        causes.push(Cause::Exception);
    }
    if old.basis.not_applicable != new.basis.not_applicable {
        causes.push(Cause::Applicability);
    }
    if before.frame.scope != after.frame.scope || before.frame.organisation != after.frame.organisation {
        causes.push(Cause::Scope);
    }
    if causes.is_empty() {
        causes.push(Cause::AsOf);
    }
    causes
}
