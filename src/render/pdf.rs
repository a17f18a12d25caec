//! PDF by Typst, in this process: a closed world without files, network, packages or clock.
//!
//! Data reaches the template as JSON and never as markup. The result is PDF/A-3a and PDF/UA-1 with the assessment attached.

use std::collections::BTreeMap;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::ecow::EcoVec;
use typst::foundations::{Bytes, Datetime, Dict, Duration, NativeElement, Smart, StyleChain, Value as TypstValue};
use typst::introspection::{DocumentPosition, Introspector};
use typst::model::HeadingElem;
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_kit::fonts::FontStore;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use super::bind::{Binder, Unbound};
use super::compact::{INNER, LostLinks, compact};
use super::{RenderError, logo};
use crate::base::SourceTree;
use crate::base::diagnostic::legible;
use crate::report::{Changes, Report, Sheaf};

/// A finished PDF and the characters that no font at hand can show; they were written as escapes.
pub struct Pdf {
    pub bytes: Vec<u8>,
    pub unshown: Vec<char>,
}

/// The file in which a template finds which parts of the report are asked for: `whole`, or words of a [`Sheaf`], and which of them goes on
/// with the list of the part before.
const PARTS: &str = "parts.json";

/// Renders `templates/typst/report.typ`. `fonts` are further font files, for scripts that the built-in fonts lack.
///
/// A template that reads `/parts.json` is set piece by piece, with the memory of one or two of them; any other is set at once.
pub fn render(report: &Report, assessment: &[u8], templates: &SourceTree, fonts: &[Vec<u8>]) -> Result<Pdf, RenderError> {
    let mut desk = Desk::new("report.typ", templates, fonts, report.date, format!("tickmark/{}", report.root), &report.tool)?;
    desk.world.add("assessment.json", assessment.to_vec());
    let bytes = if desk.world.mentions("report.typ", PARTS) {
        in_pieces(&mut desk, report)?
    } else {
        // Of the lives of a hundred thousand identities the pages show a few; the rest would be laid out of sight, as values of the typesetter.
        let shown = Report { dossiers: report.dossiers.excerpted(), ..report.clone() };
        desk.give("report.json", &shown);
        desk.give(PARTS, &serde_json::json!({"names": ["whole"], "continued": ""}));
        drop(shown);
        whole(desk.set()?, &desk)?
    };
    Ok(desk.pdf(bytes))
}

/// Renders `templates/typst/changes.typ`, a comparison or a trend, with its machine form attached.
pub fn render_changes(changes: &Changes, machine: &[u8], templates: &SourceTree, fonts: &[Vec<u8>]) -> Result<Pdf, RenderError> {
    let ident = format!("tickmark/changes/{}", crate::base::Digest::of(machine));
    let mut desk = Desk::new("changes.typ", templates, fonts, changes.date, ident, &changes.tool)?;
    desk.world.add("changes.json", machine.to_vec());
    desk.give("report.json", changes);
    let bytes = whole(desk.set()?, &desk)?;
    Ok(desk.pdf(bytes))
}

/// Exports a document that was set at once.
fn whole(document: PagedDocument, desk: &Desk) -> Result<Vec<u8>, RenderError> {
    let bytes = typst_pdf::pdf(&document, &desk.options(Kind::Tagged)?).map_err(|errors| explain(&desk.world, &errors))?;
    drop(document);
    typst::comemo::evict(0);
    compact(bytes).map_err(|LostLinks(names)| RenderError::Template(format!("links lead nowhere: {}", names.join(", "))))
}

/// Sets the pieces of a report one after the other while those before are exported and bound, and the front when the pages of all are known.
fn in_pieces(desk: &mut Desk, report: &Report) -> Result<Vec<u8>, RenderError> {
    let (opened, continued) = (desk.options(Kind::Tagged)?, desk.options(Kind::Continued)?);
    let (hand, ready) = std::sync::mpsc::sync_channel::<(PagedDocument, bool)>(0);
    std::thread::scope(|scope| {
        let binding = scope.spawn(move || {
            let mut binder = Binder::new();
            for (document, continues) in ready {
                let options = if continues { &continued } else { &opened };
                let exported = typst_pdf::pdf(&document, options).map_err(Undone::Exported)?;
                drop(document);
                binder.add(&exported, continues).map_err(Undone::Bound)?;
            }
            Ok(binder)
        });
        let set = (|| {
            let mut headings = Vec::new();
            let mut sizes = Vec::new();
            for sheaf in Sheaf::body(report) {
                desk.ask_for(&sheaf, report);
                let document = desk.set()?;
                headings_of(&document, sizes.len(), &mut headings);
                sizes.extend(sizes_of(&document));
                if hand.send((document, !sheaf.continued().is_empty())).is_err() {
                    break;
                }
            }
            let front = front(desk, report, &headings)?;
            sizes.splice(0..0, sizes_of(&front));
            // Where the other side gave up, it says why.
            let _ = hand.send((front, false));
            Ok(sizes)
        })();
        drop(hand);
        let bound = binding.join().unwrap_or_else(|bug| std::panic::resume_unwind(bug));
        let sizes: Vec<(f64, f64)> = set?;
        let binder = bound.map_err(|undone: Undone| undone.told(&desk.world))?;
        let numbers = numbers(desk, &sizes)?;
        binder.finish(&numbers).map_err(|unbound| RenderError::Template(unbound.to_string()))
    })
}

