//! What a query asks of each row within its group is answered in one pass over all groups.
//!
//! DataFusion cuts its rows into one small table for each group before it numbers or counts them; where nearly every row is a group of its
//! own, as with credentials of a million identities, most of the time goes into that. In: a statement with `row_number()`, `rank()`,
//! `count(*)` or `lag(x)` `over (partition by P order by O)`. Out: the same statement, in which functions of ours go through all rows in the
//! order of P and O, and begin anew wherever P changes. The answers are the same.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt64Array};
use datafusion::arrow::compute::{partition, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName, OrderByExpr, OrderByOptions,
    Value, WindowSpec, WindowType, visit_expressions_mut,
};

/// What is asked of a row within its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Number,
    Rank,
    Count,
    Lag,
}

impl Asked {
    const ALL: [Asked; 4] = [Asked::Number, Asked::Rank, Asked::Count, Asked::Lag];

    /// Names that nobody gives a function by accident.
    fn name(self) -> &'static str {
        match self {
            Asked::Number => "number within",
            Asked::Rank => "rank within",
            Asked::Count => "count within",
            Asked::Lag => "lag within",
        }
    }

    /// What a call asks, with the expressions it asks of; nothing where it asks something else.
    fn of(call: &Function, window: &WindowSpec) -> Option<(Asked, Vec<Expr>)> {
        let FunctionArguments::List(list) = &call.args else { return None };
        let is_plain = list.clauses.is_empty() && list.duplicate_treatment.is_none();
        if !is_plain || call.filter.is_some() || call.null_treatment.is_some() || !call.within_group.is_empty() {
            return None;
        }
        let is_ordered = !window.order_by.is_empty();
        match (call.name.to_string().to_ascii_lowercase().as_str(), list.args.as_slice()) {
            ("row_number", []) => Some((Asked::Number, Vec::new())),
            ("rank", []) if is_ordered => Some((Asked::Rank, Vec::new())),
            // With an order it would count up to the row.
            ("count", [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]) if !is_ordered => Some((Asked::Count, Vec::new())),
            ("lag", [FunctionArg::Unnamed(FunctionArgExpr::Expr(of))]) if is_ordered => Some((Asked::Lag, vec![of.clone()])),
            _ => None,
        }
    }
}

/// The functions that take the place of those of the query engine.
pub(super) fn functions() -> impl Iterator<Item = WindowUDF> {
    let signature = || Signature::variadic_any(Volatility::Immutable);
    Asked::ALL.into_iter().map(move |asked| WindowUDF::from(Within { asked, signature: signature() }))
}

/// Puts them there.
pub(super) fn put(statement: &mut Statement) {
    let Statement::Statement(statement) = statement else { return };
    let _ = visit_expressions_mut(statement, |expression| {
        if let Expr::Function(call) = expression {
            replace(call);
        }
        ControlFlow::<()>::Continue(())
    });
}

fn replace(call: &mut Function) {
    let Some(WindowType::WindowSpec(window)) = &call.over else { return };
    if window.partition_by.is_empty() || window.window_name.is_some() || window.window_frame.is_some() {
        return;
    }
    let Some((asked, of)) = Asked::of(call, window) else { return };
    let (groups, order) = (window.partition_by.clone(), window.order_by.clone());
    let by = groups.iter().map(|group| OrderByExpr {
        expr: group.clone(),
        options: OrderByOptions { asc: Some(true), nulls_first: Some(false) },
        with_fill: None,
    });
    // Rows of one rank are equal in all by which they are ordered; how many expressions make the group stands before them.
    let ranked = match asked {
        Asked::Rank => {
            let count = Expr::Value(Value::Number(groups.len().to_string(), false).into());
            std::iter::once(count).chain(groups.iter().cloned()).chain(order.iter().map(|own| own.expr.clone())).collect()
        }
        Asked::Number | Asked::Count | Asked::Lag => of.into_iter().chain(groups.iter().cloned()).collect::<Vec<Expr>>(),
    };
    let order_by = by.chain(order).collect();
    call.over = Some(WindowType::WindowSpec(WindowSpec { window_name: None, partition_by: Vec::new(), order_by, window_frame: None }));
    let args = ranked.into_iter().map(|expression| FunctionArg::Unnamed(FunctionArgExpr::Expr(expression))).collect();
    call.name = ObjectName::from(vec![Ident::with_quote('"', asked.name())]);
    call.args = FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() });
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Within {
    asked: Asked,
    signature: Signature,
}

