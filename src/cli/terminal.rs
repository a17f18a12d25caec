//! Printing: tables, diagnostics, progress. The only module that writes to the terminal.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Failure;
use crate::base::Diagnostic;
use crate::base::diagnostic::printable;

/// One line on standard output. A closed pipe ends the program quietly.
pub fn line(text: &str) {
    if writeln!(anstream::stdout(), "{text}").is_err() {
        std::process::exit(0);
    }
}

/// Text exactly as it is, for machine formats.
pub fn raw(text: &str) {
    if std::io::stdout().write_all(text.as_bytes()).is_err() {
        std::process::exit(0);
    }
}

/// Text on standard error, beside what was asked for.
pub fn aside(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// A line of text that may hold anything, on standard output.
pub fn safe_line(text: &str) {
    line(&printable(text));
}

pub fn diagnostics(list: &[Diagnostic]) {
    let styled = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    for diagnostic in list {
        let _ = writeln!(anstream::stderr(), "{}\n", diagnostic.render(styled));
    }
}

pub fn failure(failure: &Failure) {
    let mut text = failure.to_string();
    let mut source = std::error::Error::source(failure);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    let _ = writeln!(anstream::stderr(), "tickmark: {}", printable(&text));
}

/// A table fitted to the terminal; in a pipe, each row on a line of its own.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    line(&table_text(header, rows, Width::Terminal));
}

/// How wide a table may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// As wide as the terminal, where there is one.
    Terminal,
    /// As wide as its cells: the same text wherever it is made.
    Free,
}

/// The same as text.
pub fn table_text(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>, width: Width) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(header.to_vec());
    if width == Width::Terminal && std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for row in rows {
        table.add_row(row.into_iter().map(|cell| printable(&cell).replace('\n', " ")).collect::<Vec<_>>());
    }
    table.to_string()
}

/// Shows what is being done, on a terminal only.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn start() -> Progress {
        let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }

    pub fn tell(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.0.set_message(printable(text.trim_start()));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
