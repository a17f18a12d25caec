//! A comparison or a trend as Markdown and as a workbook; its page and its PDF are laid out by the templates of `html` and `pdf`.

use std::fmt::Write as _;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

use crate::report::Changes;
use crate::report::changes::{CellView, SectionView, TableView};

/// Markdown for a merge request: GitHub's tables, everything from evidence escaped or in a code span.
pub fn markdown(changes: &Changes) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# {}: {}\n", escaped(&changes.organisation), escaped(&changes.title));
    for mark in &changes.marks {
        let strength = if mark.is_grave { "**" } else { "" };
        let _ = writeln!(text, "> {strength}{}{strength}\n", escaped(&mark.text));
    }
    let _ = writeln!(text, "{}\n", escaped(&changes.summary));
    if !changes.tiles.is_empty() {
        let counts: Vec<String> = changes.tiles.iter().map(|tile| format!("{} {}", tile.count, tile.label.to_lowercase())).collect();
        let _ = writeln!(text, "{}.\n", counts.join(", "));
    }
    table(&changes.sides, &mut text);
    for section in &changes.sections {
        let _ = writeln!(text, "## {}\n\n{}\n", escaped(&section.title), escaped(&section.lead));
        if !section.none.is_empty() {
            let _ = writeln!(text, "{}\n", escaped(&section.none));
        }
        for own in &section.tables {
            if !own.caption.is_empty() {
                let _ = writeln!(text, "### {}\n", escaped(&own.caption));
            }
            table(own, &mut text);
            if !own.note.is_empty() {
                let _ = writeln!(text, "{}\n", escaped(&own.note));
            }
        }
    }
    text
}

fn table(own: &TableView, text: &mut String) {
    let titles: Vec<String> = own.columns.iter().map(|column| escaped(&column.title)).collect();
    let lines: Vec<&str> = own.columns.iter().map(|column| if column.is_number { "---:" } else { "---" }).collect();
    let _ = writeln!(text, "| {} |\n| {} |", titles.join(" | "), lines.join(" | "));
    for row in &own.rows {
        let cells: Vec<String> = row.iter().map(markdown_cell).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push('\n');
}

fn markdown_cell(cell: &CellView) -> String {
    let lines: Vec<String> = cell.lines.iter().map(|line| if cell.kind == "code" { code(line) } else { escaped(line) }).collect();
    lines.join("<br>")
}

/// Text that no Markdown reader takes for markup, for a mention or for a reference to an issue.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    // An address would become a link.
    out.replace("://", ":\u{200b}//")
}

/// A code span that its content cannot leave.
fn code(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let longest = plain.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if plain.starts_with('`') || plain.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", plain.replace('|', "\\|"))
}

/// A workbook with a sheet for the sides and one for each table. Cells are text and never formulas; the same rows give the same bytes.
pub fn xlsx(changes: &Changes) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    let mut names = Vec::new();
    let sides = SectionView {
        anchor: String::new(),
        title: changes.title.clone(),
        lead: changes.summary.clone(),
        tables: vec![changes.sides.clone()],
        none: String::new(),
    };
    for section in std::iter::once(&sides).chain(&changes.sections) {
        for own in &section.tables {
            let title = if own.caption.is_empty() { &section.title } else { &own.caption };
            let name = sheet_name(title, &names);
            names.push(name.clone());
            sheet(&mut workbook, &name, own, changes, section.anchor.is_empty())?;
        }
    }
    workbook.save_to_buffer()
}

fn sheet(workbook: &mut Workbook, name: &str, own: &TableView, changes: &Changes, is_first: bool) -> Result<(), XlsxError> {
    /// The format's own limits.
    const CELL_CHARS_MAX: usize = 32_767;
    const ROWS_MAX: usize = 1_048_000;
    let bold = Format::new().set_bold();
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let page = workbook.add_worksheet();
    page.set_name(name)?;
    let mut at = 0;
    if is_first {
        for text in std::iter::once(&changes.summary).chain(changes.marks.iter().map(|mark| &mark.text)) {
            page.write_string(at, 0, text)?;
            at += 1;
        }
        at += 1;
    }
    for (column, title) in (0_u16..).zip(&own.columns) {
        page.write_string_with_format(at, column, &title.title, &bold)?;
        page.set_column_width(column, f64::from(title.weight) * 4.5)?;
    }
    let header = at;
    for row in own.rows.iter().take(ROWS_MAX) {
        at += 1;
        for (column, cell) in (0_u16..).zip(row) {
            let text: String = cell.lines.join("\n").chars().take(CELL_CHARS_MAX).collect();
            match text.parse::<f64>() {
                Ok(number) if cell.kind == "number" && !text.starts_with('+') => {
                    page.write_number_with_format(at, column, number, &wrapped)?
                }
                _ => page.write_string_with_format(at, column, text, &wrapped)?,
            };
        }
    }
    page.set_freeze_panes(header + 1, 0)?;
    if !own.columns.is_empty() {
        page.autofilter(header, 0, at, u16::try_from(own.columns.len() - 1).unwrap_or(0))?;
    }
    Ok(())
}

/// A name that the format allows and that no other sheet has.
fn sheet_name(title: &str, taken: &[String]) -> String {
    const CHARS_MAX: usize = 28;
    let plain: String = title.chars().map(|c| if "[]:*?/\\'".contains(c) || c.is_control() { ' ' } else { c }).take(CHARS_MAX).collect();
    let plain = if plain.trim().is_empty() { "Sheet".to_owned() } else { plain.trim().to_owned() };
    let is_free = |name: &String| taken.iter().all(|own| own.to_lowercase() != name.to_lowercase());
    std::iter::once(plain.clone()).chain((2..).map(|number| format!("{plain} {number}"))).find(is_free).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_evidence_is_no_markup() {
        assert_eq!(escaped("a|b <b>*x*</b> @me #1"), "a\\|b &lt;b&gt;\\*x\\*&lt;/b&gt; &#64;me &#35;1");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`x|"), "`` `x\\| ``");
        assert!(!escaped("https://a.example").contains("://"));
    }

    #[test]
    fn sheets_have_names_that_the_format_allows_and_each_its_own() {
        let first = sheet_name("pci-dss@4.0.1: [all] of/the 'clauses' that changed since", &[]);
        assert!(first.len() <= 31 && !first.contains(['[', ':', '/', '\'']));
        assert_eq!(sheet_name("One", &["one".into()]), "One 2");
    }
}
