//! The lists of a pack as tables of typed cells, for CSV files and workbooks.
//!
//! In: what the machine forms say. Out: one [`ListView`] each for the summary, clauses, objectives, deviations, exceptions, exhibits,
//! what is planned, and the forms of the frameworks; no row left out. Knows neither CSV nor XLSX.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::forms::{FormRowView, FormView, PlanItemView};
use super::machine::{ClauseItem, DeviationItem, ExceptionItem, ExhibitItem, Machine, Moment, ObjectiveItem, moment, shown};
use super::wording::Wording;
use crate::assessment::{REGISTER_COLUMNS, RegisterRecord};
use crate::base::instant::Day;
use crate::base::{FormColumn, Status};

/// A table with a name, typed cells, and the same number of cells in every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListView {
    /// `clauses`: the stable name, used for files.
    pub name: String,
    /// Whether it also has a CSV file of its own.
    pub has_file: bool,
    /// What a reader sees.
    pub title: String,
    pub columns: Vec<ColumnView>,
    pub rows: Vec<Vec<CellView>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnView {
    /// `not_satisfied`: the stable name, used by programs.
    pub key: String,
    /// What a reader sees.
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellView {
    Empty,
    Text(String),
    Number(u64),
    Flag(bool),
    /// In UTC: as text, and in seconds since 1970.
    Instant(String, i64),
    /// A calendar day: as text, and the seconds since 1970 at which it begins in UTC.
    Day(String, i64),
}

impl CellView {
    fn text(text: &str) -> CellView {
        if text.is_empty() { CellView::Empty } else { CellView::Text(text.to_owned()) }
    }

    fn lines(texts: &[String]) -> CellView {
        CellView::text(&texts.join("\n"))
    }

    fn count(count: usize) -> CellView {
        CellView::Number(count as u64)
    }

    /// A calendar day; what was written where it is none.
    fn day(text: &str) -> CellView {
        let seconds = Day::parse(text).ok().and_then(|day| day.starts_at_micros(&TimeZone::UTC)).map(|micros| micros / 1_000_000);
        seconds.map_or_else(|| CellView::text(text), |seconds| CellView::Day(text.to_owned(), seconds))
    }

    /// An instant in UTC; what was written where it is none.
    fn moment(moment: &Moment) -> CellView {
        match moment.seconds {
            Some(seconds) => CellView::Instant(moment.utc.clone(), seconds),
            None => CellView::text(&moment.written),
        }
    }
}

impl ListView {
    pub fn column(&self, key: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.key == key)
    }
}

/// Every list, in the order in which a workbook shows them.
pub(super) fn lists(machine: &Machine, wording: &Wording) -> Vec<ListView> {
    let mut lists = vec![
        summary(machine, wording),
        list("clauses", &CLAUSE_COLUMNS, machine.clauses.iter().map(clause), wording),
        list("objectives", &OBJECTIVE_COLUMNS, machine.objectives.iter().map(objective), wording),
        list("deviations", &DEVIATION_COLUMNS, machine.deviations.iter().map(deviation), wording),
        list("exceptions", &EXCEPTION_COLUMNS, machine.exceptions.iter().map(exception), wording),
        list("exhibits", &EXHIBIT_COLUMNS, machine.exhibits.iter().map(exhibit), wording),
        list("plan-of-action", &PLAN_COLUMNS, machine.plan.items.iter().map(planned), wording),
    ];
    lists.extend(forms(machine, wording));
    lists
}

/// One list for each form; frameworks that share a form and its columns share the list.
fn forms(machine: &Machine, wording: &Wording) -> Vec<ListView> {
    let mut made: Vec<(Vec<&str>, ListView)> = Vec::new();
    for form in &machine.forms {
        let keys: Vec<&str> = form.columns.iter().map(|column| column.key.as_str()).collect();
        let place = made.iter().position(|(own, list)| *own == keys && list.name == form.id).unwrap_or_else(|| {
            let is_taken = made.iter().any(|(_, list)| list.name == form.id);
            let number = made.len() + 1;
            let (name, title) = if is_taken {
                (format!("{}-{number}", form.id), format!("{number} {}", form.title))
            } else {
                (form.id.clone(), form.title.clone())
            };
            made.push((keys.clone(), form_list(form, name, title, wording)));
            made.len() - 1
        });
        let rows = form.rows.iter().filter(|row| row.heading.is_empty()).map(|row| form_row(form, row));
        made[place].1.rows.extend(rows);
    }
    made.into_iter().map(|(_, list)| list).collect()
}

/// A list without rows. A clause takes two columns: its id and its label.
fn form_list(form: &FormView, name: String, title: String, wording: &Wording) -> ListView {
    let mut columns = vec![ColumnView { key: "framework".into(), title: wording.label("column", "framework") }];
    for column in &form.columns {
        columns.push(ColumnView { key: column.key.clone(), title: column.title.clone() });
        if column.key == FormColumn::Clause.word() {
            columns.push(ColumnView { key: "label".into(), title: wording.label("column", "label") });
        }
    }
    ListView { name, has_file: true, title, columns, rows: Vec::new() }
}

