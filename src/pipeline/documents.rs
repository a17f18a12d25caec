//! Documents as they stand at the instant of judgement, and what they bear on.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::Workspace;
use crate::assessment::{DocumentRecord, ExaminationRecord, Names};
use crate::base::instant::Day;
use crate::base::{Diagnostic, Diagnostics, FoundFile};
use crate::evidence::document::{DocumentForm, RENDERED_BYTES_MAX, form_of, text};
use crate::evidence::{ArtifactState, Ledger};
use crate::judge::{Examination, Paper, Standing};
use crate::workspace::{Document, DocumentExamination};

/// The documents of a workspace, weighed.
pub struct Documents<'a> {
    workspace: &'a Workspace,
    standings: BTreeMap<&'a str, Standing>,
    names: &'a Names,
    /// The day of `as_of` in the workspace's zone.
    today: Option<Day>,
}

impl<'a> Documents<'a> {
    pub fn new(workspace: &'a Workspace, ledger: &Ledger, names: &'a Names) -> Documents<'a> {
        let zone = TimeZone::get(&workspace.stated.zone).ok();
        let today = zone.and_then(|zone| Day::of_micros(workspace.frame.as_of, &zone));
        let standings = workspace
            .documents
            .iter()
            .map(|document| {
                let artifact = ledger.artifacts.get(&document.path);
                let unusable = match artifact {
                    Some(artifact) if artifact.state == ArtifactState::Document => None,
                    Some(artifact) => Some(artifact.note.clone()),
                    None => Some("there is no such file".to_owned()),
                };
                (document.id.as_str(), standing(document, unusable, today))
            })
            .collect();
        Documents { workspace, standings, names, today }
    }

    pub fn standing(&self, document: &Document) -> &Standing {
        &self.standings[document.id.as_str()]
    }

    /// What is attached to a clause itself; `cited` is the edition and the id.
    pub fn on_clause(&self, cited: &str) -> Vec<Paper> {
        self.papers(|document| document.clauses.iter().any(|own| own == cited), |examination| examination.is_about_clause(cited))
    }

    pub fn on_objective(&self, id: &str) -> Vec<Paper> {
        self.papers(|document| document.objectives.iter().any(|own| own == id), |examination| examination.is_about_objective(id))
    }

    /// Everything that bears on a clause or on one of its objectives.
    pub fn bearing_on<'b>(&'b self, cited: &'b str, objectives: &'b [&str]) -> impl Iterator<Item = &'b Document> {
        self.workspace.documents.iter().filter(move |document| {
            document.clauses.iter().any(|own| own == cited) || document.objectives.iter().any(|own| objectives.contains(&own.as_str()))
        })
    }

    fn papers(&self, is_attached: impl Fn(&Document) -> bool, is_about: impl Fn(&DocumentExamination) -> bool) -> Vec<Paper> {
        self.workspace
            .documents
            .iter()
            .filter(|document| is_attached(document))
            .map(|document| Paper {
                title: document.title.clone(),
                path: document.path.clone(),
                standing: self.standing(document).clone(),
                examinations: document
                    .examinations
                    .iter()
                    .filter(|examination| is_about(examination))
                    .map(|examination| Examination {
                        by: examination.by.clone(),
                        on: examination.on.to_string(),
                        result: examination.result,
                        because: examination.because.clone(),
                        flaw: self.flaw(document, examination),
                    })
                    .collect(),
            })
            .collect()
    }

    /// Why an examination cannot count in favour.
    fn flaw(&self, document: &Document, examination: &DocumentExamination) -> Option<String> {
        let same = |one: &str, two: &str| one.trim().to_lowercase() == two.trim().to_lowercase();
        if document.approved_by.as_ref().is_some_and(|approver| same(approver, &examination.by)) {
            return Some("the one who approved the document examined it".into());
        }
        if document.approved_at.is_some_and(|approved| examination.on < approved) {
            return Some("it was made before this document was approved".into());
        }
        if examination.on < self.workspace.stated.period.from {
            return Some("it was made before the period began".into());
        }
        if self.today.is_none_or(|today| examination.on > today) {
            return Some("it was made after the instant of judgement".into());
        }
        None
    }

    /// The kept record of all documents, in their stated order.
    pub fn records(&self, ledger: &Ledger, files: &[FoundFile]) -> Vec<DocumentRecord> {
        self.workspace.documents.iter().map(|document| self.record(document, ledger, files)).collect()
    }

    fn record(&self, document: &Document, ledger: &Ledger, files: &[FoundFile]) -> DocumentRecord {
        let (state, note) = match self.standing(document) {
            Standing::Current => ("current", String::new()),
            Standing::Overdue { since } => ("overdue", format!("Its review was due by {since}.")),
            Standing::NotApproved => ("not-approved", "Nobody states who approved it and when.".into()),
            Standing::ApprovedLater { on } => ("approved-later", format!("It was approved only on {on}.")),
            Standing::Unusable { why } => ("unusable", why.clone()),
        };
        let masked = |text: &str| ledger.masker.apply(text.trim());
        DocumentRecord {
            id: document.id.clone(),
            title: document.title.clone(),
            path: document.path.clone(),
            version: document.version.clone(),
            state: state.into(),
            note,
            clauses: document.clauses.clone(),
            objectives: document.objectives.clone(),
            approved_by: document.approved_by.clone(),
            approved_at: document.approved_at.map(|day| day.to_string()),
            review_by: document.review_by.map(|day| day.to_string()),
            examinations: document
                .examinations
                .iter()
                .map(|examination| ExaminationRecord {
                    by: examination.by.clone(),
                    on: examination.on.to_string(),
                    result: examination.result,
                    because: masked(&examination.because),
                    clauses: examination.clauses.clone(),
                    objectives: examination.objectives.clone(),
                    flaw: self.flaw(document, examination),
                })
                .collect(),
            text: rendered_text(&document.path, ledger, files),
            digest: self.names.digest_of(document),
        }
    }

    /// A warning for each document that cannot be relied on.
    pub fn warn(&self, diagnostics: &mut Diagnostics) {
        for document in &self.workspace.documents {
            let (code, message) = match self.standing(document) {
                Standing::Current => continue,
                Standing::Overdue { since } => ("documents/overdue", format!("the review of `{}` was due by {since}", document.title)),
                Standing::NotApproved => ("documents/not-approved", format!("nobody states who approved `{}` and when", document.title)),
                Standing::ApprovedLater { on } => ("documents/not-approved", format!("`{}` was approved only on {on}", document.title)),
                Standing::Unusable { why } => ("documents/unusable", format!("`{}` cannot be read: {why}", document.title)),
            };
            diagnostics.push(Diagnostic::warning(code, &document.path, message));
        }
    }
}

fn standing(document: &Document, unusable: Option<String>, today: Option<Day>) -> Standing {
    if let Some(why) = unusable {
        return Standing::Unusable { why };
    }
    match (&document.approved_by, document.approved_at) {
        (Some(by), Some(on)) if !by.trim().is_empty() => {
            if today.is_none_or(|today| on > today) {
                return Standing::ApprovedLater { on: on.to_string() };
            }
        }
        _ => return Standing::NotApproved,
    }
    match document.review_by {
        Some(due) if today.is_none_or(|today| due < today) => Standing::Overdue { since: due.to_string() },
        _ => Standing::Current,
    }
}

fn rendered_text(path: &str, ledger: &Ledger, files: &[FoundFile]) -> Option<String> {
    let artifact = ledger.artifacts.get(path).filter(|artifact| artifact.state == ArtifactState::Document)?;
    let content = files.iter().find(|file| file.path == path)?.content.as_ref().ok()?;
    let bytes = content.bytes().ok().filter(|bytes| bytes.len() <= RENDERED_BYTES_MAX)?;
    if form_of(path, &bytes) != Ok(DocumentForm::Markdown) {
        return None;
    }
    Some(ledger.masked(&artifact.path, &text(&bytes).ok()?))
}
