//! What people stated on both sides: whether an exception, a document or a sample is stated as before, and whether it bears as before.
//!
//! Statements are compared as they read. Their digests are taken over pseudonyms, which differ from pack to pack, and what a record adds to a
//! statement (where it stands, whom it covers) follows from the evidence and the instant.

use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::inputs::{Recorded, RecordedClause};
use crate::assessment::sample::SampleRecord;
use crate::assessment::{Assessment, DocumentRecord, ExceptionRecord};
use crate::base::Digest;

/// How a statement that bears on a clause stands against the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Against {
    /// Only the later side has it.
    New,
    /// Only the earlier side has it.
    Gone,
    /// It is stated otherwise.
    Reworded,
    /// It is stated as before and stands otherwise: a day has passed, or the evidence is another.
    Otherwise,
}

impl Against {
    /// As a row of a comparison says it.
    pub fn word(self) -> &'static str {
        match self {
            Against::New => "new",
            Against::Gone => "gone",
            Against::Reworded | Against::Otherwise => "changed",
        }
    }
}

/// Everything stated that bears on a clause on one of the sides and does not on the other as it did, by id.
pub type Differing<'a> = BTreeMap<&'a str, Against>;

pub fn exceptions<'a>(old: RecordedClause<'a>, new: RecordedClause<'a>) -> Differing<'a> {
    let same = |id: &str| both(old, new, |own| exception(own, id)).is_some_and(|(was, is)| same_exception(was, is, are_redacted(old, new)));
    let stands = |at: RecordedClause<'a>, id: &str| exception(at.record.assessment, id).map(|own| own.state.clone());
    differing(&old.clause.basis.exceptions, &new.clause.basis.exceptions, same, |id| stands(old, id) == stands(new, id))
}

pub fn documents<'a>(old: RecordedClause<'a>, new: RecordedClause<'a>) -> Differing<'a> {
    let same = |id: &str| both(old, new, |own| document(own, id)).is_some_and(|(was, is)| same_document(was, is, are_redacted(old, new)));
    let stands = |at: RecordedClause<'a>, id: &str| document(at.record.assessment, id).map(|own| own.state.clone());
    differing(&old.clause.basis.documents, &new.clause.basis.documents, same, |id| stands(old, id) == stands(new, id))
}

pub fn samples<'a>(old: RecordedClause<'a>, new: RecordedClause<'a>) -> Differing<'a> {
    let same = |id: &str| both(old, new, |own| sample(own, id)).is_some_and(|(was, is)| same_sample(was, is, are_redacted(old, new)));
    let stands = |at: RecordedClause<'a>, id: &str| sample(at.record.assessment, id).map(|own| own.state.clone());
    differing(&old.clause.basis.samples, &new.clause.basis.samples, same, |id| stands(old, id) == stands(new, id))
}

fn differing<'a>(
    was: &'a BTreeMap<String, Digest>,
    is: &'a BTreeMap<String, Digest>,
    same: impl Fn(&str) -> bool,
    stands: impl Fn(&str) -> bool,
) -> Differing<'a> {
    let ids: BTreeSet<&str> = was.keys().chain(is.keys()).map(String::as_str).collect();
    ids.into_iter()
        .filter_map(|id| {
            let against = match (was.get(id), is.get(id)) {
                (None, _) => Against::New,
                (_, None) => Against::Gone,
                (Some(was), Some(is)) if was != is && !same(id) => Against::Reworded,
                _ if !stands(id) => Against::Otherwise,
                _ => return None,
            };
            Some((id, against))
        })
        .collect()
}

fn both<'a, T>(old: RecordedClause<'a>, new: RecordedClause<'a>, find: impl Fn(&'a Assessment) -> Option<T>) -> Option<(T, T)> {
    find(old.record.assessment).zip(find(new.record.assessment))
}

