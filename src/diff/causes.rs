//! Why a clause changed: which of its inputs differ, and which of them move the verdict.
//!
//! Inputs are told apart by judging anew with one of them exchanged at a time. Evidence, check and parameters stand behind one input, the rows
//! of an objective; where several of them differ, they are told apart by what the objective comes to when it is tested again. Where the records
//! do not hold enough to reach the recorded verdict again, or where nothing alone moves it, the cause is inferred from what differs, and said to be.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::anew::{Anew, Behind, Exchange, Part, Start, Unclear, Values};
use super::pairing::{Group, Link};
use super::{Change, ExceptionChange, ObjectiveChange, Row};
use crate::assessment::inputs::{Input, Inputs, Recorded, RecordedClause, Rejudge};
use crate::assessment::{Assessment, ClauseResult, ExceptionRecord, ObjectiveResult};
use crate::base::Status;

/// What a change rests on: a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// What was observed differs.
    EvidenceChanged,
    /// Evidence is missing, stale, undated or not whole on one side.
    EvidenceMissing,
    /// A document, or what somebody concluded from it, differs.
    DocumentChanged,
    /// A sample was drawn or tested otherwise.
    SampleChanged,
    /// The clause belongs to another edition, or only one of the editions has it.
    CatalogEdition,
    /// The same edition in another revision of its catalog.
    CatalogRevision,
    /// The clause rests on other objectives, or they cover it otherwise, in a catalog of the same revision.
    Mapping,
    /// The query or the definition of an objective differs.
    Check,
    Parameter,
    ExceptionGranted,
    ExceptionExpired,
    ExceptionWithdrawn,
    ExceptionChanged,
    /// The organisation's statement that the clause does not apply differs.
    Applicability,
    /// The scope, or the frameworks in scope, differ.
    Scope,
    /// Only the instant of judgement differs.
    AsOf,
}

impl CauseKind {
    pub fn word(self) -> &'static str {
        match self {
            CauseKind::EvidenceChanged => "evidence-changed",
            CauseKind::EvidenceMissing => "evidence-missing",
            CauseKind::DocumentChanged => "document-changed",
            CauseKind::SampleChanged => "sample-changed",
            CauseKind::CatalogEdition => "catalog-edition",
            CauseKind::CatalogRevision => "catalog-revision",
            CauseKind::Mapping => "mapping",
            CauseKind::Check => "check",
            CauseKind::Parameter => "parameter",
            CauseKind::ExceptionGranted => "exception-granted",
            CauseKind::ExceptionExpired => "exception-expired",
            CauseKind::ExceptionWithdrawn => "exception-withdrawn",
            CauseKind::ExceptionChanged => "exception-changed",
            CauseKind::Applicability => "applicability",
            CauseKind::Scope => "scope",
            CauseKind::AsOf => "as-of",
        }
    }
}

/// How sure a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// With this input alone exchanged, the verdict moves.
    Rejudged,
    /// It follows from the records without judging: the edition differs, the framework is not there.
    Recorded,
    /// The input differs; whether it alone moved the verdict cannot be told from what is at hand.
    Inferred,
}

/// One cause with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cause<'a> {
    pub kind: CauseKind,
    pub how: How,
    pub objective: Option<String>,
    pub text: String,
    /// The first subjects that began or ceased to depart; `objectives` of the change set has all of them.
    pub rows: Vec<Row<'a>>,
    pub started: usize,
    pub stopped: usize,
}

impl<'a> Cause<'a> {
    fn plain(kind: CauseKind, how: How, objective: Option<&str>, text: String) -> Cause<'a> {
        Cause { kind, how, objective: objective.map(str::to_owned), text, rows: Vec::new(), started: 0, stopped: 0 }
    }
}

/// The two records and how to judge by them.
pub struct Judging<'a, 's> {
    pub old: &'a Recorded<'a>,
    pub new: &'a Recorded<'a>,
    pub moved: &'a BTreeMap<String, ObjectiveChange<'s>>,
    pub rejudge: Rejudge<'a>,
    pub anew: &'a Anew,
}

/// One part that stands behind a verdict that moved, and what is added to what is told of it.
struct Weighed {
    part: Part,
    how: How,
    note: String,
}

