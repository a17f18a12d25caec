//! One YAML 1.2 document as JSON values, with the place of every value and key beside it.
//!
//! Built from the parser's events without recursion. Duplicate keys are all told; anchors, aliases, deep nesting and oversized
//! files are refused, for a file that a person writes needs none of them and a bomb is made of them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use saphyr::Scalar;
use saphyr_parser::{Event, Parser, Span};
use serde_json::{Map, Value};

use crate::base::{Diagnostic, Diagnostics};

/// Nobody writes a larger file by hand.
const BYTES_MAX: usize = 32 * 1024 * 1024;
const DEPTH_MAX: usize = 64;

/// Where a value stands, as characters of the text, and where everything inside it stands.
#[derive(Debug, Clone)]
pub struct Place {
    span: Range<u32>,
    inside: Inside,
}

#[derive(Debug, Clone)]
enum Inside {
    Nothing,
    Items(Vec<Place>),
    /// Key, place of the key, place of the value.
    Entries(Vec<(String, Range<u32>, Place)>),
}

impl Place {
    /// The characters at a JSON pointer, or of the nearest value around it. A last step `~key` stands for the key itself.
    pub fn at(&self, pointer: &str) -> Range<u32> {
        let mut here = self;
        for step in pointer.split('/').skip(1) {
            let inner = match &here.inside {
                Inside::Items(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
                Inside::Entries(entries) => {
                    if let Some(key) = step.strip_prefix('~').filter(|_| !step.starts_with("~0") && !step.starts_with("~1"))
                        && let Some((_, span, _)) = entries.iter().find(|(name, ..)| name == key)
                    {
                        return span.clone();
                    }
                    let name = step.replace("~1", "/").replace("~0", "~");
                    entries.iter().find(|(own, ..)| *own == name).map(|(.., place)| place)
                }
                Inside::Nothing => None,
            };
            match inner {
                Some(inner) => here = inner,
                None => break,
            }
        }
        here.span.clone()
    }
}

/// Turns the parser's character positions into byte positions.
#[derive(Debug, Clone)]
pub struct CharOffsets {
    /// Byte offset of every character; empty for ASCII text, where both agree.
    offsets: Vec<u32>,
    length: usize,
}

impl CharOffsets {
    fn new(text: &str) -> CharOffsets {
        let offsets = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| index(at)).collect() };
        CharOffsets { offsets, length: text.len() }
    }

    fn byte(&self, character: u32) -> usize {
        let character = character as usize;
        if self.offsets.is_empty() {
            character.min(self.length)
        } else {
            self.offsets.get(character).map_or(self.length, |byte| *byte as usize)
        }
    }

    pub fn range(&self, span: &Range<u32>) -> Range<usize> {
        self.byte(span.start)..self.byte(span.end)
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A document, read whole.
pub struct Document {
    pub value: Value,
    pub place: Place,
    pub offsets: CharOffsets,
}

/// Reads exactly one document; nothing where it cannot be used, with every reason that was seen.
pub fn read(file: &str, text: &Arc<str>, diagnostics: &mut Diagnostics) -> Option<Document> {
    if text.len() > BYTES_MAX {
        diagnostics.push(
            Diagnostic::error("yaml/too-large", file, format!("the file has {} MB; at most 32 are read", text.len() / 1_000_000))
                .help("a file of this format is written by a person; is this an export that belongs to the evidence?"),
        );
        return None;
    }
    let offsets = CharOffsets::new(text);
    let mut builder = Builder::default();
    let mut refusals: Vec<(&'static str, String, Range<u32>)> = Vec::new();
    let mut documents = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(found) => found,
            Err(error) => {
                let at = index(error.marker().index());
                // The parser has a limit of its own for lists within lists on one line.
                let code = if error.info().contains("recursion limit") { "yaml/too-deep" } else { "yaml/syntax" };
                refusals.push((code, error.info().to_owned(), at..at + 1));
                break;
            }
        };
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                break;
            }
        }
        if !builder.take(event, &span, &mut refusals) {
            break;
        }
    }
    // Keys that stand twice are told, and the rest is looked at all the same: whoever wrote the file learns everything in one run.
    let broken = refusals.iter().any(|(code, ..)| *code != "yaml/duplicate-key");
    for (code, message, span) in refusals {
        let diagnostic = Diagnostic::error(code, file, message).at(text, offsets.range(&span));
        diagnostics.push(match code {
            "yaml/alias" => diagnostic.help("write the value out where it is needed"),
            _ => diagnostic,
        });
    }
    if broken {
        return None;
    }
    let Some((value, place)) = builder.done.filter(|_| documents == 1) else {
        let found = if documents > 1 { "more than one YAML document" } else { "no YAML document" };
        diagnostics.push(
            Diagnostic::error("yaml/not-one-document", file, format!("the file holds {found}"))
                .help("write exactly one document into the file"),
        );
        return None;
    };
    Some(Document { value, place, offsets })
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    done: Option<(Value, Place)>,
}

