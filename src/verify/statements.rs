//! What the record says of exceptions and documents is what the workspace states, and that is what the clauses were judged with.
//!
//! The clauses hold digests of the statements. The pack has the statements themselves, so that each is digested again and held against the record.
//! A redacted pack has neither names nor whole statements: there the record alone is held against the clauses.

use super::Findings;
use crate::assessment::{Assessment, DocumentRecord, ExceptionRecord, Names};
use crate::base::yaml::Format;
use crate::base::{Diagnostics, Digest, SourceTree};
use crate::workspace::{Document, DocumentsFile, Exception, ExceptionsFile};

/// Holds the statements of a pack that shows its names against its record.
pub fn check(assessment: &Assessment, files: &SourceTree, names: &Names, found: &mut Findings) {
    if assessment.names.replaced {
        return;
    }
    let mut unread = Diagnostics::default();
    let bytes = |name: &str| files.get(&format!("workspace/{name}"));
    let exceptions = bytes("exceptions.yaml")
        .and_then(|bytes| Format::<ExceptionsFile>::new("exceptions/invalid").read("exceptions.yaml", bytes, &mut unread))
        .map(|file| file.value.exceptions)
        .unwrap_or_default();
    let documents = bytes("documents.yaml")
        .and_then(|bytes| Format::<DocumentsFile>::new("documents/invalid").read("documents.yaml", bytes, &mut unread))
        .map(|file| file.value.documents)
        .unwrap_or_default();
    let of_exceptions = assessment.exceptions.iter().map(|own| {
        let stated = exceptions.iter().find(|stated| stated.id == own.id);
        (&own.id, &own.digest, stated.map(|stated| (names.digest_of(stated), says_exception(own, stated))))
    });
    let of_documents = assessment.documents.iter().map(|own| {
        let stated = documents.iter().find(|stated| stated.id == own.id);
        (&own.id, &own.digest, stated.map(|stated| (names.digest_of(stated), says_document(own, stated))))
    });
    let kept = |id: &String| assessment.exceptions.iter().any(|own| own.id == *id) || assessment.documents.iter().any(|own| own.id == *id);
    let stated = exceptions.iter().map(|own| &own.id).chain(documents.iter().map(|own| &own.id));
    for id in stated.filter(|id| !kept(id)) {
        found.add("statement-differs", id, "the workspace of the pack states it, and the record does not have it");
    }
    for (id, digest, stated) in of_exceptions.chain(of_documents) {
        if let Some(message) = wrong(digest, stated.as_ref()) {
            found.add("statement-differs", id, message);
        }
    }
}

fn wrong(digest: &Digest, stated: Option<&(Digest, bool)>) -> Option<&'static str> {
    match stated {
        None => Some("the record has it, and the workspace of the pack does not state it"),
        Some((own, _)) if own != digest => {
            Some("what the workspace of the pack states does not have the digest that the clauses were judged with")
        }
        Some((_, false)) => Some("what the record says of it is not what the workspace of the pack states"),
        Some((_, true)) => None,
    }
}

fn says_exception(own: &ExceptionRecord, stated: &Exception) -> bool {
    let steps = |own: &ExceptionRecord| own.milestones.iter().map(|step| (step.due.clone(), step.what.clone())).collect::<Vec<_>>();
    let answers = own.worksheet.iter().flatten().map(|answer| (answer.field.as_str(), answer.text.as_deref()));
    own.title == stated.title
        && own.objective == stated.objective
        && own.frameworks == stated.frameworks
        && own.subjects == stated.subjects
        && own.reason == stated.reason.trim()
        && own.requested_by == stated.requested_by
        && own.approved_by == stated.approved_by
        && own.approved_at == stated.approved_at.written()
        && own.expires_at == stated.expires_at.written()
        && own.compensating_measure == stated.compensating_measure.trim()
        && own.retirement_plan == stated.retirement_plan.trim()
        && own.ticket == stated.ticket
        && steps(own) == stated.milestones.iter().map(|step| (step.due.to_string(), step.what.trim().to_owned())).collect::<Vec<_>>()
        && answers.eq(stated.worksheet.iter().flat_map(|sheet| sheet.answers()))
        && own.covers.iter().all(|subject| stated.subjects.contains(subject))
}

fn says_document(own: &DocumentRecord, stated: &Document) -> bool {
    // Why somebody concluded what may have had secrets masked.
    let read = own.examinations.iter().map(|one| (one.by.as_str(), one.on.clone(), one.result, &one.clauses, &one.objectives));
    own.title == stated.title
        && own.path == stated.path
        && own.version == stated.version
        && own.clauses == stated.clauses
        && own.objectives == stated.objectives
        && own.approved_by == stated.approved_by
        && own.approved_at == stated.approved_at.map(|day| day.to_string())
        && own.review_by == stated.review_by.map(|day| day.to_string())
        && read.eq(stated.examinations.iter().map(|one| (one.by.as_str(), one.on.to_string(), one.result, &one.clauses, &one.objectives)))
}
