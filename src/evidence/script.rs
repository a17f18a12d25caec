//! From the records of one file, or of a part of it, to rows: cast every field, run the adapter's script, hold the rows to their tables.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use super::adapter::{Adapter, Records, sql_diagnostic};
use super::cast::{Raw, State, Value1, cast, offset_of, push};
use super::format::{ArtifactMeta, Extent, Field, FieldType, Shape};
use super::holes::lists_missing;
use super::mask::{Masker, keep, secrets_of};
use super::records::{Document, Parsed, Row, columns_of, prepare};
use super::tables::{Request, TableDefinition, conformed, derive};
use super::{Artifact, Frame, Rejection};
use crate::base::{Cell, Column, ColumnType, Diagnostic, Diagnostics, Instant, Table};
use crate::engine::{Engine, Parameter, Parameters};

/// Raw records of every record set, each with its place.
pub(super) enum Collected {
    Documents(Vec<Document>),
    Grid { header: Vec<String>, rows: Vec<Row> },
}

/// Takes what the adapter needs from the file: when it was made, whether it is whole, which values are secret.
pub(super) fn collect(parsed: Parsed, adapter: &Adapter, artifact: &mut Artifact) -> (Collected, BTreeSet<String>) {
    let mut secrets = BTreeSet::new();
    let mut cut = false;
    let (collected, broken) = match parsed {
        Parsed::Documents { shape, mut documents, mut broken } => {
            let in_array = documents.iter().any(|document| document.added == 0 && (document.before > 0 || document.value.is_array()));
            if documents.len() > 1 && shape != Shape::Pem && !in_array {
                documents.retain(|document| {
                    let same_kind = adapter.claims_document(&document.value);
                    if !same_kind {
                        broken.push((document.place.clone(), "this document is of another kind than the first".to_owned()));
                    }
                    same_kind
                });
            }
            for document in &mut documents {
                prepare(&mut document.value, &adapter.prepare);
                secrets.append(&mut secrets_of(&document.value, &adapter.secrets));
                broken.extend(lists_missing(document, adapter));
                cut |= adapter.incomplete_when.iter().any(|path| !path.query(&document.value).is_empty());
            }
            if artifact.collected_at.is_none() {
                artifact.collected_at = observed_at(&documents, adapter);
            }
            (Collected::Documents(documents), broken)
        }
        Parsed::Grid { header, rows, broken, .. } => {
            for place in &adapter.secrets {
                for column in columns_of(&header, &place.column) {
                    rows.iter().filter_map(|row| row.cells.get(column)).for_each(|cell| keep(cell, place, &mut secrets));
                }
            }
            (Collected::Grid { header, rows }, broken)
        }
        Parsed::Plain(_) => (Collected::Documents(Vec::new()), Vec::new()),
    };
    (artifact.extent, artifact.extent_because) = if cut {
        (Extent::Incomplete, "the export says itself that it is cut, or it lacks what such an export always has".to_owned())
    } else {
        (adapter.completeness.unless_marked, adapter.completeness.because.trim().to_owned())
    };
    artifact.read += broken.len();
    artifact.rejections.extend(broken.into_iter().map(|(record, reason)| Rejection { record, reason }));
    (collected, secrets)
}

fn observed_at(documents: &[Document], adapter: &Adapter) -> Option<Instant> {
    let (path, formats, zone) = adapter.observed_at.as_ref()?;
    let field = Field {
        name: "observed_at".into(),
        at: String::new(),
        kind: FieldType::Instant,
        format: formats.clone(),
        zone: zone.clone(),
        required: false,
        none: Vec::new(),
        unknown: Vec::new(),
        not_applicable: Vec::new(),
        absent: super::format::Absent::Unknown,
    };
    documents
        .iter()
        .flat_map(|document| path.query(&document.value))
        .filter_map(|value| match cast(&field, &Raw::Json(value.clone()), None) {
            Ok((Value1::Instant(micros), _)) => Some((micros, value)),
            _ => None,
        })
        .max_by_key(|(micros, _)| *micros)
        .and_then(|(micros, value)| value.as_str().and_then(|text| Instant::parse(text).ok()).or_else(|| Instant::from_micros(micros)))
}

/// The column of a table that keeps the offset of a record's instants; no script fills it.
const SOURCE_OFFSET: &str = "source_offset";

/// What a script gave.
pub(super) struct Scripted {
    pub rows: BTreeMap<String, Table>,
    /// Records of the first record set: what a source counts when it states a number of rows.
    pub counted: usize,
}

