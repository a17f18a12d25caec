//! SQL over plain tables. The only module that names DataFusion, arrow or async.
//!
//! In: tables, one read-only statement, parameters. Out: a table. It has no clock and no chance: functions whose answer
//! depends on when or where they run are refused, and so is every statement that is not a query.

mod convert;
mod grouped;
mod growing;
mod made;
mod room;
mod shared;
mod shelf;
mod spill;

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{ColumnarValue, Expr as PlanExpr, LogicalPlan, Volatility, create_udf};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{self as sql_ast, visit_expressions_mut};
use datafusion::sql::sqlparser::tokenizer::{Location, Span};

pub use growing::{Growing, NoRoom, ROWS_IN_MEMORY_MAX};
pub use made::{Declared, Unmade};
pub use shelf::{Draft, Entry, Shelf, TableWriter};

use crate::base::table::{ColumnType, Table};
use room::Room;
use shared::LaidDown;

/// So many rows go through a query together.
const BATCH_ROWS: usize = 8 * 1024;

/// A value handed to a statement under a name such as `$age_days_max`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    Integer(i64),
    Text(String),
    Boolean(bool),
    /// Microseconds since 1970, UTC.
    Instant(i64),
    Missing(ColumnType),
    /// One value for the rows whose columns hold these texts, the first that fits; another for all the rest.
    Chosen {
        when: Vec<(Vec<(String, String)>, Parameter)>,
        otherwise: Box<Parameter>,
    },
}

/// Parameters by name, without the dollar sign.
pub type Parameters = BTreeMap<String, Parameter>;

/// Why a statement was refused or failed, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    pub message: String,
    /// The characters concerned, as a byte range of the statement's text.
    pub place: Option<Range<usize>>,
    pub help: Option<String>,
}

/// One `insert into TABLE (COLUMNS) select ...` of a normalisation script.
#[derive(Debug, Clone)]
pub struct Insert {
    pub table: String,
    pub columns: Vec<String>,
    query: Statement,
    text: Arc<str>,
}

/// A statement that was parsed and found to be a query.
#[derive(Debug, Clone)]
pub struct Query {
    statement: Statement,
    text: Arc<str>,
}

/// The query engine: holds tables by name and answers read-only queries over them, those of several threads side by side.
pub struct Engine {
    context: SessionContext,
    /// Holds the tables that do not fit into memory; made when the first one comes.
    spilled: OnceLock<tempfile::TempDir>,
}

/// What can go wrong while rows come.
#[derive(Debug)]
enum StreamError {
    Engine(DataFusionError),
    Column(QueryError),
}

thread_local! {
    /// Each thread drives its own queries: several may ask one engine at once, and none waits for what another began.
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().build().expect("a single-threaded runtime needs nothing of the system");
}

/// Works until an answer is there.
fn wait_for<F: Future>(answer: F) -> F::Output {
    RUNTIME.with(|runtime| runtime.block_on(answer))
}

impl Default for Engine {
    fn default() -> Engine {
        Engine::new()
    }
}

impl Engine {
    pub fn new() -> Engine {
        Engine::with_room(Arc::new(Room::new(room::HELD_MAX)))
    }

    /// The same with a stated rule of how much memory the parts of a query hold.
    fn with_room(room: Arc<dyn MemoryPool>) -> Engine {
        // One partition: the order of aggregation then does not depend on the machine.
        let config = SessionConfig::new()
            .with_target_partitions(1)
            .with_information_schema(false)
            .set_bool("datafusion.sql_parser.collect_spans", true)
            .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
            .set_usize("datafusion.sql_parser.recursion_limit", 60)
            .set_usize("datafusion.optimizer.max_passes", 1);
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(room).build_arc().expect("no folder is made yet");
        let context = SessionContext::new_with_config_rt(config, runtime);
        let instant = || DataType::Timestamp(TimeUnit::Microsecond, None);
        context.register_udf(create_udf(
            "days_between",
            vec![instant(), instant()],
            DataType::Int64,
            Volatility::Immutable,
            Arc::new(days_between),
        ));
        grouped::functions().for_each(|function| context.register_udwf(function));
        Engine { context, spilled: OnceLock::new() }
    }

    /// Makes a table available under a name, replacing an earlier one of that name.
    pub fn load(&self, name: &str, table: &Table) {
        let batches = convert::to_batches(table, BATCH_ROWS);
        let schema = batches.first().expect("at least one batch, which may be empty").schema();
        let provider = MemTable::try_new(schema, vec![batches]).expect("a batch fits its own schema");
        self.put(name, Arc::new(provider));
    }

