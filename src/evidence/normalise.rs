//! One file after the other: unwrap, take apart, find the adapter, cast, and run its script.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde_json::Value;

use super::adapter::{Adapter, Records, sql_diagnostic};
use super::cast::{Raw, State, Value1, cast, push};
use super::decode::{Decoded, decode};
use super::format::{ArtifactMeta, Extent, Field, FieldType, Shape};
use super::mask::{Masker, keep, private_keys_of, secrets_of};
use super::records::{Document, Parsed, Row, columns_of, parse_der, parse_parquet, parse_text, parse_workbook, prepare};
use super::tables::{TableDefinition, conform, derive};
use super::{Artifact, ArtifactState, FoundFile, Frame, Ledger, Rejection};
use crate::base::{Cell, Column, ColumnType, Diagnostic, Diagnostics, Digest, Instant, Table};
use crate::engine::{Engine, Parameter, Parameters};

/// What one file gave.
struct Outcome {
    artifact: Artifact,
    rows: BTreeMap<String, Table>,
    secrets: BTreeSet<String>,
}

/// Turns the files of a workspace into tables. `progress` is called with each path before it is read.
pub fn normalise(
    files: &[FoundFile],
    metas: &BTreeMap<String, ArtifactMeta>,
    adapters: &BTreeMap<String, Adapter>,
    definitions: &BTreeMap<String, TableDefinition>,
    frame: &Frame,
    diagnostics: &mut Diagnostics,
    mut progress: impl FnMut(&str),
) -> Ledger {
    let engine = Engine::new();
    let mut tables: BTreeMap<String, Table> = definitions.iter().map(|(name, definition)| (name.clone(), definition.empty())).collect();
    let mut artifacts = BTreeMap::new();
    let mut secrets = BTreeSet::new();
    let mut own_maskers = BTreeMap::new();
    let mut seen: BTreeMap<(Digest, Option<String>), String> = BTreeMap::new();
    let mut order: Vec<&FoundFile> = files.iter().collect();
    order.sort_by(|one, two| one.path.cmp(&two.path));
    for file in order {
        progress(&file.path);
        let meta = metas.get(&file.path).cloned().unwrap_or_else(|| ArtifactMeta { path: file.path.clone(), ..ArtifactMeta::default() });
        let mut outcome = read_file(file, meta, adapters, definitions, frame, &engine, &mut seen, diagnostics);
        for (name, rows) in outcome.rows {
            tables.get_mut(&name).expect("the adapter was checked against the definitions").append(rows);
        }
        let rejected: BTreeSet<&str> = outcome.artifact.rejections.iter().map(|rejection| rejection.record.as_str()).collect();
        outcome.artifact.rejected = rejected.len();
        outcome.artifact.kept = outcome.artifact.read.saturating_sub(outcome.artifact.rejected);
        if !outcome.secrets.is_empty() {
            own_maskers.insert(file.path.clone(), Masker::new(outcome.secrets.clone()));
        }
        secrets.append(&mut outcome.secrets);
        artifacts.insert(file.path.clone(), outcome.artifact);
    }
    fill_own_tables(&mut tables, &artifacts, frame);
    for (name, table) in &mut tables {
        table.sort();
        if definitions.get(name).is_some_and(|definition| definition.derivation.is_none()) {
            engine.load(name, table);
        }
    }
    let parameters = Parameters::from([
        ("as_of".to_owned(), Parameter::Instant(frame.as_of)),
        ("period_from".to_owned(), Parameter::Instant(frame.period_from)),
        ("period_to".to_owned(), Parameter::Instant(frame.as_of)),
    ]);
    derive(&engine, definitions, &parameters, &mut tables, diagnostics);
    Ledger { artifacts, tables, masker: Masker::shared(secrets), own_maskers }
}