/// Casts the records, runs the adapter's script over them, and gives the rows by table. What could not be used is noted in the artifact.
pub(super) fn run_script(
    collected: &Collected,
    adapter: &Adapter,
    definitions: &BTreeMap<String, TableDefinition>,
    engine: &Engine,
    mask: &Masker,
    artifact: &mut Artifact,
    diagnostics: &mut Diagnostics,
) -> Scripted {
    let mut counted = 0;
    let zone = match artifact.meta.zone.as_ref().map(|name| TimeZone::get(name)) {
        Some(Ok(zone)) => Some(zone),
        _ => None,
    };
    let mut offsets = Offsets::default();
    for (index, set) in adapter.records.iter().enumerate() {
        let (table, read) = cast_records(collected, set, zone.as_ref(), mask, artifact, &mut offsets);
        if index == 0 {
            counted = read;
        }
        artifact.read += read;
        engine.load(&set.name, &table);
    }
    let text = |value: &Option<String>| value.clone().map_or(Parameter::Missing(ColumnType::Text), Parameter::Text);
    let parameters = Parameters::from([
        ("artifact".to_owned(), Parameter::Text(artifact.path.clone())),
        ("instance".to_owned(), text(&artifact.meta.instance)),
        (
            "collected_at".to_owned(),
            artifact.collected_at.as_ref().map_or(Parameter::Missing(ColumnType::Instant), |at| Parameter::Instant(at.micros())),
        ),
    ]);
    let mut rows: BTreeMap<String, Table> = BTreeMap::new();
    for insert in &adapter.inserts {
        let Some(definition) = definitions.get(&insert.table) else { continue };
        let found = match engine.select(insert, &parameters) {
            Ok(found) => found,
            Err(error) => {
                diagnostics.push(sql_diagnostic("adapter/sql", &adapter.script.file, &adapter.script.text, &error));
                continue;
            }
        };
        match shape_rows(&found, &insert.columns, definition, &offsets, artifact) {
            Ok(table) => rows.entry(insert.table.clone()).or_insert_with(|| definition.empty()).append(table),
            Err(problem) => diagnostics.push(Diagnostic::error("adapter/columns", &adapter.script.file, problem)),
        }
    }
    for set in &adapter.records {
        engine.drop(&set.name);
    }
    Scripted { rows, counted }
}

/// Leaves out the rows that speak of an instant outside the period, and notes what the file speaks of.
pub(super) fn within_period(
    rows: &mut BTreeMap<String, Table>,
    definitions: &BTreeMap<String, TableDefinition>,
    frame: &Frame,
    artifact: &mut Artifact,
) {
    for (name, table) in rows {
        let Some(column) = definitions.get(name).and_then(|definition| definition.over_time.as_deref()) else { continue };
        let instants: Vec<Option<i64>> = (0..table.len())
            .map(|row| match table.cell(row, column) {
                Cell::Instant(micros) => Some(micros),
                _ => None,
            })
            .collect();
        artifact.told_from = instants.iter().flatten().copied().chain(artifact.told_from).min();
        artifact.told_to = instants.iter().flatten().copied().chain(artifact.told_to).max();
        let is_inside = |at: &Option<i64>| at.is_some_and(|at| at >= frame.period_from && at <= frame.as_of);
        let inside: Vec<usize> = (0..table.len()).filter(|row| is_inside(&instants[*row])).collect();
        artifact.outside += table.len() - inside.len();
        if inside.len() < table.len() {
            *table = Table::new(table.columns().map(|(name, column)| (name.to_owned(), column.reordered(&inside))).collect());
        }
    }
}

/// Counts the records that were rejected, once each, lists the first of them, and masks what the reasons quote.
pub(super) fn count_rejections(artifact: &mut Artifact, mask: &Masker) {
    let records: BTreeSet<&str> = artifact.rejections.iter().map(|rejection| rejection.record.as_str()).collect();
    artifact.rejected = records.len();
    artifact.rejections.truncate(super::REJECTIONS_LISTED_MAX);
    for rejection in &mut artifact.rejections {
        rejection.reason = mask.apply(&rejection.reason);
    }
}

/// Runs the SQL of every adapter over no records at all, so that a mistake in it is told before any evidence is brought.
pub fn rehearse(adapters: &BTreeMap<String, Adapter>, definitions: &BTreeMap<String, TableDefinition>, diagnostics: &mut Diagnostics) {
    for adapter in adapters.values() {
        let engine = Engine::new();
        let mut artifact = Artifact::blank("rehearsal", ArtifactMeta::default());
        let mask = Masker::new(BTreeSet::new());
        run_script(&Collected::Documents(Vec::new()), adapter, definitions, &engine, &mask, &mut artifact, diagnostics);
    }
    rehearse_derived(definitions, diagnostics);
}