struct Open {
    start: u32,
    content: Content,
}

enum Content {
    Sequence(Vec<Value>, Vec<Place>),
    Mapping {
        values: Map<String, Value>,
        entries: Vec<(String, Range<u32>, Place)>,
        seen: BTreeSet<String>,
        key: Option<(String, Range<u32>)>,
    },
}

impl Builder {
    /// Takes one event; false where reading on makes no sense.
    fn take(&mut self, event: Event<'_>, span: &Span, refusals: &mut Vec<(&'static str, String, Range<u32>)>) -> bool {
        let place = index(span.start.index())..index(span.end.index());
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
            Event::Alias(_) => {
                refusals.push(("yaml/alias", "an alias stands for a value elsewhere; aliases are not read".into(), place.clone()));
                self.add(Value::Null, Place { span: place, inside: Inside::Nothing }, refusals);
            }
            Event::Scalar(text, style, _, tag) => {
                let value = match Scalar::parse_from_cow_and_metadata(text, style, tag.as_ref()) {
                    Some(Scalar::Boolean(value)) => Value::Bool(value),
                    Some(Scalar::Integer(value)) => Value::from(value),
                    Some(Scalar::FloatingPoint(value)) => {
                        serde_json::Number::from_f64(value.into_inner()).map_or(Value::Null, Value::Number)
                    }
                    Some(Scalar::String(text)) => Value::String(text.into_owned()),
                    Some(Scalar::Null) | None => Value::Null,
                };
                self.add(value, Place { span: place, inside: Inside::Nothing }, refusals);
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if self.open.len() >= DEPTH_MAX {
                    refusals.push(("yaml/too-deep", format!("values are nested more than {DEPTH_MAX} deep"), place));
                    return false;
                }
                let content = if matches!(event, Event::SequenceStart(..)) {
                    Content::Sequence(Vec::new(), Vec::new())
                } else {
                    Content::Mapping { values: Map::new(), entries: Vec::new(), seen: BTreeSet::new(), key: None }
                };
                self.open.push(Open { start: place.start, content });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return false };
                let span = open.start..place.start;
                let (value, inside) = match open.content {
                    Content::Sequence(items, places) => (Value::Array(items), Inside::Items(places)),
                    Content::Mapping { values, entries, .. } => (Value::Object(values), Inside::Entries(entries)),
                };
                self.add(value, Place { span, inside }, refusals);
            }
        }
        true
    }

    fn add(&mut self, value: Value, place: Place, refusals: &mut Vec<(&'static str, String, Range<u32>)>) {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.done = Some((value, place)),
            Some(Content::Sequence(items, places)) => {
                items.push(value);
                places.push(place);
            }
            Some(Content::Mapping { values, entries, seen, key }) => match key.take() {
                Some((name, at)) => {
                    values.insert(name.clone(), value);
                    entries.push((name, at, place));
                }
                None => {
                    let name = match value {
                        Value::String(text) => text,
                        Value::Array(_) | Value::Object(_) => {
                            refusals.push(("yaml/syntax", "a key is text, not a list or a mapping".into(), place.span.clone()));
                            String::new()
                        }
                        other => other.to_string(),
                    };
                    if !seen.insert(name.clone()) {
                        refusals.push(("yaml/duplicate-key", "this key stands twice in one mapping".into(), place.span.clone()));
                    }
                    *key = Some((name, place.span));
                }
            },
        }
    }
}
