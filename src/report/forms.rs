//! The forms in which the readers of a framework expect a result, and the plan of action and milestones.
//!
//! In: the form that a catalog names, kept with the assessment. Out: tables whose cells are facts of the record: verdicts, what was
//! tested, and what the organisation states. Nothing is judged here; what nobody stated is said to be not stated.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::build::{Builder, clause_anchor};
use super::model::{AnswerView, LinkView, MilestoneView};
use crate::assessment::{ClauseObjective, ClauseResult, ExceptionRecord, FrameworkRecord, ObjectiveResult, Outcome, TreatmentKind};
use crate::base::{Form, FormColumn, FormRows, Status};

/// The fields of a compensating-control worksheet, in the order of the publisher.
const WORKSHEET: [&str; 6] = ["constraints", "definition", "objective", "identified_risk", "validation", "maintenance"];

/// A table over the clauses of one framework.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FormView {
    pub anchor: String,
    /// `statement-of-applicability`.
    pub id: String,
    /// `iso-27001@2022`.
    pub framework: String,
    pub framework_title: String,
    pub title: String,
    /// What the form is and what it is not.
    pub lead: String,
    /// How the organisation rates itself; none where the framework has no tiers.
    pub tier: Option<TierView>,
    pub columns: Vec<FormColumnView>,
    pub rows: Vec<FormRowView>,
    /// One for each exception that covers deviations here, where the publisher has a worksheet for controls that stand in for a requirement.
    pub worksheets: Vec<WorksheetView>,
}

/// A compensating-control worksheet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WorksheetView {
    /// "Appendix C".
    pub name: String,
    /// Id and title of the exception.
    pub exception: String,
    pub approved: String,
    pub expires: String,
    /// The clauses whose deviations it covers.
    pub clauses: Vec<LinkView>,
    /// The six fields in their order; empty where nothing is stated.
    pub answers: Vec<AnswerView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FormColumnView {
    /// `clause`, `status` and the like.
    pub key: String,
    pub title: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FormRowView {
    /// The heading above the rows that follow; empty for a row of cells.
    pub heading: String,
    /// One for each column; none for a heading.
    pub cells: Vec<FormCellView>,
}

#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct FormCellView {
    pub text: String,
    pub links: Vec<LinkView>,
    /// The word of a status where the cell shows one; the text is then its label.
    pub status: String,
    /// Whether the organisation would have to state it and did not.
    pub missing: bool,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TierView {
    /// Empty where it is not stated.
    pub current: String,
    pub target: String,
    pub because: String,
}

/// What is open and what will be done about it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanView {
    /// Those with the most deviations first.
    pub items: Vec<PlanItemView>,
}

/// One open objective, or one exception that covers deviations of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanItemView {
    /// From 1, in the order of the plan.
    pub number: usize,
    pub objective: LinkView,
    pub objective_id: String,
    /// Id and title of the exception; empty for what is open.
    pub exception: String,
    /// `open` or `exception`.
    pub state: String,
    pub state_label: String,
    /// How many subjects depart.
    pub deviations: usize,
    /// How many clauses rest on it: "20 in 2 frameworks", "1 in 1 framework".
    pub clauses_note: String,
    /// The same by framework: "PCI DSS 4.0.1: 12".
    pub clauses: Vec<String>,
    /// Empty where the organisation states none.
    pub remedy: String,
    pub owner: String,
    pub due: String,
    pub milestones: Vec<MilestoneView>,
}

impl FormCellView {
    fn text(text: impl Into<String>) -> FormCellView {
        FormCellView { text: text.into(), ..FormCellView::default() }
    }

    /// What only the organisation can say.
    fn stated(text: Option<&String>) -> FormCellView {
        FormCellView { text: text.cloned().unwrap_or_default(), missing: text.is_none(), ..FormCellView::default() }
    }

    fn links(links: Vec<LinkView>) -> FormCellView {
        FormCellView { links, ..FormCellView::default() }
    }
}

