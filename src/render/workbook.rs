//! Lists as CSV and as XLSX workbooks. No cell is a formula, whatever evidence wrote into it.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use crate::report::{CellView, ListView};

/// The format's own limit of a cell.
const CELL_CHARS_MAX: usize = 32_767;
/// Rows of a list on one sheet; the format holds 1 048 576, and the header is one. A longer list goes on on the next sheet.
const SHEET_ROWS_MAX: usize = 1_048_575;

/// Comma-separated, with a header. A cell that a spreadsheet would take for a formula gets an apostrophe before it.
pub fn csv<'a, const N: usize>(header: &[&str; N], rows: impl Iterator<Item = [&'a str; N]>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row.map(defused))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The same for rows whose columns are only known when they are made.
pub fn csv_rows(header: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| defused(cell)))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn defused(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

/// One sheet with a frozen header and filters. The same rows give the same bytes: the workbook carries no time of its own.
pub fn xlsx<'a, const N: usize>(sheet: &str, header: &[&str; N], rows: impl Iterator<Item = [&'a str; N]>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    let bold = Format::new().set_bold();
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let page = workbook.add_worksheet();
    page.set_name(sheet)?;
    for (column, title) in (0_u16..).zip(header) {
        page.write_string_with_format(0, column, *title, &bold)?;
        page.set_column_width(column, if title.len() < 8 { 14 } else { 28 })?;
    }
    let mut last = 0;
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            let cell: String = defused(cell).chars().take(CELL_CHARS_MAX).collect();
            page.write_string_with_format(row, column, cell, &wrapped)?;
        }
        last = row;
    }
    page.set_freeze_panes(1, 0)?;
    page.autofilter(0, 0, last, u16::try_from(N - 1).unwrap_or(0))?;
    workbook.save_to_buffer()
}

/// One list as CSV, its columns by their stable names.
pub fn csv_list(list: &ListView) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(list.columns.iter().map(|column| column.key.as_str()))?;
    for row in &list.rows {
        writer.write_record(row.iter().map(|cell| match cell {
            CellView::Empty => String::new(),
            CellView::Text(text) => defused(text),
            CellView::Number(number) => number.to_string(),
            CellView::Flag(flag) => flag.to_string(),
            CellView::Instant(text, _) | CellView::Day(text, _) => text.clone(),
        }))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// All lists as one workbook, a sheet each, with frozen header and filters; numbers and instants are such. `created` stands in its
/// properties as the time of making, in seconds since 1970: the workbook carries no time of its own.
pub fn workbook(lists: &[ListView], title: &str, created: i64) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let mut properties = DocProperties::new().set_title(title.chars().take(255).collect::<String>());
    properties = properties.set_creation_datetime(&ExcelDateTime::from_timestamp(created).or(ExcelDateTime::from_ymd(2000, 1, 1))?);
    workbook.set_properties(&properties);
    let formats = Formats::new();
    for list in lists {
        let mut parts: Vec<&[Vec<CellView>]> = list.rows.chunks(SHEET_ROWS_MAX).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for (index, rows) in parts.into_iter().enumerate() {
            let page = workbook.add_worksheet();
            page.set_name(sheet_name(&list.title, index))?;
            sheet(page, list, rows, &formats)?;
        }
    }
    workbook.save_to_buffer()
}

/// A title without the characters that a sheet's name may not have, and no longer than it may be.
fn sheet_name(title: &str, part: usize) -> String {
    const CHARS_MAX: usize = 31;
    let number = if part == 0 { String::new() } else { format!(" {}", part + 1) };
    let safe = title.chars().map(|c| if "[]:*?/\\'".contains(c) { ' ' } else { c });
    format!("{}{number}", safe.take(CHARS_MAX - number.len()).collect::<String>().trim())
}

struct Formats {
    header: Format,
    text: Format,
    number: Format,
    instant: Format,
    day: Format,
}