#[expect(clippy::too_many_arguments, reason = "one call site; each argument is one input of the stage")]
fn read_file(
    file: &FoundFile,
    meta: ArtifactMeta,
    adapters: &BTreeMap<String, Adapter>,
    definitions: &BTreeMap<String, TableDefinition>,
    frame: &Frame,
    engine: &Engine,
    seen: &mut BTreeMap<(Digest, Option<String>), String>,
    diagnostics: &mut Diagnostics,
) -> Outcome {
    let mut artifact = blank(file, meta);
    let given_up = |mut artifact: Artifact, state, note: String, secrets| {
        artifact.state = state;
        artifact.note = note;
        Outcome { artifact, rows: BTreeMap::new(), secrets }
    };
    let bytes = match &file.content {
        Ok(bytes) => bytes,
        Err(reason) => {
            return given_up(artifact, ArtifactState::Unreadable, reason.clone(), BTreeSet::new());
        }
    };
    if let Some(difference) = altered(bytes, &artifact) {
        return given_up(artifact, ArtifactState::Altered, difference, BTreeSet::new());
    }
    let identity = (Digest::of(bytes), artifact.meta.instance.clone());
    if let Some(first) = seen.get(&identity) {
        let note = format!("the same bytes as `{first}`, which was read already");
        return given_up(artifact, ArtifactState::Unrecognised, note, BTreeSet::new());
    }
    if frame.documents.contains(&artifact.path) {
        return match super::document::form_of(&artifact.path, bytes) {
            Ok(form) => {
                let keys = super::document::text(bytes).map(|text| private_keys_of(&text)).unwrap_or_default();
                artifact.secrets = keys.len();
                given_up(artifact, ArtifactState::Document, format!("a document ({}), read by people", form.word()), keys)
            }
            Err(reason) => given_up(artifact, ArtifactState::Unreadable, reason, BTreeSet::new()),
        };
    }
    let (parsed, keys) = match decode(bytes).and_then(|decoded| match decoded {
        Decoded::Text(text) => Ok((parse_text(&text, adapters.values())?, private_keys_of(&text))),
        Decoded::Workbook(bytes) => Ok((parse_workbook(&bytes)?, BTreeSet::new())),
        Decoded::Parquet(bytes) => Ok((parse_parquet(bytes)?, BTreeSet::new())),
        Decoded::Der(bytes) => Ok((parse_der(&bytes)?, BTreeSet::new())),
    }) {
        Ok(parsed) => parsed,
        Err(reason) => {
            return given_up(artifact, ArtifactState::Unreadable, reason, BTreeSet::new());
        }
    };
    let parsed = unwrapped(parsed, adapters, &mut artifact);
    let adapter = match claim(&parsed, &artifact.meta, adapters) {
        Ok(adapter) => adapter,
        Err(reason) => return given_up(artifact, ArtifactState::Unrecognised, reason, keys),
    };
    artifact.adapter = Some(adapter.id.clone());
    artifact.adapter_revision = Some(adapter.revision);
    artifact.system = artifact.system.or_else(|| Some(adapter.system.clone()));
    let (collected, mut secrets) = collect(parsed, adapter, &mut artifact);
    secrets.extend(keys);
    artifact.secrets = secrets.len();
    if let Some(at) = artifact.collected_at.clone() {
        let outside = if at.micros() > frame.as_of {
            Some("was collected after `as_of` and cannot speak for it")
        } else if at.micros() < frame.period_from {
            Some("was collected before the period began")
        } else {
            None
        };
        if let Some(outside) = outside {
            return given_up(artifact, ArtifactState::OutOfPeriod, format!("{outside} ({at})"), secrets);
        }
    }
    let own_mask = Masker::new(secrets.clone());
    let mut rows = run_script(collected, adapter, definitions, engine, &own_mask, &mut artifact, diagnostics);
    for (name, table) in &mut rows {
        if let Some(column) = definitions.get(name).and_then(|definition| definition.over_time.as_deref()) {
            within_period(table, column, frame, &mut artifact);
        }
    }
    for rejection in &mut artifact.rejections {
        rejection.reason = own_mask.apply(&rejection.reason);
    }
    seen.insert(identity, file.path.clone());
    artifact.feeds = adapter.feeds();
    artifact.state = ArtifactState::Used;
    artifact.note = format!("read as {}", adapter.title);
    Outcome { artifact, rows, secrets }
}

/// Leaves out the rows that speak of an instant outside the period, and notes what the file speaks of.
fn within_period(table: &mut Table, column: &str, frame: &Frame, artifact: &mut Artifact) {
    let instants: Vec<Option<i64>> = (0..table.len())
        .map(|row| match table.cell(row, column) {
            Cell::Instant(micros) => Some(micros),
            _ => None,
        })
        .collect();
    for at in instants.iter().flatten() {
        artifact.told_from = Some(artifact.told_from.map_or(*at, |first| first.min(*at)));
        artifact.told_to = Some(artifact.told_to.map_or(*at, |last| last.max(*at)));
    }
    let inside: Vec<usize> = instants
        .iter()
        .enumerate()
        .filter(|(_, at)| at.is_some_and(|at| at >= frame.period_from && at <= frame.as_of))
        .map(|(row, _)| row)
        .collect();
    artifact.outside += table.len() - inside.len();
    if inside.len() < table.len() {
        *table = Table::new(table.columns().map(|(name, column)| (name.to_owned(), column.reordered(&inside))).collect());
    }
}

