//! The view model of a comparison and of a trend: facts, bars, and sections of tables, already counted, ordered and worded.
//!
//! In: a [`ChangeSet`](crate::diff::ChangeSet) or a [`Trend`](crate::diff::trend::Trend) and the wording. Out: a [`Changes`], which every format lays out the same way. All text is plain text
//! that may come from untrusted evidence; a renderer escapes it.

mod comparison;
mod rows;
mod trend;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Wording;
use super::model::StatusCount;
use crate::base::{Instant, Status};
use crate::diff::{Change, CheckState, SideRecord};

pub use comparison::changes;
pub use rows::{changes_csv, trend_csv};
pub use trend::trend;

/// How much a document shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The first rows of every table: a page for readers.
    Page,
    /// All rows: a workbook.
    Whole,
}

/// Rows of one table on a page for readers.
const ROWS_MAX: usize = 120;

/// A comparison or a trend, ready to be laid out.
#[derive(Debug, Clone, Serialize)]
pub struct Changes {
    /// `tickmark-changes-report/1`.
    pub schema: String,
    pub strings: BTreeMap<String, String>,
    pub language: String,
    pub title: String,
    /// What kind of document this is.
    pub kind: String,
    pub organisation: String,
    /// Names the document in page headers and in the identity of the PDF.
    pub id: String,
    pub tool: String,
    /// Calendar day of the latest instant: year, month, day.
    pub date: (i16, i8, i8),
    /// What is compared, side by side; the first row names the columns.
    pub sides: TableView,
    pub marks: Vec<MarkView>,
    pub tiles: Vec<TileView>,
    /// One sentence over the whole.
    pub summary: String,
    pub bars: Vec<BarsView>,
    pub sections: Vec<SectionView>,
    /// What a page may be filtered by; empty for a trend.
    pub filter: FilterView,
}

/// The choices of a filter, each with the word that the keys of rows have.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FilterView {
    pub frameworks: Vec<ChoiceView>,
    pub changes: Vec<ChoiceView>,
    pub causes: Vec<ChoiceView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ChoiceView {
    pub word: String,
    pub label: String,
}

