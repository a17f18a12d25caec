//! Exports too large for memory, taken part by part: cut at the border of a record, parsed and cast on all cores, kept in their order.
//!
//! Only logs and lists whose adapter says that each record stands for itself. The bytes are hashed while they are read. What is
//! wrong with a record costs that record; what is wrong with the stream ends it, and the artifact is then incomplete.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rayon::prelude::*;
use serde::de::IgnoredAny;

use super::adapter::Adapter;
use super::format::{Extent, Shape};
use super::mask::{Masker, private_keys_of};
use super::records::{Parsed, parse_elements, parse_grid, parse_json, parse_text, separator_of};
use super::script::{collect, count_rejections, run_script, within_period};
use super::tables::TableDefinition;
use super::{Artifact, Frame, Rejection};
use crate::base::digest::Hasher;
use crate::base::{Content, Diagnostics, Digest, Table};
use crate::engine::Engine;

/// A record that is longer than this is taken for a damaged file.
const RECORD_BYTES_MAX: usize = 512 * 1024 * 1024;
/// How much of a file is looked at to tell what it is.
const HEAD_BYTES: usize = 256 * 1024;
/// The unpacked data may not be more than so many times the packed.
const UNPACKED_RATIO_MAX: u64 = 200;

/// How a large file is cut into parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cutting {
    /// JSON documents one after another.
    Documents,
    /// One JSON array, element by element.
    Elements,
    /// CSV with this separator below this header.
    Grid { separator: u8, header: Vec<String> },
}

/// A run of whole records.
struct Part {
    text: String,
    /// The line of its first character.
    line: usize,
    /// How many records came before it; counted in arrays only.
    before: usize,
}

/// What became of the whole stream.
pub(super) struct Streamed {
    pub sha256: Digest,
    pub bytes: u64,
    /// Why it ended early.
    pub broken: Option<String>,
}

/// The adapter of a large file and how to cut it; nothing when it must be read as a whole.
pub(super) fn recognise<'a>(
    content: &Content,
    named: Option<&str>,
    adapters: &'a BTreeMap<String, Adapter>,
) -> Option<(&'a Adapter, Cutting)> {
    let mut head = Vec::new();
    // What is damaged further on is told when it is read.
    let _ = unpacked(content, Box::new(content.open().ok()?)).ok()?.take(HEAD_BYTES as u64).read_to_end(&mut head);
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let readable = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
    };
    let start = readable.trim_start();
    let (sample, cutting) = if start.starts_with('{') {
        (first_value(start)?.to_owned(), Cutting::Documents)
    } else if let Some(inside) = start.strip_prefix('[') {
        (format!("[{}]", first_value(inside)?), Cutting::Elements)
    } else {
        let (separator, header) = separator_of(readable, adapters.values())?;
        let end = readable.rfind('\n')? + 1;
        (readable[..end].to_owned(), Cutting::Grid { separator, header })
    };
    let parsed = parse_text(&sample, adapters.values()).ok()?;
    let shape = match cutting {
        Cutting::Grid { .. } => Shape::Csv,
        Cutting::Documents | Cutting::Elements => Shape::Json,
    };
    let claiming: Vec<&Adapter> = adapters
        .values()
        .filter(|adapter| named.is_none_or(|named| named == adapter.id))
        .filter(|adapter| adapter.shapes.contains(&shape) && super::normalise::claims(adapter, &parsed))
        .collect();
    match claiming.as_slice() {
        [one] if one.declared.streams => Some((one, cutting)),
        _ => None,
    }
}

/// The first JSON value, if it ends within the text.
fn first_value(text: &str) -> Option<&str> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    stream.next()?.ok()?;
    text.get(..stream.byte_offset())
}

