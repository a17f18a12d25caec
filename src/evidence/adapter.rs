//! Adapters: read, checked, and ready to claim a file by its content.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::format::{AdapterFile, Completeness, Field, FieldType, Prepare, Shape};
use super::holes::{Container, containers};
use super::tables::TableDefinition;
use crate::base::yaml::{Format, Located};
use crate::base::{Diagnostic, Diagnostics, Digest, SourceTree};
use crate::engine::Insert;

/// A checked adapter.
#[derive(Debug, Clone)]
pub struct Adapter {
    pub id: String,
    pub title: String,
    pub revision: u32,
    pub system: String,
    pub shapes: Vec<Shape>,
    /// The file as it was typed.
    pub declared: AdapterFile,
    pub columns: Vec<String>,
    pub(super) paths: Vec<JsonPath>,
    pub(super) absent: Vec<JsonPath>,
    pub completeness: Completeness,
    pub(super) incomplete_when: Vec<JsonPath>,
    pub(super) observed_at: Option<(JsonPath, Vec<String>, Option<String>)>,
    pub(super) envelope: Option<(JsonPath, Option<JsonPath>)>,
    pub(super) prepare: Vec<(JsonPath, Change)>,
    pub(super) secrets: Vec<Secret>,
    pub(super) records: Vec<Records>,
    pub(super) inserts: Vec<Insert>,
    pub(super) script: Script,
    /// Of adapter.yaml and normalise.sql together.
    pub digest: Digest,
}

#[derive(Debug, Clone)]
pub(super) struct Script {
    pub file: String,
    pub text: Arc<str>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    PercentDecode,
    Listify,
}

#[derive(Debug, Clone)]
pub(super) struct Secret {
    pub column: String,
    pub path: Option<JsonPath>,
    pub identifiers: Option<regex::Regex>,
}

#[derive(Debug, Clone)]
pub(super) struct Records {
    pub name: String,
    pub each: Option<JsonPath>,
    /// The lists that `each` walks.
    pub containers: Vec<Container>,
    pub fields: Vec<Field>,
}

impl Adapter {
    /// The tables that its script fills.
    pub fn feeds(&self) -> BTreeSet<String> {
        self.inserts.iter().map(|insert| insert.table.clone()).collect()
    }

    /// The columns that its script fills, by table.
    pub fn fills(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut fills: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for insert in &self.inserts {
            fills.entry(&insert.table).or_default().extend(insert.columns.iter().map(String::as_str));
        }
        fills
    }

    /// Whether the first JSON or YAML document is of this kind.
    pub(super) fn claims_document(&self, document: &Value) -> bool {
        !self.paths.is_empty()
            && self.paths.iter().all(|path| !path.query(document).is_empty())
            && self.absent.iter().all(|path| path.query(document).is_empty())
    }

    /// Whether a header row is of this kind.
    pub(super) fn claims_header(&self, header: &[String]) -> bool {
        !self.columns.is_empty() && self.columns.iter().all(|column| header.iter().any(|have| have == column))
    }
}