/// What testing again says of one part.
enum Weight {
    Moves(String),
    Stays,
    /// It was not tested again in every way that was to be tried, for this reason.
    Unknown(String),
}

impl<'s> Judging<'_, 's> {
    /// At least one cause for everything that changed.
    pub fn causes(&self, group: &Group<'_>, change: Change) -> Vec<Cause<'s>> {
        let mut causes = Vec::new();
        match &group.link {
            Link::OneSided => {
                let text = "The framework is in scope on one side only.".to_owned();
                return vec![Cause::plain(CauseKind::Scope, How::Recorded, None, text)];
            }
            Link::NoCrosswalk { from, to } => {
                return vec![edition(format!("{from} → {to}."))];
            }
            Link::Crosswalk { from, to, pairs } => {
                let relations: BTreeSet<String> = pairs.iter().map(|pair| format!("{:?}", pair.relation).to_lowercase()).collect();
                let relations: Vec<String> = relations.into_iter().collect();
                let told = if relations.is_empty() { "does not name it".to_owned() } else { format!("says {}", relations.join(", ")) };
                causes.push(edition(format!("{from} → {to}; the crosswalk {told}.")));
            }
            Link::SameEdition if group.before.is_empty() || group.after.is_empty() => {
                return vec![self.catalog(group)];
            }
            Link::SameEdition => {}
        }
        let weakest = |list: &[&ClauseResult]| list.iter().filter_map(|clause| clause.status).min();
        if let ([was], [is]) = (group.before.as_slice(), group.after.as_slice()) {
            if was.status != is.status {
                causes.extend(self.between(was, is, matches!(group.link, Link::Crosswalk { .. })));
            }
        } else if weakest(&group.before) != weakest(&group.after) {
            causes.extend(self.crosswise(group));
        }
        if causes.is_empty() && change != Change::Unchanged {
            causes.push(Cause::plain(CauseKind::AsOf, How::Inferred, None, self.as_of()));
        }
        causes
    }

    fn as_of(&self) -> String {
        format!("Judged as of {} and of {}.", self.old.assessment.frame.as_of, self.new.assessment.frame.as_of)
    }

    /// The catalog of one edition differs between the sides.
    fn catalog(&self, group: &Group<'_>) -> Cause<'s> {
        let name = group.editions().1.unwrap_or_default();
        let revision = |record: &Recorded<'_>| {
            record.assessment.frameworks.iter().find(|own| own.framework == name).map(|own| own.revision).unwrap_or_default()
        };
        let (was, is) = (revision(self.old), revision(self.new));
        if was == is {
            let text =
                format!("The catalog {name} is another with the same revision {is}: an overlay, or a catalog of the organisation's own.");
            return Cause::plain(CauseKind::Mapping, How::Recorded, None, text);
        }
        Cause::plain(CauseKind::CatalogRevision, How::Recorded, None, format!("{name} in revision {was}, then in revision {is}."))
    }

    fn judged(&self, base: RecordedClause<'_>, other: RecordedClause<'_>, exchanged: Option<Input<'_>>) -> Option<Status> {
        (self.rejudge)(&Inputs { base, other, exchanged })
    }

    /// Causes of a verdict that moved between one clause and one clause.
    fn between(&self, was: &ClauseResult, is: &ClauseResult, crosses: bool) -> Vec<Cause<'s>> {
        let old = RecordedClause { record: self.old, clause: was };
        let new = RecordedClause { record: self.new, clause: is };
        let differing = differing(old, new, crosses);
        let decisive = self.decisive(old, new, &differing);
        let (inputs, how) = if decisive.is_empty() { (differing, How::Inferred) } else { (decisive, How::Rejudged) };
        let mut causes: Vec<Cause<'s>> = inputs.iter().flat_map(|input| self.told(*input, old, new, how)).collect();
        if crosses {
            // The edition is told already.
            causes.retain(|cause| cause.kind != CauseKind::CatalogEdition);
        }
        causes
    }

    /// The inputs that move the verdict alone; none where the recorded verdicts are not reached again.
    fn decisive<'a>(&self, old: RecordedClause<'a>, new: RecordedClause<'a>, differing: &[Input<'a>]) -> Vec<Input<'a>> {
        let (was, is) = (old.clause.status, new.clause.status);
        if self.judged(old, new, None) != was || self.judged(new, old, None) != is {
            return Vec::new();
        }
        let moves = |anew: Option<Status>, recorded: Option<Status>| anew.is_some() && anew != recorded;
        let decides = |input: &Input<'a>| moves(self.judged(old, new, Some(*input)), was) || moves(self.judged(new, old, Some(*input)), is);
        differing.iter().copied().filter(decides).collect()
    }

    /// Several clauses against several: what differs among the objectives that they share.
    fn crosswise(&self, group: &Group<'_>) -> Vec<Cause<'s>> {
        let cited = |list: &[&ClauseResult]| -> BTreeSet<String> {
            list.iter().flat_map(|clause| &clause.objectives).map(|own| own.objective.clone()).collect()
        };
        let (old, new) = (cited(&group.before), cited(&group.after));
        let mut causes = Vec::new();
        for id in old.intersection(&new) {
            let digest = |record: &Recorded<'_>| record.objective(id).and_then(|own| own.observations_digest.clone());
            if digest(self.old) != digest(self.new) {
                causes.extend(self.rows(id, How::Inferred, None));
            }
        }
        causes
    }

    /// One input that differs, put into words; several causes where several things lie behind it.
    fn told(&self, input: Input<'_>, old: RecordedClause<'_>, new: RecordedClause<'_>, how: How) -> Vec<Cause<'s>> {
        match input {
            Input::Rows(id) => self.rows(id, how, Some((old, new))),
            Input::Reliance(id) => vec![self.reliance(id, how)],
            Input::Mapping => vec![self.mapping(old.clause, new.clause, how)],
            Input::Exceptions => self.excepted(old, new, how),
            Input::Documents => vec![Cause::plain(
                CauseKind::DocumentChanged,
                how,
                None,
                documents_text(&old.clause.basis.documents, &new.clause.basis.documents),
            )],
            Input::Samples => vec![Cause::plain(
                CauseKind::SampleChanged,
                how,
                None,
                documents_text(&old.clause.basis.samples, &new.clause.basis.samples).replace("Documents that", "Samples that"),
            )],
            Input::Applicability => {
                let text = match (&old.clause.basis.not_applicable, &new.clause.basis.not_applicable) {
                    (None, Some(_)) => "The organisation states now that it does not apply.",
                    (Some(_), None) => "The organisation no longer states that it does not apply.",
                    _ => "The statement that it does not apply is another.",
                };
                vec![Cause::plain(CauseKind::Applicability, how, None, text.to_owned())]
            }
        }
    }

    /// What was observed differs: because of the evidence, the check, a parameter, the scope, or the instant alone.
    fn rows(&self, id: &str, how: How, between: Option<(RecordedClause<'_>, RecordedClause<'_>)>) -> Vec<Cause<'s>> {
        let Some((is, behind)) = self.behind(id) else { return Vec::new() };
        let parts = behind.parts();
        let weighed: Vec<Weighed> = match between {
            Some((old, new)) if parts.len() > 1 && how == How::Rejudged => self.weighed(id, &parts, old, new),
            _ => {
                let how = if parts.len() > 1 { How::Inferred } else { how };
                parts.iter().map(|part| Weighed { part: *part, how, note: String::new() }).collect()
            }
        };
        let mut causes: Vec<Cause<'s>> = weighed
            .into_iter()
            .map(|Weighed { part, how, note }| {
                let mut cause = match part {
                    Part::Evidence if behind.evidence => self.observed(id, how),
                    Part::Evidence => self.instant(id, how),
                    Part::Check => {
                        let text = format!("The objective “{}” or its query is another.", is.title);
                        Cause::plain(CauseKind::Check, how, Some(id), text)
                    }
                    Part::Parameter => Cause::plain(CauseKind::Parameter, how, Some(id), parameter_text(&is.title, &behind)),
                };
                cause.text.push_str(&note);
                cause
            })
            .collect();
        if causes.is_empty() && self.old.assessment.frame.scope != self.new.assessment.frame.scope {
            causes.push(Cause::plain(CauseKind::Scope, How::Inferred, Some(id), "The scope is stated otherwise.".into()));
        }
        if causes.is_empty() {
            causes.push(self.instant(id, how));
        }
        causes
    }

    fn behind(&self, id: &str) -> Option<(&ObjectiveResult, Behind)> {
        let (was, is) = (self.old.objective(id)?, self.new.objective(id)?);
        Some((is, Behind::new((self.old.assessment, was), (self.new.assessment, is))))
    }

    /// Which of several parts move the verdict: those that do drop the others, where every one of these was tried.
    fn weighed(&self, id: &str, parts: &[Part], old: RecordedClause<'_>, new: RecordedClause<'_>) -> Vec<Weighed> {
        let weights: Vec<(Part, Weight)> = parts.iter().map(|part| (*part, self.weight(id, *part, old, new))).collect();
        let is_told = weights.iter().any(|(_, weight)| matches!(weight, Weight::Moves(_)));
        weights
            .into_iter()
            .filter_map(|(part, weight)| {
                let (how, note) = match weight {
                    Weight::Moves(note) => (How::Rejudged, note),
                    Weight::Unknown(because) => (How::Inferred, format!(" Not told apart: {because}.")),
                    Weight::Stays if is_told => return None,
                    Weight::Stays => (How::Inferred, " Tested again, it does not move the verdict so without the others.".to_owned()),
                };
                Some(Weighed { part, how, note })
            })
            .collect()
    }

    /// Whether one part alone moves the verdict the way in which it moved.
    ///
    /// The other inputs of the clause are taken from either record in turn, where the rows as a whole move the verdict by them. The part is
    /// brought in at the one end and taken out at the other, so that exchanging the sides exchanges nothing but the two.
    fn weight(&self, id: &str, part: Part, old: RecordedClause<'_>, new: RecordedClause<'_>) -> Weight {
        let (mut alone, mut without, mut unknown) = (None, None, None);
        for base in [old, new] {
            let judged = |record: &Recorded<'_>| {
                let other = RecordedClause { record, clause: base.clause };
                self.judged(base, other, Some(Input::Rows(id)))
            };
            let (Some(was), Some(is)) = (judged(self.old), judged(self.new)) else { continue };
            if was == is {
                continue;
            }
            for (start, from, to) in [(Start::Before, was, is), (Start::After, is, was)] {
                match self.anew.get(&Exchange { objective: id.to_owned(), start, part }) {
                    Err(because) => unknown = unknown.or(Some(because.to_owned())),
                    Ok(result) => {
                        let anew = judged(&Recorded::otherwise(base.record.assessment, result));
                        let moved = anew.filter(|anew| *anew != from && (*anew > from) == (to > from));
                        match start {
                            Start::Before => alone = alone.or(moved),
                            Start::After => without = without.or(moved),
                        }
                    }
                }
            }
        }
        match (alone, without, unknown) {
            (Some(status), _, _) => Weight::Moves(format!(" Tested again with this alone exchanged, the verdict is {}.", said(status))),
            (None, Some(status), unknown) => {
                let alone = if unknown.is_none() { " It does not move the verdict alone." } else { "" };
                Weight::Moves(format!("{alone} Tested again with all but this exchanged, the verdict is {}.", said(status)))
            }
            (None, None, Some(because)) => Weight::Unknown(because),
            (None, None, None) => Weight::Stays,
        }
    }

    /// Nothing but the instant of judgement differs.
    fn instant(&self, id: &str, how: How) -> Cause<'s> {
        let mut cause = self.observed(id, how);
        cause.kind = CauseKind::AsOf;
        cause.text = format!("{} The evidence is the same: {}", self.as_of(), cause.text);
        cause
    }

    /// Objectives whose rows moved the verdict of these clauses, and of which several parts differ.
    pub fn unclear(&self, group: &Group<'_>) -> Vec<Unclear> {
        let ([was], [is]) = (group.before.as_slice(), group.after.as_slice()) else { return Vec::new() };
        let crosses = match group.link {
            Link::SameEdition => false,
            Link::Crosswalk { .. } => true,
            Link::OneSided | Link::NoCrosswalk { .. } => return Vec::new(),
        };
        if was.status == is.status {
            return Vec::new();
        }
        let (old, new) = (RecordedClause { record: self.old, clause: was }, RecordedClause { record: self.new, clause: is });
        let rows = self.decisive(old, new, &differing(old, new, crosses)).into_iter().filter_map(|input| match input {
            Input::Rows(id) => Some(id),
            _ => None,
        });
        rows.filter_map(|id| {
            let parts = self.behind(id)?.1.parts();
            (parts.len() > 1).then(|| Unclear { objective: id.to_owned(), parts })
        })
        .collect()
    }

    /// Who began and who ceased to depart.
    fn observed(&self, id: &str, how: How) -> Cause<'s> {
        const ROWS_MAX: usize = 5;
        let Some(moved) = self.moved.get(id) else {
            return Cause::plain(CauseKind::EvidenceChanged, how, Some(id), "What was observed is another.".into());
        };
        let (started, stopped) = (moved.started.len(), moved.stopped.len());
        let text = match (started, stopped) {
            (0, 0) => format!("{}: the same subjects depart, and others are known or not known than before.", moved.title),
            _ => format!("{}: {started} began and {stopped} ceased to depart; {} depart as before.", moved.title, moved.repeated),
        };
        Cause {
            rows: moved.started.iter().take(ROWS_MAX).chain(moved.stopped.iter().take(ROWS_MAX)).cloned().collect(),
            started,
            stopped,
            ..Cause::plain(CauseKind::EvidenceChanged, how, Some(id), text)
        }
    }

    fn reliance(&self, id: &str, how: How) -> Cause<'s> {
        let limits = |record: &Recorded<'_>| -> BTreeMap<String, String> {
            let reasons = record.objective(id).into_iter().flat_map(|own| &own.reasons);
            reasons.filter(|reason| LIMITS.contains(&reason.code.as_str())).map(|own| (own.code.clone(), own.text.clone())).collect()
        };
        let (was, is) = (limits(self.old), limits(self.new));
        let only = |one: &BTreeMap<String, String>, two: &BTreeMap<String, String>| {
            one.iter().filter(|(code, _)| !two.contains_key(*code)).map(|(_, text)| text.clone()).collect::<Vec<_>>()
        };
        let title = self.new.objective(id).or(self.old.objective(id)).map(|own| own.title.clone()).unwrap_or_default();
        let (now, then) = (only(&is, &was), only(&was, &is));
        let text = match (now.is_empty(), then.is_empty()) {
            (false, _) => format!("{title}, now: {}", now.join(" ")),
            (true, false) => format!("{title}, before: {} This is no longer so.", then.join(" ")),
            (true, true) => format!("{title}: more or less of what passes is proved by its evidence."),
        };
        Cause::plain(CauseKind::EvidenceMissing, how, Some(id), text)
    }

    fn mapping(&self, was: &ClauseResult, is: &ClauseResult, how: How) -> Cause<'s> {
        if was.framework != is.framework {
            return Cause { how, ..edition(format!("{} asks otherwise than {}.", is.framework, was.framework)) };
        }
        let revision = |record: &Recorded<'_>| {
            record.assessment.frameworks.iter().find(|own| own.framework == is.framework).map(|own| own.revision).unwrap_or_default()
        };
        let (before, after) = (revision(self.old), revision(self.new));
        let kind = if before == after { CauseKind::Mapping } else { CauseKind::CatalogRevision };
        let cited = |clause: &ClauseResult| -> BTreeMap<String, String> {
            clause.objectives.iter().map(|own| (own.objective.clone(), own.coverage.clone())).collect()
        };
        let (old, new) = (cited(was), cited(is));
        let mut told: Vec<String> =
            new.iter().filter(|(id, _)| !old.contains_key(*id)).map(|(id, how)| format!("{id} ({how}) is new")).collect();
        told.extend(old.keys().filter(|id| !new.contains_key(*id)).map(|id| format!("{id} is gone")));
        told.extend(new.iter().filter_map(|(id, coverage)| {
            let then = old.get(id).filter(|then| *then != coverage)?;
            Some(format!("{id} covered it {then} and covers it {coverage}"))
        }));
        if was.treatment != is.treatment {
            told.push(format!("it was {:?} and is {:?}", was.treatment, is.treatment).to_lowercase());
        }
        let revisions = if before == after { String::new() } else { format!(" Revision {before} became {after}.") };
        Cause::plain(kind, how, None, format!("What the clause rests on: {}.{revisions}", told.join("; ")))
    }

    /// Exceptions that cover deviations of the clause on one side and not on the other.
    fn excepted(&self, old: RecordedClause<'_>, new: RecordedClause<'_>, how: How) -> Vec<Cause<'s>> {
        let ids: BTreeSet<&String> = old.clause.basis.exceptions.keys().chain(new.clause.basis.exceptions.keys()).collect();
        let find = |record: &Recorded<'_>, id: &str| record.assessment.exceptions.iter().find(|own| own.id == id).cloned();
        let causes: Vec<Cause<'s>> = ids
            .into_iter()
            .filter(|id| old.clause.basis.exceptions.get(*id) != new.clause.basis.exceptions.get(*id))
            .filter_map(|id| {
                let (was, is) = (find(self.old, id), find(self.new, id));
                let kind = became(was.as_ref(), is.as_ref()).unwrap_or(CauseKind::ExceptionChanged);
                let shown = is.or(was)?;
                let text = format!("{} “{}”: {}.", shown.id, shown.title, exception_word(kind, &shown));
                Some(Cause::plain(kind, how, Some(&shown.objective), text))
            })
            .collect();
        if causes.is_empty() {
            return vec![Cause::plain(CauseKind::ExceptionChanged, how, None, "Other exceptions cover its deviations.".into())];
        }
        causes
    }
}

