//! The normalised tables: what each column means, and how the derived ones are made from the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::adapter::sql_diagnostic;
use super::format::{TableColumn, TableFile};
use crate::base::yaml::Format;
use crate::base::{Column, Diagnostics, Digest, SourceTree, Table};
use crate::engine::{Declared, Engine, Parameters, Query, Unmade};

/// A checked table definition.
#[derive(Debug, Clone)]
pub struct TableDefinition {
    pub name: String,
    pub meaning: String,
    pub columns: Vec<TableColumn>,
    /// The column of instants, for tables whose rows speak of one instant each.
    pub over_time: Option<String>,
    pub derivation: Option<Derivation>,
    /// Of the YAML file and, for a derived table, its query.
    pub digest: Digest,
}

/// The query that makes a derived table.
#[derive(Debug, Clone)]
pub struct Derivation {
    pub reads: Vec<String>,
    /// Made only for those who ask; see [`Request`].
    pub on_request: bool,
    pub file: String,
    pub text: Arc<str>,
    query: Query,
}

impl TableDefinition {
    pub fn empty(&self) -> Table {
        Table::empty(self.columns.iter().map(|column| (column.name.as_str(), column.kind)))
    }

    /// The only values that a column may hold; none where it may hold any.
    pub fn values(&self, column: &str) -> Vec<String> {
        let own = self.columns.iter().find(|own| own.name == column);
        own.into_iter().flat_map(|own| &own.values).map(|value| value.name.clone()).collect()
    }
}

/// Reads every table definition of a tree of controls.
pub fn load_tables(controls: &SourceTree, diagnostics: &mut Diagnostics) -> BTreeMap<String, TableDefinition> {
    let format = Format::<TableFile>::new("table/invalid");
    let mut tables = BTreeMap::new();
    let paths: Vec<&str> =
        controls.iter().map(|(path, _)| path).filter(|path| path.starts_with("tables/") && path.ends_with(".yaml")).collect();
    for path in paths {
        let bytes = controls.get(path).unwrap_or_default();
        let Some(file) = format.read(path, bytes, diagnostics) else {
            continue;
        };
        let expected = format!("tables/{}.yaml", file.value.name);
        if path != expected {
            diagnostics.push(file.error("/name", "table/misplaced", format!("the table `{}` belongs in `{expected}`", file.value.name)));
        }
        let sql_path = path.replace(".yaml", ".sql");
        let sql = controls.text(&sql_path);
        let derivation = sql.and_then(|sql| match Query::parse(sql) {
            Ok(query) => Some(Derivation {
                reads: file.value.reads.clone(),
                on_request: file.value.on_request,
                file: sql_path.clone(),
                text: Arc::from(sql),
                query,
            }),
            Err(error) => {
                diagnostics.push(sql_diagnostic("table/sql", &sql_path, &Arc::from(sql), &error));
                None
            }
        });
        let digest = Digest::of_canonical(&[Digest::of(bytes), Digest::of(sql.unwrap_or_default().as_bytes())]);
        if let Some(column) = &file.value.over_time
            && !file.value.columns.iter().any(|own| own.name == *column && own.kind == crate::base::ColumnType::Instant)
        {
            diagnostics.push(
                file.error(
                    "/over_time",
                    "table/over-time",
                    format!("the table `{}` has no column of instants `{column}`", file.value.name),
                )
                .suggest(column, file.value.columns.iter().map(|own| own.name.as_str())),
            );
        }
        tables.insert(
            file.value.name.clone(),
            TableDefinition {
                name: file.value.name,
                meaning: file.value.meaning,
                columns: file.value.columns,
                over_time: file.value.over_time,
                derivation,
                digest,
            },
        );
    }
    for table in tables.values() {
        for read in table.derivation.iter().flat_map(|derivation| &derivation.reads) {
            if !tables.contains_key(read) {
                diagnostics.push(
                    crate::base::Diagnostic::error(
                        "table/unknown-table",
                        format!("tables/{}.yaml", table.name),
                        format!("`reads` names the unknown table `{read}`"),
                    )
                    .suggest(read, tables.keys().map(String::as_str)),
                );
            }
        }
    }
    tables
}

/// Which derived tables are made. The others stay empty.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    All,
    /// All but those that are made on request and whose first table has no rows: a table of lives has none where there is nobody.
    Filled,
    /// Those that this query names, and what they are made from.
    NamedIn(&'a str),
}

