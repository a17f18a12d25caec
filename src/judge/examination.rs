//! What documents and the people who examined them say of a clause or an objective.
//!
//! A document that lies on the table proves nothing: somebody has to read it, and say what it shows. An examination counts when it
//! was made in time, by another person than the one who approved the document, of a document that is approved and not overdue.
//! An examination with a bad result always counts.

use crate::assessment::Reason;
use crate::base::Status;

/// A document as it bears on one clause or one objective.
#[derive(Debug, Clone)]
pub struct Paper {
    pub title: String,
    /// Path of the artifact.
    pub path: String,
    pub standing: Standing,
    /// Those that speak of this clause or objective.
    pub examinations: Vec<Examination>,
}

/// Whether a document can be relied on at the instant of judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Current,
    /// Its own review was due on that day.
    Overdue {
        since: String,
    },
    /// Nobody states who approved it and when.
    NotApproved,
    /// It was approved only after the instant of judgement.
    ApprovedLater {
        on: String,
    },
    /// The file is missing, damaged or altered.
    Unusable {
        why: String,
    },
}

/// One person's reading of a document.
#[derive(Debug, Clone)]
pub struct Examination {
    pub by: String,
    pub on: String,
    pub result: Status,
    pub because: String,
    /// Why it cannot count in favour; none where it can.
    pub flaw: Option<String>,
}

/// The status that examinations give, without regard to anything else, and a reason for each document.
///
/// Never satisfied while one of the documents is unread, overdue, not approved or unusable.
pub fn examined(papers: &[Paper], objective: Option<&str>) -> (Status, Vec<Reason>) {
    let mut results: Vec<Status> = Vec::new();
    let mut said: Vec<(Option<Status>, Reason)> = Vec::new();
    let mut in_doubt = false;
    for paper in papers {
        let reason = |code: &str, text: String| Reason {
            code: code.to_owned(),
            text,
            objective: objective.map(str::to_owned),
            artifacts: vec![paper.path.clone()],
            rows: vec![],
        };
        said.extend(standing(paper).map(|(code, text)| (None, reason(code, text))));
        let current = paper.standing == Standing::Current;
        let mut read = false;
        for examination in &paper.examinations {
            let Examination { by, on, result, because, flaw } = examination;
            let told = format!("{by} examined “{}” on {on}: {}. {}", paper.title, result.word().replace('-', " "), because.trim());
            if *result == Status::NotSatisfied || (current && flaw.is_none()) {
                said.push((Some(*result), reason("examined", told)));
                results.push(*result);
                read = true;
            } else {
                let why = flaw.as_deref().unwrap_or("the document itself cannot be relied on");
                said.push((None, reason("examination-not-counted", format!("{told} It does not count: {why}."))));
            }
        }
        if !read && current {
            said.push((None, reason("to-be-examined", format!("“{}” was brought, and nobody has stated what it shows.", paper.title))));
        }
        in_doubt |= !read || !current;
    }
    let status = match results.iter().min() {
        None => Status::NotAssessed,
        Some(Status::Satisfied) if in_doubt => Status::PartiallySatisfied,
        Some(weakest) => *weakest,
    };
    // What decides comes first: the examination with that result, else what keeps the good ones from counting in full.
    said.sort_by_key(|(result, _)| match result {
        Some(result) if *result == status => 0,
        None => 1,
        Some(_) => 2,
    });
    (status, said.into_iter().map(|(_, reason)| reason).collect())
}

/// What is wrong with a document whatever it says.
fn standing(paper: &Paper) -> Option<(&'static str, String)> {
    let title = &paper.title;
    match &paper.standing {
        Standing::Current => None,
        Standing::Overdue { since } => Some(("review-overdue", format!("The review of “{title}” was due by {since}."))),
        Standing::NotApproved => Some(("not-approved", format!("Nobody states who approved “{title}” and when."))),
        Standing::ApprovedLater { on } => Some(("not-approved", format!("“{title}” was approved only on {on}."))),
        Standing::Unusable { why } => Some(("document-unusable", format!("“{title}” cannot be read: {why}."))),
    }
}

/// Adds what documents say to a status that something else gave: they can weaken it and never strengthen it.
pub fn weaken(status: Status, reasons: &mut Vec<Reason>, papers: &[Paper], objective: Option<&str>) -> Status {
    let (examined, own) = examined(papers, objective);
    reasons.extend(own);
    match examined {
        Status::NotSatisfied | Status::PartiallySatisfied if papers.iter().any(Paper::is_criticised) => status.min(examined),
        _ => status,
    }
}

impl Paper {
    fn is_criticised(&self) -> bool {
        self.examinations.iter().any(|examination| {
            examination.result == Status::NotSatisfied || (examination.result < Status::Satisfied && examination.flaw.is_none())
        })
    }
}