impl Formats {
    fn new() -> Formats {
        let top = || Format::new().set_align(FormatAlign::Top);
        Formats {
            header: Format::new().set_bold().set_text_wrap(),
            text: top().set_text_wrap(),
            number: top().set_num_format("0"),
            instant: top().set_num_format("yyyy-mm-dd hh:mm:ss"),
            day: top().set_num_format("yyyy-mm-dd"),
        }
    }
}

fn sheet(page: &mut Worksheet, list: &ListView, rows: &[Vec<CellView>], formats: &Formats) -> Result<(), XlsxError> {
    for (at, column) in (0_u16..).zip(&list.columns) {
        page.write_string_with_format(0, at, column.title.as_str(), &formats.header)?;
        page.set_column_width(at, width(list, usize::from(at)))?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        for (at, cell) in (0_u16..).zip(row) {
            write(page, line, at, cell, formats)?;
        }
    }
    let last = u16::try_from(list.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    page.set_freeze_panes(1, 0)?;
    page.autofilter(0, 0, u32::try_from(rows.len()).unwrap_or(u32::MAX), last)?;
    Ok(())
}

fn write(page: &mut Worksheet, line: u32, at: u16, cell: &CellView, formats: &Formats) -> Result<(), XlsxError> {
    match cell {
        CellView::Empty => {}
        CellView::Text(text) => {
            let text: String = defused(text).chars().take(CELL_CHARS_MAX).collect();
            page.write_string_with_format(line, at, text, &formats.text)?;
        }
        CellView::Number(number) => {
            page.write_number_with_format(line, at, *number as f64, &formats.number)?;
        }
        CellView::Flag(flag) => {
            page.write_boolean_with_format(line, at, *flag, &formats.text)?;
        }
        CellView::Instant(text, seconds) => dated(page, (line, at), text, *seconds, (&formats.instant, &formats.text))?,
        CellView::Day(text, seconds) => dated(page, (line, at), text, *seconds, (&formats.day, &formats.text))?,
    }
    Ok(())
}

/// An instant or a day; the text where the format cannot hold it, which has none before 1900.
fn dated(
    page: &mut Worksheet,
    (line, at): (u32, u16),
    text: &str,
    seconds: i64,
    (format, plain): (&Format, &Format),
) -> Result<(), XlsxError> {
    match ExcelDateTime::from_timestamp(seconds) {
        Ok(instant) => page.write_datetime_with_format(line, at, &instant, format)?,
        Err(_) => page.write_string_with_format(line, at, text, plain)?,
    };
    Ok(())
}

/// Wide enough for most of a column's cells, and never so wide that a neighbour is out of sight.
fn width(list: &ListView, column: usize) -> f64 {
    let chars = |cell: &CellView| match cell {
        CellView::Empty => 0,
        CellView::Text(text) => text.lines().map(|line| line.chars().count()).max().unwrap_or(0),
        CellView::Number(_) | CellView::Flag(_) => 8,
        CellView::Instant(..) => 19,
        CellView::Day(..) => 10,
    };
    let widest = list.rows.iter().take(200).filter_map(|row| row.get(column)).map(chars).max().unwrap_or(0);
    (widest.clamp(10, 60) + 2) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        let rows = [["=1+1", "a,b"], ["plain", "-2"]];
        let text = String::from_utf8(csv(&["one", "two"], rows.into_iter()).unwrap()).unwrap();
        assert_eq!(text, "one,two\n'=1+1,\"a,b\"\nplain,'-2\n");
        let book = xlsx("Sheet", &["one", "two"], rows.into_iter()).unwrap();
        assert_eq!(book, xlsx("Sheet", &["one", "two"], rows.into_iter()).unwrap(), "the same rows, the same bytes");
        use calamine::Reader;
        let mut read: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(book)).unwrap();
        let range = read.worksheet_range("Sheet").unwrap();
        assert_eq!(range.get_value((1, 0)), Some(&calamine::Data::String("'=1+1".into())), "still none when the sheet is kept as CSV");
        assert!(read.worksheet_formula("Sheet").unwrap().is_empty());
    }
}