/// A status inside a sentence.
fn said(status: Status) -> String {
    status.word().replace('-', " ")
}

fn parameter_text(title: &str, behind: &Behind) -> String {
    let Some((old, new)) = &behind.parameters else { return format!("{title}.") };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let shown = |values: &Values, name: &String| values.get(name).cloned().unwrap_or_else(|| "not set".into());
    let told: Vec<String> = names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| format!("{name} was {} and is {}", shown(old, name), shown(new, name)))
        .collect();
    format!("{title}: {}.", told.join("; "))
}

fn edition<'s>(text: String) -> Cause<'s> {
    Cause::plain(CauseKind::CatalogEdition, How::Recorded, None, text)
}

/// Reasons that tell of the evidence and not of what was seen in it.
const LIMITS: [&str; 9] = [
    "no-evidence",
    "stale-evidence",
    "undated-evidence",
    "incomplete-evidence",
    "extent-unknown",
    "rejected-records",
    "not-collected",
    "unproved-passes",
    "not-automated",
];

/// The inputs in which the sides differ.
fn differing<'a>(old: RecordedClause<'a>, new: RecordedClause<'a>, crosses: bool) -> Vec<Input<'a>> {
    let (was, is) = (&old.clause.basis, &new.clause.basis);
    let mut inputs = Vec::new();
    let mapping = |clause: &ClauseResult| {
        let cited: BTreeMap<String, String> = clause.objectives.iter().map(|own| (own.objective.clone(), own.coverage.clone())).collect();
        (clause.treatment, cited)
    };
    let cited: BTreeSet<&str> = old.clause.objectives.iter().chain(&new.clause.objectives).map(|own| own.objective.as_str()).collect();
    for id in cited {
        let (Some(one), Some(two)) = (old.record.objective(id), new.record.objective(id)) else { continue };
        if one.tally != two.tally || one.observations_digest != two.observations_digest {
            inputs.push(Input::Rows(id));
        }
        let limits = |list: &[crate::assessment::Reason]| -> BTreeSet<String> {
            list.iter().map(|own| own.code.clone()).filter(|code| LIMITS.contains(&code.as_str())).collect()
        };
        if limits(&one.reasons) != limits(&two.reasons) || (one.tally.unproved > 0) != (two.tally.unproved > 0) {
            inputs.push(Input::Reliance(id));
        }
    }
    if crosses || mapping(old.clause) != mapping(new.clause) {
        inputs.push(Input::Mapping);
    }
    if was.exceptions != is.exceptions {
        inputs.push(Input::Exceptions);
    }
    if was.documents != is.documents || documents_stand(old) != documents_stand(new) {
        inputs.push(Input::Documents);
    }
    if was.samples != is.samples || samples_stand(old) != samples_stand(new) {
        inputs.push(Input::Samples);
    }
    if was.not_applicable != is.not_applicable {
        inputs.push(Input::Applicability);
    }
    inputs
}

