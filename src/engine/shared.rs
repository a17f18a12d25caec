//! Tables of a `with` that a query names several times are worked out once.
//!
//! DataFusion puts the text of such a table wherever its name stands, so that a check which ranks all credentials and asks for them
//! three times would rank them three times. In: a query whose parameters are filled in. Out: the same query, in which each of these
//! tables is read from where its rows were laid down. The rows and their order are the same. A plain selection from one table is left
//! where it stands: working it out twice costs less than laying it down.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::prelude::DataFrame;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    self as sql_ast, Cte, GroupByExpr, ObjectNamePart, Query, SetExpr, TableFactor, Visit, visit_expressions, visit_relations,
};

use super::growing::{Kept, Rows};
use super::{Engine, QueryError, refusal};

/// Numbers the tables that are laid down, for an engine may answer several queries.
static LAID_DOWN: AtomicUsize = AtomicUsize::new(0);

/// The tables that were laid down for one query; they go when it is answered.
pub(super) struct LaidDown<'a> {
    engine: &'a Engine,
    names: Vec<String>,
}

impl Drop for LaidDown<'_> {
    fn drop(&mut self) {
        for name in &self.names {
            self.engine.drop(name);
            self.engine.forget_spill(name);
        }
    }
}

impl<'a> LaidDown<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Lays down what the statement names several times, and has the statement read it from there.
    pub(super) fn of(engine: &'a Engine, statement: &mut Statement, text: &Arc<str>) -> Result<LaidDown<'a>, QueryError> {
        let mut laid = LaidDown { engine, names: Vec::new() };
        let Statement::Statement(inner) = statement else { return Ok(laid) };
        let sql_ast::Statement::Query(query) = inner.as_mut() else { return Ok(laid) };
        let shared = shared(query);
        if shared.is_empty() {
            return Ok(laid);
        }
        let Some(mut with) = query.with.take() else { return Ok(laid) };
        for place in shared {
            let (before, rest) = with.cte_tables.split_at_mut(place);
            let Some(cte) = rest.first_mut() else { continue };
            let mut own = cte.query.as_ref().clone();
            own.with =
                Some(sql_ast::With { with_token: with.with_token.clone(), recursive: with.recursive, cte_tables: needed(before, &own) })
                    .filter(|with| !with.cte_tables.is_empty());
            let name = format!("with_{}_{}", LAID_DOWN.fetch_add(1, Ordering::Relaxed), cte.alias.name.value);
            laid.lay_down(&name, own, text)?;
            *cte.query = everything_of(&name);
        }
        query.with = Some(with);
        Ok(laid)
    }

    fn lay_down(&mut self, name: &str, query: Query, text: &Arc<str>) -> Result<(), QueryError> {
        let statement = Statement::Statement(Box::new(sql_ast::Statement::Query(Box::new(query))));
        let plan = self.engine.checked(statement, text)?;
        self.engine.keep_rows(name, DataFrame::new(self.engine.context.state(), plan)).map_err(|error| refusal(&error, text))?;
        self.names.push(name.to_owned());
        Ok(())
    }
}

impl Engine {
    /// Makes the rows of a frame a table: in memory while they are few, on disk from a stated number on.
    fn keep_rows(&self, name: &str, frame: DataFrame) -> Result<(), DataFusionError> {
        use futures::StreamExt as _;
        super::wait_for(async {
            let planned = Arc::new(frame.schema().as_arrow().clone());
            let mut stream = frame.execute_stream().await?;
            let mut rows: Option<Rows> = None;
            while let Some(batch) = stream.next().await {
                let batch = batch?;
                rows.get_or_insert_with(|| Rows::new(name, batch.schema())).add(self, batch)?;
            }
            let rows = rows.unwrap_or_else(|| Rows::new(name, planned));
            let schema = rows.schema();
            match rows.finish()? {
                Kept::OnDisk(table) => self.put(name, Arc::new(table)),
                Kept::Held(held) => self.put(name, Arc::new(MemTable::try_new(schema, vec![held])?)),
            }
            Ok::<(), DataFusionError>(())
        })?;
        Ok(())
    }
}

/// `select * from NAME`.
fn everything_of(name: &str) -> Query {
    let parsed = super::Query::parse(&format!("select * from \"{name}\"")).expect("the name is quoted");
    match parsed.statement {
        Statement::Statement(statement) => match *statement {
            sql_ast::Statement::Query(query) => *query,
            _ => unreachable!("a select is a query"),
        },
        _ => unreachable!("a select is a statement"),
    }
}

/// The tables before one that it rests on, in their order.
fn needed(before: &[Cte], query: &Query) -> Vec<Cte> {
    let mut taken: Vec<Cte> = Vec::new();
    let mut named = names_in(query);
    for cte in before.iter().rev() {
        if named.contains_key(&name_of(cte)) {
            for (name, count) in names_in(cte.query.as_ref()) {
                *named.entry(name).or_default() += count;
            }
            taken.push(cte.clone());
        }
    }
    taken.reverse();
    taken
}

/// The places of the tables that are worth laying down, in their order.
fn shared(query: &Query) -> Vec<usize> {
    let Some(with) = query.with.as_ref() else { return Vec::new() };
    let tables = &with.cte_tables;
    let nested = tables.iter().any(|cte| cte.query.with.is_some());
    if nested {
        return Vec::new();
    }
    let mut rest = query.clone();
    rest.with = None;
    // How often each name is worked out where nothing is laid down before it.
    let mut uses = names_in(&rest);
    let mut places = Vec::new();
    for (place, cte) in tables.iter().enumerate().rev() {
        let own = uses.get(&name_of(cte)).copied().unwrap_or_default();
        let mut named = names_in(cte.query.as_ref());
        let names_itself = named.remove(&name_of(cte)).is_some();
        let lays_down = own > 1 && !names_itself && !is_plain(&cte.query);
        if lays_down {
            places.push(place);
        }
        let times = if lays_down { 1 } else { own };
        for (name, count) in named {
            *uses.entry(name).or_default() += count * times;
        }
    }
    places.reverse();
    places
}