fn are_redacted(old: RecordedClause<'_>, new: RecordedClause<'_>) -> bool {
    redacted(old.record, new.record)
}

/// The exception of an id.
pub fn exception<'a>(assessment: &'a Assessment, id: &str) -> Option<&'a ExceptionRecord> {
    assessment.exceptions.iter().find(|own| own.id == id)
}

/// The document of an id.
pub fn document<'a>(assessment: &'a Assessment, id: &str) -> Option<&'a DocumentRecord> {
    assessment.documents.iter().find(|own| own.id == id)
}

fn sample<'a>(assessment: &'a Assessment, id: &str) -> Option<&'a SampleRecord> {
    assessment.samples.iter().find(|own| own.id == id)
}

/// Whether two exceptions are stated alike. Where names are hidden on one of the sides, what may hold names is not compared.
pub fn same_exception(was: &ExceptionRecord, is: &ExceptionRecord, are_redacted: bool) -> bool {
    let plain = |own: &ExceptionRecord| {
        (own.objective.clone(), own.frameworks.clone(), own.approved_at.clone(), own.expires_at.clone(), own.subjects.len())
    };
    let told = |own: &ExceptionRecord| {
        let steps: Vec<(String, String)> = own.milestones.iter().map(|step| (step.due.clone(), step.what.clone())).collect();
        let people = (own.requested_by.clone(), own.approved_by.clone());
        let texts = [&own.title, &own.reason, &own.compensating_measure, &own.retirement_plan].map(Clone::clone);
        (texts, people, own.ticket.clone(), own.subjects.clone(), steps, own.worksheet.clone())
    };
    plain(was) == plain(is) && (are_redacted || told(was) == told(is))
}

/// Whether two exceptions bear on the same deviations in the same way, however they are worded.
pub fn bear_alike(was: &ExceptionRecord, is: &ExceptionRecord) -> bool {
    let bearing = |own: &ExceptionRecord| {
        (own.state.clone(), own.objective.clone(), own.frameworks.clone(), own.subjects.clone(), own.covers.clone())
    };
    bearing(was) == bearing(is)
}

fn same_document(was: &DocumentRecord, is: &DocumentRecord, are_redacted: bool) -> bool {
    let plain = |own: &DocumentRecord| {
        let read: Vec<_> =
            own.examinations.iter().map(|one| (one.on.clone(), one.result, one.clauses.clone(), one.objectives.clone())).collect();
        let days = (own.approved_at.clone(), own.review_by.clone());
        (own.clauses.clone(), own.objectives.clone(), days, read)
    };
    let told = |own: &DocumentRecord| {
        let read: Vec<_> = own.examinations.iter().map(|one| (one.by.clone(), one.because.clone())).collect();
        (own.title.clone(), own.path.clone(), own.version.clone(), own.approved_by.clone(), read)
    };
    plain(was) == plain(is) && (are_redacted || told(was) == told(is))
}

fn same_sample(was: &SampleRecord, is: &SampleRecord, are_redacted: bool) -> bool {
    let plain = |own: &SampleRecord| {
        let drawn = (own.population.clone(), own.method.clone(), own.n, own.by.clone(), own.order.clone(), own.seed.clone());
        let tested: Vec<_> = own.items.iter().map(|item| (item.result.clone(), item.on.clone())).collect();
        (own.objective.clone(), drawn, tested)
    };
    let told = |own: &SampleRecord| -> Vec<_> {
        let item = |own: &crate::assessment::sample::SampleItemRecord| {
            (own.subject.clone(), own.tester.clone(), own.workpaper.clone(), own.because.clone())
        };
        own.items.iter().map(item).collect()
    };
    plain(was) == plain(is) && (are_redacted || told(was) == told(is))
}

/// Whether names are hidden on one of two sides.
pub fn redacted(old: &Recorded<'_>, new: &Recorded<'_>) -> bool {
    old.assessment.names.replaced || new.assessment.names.replaced
}
