//! One file after the other: unwrap, take apart, find the adapter, cast, and run its script.
//!
//! Files that fit into memory are read whole, several at a time; larger ones in parts. Rows go into tables that move to disk when
//! they grow, so that memory does not grow with the evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use rayon::prelude::*;
use serde_json::Value;

use super::adapter::Adapter;
use super::decode::{Decoded, decode};
use super::format::{ArtifactMeta, Extent, Shape};
use super::mask::{Masker, private_keys_of};
use super::nearest::{lack, near_miss};
use super::parts;
use super::records::{Parsed, parse_der, parse_parquet, parse_text, parse_workbook};
use super::reshape::reshaped;
use super::script::{collect, count_rejections, run_script, within_period};
use super::stated::exceptions_table;
use super::tables::{Request, TableDefinition, derive};
use super::{Artifact, ArtifactState, Frame, Ledger, StatedClass};
use crate::base::{Column, Content, Diagnostic, Diagnostics, Digest, FoundFile, Instant, Table};
use crate::engine::{Engine, Growing, Parameter, Parameters};

/// So many bytes of files that are read whole are in memory at a time.
const WINDOW_BYTES: u64 = 32 * 1024 * 1024;
const WINDOW_FILES: usize = 256;

/// What one file gave.
struct Outcome {
    artifact: Artifact,
    rows: BTreeMap<String, Table>,
    secrets: BTreeSet<String>,
    diagnostics: Diagnostics,
}

/// Turns the files of a workspace into tables. `progress` is told what is done next: `reading PATH`, `making the table NAME`.
pub fn normalise(
    files: &[FoundFile],
    metas: &BTreeMap<String, ArtifactMeta>,
    adapters: &BTreeMap<String, Adapter>,
    definitions: &BTreeMap<String, TableDefinition>,
    frame: &Frame,
    diagnostics: &mut Diagnostics,
    progress: impl Fn(&str) + Sync,
) -> Ledger {
    let mut order: Vec<&FoundFile> = files.iter().collect();
    order.sort_by(|one, two| one.path.cmp(&two.path));
    let reading = Reading { metas, adapters, definitions, frame, sizes: sizes_of(files) };
    let mut gathered = Gathered::new(definitions);
    let engines: Vec<Mutex<Engine>> = (0..rayon::current_num_threads()).map(|_| Mutex::new(Engine::new())).collect();
    for window in windows(&order, frame) {
        if let [file] = window
            && let Some((adapter, cutting)) = reading.in_parts(file)
        {
            progress(&format!("reading {}", file.path));
            reading.large(file, adapter, &cutting, &mut gathered, diagnostics);
            continue;
        }
        if let Some(first) = window.first() {
            progress(&format!("reading {}", first.path));
        }
        let outcomes: Vec<Outcome> = window
            .par_iter()
            .map(|file| {
                let own = rayon::current_thread_index().unwrap_or(0) % engines.len();
                reading.whole(file, &engines[own].lock().expect("no thread fails while it holds an engine"))
            })
            .collect();
        outcomes.into_iter().for_each(|outcome| gathered.add(outcome, diagnostics));
    }
    gathered.finish(definitions, frame, diagnostics, progress)
}

/// The secret values that one file declares, which is read whole.
pub(super) fn secrets_of_file(
    file: &FoundFile,
    metas: &BTreeMap<String, ArtifactMeta>,
    adapters: &BTreeMap<String, Adapter>,
    definitions: &BTreeMap<String, TableDefinition>,
    frame: &Frame,
) -> BTreeSet<String> {
    let reading = Reading { metas, adapters, definitions, frame, sizes: BTreeMap::new() };
    reading.whole(file, &Engine::new()).secrets
}