/// What a reader has to know before reading on.
#[derive(Debug, Clone, Serialize)]
pub struct MarkView {
    pub code: String,
    pub text: String,
    /// Nothing that follows can be relied on.
    pub is_grave: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct TileView {
    pub word: String,
    pub label: String,
    pub count: usize,
}

/// Bars of one framework or of one count, side by side.
#[derive(Debug, Clone, Serialize)]
pub struct BarsView {
    pub title: String,
    pub bars: Vec<BarView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct BarView {
    pub label: String,
    pub total: usize,
    /// Nothing where there is no such framework at that point.
    pub parts: Vec<StatusCount>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SectionView {
    pub anchor: String,
    pub title: String,
    pub lead: String,
    pub tables: Vec<TableView>,
    /// Said where there is nothing to list; else empty.
    pub none: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct TableView {
    pub caption: String,
    pub columns: Vec<ColumnView>,
    pub rows: Vec<Vec<CellView>>,
    /// One for each row of a table that a page can filter; empty for other tables.
    pub keys: Vec<RowKeys>,
    /// "120 of 400 shown", or empty when all are.
    pub note: String,
}

/// What a row is found by beside its text. Empty where it is of no framework, no class or no cause.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RowKeys {
    pub framework: String,
    pub change: String,
    pub causes: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ColumnView {
    pub title: String,
    /// Width against the other columns.
    pub weight: u8,
    pub is_number: bool,
}

/// One cell: lines of text, with a word that a renderer may give a look to.
#[derive(Debug, Clone, Serialize)]
pub struct CellView {
    /// `text`, `code`, `number`, `status` or `change`.
    pub kind: &'static str,
    /// The status or class, for its look.
    pub word: String,
    pub lines: Vec<String>,
}

impl CellView {
    fn text(text: impl Into<String>) -> CellView {
        CellView { kind: "text", word: String::new(), lines: vec![text.into()] }
    }

    fn lines(lines: Vec<String>) -> CellView {
        CellView { kind: "text", word: String::new(), lines }
    }

    fn code(text: impl Into<String>) -> CellView {
        CellView { kind: "code", word: String::new(), lines: vec![text.into()] }
    }

    fn number(count: impl ToString) -> CellView {
        CellView { kind: "number", word: String::new(), lines: vec![count.to_string()] }
    }
}

fn column(title: String, weight: u8) -> ColumnView {
    ColumnView { title, weight, is_number: false }
}

fn number_column(title: String) -> ColumnView {
    ColumnView { title, weight: 2, is_number: true }
}

/// Words for everything.
struct Build<'a> {
    wording: &'a Wording,
    extent: Extent,
}

fn short(root: &str) -> String {
    root.chars().take(12).collect()
}

fn day(as_of: &str) -> (i16, i8, i8) {
    let Ok(at) = as_of.chars().take(10).collect::<String>().parse::<jiff::civil::Date>() else {
        return Instant::parse(as_of).map_or((1970, 1, 1), |_| (1970, 1, 1));
    };
    (at.year(), at.month(), at.day())
}

fn marks(remarks: &[crate::diff::Remark]) -> Vec<MarkView> {
    let view = |own: &crate::diff::Remark| MarkView { code: own.code.into(), text: own.text.clone(), is_grave: is_grave(own.code) };
    remarks.iter().map(view).collect()
}

/// Whether nothing that follows can be relied on.
fn is_grave(code: &str) -> bool {
    code == "broken-side"
}

impl Build<'_> {
    fn t(&self, key: &str) -> String {
        self.wording.get(key)
    }

    fn label(&self, group: &str, word: &str) -> String {
        self.wording.label(group, word)
    }

    fn fill(&self, key: &str, values: &[(&str, String)]) -> String {
        values.iter().fold(self.t(key), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    fn status(&self, status: Option<Status>) -> CellView {
        match status {
            Some(status) => CellView { kind: "status", word: status.word().into(), lines: vec![self.label("status", status.word())] },
            None => CellView::text("–"),
        }
    }

    fn change(&self, change: Change) -> CellView {
        CellView { kind: "change", word: change.word().into(), lines: vec![self.label("change", change.word())] }
    }

    fn table(&self, caption: String, columns: Vec<ColumnView>, rows: Vec<Vec<CellView>>) -> TableView {
        let total = rows.len();
        let shown = self.shown(total);
        TableView { caption, columns, rows: rows.into_iter().take(shown).collect(), keys: Vec::new(), note: self.note(total) }
    }

    /// A table that a page can filter. Only what is shown is held and put into words: there may be a million items.
    fn listing<T>(
        &self,
        caption: String,
        columns: Vec<ColumnView>,
        items: impl IntoIterator<Item = T>,
        keys: impl Fn(&T) -> RowKeys,
        row: impl Fn(&T) -> Vec<CellView>,
    ) -> TableView {
        let mut items = items.into_iter();
        let shown: Vec<T> = items.by_ref().take(self.shown(usize::MAX)).collect();
        let total = shown.len() + items.count();
        TableView {
            caption,
            columns,
            rows: shown.iter().map(row).collect(),
            keys: shown.iter().map(keys).collect(),
            note: self.note(total),
        }
    }

    fn shown(&self, total: usize) -> usize {
        if self.extent == Extent::Page { total.min(ROWS_MAX) } else { total }
    }

    fn note(&self, total: usize) -> String {
        let shown = self.shown(total);
        if shown == total {
            return String::new();
        }
        self.fill("changes_note", &[("shown", shown.to_string()), ("total", total.to_string())])
    }

    /// What is compared, a column for each side.
    fn sides(&self, sides: &[&SideRecord], names: &[&str]) -> TableView {
        let mut columns = vec![column(String::new(), 3)];
        columns.extend(sides.iter().enumerate().map(|(at, side)| {
            let named = names.get(at).map_or_else(|| side.as_of.chars().take(10).collect(), |key| self.t(key));
            column(named, 6)
        }));
        let row = |key: &str, value: &dyn Fn(&SideRecord) -> CellView| {
            let mut cells = vec![CellView::text(self.t(key))];
            cells.extend(sides.iter().map(|side| value(side)));
            cells
        };
        let checked = |side: &SideRecord| {
            let word = match side.check.state {
                CheckState::WholePack => "whole_pack",
                CheckState::RecordOnly => "record_only",
                CheckState::Broken => "broken",
            };
            CellView::text(self.t(&format!("check_{word}")))
        };
        let same_scope = sides.windows(2).all(|pair| pair[0].scope == pair[1].scope);
        let mut rows = vec![
            row("organisation", &|side| CellView::text(side.organisation.clone())),
            row("period", &|side| CellView::text(format!("{} {} {}", side.period_from, self.t("to"), side.period_to))),
            row("as_of", &|side| CellView::text(side.as_of.clone())),
        ];
        if !same_scope {
            rows.push(row("scope", &|side| CellView::text(side.scope.clone())));
        }
        rows.push(row("root_short", &|side| CellView::code(side.root.clone())));
        rows.push(row("check", &checked));
        rows.push(row("clauses_total", &|side| CellView::text(side.clauses.to_string())));
        TableView { columns, rows, ..TableView::default() }
    }

    fn parts(&self, counts: &BTreeMap<Status, usize>) -> BarView {
        let total: usize = counts.values().sum();
        let parts = Status::ALL
            .iter()
            .map(|status| {
                let count = counts.get(status).copied().unwrap_or_default();
                StatusCount {
                    status: status.word().into(),
                    label: self.label("status", status.word()),
                    count,
                    permille: (count * 1000).checked_div(total).unwrap_or_default(),
                }
            })
            .collect();
        BarView { label: String::new(), total, parts }
    }

    fn section(&self, key: &str, tables: Vec<TableView>) -> SectionView {
        let is_empty = tables.iter().all(|table: &TableView| table.rows.is_empty());
        SectionView {
            anchor: format!("part-{}", key.replace('_', "-")),
            title: self.t(&format!("changes_{key}_title")),
            lead: self.t(&format!("changes_{key}_lead")),
            tables: if is_empty { Vec::new() } else { tables },
            none: if is_empty { self.t(&format!("changes_{key}_none")) } else { String::new() },
        }
    }
}
