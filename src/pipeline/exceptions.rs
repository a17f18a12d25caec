//! The exceptions that a workspace states: checked, as rows for the checks, and as records with what an auditor would question.

use std::collections::BTreeSet;

use super::{Controls, Workspace};
use crate::assessment::{ExceptionRecord, MilestoneRecord, Names, WorksheetAnswer};
use crate::base::Diagnostics;
use crate::base::instant::Day;
use crate::base::yaml::Located;
use crate::evidence::StatedException;
use crate::judge::PutForward;
use crate::workspace::{Exception, ExceptionState, ExceptionsFile, Milestone, WorkspaceFile};

/// The exceptions of the file; every name in them must exist.
pub fn check(file: &Located<ExceptionsFile>, stated: &WorkspaceFile, controls: &Controls, diagnostics: &mut Diagnostics) -> Vec<Exception> {
    let mut ids = BTreeSet::new();
    for (index, exception) in file.value.exceptions.iter().enumerate() {
        let pointer = format!("/exceptions/{index}");
        if !ids.insert(&exception.id) {
            diagnostics.push(file.error(
                &format!("{pointer}/id"),
                "exceptions/duplicate",
                format!("the exception {} stands twice", exception.id),
            ));
        }
        if !controls.catalogs.objectives.contains_key(&exception.objective) {
            diagnostics.push(
                file.error(
                    &format!("{pointer}/objective"),
                    "exceptions/unknown-objective",
                    format!("there is no objective `{}`", exception.objective),
                )
                .suggest(&exception.objective, controls.catalogs.objectives.keys().map(String::as_str)),
            );
        }
        for (at, framework) in exception.frameworks.iter().enumerate() {
            if !stated.frameworks.contains(framework) {
                diagnostics.push(
                    file.error(
                        &format!("{pointer}/frameworks/{at}"),
                        "exceptions/unknown-framework",
                        format!("`{framework}` is not in scope"),
                    )
                    .suggest(framework, stated.frameworks.iter().map(String::as_str)),
                );
            }
        }
        if exception.expires_at.micros() <= exception.approved_at.micros() {
            diagnostics.push(file.error(
                &format!("{pointer}/expires_at"),
                "exceptions/never-valid",
                "the exception ends before it is approved",
            ));
        }
        if exception.subjects.is_empty() {
            diagnostics.push(file.error(
                &format!("{pointer}/subjects"),
                "exceptions/no-subject",
                "an exception names the subjects it covers",
            ));
        }
    }
    file.value.exceptions.clone()
}

/// One row for each subject of each exception. `today` is the day of judgement in the zone of the period.
pub fn rows(exceptions: &[Exception], today: Option<Day>) -> Vec<StatedException> {
    let numbered = exceptions.iter().enumerate();
    numbered.flat_map(|(index, exception)| exception.subjects.iter().map(move |subject| row(index, exception, subject, today))).collect()
}

fn row(index: usize, exception: &Exception, subject: &str, today: Option<Day>) -> StatedException {
    let overdue = today.and_then(|today| overdue(exception, today).min_by_key(|step| step.due));
    StatedException {
        id: exception.id.clone(),
        title: exception.title.clone(),
        objective: exception.objective.clone(),
        frameworks: (!exception.frameworks.is_empty()).then(|| exception.frameworks.join(", ")),
        subject: subject.to_owned(),
        reason: exception.reason.clone(),
        requested_by: exception.requested_by.clone(),
        approved_by: exception.approved_by.clone(),
        approved_at: exception.approved_at.micros(),
        expires_at: exception.expires_at.micros(),
        compensating_measure: exception.compensating_measure.clone(),
        retirement_plan: exception.retirement_plan.clone(),
        overdue_milestone: overdue.map(|step| format!("{} (due {})", step.what.trim(), step.due)),
        ticket: exception.ticket.clone(),
        record: format!("#/exceptions/{index}"),
    }
}

/// Every stated exception with what it covers now and what an auditor would question.
pub fn records(workspace: &Workspace, names: &Names, departing: &dyn Fn(&str) -> Departing) -> Vec<ExceptionRecord> {
    let today = workspace.today();
    workspace.exceptions.iter().map(|exception| record(exception, workspace, names, &departing(&exception.objective), today)).collect()
}

/// Who departs from one objective, among how many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Departing {
    pub subjects: BTreeSet<String>,
    /// Members of the population that the objective concerns.
    pub population: usize,
}

/// What an exception says on the worksheet of a framework that has one.
pub fn put_forward(exception: &Exception) -> PutForward<'_> {
    let sheet = exception.worksheet.clone().unwrap_or_default();
    let missing = sheet.answers().into_iter().filter(|(_, text)| text.is_none()).map(|(field, _)| field).collect();
    PutForward { exception: &exception.id, missing }
}

