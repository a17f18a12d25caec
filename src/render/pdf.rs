//! PDF by Typst, in this process: a closed world without files, network, packages or clock.
//!
//! Data reaches the template as JSON and never as markup. The result is PDF/A-3a and PDF/UA-1 with the assessment attached.

use std::collections::BTreeMap;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Dict, Duration, Smart, Value as TypstValue};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_kit::fonts::FontStore;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use super::RenderError;
use super::compact::{LostLinks, compact};
use crate::base::SourceTree;
use crate::base::diagnostic::is_hidden;
use crate::report::{Changes, Report};

/// A document to typeset: its template, its data, and what it carries along for machines.
struct Job<'a> {
    main: &'static str,
    data: serde_json::Value,
    attachment: (&'static str, &'a [u8]),
    date: (i16, i8, i8),
    /// Tells one document from every other.
    ident: String,
    tool: &'a str,
}

/// A finished PDF and the characters that no font at hand can show; they were written as escapes.
pub struct Pdf {
    pub bytes: Vec<u8>,
    pub unshown: Vec<char>,
}

/// Renders `templates/typst/report.typ`. `fonts` are further font files, for scripts that the built-in fonts lack.
pub fn render(report: &Report, assessment: &[u8], templates: &SourceTree, fonts: &[Vec<u8>]) -> Result<Pdf, RenderError> {
    // Of the lives of a hundred thousand identities the pages show a few; the rest would be laid out of sight, as values of the typesetter.
    let shown = Report { dossiers: report.dossiers.excerpted(), ..report.clone() };
    let job = Job {
        main: "report.typ",
        data: serde_json::to_value(shown).expect("the view model is plain data"),
        attachment: ("assessment.json", assessment),
        date: report.date,
        ident: format!("tickmark/{}", report.root),
        tool: &report.tool,
    };
    typeset(job, templates, fonts)
}

/// Renders `templates/typst/changes.typ`, a comparison or a trend, with its machine form attached.
pub fn render_changes(changes: &Changes, machine: &[u8], templates: &SourceTree, fonts: &[Vec<u8>]) -> Result<Pdf, RenderError> {
    let job = Job {
        main: "changes.typ",
        data: serde_json::to_value(changes).expect("the view model is plain data"),
        attachment: ("changes.json", machine),
        date: changes.date,
        ident: format!("tickmark/changes/{}", crate::base::Digest::of(machine)),
        tool: &changes.tool,
    };
    typeset(job, templates, fonts)
}

fn typeset(job: Job<'_>, templates: &SourceTree, fonts: &[Vec<u8>]) -> Result<Pdf, RenderError> {
    let mut world = Closed::new(job.main, templates, fonts)?;
    let mut unshown = Vec::new();
    let mut data = job.data;
    escape_unshown(&mut data, world.fonts.book(), &mut unshown);
    unshown.sort_unstable();
    unshown.dedup();
    world.add("report.json", data.to_string().into_bytes());
    world.add(job.attachment.0, job.attachment.1.to_vec());
    drop(data);
    let document = typst::compile::<PagedDocument>(&world).output.map_err(|errors| explain(&world, &errors))?;
    // What was remembered for further passes of layout is not asked for again, and is as large as the pages.
    typst::comemo::evict(0);
    let (year, month, day) = job.date;
    let stamp = u8::try_from(month)
        .ok()
        .zip(u8::try_from(day).ok())
        .and_then(|(month, day)| Datetime::from_ymd_hms(i32::from(year), month, day, 0, 0, 0));
    let options = PdfOptions {
        ident: Smart::Custom(job.ident),
        timestamp: stamp.map(Timestamp::new_utc),
        creator: Smart::Custom(Some(job.tool.to_owned())),
        standards: PdfStandards::new(&[PdfStandard::A_3a, PdfStandard::Ua_1])
            .map_err(|error| RenderError::Template(error.message().to_string()))?,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|errors| explain(&world, &errors))?;
    drop(document);
    typst::comemo::evict(0);
    let bytes = compact(bytes).map_err(|LostLinks(names)| RenderError::Template(format!("links lead nowhere: {}", names.join(", "))))?;
    Ok(Pdf { bytes, unshown })
}

/// Everything that the template may see.
struct Closed {
    library: LazyHash<Library>,
    fonts: FontStore,
    main: FileId,
    sources: BTreeMap<String, Source>,
    files: BTreeMap<String, Bytes>,
}

