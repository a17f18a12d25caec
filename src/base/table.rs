//! Plain columnar tables: what the engine is given and what it gives back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnType {
    Text,
    Integer,
    Boolean,
    /// A point in time, held in microseconds since 1970 in UTC.
    Instant,
}

/// One column; a missing value is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    Text(Vec<Option<String>>),
    Integer(Vec<Option<i64>>),
    Boolean(Vec<Option<bool>>),
    Instant(Vec<Option<i64>>),
}

/// One value of a table, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell<'a> {
    Missing,
    Boolean(bool),
    Integer(i64),
    Instant(i64),
    Text(&'a str),
}

/// Named columns of equal length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Column>,
}

impl Column {
    pub fn empty(kind: ColumnType) -> Column {
        match kind {
            ColumnType::Text => Column::Text(Vec::new()),
            ColumnType::Integer => Column::Integer(Vec::new()),
            ColumnType::Boolean => Column::Boolean(Vec::new()),
            ColumnType::Instant => Column::Instant(Vec::new()),
        }
    }

    pub fn kind(&self) -> ColumnType {
        match self {
            Column::Text(_) => ColumnType::Text,
            Column::Integer(_) => ColumnType::Integer,
            Column::Boolean(_) => ColumnType::Boolean,
            Column::Instant(_) => ColumnType::Instant,
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Column::Text(values) => values.len(),
            Column::Integer(values) | Column::Instant(values) => values.len(),
            Column::Boolean(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Column::Text(values) => values[row].as_deref().map_or(Cell::Missing, Cell::Text),
            Column::Integer(values) => values[row].map_or(Cell::Missing, Cell::Integer),
            Column::Boolean(values) => values[row].map_or(Cell::Missing, Cell::Boolean),
            Column::Instant(values) => values[row].map_or(Cell::Missing, Cell::Instant),
        }
    }

    pub fn has_missing(&self) -> bool {
        match self {
            Column::Text(values) => values.iter().any(Option::is_none),
            Column::Integer(values) | Column::Instant(values) => values.iter().any(Option::is_none),
            Column::Boolean(values) => values.iter().any(Option::is_none),
        }
    }

    pub fn push_missing(&mut self) {
        match self {
            Column::Text(values) => values.push(None),
            Column::Integer(values) | Column::Instant(values) => values.push(None),
            Column::Boolean(values) => values.push(None),
        }
    }

    fn append(&mut self, other: Column) {
        match (self, other) {
            (Column::Text(into), Column::Text(from)) => into.extend(from),
            (Column::Integer(into), Column::Integer(from)) | (Column::Instant(into), Column::Instant(from)) => into.extend(from),
            (Column::Boolean(into), Column::Boolean(from)) => into.extend(from),
            _ => unreachable!("columns of one name have one type"),
        }
    }

    /// The rows of this column at these positions, in this order.
    pub fn reordered(&self, order: &[usize]) -> Column {
        match self {
            Column::Text(values) => Column::Text(order.iter().map(|&row| values[row].clone()).collect()),
            Column::Integer(values) => Column::Integer(order.iter().map(|&row| values[row]).collect()),
            Column::Boolean(values) => Column::Boolean(order.iter().map(|&row| values[row]).collect()),
            Column::Instant(values) => Column::Instant(order.iter().map(|&row| values[row]).collect()),
        }
    }
}

impl Table {
    /// An empty table with these columns.
    pub fn empty<'a>(columns: impl IntoIterator<Item = (&'a str, ColumnType)>) -> Table {
        let (names, columns) = columns.into_iter().map(|(name, kind)| (name.to_owned(), Column::empty(kind))).unzip();
        Table { names, columns }
    }

    /// Builds a table from columns.
    ///
    /// # Panics
    /// When the columns differ in length: that would be a bug of the caller.
    pub fn new(named: Vec<(String, Column)>) -> Table {
        let (names, columns): (Vec<_>, Vec<_>) = named.into_iter().unzip();
        assert!(columns.windows(2).all(|pair| pair[0].len() == pair[1].len()), "columns of one table have one length");
        Table { names, columns }
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.names.iter().map(String::as_str).zip(&self.columns)
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.names.iter().position(|own| own == name).map(|index| &self.columns[index])
    }

    /// Takes a column out of the table.
    pub fn take(&mut self, name: &str) -> Option<Column> {
        let index = self.names.iter().position(|own| own == name)?;
        self.names.remove(index);
        Some(self.columns.remove(index))
    }

    pub fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        let index = self.names.iter().position(|own| own == name)?;
        Some(&mut self.columns[index])
    }

    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn cell(&self, row: usize, name: &str) -> Cell<'_> {
        self.column(name).map_or(Cell::Missing, |column| column.cell(row))
    }

    /// Text of a cell; a missing value and a value of another type give `None`.
    pub fn text(&self, row: usize, name: &str) -> Option<&str> {
        match self.cell(row, name) {
            Cell::Text(text) => Some(text),
            Cell::Missing | Cell::Boolean(_) | Cell::Integer(_) | Cell::Instant(_) => None,
        }
    }

    /// Forgets the rows and keeps the columns.
    pub fn clear(&mut self) {
        for column in &mut self.columns {
            *column = Column::empty(column.kind());
        }
    }

    /// Appends the rows of a table that has the same columns in the same order.
    pub fn append(&mut self, other: Table) {
        assert_eq!(self.names, other.names, "only like tables are appended");
        for (into, from) in self.columns.iter_mut().zip(other.columns) {
            into.append(from);
        }
    }

    /// Sorts the rows by all columns from left to right, so that the order in which they came no longer shows.
    pub fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|&one, &two| {
            self.columns
                .iter()
                .map(|column| column.cell(one).cmp(&column.cell(two)))
                .find(|ordering| ordering.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        self.columns = self.columns.iter().map(|column| column.reordered(&order)).collect();
    }
}

impl std::fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cell::Missing => Ok(()),
            Cell::Boolean(value) => value.fmt(f),
            Cell::Integer(value) => value.fmt(f),
            Cell::Instant(micros) => match jiff::Timestamp::from_microsecond(*micros) {
                Ok(instant) => instant.fmt(f),
                Err(_) => micros.fmt(f),
            },
            Cell::Text(text) => f.write_str(text),
        }
    }
}