impl Request<'_> {
    fn asks_for(self, table: &str, derivation: &Derivation, named: &BTreeSet<&str>, engine: &Engine) -> bool {
        match self {
            Request::All => true,
            Request::Filled => !derivation.on_request || derivation.reads.first().is_none_or(|first| engine.has_rows(first)),
            Request::NamedIn(_) => named.contains(table),
        }
    }

    /// The tables that the query names, and those that they are made from.
    fn named(self, definitions: &BTreeMap<String, TableDefinition>) -> BTreeSet<&str> {
        let Request::NamedIn(text) = self else { return BTreeSet::new() };
        let mut waiting: Vec<&TableDefinition> = definitions.values().filter(|table| text.contains(table.name.as_str())).collect();
        let mut named = BTreeSet::new();
        while let Some(table) = waiting.pop() {
            if named.insert(table.name.as_str()) {
                let reads = table.derivation.iter().flat_map(|derivation| &derivation.reads);
                waiting.extend(reads.filter_map(|name| definitions.get(name)));
            }
        }
        named
    }
}

/// The base tables, and the derived ones that a query names with what they are made from: whoever asks for nothing else need not wait.
pub fn needed_for(query: &str, definitions: &BTreeMap<String, TableDefinition>) -> BTreeMap<String, TableDefinition> {
    let named = Request::NamedIn(query).named(definitions);
    let is_needed = |table: &TableDefinition| table.derivation.is_none() || named.contains(table.name.as_str());
    definitions.iter().filter(|(_, table)| is_needed(table)).map(|(name, table)| (name.clone(), table.clone())).collect()
}

/// Makes the derived tables from the others, in the order in which they build on each other; those that do not, side by side.
/// `progress` is told of each on the thread that makes it: by its name after a blank, since it is a part of a stage, then by an empty text.
pub fn derive(
    engine: &Engine,
    definitions: &BTreeMap<String, TableDefinition>,
    parameters: &Parameters,
    request: Request<'_>,
    diagnostics: &mut Diagnostics,
    progress: impl Fn(&str) + Sync,
) {
    let mut made: BTreeSet<&str> =
        definitions.values().filter(|table| table.derivation.is_none()).map(|table| table.name.as_str()).collect();
    let mut waiting: Vec<(&TableDefinition, &Derivation)> =
        definitions.values().filter_map(|table| table.derivation.as_ref().map(|derivation| (table, derivation))).collect();
    let named = request.named(definitions);
    while !waiting.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, derivation)| derivation.reads.iter().all(|read| made.contains(read.as_str())));
        if ready.is_empty() {
            for (table, derivation) in &rest {
                diagnostics.push(crate::base::Diagnostic::error(
                    "table/circular",
                    &derivation.file,
                    format!("the derived table `{}` waits for tables that wait for it, or that do not exist", table.name),
                ));
            }
            return;
        }
        let told: Vec<Diagnostics> = ready
            .par_iter()
            .with_max_len(1)
            .map(|(table, derivation)| {
                let mut own = Diagnostics::default();
                if request.asks_for(&table.name, derivation, &named, engine) {
                    progress(&format!(" making the table {}", table.name));
                    make(engine, table, derivation, parameters, &mut own);
                    progress("");
                } else {
                    engine.load(&table.name, &table.empty());
                }
                own
            })
            .collect();
        told.into_iter().for_each(|own| diagnostics.extend(own));
        made.extend(ready.iter().map(|(table, _)| table.name.as_str()));
        waiting = rest;
    }
}

/// Makes one derived table; an empty one where its query is wrong.
fn make(engine: &Engine, table: &TableDefinition, derivation: &Derivation, parameters: &Parameters, diagnostics: &mut Diagnostics) {
    let declared: Vec<Declared<'_>> = table
        .columns
        .iter()
        .map(|own| Declared {
            name: &own.name,
            kind: own.kind,
            required: own.required,
            values: own.values.iter().map(|value| value.name.as_str()).collect(),
        })
        .collect();
    match engine.make(&table.name, &declared, &derivation.query, parameters) {
        Ok(()) => {}
        Err(Unmade::Query(error)) => diagnostics.push(sql_diagnostic("table/sql", &derivation.file, &derivation.text, &error)),
        Err(Unmade::Rows(problem)) => diagnostics.push(crate::base::Diagnostic::error("table/columns", &derivation.file, problem)),
    }
}

/// The column in its declared type. A column of nothing but missing values fits every type.
pub(super) fn conformed(have: Column, declared: &TableColumn) -> Result<Column, String> {
    if have.kind() == declared.kind {
        return Ok(have);
    }
    if (0..have.len()).all(|row| have.cell(row) == crate::base::Cell::Missing) {
        let mut missing = Column::empty(declared.kind);
        (0..have.len()).for_each(|_| missing.push_missing());
        return Ok(missing);
    }
    Err(format!("the column `{}` is {:?} in the query and {:?} in the declaration", declared.name, have.kind(), declared.kind))
}