/// Why pieces that were set are no document.
enum Undone {
    Exported(EcoVec<SourceDiagnostic>),
    Bound(Unbound),
}

impl Undone {
    fn told(self, world: &Closed) -> RenderError {
        match self {
            Undone::Exported(errors) => explain(world, &errors),
            Undone::Bound(unbound) => RenderError::Template(unbound.to_string()),
        }
    }
}

/// A heading as the contents list it.
#[derive(Clone, serde::Serialize)]
struct Heading {
    level: usize,
    title: String,
    /// The label that it has, or empty.
    anchor: String,
    /// As printed.
    page: usize,
    /// An address that leads to it.
    address: String,
    #[serde(skip)]
    index: usize,
    #[serde(skip)]
    height: f64,
}

/// The headings of a piece whose first page has a place among the pages after the front.
fn headings_of(document: &PagedDocument, first: usize, headings: &mut Vec<Heading>) {
    let introspector: &dyn Introspector = document.introspector().as_ref();
    for found in introspector.query(&HeadingElem::ELEM.select()) {
        let (Some(heading), Some(location)) = (found.to_packed::<HeadingElem>(), found.location()) else { continue };
        let Some(position) = introspector.position(location).and_then(DocumentPosition::as_paged) else { continue };
        let plain = StyleChain::default();
        if !heading.outlined.get(plain) {
            continue;
        }
        let page = position.page.get() - 1;
        let height = document.pages().get(page).map_or(0.0, |page| (page.frame.height() - position.point.y).to_pt());
        headings.push(Heading {
            level: heading.resolve_level(plain).get(),
            // Places where a line may break are none in a title of the contents.
            title: heading.body.plain_text().replace("\u{200b}", "").into(),
            anchor: found.label().map(|label| label.resolve().to_string()).unwrap_or_default(),
            page: 0,
            address: String::new(),
            index: first + page,
            height,
        });
    }
}

/// Cover and contents. How many pages they take decides which pages they name: they are set until both agree.
fn front(desk: &mut Desk, report: &Report, headings: &[Heading]) -> Result<PagedDocument, RenderError> {
    const ROUNDS_MAX: usize = 4;
    desk.ask_for(&Sheaf::front(), report);
    let mut pages = 2;
    for _ in 0..ROUNDS_MAX {
        let told = headings.iter().map(|own| {
            let page = own.index + 1 + pages;
            Heading { page, address: format!("{INNER}page:{}:{:.2}:{page}", own.index, own.height), ..own.clone() }
        });
        desk.give("headings.json", &told.collect::<Vec<_>>());
        let document = desk.set()?;
        if document.pages().len() == pages {
            return Ok(document);
        }
        pages = document.pages().len();
    }
    Err(RenderError::Template("report.typ: the front never has as many pages as it says".to_owned()))
}

/// Width and height of each page in points.
fn sizes_of(document: &PagedDocument) -> impl Iterator<Item = (f64, f64)> {
    document.pages().iter().map(|page| (page.frame.width().to_pt(), page.frame.height().to_pt()))
}

/// A page with nothing but its number for each page of the report, of the same size.
fn numbers(desk: &mut Desk, sizes: &[(f64, f64)]) -> Result<Vec<u8>, RenderError> {
    let pages: Vec<_> = sizes.iter().map(|(width, height)| serde_json::json!({"width": width, "height": height})).collect();
    desk.give("pages.json", &pages);
    desk.world.main = file_id("numbers.typ");
    let document = desk.set()?;
    typst_pdf::pdf(&document, &desk.options(Kind::Stamp)?).map_err(|errors| explain(&desk.world, &errors))
}

/// What a PDF is for.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Tagged,
    /// Bound below a heading of the piece before. By itself it breaks the rule that the first heading is of the first level, the whole does not:
    /// conformance to PDF/UA is not asked of it, and all else that this asks of a document stands in the others.
    Continued,
    /// To be shown on pages that have tags, as a part of their foot, which has none.
    Stamp,
}