/// How the bytes differ from what was stated when they were collected.
fn altered(bytes: &[u8], artifact: &Artifact) -> Option<String> {
    if let Some(stated) = artifact.meta.bytes.filter(|stated| *stated != bytes.len() as u64) {
        return Some(format!("it had {stated} bytes when it was collected, and has {} now", bytes.len()));
    }
    let stated = artifact.meta.sha256.as_ref()?;
    let now = artifact.sha256.as_ref()?.to_string();
    (!stated.eq_ignore_ascii_case(&now)).then(|| format!("its SHA-256 was {stated} when it was collected, and is {now} now"))
}

fn blank(file: &FoundFile, meta: ArtifactMeta) -> Artifact {
    Artifact {
        path: file.path.clone(),
        state: ArtifactState::Unreadable,
        note: String::new(),
        sha256: file.content.as_ref().ok().map(|bytes| Digest::of(bytes)),
        bytes: file.content.as_ref().map_or(0, |bytes| bytes.len() as u64),
        adapter: None,
        adapter_revision: None,
        system: meta.system.clone(),
        collected_at: meta.collected_at.clone(),
        meta,
        extent: Extent::Unknown,
        extent_because: "it was not read".into(),
        read: 0,
        kept: 0,
        rejected: 0,
        rejections: Vec::new(),
        feeds: BTreeSet::new(),
        secrets: 0,
        told_from: None,
        told_to: None,
        outside: 0,
    }
}

/// What an envelope holds, where an adapter knows the envelope and what it holds; else the document as it is.
fn unwrapped(parsed: Parsed, adapters: &BTreeMap<String, Adapter>, artifact: &mut Artifact) -> Parsed {
    use base64::Engine as _;
    let Parsed::Documents { shape: Shape::Json, documents, .. } = &parsed else {
        return parsed;
    };
    let [document] = documents.as_slice() else {
        return parsed;
    };
    for adapter in adapters.values() {
        let Some((at, observed)) = &adapter.envelope else { continue };
        let inner = at
            .query(&document.value)
            .first()
            .and_then(Value::as_str)
            .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text.trim()).ok())
            .and_then(|bytes| match decode(&bytes) {
                Ok(Decoded::Text(text)) => parse_text(&text, adapters.values()).ok(),
                _ => None,
            });
        if let Some(inner) = inner.filter(|inner| claims(adapter, inner)) {
            let made = observed.as_ref().and_then(|path| path.query(&document.value).first().and_then(Value::as_str));
            artifact.collected_at = artifact.collected_at.take().or_else(|| made.and_then(|text| Instant::parse(text).ok()));
            return inner;
        }
    }
    parsed
}

/// The one adapter for a file: named by its metadata, else the only one that recognises it.
fn claim<'a>(parsed: &Parsed, meta: &ArtifactMeta, adapters: &'a BTreeMap<String, Adapter>) -> Result<&'a Adapter, String> {
    let shape = match parsed {
        Parsed::Documents { shape, .. } | Parsed::Grid { shape, .. } => *shape,
        Parsed::Plain(reason) => return Err(format!("no adapter recognises its content: {reason}")),
    };
    if let Some(named) = &meta.adapter {
        let adapter = adapters.get(named).ok_or_else(|| format!("artifacts.yaml names the adapter `{named}`, which does not exist"))?;
        if !adapter.shapes.contains(&shape) {
            return Err(format!("artifacts.yaml names the adapter `{named}`, which does not read {shape:?} files"));
        }
        return if claims(adapter, parsed) || is_empty_list(parsed) {
            Ok(adapter)
        } else {
            Err(format!("artifacts.yaml names the adapter `{named}`, but the content is not of that kind"))
        };
    }
    let claiming: Vec<&Adapter> = adapters.values().filter(|adapter| adapter.shapes.contains(&shape) && claims(adapter, parsed)).collect();
    match claiming.as_slice() {
        [one] => Ok(one),
        [] => Err("no adapter recognises its content".into()),
        several => Err(format!(
            "several adapters recognise it ({}); name one as `adapter:` in artifacts.yaml",
            several.iter().map(|adapter| adapter.id.as_str()).collect::<Vec<_>>().join(", ")
        )),
    }
}