/// Files in runs that are read at a time; a large one stands alone.
fn windows<'a, 'b>(order: &'b [&'a FoundFile], frame: &Frame) -> Vec<&'b [&'a FoundFile]> {
    let size = |file: &FoundFile| file.content.as_ref().map_or(0, Content::size);
    let is_large = |file: &FoundFile| size(file) > frame.part_bytes as u64 / 8;
    let mut windows = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, file) in order.iter().enumerate() {
        let full = bytes + size(file) > WINDOW_BYTES || at - start >= WINDOW_FILES;
        if at > start && (full || is_large(file) || is_large(order[at - 1])) {
            windows.push(&order[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += size(file);
    }
    windows.push(&order[start..]);
    windows
}

/// How many files have each size: only files of one size can be equal.
fn sizes_of(files: &[FoundFile]) -> BTreeMap<u64, usize> {
    let mut sizes = BTreeMap::new();
    for content in files.iter().filter_map(|file| file.content.as_ref().ok()) {
        *sizes.entry(content.size()).or_default() += 1;
    }
    sizes
}

/// What has been read so far.
struct Gathered {
    engine: Engine,
    growing: BTreeMap<String, Growing>,
    artifacts: BTreeMap<String, Artifact>,
    secrets: BTreeSet<String>,
    own_maskers: BTreeMap<String, Masker>,
    /// The path under which these bytes of this instance were read first.
    seen: BTreeMap<(Digest, Option<String>), String>,
}

impl Gathered {
    fn new(definitions: &BTreeMap<String, TableDefinition>) -> Gathered {
        let growing = definitions
            .values()
            .filter(|definition| definition.derivation.is_none())
            .map(|definition| (definition.name.clone(), Growing::new(&definition.name, definition.empty())))
            .collect();
        Gathered {
            engine: Engine::new(),
            growing,
            artifacts: BTreeMap::new(),
            secrets: BTreeSet::new(),
            own_maskers: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    fn add(&mut self, mut outcome: Outcome, diagnostics: &mut Diagnostics) {
        let artifact = &mut outcome.artifact;
        let path = artifact.path.clone();
        if let Some(first) = self.repeated(artifact) {
            *artifact = Artifact {
                sha256: artifact.sha256.clone(),
                bytes: artifact.bytes,
                state: ArtifactState::Unrecognised,
                note: format!("the same bytes as `{first}`, which was read already"),
                ..Artifact::blank(&path, artifact.meta.clone())
            };
            outcome.rows.clear();
            outcome.secrets.clear();
        } else {
            diagnostics.extend(outcome.diagnostics);
        }
        self.rows(outcome.rows, diagnostics);
        if !outcome.secrets.is_empty() {
            self.own_maskers.insert(path.clone(), Masker::new(outcome.secrets.clone()));
        }
        self.secrets.append(&mut outcome.secrets);
        self.artifacts.insert(path, outcome.artifact);
    }

    /// The file that had the same bytes, where both would be read as evidence.
    fn repeated(&mut self, artifact: &Artifact) -> Option<String> {
        let identity = (artifact.sha256.clone()?, artifact.meta.instance.clone());
        if artifact.state == ArtifactState::Altered {
            return None;
        }
        if let Some(first) = self.seen.get(&identity) {
            return Some(first.clone());
        }
        if artifact.state == ArtifactState::Used {
            self.seen.insert(identity, artifact.path.clone());
        }
        None
    }

    fn rows(&mut self, rows: BTreeMap<String, Table>, diagnostics: &mut Diagnostics) {
        for (name, part) in rows {
            let growing = self.growing.get_mut(&name).expect("the adapter was checked against the definitions");
            if let Err(error) = growing.append(&self.engine, part) {
                diagnostics.push(no_room(&name, &error));
            }
        }
    }

    fn finish(
        mut self,
        definitions: &BTreeMap<String, TableDefinition>,
        frame: &Frame,
        diagnostics: &mut Diagnostics,
        progress: impl Fn(&str) + Sync,
    ) -> Ledger {
        let mut own: BTreeMap<&str, Table> = ["artifacts", "people", "aliases", "stated_classes", "exceptions"]
            .into_iter()
            .filter_map(|name| Some((name, definitions.get(name)?.empty())))
            .collect();
        fill_own_tables(&mut own, &self.artifacts, frame);
        self.rows(own.into_iter().map(|(name, table)| (name.to_owned(), table)).collect(), diagnostics);
        for (name, growing) in self.growing {
            if let Err(error) = growing.finish(&self.engine) {
                diagnostics.push(no_room(&name, &error));
            }
        }
        let parameters = Parameters::from([
            ("as_of".to_owned(), Parameter::Instant(frame.as_of)),
            ("period_from".to_owned(), Parameter::Instant(frame.period_from)),
            ("period_to".to_owned(), Parameter::Instant(frame.as_of)),
        ]);
        progress("making the derived tables");
        derive(&self.engine, definitions, &parameters, Request::Filled, diagnostics, progress);
        Ledger {
            artifacts: self.artifacts,
            engine: self.engine,
            masker: Masker::shared(self.secrets),
            own_maskers: self.own_maskers,
            key: None,
        }
    }
}

fn no_room(table: &str, error: &crate::engine::NoRoom) -> Diagnostic {
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    Diagnostic::error("evidence/no-room", format!("tables/{table}.yaml"), format!("{error}: {source}"))
        .help("free space in the system's temporary folder, or set TMPDIR to another one")
}

/// What is the same for every file.
struct Reading<'a> {
    metas: &'a BTreeMap<String, ArtifactMeta>,
    adapters: &'a BTreeMap<String, Adapter>,
    definitions: &'a BTreeMap<String, TableDefinition>,
    frame: &'a Frame,
    sizes: BTreeMap<u64, usize>,
}

impl<'a> Reading<'a> {
    fn meta(&self, path: &str) -> ArtifactMeta {
        self.metas.get(path).cloned().unwrap_or_else(|| ArtifactMeta { path: path.to_owned(), ..ArtifactMeta::default() })
    }

    /// How to read a file in parts; nothing where it is small, or must be read as a whole.
    fn in_parts(&self, file: &FoundFile) -> Option<(&'a Adapter, parts::Cutting)> {
        let content = file.content.as_ref().ok()?;
        let packed = content.beginning(2).ok()? == [0x1f, 0x8b];
        let size = content.size().saturating_mul(if packed { 8 } else { 1 });
        if size <= self.frame.part_bytes as u64 || self.frame.documents.contains(&file.path) {
            return None;
        }
        parts::recognise(content, self.meta(&file.path).adapter.as_deref(), self.adapters)
    }

    fn large(&self, file: &FoundFile, adapter: &Adapter, cutting: &parts::Cutting, gathered: &mut Gathered, diagnostics: &mut Diagnostics) {
        let content = file.content.as_ref().expect("it was looked into");
        let mut artifact = Artifact::blank(&file.path, self.meta(&file.path));
        artifact.bytes = content.size();
        artifact.in_parts = true;
        let settled = self.settled_before_reading(content, &mut artifact, gathered);
        if settled {
            gathered.artifacts.insert(file.path.clone(), artifact);
            return;
        }
        artifact.claimed_by(adapter, self.frame);
        (artifact.extent, artifact.extent_because) = (adapter.completeness.unless_marked, adapter.completeness.because.trim().to_owned());
        if let Some(outside) = self.outside_period(&artifact) {
            artifact.sha256 = content.digest().ok().map(|(digest, _)| digest);
            artifact.give_up(ArtifactState::OutOfPeriod, outside);
            gathered.artifacts.insert(file.path.clone(), artifact);
            return;
        }
        let read = parts::read(content, adapter, cutting, self.definitions, self.frame, &mut artifact, diagnostics, |rows, found| {
            gathered.rows(rows, found);
        });
        match read {
            Err(reason) => artifact.give_up(ArtifactState::Unreadable, reason),
            Ok(streamed) => {
                artifact.sha256 = Some(streamed.sha256.clone());
                artifact.bytes = streamed.bytes;
                judge_extent(&mut artifact);
                if let Some(reason) = &streamed.broken {
                    artifact.break_off(reason);
                }
                artifact.use_as(adapter);
                artifact.note = format!("{}, in parts; its digest stands for it in a pack", artifact.note);
                gathered.seen.insert((streamed.sha256, artifact.meta.instance.clone()), file.path.clone());
            }
        }
        gathered.artifacts.insert(file.path.clone(), artifact);
    }

    /// Whether a large file is known to be altered, or to be the same as one that was read. Only then are its bytes hashed beforehand.
    fn settled_before_reading(&self, content: &Content, artifact: &mut Artifact, gathered: &Gathered) -> bool {
        let may_repeat = self.sizes.get(&content.size()).is_some_and(|count| *count > 1);
        if !may_repeat && artifact.meta.sha256.is_none() && artifact.meta.bytes.is_none() {
            return false;
        }
        match content.digest() {
            Ok((digest, _)) => artifact.sha256 = Some(digest),
            Err(reason) => {
                artifact.give_up(ArtifactState::Unreadable, reason);
                return true;
            }
        }
        if let Some(difference) = altered(content.size(), artifact) {
            artifact.give_up(ArtifactState::Altered, difference);
            return true;
        }
        let identity = artifact.sha256.clone().map(|digest| (digest, artifact.meta.instance.clone()));
        if let Some(first) = identity.and_then(|identity| gathered.seen.get(&identity)) {
            artifact.give_up(ArtifactState::Unrecognised, format!("the same bytes as `{first}`, which was read already"));
            return true;
        }
        false
    }

    fn outside_period(&self, artifact: &Artifact) -> Option<String> {
        let at = artifact.collected_at.as_ref()?;
        if at.micros() > self.frame.as_of {
            Some(format!("was collected after `as_of` and cannot speak for it ({at})"))
        } else if at.micros() < self.frame.period_from {
            Some(format!("was collected before the period began ({at})"))
        } else {
            None
        }
    }

    /// Reads a file that fits into memory.
    fn whole(&self, file: &FoundFile, engine: &Engine) -> Outcome {
        let mut outcome = Outcome {
            artifact: Artifact::blank(&file.path, self.meta(&file.path)),
            rows: BTreeMap::new(),
            secrets: BTreeSet::new(),
            diagnostics: Diagnostics::default(),
        };
        let bytes = match file.content.as_ref().map_err(Clone::clone).and_then(Content::bytes) {
            Ok(bytes) => bytes,
            Err(reason) => {
                outcome.artifact.give_up(ArtifactState::Unreadable, reason);
                return outcome;
            }
        };
        outcome.artifact.sha256 = Some(Digest::of(&bytes));
        outcome.artifact.bytes = bytes.len() as u64;
        if let Some((digest, length)) = self.frame.originals.get(&file.path) {
            (outcome.artifact.sha256, outcome.artifact.bytes) = (Some(digest.clone()), *length);
        }
        if let Err((state, reason)) = self.read_whole(&bytes, engine, &mut outcome) {
            outcome.artifact.give_up(state, reason);
        }
        outcome
    }

    fn read_whole(&self, bytes: &[u8], engine: &Engine, outcome: &mut Outcome) -> Result<(), (ArtifactState, String)> {
        let Outcome { artifact, rows, secrets, diagnostics } = outcome;
        if let Some(difference) = altered(artifact.bytes, artifact) {
            return Err((ArtifactState::Altered, difference));
        }
        if self.frame.documents.contains(&artifact.path) {
            let form = super::document::form_of(&artifact.path, bytes).map_err(|reason| (ArtifactState::Unreadable, reason))?;
            *secrets = super::document::text(bytes).map(|text| private_keys_of(&text)).unwrap_or_default();
            artifact.secrets = secrets.len();
            return Err((ArtifactState::Document, format!("a document ({}), read by people", form.word())));
        }
        let (parsed, keys) = parsed(bytes, self.adapters).map_err(|reason| (ArtifactState::Unreadable, reason))?;
        *secrets = keys;
        let parsed = unwrapped(parsed, self.adapters, artifact);
        let named = artifact.meta.adapter.clone();
        let asked = self.adapters.values().filter(|adapter| named.as_ref().is_none_or(|name| *name == adapter.id));
        let (parsed, is_reshaped) = reshaped(parsed, asked);
        let adapter = claim(&parsed, &artifact.meta, self.adapters).map_err(|reason| (ArtifactState::Unrecognised, reason))?;
        artifact.claimed_by(adapter, self.frame);
        let (collected, own) = collect(parsed, adapter, artifact);
        if is_reshaped && artifact.extent == Extent::Complete {
            artifact.extent = Extent::Unknown;
            artifact.extent_because = "the records stand without the wrapper in which the source says whether there are more".to_owned();
        }
        secrets.extend(own);
        artifact.secrets = secrets.len();
        if let Some(outside) = self.outside_period(artifact) {
            return Err((ArtifactState::OutOfPeriod, outside));
        }
        let mask = Masker::new(secrets.clone());
        let broken = artifact.read;
        let scripted = run_script(&collected, adapter, self.definitions, engine, &mask, artifact, diagnostics);
        artifact.counted = scripted.counted + broken;
        *rows = scripted.rows;
        judge_extent(artifact);
        within_period(rows, self.definitions, self.frame, artifact);
        count_rejections(artifact, &mask);
        artifact.use_as(adapter);
        Ok(())
    }
}

/// How many records a file holds that can be taken apart, and how many that are broken, whoever made it. The error says why the file
/// cannot be read at all. Never panics, whatever the bytes.
pub fn take_apart(bytes: &[u8], adapters: &BTreeMap<String, Adapter>) -> Result<(usize, usize), String> {
    Ok(match parsed(bytes, adapters)?.0 {
        Parsed::Documents { documents, broken, .. } => (documents.len(), broken.len()),
        Parsed::Grid { rows, broken, .. } => (rows.len(), broken.len()),
        Parsed::Plain(_) => (0, 0),
    })
}

fn parsed(bytes: &[u8], adapters: &BTreeMap<String, Adapter>) -> Result<(Parsed, BTreeSet<String>), String> {
    Ok(match decode(bytes)? {
        Decoded::Text(text) => (parse_text(&text, adapters.values())?, private_keys_of(&text)),
        Decoded::Workbook(bytes) => (parse_workbook(&bytes)?, BTreeSet::new()),
        Decoded::Parquet(bytes) => (parse_parquet(bytes)?, BTreeSet::new()),
        Decoded::Der(bytes) => (parse_der(&bytes)?, BTreeSet::new()),
    })
}

impl Artifact {
    /// Nothing is known of it but what was stated.
    pub(super) fn blank(path: &str, meta: ArtifactMeta) -> Artifact {
        Artifact {
            path: path.to_owned(),
            state: ArtifactState::Unreadable,
            note: String::new(),
            sha256: None,
            bytes: 0,
            adapter: None,
            adapter_revision: None,
            system: meta.system.clone(),
            collected_at: meta.collected_at.clone(),
            meta,
            extent: Extent::Unknown,
            extent_because: "it was not read".into(),
            read: 0,
            kept: 0,
            rejected: 0,
            rejections: Vec::new(),
            feeds: BTreeSet::new(),
            secrets: 0,
            told_from: None,
            told_to: None,
            outside: 0,
            in_parts: false,
            counted: 0,
        }
    }

    fn give_up(&mut self, state: ArtifactState, note: String) {
        (self.state, self.note) = (state, note);
        self.kept = self.read.saturating_sub(self.rejected);
    }

    fn claimed_by(&mut self, adapter: &Adapter, frame: &Frame) {
        self.adapter = Some(adapter.id.clone());
        self.adapter_revision = Some(adapter.revision);
        self.system = self.system.take().or_else(|| Some(adapter.system.clone()));
        self.meta.zone = self.meta.zone.take().or_else(|| frame.zone_of(&adapter.id, self.meta.instance.as_deref()));
    }

    fn use_as(&mut self, adapter: &Adapter) {
        self.feeds = adapter.feeds();
        self.state = ArtifactState::Used;
        self.note = format!("read as {}", adapter.title);
        self.kept = self.read.saturating_sub(self.rejected);
    }
}

/// How the bytes differ from what was stated when they were collected.
fn altered(size: u64, artifact: &Artifact) -> Option<String> {
    if let Some(stated) = artifact.meta.bytes.filter(|stated| *stated != size) {
        return Some(format!("it had {stated} bytes when it was collected, and has {size} now"));
    }
    let stated = artifact.meta.sha256.as_ref()?;
    let now = artifact.sha256.as_ref()?.to_string();
    (!stated.eq_ignore_ascii_case(&now)).then(|| format!("its SHA-256 was {stated} when it was collected, and is {now} now"))
}

/// What an envelope holds, where an adapter knows the envelope and what it holds; else the document as it is.
fn unwrapped(parsed: Parsed, adapters: &BTreeMap<String, Adapter>, artifact: &mut Artifact) -> Parsed {
    use base64::Engine as _;
    let Parsed::Documents { shape: Shape::Json, documents, .. } = &parsed else {
        return parsed;
    };
    let [document] = documents.as_slice() else {
        return parsed;
    };
    for adapter in adapters.values() {
        let Some((at, observed)) = &adapter.envelope else { continue };
        let inner = at
            .query(&document.value)
            .first()
            .and_then(Value::as_str)
            .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text.trim()).ok())
            .and_then(|bytes| match decode(&bytes) {
                Ok(Decoded::Text(text)) => parse_text(&text, adapters.values()).ok(),
                _ => None,
            });
        if let Some(inner) = inner.filter(|inner| claims(adapter, inner)) {
            let made = observed.as_ref().and_then(|path| path.query(&document.value).first().and_then(Value::as_str));
            artifact.collected_at = artifact.collected_at.take().or_else(|| made.and_then(|text| Instant::parse(text).ok()));
            return inner;
        }
    }
    parsed
}

/// The one adapter for a file: named by its metadata, else the only one that recognises it.
fn claim<'a>(parsed: &Parsed, meta: &ArtifactMeta, adapters: &'a BTreeMap<String, Adapter>) -> Result<&'a Adapter, String> {
    let shape = match parsed {
        Parsed::Documents { shape, .. } | Parsed::Grid { shape, .. } => *shape,
        Parsed::Plain(reason) => return Err(format!("no adapter recognises its content: {reason}")),
    };
    if let Some(named) = &meta.adapter {
        let adapter = adapters.get(named).ok_or_else(|| format!("artifacts.yaml names the adapter `{named}`, which does not exist"))?;
        if !adapter.shapes.contains(&shape) {
            return Err(format!("artifacts.yaml names the adapter `{named}`, which does not read {shape:?} files"));
        }
        return if claims(adapter, parsed) || is_empty_list(parsed) {
            Ok(adapter)
        } else {
            Err(format!("artifacts.yaml names the adapter `{named}`, but the content is not of that kind{}", lack(adapter, parsed)))
        };
    }
    let claiming: Vec<&Adapter> = adapters.values().filter(|adapter| adapter.shapes.contains(&shape) && claims(adapter, parsed)).collect();
    match claiming.as_slice() {
        [one] => Ok(one),
        [] => Err(near_miss(parsed, adapters.values())
            .map_or("no adapter recognises its content".into(), |near| format!("no adapter recognises its content: {near}"))),
        several => Err(format!(
            "several adapters recognise it ({}); name one as `adapter:` in artifacts.yaml",
            several.iter().map(|adapter| adapter.id.as_str()).collect::<Vec<_>>().join(", ")
        )),
    }
}

