//! From collected files to normalised tables, with every file and every record accounted for.
//!
//! In: files as bytes, what the collector stated about them, adapters and table definitions. Out: a [`Ledger`].
//! Evidence is untrusted: whatever is wrong with a file ends as a state or a rejected record, never as a pass and never as a panic.
//! Knows nothing of frameworks, objectives or verdicts.

pub mod adapter;
mod cast;
mod decode;
pub mod document;
mod exact;
pub mod format;
mod holes;
mod keeping;
mod mask;
mod nearest;
mod normalise;
mod pack_copy;
mod parts;
mod records;
mod reshape;
mod script;
mod stated;
pub mod tables;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use adapter::{Adapter, load_adapters};
pub use format::{ArtifactMeta, ControlTotal, Extent, Shape};
pub use keeping::{PROGRAM, normalise_kept};
pub use mask::{MASK, Masker};
pub use normalise::{normalise, take_apart};
pub use pack_copy::{packed_copy, readable_text};
pub use script::rehearse;
pub use stated::{EXCEPTIONS_FILE, StatedException};
pub use tables::{TableDefinition, load_tables, needed_for};

use crate::base::{Digest, Instant, PROVENANCE, Table};
use crate::engine::Engine;

/// The class or the tier of the identities that a pattern names, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedClass {
    pub pattern: String,
    pub class: Option<String>,
    pub tier: Option<String>,
    pub reason: String,
}

/// What normalisation needs besides the files.
#[derive(Debug, Clone)]
pub struct Frame {
    /// First and last instant of the period, in microseconds since 1970.
    pub period_from: i64,
    pub as_of: i64,
    /// Statements of the workspace that become rows: people and aliases.
    pub people: Vec<(String, String)>,
    pub aliases: Vec<(String, String, String)>,
    /// Classes and tiers that the workspace states for identities, in its order.
    pub classes: Vec<StatedClass>,
    /// The exceptions of the workspace, one for each subject.
    pub exceptions: Vec<StatedException>,
    /// Paths of files that people read: no adapter is asked about them.
    pub documents: BTreeSet<String>,
    /// Files of more bytes than this are read in parts of that size, where their adapter allows it.
    pub part_bytes: usize,
    /// The zones that the workspace states for the local times of whole sources.
    pub zones: Vec<SourceZone>,
    /// By path: digest and size of the original, where only its masked copy is at hand. Empty but when a pack is worked through again.
    pub originals: BTreeMap<String, (Digest, u64)>,
}

/// The zone of local times in the exports of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceZone {
    pub adapter: String,
    /// Which one of several sources of this kind; all of them when absent.
    pub instance: Option<String>,
    /// An IANA name.
    pub zone: String,
}

impl Frame {
    /// The zone stated for a source. Nothing when two statements differ: then nobody has said which one holds.
    fn zone_of(&self, adapter: &str, instance: Option<&str>) -> Option<String> {
        let mut stated = self
            .zones
            .iter()
            .filter(|source| source.adapter == adapter && (source.instance.is_none() || source.instance.as_deref() == instance))
            .map(|source| &source.zone);
        let first = stated.next()?;
        stated.all(|other| other == first).then(|| first.clone())
    }
}

/// The size of a part that serves well: some thousand records.
pub const PART_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactState {
    /// Its records are in the tables.
    Used,
    /// People read it; no adapter was asked.
    Document,
    /// No adapter claimed it, or several did.
    Unrecognised,
    /// It could not be read at all.
    Unreadable,
    /// It was made before the period or after `as_of`.
    OutOfPeriod,
    /// Its bytes are not those that were collected, by the digest or size stated then.
    Altered,
}

impl ArtifactState {
    pub fn word(self) -> &'static str {
        match self {
            ArtifactState::Used => "used",
            ArtifactState::Document => "document",
            ArtifactState::Unrecognised => "unrecognised",
            ArtifactState::Unreadable => "unreadable",
            ArtifactState::OutOfPeriod => "out-of-period",
            ArtifactState::Altered => "altered",
        }
    }
}

