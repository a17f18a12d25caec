//! Why a clause changed: which of its inputs differ, and which of them move the verdict.
//!
//! Inputs are told apart by judging anew with one of them exchanged at a time. Evidence, check and parameters stand behind one input, the rows
//! of an objective; where several of them differ, they are told apart by what the objective comes to when it is tested again. Where the records
//! do not hold enough to reach the recorded verdict again, or where nothing alone moves it, the cause is inferred from what differs, and said to be.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::anew::{Anew, Behind, Exchange, Part, Start, Unclear, Values};
use super::pairing::{Group, Link, cited};
use super::statements::{self, Against, Differing};
use super::{Change, ExceptionChange, ObjectiveChange, Row, Seen};
use crate::assessment::inputs::{Input, Inputs, Recorded, RecordedClause, Rejudge};
use crate::assessment::{Assessment, ClauseResult, DocumentRecord, ExceptionRecord, ObjectiveResult, Tally};
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
    /// What it is about: the first subjects that began or ceased to depart, of which `objectives` of the change set has all; the first subjects that
    /// an exception covers; documents; artifacts that cannot be relied on.
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
    pub old: &'a Recorded<'s>,
    pub new: &'a Recorded<'s>,
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
                causes.push(edition(format!("{from} → {to}; the crosswalk {told}.{}", self.rests_on(group))));
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

    /// Objectives that speak for clauses of one edition and not for their counterparts, with what they come to.
    fn rests_on(&self, group: &Group<'_>) -> String {
        let (old, new) = (cited(&group.before), cited(&group.after));
        let named = |ids: Vec<&&str>, record: &Recorded<'_>| -> String {
            let one = |id: &&&str| record.objective(id).map_or_else(|| (**id).to_owned(), |own| format!("{id} ({})", said(own.status)));
            ids.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let (lost, gained) = (named(old.difference(&new).collect(), self.old), named(new.difference(&old).collect(), self.new));
        let mut told = String::new();
        if !lost.is_empty() {
            told.push_str(&format!(" It no longer rests on {lost}."));
        }
        if !gained.is_empty() {
            told.push_str(&format!(" It rests on {gained} besides."));
        }
        told
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
        let (old, new) = (cited(&group.before), cited(&group.after));
        let mut causes = Vec::new();
        for id in old.intersection(&new) {
            // What comes to the same on both sides moved nothing, whatever was observed for it.
            let status = |record: &Recorded<'_>| record.objective(id).map(|own| own.status);
            if status(self.old) != status(self.new) {
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
            Input::Documents => vec![self.documented(&statements::documents(old, new), how)],
            Input::Samples => vec![self.sampled(&statements::samples(old, new), how)],
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
        let Some(moved) = self.moved.get(id) else {
            return Cause::plain(CauseKind::EvidenceChanged, how, Some(id), "What was observed is another.".into());
        };
        let (started, stopped) = (moved.started.len(), moved.stopped.len());
        let is_empty = |tally: Option<Tally>| tally.is_some_and(|own| own.population == 0);
        let nobody_looked = !moved.lost.is_empty() || is_empty(moved.tally_before) != is_empty(moved.tally_after);
        let is_evidence_gone = started + stopped == 0 && nobody_looked;
        let kind = if is_evidence_gone { CauseKind::EvidenceMissing } else { CauseKind::EvidenceChanged };
        let mut text = match (started, stopped) {
            (0, 0) if moved.lost.len() + moved.found.len() > 0 => format!("{}: {} depart as before.", moved.title, moved.repeated),
            (0, 0) => format!("{}: the same subjects depart, and others are known or not known than before.", moved.title),
            _ => format!("{}: {started} began and {stopped} ceased to depart; {} depart as before.", moved.title, moved.repeated),
        };
        if !moved.lost.is_empty() {
            text.push_str(&format!(" {} departed, and it is not known now whether they still do.", moved.lost.len()));
        }
        if !moved.found.is_empty() {
            text.push_str(&format!(" {} depart, and it was not known before.", moved.found.len()));
        }
        Cause {
            rows: [&moved.started, &moved.stopped, &moved.lost, &moved.found]
                .iter()
                .flat_map(|rows| rows.iter().take(ROWS_MAX))
                .cloned()
                .collect(),
            started,
            stopped,
            ..Cause::plain(kind, how, Some(id), text)
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
        Cause { rows: self.limiting(id), ..Cause::plain(CauseKind::EvidenceMissing, how, Some(id), text) }
    }

    /// The artifacts because of which what an objective rests on is worth less on one of the sides.
    fn limiting(&self, id: &str) -> Vec<Row<'s>> {
        let of = |record: &Recorded<'s>| -> BTreeMap<&'s str, &'s str> {
            let reasons = record.objective(id).into_iter().flat_map(|own| &own.reasons).filter(|own| LIMITS.contains(&own.code.as_str()));
            reasons.flat_map(|own| own.artifacts.iter().map(move |path| (path.as_str(), own.text.as_str()))).collect()
        };
        let (old, new) = (of(self.old), of(self.new));
        let paths: BTreeSet<&'s str> = old.keys().chain(new.keys()).copied().filter(|path| old.get(path) != new.get(path)).collect();
        let seen = |path: &'s str, text: Option<&&'s str>| {
            text.map(|text| Seen { outcome: None, reason: (*text).into(), artifact: path, record: "" })
        };
        let row = |path: &'s str| {
            let (before, after) = (seen(path, old.get(path)), seen(path, new.get(path)));
            Row { subject: path, identity: None, before, after, because: "changed" }
        };
        paths.into_iter().take(ROWS_MAX).map(row).collect()
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

    /// Exceptions that bear on the clause on one side and not on the other as they did.
    fn excepted(&self, old: RecordedClause<'_>, new: RecordedClause<'_>, how: How) -> Vec<Cause<'s>> {
        let differing = statements::exceptions(old, new);
        let pair = |id: &str| (statements::exception(self.old.assessment, id), statements::exception(self.new.assessment, id));
        // They were exchanged together. What covers the same and is only worded otherwise did not move the verdict, where something else differs.
        let bears = |id: &str| !matches!(pair(id), (Some(was), Some(is)) if statements::bear_alike(was, is));
        let any_bears = differing.keys().any(|id| bears(id));
        let causes: Vec<Cause<'s>> = differing
            .keys()
            .filter(|id| !any_bears || bears(id))
            .filter_map(|id| {
                let (was, is) = pair(id);
                let kind = became(was, is, statements::redacted(self.old, self.new)).unwrap_or(CauseKind::ExceptionChanged);
                let shown = is.or(was)?;
                let text = format!("{} “{}”: {}.", shown.id, shown.title, exception_word(kind, shown));
                Some(Cause { rows: covered(was, is), ..Cause::plain(kind, how, Some(&shown.objective), text) })
            })
            .collect();
        if causes.is_empty() {
            return vec![Cause::plain(CauseKind::ExceptionChanged, how, None, "Other exceptions cover its deviations.".into())];
        }
        causes
    }

    /// Documents that bear on the clause otherwise: because of what is stated, or of the instant alone.
    fn documented(&self, differing: &Differing<'_>, how: How) -> Cause<'s> {
        let rows = |wanted: &dyn Fn(Against) -> bool| -> Vec<Row<'s>> {
            let chosen = differing.iter().filter(|(_, against)| wanted(**against)).take(ROWS_MAX);
            chosen
                .filter_map(|(id, against)| {
                    let find = |record: &Recorded<'s>| statements::document(record.assessment, id);
                    let (was, is) = (find(self.old), find(self.new));
                    let seen = |own: Option<&'s DocumentRecord>| {
                        own.map(|own| Seen { outcome: None, reason: own.note.as_str().into(), artifact: &own.path, record: "" })
                    };
                    let subject = is.or(was)?.id.as_str();
                    Some(Row { subject, identity: None, before: seen(was), after: seen(is), because: against.word() })
                })
                .collect()
        };
        let is_stated = |against: Against| against != Against::Otherwise;
        if differing.values().copied().any(is_stated) {
            let text = format!("Documents that bear on it, {}.", against_text(differing));
            return Cause { rows: rows(&is_stated), ..Cause::plain(CauseKind::DocumentChanged, how, None, text) };
        }
        let ids: Vec<&str> = differing.keys().copied().collect();
        let text = format!("{} Documents are stated as before and stand otherwise: {}.", self.as_of(), ids.join(", "));
        Cause { rows: rows(&|_| true), ..Cause::plain(CauseKind::AsOf, how, None, text) }
    }

    fn sampled(&self, differing: &Differing<'_>, how: How) -> Cause<'s> {
        Cause::plain(CauseKind::SampleChanged, how, None, format!("Samples that bear on it, {}.", against_text(differing)))
    }
}