pub(super) fn claims(adapter: &Adapter, parsed: &Parsed) -> bool {
    match parsed {
        Parsed::Documents { shape: Shape::Pem, documents, .. } => !documents.is_empty(),
        Parsed::Documents { documents, .. } => documents.first().is_some_and(|first| adapter.claims_document(&first.value)),
        Parsed::Grid { header, .. } => adapter.claims_header(header),
        Parsed::Plain(_) => false,
    }
}

/// `[]` looks the same from every tool; only a named adapter makes it "nothing found".
fn is_empty_list(parsed: &Parsed) -> bool {
    matches!(parsed, Parsed::Documents { documents, .. } if documents.iter().all(|document| document.value.as_array().is_some_and(Vec::is_empty)))
}

/// A stated row count confirms or refutes that the export is whole.
fn judge_extent(artifact: &mut Artifact) {
    let counted = artifact.counted;
    let Some(stated) = artifact.meta.rows else {
        return;
    };
    if artifact.extent == Extent::Incomplete {
        return;
    }
    (artifact.extent, artifact.extent_because) = if stated == counted as u64 {
        (Extent::Complete, format!("the source counted {stated} records, and {counted} were found"))
    } else {
        (Extent::Incomplete, format!("the source counted {stated} records, but {counted} were found"))
    };
}