/// Reads a file in parts. `keep` gets the rows of each part, in order.
#[expect(clippy::too_many_arguments, reason = "one call site; each argument is one input of the stage")]
pub(super) fn read(
    content: &Content,
    adapter: &Adapter,
    cutting: &Cutting,
    definitions: &BTreeMap<String, TableDefinition>,
    frame: &Frame,
    artifact: &mut Artifact,
    diagnostics: &mut Diagnostics,
    mut keep: impl FnMut(BTreeMap<String, Table>, &mut Diagnostics),
) -> Result<Streamed, String> {
    let threads = rayon::current_num_threads();
    let blank = artifact.clone();
    std::thread::scope(|scope| {
        let (sender, parts) = sync_channel(threads);
        let reader = scope.spawn(|| cut(content, cutting, frame.part_bytes, sender));
        let work = Work { adapter, cutting, definitions, frame, blank };
        let engines: Vec<std::sync::Mutex<Engine>> = (0..threads).map(|_| std::sync::Mutex::new(Engine::new())).collect();
        loop {
            let window = next_window(&parts, threads);
            if window.is_empty() {
                break;
            }
            let done: Vec<Done> = window
                .par_iter()
                .zip(&engines)
                .map(|(part, engine)| work.part(part, &engine.lock().expect("no thread fails while it holds an engine")))
                .collect();
            for done in done {
                diagnostics.extend(done.diagnostics);
                artifact.absorb(done.artifact, adapter);
                keep(done.rows, diagnostics);
            }
        }
        reader.join().expect("the reader does not panic")
    })
}

fn next_window(parts: &Receiver<Part>, size: usize) -> Vec<Part> {
    parts.iter().take(size).collect()
}

struct Work<'a> {
    adapter: &'a Adapter,
    cutting: &'a Cutting,
    definitions: &'a BTreeMap<String, TableDefinition>,
    frame: &'a Frame,
    /// The artifact before anything was read.
    blank: Artifact,
}

struct Done {
    rows: BTreeMap<String, Table>,
    /// With the counts of this part alone.
    artifact: Artifact,
    diagnostics: Diagnostics,
}

impl Work<'_> {
    fn part(&self, part: &Part, engine: &Engine) -> Done {
        let mut diagnostics = Diagnostics::default();
        let mut artifact = self.blank.clone();
        let parsed = match self.cutting {
            Cutting::Documents => parse_json(&part.text, part.line, true).unwrap_or_else(|reason| broken(part.line, reason)),
            Cutting::Elements => parse_elements(&part.text, part.before),
            Cutting::Grid { separator, header } => parse_grid(&part.text, *separator, header.clone(), part.line),
        };
        let keys = private_keys_of(&part.text);
        let (collected, _) = collect(parsed, self.adapter, &mut artifact);
        let mask = Masker::new(keys);
        let mut scripted = run_script(&collected, self.adapter, self.definitions, engine, &mask, &mut artifact, &mut diagnostics);
        within_period(&mut scripted.rows, self.definitions, self.frame, &mut artifact);
        artifact.counted = scripted.counted;
        count_rejections(&mut artifact, &mask);
        Done { rows: scripted.rows, artifact, diagnostics }
    }
}

fn broken(line: usize, reason: String) -> Parsed {
    Parsed::Documents { shape: Shape::Json, documents: Vec::new(), broken: vec![(format!("line:{line}"), reason)] }
}

impl Artifact {
    /// Adds what one part gave.
    fn absorb(&mut self, part: Artifact, adapter: &Adapter) {
        self.read += part.read;
        self.counted += part.counted;
        self.rejected += part.rejected;
        let room = super::REJECTIONS_LISTED_MAX.saturating_sub(self.rejections.len());
        self.rejections.extend(part.rejections.into_iter().take(room));
        self.outside += part.outside;
        self.told_from = [self.told_from, part.told_from].into_iter().flatten().min();
        self.told_to = [self.told_to, part.told_to].into_iter().flatten().max();
        if part.extent == Extent::Incomplete && adapter.completeness.unless_marked != Extent::Incomplete {
            (self.extent, self.extent_because) = (part.extent, part.extent_because);
        }
    }

    /// Notes that the stream ended before its time.
    pub(super) fn break_off(&mut self, reason: &str) {
        self.read += 1;
        self.counted += 1;
        self.rejected += 1;
        self.rejections.push(Rejection { record: "end".into(), reason: reason.to_owned() });
        (self.extent, self.extent_because) = (Extent::Incomplete, reason.to_owned());
    }
}

