//! `tickmark cite`.

use std::path::Path;

use serde_json::json;

use super::args::TextOrJson;
use super::catalog::print_json;
use super::{Failure, load_controls, settle, terminal};
use crate::base::Diagnostics;
use crate::catalog::cite::{Citation, Citations, Verdict};
use crate::io;

pub fn run(words: &[String], file: Option<&Path>, format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    let citations = Citations::new(&controls.catalogs);
    let found = match file {
        None => citations.one(&words.join(" ")),
        Some(path) => {
            let bytes = io::read_one(path)?;
            let text = String::from_utf8(bytes).map_err(|_| Failure::BadInput(format!("`{}` is not UTF-8", path.display())))?;
            citations.in_text(&text)
        }
    };
    if format == TextOrJson::Json {
        print_json(&json!(found));
    } else {
        for citation in &found {
            print(citation, file);
        }
        if file.is_some() {
            let wrong = found.iter().filter(|citation| citation.needs_attention()).count();
            terminal::line(&format!("{} citations, {wrong} to look at.", found.len()));
        }
    }
    match found.iter().filter(|citation| citation.needs_attention()).count() {
        0 => Ok(()),
        1 => Err(Failure::Gate("1 citation needs attention".into())),
        count => Err(Failure::Gate(format!("{count} citations need attention"))),
    }
}

fn print(citation: &Citation, file: Option<&Path>) {
    let word = match citation.verdict {
        Verdict::Exact => "is",
        Verdict::Variant => "means",
        Verdict::Superseded => "is of an earlier edition:",
        Verdict::Corrected => "does not exist there; meant is",
        Verdict::Ambiguous => "may be",
        Verdict::Unknown => "is no clause",
    };
    let place = file.map_or(String::new(), |path| format!("{}:{}:{}: ", path.display(), citation.line, citation.column));
    let clauses: Vec<String> =
        citation.clauses.iter().map(|cited| format!("{} {} ({})", cited.clause.framework, cited.clause.clause, cited.label)).collect();
    terminal::safe_line(format!("{place}{} {word} {}", citation.written.replace('\n', " "), clauses.join(", or ")).trim_end());
    for note in &citation.notes {
        terminal::safe_line(&format!("  {note}"));
    }
}
