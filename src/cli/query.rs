//! `tickmark query`.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::args::TableFormat;
use super::catalog::print_json;
use super::{Failure, evidence, settle, terminal};
use crate::base::{Cell, Diagnostics, Table};
use crate::engine::{Parameter, Parameters, Query};
use crate::evidence::Masker;
use crate::evidence::adapter::sql_diagnostic;

pub fn run(folder: &Path, sql: &str, format: TableFormat, overlay: Option<&Path>) -> Result<(), Failure> {
    let (_, workspace, ledger) = evidence::open(folder, sql, overlay)?;
    let parameters = Parameters::from([
        ("as_of".to_owned(), Parameter::Instant(workspace.frame.as_of)),
        ("period_from".to_owned(), Parameter::Instant(workspace.frame.period_from)),
        ("period_to".to_owned(), Parameter::Instant(workspace.frame.as_of)),
    ]);
    let found = Query::parse(sql).and_then(|query| ledger.engine().query(&query, &parameters));
    let table = match found {
        Ok(table) => table,
        Err(error) => {
            let mut diagnostics = Diagnostics::default();
            diagnostics.push(sql_diagnostic("query/sql", "query", &Arc::from(sql), &error));
            settle(diagnostics)?;
            return Err(Failure::BadInput("the query cannot be answered".into()));
        }
    };
    match format {
        TableFormat::Table => {
            let header: Vec<&str> = table.names().iter().map(String::as_str).collect();
            terminal::table(&header, (0..table.len()).map(|row| texts(&table, row, &ledger.masker)));
        }
        TableFormat::Csv => terminal::raw(&csv_text(&table, &ledger.masker)),
        TableFormat::Json => print_json(&json!((0..table.len()).map(|row| object(&table, row, &ledger.masker)).collect::<Vec<_>>())),
    }
    Ok(())
}

fn texts(table: &Table, row: usize, masker: &Masker) -> Vec<String> {
    table.columns().map(|(_, column)| masker.apply(&column.cell(row).to_string())).collect()
}

fn csv_text(table: &Table, masker: &Masker) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = std::iter::once(table.names().to_vec()).chain((0..table.len()).map(|row| texts(table, row, masker)));
    for row in rows {
        writer.write_record(row.iter().map(|cell| crate::assessment::defused(cell))).expect("writing to memory cannot fail");
    }
    String::from_utf8(writer.into_inner().expect("writing to memory cannot fail")).unwrap_or_default()
}

fn object(table: &Table, row: usize, masker: &Masker) -> Value {
    table
        .columns()
        .map(|(name, column)| {
            let value = match column.cell(row) {
                Cell::Missing => Value::Null,
                Cell::Boolean(flag) => json!(flag),
                Cell::Integer(number) => json!(number),
                instant @ Cell::Instant(_) => json!(instant.to_string()),
                Cell::Text(text) => json!(masker.apply(text)),
            };
            (name.to_owned(), value)
        })
        .collect::<Map<_, _>>()
        .into()
}