impl Builder<'_> {
    /// One form for each framework in scope, its own or the readiness matrix; a form in which no clause stands is left out.
    pub(super) fn forms(&self) -> Vec<FormView> {
        let readiness = Form::readiness();
        let of = |framework: &FrameworkRecord| self.form(framework, framework.form.as_ref().unwrap_or(&readiness));
        self.assessment.frameworks.iter().filter_map(of).collect()
    }

    fn form(&self, framework: &FrameworkRecord, form: &Form) -> Option<FormView> {
        let own: Vec<&ClauseResult> = self.assessment.clauses.iter().filter(|clause| clause.framework == framework.framework).collect();
        let mut rows = Vec::new();
        for (place, clause) in own.iter().enumerate() {
            if clause.treatment == TreatmentKind::Heading {
                let stands = |below: &&&ClauseResult| below.treatment != TreatmentKind::Heading && is_of(form, below);
                let below = own[place + 1..].iter().take_while(|below| below.depth > clause.depth);
                // Of several headings in a row only the last one, which the rows stand under, is shown.
                let next_is_heading = own.get(place + 1).is_some_and(|next| next.treatment == TreatmentKind::Heading);
                if !next_is_heading && below.clone().any(|below| stands(&below)) {
                    rows.push(FormRowView { heading: format!("{}  {}", clause.clause, clause.label), cells: Vec::new() });
                }
            } else if is_of(form, clause) {
                rows.extend(self.form_rows(form, clause));
            }
        }
        if rows.iter().all(|row| row.cells.is_empty()) {
            return None;
        }
        let key = form.id.replace('-', "_");
        let has_tiers = form.columns.contains(&FormColumn::Target);
        Some(FormView {
            anchor: super::build::anchor("form", &framework.framework),
            id: form.id.clone(),
            framework: framework.framework.clone(),
            framework_title: framework.short_title.clone(),
            title: self.wording.label("form", &form.id),
            lead: [
                self.wording.fill(&format!("form_{key}_lead"), "", &[("framework", &framework.short_title)]),
                self.partial(&key, form, &own),
            ]
            .join(" ")
            .trim_end()
            .to_owned(),
            tier: has_tiers.then(|| self.tier(framework)),
            columns: form.columns.iter().map(|column| self.form_column(&key, *column)).collect(),
            rows,
            worksheets: framework.compensating_worksheet.iter().flat_map(|name| self.worksheets(framework, name)).collect(),
        })
    }

    /// That the assessment is a partial one, for a form whose publisher wants that said; empty where every clause was assessed.
    fn partial(&self, form_key: &str, form: &Form, clauses: &[&ClauseResult]) -> String {
        let assessable = || clauses.iter().filter(|own| own.status.is_some() && is_of(form, own));
        let not_assessed: Vec<_> = assessable().filter(|own| own.status == Some(Status::NotAssessed)).collect();
        let Some(word) = not_assessed.first().and_then(|own| own.result.as_ref()) else { return String::new() };
        let [count, total] = [not_assessed.len(), assessable().count()].map(|count| count.to_string());
        self.wording.fill(&format!("form_{form_key}_partial"), "", &[("count", &count), ("total", &total), ("word", word)])
    }

    /// What each exception that covers something of the framework says on the publisher's worksheet; "not stated" where it says nothing.
    fn worksheets(&self, framework: &FrameworkRecord, name: &str) -> Vec<WorksheetView> {
        let covering = |exception: &&ExceptionRecord| {
            let covers = |clause: &&ClauseResult| {
                let mut excepted = clause.objectives.iter().flat_map(|own| &own.excepted);
                clause.framework == framework.framework && excepted.any(|own| own.exception == exception.id)
            };
            let clauses = self.assessment.clauses.iter().filter(covers);
            clauses.map(|clause| LinkView { anchor: clause_anchor(clause), label: clause.clause.clone() }).collect::<Vec<_>>()
        };
        let exceptions = self.assessment.exceptions.iter().map(|own| (own, covering(&own))).filter(|(_, clauses)| !clauses.is_empty());
        let sheet = |(own, clauses): (&ExceptionRecord, Vec<LinkView>)| WorksheetView {
            name: name.to_owned(),
            exception: format!("{} {}", own.id, own.title),
            approved: format!("{}, {}", own.approved_by, own.approved_at),
            expires: own.expires_at.clone(),
            clauses,
            answers: WORKSHEET
                .iter()
                .map(|field| {
                    let answer = own.worksheet.iter().flatten().find(|answer| answer.field == *field);
                    let text = answer.and_then(|answer| answer.text.clone()).unwrap_or_default();
                    AnswerView { label: self.wording.label("worksheet", field), text }
                })
                .collect(),
        };
        exceptions.map(sheet).collect()
    }

    fn tier(&self, framework: &FrameworkRecord) -> TierView {
        let tier = framework.tier.as_ref();
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        TierView {
            current: text(tier.and_then(|tier| tier.current.as_ref())),
            target: text(tier.and_then(|tier| tier.target.as_ref())),
            because: text(tier.map(|tier| &tier.because)),
        }
    }

    /// The title of a column: that of the form where it has its own word for the fact.
    fn form_column(&self, form: &str, column: FormColumn) -> FormColumnView {
        let own = format!("form_{form}_{}", column.word());
        let title = self.wording.strings.get(&own).cloned().unwrap_or_else(|| self.wording.label("column", column.word()));
        FormColumnView { key: column.word().into(), title }
    }

    fn form_rows(&self, form: &Form, clause: &ClauseResult) -> Vec<FormRowView> {
        let row = |objectives: &[&ClauseObjective]| FormRowView {
            heading: String::new(),
            cells: form.columns.iter().map(|column| self.form_cell(*column, clause, objectives, form)).collect(),
        };
        let all: Vec<&ClauseObjective> = clause.objectives.iter().collect();
        match form.rows {
            FormRows::Objectives if !all.is_empty() => all.iter().map(|own| row(&[own])).collect(),
            FormRows::Objectives | FormRows::Clauses => vec![row(&all)],
        }
    }

    fn form_cell(&self, column: FormColumn, clause: &ClauseResult, objectives: &[&ClauseObjective], form: &Form) -> FormCellView {
        let rows = form.rows;
        let Some(status) = clause.status else { return FormCellView::default() };
        let applies = status != Status::NotApplicable;
        let stated = clause.stated.as_ref();
        let word = |key: &str| FormCellView::text(self.wording.get(key));
        match column {
            FormColumn::Clause => FormCellView {
                text: clause.label.clone(),
                links: vec![LinkView { anchor: clause_anchor(clause), label: clause.clause.clone() }],
                ..FormCellView::default()
            },
            FormColumn::Applicable => word(if applies { "form_yes" } else { "form_no" }),
            FormColumn::Justification if !applies => FormCellView::text(texts(clause)),
            FormColumn::Justification => FormCellView::stated(stated.and_then(|stated| stated.because.as_ref())),
            FormColumn::Control => FormCellView::stated(stated.and_then(|stated| stated.control.as_ref())),
            FormColumn::Owner => FormCellView::stated(stated.and_then(|stated| stated.owner.as_ref())),
            // "Not Tested" and "Nothing was tested." in one row would say it twice.
            FormColumn::Test if says_untested(form, clause) => FormCellView::default(),
            FormColumn::Test => FormCellView::text(self.tests(clause, objectives)),
            FormColumn::Deviations => FormCellView::text(self.tallies(objectives)),
            // With a row for each objective the row shows how that one fared, as this clause uses it.
            FormColumn::Status => match (rows, objectives) {
                (FormRows::Objectives, [own]) if applies => self.status_cell(own.status),
                _ => self.status_cell(status),
            },
            FormColumn::Result => match &clause.result {
                Some(result) => FormCellView { text: result.clone(), status: status.word().into(), ..FormCellView::default() },
                None => self.status_cell(status),
            },
            FormColumn::Evidence => match (rows, objectives) {
                (FormRows::Objectives, [own]) => {
                    FormCellView::links(self.objective_of(&own.objective).map(|own| self.exhibit_links(&own.evidence)).unwrap_or_default())
                }
                _ => FormCellView::links(self.exhibit_links(&clause.evidence)),
            },
            FormColumn::Exceptions => {
                let ids: BTreeSet<&str> =
                    objectives.iter().flat_map(|own| &own.excepted).map(|excepted| excepted.exception.as_str()).collect();
                FormCellView::text(ids.into_iter().collect::<Vec<_>>().join(", "))
            }
            FormColumn::Target if !applies => FormCellView::default(),
            FormColumn::Target => match stated.and_then(|stated| stated.target) {
                Some(target) => self.status_cell(target),
                None => FormCellView::stated(None),
            },
            FormColumn::Gap => FormCellView::text(self.gap(status, stated.and_then(|stated| stated.target))),
            FormColumn::Open if status == Status::Satisfied => word("form_nothing_open"),
            // What a clause would need stands in its own section; here the kind of need is enough.
            FormColumn::Open if clause.objectives.is_empty() && status == Status::NotAssessed => {
                let code = clause.reasons.first().map_or("", |reason| reason.code.as_str());
                FormCellView::text(self.wording.label("reason", code))
            }
            FormColumn::Open => FormCellView::text(self.outline.summary(clause)),
        }
    }

    fn status_cell(&self, status: Status) -> FormCellView {
        FormCellView { text: self.wording.label("status", status.word()), status: status.word().into(), ..FormCellView::default() }
    }

    /// What was done to come to the result.
    fn tests(&self, clause: &ClauseResult, objectives: &[&ClauseObjective]) -> String {
        if clause.status == Some(Status::NotApplicable) || clause.treatment == TreatmentKind::Outside {
            return self.wording.get("form_test_none");
        }
        if objectives.is_empty() {
            return self.wording.get(if clause.evidence.is_empty() { "form_test_none" } else { "form_test_documents" });
        }
        let each = objectives.iter().map(|own| match self.objective_of(&own.objective) {
            Some(objective) => {
                let tested = objective.observations_digest.is_some();
                let method = self.wording.label(if tested { "form_method" } else { "form_untested" }, &objective.method);
                self.wording.fill("form_test", "{objective}. {method}", &[("objective", &objective.title), ("method", &method)])
            }
            None => own.objective.clone(),
        });
        each.collect::<Vec<_>>().join("\n")
    }

    /// "5 of 52 depart", for each objective that was tested over a population; its name before it where there are several.
    fn tallies(&self, objectives: &[&ClauseObjective]) -> String {
        let mut lines = Vec::new();
        for own in objectives {
            let Some(objective) = self.objective_of(&own.objective) else { continue };
            let tested = objective.tally.population - objective.tally.skipped;
            if tested == 0 {
                continue;
            }
            let values = [
                ("failed", objective.tally.failed.to_string()),
                ("tested", tested.to_string()),
                ("excepted", own.excepted.len().to_string()),
                ("unknown", objective.tally.unknown.to_string()),
            ];
            let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
            let mut line = self.wording.fill("form_deviations", "{failed} of {tested}", &values);
            for (count, key) in [(own.excepted.len(), "form_deviations_excepted"), (objective.tally.unknown, "form_deviations_unknown")] {
                if count > 0 {
                    line.push_str(&self.wording.fill(key, "", &values));
                }
            }
            lines.push(if objectives.len() > 1 { format!("{}: {line}", objective.title) } else { line });
        }
        lines.join("\n")
    }

    /// What lies between a status and a target, by the order of strength alone.
    fn gap(&self, status: Status, target: Option<Status>) -> String {
        match (status, target) {
            (Status::NotApplicable, _) => String::new(),
            (_, None) => self.wording.get("form_gap_no_target"),
            (Status::NotAssessed, _) => self.wording.get("form_gap_not_known"),
            (status, Some(target)) if status >= target => self.wording.get("form_gap_none"),
            (status, Some(target)) => {
                let [from, to] = [status, target].map(|status| self.wording.label("status", status.word()).to_lowercase());
                self.wording.fill("form_gap", "From {from} to {to}", &[("from", &from), ("to", &to)])
            }
        }
    }

    fn objective_of(&self, id: &str) -> Option<&ObjectiveResult> {
        self.outline.objectives.get(id).copied()
    }

    /// What is open of each objective, and each exception that covers something of it, as in the OSCAL form.
    pub(super) fn plan(&self) -> PlanView {
        let mut items = Vec::new();
        for objective in &self.assessment.objectives {
            let covering = self.covering(objective);
            let failing = objective.observations.iter().filter(|seen| seen.outcome == Outcome::Fail);
            let open = failing.filter(|seen| !covering.contains_key(seen.subject.as_str())).count();
            if open > 0 {
                let plan = objective.plan.as_ref();
                items.push(PlanItemView {
                    remedy: plan.map(|plan| plan.remedy.clone()).unwrap_or_default(),
                    owner: plan.map(|plan| plan.owner.clone()).unwrap_or_default(),
                    due: plan.map(|plan| plan.due.clone()).unwrap_or_default(),
                    milestones: plan.iter().flat_map(|plan| &plan.milestones).map(|step| self.milestone(step)).collect(),
                    ..self.plan_item(objective, "open", open)
                });
            }
            for exception in &self.assessment.exceptions {
                let covered = covering.values().filter(|id| **id == exception.id).count();
                if covered > 0 {
                    items.push(self.planned_exception(objective, exception, covered));
                }
            }
        }
        // What has the most deviations comes first, as in what to look at first; an exception after what is open of the same objective.
        items.sort_by_key(|own| std::cmp::Reverse(own.deviations));
        items.iter_mut().zip(1..).for_each(|(item, number)| item.number = number);
        PlanView { items }
    }

    fn planned_exception(&self, objective: &ObjectiveResult, exception: &ExceptionRecord, covered: usize) -> PlanItemView {
        PlanItemView {
            exception: format!("{} {}", exception.id, exception.title),
            remedy: exception.retirement_plan.clone(),
            owner: exception.requested_by.clone(),
            due: exception.expires_at.get(..10).unwrap_or(&exception.expires_at).to_owned(),
            milestones: exception.milestones.iter().map(|step| self.milestone(step)).collect(),
            ..self.plan_item(objective, "exception", covered)
        }
    }

    fn plan_item(&self, objective: &ObjectiveResult, state: &str, deviations: usize) -> PlanItemView {
        let citing = |framework: &FrameworkRecord| {
            let cites = |clause: &&ClauseResult| {
                clause.framework == framework.framework && clause.objectives.iter().any(|own| own.objective == objective.id)
            };
            let count = self.assessment.clauses.iter().filter(cites).count();
            (count > 0).then(|| (count, format!("{}: {count}", framework.short_title)))
        };
        let (counts, clauses): (Vec<usize>, Vec<String>) = self.assessment.frameworks.iter().filter_map(citing).unzip();
        let [total, frameworks] = [counts.iter().sum::<usize>(), counts.len()].map(|count| count.to_string());
        let clauses_key = if counts.len() == 1 { "plan_clauses_one" } else { "plan_clauses" };
        PlanItemView {
            number: 0,
            objective: self.objective_link(&objective.id),
            objective_id: objective.id.clone(),
            exception: String::new(),
            state: state.into(),
            state_label: self.wording.label("plan", state),
            deviations,
            clauses_note: self.wording.fill(clauses_key, "{total}", &[("total", &total), ("frameworks", &frameworks)]),
            clauses,
            remedy: String::new(),
            owner: String::new(),
            due: String::new(),
            milestones: Vec::new(),
        }
    }

    /// Subjects that depart and that exceptions cover in every framework that cites the objective, with the exception.
    fn covering<'b>(&'b self, objective: &ObjectiveResult) -> BTreeMap<&'b str, &'b str> {
        let uses = || {
            let clauses = self.assessment.clauses.iter();
            clauses.flat_map(|clause| clause.objectives.iter().map(move |own| (clause.framework.as_str(), own)))
        };
        let mut citing: BTreeSet<&str> = BTreeSet::new();
        let mut covered: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for (framework, own) in uses().filter(|(_, own)| own.objective == objective.id) {
            citing.insert(framework);
            for one in &own.excepted {
                covered.entry(&one.subject).or_default().insert(framework, &one.exception);
            }
        }
        covered.retain(|_, by_framework| by_framework.len() == citing.len());
        covered.into_iter().filter_map(|(subject, by_framework)| Some((subject, *by_framework.values().next()?))).collect()
    }
}

fn is_of(form: &Form, clause: &ClauseResult) -> bool {
    form.kinds.is_empty() || form.kinds.contains(&clause.kind)
}

/// Whether the result of a clause stands in the edition's own words and says already that nothing was tested.
fn says_untested(form: &Form, clause: &ClauseResult) -> bool {
    let shows_word = form.columns.contains(&FormColumn::Result) && clause.result.is_some();
    shows_word && clause.status == Some(Status::NotAssessed) && clause.objectives.is_empty() && clause.evidence.is_empty()
}

fn texts(clause: &ClauseResult) -> String {
    clause.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join(" ")
}