fn name_of(cte: &Cte) -> String {
    cte.alias.name.value.to_lowercase()
}

/// How often each name of one part stands in it as a table.
fn names_in(query: &impl Visit) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    let _ = visit_relations(query, |name| {
        if let [ObjectNamePart::Identifier(only)] = name.0.as_slice() {
            *names.entry(only.value.to_lowercase()).or_default() += 1;
        }
        ControlFlow::<()>::Continue(())
    });
    names
}

/// Whether a query only picks columns and rows of one table.
fn is_plain(query: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_ref() else { return false };
    let ungrouped = matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    let one_table = matches!(
        select.from.as_slice(),
        [sql_ast::TableWithJoins { relation: TableFactor::Table { .. }, joins }] if joins.is_empty()
    );
    let calls = visit_expressions(&select.projection, |expression| match expression {
        sql_ast::Expr::Function(call) if call.over.is_some() || call.name.to_string().eq_ignore_ascii_case("unnest") => {
            ControlFlow::Break(())
        }
        sql_ast::Expr::Subquery(_) | sql_ast::Expr::Exists { .. } | sql_ast::Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    ungrouped && one_table && select.distinct.is_none() && select.having.is_none() && select.qualify.is_none() && calls.is_continue()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Table;
    use crate::base::table::Column;
    use crate::engine::{Parameters, Query as Asked};

    fn engine(rows: i64) -> Engine {
        let engine = Engine::new();
        engine.load("keys", &Table::new(vec![("id".into(), Column::Integer((0..rows).map(Some).collect()))]));
        engine
    }

    fn places(sql: &str) -> Vec<usize> {
        match Asked::parse(sql).unwrap().statement {
            Statement::Statement(statement) => match *statement {
                sql_ast::Statement::Query(query) => shared(&query),
                _ => unreachable!(),
            },
            _ => unreachable!(),
        }
    }

    #[test]
    fn what_is_named_several_times_and_is_no_plain_selection_is_laid_down() {
        let ranked = "ranked as (select id, row_number() over (order by id) as n from keys)";
        assert_eq!(places(&format!("with {ranked} select a.n from ranked as a inner join ranked as b on a.n = b.n")), [0]);
        assert_eq!(places(&format!("with {ranked} select n from ranked")), [0_usize; 0]);
        assert_eq!(
            places("with few as (select id from keys where id < 3) select a.id from few as a inner join few as b on a.id = b.id"),
            [0_usize; 0]
        );
        // A plain selection from what is costly: that is laid down, and not the selection.
        let twice =
            format!("with {ranked}, few as (select n from ranked where n < 3) select a.n from few as a inner join few as b on a.n = b.n");
        assert_eq!(places(&twice), [0]);
        // Named once by what is itself laid down.
        let chained = format!(
            "with {ranked}, counted as (select n, count(*) as c from ranked group by n) select a.n from counted as a inner join counted as b on a.n = b.n"
        );
        assert_eq!(places(&chained), [1]);
        // What names itself stays where it stands, and what it rests on is laid down.
        let recursive = format!(
            "with recursive {ranked}, steps as (select n from ranked where n = 1 union all select ranked.n from ranked inner join steps on ranked.n = steps.n + 1) \
             select a.n from steps as a inner join steps as b on a.n = b.n"
        );
        assert_eq!(places(&recursive), [0]);
        let steps = engine(40).query(&Asked::parse(&recursive).unwrap(), &Parameters::new()).unwrap();
        assert_eq!(steps.len(), 40);
        assert_eq!(places(&format!("with {ranked} select n from ranked where n in (select n from ranked where n > 2)")), [0]);
    }

    #[test]
    fn the_answer_is_the_same_in_memory_and_on_disk_and_nothing_stays() {
        let sql = "with ranked as (select id, row_number() over (order by id desc) as n from keys), \
                   low as (select n, id from ranked where n <= 5), \
                   named (place, key) as (select ranked.n, ranked.id from ranked inner join low on low.n = ranked.n) \
                   select named.place, named.key, low.id as other from named inner join low on low.n = named.place + 1 \
                   where named.key in (select key from named) order by named.place";
        for rows in [7, 150_000] {
            let engine = engine(rows);
            assert!(!places(sql).is_empty());
            let table = engine.query(&Asked::parse(sql).unwrap(), &Parameters::new()).unwrap();
            let found: Vec<[String; 3]> =
                (0..table.len()).map(|row| ["place", "key", "other"].map(|column| table.cell(row, column).to_string())).collect();
            let wanted: Vec<[String; 3]> =
                (1..5).map(|place| [place, rows - place, rows - place - 1].map(|number: i64| number.to_string())).collect();
            assert_eq!(found, wanted);
            let names = engine.context.catalog("datafusion").unwrap().schema("public").unwrap().table_names();
            assert_eq!(names, ["keys"], "what was laid down is gone");
            if let Some(folder) = engine.spilled.get() {
                assert_eq!(std::path::Path::read_dir(folder.path()).unwrap().count(), 0, "its file as well");
            }
        }
    }

    #[test]
    fn a_mistake_is_told_at_its_place() {
        let sql = "with ranked as (select idd, row_number() over (order by id) as n from keys) select a.n from ranked as a inner join ranked as b on a.n = b.n";
        let error = engine(3).query(&Asked::parse(sql).unwrap(), &Parameters::new()).unwrap_err();
        assert_eq!(&sql[error.place.unwrap()], "idd");
    }
}