/// A collected file: its digest, where it came from, and what was made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Artifact {
    pub path: String,
    pub state: ArtifactState,
    /// Why it is in that state, or what was understood.
    pub note: String,
    /// Of the very bytes that were parsed; none for a file that could not be opened.
    pub sha256: Option<Digest>,
    pub bytes: u64,
    pub adapter: Option<String>,
    pub adapter_revision: Option<u32>,
    pub system: Option<String>,
    pub meta: ArtifactMeta,
    /// When the export was made: by the collector's statement, else by the file itself.
    pub collected_at: Option<Instant>,
    pub extent: Extent,
    pub extent_because: String,
    pub read: usize,
    pub kept: usize,
    pub rejected: usize,
    /// Places and reasons of the first rejected records, in file order.
    pub rejections: Vec<Rejection>,
    /// The tables that it feeds.
    pub feeds: BTreeSet<String>,
    /// How many different secret values it holds.
    pub secrets: usize,
    /// First and last instant that its rows over time speak of, in microseconds since 1970.
    pub told_from: Option<i64>,
    pub told_to: Option<i64>,
    /// Rows over time that lie outside the period and are in no table.
    pub outside: usize,
    /// Whether it was too large to be held as a whole, and was read in parts.
    #[serde(default)]
    pub in_parts: bool,
    /// Records as the source counts them: those of the first record set.
    #[serde(skip)]
    counted: usize,
}

/// So many rejected records of one file are listed; all are counted.
pub const REJECTIONS_LISTED_MAX: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rejection {
    pub record: String,
    pub reason: String,
}

impl Artifact {
    /// The fields of [`PROVENANCE`] that nobody stated.
    pub fn not_stated(&self) -> Vec<&'static str> {
        let meta = &self.meta;
        let missing = [
            self.system.is_none(),
            meta.instance.is_none(),
            meta.query.is_none(),
            meta.tool.is_none(),
            meta.collector.is_none(),
            self.collected_at.is_none(),
            meta.rows.is_none(),
            meta.sha256.is_none(),
        ];
        PROVENANCE.into_iter().zip(missing).filter_map(|(key, missing)| missing.then_some(key)).collect()
    }
}

/// All that the evidence says.
pub struct Ledger {
    /// By path.
    pub artifacts: BTreeMap<String, Artifact>,
    /// Holds the normalised and the derived tables by name.
    engine: Engine,
    /// Replaces every secret value that any artifact declared.
    pub masker: Masker,
    /// By path: replaces the secret values that this artifact declared, however short.
    own_maskers: BTreeMap<String, Masker>,
    /// Stands for everything that it was made from; known where a folder keeps what was read.
    key: Option<Digest>,
}

impl Ledger {
    /// Holds all tables, ready for checks and for questions.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Stands for everything that it was made from; known where a folder keeps what was read.
    pub fn key(&self) -> Option<&Digest> {
        self.key.as_ref()
    }

    /// All rows of a table in memory; for tables that are known to be small. Empty and without columns when there is none of that name.
    pub fn table(&self, name: &str) -> Table {
        self.engine.table(name).unwrap_or_default()
    }

    /// Hands over the rows of a table, part by part.
    pub fn scan(&self, name: &str, each: impl FnMut(Table)) {
        self.engine.scan(name, each);
    }

    /// The same with some columns only.
    pub fn scan_columns(&self, name: &str, columns: &[&str], each: impl FnMut(Table)) {
        self.engine.scan_columns(name, columns, each);
    }

    /// The different texts in some columns of a table.
    pub fn texts(&self, name: &str, columns: &[&str]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for column in columns {
            self.engine.distinct(name, column, |text| {
                found.insert(text.to_owned());
            });
        }
        found
    }

    /// Text of an artifact with every secret masked that it or any other declared.
    pub fn masked(&self, path: &str, text: &str) -> String {
        match self.own_maskers.get(path) {
            Some(own) => self.masker.apply(&own.apply(text)),
            None => self.masker.apply(text),
        }
    }

    /// The artifacts that feed a table.
    pub fn feeding<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Artifact> {
        self.artifacts.values().filter(move |artifact| artifact.feeds.contains(table))
    }
}