/// Rows that a cause shows of each kind at most.
const ROWS_MAX: usize = 5;

/// The first subjects that an exception covers on one of the sides.
fn covered<'s>(was: Option<&'s ExceptionRecord>, is: Option<&'s ExceptionRecord>) -> Vec<Row<'s>> {
    let subjects = |own: Option<&'s ExceptionRecord>| -> BTreeSet<&'s str> {
        own.filter(|own| own.state == "active").into_iter().flat_map(|own| &own.covers).map(String::as_str).collect()
    };
    let (old, new) = (subjects(was), subjects(is));
    let seen = |own: Option<&'s ExceptionRecord>, covers: bool| {
        own.filter(|_| covers).map(|own| Seen {
            outcome: None,
            reason: own.title.as_str().into(),
            artifact: "exceptions.yaml",
            record: &own.id,
        })
    };
    let row = |subject: &&'s str| {
        let (before, after) = (old.contains(subject), new.contains(subject));
        let because = match (before, after) {
            (false, true) => "new",
            (true, false) => "gone",
            _ => "changed",
        };
        Row { subject, identity: None, before: seen(was, before), after: seen(is, after), because }
    };
    // Those that it covers on one side only come first.
    old.symmetric_difference(&new).chain(old.intersection(&new)).take(ROWS_MAX).map(row).collect()
}