impl Closed {
    fn new(main: &str, templates: &SourceTree, fonts: &[Vec<u8>]) -> Result<Closed, RenderError> {
        let mut store = FontStore::new();
        store.extend(typst_kit::fonts::embedded());
        let mut sources = BTreeMap::new();
        let mut files = BTreeMap::new();
        for (path, bytes) in templates.iter() {
            let Some(own) = path.strip_prefix("typst/") else { continue };
            if own.starts_with("fonts/") {
                store.extend(loaded(bytes));
            } else if let (true, Ok(text)) = (own.ends_with(".typ"), std::str::from_utf8(bytes)) {
                sources.insert(own.to_owned(), Source::new(file_id(own), text.to_owned()));
            } else {
                files.insert(own.to_owned(), Bytes::new(bytes.to_vec()));
            }
        }
        for bytes in fonts {
            store.extend(loaded(bytes));
        }
        if !sources.contains_key(main) {
            return Err(RenderError::Missing(format!("typst/{main}")));
        }
        let mut inputs = Dict::new();
        inputs.insert("attach".into(), TypstValue::Str("yes".into()));
        let library = LazyHash::new(Library::builder().with_inputs(inputs).build());
        Ok(Closed { library, fonts: store, main: file_id(main), sources, files })
    }

    fn add(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.insert(name.to_owned(), Bytes::new(bytes));
    }
}

fn loaded(bytes: &[u8]) -> impl Iterator<Item = (Font, typst::text::FontInfo)> {
    let fonts: Vec<_> = Font::iter(Bytes::new(bytes.to_vec()))
        .map(|font| {
            let info = font.info().clone();
            (font, info)
        })
        .collect();
    fonts.into_iter()
}

fn file_id(path: &str) -> FileId {
    RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).expect("template paths are plain")).intern()
}

impl World for Closed {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let path = id.vpath().get_without_slash().to_owned();
        self.sources.get(&path).cloned().ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = id.vpath().get_without_slash().to_owned();
        self.files.get(&path).cloned().ok_or_else(|| FileError::NotFound(path.into()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Replaces characters that no font can show by a readable escape, so that no silent box appears, and those that are invisible or turn
/// the order of others.
fn escape_unshown(value: &mut serde_json::Value, book: &FontBook, unshown: &mut Vec<char>) {
    match value {
        serde_json::Value::String(text) => {
            let is_plain = |c: char| c == '\n' || c == '\t' || !is_hidden(c);
            if text.chars().any(|c| !is_plain(c) || !shown(c, book)) {
                let mut escaped = String::with_capacity(text.len());
                for c in text.chars() {
                    match (is_plain(c), shown(c, book)) {
                        (true, true) => escaped.push(c),
                        (is_plain, _) => {
                            // A font that would show what is invisible helps nobody.
                            unshown.extend(is_plain.then_some(c));
                            escaped.extend(c.escape_unicode());
                        }
                    }
                }
                *text = escaped;
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| escape_unshown(item, book, unshown)),
        serde_json::Value::Object(entries) => entries.values_mut().for_each(|item| escape_unshown(item, book, unshown)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

fn shown(c: char, book: &FontBook) -> bool {
    if c.is_ascii() {
        return true;
    }
    (0..).map_while(|index| book.info(index)).any(|info| info.coverage.contains(u32::from(c)))
}

fn explain(world: &Closed, errors: &[typst::diag::SourceDiagnostic]) -> RenderError {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| {
            let place = error.span.id().map(|id| {
                let path = id.vpath().get_without_slash().to_owned();
                let line = world
                    .sources
                    .get(&path)
                    .and_then(|source| world.range(error.span).and_then(|range| source.lines().byte_to_line(range.start)))
                    .map_or(0, |line| line + 1);
                format!("{path}:{line}: ")
            });
            format!("{}{}", place.unwrap_or_default(), error.message)
        })
        .collect();
    RenderError::Template(lines.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped_and_only_what_lacks_a_font_is_told() {
        let mut fonts = FontStore::new();
        fonts.extend(typst_kit::fonts::embedded());
        let mut value = serde_json::json!(["svc\u{202e}nimda\u{200b}\u{7}\nÅse", {"key": "\u{10ffff}"}]);
        let mut unshown = Vec::new();
        escape_unshown(&mut value, fonts.book(), &mut unshown);
        assert_eq!(value, serde_json::json!(["svc\\u{202e}nimda\\u{200b}\\u{7}\nÅse", {"key": "\\u{10ffff}"}]));
        assert_eq!(unshown, ['\u{10ffff}']);
    }
}
