//! Runs each objective's check over the tables and holds it to the row contract.
//!
//! In: objectives with SQL, parameters, tables. Out: one observation per member of each population, sorted by subject.
//! A check that breaks the contract is a diagnostic on its own file; nothing here decides a verdict.

pub mod cases;
pub mod limits;

use std::collections::BTreeMap;

pub use limits::{InForce, Kinds, Said, Values, Whom};

use crate::assessment::{Observation, Outcome};
use crate::base::{Cell, Column, Diagnostic, Diagnostics, Digest, Table};
use crate::catalog::{CheckText, Objective, ParameterValue};
use crate::engine::{Draft, Engine, Parameter, Parameters, Query, Shelf, TableWriter};
use crate::evidence::PROGRAM;
use crate::evidence::adapter::sql_diagnostic;

/// A column that a check may have: whether one source says of the subject what another contradicts. Such a subject fails or is unknown.
const CONTRADICTED: &str = "contradicted";

const CONTRACT: [&str; 5] = ["subject", "outcome", "reason", "artifact", "record"];

/// The three instants that every check may use, in microseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    pub as_of: i64,
    pub period_from: i64,
    pub period_to: i64,
}

/// An engine that holds all tables, ready for checks and for questions.
pub fn engine_over(tables: &BTreeMap<String, Table>) -> Engine {
    let engine = Engine::new();
    for (name, table) in tables {
        engine.load(name, table);
    }
    engine
}

