//! Lists as CSV and as XLSX workbooks. Cells are text and never formulas, whatever evidence wrote into them.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

/// Comma-separated, with a header. A cell that a spreadsheet would take for a formula gets an apostrophe before it.
pub fn csv<'a, const N: usize>(header: &[&str; N], rows: impl Iterator<Item = [&'a str; N]>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row.map(defused))?;
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
    /// The format's own limit of a cell.
    const CELL_CHARS_MAX: usize = 32_767;
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
            let cell: String = cell.chars().take(CELL_CHARS_MAX).collect();
            page.write_string_with_format(row, column, cell, &wrapped)?;
        }
        last = row;
    }
    page.set_freeze_panes(1, 0)?;
    page.autofilter(0, 0, last, u16::try_from(N - 1).unwrap_or(0))?;
    workbook.save_to_buffer()
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
        assert_eq!(range.get_value((1, 0)), Some(&calamine::Data::String("=1+1".into())));
        assert!(read.worksheet_formula("Sheet").unwrap().is_empty());
    }
}
