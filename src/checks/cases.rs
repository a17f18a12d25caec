//! The cases of an objective: small worlds written by hand, each with what must be concluded from it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::assessment::Outcome;
use crate::base::table::{Column, ColumnType};
use crate::base::yaml::Located;
use crate::base::{Diagnostics, Instant, Status, Table};
use crate::catalog::ParameterValue;
use crate::evidence::{Extent, TableDefinition};

/// `controls/objectives/<id>/cases.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark cases of an objective")]
pub struct CasesFile {
    pub cases: Vec<Case>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    /// What the case is there to show; each objective needs the first four.
    pub shows: Shows,
    pub as_of: Instant,
    /// First instant of the period; 90 days before `as_of` when left out.
    pub period_from: Option<Instant>,
    #[serde(default)]
    pub parameters: BTreeMap<String, ParameterValue>,
    /// Values of parameters for one class, one tier, or both.
    #[serde(default)]
    pub by_class: Vec<CaseByClass>,
    /// When left out: one artifact `a`, collected one day before `as_of`, complete.
    pub artifacts: Option<Vec<CaseArtifact>>,
    /// Rows by table; a column left out is missing, `artifact` is `a`, `record` is `line:N`.
    #[serde(default)]
    pub rows: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    pub expect: Expectation,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseByClass {
    pub parameter: String,
    pub class: Option<String>,
    pub tier: Option<String>,
    pub value: ParameterValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shows {
    Pass,
    Fail,
    Empty,
    Stale,
    Malformed,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseArtifact {
    pub path: String,
    pub collected_at: Option<Instant>,
    pub extent: Extent,
    /// Tables it feeds; all required ones when left out.
    pub feeds: Option<Vec<String>>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    pub status: Status,
    /// Every subject of the population.
    pub outcomes: BTreeMap<String, Outcome>,
    /// The subjects of which one source says what another contradicts.
    #[serde(default)]
    pub contradicted: Vec<String>,
}

/// Builds the base tables of a case. Unknown tables and columns, and values of the wrong type, are diagnostics.
pub fn tables_of(
    file: &Located<CasesFile>,
    index: usize,
    definitions: &BTreeMap<String, TableDefinition>,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, Table> {
    let case = &file.value.cases[index];
    let mut tables: BTreeMap<String, Table> = definitions.iter().map(|(name, definition)| (name.clone(), definition.empty())).collect();
    for (name, rows) in &case.rows {
        let pointer = format!("/cases/{index}/rows/{name}");
        let Some(definition) = definitions.get(name).filter(|definition| definition.derivation.is_none()) else {
            diagnostics.push(
                file.error(&pointer, "cases/unknown-table", format!("there is no base table `{name}`"))
                    .suggest(name, definitions.keys().map(String::as_str)),
            );
            continue;
        };
        for (at, row) in rows.iter().enumerate() {
            for key in row.keys() {
                if !definition.columns.iter().any(|column| column.name == *key) {
                    diagnostics.push(
                        file.error(&format!("{pointer}/{at}"), "cases/unknown-column", format!("the table `{name}` has no column `{key}`"))
                            .suggest(key, definition.columns.iter().map(|column| column.name.as_str())),
                    );
                }
            }
        }
        let columns = definition
            .columns
            .iter()
            .map(|column| {
                let mut values = Column::empty(column.kind);
                for (at, row) in rows.iter().enumerate() {
                    let given = row.get(&column.name).cloned().unwrap_or_else(|| match column.name.as_str() {
                        "artifact" => Value::from("a"),
                        "record" => Value::from(format!("line:{}", at + 1)),
                        _ => Value::Null,
                    });
                    if !push_value(&mut values, column.kind, &given) {
                        values.push_missing();
                        diagnostics.push(file.error(
                            &format!("{pointer}/{at}/{}", column.name),
                            "cases/wrong-type",
                            format!("`{}` is {:?} in the table `{name}`", column.name, column.kind),
                        ));
                    }
                }
                (column.name.clone(), values)
            })
            .collect();
        let mut table = Table::new(columns);
        table.sort();
        tables.insert(name.clone(), table);
    }
    tables
}

fn push_value(column: &mut Column, kind: ColumnType, value: &Value) -> bool {
    match (column, kind, value) {
        (column, _, Value::Null) => column.push_missing(),
        (Column::Text(values), _, Value::String(text)) => values.push(Some(text.clone())),
        (Column::Integer(values), ColumnType::Integer, Value::Number(number)) if number.is_i64() => values.push(number.as_i64()),
        (Column::Boolean(values), _, Value::Bool(flag)) => values.push(Some(*flag)),
        (Column::Instant(values), _, Value::String(text)) => match Instant::parse(text) {
            Ok(instant) => values.push(Some(instant.micros())),
            Err(_) => return false,
        },
        _ => return false,
    }
    true
}