/// Runs one check. Nothing when its SQL or its rows are wrong; the reasons are in `diagnostics`.
pub fn run(
    engine: &Engine,
    objective: &Objective,
    values: &Values,
    times: Times,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Observation>> {
    let check = objective.check.as_ref()?;
    let parameters = parameters(values, times);
    let table = match Query::parse(&check.text).and_then(|query| engine.query(&query, &parameters)) {
        Ok(table) => table,
        Err(error) => {
            diagnostics.push(sql_diagnostic("check/sql", &check.file, &check.text, &error));
            return None;
        }
    };
    match observations(&table) {
        Ok(observations) => Some(observations),
        Err(problem) => {
            diagnostics.push(
                Diagnostic::error("check/contract", &check.file, problem)
                    .help(format!("a check gives {} without missing values, one row per subject", CONTRACT.join(", "))),
            );
            None
        }
    }
}

/// Stands for the rows that a check gives over tables with this key, by everything that they are made from. Nothing where there is no check.
pub fn rows_key(objective: &Objective, values: &Values, times: Times, tables: &Digest) -> Option<Digest> {
    let check = objective.check.as_ref()?;
    Some(Digest::of_canonical(&("observations", PROGRAM, tables, &*check.text, format!("{:?}", parameters(values, times)))))
}

/// Runs one check and hands over its observations by subject, one after the other: a large population is never held as a whole.
/// With a shelf and the key of the rows, those of an equal check over equal tables are taken from there, and else kept there.
/// False when its SQL or its rows are wrong; the reasons are in `diagnostics`, and what was handed over is worth nothing.
pub fn run_each(
    engine: &Engine,
    objective: &Objective,
    values: &Values,
    times: Times,
    shelf: Option<(&Shelf, &Digest)>,
    diagnostics: &mut Diagnostics,
    mut each: impl FnMut(Observation),
) -> bool {
    let Some(check) = &objective.check else { return false };
    let parameters = parameters(values, times);
    let mut last: Option<String> = None;
    let mut sound = true;
    if let Some(entry) = shelf.and_then(|(shelf, key)| shelf.entry(key)) {
        // Its digests hold, and only sound lists are kept.
        return entry.scan(OBSERVATIONS, |part| sound = sound && hand_over(part, &mut last, &mut each)) && sound;
    }
    let mut keeping = shelf.and_then(|(shelf, key)| shelf.begin(key)).map(Keeping::new);
    let answered = Query::parse(&check.text).and_then(|query| {
        engine.query_by(&query, &parameters, "subject", |part| {
            if let Some(keeping) = &mut keeping {
                keeping.add(&part);
            }
            sound = sound && hand_over(part, &mut last, &mut each);
        })
    });
    if let Err(error) = answered {
        diagnostics.push(sql_diagnostic("check/sql", &check.file, &check.text, &error));
        return false;
    }
    if sound {
        if let Some(keeping) = keeping {
            keeping.finish();
        }
        return true;
    }
    // What is wrong is told by the rows as the query gives them.
    if run(engine, objective, values, times, diagnostics).is_some() {
        let told = Diagnostic::error("check/contract", &check.file, "the subjects are not in order, or not text");
        diagnostics.push(told.help("`subject` is text"));
    }
    false
}

/// The name of the table in an entry.
const OBSERVATIONS: &str = "observations";

/// The rows of a check on their way to a later run.
struct Keeping {
    draft: Draft,
    table: Option<TableWriter>,
    kept: bool,
}

impl Keeping {
    fn new(draft: Draft) -> Keeping {
        Keeping { draft, table: None, kept: true }
    }

    fn add(&mut self, part: &Table) {
        if self.table.is_none() {
            self.table = self.draft.table(OBSERVATIONS, part);
        }
        self.kept = self.kept && self.table.as_mut().is_some_and(|table| table.add(part));
    }

    fn finish(self) {
        if self.kept && self.table.is_some_and(TableWriter::finish) {
            // A folder that is full or gone costs time in the next run, and nothing else.
            let _ = self.draft.finish();
        }
    }
}

/// Hands over the observations of one part; false when a row breaks the contract or does not come after the last.
fn hand_over(mut part: Table, last: &mut Option<String>, each: &mut impl FnMut(Observation)) -> bool {
    let rows = part.len();
    let mut text = |name: &str| match part.take(name) {
        Some(Column::Text(values)) => Some(values),
        Some(other) => {
            Some((0..rows).map(|row| Some(other.cell(row)).filter(|cell| *cell != Cell::Missing).map(|cell| cell.to_string())).collect())
        }
        None => None,
    };
    let identities = text("identity").unwrap_or_else(|| vec![None; rows]);
    let contradictions = text(CONTRADICTED).unwrap_or_else(|| vec![None; rows]);
    let [Some(subjects), Some(outcomes), Some(reasons), Some(artifacts), Some(records)] = CONTRACT.map(&mut text) else { return false };
    let columns = subjects.into_iter().zip(outcomes).zip(reasons).zip(artifacts).zip(records).zip(identities).zip(contradictions);
    for ((((((subject, outcome), reason), artifact), record), identity), contradicted) in columns {
        let outcome = outcome.and_then(|word| Outcome::parse(&word));
        let (Some(subject), Some(outcome), Some(reason), Some(artifact), Some(record)) = (subject, outcome, reason, artifact, record)
        else {
            return false;
        };
        if last.as_ref().is_some_and(|last| *last >= subject) {
            return false;
        }
        last.clone_from(&Some(subject.clone()));
        let contradicted = contradicted.as_deref() == Some("true");
        if contradicted && matches!(outcome, Outcome::Pass | Outcome::Skip) {
            return false;
        }
        each(Observation { subject, outcome, reason, artifact, record, identity, proved: true, contradicted });
    }
    true
}

/// What a check may ask for by name.
fn parameters(values: &Values, times: Times) -> Parameters {
    let mut parameters = Parameters::new();
    for (name, in_force) in &values.by_name {
        parameters.insert(name.clone(), in_force.parameter(&values.kinds));
        if in_force.differs_by_class() {
            parameters.insert(format!("{name}{}", limits::FOR), in_force.parameter_for(&values.kinds));
        }
    }
    for (name, at) in [("as_of", times.as_of), ("period_from", times.period_from), ("period_to", times.period_to)] {
        parameters.insert(name.to_owned(), Parameter::Instant(at));
    }
    parameters
}

/// Whether a check works with every parameter that may differ by class: the columns `class` and `tier` must be in scope where it asks
/// for one. A check that breaks this would fail only in the workspace that states such a value.
pub fn try_by_class(engine: &Engine, objective: &Objective, kinds: &Kinds, times: Times, diagnostics: &mut Diagnostics) {
    let (Some(CheckText { file, text }), Some(class), Some(tier)) = (&objective.check, kinds.classes.first(), kinds.tiers.first()) else {
        return;
    };
    let mut values = Values::new(objective, &BTreeMap::new(), kinds.clone());
    let differing: Vec<&mut InForce> = values.by_name.values_mut().filter(|in_force| in_force.differs_by_class()).collect();
    if differing.is_empty() {
        return;
    }
    for in_force in differing {
        let whom = Whom { class: Some(class.clone()), tier: Some(tier.clone()) };
        in_force.state(Said { whom, value: ParameterValue::Number(i64::MAX), source: String::new(), reason: Some(String::new()) });
    }
    let planned = Query::parse(text).and_then(|query| engine.columns(&query, &parameters(&values, times)));
    if let Err(error) = planned {
        diagnostics.push(
            sql_diagnostic("check/by-class", file, text, &error)
                .help("a parameter that differs by class is asked for where one column `class` and one column `tier` are in scope"),
        );
    }
}

/// Reads the rows of a check; refuses missing values, unknown outcomes and subjects that stand twice.
fn observations(table: &Table) -> Result<Vec<Observation>, String> {
    if let Some(missing) = CONTRACT.iter().find(|name| table.column(name).is_none()) {
        return Err(format!("the column `{missing}` is missing"));
    }
    let mut by_subject: BTreeMap<String, Observation> = BTreeMap::new();
    for row in 0..table.len() {
        let text = |name: &str| match table.cell(row, name) {
            Cell::Missing => Err(format!("row {} has no `{name}` (subject `{}`)", row + 1, table.cell(row, "subject"))),
            cell => Ok(cell.to_string()),
        };
        let word = text("outcome")?;
        let observation = Observation {
            subject: text("subject")?,
            outcome: Outcome::parse(&word).ok_or_else(|| format!("`{word}` is not an outcome: pass, fail, unknown or skip"))?,
            reason: text("reason")?,
            artifact: text("artifact")?,
            record: text("record")?,
            identity: table.text(row, "identity").map(str::to_owned),
            proved: true,
            contradicted: table.cell(row, CONTRADICTED) == Cell::Boolean(true),
        };
        let subject = observation.subject.clone();
        if observation.contradicted && matches!(observation.outcome, Outcome::Pass | Outcome::Skip) {
            return Err(format!("the subject `{subject}` is contradicted, so it fails or is unknown"));
        }
        if by_subject.insert(subject.clone(), observation).is_some() {
            return Err(format!("the subject `{subject}` stands twice"));
        }
    }
    Ok(by_subject.into_values().collect())
}