fn against_text(differing: &Differing<'_>) -> String {
    let list = |wanted: Against| -> Vec<&str> { differing.iter().filter(|(_, own)| **own == wanted).map(|(id, _)| *id).collect() };
    let parts = [
        (Against::New, "new"),
        (Against::Gone, "gone"),
        (Against::Reworded, "stated otherwise or newly read"),
        (Against::Otherwise, "stated as before, with another standing"),
    ];
    let told = parts.iter().map(|(own, word)| (list(*own), word)).filter(|(ids, _)| !ids.is_empty());
    told.map(|(ids, word)| format!("{word}: {}", ids.join(", "))).collect::<Vec<_>>().join("; ")
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
    if !statements::exceptions(old, new).is_empty() {
        inputs.push(Input::Exceptions);
    }
    if !statements::documents(old, new).is_empty() {
        inputs.push(Input::Documents);
    }
    if !statements::samples(old, new).is_empty() {
        inputs.push(Input::Samples);
    }
    if was.not_applicable != is.not_applicable {
        inputs.push(Input::Applicability);
    }
    inputs
}

/// What became of an exception between two instants; nothing where it stands as it stood.
fn became(was: Option<&ExceptionRecord>, is: Option<&ExceptionRecord>, are_redacted: bool) -> Option<CauseKind> {
    let active = |own: Option<&ExceptionRecord>| own.is_some_and(|own| own.state == "active");
    match (active(was), active(is)) {
        (false, true) => Some(CauseKind::ExceptionGranted),
        (true, false) if is.is_some_and(|own| own.state == "expired") => Some(CauseKind::ExceptionExpired),
        (true, false) => Some(CauseKind::ExceptionWithdrawn),
        (true, true) if !was.zip(is).is_some_and(|(was, is)| statements::same_exception(was, is, are_redacted)) => {
            Some(CauseKind::ExceptionChanged)
        }
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
    fn by_id(assessment: &Assessment) -> BTreeMap<&String, &ExceptionRecord> {
        assessment.exceptions.iter().map(|own| (&own.id, own)).collect()
    }
    let (old, new) = (by_id(before), by_id(after));
    let are_redacted = before.names.replaced || after.names.replaced;
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).copied().collect();
    ids.into_iter()
        .filter_map(|id| {
            let (was, is) = (old.get(id).copied(), new.get(id).copied());
            let change = became(was, is, are_redacted)?;
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
