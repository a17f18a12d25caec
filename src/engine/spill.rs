//! Tables too large for memory: written as Parquet into a temporary folder, read back batch by batch and only the columns asked for.
//!
//! The folder is removed with the engine that owns it. Row order is the order of writing.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions, StatisticsArgs};
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::BATCH_ROWS;

fn damaged(error: parquet::errors::ParquetError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// Removes the file of a table.
pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    std::fs::remove_file(path)
}

/// So many rows are encoded together; they bound what writing and reading hold in memory.
const GROUP_ROWS: usize = 64 * 1024;

/// A table on its way to disk.
pub(super) struct SpillWriter {
    writer: ArrowWriter<File>,
    path: PathBuf,
    schema: SchemaRef,
    rows: usize,
}

impl SpillWriter {
    pub(super) fn create(path: PathBuf, schema: SchemaRef) -> Result<SpillWriter> {
        let properties =
            WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(GROUP_ROWS)).build();
        let writer = ArrowWriter::try_new(File::create(&path)?, schema.clone(), Some(properties)).map_err(damaged)?;
        Ok(SpillWriter { writer, path, schema, rows: 0 })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        self.writer.write(batch).map_err(damaged)
    }

    pub(super) fn finish(self) -> Result<Spilled> {
        self.writer.close().map_err(damaged)?;
        Ok(Spilled { path: self.path.into(), schema: self.schema, rows: self.rows })
    }
}

/// A table on disk.
#[derive(Debug, Clone)]
pub(super) struct Spilled {
    path: Arc<Path>,
    schema: SchemaRef,
    rows: usize,
}

impl Spilled {
    /// A table that lies on disk already.
    pub(super) fn at(path: Arc<Path>) -> Result<Spilled> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(&path)?).map_err(damaged)?;
        let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
        Ok(Spilled { schema: builder.schema().clone(), path, rows })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// All columns, batch by batch; at least one batch, which may be empty.
    pub(super) fn batches(&self) -> Result<impl Iterator<Item = Result<RecordBatch>> + use<>> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(&self.path)?).map_err(damaged)?;
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(damaged)?;
        let empty = (self.rows == 0).then(|| Ok(RecordBatch::new_empty(self.schema.clone())));
        Ok(reader.map(|batch| batch.map_err(DataFusionError::from)).chain(empty))
    }
}

#[async_trait::async_trait]
impl TableProvider for Spilled {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(&self, _: &dyn Session, projection: Option<&Vec<usize>>, _: &[Expr], _: Option<usize>) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&columns)?);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema.clone()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Arc::new(SpilledScan { table: self.clone(), columns, schema, properties: Arc::new(properties) }))
    }
}

/// Reads some columns of a table on disk.
#[derive(Debug)]
struct SpilledScan {
    table: Spilled,
    columns: Vec<usize>,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl DisplayAs for SpilledScan {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SpilledScan: rows={}, columns={:?}", self.table.rows, self.columns)
    }
}

impl ExecutionPlan for SpilledScan {
    fn name(&self) -> &'static str {
        "SpilledScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(&self, _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>, _: ReplaceChildrenOptions) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(&self.table.path)?).map_err(damaged)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), self.columns.iter().copied());
        let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(damaged)?;
        // The reader gives the columns in the order of the file; the plan may want another.
        let mut of_file = self.columns.clone();
        of_file.sort_unstable();
        let order: Vec<usize> = self.columns.iter().map(|column| of_file.binary_search(column).unwrap_or(0)).collect();
        let schema = self.schema.clone();
        let batches = reader.map(move |batch| {
            let batch = batch.map_err(DataFusionError::from)?.project(&order)?;
            Ok(batch.with_schema(schema.clone())?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), futures::stream::iter(batches))))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = Precision::Exact(self.table.rows);
        Ok(Arc::new(statistics))
    }
}