    fn put(&self, name: &str, provider: Arc<dyn TableProvider>) {
        self.drop(name);
        self.context.register_table(name, provider).expect("the name was just freed");
    }

    /// The file of a table on disk; nothing where it is in memory.
    fn spilled_file(&self, name: &str) -> Option<PathBuf> {
        let provider = wait_for(self.context.table_provider(name)).ok()?;
        let spilled: &spill::Spilled = (provider.as_ref() as &dyn std::any::Any).downcast_ref()?;
        Some(spilled.path().to_owned())
    }

    fn spill_path(&self, name: &str) -> Result<PathBuf, DataFusionError> {
        if self.spilled.get().is_none() {
            let folder = tempfile::Builder::new().prefix("tickmark-").tempdir()?;
            // Two threads may come here at once: the folder of the slower one is removed again.
            let _ = self.spilled.set(folder);
        }
        Ok(self.spilled.get().expect("it was just set").path().join(format!("{name}.parquet")))
    }

    /// Removes the file of a table that is not needed any more; what cannot be removed now goes with the folder.
    fn forget_spill(&self, name: &str) {
        if let Some(folder) = self.spilled.get() {
            let _ = spill::remove(&folder.path().join(format!("{name}.parquet")));
        }
    }

    /// All rows of a table, in memory. A name that is not loaded gives nothing.
    pub fn table(&self, name: &str) -> Option<Table> {
        let mut parts: Option<Table> = None;
        self.scan(name, |part| match &mut parts {
            None => parts = Some(part),
            Some(whole) => whole.append(part),
        })
        .then_some(parts)?
    }

    /// Hands over a table part by part, in its order; at least one part, which may be empty. False when no table has this name.
    pub fn scan(&self, name: &str, each: impl FnMut(Table)) -> bool {
        let Ok(frame) = wait_for(self.context.table(name)) else { return false };
        let (state, plan) = frame.into_parts();
        self.stream(DataFrame::new(state, plan), each).expect("a table of plain columns can be read");
        true
    }

    /// The same with some columns only; columns that the table does not have are left out.
    pub fn scan_columns(&self, name: &str, columns: &[&str], each: impl FnMut(Table)) -> bool {
        let Ok(frame) = wait_for(self.context.table(name)) else { return false };
        let fields = frame.schema().fields();
        let wanted = columns.iter().filter(|column| fields.iter().any(|field| field.name() == *column));
        let wanted: Vec<PlanExpr> = wanted.map(|column| PlanExpr::Column(datafusion::common::Column::new_unqualified(*column))).collect();
        let frame = frame.select(wanted).expect("these columns are there");
        self.stream(frame, each).expect("a table of plain columns can be read");
        true
    }

    /// The different texts of one column, in no order; none where there is no such table or column.
    pub fn distinct(&self, name: &str, column: &str, mut each: impl FnMut(&str)) {
        let Ok(frame) = wait_for(self.context.table(name)) else { return };
        if !frame.schema().fields().iter().any(|field| field.name() == column) {
            return;
        }
        let wanted = vec![PlanExpr::Column(datafusion::common::Column::new_unqualified(column))];
        let frame = frame.select(wanted).and_then(DataFrame::distinct).expect("this column is there");
        self.stream(frame, |part| (0..part.len()).filter_map(|row| part.text(row, column)).for_each(&mut each))
            .expect("a table of plain columns can be read");
    }

    /// Whether a table has any row.
    pub fn has_rows(&self, name: &str) -> bool {
        let Ok(frame) = wait_for(self.context.table(name)) else { return false };
        let mut found = false;
        let frame = frame.limit(0, Some(1)).expect("a table can be cut short");
        self.stream(frame, |part| found |= !part.is_empty()).expect("a table of plain columns can be read");
        found
    }

    /// Answers one query part by part, in its order; at least one part, which may be empty.
    pub fn query_parts(&self, query: &Query, parameters: &Parameters, each: impl FnMut(Table)) -> Result<(), QueryError> {
        let (plan, _laid) = self.ready(query.statement.clone(), &query.text, parameters)?;
        self.stream(DataFrame::new(self.context.state(), plan), each).map_err(|error| match error {
            StreamError::Engine(error) => refusal(&error, &query.text),
            StreamError::Column(error) => error,
        })
    }