fn form_row(form: &FormView, row: &FormRowView) -> Vec<CellView> {
    let mut cells = vec![CellView::text(&shown(&form.framework))];
    for (column, cell) in form.columns.iter().zip(&row.cells) {
        let links: Vec<String> = cell.links.iter().map(|link| shown(&link.label)).collect();
        cells.push(match (cell.status.is_empty(), links.is_empty()) {
            // The word of a status, as in every other list; the publisher's own words stay as they are.
            (false, _) if column.key != FormColumn::Result.word() => CellView::text(&cell.status),
            (_, false) => CellView::lines(&links),
            (_, true) => CellView::text(&shown(&cell.text)),
        });
        if column.key == FormColumn::Clause.word() {
            cells.push(CellView::text(&shown(&cell.text)));
        }
    }
    cells
}

const PLAN_COLUMNS: [&str; 9] = ["objective", "title", "state", "deviations", "clauses", "remedy", "owner", "due", "milestones"];

fn planned(own: &PlanItemView) -> [CellView; 9] {
    let title = if own.exception.is_empty() { &own.objective.label } else { &own.exception };
    let milestones: Vec<String> = own.milestones.iter().map(|step| format!("{} {}: {}", step.due, step.state, shown(&step.what))).collect();
    [
        CellView::text(&shown(&own.objective_id)),
        CellView::text(&shown(title)),
        CellView::text(&own.state),
        CellView::count(own.deviations),
        CellView::lines(&own.clauses),
        CellView::text(&shown(&own.remedy)),
        CellView::text(&shown(&own.owner)),
        CellView::day(&own.due),
        CellView::lines(&milestones),
    ]
}