/// The day on which the step was done, where that is not still to come.
fn done_by(step: &Milestone, today: Day) -> Option<Day> {
    step.done.filter(|done| *done <= today)
}

fn is_overdue(step: &Milestone, today: Day) -> bool {
    step.due < today && done_by(step, today).is_none()
}

/// The steps that should be done by now and are not.
fn overdue(exception: &Exception, today: Day) -> impl Iterator<Item = &Milestone> {
    exception.milestones.iter().filter(move |step| is_overdue(step, today))
}

fn record(exception: &Exception, workspace: &Workspace, names: &Names, departing: &Departing, today: Option<Day>) -> ExceptionRecord {
    let state = exception.state(&workspace.stated.as_of);
    let covered: Vec<String> = exception.subjects.iter().filter(|subject| departing.subjects.contains(*subject)).cloned().collect();
    ExceptionRecord {
        id: exception.id.clone(),
        title: exception.title.clone(),
        state: match state {
            ExceptionState::Active => "active",
            ExceptionState::Expired => "expired",
            ExceptionState::NotYetValid => "not-yet-valid",
        }
        .into(),
        objective: exception.objective.clone(),
        frameworks: exception.frameworks.clone(),
        subjects: exception.subjects.clone(),
        reason: exception.reason.trim().to_owned(),
        requested_by: exception.requested_by.clone(),
        approved_by: exception.approved_by.clone(),
        approved_at: exception.approved_at.written().to_owned(),
        expires_at: exception.expires_at.written().to_owned(),
        compensating_measure: exception.compensating_measure.trim().to_owned(),
        retirement_plan: exception.retirement_plan.trim().to_owned(),
        milestones: exception.milestones.iter().map(|step| milestone(step, today)).collect(),
        worksheet: exception.worksheet.as_ref().map(|sheet| {
            let answer = |(field, text): (&str, Option<&str>)| WorksheetAnswer { field: field.to_owned(), text: text.map(str::to_owned) };
            sheet.answers().map(answer).to_vec()
        }),
        ticket: exception.ticket.clone(),
        remarks: remarks(exception, state, &covered, departing, today),
        covers: if state == ExceptionState::Active { covered } else { Vec::new() },
        digest: names.digest_of(exception),
    }
}

/// A step as the record keeps it. What is said to be done later than the day of judgement is not done.
pub fn milestone(step: &Milestone, today: Option<Day>) -> MilestoneRecord {
    let done = today.map_or(step.done, |today| done_by(step, today));
    let state = match done {
        Some(_) => "done",
        None if today.is_some_and(|today| is_overdue(step, today)) => "overdue",
        None => "open",
    };
    MilestoneRecord {
        due: step.due.to_string(),
        what: step.what.trim().to_owned(),
        done: done.map(|day| day.to_string()),
        state: state.into(),
    }
}

/// What an auditor would question.
fn remarks(exception: &Exception, state: ExceptionState, covered: &[String], departing: &Departing, today: Option<Day>) -> Vec<String> {
    /// An exception is for the few; from here on it is a rule of its own.
    const SUBJECTS_MAX: usize = 25;
    const YEAR_DAYS: i64 = 366;
    let mut remarks = Vec::new();
    if exception.requested_by.trim().eq_ignore_ascii_case(exception.approved_by.trim()) {
        remarks.push("Requested and approved by the same person.".to_owned());
    }
    if state == ExceptionState::Expired && !covered.is_empty() {
        remarks.push(format!("It has expired; {} of its subjects still depart.", covered.len()));
    }
    let unused = exception.subjects.len() - covered.len();
    if unused > 0 {
        remarks.push(format!("{unused} of its {} subjects do not depart now.", exception.subjects.len()));
    }
    if covered.len() > 1 && covered.len() * 2 > departing.population {
        let population = departing.population;
        remarks.push(format!("It is over-broad: it covers {} of the {population} members of the population.", covered.len()));
    } else if exception.subjects.len() > SUBJECTS_MAX {
        remarks.push(format!("It is over-broad: it names {} subjects; more than {SUBJECTS_MAX} make a rule.", exception.subjects.len()));
    }
    if exception.approved_at.days_until(&exception.expires_at) > YEAR_DAYS {
        remarks.push("It runs for more than a year.".to_owned());
    }
    if exception.milestones.is_empty() {
        remarks.push("Its retirement plan has no milestones.".to_owned());
    }
    for step in today.into_iter().flat_map(|today| overdue(exception, today)) {
        remarks.push(format!("Not done though due on {}: {}.", step.due, step.what.trim().trim_end_matches('.')));
    }
    remarks
}