/// The documents that bear on a clause, each with where it stands: a review can become overdue without any statement changing.
fn documents_stand(at: RecordedClause<'_>) -> BTreeMap<String, String> {
    let documents = &at.record.assessment.documents;
    documents
        .iter()
        .filter(|document| at.clause.basis.documents.contains_key(&document.id))
        .map(|document| (document.id.clone(), document.state.clone()))
        .collect()
}

/// The samples that bear on a clause, each with whether it can be drawn again: the population may change without any statement changing.
fn samples_stand(at: RecordedClause<'_>) -> BTreeMap<String, String> {
    let samples = &at.record.assessment.samples;
    samples.iter().filter(|own| at.clause.basis.samples.contains_key(&own.id)).map(|own| (own.id.clone(), own.state.clone())).collect()
}

fn documents_text(was: &BTreeMap<String, crate::base::Digest>, is: &BTreeMap<String, crate::base::Digest>) -> String {
    let list = |ids: Vec<&String>| ids.into_iter().cloned().collect::<Vec<_>>().join(", ");
    let came: Vec<&String> = is.keys().filter(|id| !was.contains_key(*id)).collect();
    let went: Vec<&String> = was.keys().filter(|id| !is.contains_key(*id)).collect();
    let other: Vec<&String> = is.iter().filter(|(id, digest)| was.get(*id).is_some_and(|then| then != *digest)).map(|(id, _)| id).collect();
    let mut parts = Vec::new();
    for (ids, word) in [(came, "new"), (went, "gone"), (other, "changed or newly read")] {
        if !ids.is_empty() {
            parts.push(format!("{word}: {}", list(ids)));
        }
    }
    if parts.is_empty() {
        return "What bears on it is stated as before, and stands otherwise at the other instant.".into();
    }
    format!("Documents that bear on it, {}.", parts.join("; "))
}