fn list<const N: usize>(name: &str, keys: &[&'static str; N], rows: impl Iterator<Item = [CellView; N]>, wording: &Wording) -> ListView {
    let column = |key: &&str| ColumnView { key: (*key).into(), title: wording.label("column", key) };
    let has_file = matches!(name, "clauses" | "deviations" | "plan-of-action");
    ListView {
        name: name.into(),
        has_file,
        title: wording.label("list", name),
        columns: keys.iter().map(column).collect(),
        rows: rows.map(Vec::from).collect(),
    }
}

/// The register of machine identities for a workbook of its own, under the names that its CSV file has.
pub fn register_list(register: &[RegisterRecord]) -> ListView {
    let cell = |(key, text): (&str, &str)| match key {
        "created_at" | "expires_at" | "last_used_at" if !text.is_empty() => CellView::moment(&moment(Some(text))),
        "admin" | "in_register" => CellView::Flag(text == "yes"),
        _ => CellView::text(&shown(text)),
    };
    ListView {
        name: "register".into(),
        has_file: false,
        title: "Register".into(),
        columns: REGISTER_COLUMNS.iter().map(|key| ColumnView { key: (*key).into(), title: (*key).into() }).collect(),
        rows: register.iter().map(|own| REGISTER_COLUMNS.into_iter().zip(own.cells()).map(cell).collect()).collect(),
    }
}

/// One row for each framework and one for all of them.
fn summary(machine: &Machine, wording: &Wording) -> ListView {
    const KEYS: [&str; 10] = [
        "framework",
        "title",
        "clauses",
        "not_satisfied",
        "partially_satisfied",
        "not_assessed",
        "satisfied",
        "not_applicable",
        "as_of_utc",
        "digest",
    ];
    let row = |id: &str, title: &str, counts: &[(Status, usize)], digest: &str| {
        let counts: BTreeMap<Status, usize> = counts.iter().copied().collect();
        let of = |status: Status| CellView::count(counts.get(&status).copied().unwrap_or(0));
        [
            CellView::text(id),
            CellView::text(title),
            CellView::count(counts.values().sum()),
            of(Status::NotSatisfied),
            of(Status::PartiallySatisfied),
            of(Status::NotAssessed),
            of(Status::Satisfied),
            of(Status::NotApplicable),
            CellView::Instant(machine.as_of_utc.clone(), machine.as_of_seconds),
            CellView::text(digest),
        ]
    };
    let own = machine.frameworks.iter().map(|own| row(&own.id, &own.title, &own.counts, &own.digest));
    let all = row(&wording.get("list_all_frameworks"), &machine.title, &machine.totals, &machine.root);
    list("summary", &KEYS, own.chain([all]), wording)
}

const CLAUSE_COLUMNS: [&str; 14] = [
    "framework",
    "clause",
    "noun",
    "label",
    "treatment",
    "status",
    "why",
    "reasons",
    "objectives",
    "open_deviations",
    "excepted_deviations",
    "not_knowable",
    "exhibits",
    "digest",
];

fn clause(own: &ClauseItem) -> [CellView; 14] {
    let reasons: Vec<String> = own.reasons.iter().map(|reason| reason.code.clone()).collect();
    let objectives: Vec<String> = own.objectives.iter().map(|own| own.id.clone()).collect();
    [
        CellView::text(&own.framework),
        CellView::text(&own.id),
        CellView::text(&own.noun),
        CellView::text(&own.label),
        CellView::text(own.treatment),
        CellView::text(own.status.map_or("", Status::word)),
        CellView::text(&own.summary),
        CellView::lines(&reasons),
        CellView::lines(&objectives),
        CellView::count(own.open),
        CellView::count(own.excepted),
        CellView::count(own.unknown),
        CellView::lines(&own.exhibits),
        CellView::text(&own.digest),
    ]
}

const OBJECTIVE_COLUMNS: [&str; 12] =
    ["objective", "title", "method", "status", "why", "population", "passed", "unproved", "failed", "not_knowable", "skipped", "exhibits"];

fn objective(own: &ObjectiveItem) -> [CellView; 12] {
    [
        CellView::text(&own.id),
        CellView::text(&own.title),
        CellView::text(&own.method),
        CellView::text(own.status.word()),
        CellView::text(&own.summary),
        CellView::count(own.population),
        CellView::count(own.passed),
        CellView::count(own.unproved),
        CellView::count(own.failed),
        CellView::count(own.unknown),
        CellView::count(own.skipped),
        CellView::lines(&own.exhibits),
    ]
}

const DEVIATION_COLUMNS: [&str; 11] =
    ["objective", "subject", "outcome", "observed", "exhibit", "artifact", "record", "line", "identity", "frameworks", "exceptions"];

fn deviation(own: &DeviationItem) -> [CellView; 11] {
    let exceptions: Vec<String> = own.excepted.iter().map(|(framework, id)| format!("{id} ({framework})")).collect();
    let frameworks: Vec<String> = own.frameworks.iter().cloned().collect();
    [
        CellView::text(&own.objective),
        CellView::text(&own.subject),
        CellView::text(own.outcome),
        CellView::text(&own.reason),
        CellView::text(&own.place.exhibit),
        CellView::text(&own.place.path),
        CellView::text(&own.place.record),
        own.place.line.map_or(CellView::Empty, |line| CellView::Number(line.into())),
        CellView::text(&own.identity),
        CellView::lines(&frameworks),
        CellView::lines(&exceptions),
    ]
}

const EXCEPTION_COLUMNS: [&str; 22] = [
    "exception",
    "title",
    "state",
    "objective",
    "frameworks",
    "subjects",
    "covers",
    "reason",
    "requested_by",
    "approved_by",
    "approved_at_utc",
    "expires_at_utc",
    "compensating_measure",
    "retirement_plan",
    "milestones",
    "constraints",
    "definition",
    "objective_of_control",
    "identified_risk",
    "validation",
    "maintenance",
    "remarks",
];

fn exception(own: &ExceptionItem) -> [CellView; 22] {
    let answer = |field: &str| {
        let text = own.worksheet.iter().find(|(named, _)| named == field);
        CellView::text(text.map_or("", |(_, text)| text.as_str()))
    };
    let milestones: Vec<String> = own.milestones.iter().map(|step| format!("{} {}: {}", step.due, step.state, step.what)).collect();
    [
        CellView::text(&own.id),
        CellView::text(&own.title),
        CellView::text(&own.state),
        CellView::text(&own.objective),
        CellView::lines(&own.frameworks),
        CellView::lines(&own.subjects),
        CellView::count(own.covers),
        CellView::text(&own.reason),
        CellView::text(&own.requested_by),
        CellView::text(&own.approved_by),
        CellView::moment(&own.approved_at),
        CellView::moment(&own.expires_at),
        CellView::text(&own.compensating_measure),
        CellView::text(&own.retirement_plan),
        CellView::lines(&milestones),
        answer("constraints"),
        answer("definition"),
        answer("objective"),
        answer("identified_risk"),
        answer("validation"),
        answer("maintenance"),
        CellView::lines(&own.remarks),
    ]
}

const EXHIBIT_COLUMNS: [&str; 15] = [
    "exhibit",
    "artifact",
    "state",
    "note",
    "adapter",
    "system",
    "instance",
    "collected_at_utc",
    "bytes",
    "sha256",
    "copy",
    "records_read",
    "records_kept",
    "records_rejected",
    "extent",
];

fn exhibit(own: &ExhibitItem) -> [CellView; 15] {
    [
        CellView::text(&own.id),
        CellView::text(&own.path),
        CellView::text(&own.state),
        CellView::text(&own.note),
        CellView::text(&own.adapter),
        CellView::text(&own.system),
        CellView::text(&own.instance),
        CellView::moment(&own.collected_at),
        CellView::Number(own.bytes),
        CellView::text(&own.sha256),
        CellView::text(&own.packed),
        CellView::count(own.read),
        CellView::count(own.kept),
        CellView::count(own.rejected),
        CellView::text(&own.extent),
    ]
}
