//! What is wrong with a user's file: collected, never thrown, so that one run shows everything.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The run cannot be trusted; nothing is written.
    Error,
    /// Worth a look; the run goes on and the report tells.
    Warning,
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Stable, `stage/what-is-wrong`; each has a page in the book.
    pub code: &'static str,
    /// One lower-case line.
    pub message: String,
    pub file: String,
    /// 1-based line and column of the first character concerned; absent when the whole file is meant.
    pub position: Option<Position>,
    /// Shown under the marked characters.
    pub label: Option<String>,
    /// What to do: the nearest valid name, the missing key, the command to run.
    pub help: Option<String>,
    #[serde(skip)]
    excerpt: Option<Excerpt>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: Arc<str>,
    bytes: Range<usize>,
}

impl Diagnostic {
    pub fn error(code: &'static str, file: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, file, message)
    }

    pub fn warning(code: &'static str, file: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, file, message)
    }

    fn new(severity: Severity, code: &'static str, file: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity, code, message: message.into(), file: file.into(), position: None, label: None, help: None, excerpt: None }
    }

    /// Points at the characters concerned.
    pub fn at(mut self, text: &Arc<str>, bytes: Range<usize>) -> Diagnostic {
        let start = bytes.start.min(text.len());
        let before = &text[..floor_boundary(text, start)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
        self.position = Some(Position { line, column });
        self.excerpt = Some(Excerpt { text: text.clone(), bytes: start..bytes.end.min(text.len()) });
        self
    }

    /// Gives the place without an excerpt, for evidence whose text is not shown.
    pub fn at_line(mut self, line: usize) -> Diagnostic {
        self.position = Some(Position { line, column: 1 });
        self
    }

    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(label.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean" when some valid name is near enough.
    pub fn suggest<'a>(self, wrong: &str, valid: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match nearest(wrong, valid) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// The diagnostic as a person reads it, with the lines concerned.
    pub fn render(&self, styled: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let file = printable(&self.file);
        let mut group = Group::with_title(level.primary_title(printable(&self.message)).id(self.code));
        match (&self.excerpt, self.position) {
            (Some(excerpt), _) => {
                // Only the lines around the place are handed over: an excerpt of a file of one 50 MB line must stay small.
                let (window, span) = excerpt_window(&excerpt.text, &excerpt.bytes);
                let line_start = excerpt.text[..window.start].matches('\n').count() + 1;
                let mut mark = AnnotationKind::Primary.span(span.start - window.start..span.end - window.start);
                if let Some(label) = &self.label {
                    mark = mark.label(printable(label));
                }
                group = group.element(Snippet::source(excerpt.text[window].to_owned()).line_start(line_start).path(file).annotation(mark));
            }
            (None, position) => {
                let mut origin = annotate_snippets::Origin::path(file);
                if let Some(place) = position {
                    origin = origin.line(place.line).char_column(place.column);
                }
                group = group.element(origin);
            }
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// Everything found so far, in the order of file and place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    pub fn extend(&mut self, other: Diagnostics) {
        self.list.extend(other.list);
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Sorted by file, then place, then code; equal ones once.
    pub fn sorted(mut self) -> Vec<Diagnostic> {
        self.list
            .sort_by(|one, two| (&one.file, one.position, one.code, &one.message).cmp(&(&two.file, two.position, two.code, &two.message)));
        self.list.dedup();
        self.list
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }
}

/// The valid name nearest to a wrong one, when it is near enough to be meant.
pub fn nearest<'a>(wrong: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near_enough = 0.7;
    valid
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(likeness, _)| *likeness >= near_enough)
        .max_by(|one, two| one.0.total_cmp(&two.0).then_with(|| two.1.cmp(one.1)))
        .map(|(_, name)| name)
}

/// Text from a file, made safe to look at: what is invisible or turns the order of what follows becomes a readable escape.
pub fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if is_hidden(c) && c != '\n' { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// The same for a page, where blanks of any width are one: a tab is a blank, and a return before a line's end is none. Nothing where the text
/// can stay as it is.
pub fn legible(text: &str) -> Option<String> {
    if !text.chars().any(|c| is_hidden(c) && c != '\n') {
        return None;
    }
    let blanks: String = text.replace("\r\n", "\n").chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    Some(printable(&blanks))
}

/// Whether a character shows nothing by itself, or makes others look like something else: controls, joiners, marks of direction, tags.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e01ef}')
}

fn excerpt_window(text: &str, bytes: &Range<usize>) -> (Range<usize>, Range<usize>) {
    const LONGEST: usize = 400;
    let start = floor_boundary(text, bytes.start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let window_start = floor_boundary(text, line_start.max(start.saturating_sub(LONGEST)));
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let window_end = floor_boundary(text, line_end.min(start + LONGEST)).max(start);
    let end = floor_boundary(text, bytes.end.clamp(start, window_end));
    (window_start..window_end, start..end.max(start))
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_shows_file_line_column_and_help() {
        let text: Arc<str> = "clauses:\n  - objective: credential-rotaton\n".into();
        let at = text.find("credential").unwrap();
        let shown = Diagnostic::error("catalog/unknown-objective", "catalog.yaml", "no objective has this id")
            .at(&text, at..at + 18)
            .label("not an objective")
            .suggest("credential-rotaton", ["credential-rotation", "nhi-inventory"])
            .render(false);
        assert!(shown.contains("catalog.yaml:2:16"), "{shown}");
        assert!(shown.contains("credential-rotaton"), "{shown}");
        assert!(shown.contains("did you mean `credential-rotation`?"), "{shown}");
    }

    #[test]
    fn a_very_long_line_is_cut_for_display() {
        let text: Arc<str> = format!("{}bad{}", "x".repeat(1_000_000), "y".repeat(1_000_000)).into();
        let shown = Diagnostic::error("a/b", "f", "m").at(&text, 1_000_000..1_000_003).render(false);
        assert!(shown.len() < 5_000);
        assert!(shown.contains("bad"));
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let shown = Diagnostic::error("a/b", "bad\u{1b}[31mname", "m\u{202e}x").render(false);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    }
}