impl WindowUDFImpl for Within {
    fn name(&self) -> &str {
        self.asked.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs<'_>) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Answering(self.asked)))
    }

    fn field(&self, asked: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        let (kind, may_be_missing) = match self.asked {
            Asked::Number | Asked::Rank => (DataType::UInt64, false),
            Asked::Count => (DataType::Int64, false),
            Asked::Lag => (asked.get_input_field(0).map_or(DataType::Null, |field| field.data_type().clone()), true),
        };
        Ok(Arc::new(Field::new(asked.name(), kind, may_be_missing)))
    }
}

#[derive(Debug)]
struct Answering(Asked);

impl PartitionEvaluator for Answering {
    /// All rows at once, in the order of their groups.
    fn evaluate_all(&mut self, values: &[ArrayRef], _: usize) -> Result<ArrayRef> {
        let first = || values.split_first().ok_or_else(|| DataFusionError::Plan(format!("`{}` wants a group", self.0.name())));
        match self.0 {
            Asked::Number => Ok(Arc::new(ranges(values)?.into_iter().flat_map(|own| 1..=(own.len() as u64)).collect::<UInt64Array>())),
            Asked::Count => {
                let counts = ranges(values)?.into_iter().flat_map(|own| std::iter::repeat_n(own.len() as i64, own.len()));
                Ok(Arc::new(counts.collect::<Int64Array>()))
            }
            Asked::Rank => {
                let (count, rest) = first()?;
                let count = count.as_primitive_opt::<Int64Type>().filter(|own| !own.is_empty()).map_or(0, |own| own.value(0));
                let groups = &rest[..usize::try_from(count).unwrap_or_default().min(rest.len())];
                let mut begins = ranges(groups)?.into_iter().map(|own| own.start).peekable();
                let mut from = 0;
                let ranks = ranges(rest)?.into_iter().flat_map(|equal| {
                    while let Some(begin) = begins.next_if(|begin| *begin <= equal.start) {
                        from = begin;
                    }
                    std::iter::repeat_n((equal.start - from) as u64 + 1, equal.len())
                });
                Ok(Arc::new(ranks.collect::<UInt64Array>()))
            }
            Asked::Lag => {
                let (of, groups) = first()?;
                let before = ranges(groups)?.into_iter().flat_map(|own| {
                    let start = own.start;
                    own.map(move |row| (row > start).then(|| row as u64 - 1))
                });
                Ok(take(of, &before.collect::<UInt64Array>(), None)?)
            }
        }
    }
}

/// Where rows that are equal in all of these follow each other.
fn ranges(columns: &[ArrayRef]) -> Result<Vec<Range<usize>>> {
    Ok(partition(columns)?.ranges())
}

#[cfg(test)]
mod tests {
    use crate::base::Table;
    use crate::base::table::Column;
    use crate::engine::{Engine, Parameters, Query};

    /// Rows whose groups are missing, single and large, in no order.
    fn engine() -> Engine {
        let engine = Engine::new();
        let rows = 0..4_000_i64;
        let group = |row: i64| match row % 7 {
            0 => None,
            1 => Some("one".to_owned()),
            _ => Some(format!("g{}", row * 31 % 901)),
        };
        let columns = vec![
            ("id".to_owned(), Column::Integer(rows.clone().map(|row| Some(row * 17 % 4_000)).collect())),
            ("kind".to_owned(), Column::Text(rows.clone().map(group).collect())),
            ("part".to_owned(), Column::Integer(rows.map(|row| (row % 5 != 0).then_some(row % 3)).collect())),
        ];
        engine.load("rows", &Table::new(columns));
        engine
    }

