//! Rows are numbered within their groups in one pass.
//!
//! DataFusion cuts its rows into one small table for each group before it numbers them; where nearly every row is a group of its own, as
//! with credentials of a million identities, most of the time goes into that. In: a statement with `row_number() over (partition by P order
//! by O)`. Out: the same statement, in which a function of ours numbers all rows in the order of P and O, and begins anew wherever P changes.
//! The numbers are the same.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt64Array};
use datafusion::arrow::compute::partition;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName, OrderByExpr, OrderByOptions,
    WindowSpec, WindowType, visit_expressions_mut,
};

/// A name that nobody gives a function by accident.
const NAME: &str = "number within";

/// The function that takes the place of `row_number()`.
pub(super) fn function() -> WindowUDF {
    WindowUDF::from(NumberWithin { signature: Signature::variadic_any(Volatility::Immutable) })
}

/// Puts it there.
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
    let plain = match &call.args {
        FunctionArguments::List(list) => list.args.is_empty() && list.clauses.is_empty() && list.duplicate_treatment.is_none(),
        FunctionArguments::None | FunctionArguments::Subquery(_) => false,
    };
    let plain = plain && call.filter.is_none() && call.null_treatment.is_none() && call.within_group.is_empty();
    if !plain || !call.name.to_string().eq_ignore_ascii_case("row_number") {
        return;
    }
    let Some(WindowType::WindowSpec(window)) = &mut call.over else { return };
    if window.partition_by.is_empty() || window.window_name.is_some() || window.window_frame.is_some() {
        return;
    }
    let groups = std::mem::take(&mut window.partition_by);
    let by = groups.iter().map(|group| OrderByExpr {
        expr: group.clone(),
        options: OrderByOptions { asc: Some(true), nulls_first: Some(false) },
        with_fill: None,
    });
    let order_by = by.chain(std::mem::take(&mut window.order_by)).collect();
    *window = WindowSpec { window_name: None, partition_by: Vec::new(), order_by, window_frame: None };
    let args = groups.into_iter().map(|group| FunctionArg::Unnamed(FunctionArgExpr::Expr(group))).collect();
    call.name = ObjectName::from(vec![Ident::with_quote('"', NAME)]);
    call.args = FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() });
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct NumberWithin {
    signature: Signature,
}

impl WindowUDFImpl for NumberWithin {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs<'_>) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Numbering))
    }

    fn field(&self, asked: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(asked.name(), DataType::UInt64, false)))
    }
}

#[derive(Debug)]
struct Numbering;

impl PartitionEvaluator for Numbering {
    /// All rows at once, in the order of their groups.
    fn evaluate_all(&mut self, groups: &[ArrayRef], _: usize) -> Result<ArrayRef> {
        let ranges = partition(groups)?.ranges();
        let numbers = ranges.into_iter().flat_map(|range| 1..=(range.len() as u64));
        Ok(Arc::new(numbers.collect::<UInt64Array>()))
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Table;
    use crate::base::table::Column;
    use crate::engine::{Engine, Parameters, Query};

    /// Rows whose groups are missing, single and large, in no order.
    fn engine() -> Engine {
        let engine = Engine::new();
        let rows = 0..40_000_i64;
        let group = |row: i64| match row % 7 {
            0 => None,
            1 => Some("one".to_owned()),
            _ => Some(format!("g{}", row * 31 % 9_001)),
        };
        let columns = vec![
            ("id".to_owned(), Column::Integer(rows.clone().map(|row| Some(row * 17 % 40_000)).collect())),
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
    fn the_numbers_are_those_of_row_number() {
        let engine = engine();
        // A frame keeps the function of the query engine: it has no effect on what `row_number` gives.
        let frame = "rows between unbounded preceding and unbounded following";
        for (groups, order) in
            [("kind", "id"), ("kind, part", "id desc"), ("part, kind", "kind desc nulls first, id"), ("id % 10", "part nulls first, id")]
        {
            let sql = |frame: &str| {
                format!("select id, row_number() over (partition by {groups} order by {order} {frame}) as n from rows order by id")
            };
            let numbers = told(&engine, &sql(""));
            assert_eq!(numbers.len(), 40_000);
            assert_eq!(numbers, told(&engine, &sql(frame)), "{groups} by {order}");
        }
        assert_eq!(
            told(
                &engine,
                "select count(*) as c from (select id from rows qualify row_number() over (partition by kind order by id) = 1) as firsts"
            )
            .len(),
            1
        );
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
        for same in [
            "SELECT row_number() OVER (ORDER BY c) FROM t",
            "SELECT rank() OVER (PARTITION BY a ORDER BY c) FROM t",
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
