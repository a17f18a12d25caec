//! The summary that `pack` and `assess` print.

use std::fmt::Write as _;

use super::terminal::{self, Width};
use crate::base::diagnostic::printable;
use crate::report::Overview;

/// Totals by framework, and what to look at first.
pub fn text(overview: &Overview, width: Width) -> String {
    let mut text = format!("{}\n", printable(&format!("{}: {}", overview.organisation, overview.title)).replace('\n', " "));
    let _ = writeln!(text, "as of {}\n", printable(&overview.as_of));
    let mut header = vec!["Framework"];
    header.extend(overview.labels.iter().map(String::as_str));
    header.push("Clauses");
    let rows = overview.frameworks.iter().map(|framework| {
        let mut row = vec![framework.id.clone()];
        row.extend(framework.counts.iter().map(ToString::to_string));
        row.push(framework.clause_total.to_string());
        row
    });
    let _ = writeln!(text, "{}", terminal::table_text(&header, rows, width));
    gaps(&mut text, overview);
    text
}

fn gaps(text: &mut String, overview: &Overview) {
    const SHOWN_MAX: usize = 5;
    for framework in overview.frameworks.iter().filter(|framework| !framework.worst.is_empty()) {
        let _ = writeln!(text, "\nWorst gaps in {}:", framework.id);
        for gap in framework.worst.iter().take(SHOWN_MAX) {
            let _ = writeln!(text, "{}", printable(&format!("  {:<10} {}. {}", gap.id, gap.label, gap.summary)).replace('\n', " "));
        }
    }
}