/// Reads, hashes and cuts; ends when the file ends or nobody takes the parts any more.
fn cut(content: &Content, cutting: &Cutting, part_bytes: usize, sender: SyncSender<Part>) -> Result<Streamed, String> {
    let mut hashing = Hashing { inner: content.open()?, hasher: Hasher::default(), bytes: 0 };
    let broken = {
        let mut cutter = Cutter {
            reader: unpacked(content, Box::new(&mut hashing))?,
            cutting,
            part_bytes,
            rest: Vec::new(),
            ended: false,
            line: 1,
            before: 0,
        };
        cutter.run(&sender).err()
    };
    // Whatever stands after the last record is hashed as well.
    std::io::copy(&mut hashing, &mut std::io::sink()).map_err(|error| format!("cannot be read: {error}"))?;
    Ok(Streamed { sha256: hashing.hasher.finish(), bytes: hashing.bytes, broken })
}

/// Counts and hashes what passes.
struct Hashing<R> {
    inner: R,
    hasher: Hasher,
    bytes: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

/// The plain bytes of a file that may be packed.
fn unpacked<'a>(content: &Content, reader: Box<dyn Read + Send + 'a>) -> Result<Box<dyn Read + Send + 'a>, String> {
    const CHUNK: usize = 256 * 1024;
    let reader = std::io::BufReader::with_capacity(CHUNK, reader);
    if content.beginning(2)? != [0x1f, 0x8b] {
        return Ok(Box::new(reader));
    }
    let left = content.size().saturating_mul(UNPACKED_RATIO_MAX);
    Ok(Box::new(Bounded { inner: flate2::bufread::MultiGzDecoder::new(reader), left }))
}

/// Refuses to go beyond a number of bytes: an end there must not look like the end of the data.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left =
            self.left.checked_sub(count as u64).ok_or_else(|| std::io::Error::other("the file grows more than it should when unpacked"))?;
        Ok(count)
    }
}

struct Cutter<'a> {
    reader: Box<dyn Read + Send + 'a>,
    cutting: &'a Cutting,
    part_bytes: usize,
    /// Read and not handed over.
    rest: Vec<u8>,
    /// Whether the data came to its end.
    ended: bool,
    line: usize,
    before: usize,
}