/// What became of an exception between two instants; nothing where it stands as it stood.
fn became(was: Option<&ExceptionRecord>, is: Option<&ExceptionRecord>) -> Option<CauseKind> {
    let active = |own: Option<&ExceptionRecord>| own.is_some_and(|own| own.state == "active");
    match (active(was), active(is)) {
        (false, true) => Some(CauseKind::ExceptionGranted),
        (true, false) if is.is_some_and(|own| own.state == "expired") => Some(CauseKind::ExceptionExpired),
        (true, false) => Some(CauseKind::ExceptionWithdrawn),
        (true, true) if was.map(|own| &own.digest) != is.map(|own| &own.digest) => Some(CauseKind::ExceptionChanged),
        (true, true) | (false, false) => None,
    }
}

fn exception_word(kind: CauseKind, shown: &ExceptionRecord) -> String {
    match kind {
        CauseKind::ExceptionGranted => format!("granted, in force until {}", shown.expires_at),
        CauseKind::ExceptionExpired => format!("expired on {}", shown.expires_at),
        CauseKind::ExceptionWithdrawn => "withdrawn".into(),
        _ => "covers other deviations than before, or is stated otherwise".into(),
    }
}

/// Every exception that was granted, expired, was withdrawn or changed.
pub fn exceptions(before: &Assessment, after: &Assessment) -> Vec<ExceptionChange> {
    let by_id = |assessment: &'_ Assessment| -> BTreeMap<String, ExceptionRecord> {
        assessment.exceptions.iter().map(|own| (own.id.clone(), own.clone())).collect()
    };
    let (old, new) = (by_id(before), by_id(after));
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    ids.into_iter()
        .filter_map(|id| {
            let (was, is) = (old.get(id), new.get(id));
            let change = became(was, is)?;
            let shown = is.or(was)?;
            Some(ExceptionChange {
                id: id.clone(),
                title: shown.title.clone(),
                objective: shown.objective.clone(),
                change,
                expires_at: shown.expires_at.clone(),
                covered_before: was.map_or(0, |own| own.covers.len()),
                covered_after: is.map_or(0, |own| own.covers.len()),
            })
        })
        .collect()
}