    /// The same with the rows in the order of a column of text, byte by byte; in the query's own order where it gives no such column.
    pub fn query_by(&self, query: &Query, parameters: &Parameters, column: &str, each: impl FnMut(Table)) -> Result<(), QueryError> {
        let (plan, _laid) = self.ready(query.statement.clone(), &query.text, parameters)?;
        let frame = DataFrame::new(self.context.state(), plan);
        let is_text = |field: &Arc<datafusion::arrow::datatypes::Field>| {
            field.name() == column && convert::kind_of(field.data_type()) == Some(ColumnType::Text)
        };
        let frame = if frame.schema().fields().iter().any(is_text) {
            let by = PlanExpr::Column(datafusion::common::Column::new_unqualified(column)).sort(true, true);
            frame.sort(vec![by]).map_err(|error| refusal(&error, &query.text))?
        } else {
            frame
        };
        self.stream(frame, each).map_err(|error| match error {
            StreamError::Engine(error) => refusal(&error, &query.text),
            StreamError::Column(error) => error,
        })
    }

    fn stream(&self, frame: DataFrame, mut each: impl FnMut(Table)) -> Result<(), StreamError> {
        use futures::StreamExt as _;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        wait_for(async {
            let mut stream = frame.execute_stream().await.map_err(StreamError::Engine)?;
            let mut nothing = true;
            while let Some(batch) = stream.next().await {
                let batch = batch.map_err(StreamError::Engine)?;
                nothing = false;
                each(convert::from_batch(&batch).map_err(StreamError::Column)?);
            }
            if nothing {
                each(convert::from_batch(&RecordBatch::new_empty(schema)).map_err(StreamError::Column)?);
            }
            Ok(())
        })
    }

    pub fn drop(&self, name: &str) {
        self.context.deregister_table(name).expect("the in-memory catalog allows removal");
    }

    /// Answers one query.
    pub fn query(&self, query: &Query, parameters: &Parameters) -> Result<Table, QueryError> {
        self.run(query.statement.clone(), &query.text, parameters)
    }

    /// Answers the `select` of one insert.
    pub fn select(&self, insert: &Insert, parameters: &Parameters) -> Result<Table, QueryError> {
        self.run(insert.query.clone(), &insert.text, parameters)
    }

    /// The column names that a query would give, without running it.
    pub fn columns(&self, query: &Query, parameters: &Parameters) -> Result<Vec<(String, Option<ColumnType>)>, QueryError> {
        let plan = self.plan(query.statement.clone(), &query.text, parameters)?;
        Ok(plan.schema().fields().iter().map(|field| (field.name().clone(), convert::kind_of(field.data_type()))).collect())
    }

    fn run(&self, statement: Statement, text: &Arc<str>, parameters: &Parameters) -> Result<Table, QueryError> {
        let (plan, _laid) = self.ready(statement, text, parameters)?;
        let schema = Arc::new(plan.schema().as_arrow().clone());
        let batches = wait_for(DataFrame::new(self.context.state(), plan).collect()).map_err(|error| refusal(&error, text))?;
        let schema = batches.first().map_or(schema, |batch| batch.schema());
        let batch = concat_batches(&schema, &batches).map_err(|error| refusal(&error.into(), text))?;
        convert::from_batch(&batch)
    }

    /// A plan to be run, with the tables of its `with` that were laid down for it.
    fn ready(&self, mut statement: Statement, text: &Arc<str>, parameters: &Parameters) -> Result<(LogicalPlan, LaidDown<'_>), QueryError> {
        fill_in(&mut statement, parameters, text)?;
        grouped::put(&mut statement);
        // What is wrong with the whole is told of the whole.
        let whole = self.checked(statement.clone(), text)?;
        let laid = LaidDown::of(self, &mut statement, text)?;
        let plan = if laid.is_empty() { whole } else { self.checked(statement, text)? };
        Ok((plan, laid))
    }

    fn plan(&self, mut statement: Statement, text: &Arc<str>, parameters: &Parameters) -> Result<LogicalPlan, QueryError> {
        fill_in(&mut statement, parameters, text)?;
        grouped::put(&mut statement);
        self.checked(statement, text)
    }

    fn checked(&self, statement: Statement, text: &Arc<str>) -> Result<LogicalPlan, QueryError> {
        let plan = wait_for(self.context.state().statement_to_plan(statement)).map_err(|error| refusal(&error, text))?;
        let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        read_only.verify_plan(&plan).map_err(|_| QueryError {
            message: "only a query is allowed here: nothing may be changed".into(),
            place: None,
            help: Some("write one `select`".into()),
        })?;
        refuse_unstable(&plan)?;
        Ok(plan)
    }
}

