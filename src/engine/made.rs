//! A table made by a query, in the columns that it declares. The rows go from the query to where the table lives without becoming
//! plain values on the way: with a million identities that took longer than the query itself.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::prelude::DataFrame;

use super::growing::{Kept, Rows};
use super::{Engine, Parameters, Query, QueryError, convert, refusal, wait_for};
use crate::base::Table;
use crate::base::table::ColumnType;

/// A column that a table declares.
#[derive(Debug, Clone)]
pub struct Declared<'a> {
    pub name: &'a str,
    pub kind: ColumnType,
    /// Whether every row must have a value.
    pub required: bool,
    /// The only values there may be; none where there may be any.
    pub values: Vec<&'a str>,
}

/// Why a table could not be made.
#[derive(Debug)]
pub enum Unmade {
    Query(QueryError),
    /// The rows are not those of the declaration, or there was no room for them.
    Rows(String),
}

impl Engine {
    /// Makes a table of the rows of a query: in memory and sorted while they are few, on disk and in the query's order from a stated
    /// number on. Where something is wrong, there is an empty table of this name.
    pub fn make(&self, name: &str, declared: &[Declared<'_>], query: &Query, parameters: &Parameters) -> Result<(), Unmade> {
        let made = self.made(name, declared, query, parameters);
        if made.is_err() {
            self.load(name, &Table::empty(declared.iter().map(|own| (own.name, own.kind))));
        }
        made
    }

    fn made(&self, name: &str, declared: &[Declared<'_>], query: &Query, parameters: &Parameters) -> Result<(), Unmade> {
        use futures::StreamExt as _;
        let (plan, _laid) = self.ready(query.statement.clone(), &query.text, parameters).map_err(Unmade::Query)?;
        let frame = DataFrame::new(self.context.state(), plan);
        let schema = schema_of(declared);
        let no_room = |rows: usize, error: &DataFusionError| Unmade::Rows(format!("no room for a temporary table of {rows} rows: {error}"));
        let failed = |error: DataFusionError| Unmade::Query(refusal(&error, &query.text));
        let mut rows = Rows::new(name, schema.clone());
        // A query without rows gives no batch; its columns are held to the declaration all the same.
        let empty = shaped(name, declared, &schema, &RecordBatch::new_empty(Arc::new(frame.schema().as_arrow().clone())))?;
        wait_for(async {
            let mut stream = frame.execute_stream().await.map_err(failed)?;
            while let Some(batch) = stream.next().await {
                let batch = shaped(name, declared, &schema, &batch.map_err(failed)?)?;
                rows.add(self, batch).map_err(|error| no_room(rows.count(), &error))?;
            }
            Ok(())
        })?;
        let count = rows.count();
        match rows.finish().map_err(|error| no_room(count, &error))? {
            Kept::OnDisk(table) => self.put(name, Arc::new(table)),
            Kept::Held(held) => {
                let mut table = convert::from_batch(&empty).map_err(Unmade::Query)?;
                for batch in &held {
                    table.append(convert::from_batch(batch).map_err(Unmade::Query)?);
                }
                table.sort();
                self.load(name, &table);
            }
        }
        Ok(())
    }
}

fn schema_of(declared: &[Declared<'_>]) -> SchemaRef {
    Arc::new(Schema::new(declared.iter().map(|own| Field::new(own.name, convert::arrow_type(own.kind), true)).collect::<Vec<_>>()))
}

/// Rows in the declared columns and their order, each held to its declaration.
fn shaped(table: &str, declared: &[Declared<'_>], schema: &SchemaRef, found: &RecordBatch) -> Result<RecordBatch, Unmade> {
    if let Some(stray) = found.schema().fields().iter().find(|field| !declared.iter().any(|own| own.name == field.name())) {
        return Err(Unmade::Rows(format!("the query gives a column `{}` that the table `{table}` does not declare", stray.name())));
    }
    let arrays: Result<Vec<ArrayRef>, Unmade> = declared.iter().map(|own| column(table, own, found).map_err(Unmade::Rows)).collect();
    let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(found.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), arrays?, &options).map_err(|error| Unmade::Rows(error.to_string()))
}

fn column(table: &str, own: &Declared<'_>, found: &RecordBatch) -> Result<ArrayRef, String> {
    let have = found.column_by_name(own.name).ok_or_else(|| format!("the query does not give the declared column `{}`", own.name))?;
    let wanted = convert::arrow_type(own.kind);
    let array = if have.logical_null_count() == have.len() {
        // A column of nothing but missing values fits every type.
        new_null_array(&wanted, have.len())
    } else {
        match convert::kind_of(have.data_type()) {
            Some(kind) if kind == own.kind => cast(have, &wanted).map_err(|error| error.to_string())?,
            Some(kind) => return Err(format!("the column `{}` is {kind:?} in the query and {:?} in the declaration", own.name, own.kind)),
            None => {
                return Err(format!(
                    "the column `{}` is of type {}; only text, whole numbers, booleans and instants are allowed",
                    own.name,
                    have.data_type()
                ));
            }
        }
    };
    if own.required && array.null_count() > 0 {
        return Err(format!("the required column `{}` of `{table}` holds missing values", own.name));
    }
    if let Some(stray) = stray_value(&array, own) {
        return Err(format!("the column `{}` of `{table}` does not declare the value `{stray}`", own.name));
    }
    Ok(array)
}

/// A value that the column may not hold.
fn stray_value(array: &ArrayRef, own: &Declared<'_>) -> Option<String> {
    if own.values.is_empty() {
        return None;
    }
    let allows = |value: &str| value.is_empty() || own.values.contains(&value);
    if own.kind == ColumnType::Text {
        return array.as_string::<i32>().iter().flatten().find(|value| !allows(value)).map(str::to_owned);
    }
    let column = convert::from_array(own.name, array).ok()?;
    (0..column.len()).map(|row| column.cell(row).to_string()).find(|value| !allows(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::table::Column;
    use crate::engine::ROWS_IN_MEMORY_MAX;

    fn engine(rows: i64) -> Engine {
        let engine = Engine::new();
        engine.load("numbers", &Table::new(vec![("n".into(), Column::Integer((0..rows).map(Some).collect()))]));
        engine
    }

    fn column(name: &'static str, kind: ColumnType) -> Declared<'static> {
        Declared { name, kind, required: true, values: Vec::new() }
    }

    fn make(engine: &Engine, declared: &[Declared<'_>], sql: &str) -> Result<(), String> {
        engine.make("made", declared, &Query::parse(sql).unwrap(), &Parameters::new()).map_err(|unmade| match unmade {
            Unmade::Query(error) => error.message,
            Unmade::Rows(text) => text,
        })
    }

    #[test]
    fn rows_are_the_same_in_memory_and_on_disk_in_the_declared_order() {
        let declared = [column("name", ColumnType::Text), column("n", ColumnType::Integer)];
        for rows in [5, i64::try_from(ROWS_IN_MEMORY_MAX).unwrap() + 5] {
            let engine = engine(rows);
            make(&engine, &declared, "select n, lpad(cast(n as varchar), 9, '0') as name from numbers order by n").unwrap();
            let table = engine.table("made").unwrap();
            assert_eq!(table.names(), ["name", "n"]);
            assert_eq!(table.len(), usize::try_from(rows).unwrap());
            assert!((0..table.len()).all(|row| table.text(row, "name").unwrap().trim_start_matches('0').parse().unwrap_or(0) == row));
        }
    }

    #[test]
    fn what_is_not_declared_is_refused_and_leaves_an_empty_table() {
        let n = || column("n", ColumnType::Integer);
        let few = Declared { values: vec!["a"], ..column("word", ColumnType::Text) };
        for (declared, sql, told) in [
            (vec![n()], "select n, n as m from numbers", "the query gives a column `m` that the table `made` does not declare"),
            (vec![n(), column("m", ColumnType::Integer)], "select n from numbers", "the query does not give the declared column `m`"),
            (
                vec![n()],
                "select cast(n as varchar) as n from numbers",
                "the column `n` is Text in the query and Integer in the declaration",
            ),
            (vec![n()], "select nullif(n, 3) as n from numbers", "the required column `n` of `made` holds missing values"),
            (
                vec![few],
                "select case when n = 2 then 'b' else 'a' end as word from numbers",
                "the column `word` of `made` does not declare the value `b`",
            ),
            (vec![n()], "select n, m from numbers", "column 'm' not found"),
            // No row, and wrong all the same.
            (vec![n()], "select n as m from numbers where n < 0", "the query gives a column `m` that the table `made` does not declare"),
        ] {
            let engine = engine(5);
            assert_eq!(make(&engine, &declared, sql), Err(told.to_owned()));
            assert_eq!(engine.table("made").unwrap().len(), 0);
        }
        let engine = engine(5);
        let missing = Declared { required: false, ..column("at", ColumnType::Instant) };
        make(&engine, &[n(), missing], "select n, null as at from numbers").unwrap();
        assert_eq!(engine.table("made").unwrap().len(), 5);
    }
}