    fn told(engine: &Engine, sql: &str) -> Vec<String> {
        let table = engine.query(&Query::parse(sql).unwrap(), &Parameters::new()).unwrap();
        let names: Vec<String> = table.names().iter().map(ToString::to_string).collect();
        (0..table.len()).map(|row| names.iter().map(|name| table.cell(row, name).to_string()).collect::<Vec<_>>().join("|")).collect()
    }

    #[test]
    fn the_answers_are_those_of_the_query_engine() {
        let engine = engine();
        // A frame keeps the function of the query engine: over the whole group it has no effect on what these give.
        let frame = "rows between unbounded preceding and unbounded following";
        let both = |asked: &str, groups: &str, order: &str| {
            let sql = |frame: &str| format!("select id, {asked} over (partition by {groups} {order} {frame}) as n from rows order by id");
            let answers = told(&engine, &sql(""));
            assert_eq!(answers.len(), 4_000);
            assert_eq!(answers, told(&engine, &sql(frame)), "{asked}: {groups}, {order}");
        };
        for groups in ["kind", "kind, part", "part, kind", "id % 10", "id"] {
            for order in ["order by id", "order by id desc", "order by kind desc nulls first, id", "order by part nulls first, id"] {
                ["row_number()", "lag(kind)", "lag(id)", "rank()"].iter().for_each(|asked| both(asked, groups, order));
            }
            // Several rows of one rank.
            both("rank()", groups, "order by part");
            both("rank()", groups, "order by part desc nulls last, kind");
            both("count(*)", groups, "");
        }
        let firsts = "select id from rows qualify row_number() over (partition by kind order by id) = 1";
        let groups = told(&engine, "select count(*) from (select distinct kind from rows) as kinds");
        assert_eq!(told(&engine, &format!("select count(*) from ({firsts}) as firsts")), groups);
    }

    #[test]
    fn it_is_put_only_where_it_says_the_same() {
        let put = |sql: &str| {
            let mut statement = Query::parse(sql).unwrap().statement;
            super::put(&mut statement);
            statement.to_string()
        };
        assert_eq!(
            put("select row_number() over (partition by a, b order by c desc) from t"),
            "SELECT \"number within\"(a, b) OVER (ORDER BY a ASC NULLS LAST, b ASC NULLS LAST, c DESC) FROM t"
        );
        assert_eq!(
            put(
                "select rank() over (partition by a, b order by c), count(*) over (partition by a), lag(d) over (partition by a order by c) from t"
            ),
            "SELECT \"rank within\"(2, a, b, c) OVER (ORDER BY a ASC NULLS LAST, b ASC NULLS LAST, c), \
             \"count within\"(a) OVER (ORDER BY a ASC NULLS LAST), \"lag within\"(d, a) OVER (ORDER BY a ASC NULLS LAST, c) FROM t"
        );
        for same in [
            "SELECT row_number() OVER (ORDER BY c) FROM t",
            "SELECT rank() OVER (PARTITION BY a) FROM t",
            "SELECT dense_rank() OVER (PARTITION BY a ORDER BY c) FROM t",
            "SELECT count(*) OVER (PARTITION BY a ORDER BY c) FROM t",
            "SELECT count(c) OVER (PARTITION BY a) FROM t",
            "SELECT lag(c, 2) OVER (PARTITION BY a ORDER BY c) FROM t",
            "SELECT lag(c) IGNORE NULLS OVER (PARTITION BY a ORDER BY c) FROM t",
            "SELECT row_number() OVER (PARTITION BY a ORDER BY c ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t",
        ] {
            assert_eq!(put(same), same);
        }
    }

    #[test]
    fn no_row_has_no_number() {
        assert!(told(&engine(), "select row_number() over (partition by kind order by id) as n from rows where id < 0").is_empty());
    }
}