impl Query {
    /// Parses exactly one query.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        let text: Arc<str> = text.into();
        let mut statements = parse(&text)?;
        let count = statements.len();
        match (statements.pop(), count) {
            (Some(Statement::Statement(statement)), 1) if matches!(*statement, sql_ast::Statement::Query(_)) => {
                Ok(Query { statement: Statement::Statement(statement), text })
            }
            _ => Err(QueryError {
                message: "exactly one `select` (or `with ... select`) is allowed here".into(),
                place: None,
                help: Some("write one read-only query".into()),
            }),
        }
    }
}

impl Insert {
    /// Parses a script of `insert into TABLE (COLUMNS) select ...;` statements.
    pub fn parse_all(text: &str) -> Result<Vec<Insert>, QueryError> {
        let text: Arc<str> = text.into();
        parse(&text)?.into_iter().map(|statement| Insert::from_statement(statement, &text)).collect()
    }

    fn from_statement(statement: Statement, text: &Arc<str>) -> Result<Insert, QueryError> {
        let wrong = || QueryError {
            message: "a normalisation script holds only `insert into TABLE (COLUMNS) select ...;`".into(),
            place: None,
            help: None,
        };
        let Statement::Statement(statement) = statement else {
            return Err(wrong());
        };
        let sql_ast::Statement::Insert(insert) = *statement else {
            return Err(wrong());
        };
        let (sql_ast::TableObject::TableName(table), Some(source)) = (insert.table, insert.source) else {
            return Err(wrong());
        };
        Ok(Insert {
            table: table.to_string(),
            columns: insert.columns.iter().map(ToString::to_string).collect(),
            query: Statement::Statement(Box::new(sql_ast::Statement::Query(source))),
            text: text.clone(),
        })
    }
}

fn parse(text: &Arc<str>) -> Result<Vec<Statement>, QueryError> {
    use datafusion::sql::parser::DFParserBuilder;
    let parsed = DFParserBuilder::new(text.as_ref()).with_recursion_limit(60).build().and_then(|mut parser| parser.parse_statements());
    parsed.map(Into::into).map_err(|error| refusal(&error, text))
}