impl Cutter<'_> {
    fn run(&mut self, sender: &SyncSender<Part>) -> Result<(), String> {
        self.fill(self.part_bytes)?;
        if self.rest.starts_with(b"\xef\xbb\xbf") {
            self.rest.drain(..3);
        }
        match self.cutting {
            Cutting::Documents => {}
            Cutting::Elements => {
                let opening = self.rest.iter().position(|byte| *byte == b'[').ok_or("the array does not begin")?;
                self.pass_over(opening + 1);
            }
            Cutting::Grid { .. } => {
                let first = cut_first_row(&self.rest, self.cutting);
                self.pass_over(first);
            }
        }
        loop {
            self.fill(self.part_bytes)?;
            let at_end = self.ended;
            let (mut end, records, closed) = self.border(at_end);
            if end == 0 && !at_end {
                // One record is longer than a part.
                if self.rest.len() > RECORD_BYTES_MAX {
                    return Err(format!("a record that begins on line {} does not end within {RECORD_BYTES_MAX} bytes", self.line));
                }
                self.fill(self.rest.len() * 2)?;
                continue;
            }
            if at_end && !closed {
                end = self.rest.len();
            }
            let part = self.take(end, records)?;
            if !part.text.trim().is_empty() && sender.send(part).is_err() {
                return Ok(());
            }
            if closed {
                return self.nothing_follows();
            }
            if at_end {
                return match self.cutting {
                    Cutting::Elements => Err("the array is cut short".into()),
                    Cutting::Documents | Cutting::Grid { .. } => Ok(()),
                };
            }
        }
    }

    /// Reads until so many bytes are at hand, or the data ends.
    fn fill(&mut self, wanted: usize) -> Result<(), String> {
        let missing = wanted.saturating_sub(self.rest.len()) as u64;
        if missing == 0 {
            return Ok(());
        }
        let got = (&mut self.reader).take(missing).read_to_end(&mut self.rest);
        match got {
            Ok(count) => {
                self.ended |= (count as u64) < missing;
                Ok(())
            }
            Err(error) => Err(format!("the data is damaged or cut short after line {}: {error}", self.line)),
        }
    }

    /// Where the last whole record ends, how many records there are, and whether the array ends there.
    fn border(&self, at_end: bool) -> (usize, usize, bool) {
        match self.cutting {
            Cutting::Documents => (cut_documents(&self.rest, at_end), 0, false),
            Cutting::Elements => {
                let (end, records) = cut_elements(&self.rest, at_end);
                let closed = self.rest[end..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b']');
                (end, records, closed)
            }
            Cutting::Grid { separator, .. } => (cut_rows(&self.rest, *separator, at_end), 0, false),
        }
    }

    fn pass_over(&mut self, count: usize) {
        self.line += newlines(&self.rest[..count]);
        self.rest.drain(..count);
    }

    fn take(&mut self, end: usize, records: usize) -> Result<Part, String> {
        let rest = self.rest.split_off(end);
        let bytes = std::mem::replace(&mut self.rest, rest);
        let (line, before) = (self.line, self.before);
        self.line += newlines(&bytes);
        self.before += records;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Part { text, line, before }),
            Err(error) => {
                let line = line + newlines(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
                Err(format!("the text is not UTF-8 (line {line})"))
            }
        }
    }

    fn nothing_follows(&mut self) -> Result<(), String> {
        self.fill(self.part_bytes)?;
        match self.rest.iter().filter(|byte| !byte.is_ascii_whitespace()).count() {
            1 => Ok(()),
            _ => Err("something follows the end of the array".into()),
        }
    }
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// The end of the last whole document. A broken one reaches to the next line that opens one.
fn cut_documents(bytes: &[u8], at_end: bool) -> usize {
    let mut end = 0;
    loop {
        let base = end;
        let mut stream = serde_json::Deserializer::from_slice(&bytes[base..]).into_iter::<IgnoredAny>();
        let error = loop {
            match stream.next() {
                Some(Ok(_)) => end = base + stream.byte_offset(),
                Some(Err(error)) => break error,
                None => return end,
            }
        };
        if error.is_eof() {
            return end;
        }
        let next = bytes[end..].windows(2).skip(1).position(|pair| pair == b"\n{" || pair == b"\n[");
        match next {
            Some(offset) => end += offset + 2,
            None if at_end => return bytes.len(),
            None => return end,
        }
    }
}

/// The end of the last whole element, its comma included, and how many elements there are.
fn cut_elements(bytes: &[u8], at_end: bool) -> (usize, usize) {
    let (mut end, mut count) = (0, 0);
    loop {
        let mut stream = serde_json::Deserializer::from_slice(&bytes[end..]).into_iter::<IgnoredAny>();
        let Some(Ok(_)) = stream.next() else { return (end, count) };
        let after = end + stream.byte_offset();
        match bytes[after..].iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(offset) if bytes[after + offset] == b',' => end = after + offset + 1,
            Some(offset) if bytes[after + offset] == b']' => return (after, count + 1),
            _ if at_end => return (after, count + 1),
            _ => return (end, count),
        }
        count += 1;
    }
}

/// The end of the last row that is certainly whole.
fn cut_rows(bytes: &[u8], separator: u8, at_end: bool) -> usize {
    if at_end {
        return bytes.len();
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(bytes);
    let mut row = csv::ByteRecord::new();
    let mut last = 0;
    while let Ok(true) = reader.read_byte_record(&mut row) {
        last = row.position().map_or(last, |place| usize::try_from(place.byte()).unwrap_or(0));
    }
    last
}

/// Where the row after the header begins.
fn cut_first_row(bytes: &[u8], cutting: &Cutting) -> usize {
    let Cutting::Grid { separator, .. } = cutting else { return 0 };
    let mut reader = csv::ReaderBuilder::new().delimiter(*separator).flexible(true).has_headers(false).from_reader(bytes);
    let mut row = csv::ByteRecord::new();
    match reader.read_byte_record(&mut row) {
        Ok(true) => usize::try_from(reader.position().byte()).unwrap_or(0),
        _ => 0,
    }
}