/// Reads every adapter of a tree of controls.
pub fn load_adapters(
    controls: &SourceTree,
    tables: &BTreeMap<String, TableDefinition>,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, Adapter> {
    let format = Format::<AdapterFile>::new("adapter/invalid");
    let mut adapters = BTreeMap::new();
    for path in controls.named("adapters", "adapter.yaml") {
        let bytes = controls.get(path).unwrap_or_default();
        let Some(file) = format.read(path, bytes, diagnostics) else {
            continue;
        };
        let folder = path.trim_end_matches("/adapter.yaml");
        if folder.rsplit('/').next() != Some(file.value.id.as_str()) {
            diagnostics.push(file.error(
                "/id",
                "adapter/misplaced",
                format!("the adapter `{}` stands in the folder `{folder}`", file.value.id),
            ));
        }
        let script_path = format!("{folder}/normalise.sql");
        let Some(script) = controls.text(&script_path) else {
            diagnostics.push(
                file.error("/id", "adapter/no-script", format!("`{script_path}` is missing")).help("write normalise.sql beside this file"),
            );
            continue;
        };
        let script = Script { file: script_path, text: Arc::from(script) };
        let digest = Digest::of_canonical(&[Digest::of(bytes), Digest::of(script.text.as_bytes())]);
        if let Some(adapter) = check(file, script, digest, tables, diagnostics) {
            adapters.insert(adapter.id.clone(), adapter);
        }
    }
    adapters
}

fn check(
    file: Located<AdapterFile>,
    script: Script,
    digest: Digest,
    tables: &BTreeMap<String, TableDefinition>,
    diagnostics: &mut Diagnostics,
) -> Option<Adapter> {
    let before = diagnostics.len();
    let typed = &file.value;
    let path = |pointer: String, text: &str, diagnostics: &mut Diagnostics| match JsonPath::parse(text) {
        Ok(path) => Some(path),
        Err(error) => {
            diagnostics.push(file.error(&pointer, "adapter/json-path", error.to_string()).help("see RFC 9535"));
            None
        }
    };
    let all = |pointer: &str, texts: &[String], diagnostics: &mut Diagnostics| -> Vec<JsonPath> {
        texts.iter().enumerate().filter_map(|(index, text)| path(format!("{pointer}/{index}"), text, diagnostics)).collect()
    };
    let structured = typed.shapes.iter().any(|shape| matches!(shape, Shape::Json | Shape::Yaml | Shape::Ldif | Shape::Pem));
    let secrets = typed
        .secrets
        .iter()
        .enumerate()
        .map(|(index, secret)| Secret {
            column: secret.at.clone(),
            path: structured.then(|| path(format!("/secrets/{index}/at"), &secret.at, diagnostics)).flatten(),
            identifiers: secret.identifiers.as_ref().and_then(|pattern| match regex::Regex::new(&format!("^(?:{pattern})$")) {
                Ok(regex) => Some(regex),
                Err(error) => {
                    diagnostics.push(file.error(&format!("/secrets/{index}/identifiers"), "adapter/pattern", error.to_string()));
                    None
                }
            }),
        })
        .collect();
    let records = typed
        .records
        .iter()
        .enumerate()
        .map(|(index, set)| {
            check_fields(&file, index, diagnostics);
            Records {
                name: set.name.clone(),
                each: set.each.as_ref().and_then(|each| path(format!("/records/{index}/each"), each, diagnostics)),
                containers: set.each.as_deref().map(|each| containers(each, index == 0)).unwrap_or_default(),
                fields: set.fields.clone(),
            }
        })
        .collect();
    let prepare = typed
        .prepare
        .iter()
        .enumerate()
        .filter_map(|(index, step)| {
            let (key, text, change) = match step {
                Prepare::PercentDecode(text) => ("percent-decode", text, Change::PercentDecode),
                Prepare::Listify(text) => ("listify", text, Change::Listify),
            };
            Some((path(format!("/prepare/{index}/{key}"), text, diagnostics)?, change))
        })
        .collect();
    let observed_at = typed.observed_at.as_ref().and_then(|observed| {
        Some((path("/observed_at/at".to_owned(), &observed.at, diagnostics)?, observed.format.clone(), observed.zone.clone()))
    });
    let envelope = typed.envelope.as_ref().and_then(|envelope| {
        if !typed.secrets.is_empty() {
            diagnostics.push(
                file.error("/envelope", "adapter/envelope", "an export with secret values cannot be read from an envelope")
                    .help("the copy in the pack could not mask them; unwrap it before it is collected"),
            );
        }
        let observed = envelope.observed_at.as_ref().and_then(|at| path("/envelope/observed_at".to_owned(), at, diagnostics));
        Some((path("/envelope/at".to_owned(), &envelope.at, diagnostics)?, observed))
    });
    if typed.streams && !(typed.secrets.is_empty() && typed.observed_at.is_none()) {
        diagnostics.push(
            file.error("/streams", "adapter/streams", "a file with secret values or with an instant of its own is read whole")
                .help("leave `streams` out"),
        );
    }
    if typed.recognise.columns.is_empty() && typed.recognise.paths.is_empty() && !typed.shapes.contains(&Shape::Pem) {
        diagnostics.push(file.error("/recognise", "adapter/recognises-everything", "this adapter states nothing to recognise a file by"));
    }
    let adapter = Adapter {
        paths: all("/recognise/paths", &typed.recognise.paths, diagnostics),
        absent: all("/recognise/absent", &typed.recognise.absent, diagnostics),
        incomplete_when: all("/completeness/incomplete_when", &typed.completeness.incomplete_when, diagnostics),
        inserts: check_script(&script, tables, diagnostics),
        id: typed.id.clone(),
        title: typed.title.clone(),
        revision: typed.revision,
        system: typed.system.clone(),
        shapes: typed.shapes.clone(),
        declared: typed.clone(),
        columns: typed.recognise.columns.clone(),
        completeness: typed.completeness.clone(),
        observed_at,
        envelope,
        prepare,
        secrets,
        records,
        script,
        digest,
    };
    (diagnostics.len() == before).then_some(adapter)
}

fn check_fields(file: &Located<AdapterFile>, set: usize, diagnostics: &mut Diagnostics) {
    let mut names = BTreeSet::new();
    for (index, field) in file.value.records[set].fields.iter().enumerate() {
        let pointer = format!("/records/{set}/fields/{index}");
        if !names.insert(&field.name) || matches!(field.name.as_str(), "artifact" | "record") {
            diagnostics.push(file.error(&format!("{pointer}/name"), "adapter/field", format!("the field name `{}` is taken", field.name)));
        }
        let wants_format = field.kind == FieldType::Instant;
        if wants_format == field.format.is_empty() {
            let message = if wants_format { "an instant states its format" } else { "only an instant has a format" };
            diagnostics.push(
                file.error(&pointer, "adapter/field", message)
                    .help("rfc3339, epoch-seconds, epoch-millis, filetime, or a strptime pattern"),
            );
        }
        for (at, format) in field.format.iter().enumerate() {
            if !matches!(format.as_str(), "rfc3339" | "epoch-seconds" | "epoch-millis" | "filetime") && !format.contains('%') {
                diagnostics.push(
                    file.error(&format!("{pointer}/format/{at}"), "adapter/field", format!("`{format}` is no format"))
                        .suggest(format, ["rfc3339", "epoch-seconds", "epoch-millis", "filetime"]),
                );
            }
        }
        if let Some(zone) = &field.zone
            && jiff::tz::TimeZone::get(zone).is_err()
        {
            diagnostics.push(file.error(&format!("{pointer}/zone"), "adapter/field", format!("`{zone}` is no time zone")));
        }
    }
}

fn check_script(script: &Script, tables: &BTreeMap<String, TableDefinition>, diagnostics: &mut Diagnostics) -> Vec<Insert> {
    let inserts = match Insert::parse_all(&script.text) {
        Ok(inserts) => inserts,
        Err(error) => {
            diagnostics.push(sql_diagnostic("adapter/sql", &script.file, &script.text, &error));
            return Vec::new();
        }
    };
    for insert in &inserts {
        let Some(table) = tables.get(&insert.table).filter(|table| table.derivation.is_none()) else {
            diagnostics.push(
                Diagnostic::error("adapter/unknown-table", &script.file, format!("there is no normalised table `{}`", insert.table))
                    .suggest(&insert.table, tables.keys().map(String::as_str)),
            );
            continue;
        };
        for column in &insert.columns {
            if !table.columns.iter().any(|known| known.name == *column) {
                diagnostics.push(
                    Diagnostic::error(
                        "adapter/unknown-column",
                        &script.file,
                        format!("the table `{}` has no column `{column}`", table.name),
                    )
                    .suggest(column, table.columns.iter().map(|known| known.name.as_str())),
                );
            }
        }
        for required in table.columns.iter().filter(|column| column.required) {
            if !insert.columns.contains(&required.name) {
                diagnostics.push(Diagnostic::error(
                    "adapter/missing-column",
                    &script.file,
                    format!("an insert into `{}` leaves out the required column `{}`", table.name, required.name),
                ));
            }
        }
    }
    inserts
}

/// A mistake in SQL as a diagnostic on the characters of the .sql file.
pub fn sql_diagnostic(code: &'static str, file: &str, text: &Arc<str>, error: &crate::engine::QueryError) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(code, file, error.message.clone());
    if let Some(place) = &error.place {
        diagnostic = diagnostic.at(text, place.clone());
    }
    match &error.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}