/// The tables that no adapter fills: the artifacts themselves and what the workspace states.
fn fill_own_tables(tables: &mut BTreeMap<&str, Table>, artifacts: &BTreeMap<String, Artifact>, frame: &Frame) {
    let text = |values: Vec<Option<String>>| Column::Text(values);
    if let Some(table) = tables.get_mut("artifacts") {
        let all: Vec<&Artifact> = artifacts.values().collect();
        let extent = |extent: Extent| match extent {
            Extent::Complete => "complete",
            Extent::Incomplete => "incomplete",
            Extent::Unknown => "unknown",
        };
        *table = Table::new(vec![
            ("path".into(), text(all.iter().map(|a| Some(a.path.clone())).collect())),
            ("adapter".into(), text(all.iter().map(|a| a.adapter.clone()).collect())),
            ("state".into(), text(all.iter().map(|a| Some(a.state.word().to_owned())).collect())),
            ("sha256".into(), text(all.iter().map(|a| a.sha256.as_ref().map(ToString::to_string)).collect())),
            ("system".into(), text(all.iter().map(|a| a.system.clone()).collect())),
            ("instance".into(), text(all.iter().map(|a| a.meta.instance.clone()).collect())),
            ("collected_at".into(), Column::Instant(all.iter().map(|a| a.collected_at.as_ref().map(Instant::micros)).collect())),
            ("extent".into(), text(all.iter().map(|a| Some(extent(a.extent).to_owned())).collect())),
            ("kept".into(), Column::Integer(all.iter().map(|a| i64::try_from(a.kept).ok()).collect())),
            ("rejected".into(), Column::Integer(all.iter().map(|a| i64::try_from(a.rejections.len()).ok()).collect())),
        ]);
    }
    let place = |name: &str, count: usize| {
        [
            ("artifact".to_owned(), text(vec![Some("tickmark.yaml".to_owned()); count])),
            ("record".to_owned(), text((0..count).map(|index| Some(format!("#/{name}/{index}"))).collect())),
        ]
    };
    if let Some(table) = tables.get_mut("people") {
        let mut columns = vec![
            ("pattern".to_owned(), text(frame.people.iter().map(|(pattern, _)| Some(pattern.clone())).collect())),
            ("reason".to_owned(), text(frame.people.iter().map(|(_, reason)| Some(reason.clone())).collect())),
        ];
        columns.extend(place("people", frame.people.len()));
        *table = Table::new(columns);
    }
    if let Some(table) = tables.get_mut("aliases") {
        let mut columns = vec![
            ("alias".to_owned(), text(frame.aliases.iter().map(|(alias, ..)| Some(alias.clone())).collect())),
            ("identity_id".to_owned(), text(frame.aliases.iter().map(|(_, id, _)| Some(id.clone())).collect())),
            ("reason".to_owned(), text(frame.aliases.iter().map(|(.., reason)| Some(reason.clone())).collect())),
        ];
        columns.extend(place("aliases", frame.aliases.len()));
        *table = Table::new(columns);
    }
    if let Some(table) = tables.get_mut("stated_classes") {
        let each = |part: fn(&StatedClass) -> Option<String>| text(frame.classes.iter().map(part).collect());
        let mut columns = vec![
            ("pattern".to_owned(), each(|stated| Some(stated.pattern.clone()))),
            ("place".to_owned(), Column::Integer((1..).zip(&frame.classes).map(|(place, _)| Some(place)).collect())),
            ("class".to_owned(), each(|stated| stated.class.clone())),
            ("tier".to_owned(), each(|stated| stated.tier.clone())),
            ("reason".to_owned(), each(|stated| Some(stated.reason.clone()))),
        ];
        columns.extend(place("classes", frame.classes.len()));
        *table = Table::new(columns);
    }
    if let Some(table) = tables.get_mut("exceptions") {
        *table = exceptions_table(&frame.exceptions);
    }
}
