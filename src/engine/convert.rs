//! Between plain tables and arrow batches.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};

use super::QueryError;
use crate::base::table::{Column, ColumnType, Table};

pub(super) fn to_batch(table: &Table) -> RecordBatch {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) =
        table.columns().map(|(name, column)| (Field::new(name, arrow_type(column.kind()), true), to_array(column))).unzip();
    let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(table.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).expect("columns of one table have one length")
}

/// The same in batches of at most so many rows, each with memory of its own: a part of a batch would count as the whole of it.
pub(super) fn to_batches(table: &Table, rows_max: usize) -> Vec<RecordBatch> {
    if table.len() <= rows_max {
        return vec![to_batch(table)];
    }
    let starts = (0..table.len()).step_by(rows_max);
    starts.map(|start| to_batch(&table.range(start..(start + rows_max).min(table.len())))).collect()
}

pub(super) fn from_batch(batch: &RecordBatch) -> Result<Table, QueryError> {
    let columns = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, array)| Ok((field.name().clone(), from_array(field.name(), array)?)))
        .collect::<Result<Vec<_>, QueryError>>()?;
    Ok(Table::new(columns))
}

/// The plain type that a column of this arrow type becomes; none where it has no plain form.
pub(super) fn kind_of(data_type: &DataType) -> Option<ColumnType> {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Some(ColumnType::Text),
        DataType::Boolean => Some(ColumnType::Boolean),
        DataType::Timestamp(..) => Some(ColumnType::Instant),
        other if other.is_integer() => Some(ColumnType::Integer),
        _ => None,
    }
}

pub(super) fn arrow_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Instant => DataType::Timestamp(TimeUnit::Microsecond, None),
    }
}

fn to_array(column: &Column) -> ArrayRef {
    match column {
        Column::Text(values) => Arc::new(values.iter().map(Option::as_deref).collect::<StringArray>()),
        Column::Integer(values) => Arc::new(values.iter().copied().collect::<Int64Array>()),
        Column::Boolean(values) => Arc::new(values.iter().copied().collect::<BooleanArray>()),
        Column::Instant(values) => Arc::new(values.iter().copied().collect::<TimestampMicrosecondArray>()),
    }
}

pub(super) fn from_array(name: &str, array: &ArrayRef) -> Result<Column, QueryError> {
    let Some(kind) = kind_of(array.data_type()) else {
        return Err(QueryError {
            message: format!(
                "the column `{name}` is of type {}; only text, whole numbers, booleans and instants are allowed",
                array.data_type()
            ),
            place: None,
            help: Some("cast it to bigint or varchar".into()),
        });
    };
    let array = cast(array, &arrow_type(kind)).map_err(|error| QueryError { message: error.to_string(), place: None, help: None })?;
    Ok(match kind {
        ColumnType::Text => Column::Text(array.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect()),
        ColumnType::Integer => Column::Integer(array.as_primitive::<Int64Type>().iter().collect()),
        ColumnType::Boolean => {
            Column::Boolean((0..array.len()).map(|row| array.is_valid(row).then(|| array.as_boolean().value(row))).collect())
        }
        ColumnType::Instant => Column::Instant(array.as_primitive::<TimestampMicrosecondType>().iter().collect()),
    })
}
