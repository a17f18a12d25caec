//! A table that grows part by part: in memory while it is small, on disk from a stated size on.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;

use super::spill::{SpillWriter, Spilled};
use super::{Engine, convert};
use crate::base::Table;

/// From so many rows on a table lives on disk.
pub const ROWS_IN_MEMORY_MAX: usize = 100_000;

/// Why a table could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("no room for a temporary table of {rows} rows")]
pub struct NoRoom {
    rows: usize,
    source: DataFusionError,
}

/// Rows of a query on their way to a table, as they come: held while they are few, on disk from a stated number on.
pub(super) struct Rows {
    name: String,
    schema: SchemaRef,
    held: Vec<RecordBatch>,
    writer: Option<SpillWriter>,
    count: usize,
}

/// Where the rows are.
pub(super) enum Kept {
    Held(Vec<RecordBatch>),
    OnDisk(Spilled),
}

impl Rows {
    pub(super) fn new(name: &str, schema: SchemaRef) -> Rows {
        Rows { name: name.to_owned(), schema, held: Vec::new(), writer: None, count: 0 }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    pub(super) fn add(&mut self, engine: &Engine, batch: RecordBatch) -> Result<(), DataFusionError> {
        self.count += batch.num_rows();
        self.held.push(batch);
        if self.count <= ROWS_IN_MEMORY_MAX {
            return Ok(());
        }
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(SpillWriter::create(engine.spill_path(&self.name)?, self.schema.clone())?),
        };
        self.held.drain(..).try_for_each(|batch| writer.write(&batch))
    }

    pub(super) fn finish(self) -> Result<Kept, DataFusionError> {
        match self.writer {
            Some(writer) => Ok(Kept::OnDisk(writer.finish()?)),
            None => Ok(Kept::Held(self.held)),
        }
    }
}

/// A table that is not finished.
pub struct Growing {
    name: String,
    /// Rows that are not on disk.
    held: Table,
    writer: Option<SpillWriter>,
    rows: usize,
}

impl Growing {
    /// Begins with the columns of `empty`.
    pub fn new(name: &str, empty: Table) -> Growing {
        Growing { name: name.to_owned(), held: empty, writer: None, rows: 0 }
    }

    pub fn append(&mut self, engine: &Engine, part: Table) -> Result<(), NoRoom> {
        self.rows += part.len();
        self.held.append(part);
        if self.writer.is_some() || self.held.len() > ROWS_IN_MEMORY_MAX {
            self.write_out(engine).map_err(|source| NoRoom { rows: self.rows, source })?;
        }
        Ok(())
    }

    fn write_out(&mut self, engine: &Engine) -> Result<(), DataFusionError> {
        let batch = convert::to_batch(&self.held);
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(SpillWriter::create(engine.spill_path(&self.name)?, batch.schema())?),
        };
        writer.write(&batch)?;
        self.held.clear();
        Ok(())
    }

    /// Makes the table available to queries under its name. A table in memory is sorted first, so that the order in which its parts
    /// came no longer shows; one on disk keeps the order of its parts, which is that of paths and records.
    pub fn finish(mut self, engine: &Engine) -> Result<(), NoRoom> {
        match self.writer {
            None => {
                self.held.sort();
                engine.load(&self.name, &self.held);
            }
            Some(writer) => {
                let spilled = writer.finish().map_err(|source| NoRoom { rows: self.rows, source })?;
                engine.put(&self.name, Arc::new(spilled));
            }
        }
        Ok(())
    }
}