/// A template with what it is given, and what its document says of itself.
struct Desk {
    world: Closed,
    /// Tells one document from every other.
    ident: String,
    stamp: Option<Datetime>,
    tool: String,
    unshown: Vec<char>,
}

impl Desk {
    fn new(
        main: &str,
        templates: &SourceTree,
        fonts: &[Vec<u8>],
        date: (i16, i8, i8),
        ident: String,
        tool: &str,
    ) -> Result<Desk, RenderError> {
        let (year, month, day) = date;
        let stamp = u8::try_from(month)
            .ok()
            .zip(u8::try_from(day).ok())
            .and_then(|(month, day)| Datetime::from_ymd_hms(i32::from(year), month, day, 0, 0, 0));
        Ok(Desk { world: Closed::new(main, templates, fonts)?, ident, stamp, tool: tool.to_owned(), unshown: Vec::new() })
    }

    fn options(&self, kind: Kind) -> Result<PdfOptions, RenderError> {
        let standards: &[PdfStandard] = match kind {
            Kind::Tagged => &[PdfStandard::A_3a, PdfStandard::Ua_1],
            Kind::Continued => &[PdfStandard::A_3a],
            Kind::Stamp => &[PdfStandard::A_3b],
        };
        Ok(PdfOptions {
            ident: Smart::Custom(self.ident.clone()),
            timestamp: self.stamp.map(Timestamp::new_utc),
            creator: Smart::Custom(Some(self.tool.clone())),
            standards: PdfStandards::new(standards).map_err(|error| RenderError::Template(error.message().to_string()))?,
            tagged: kind != Kind::Stamp,
            ..PdfOptions::default()
        })
    }

    /// Lays plain data before the template.
    fn give(&mut self, name: &str, value: &impl serde::Serialize) {
        let mut data = serde_json::to_value(value).expect("the view model is plain data");
        escape_unshown(&mut data, self.world.fonts.book(), &mut self.unshown);
        self.world.add(name, data.to_string().into_bytes());
    }

    fn ask_for(&mut self, sheaf: &Sheaf, report: &Report) {
        self.give("report.json", &sheaf.of(report));
        self.give(PARTS, &serde_json::json!({"names": sheaf.words(), "continued": sheaf.continued()}));
    }

    /// Sets what lies there.
    fn set(&self) -> Result<PagedDocument, RenderError> {
        let document = typst::compile::<PagedDocument>(&self.world).output.map_err(|errors| explain(&self.world, &errors))?;
        // What was remembered for further passes of layout is not asked for again, and is as large as the pages.
        typst::comemo::evict(0);
        Ok(document)
    }

    fn pdf(mut self, bytes: Vec<u8>) -> Pdf {
        self.unshown.sort_unstable();
        self.unshown.dedup();
        Pdf { bytes, unshown: self.unshown }
    }
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
        if let Some((name, bytes)) = logo(templates) {
            inputs.insert("logo".into(), TypstValue::Str(name.into()));
            files.insert(name.to_owned(), Bytes::new(bytes.to_vec()));
        }
        let library = LazyHash::new(Library::builder().with_inputs(inputs).build());
        Ok(Closed { library, fonts: store, main: file_id(main), sources, files })
    }

    /// Whether a source names a file.
    fn mentions(&self, source: &str, file: &str) -> bool {
        self.sources.get(source).is_some_and(|source| source.text().contains(&format!("\"/{file}\"")))
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
            if let Some(seen) = legible(text) {
                *text = seen;
            }
            if text.chars().any(|c| !shown(c, book)) {
                let mut escaped = String::with_capacity(text.len());
                for c in text.chars() {
                    if shown(c, book) {
                        escaped.push(c);
                    } else {
                        unshown.push(c);
                        escaped.extend(c.escape_unicode());
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
                // A picture has no lines.
                let source = world.sources.get(&path);
                let line = source.and_then(|source| world.range(error.span).and_then(|range| source.lines().byte_to_line(range.start)));
                line.map_or_else(|| format!("{path}: "), |line| format!("{path}:{}: ", line + 1))
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
        let mut value = serde_json::json!(["svc\u{202e}nimda\u{200b}\u{7}\r\nÅse\tx", {"key": "\u{10ffff}"}]);
        let mut unshown = Vec::new();
        escape_unshown(&mut value, fonts.book(), &mut unshown);
        assert_eq!(value, serde_json::json!(["svc\\u{202e}nimda\\u{200b}\\u{7}\nÅse x", {"key": "\\u{10ffff}"}]));
        assert_eq!(unshown, ['\u{10ffff}']);
    }
}