fn claims(adapter: &Adapter, parsed: &Parsed) -> bool {
    match parsed {
        Parsed::Documents { shape: Shape::Pem, documents, .. } => !documents.is_empty(),
        Parsed::Documents { documents, .. } => documents.first().is_some_and(|first| adapter.claims_document(&first.value)),
        Parsed::Grid { header, .. } => adapter.claims_header(header),
        Parsed::Plain(_) => false,
    }
}

/// `[]` looks the same from every tool; only a named adapter makes it "nothing found".
fn is_empty_list(parsed: &Parsed) -> bool {
    matches!(parsed, Parsed::Documents { documents, .. } if documents.iter().all(|document| document.value.as_array().is_some_and(Vec::is_empty)))
}

/// Raw records of every record set, each with its place.
enum Collected {
    Documents(Vec<Document>),
    Grid { header: Vec<String>, rows: Vec<Row> },
}

/// Takes what the adapter needs from the file: when it was made, whether it is whole, which values are secret.
fn collect(parsed: Parsed, adapter: &Adapter, artifact: &mut Artifact) -> (Collected, BTreeSet<String>) {
    let mut secrets = BTreeSet::new();
    let mut cut = false;
    let (collected, broken) = match parsed {
        Parsed::Documents { shape, mut documents, mut broken } => {
            if documents.len() > 1 && shape != Shape::Pem {
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
        (Extent::Incomplete, "the export says itself that there is more".to_owned())
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

fn run_script(
    collected: Collected,
    adapter: &Adapter,
    definitions: &BTreeMap<String, TableDefinition>,
    engine: &Engine,
    mask: &Masker,
    artifact: &mut Artifact,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, Table> {
    let zone = match artifact.meta.zone.as_ref().map(|name| TimeZone::get(name)) {
        Some(Ok(zone)) => Some(zone),
        _ => None,
    };
    for (index, set) in adapter.records.iter().enumerate() {
        let (table, read) = cast_records(&collected, set, zone.as_ref(), mask, artifact);
        if index == 0 {
            let broken = artifact.read;
            judge_extent(read + broken, artifact);
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
        match shape_rows(&found, &insert.columns, definition, artifact) {
            Ok(table) => rows.entry(insert.table.clone()).or_insert_with(|| definition.empty()).append(table),
            Err(problem) => diagnostics.push(Diagnostic::error("adapter/columns", &adapter.script.file, problem)),
        }
    }
    for set in &adapter.records {
        engine.drop(&set.name);
    }
    rows
}

/// Runs the SQL of every adapter over no records at all, so that a mistake in it is told before any evidence is brought.
pub fn rehearse(adapters: &BTreeMap<String, Adapter>, definitions: &BTreeMap<String, TableDefinition>, diagnostics: &mut Diagnostics) {
    let nothing = FoundFile { path: "rehearsal".into(), content: Ok(Vec::new()) };
    for adapter in adapters.values() {
        let engine = Engine::new();
        let mut artifact = blank(&nothing, ArtifactMeta::default());
        let mask = Masker::new(BTreeSet::new());
        run_script(Collected::Documents(Vec::new()), adapter, definitions, &engine, &mask, &mut artifact, diagnostics);
    }
}

/// A stated row count confirms or refutes that the export is whole.
fn judge_extent(counted: usize, artifact: &mut Artifact) {
    let Some(stated) = artifact.meta.rows else {
        return;
    };
    if artifact.extent == Extent::Incomplete {
        return;
    }
    (artifact.extent, artifact.extent_because) = if stated == counted as u64 {
        (Extent::Complete, format!("the source counted {stated} records, and {counted} were found"))
    } else {
        (Extent::Incomplete, format!("the source counted {stated} records, but {counted} were found"))
    };
}

fn cast_records(collected: &Collected, set: &Records, zone: Option<&TimeZone>, mask: &Masker, artifact: &mut Artifact) -> (Table, usize) {
    let mut sheet = RawTable::new(set, &artifact.path);
    let mut read = 0;
    match collected {
        Collected::Grid { header, rows } => {
            let columns: Vec<Vec<usize>> = set.fields.iter().map(|field| columns_of(header, &field.at)).collect();
            for row in rows {
                read += 1;
                let raws = columns.iter().map(|places| grid_value(row, places));
                sheet.add(set, raws, row.place.clone(), zone, mask, artifact);
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
                    let place = match (document.place.is_empty(), pointer.is_empty()) {
                        (true, _) => format!("#{pointer}"),
                        (false, true) => document.place.clone(),
                        (false, false) => format!("{}#{pointer}", document.place),
                    };
                    let raws = set.fields.iter().map(|field| document_value(&document.value, &pointer, &field.at));
                    sheet.add(set, raws, place, zone, mask, artifact);
                }
            }
        }
    }
    (sheet.table(), read)
}

fn grid_value(row: &Row, places: &[usize]) -> Raw {
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
    fn add(
        &mut self,
        set: &Records,
        raws: impl Iterator<Item = Raw>,
        place: String,
        zone: Option<&TimeZone>,
        mask: &Masker,
        artifact: &mut Artifact,
    ) {
        let values: Result<Vec<(Value1, State)>, String> =
            set.fields.iter().zip(raws).map(|(field, raw)| cast(field, &raw, zone)).collect();
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
fn shape_rows(found: &Table, columns: &[String], definition: &TableDefinition, artifact: &mut Artifact) -> Result<Table, String> {
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
                Some(index) => conform(given[index], column)?,
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

/// The tables that no adapter fills: the artifacts themselves and what the workspace states.
fn fill_own_tables(tables: &mut BTreeMap<String, Table>, artifacts: &BTreeMap<String, Artifact>, frame: &Frame) {
    let text = |values: Vec<Option<String>>| Column::Text(values);
    if let Some(table) = tables.get_mut("artifacts") {
        let all: Vec<&Artifact> = artifacts.values().collect();
        let extent = |extent: Extent| match extent {
            Extent::Complete => "complete",
            Extent::Incomplete => "incomplete",
            Extent::Unknown => "unknown",
        };
        *table = Table::new(vec![
            ("path".into(), text(all.iter().map(|a| Some(a.path.clone())).collect())),
            ("adapter".into(), text(all.iter().map(|a| a.adapter.clone()).collect())),
            ("state".into(), text(all.iter().map(|a| Some(a.state.word().to_owned())).collect())),
            ("sha256".into(), text(all.iter().map(|a| a.sha256.as_ref().map(ToString::to_string)).collect())),
            ("system".into(), text(all.iter().map(|a| a.system.clone()).collect())),
            ("instance".into(), text(all.iter().map(|a| a.meta.instance.clone()).collect())),
            ("collected_at".into(), Column::Instant(all.iter().map(|a| a.collected_at.as_ref().map(Instant::micros)).collect())),
            ("extent".into(), text(all.iter().map(|a| Some(extent(a.extent).to_owned())).collect())),
            ("kept".into(), Column::Integer(all.iter().map(|a| i64::try_from(a.kept).ok()).collect())),
            ("rejected".into(), Column::Integer(all.iter().map(|a| i64::try_from(a.rejections.len()).ok()).collect())),
        ]);
    }
    let place = |name: &str, count: usize| {
        [
            ("artifact".to_owned(), text(vec![Some("tickmark.yaml".to_owned()); count])),
            ("record".to_owned(), text((0..count).map(|index| Some(format!("#/{name}/{index}"))).collect())),
        ]
    };
    if let Some(table) = tables.get_mut("people") {
        let mut columns = vec![
            ("pattern".to_owned(), text(frame.people.iter().map(|(pattern, _)| Some(pattern.clone())).collect())),
            ("reason".to_owned(), text(frame.people.iter().map(|(_, reason)| Some(reason.clone())).collect())),
        ];
        columns.extend(place("people", frame.people.len()));
        *table = Table::new(columns);
    }
    if let Some(table) = tables.get_mut("aliases") {
        let mut columns = vec![
            ("alias".to_owned(), text(frame.aliases.iter().map(|(alias, ..)| Some(alias.clone())).collect())),
            ("identity_id".to_owned(), text(frame.aliases.iter().map(|(_, id, _)| Some(id.clone())).collect())),
            ("reason".to_owned(), text(frame.aliases.iter().map(|(.., reason)| Some(reason.clone())).collect())),
        ];
        columns.extend(place("aliases", frame.aliases.len()));
        *table = Table::new(columns);
    }
}