/// Runs the SQL of every derived table over tables without rows.
fn rehearse_derived(definitions: &BTreeMap<String, TableDefinition>, diagnostics: &mut Diagnostics) {
    let engine = Engine::new();
    definitions.values().for_each(|table| engine.load(&table.name, &table.empty()));
    let instants = ["as_of", "period_from", "period_to"].map(|name| (name.to_owned(), Parameter::Instant(0)));
    derive(&engine, definitions, &Parameters::from(instants), Request::All, diagnostics, |_| {});
}

/// The offsets that records state their instants with, by place; those that state them in UTC are left out.
#[derive(Debug, Default)]
struct Offsets(BTreeMap<String, String>);

impl Offsets {
    /// Of the record at a place, or of the record that holds the place.
    fn at(&self, place: &str) -> Option<&str> {
        let whole = || self.0.get(place.rsplit_once('#')?.0);
        self.0.get(place).or_else(whole).map(String::as_str)
    }
}

/// The offsets of a record's instants in one text: the offset itself where all share one.
fn offsets_text(stated: &[(&str, Offset)]) -> Option<String> {
    let (_, first) = stated.first()?;
    if stated.iter().all(|(_, offset)| offset == first) {
        return (*first != Offset::UTC).then(|| offset_text(*first));
    }
    Some(stated.iter().map(|(name, offset)| format!("{name} {}", offset_text(*offset))).collect::<Vec<_>>().join(", "))
}

/// As `+02:00`.
fn offset_text(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
}

fn cast_records(
    collected: &Collected,
    set: &Records,
    zone: Option<&TimeZone>,
    mask: &Masker,
    artifact: &mut Artifact,
    offsets: &mut Offsets,
) -> (Table, usize) {
    let mut sheet = RawTable::new(set, &artifact.path);
    let mut read = 0;
    match collected {
        Collected::Grid { header, rows } => {
            let columns: Vec<Vec<usize>> = set.fields.iter().map(|field| columns_of(header, &field.at)).collect();
            for row in rows {
                read += 1;
                let raws = columns.iter().zip(&set.fields).map(|(places, field)| grid_value(row, places, field));
                sheet.add(set, raws, row.place.clone(), zone, mask, artifact, offsets);
            }
        }
        Collected::Documents(documents) => {
            for document in documents {
                let pointers: Vec<String> = match &set.each {
                    Some(each) => each.query_located(&document.value).locations().map(|location| location.to_json_pointer()).collect(),
                    None => vec![String::new()],
                };
                for pointer in pointers {
                    read += 1;
                    let place = document.place_of(&pointer);
                    let raws = set.fields.iter().map(|field| document_value(&document.value, &pointer, &field.at));
                    sheet.add(set, raws, place, zone, mask, artifact, offsets);
                }
            }
        }
    }
    (sheet.table(), read)
}