/// Replaces every `$name` by its value, as a node of the syntax tree and never as text.
fn fill_in(statement: &mut Statement, parameters: &Parameters, text: &Arc<str>) -> Result<(), QueryError> {
    let Statement::Statement(statement) = statement else {
        return Ok(());
    };
    let outcome = visit_expressions_mut(statement, |expression| {
        let sql_ast::Expr::Value(value) = expression else {
            return ControlFlow::Continue(());
        };
        let sql_ast::Value::Placeholder(name) = &value.value else {
            return ControlFlow::Continue(());
        };
        match parameters.get(name.trim_start_matches('$')) {
            Some(parameter) => {
                *expression = literal(parameter, value.span);
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(QueryError {
                message: format!("there is no parameter `{name}`"),
                place: place_of(value.span, text),
                help: Some(format!("declared here: {}", parameters.keys().map(|key| format!("${key}")).collect::<Vec<_>>().join(", "))),
            }),
        }
    });
    match outcome {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// A parameter as an expression. Columns that it names carry the place of the parameter, so that a complaint about them points there.
fn literal(parameter: &Parameter, span: Span) -> sql_ast::Expr {
    let value = |value: sql_ast::Value| sql_ast::Expr::Value(value.into());
    let cast = |inner: sql_ast::Expr, data_type| sql_ast::Expr::Cast {
        kind: sql_ast::CastKind::Cast,
        expr: Box::new(inner),
        data_type,
        array: false,
        format: None,
    };
    let timestamp = || sql_ast::DataType::Timestamp(Some(6), sql_ast::TimezoneInfo::None);
    match parameter {
        Parameter::Integer(number) => value(sql_ast::Value::Number(number.to_string(), false)),
        Parameter::Text(text) => value(sql_ast::Value::SingleQuotedString(text.clone())),
        Parameter::Boolean(flag) => value(sql_ast::Value::Boolean(*flag)),
        Parameter::Instant(micros) => {
            let written = jiff::Timestamp::from_microsecond(*micros).map(|at| at.to_string()).unwrap_or_default();
            cast(value(sql_ast::Value::SingleQuotedString(written.trim_end_matches('Z').to_owned())), timestamp())
        }
        Parameter::Missing(kind) => {
            let data_type = match kind {
                ColumnType::Text => sql_ast::DataType::Varchar(None),
                ColumnType::Integer => sql_ast::DataType::BigInt(None),
                ColumnType::Boolean => sql_ast::DataType::Boolean,
                ColumnType::Instant => timestamp(),
            };
            cast(value(sql_ast::Value::Null), data_type)
        }
        Parameter::Chosen { when, otherwise } if when.is_empty() => literal(otherwise, span),
        Parameter::Chosen { when, otherwise } => sql_ast::Expr::Case {
            case_token: sql_ast::helpers::attached_token::AttachedToken::empty(),
            end_token: sql_ast::helpers::attached_token::AttachedToken::empty(),
            operand: None,
            conditions: when
                .iter()
                .map(|(columns, chosen)| sql_ast::CaseWhen { condition: all_equal(columns, span), result: literal(chosen, span) })
                .collect(),
            else_result: Some(Box::new(literal(otherwise, span))),
        },
    }
}

/// Whether each of these columns of the query holds its text; true for none.
fn all_equal(columns: &[(String, String)], span: Span) -> sql_ast::Expr {
    let binary = |left, op, right| sql_ast::Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) };
    columns
        .iter()
        .map(|(column, text)| {
            let identifier = sql_ast::Expr::Identifier(sql_ast::Ident { value: column.clone(), quote_style: None, span });
            let text = sql_ast::Expr::Value(sql_ast::Value::SingleQuotedString(text.clone()).into());
            binary(identifier, sql_ast::BinaryOperator::Eq, text)
        })
        .reduce(|all, one| binary(all, sql_ast::BinaryOperator::And, one))
        .unwrap_or_else(|| sql_ast::Expr::Value(sql_ast::Value::Boolean(true).into()))
}

/// Refuses `now()`, `random()` and their like: the same tables must always give the same answer.
fn refuse_unstable(plan: &LogicalPlan) -> Result<(), QueryError> {
    let mut unstable = None;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expression| {
            expression.apply(|inner| {
                if let PlanExpr::ScalarFunction(call) = inner
                    && call.func.signature().volatility != Volatility::Immutable
                {
                    unstable = Some(call.func.name().to_owned());
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })
    .expect("the visitor cannot fail");
    match unstable {
        None => Ok(()),
        Some(name) => Err(QueryError {
            message: format!("`{name}` is not allowed: its answer depends on when or where it runs"),
            place: None,
            help: Some("use `$as_of`, the instant that the workspace states".into()),
        }),
    }
}

fn refusal(error: &DataFusionError, text: &Arc<str>) -> QueryError {
    let found = error.diagnostic();
    let place = found.and_then(|diagnostic| diagnostic.span).and_then(|span| {
        let location = |at: datafusion::common::Location| Location { line: at.line, column: at.column };
        place_of(Span { start: location(span.start), end: location(span.end) }, text)
    });
    let help =
        found.map(|diagnostic| diagnostic.helps.iter().chain([].iter()).map(|help| help.message.clone()).collect::<Vec<_>>().join("; "));
    let notes = found.map(|diagnostic| diagnostic.notes.iter().map(|note| note.message.clone()).collect::<Vec<_>>().join("; "));
    let message = found.map_or_else(|| error.strip_backtrace(), |diagnostic| diagnostic.message.clone());
    let first_line = message.lines().next().unwrap_or_default().to_owned();
    QueryError { message: first_line, place, help: notes.into_iter().chain(help).find(|text| !text.is_empty()) }
}

/// Turns the parser's 1-based line and column (in characters) into a byte range of the text.
fn place_of(span: Span, text: &str) -> Option<Range<usize>> {
    let byte = |at: Location| {
        let line_index = usize::try_from(at.line).ok()?.checked_sub(1)?;
        let column_index = usize::try_from(at.column).ok()?.checked_sub(1)?;
        let line_start = if line_index == 0 { 0 } else { text.match_indices('\n').nth(line_index - 1)?.0 + 1 };
        let in_line = text[line_start..].char_indices().nth(column_index).map_or(text.len() - line_start, |(at, _)| at);
        Some(line_start + in_line)
    };
    let (start, end) = (byte(span.start)?, byte(span.end)?);
    (start < end).then_some(start..end)
}

/// Whole days of 24 hours from the first instant to the second, rounded towards the past.
fn days_between(arguments: &[ColumnarValue]) -> Result<ColumnarValue, DataFusionError> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let instants = |index: usize| {
        arrays[index]
            .as_any()
            .downcast_ref::<TimestampMicrosecondArray>()
            .ok_or_else(|| DataFusionError::Plan("days_between takes two instants".into()))
    };
    let (from, to) = (instants(0)?, instants(1)?);
    let days: Int64Array = (0..from.len())
        .map(|row| (from.is_valid(row) && to.is_valid(row)).then(|| crate::base::instant::days_between(from.value(row), to.value(row))))
        .collect();
    Ok(ColumnarValue::Array(Arc::new(days)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::table::{Cell, Column};

    fn engine() -> Engine {
        let engine = Engine::new();
        let day = 86_400_000_000;
        engine.load(
            "keys",
            &Table::new(vec![
                ("id".into(), Column::Text(vec![Some("a".into()), Some("b".into()), None])),
                ("made_at".into(), Column::Instant(vec![Some(0), Some(10 * day), None])),
            ]),
        );
        engine
    }

    fn ask(sql: &str, parameters: &Parameters) -> Result<Table, QueryError> {
        Query::parse(sql).and_then(|query| engine().query(&query, parameters))
    }

    #[test]
    fn a_query_sees_tables_and_parameters() {
        let parameters =
            Parameters::from([("as_of".into(), Parameter::Instant(40 * 86_400_000_000)), ("limit_days".into(), Parameter::Integer(35))]);
        let table = ask(
            "select id, days_between(made_at, $as_of) as age, days_between(made_at, $as_of) <= $limit_days as young from keys where id is not null order by id",
            &parameters,
        )
        .unwrap();
        assert_eq!(table.len(), 2);
        assert_eq!(table.cell(0, "age"), Cell::Integer(40));
        assert_eq!(table.cell(1, "young"), Cell::Boolean(true));
    }

    #[test]
    fn a_text_parameter_is_a_value_and_never_sql() {
        let parameters = Parameters::from([("name".into(), Parameter::Text("a' or '1'='1".into()))]);
        assert_eq!(ask("select id from keys where id = $name", &parameters).unwrap().len(), 0);
    }

    #[test]
    fn a_parameter_may_depend_on_the_columns_of_the_row_and_says_where_they_are_missing() {
        let chosen = Parameter::Chosen {
            when: vec![(vec![("id".into(), "a".into()), ("id".into(), "a".into())], Parameter::Integer(1))],
            otherwise: Box::new(Parameter::Integer(2)),
        };
        let parameters = Parameters::from([("limit".into(), chosen)]);
        let table = ask("select id, $limit as own from keys where id in ('a', 'b') order by id", &parameters).unwrap();
        assert_eq!((table.cell(0, "own"), table.cell(1, "own")), (Cell::Integer(1), Cell::Integer(2)));
        let error = ask("select $limit from (select 1 as other) as rows", &parameters).unwrap_err();
        assert_eq!(error.place, Some(7..13), "{error:?}");
    }

    #[test]
    fn an_unknown_column_is_refused_with_its_place() {
        let error = ask("select id,\n  mad_at from keys", &Parameters::new()).unwrap_err();
        assert_eq!(error.place, Some(13..19), "{error:?}");
        assert!(error.message.contains("mad_at"), "{error:?}");
    }

    #[test]
    fn an_unknown_parameter_is_refused_with_its_place() {
        let error = ask("select $nothing", &Parameters::new()).unwrap_err();
        assert_eq!(error.place, Some(7..15), "{error:?}");
    }

    #[test]
    fn nothing_but_a_stable_query_is_allowed() {
        for sql in [
            "select now()",
            "select random()",
            "select uuid()",
            "create table x as select 1",
            "drop table keys",
            "insert into keys values ('x', null)",
            "copy keys to '/tmp/x'",
            "set datafusion.execution.batch_size = 1",
            "select 1; select 2",
            "create external table x stored as csv location '/etc/passwd'",
            "select * from '/etc/passwd'",
        ] {
            assert!(ask(sql, &Parameters::new()).is_err(), "{sql}");
        }
    }

    #[test]
    fn a_script_is_a_list_of_inserts() {
        let inserts = Insert::parse_all("insert into t (a) select id from keys;\n-- more\ninsert into u (b) select 1 from keys").unwrap();
        assert_eq!(inserts.iter().map(|i| i.table.as_str()).collect::<Vec<_>>(), ["t", "u"]);
        assert_eq!(engine().select(&inserts[0], &Parameters::new()).unwrap().len(), 3);
        assert!(Insert::parse_all("delete from t").is_err());
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        let sql = format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000));
        assert!(Query::parse(&sql).is_err());
    }
}