/// A column that stands several times is a list, as exports of labels are; nobody can say which one is the id.
fn grid_value(row: &Row, places: &[usize], field: &Field) -> Raw {
    if field.required && places.len() > 1 {
        return Raw::Several;
    }
    let cells: Vec<&str> =
        places.iter().filter_map(|&at| row.cells.get(at)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    if places.is_empty() { Raw::Absent } else { Raw::Text(cells.join(", ")) }
}

/// The value at a JSON Pointer below the record, or at a Relative JSON Pointer from it.
fn document_value(document: &Value, record: &str, at: &str) -> Raw {
    let digits = at.chars().take_while(char::is_ascii_digit).count();
    let up: usize = at[..digits].parse().unwrap_or(0);
    let mut base = record;
    for _ in 0..up {
        match base.rfind('/') {
            Some(cut) => base = &base[..cut],
            None => return Raw::Absent,
        }
    }
    let rest = &at[digits..];
    if rest == "#" {
        return base.rsplit_once('/').map_or(Raw::Absent, |(_, key)| Raw::Text(key.replace("~1", "/").replace("~0", "~")));
    }
    match document.pointer(&format!("{base}{rest}")) {
        Some(value) => Raw::Json(value.clone()),
        None => Raw::Absent,
    }
}

/// The columns of one record set while its records are added.
struct RawTable {
    names: Vec<(String, Column)>,
    states: Vec<Option<usize>>,
    artifact: String,
    artifacts: Vec<Option<String>>,
    records: Vec<Option<String>>,
}

impl RawTable {
    fn new(set: &Records, artifact: &str) -> RawTable {
        let mut names = Vec::new();
        let mut states = Vec::new();
        for field in &set.fields {
            let kind = match field.kind {
                FieldType::Text | FieldType::Json => ColumnType::Text,
                FieldType::Integer => ColumnType::Integer,
                FieldType::Boolean => ColumnType::Boolean,
                FieldType::Instant => ColumnType::Instant,
            };
            names.push((field.name.clone(), Column::empty(kind)));
            states.push(None);
        }
        for (index, field) in set.fields.iter().enumerate() {
            let has_state =
                field.kind == FieldType::Instant || !(field.none.is_empty() && field.unknown.is_empty() && field.not_applicable.is_empty());
            if has_state {
                states[index] = Some(names.len());
                names.push((format!("{}_state", field.name), Column::empty(ColumnType::Text)));
            }
        }
        RawTable { names, states, artifact: artifact.to_owned(), artifacts: Vec::new(), records: Vec::new() }
    }

    /// Adds a record, or notes why it is rejected: then nothing of it is kept.
    #[expect(
        clippy::too_many_arguments,
        reason = "two call sites; each argument is one part of the record or of what is known of its file"
    )]
    fn add(
        &mut self,
        set: &Records,
        raws: impl Iterator<Item = Raw>,
        place: String,
        zone: Option<&TimeZone>,
        mask: &Masker,
        artifact: &mut Artifact,
        offsets: &mut Offsets,
    ) {
        let mut stated: Vec<(&str, Offset)> = Vec::new();
        let values: Result<Vec<(Value1, State)>, String> = set
            .fields
            .iter()
            .zip(raws)
            .map(|(field, raw)| {
                let (value, state) = cast(field, &raw, zone)?;
                if let Value1::Instant(micros) = value {
                    stated.extend(offset_of(field, &raw, micros, zone).map(|offset| (field.name.as_str(), offset)));
                }
                Ok((value, state))
            })
            .collect();
        let values = match values {
            Ok(values) => values,
            Err(reason) => {
                artifact.rejections.push(Rejection { record: place, reason });
                return;
            }
        };
        for (index, (value, state)) in values.into_iter().enumerate() {
            let value = match value {
                Value1::Text(text) if mask.hits(&text) => Value1::Text(mask.apply(&text)),
                other => other,
            };
            push(&mut self.names[index].1, value);
            if let Some(at) = self.states[index] {
                push(&mut self.names[at].1, Value1::Text(state.word().to_owned()));
            }
        }
        if let Some(text) = offsets_text(&stated) {
            offsets.0.insert(place.clone(), text);
        }
        self.artifacts.push(Some(self.artifact.clone()));
        self.records.push(Some(place));
    }

    fn table(mut self) -> Table {
        self.names.push(("artifact".into(), Column::Text(self.artifacts)));
        self.names.push(("record".into(), Column::Text(self.records)));
        Table::new(self.names)
    }
}

/// Brings the rows of one insert into the declared columns; a row without a required value is rejected.
fn shape_rows(
    found: &Table,
    columns: &[String],
    definition: &TableDefinition,
    offsets: &Offsets,
    artifact: &mut Artifact,
) -> Result<Table, String> {
    if found.names().len() != columns.len() {
        return Err(format!("an insert into `{}` names {} columns and selects {}", definition.name, columns.len(), found.names().len()));
    }
    let given: Vec<&Column> = found.columns().map(|(_, column)| column).collect();
    let at = |name: &str| columns.iter().position(|column| column == name);
    let record_at = at("record").ok_or("an insert fills `record`")?;
    let mut keep_rows = Vec::new();
    for row in 0..found.len() {
        let missing = definition
            .columns
            .iter()
            .find(|column| column.required && at(&column.name).is_none_or(|index| given[index].cell(row) == Cell::Missing));
        match missing {
            None => keep_rows.push(row),
            Some(column) => {
                let record = given[record_at].cell(row).to_string();
                let reason = format!("no row in `{}`: `{}` is missing", definition.name, column.name);
                artifact.rejections.push(Rejection { record, reason });
            }
        }
    }
    let shaped = definition
        .columns
        .iter()
        .map(|column| {
            let values = match at(&column.name) {
                Some(index) => conformed(given[index].clone(), column)?,
                None if column.name == SOURCE_OFFSET => {
                    let of = |row: usize| offsets.at(&given[record_at].cell(row).to_string()).map(str::to_owned);
                    Column::Text((0..found.len()).map(of).collect())
                }
                None => {
                    let mut missing = Column::empty(column.kind);
                    (0..found.len()).for_each(|_| missing.push_missing());
                    missing
                }
            };
            Ok((column.name.clone(), values.reordered(&keep_rows)))
        })
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Table::new(shaped))
}
