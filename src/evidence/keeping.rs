//! Evidence that was read is not read again: the ledger of a run is kept, and found by everything that it was made from.
//!
//! The key covers the bytes of every file, what is stated about them, the adapters, the tables, and the program itself. No secret value is
//! kept: the files that declare some are read again. Rows of evidence are kept, so the folder is as confidential as the evidence.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::adapter::Adapter;
use super::format::ArtifactMeta;
use super::mask::Masker;
use super::normalise::{normalise, secrets_of_file};
use super::tables::TableDefinition;
use super::{Artifact, Frame, Ledger, SourceZone, StatedClass};
use crate::base::{Diagnostics, Digest, FoundFile};
use crate::engine::{Engine, Entry, Shelf};

/// Version and sources of the program: another one may read the same evidence in another way.
pub const PROGRAM: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("TICKMARK_SOURCES"));

const LEDGER: &str = "ledger.json";

/// What is kept of a ledger besides its tables.
#[derive(Serialize, Deserialize)]
struct Kept {
    artifacts: BTreeMap<String, Artifact>,
    /// The files that hold secret values.
    secretive: BTreeSet<String>,
}

/// Like [`normalise`], with what a run before has kept.
#[expect(clippy::too_many_arguments, reason = "one call site; each argument is one input of the stage")]
pub fn normalise_kept(
    shelf: &Shelf,
    files: &[FoundFile],
    metas: &BTreeMap<String, ArtifactMeta>,
    adapters: &BTreeMap<String, Adapter>,
    definitions: &BTreeMap<String, TableDefinition>,
    frame: &Frame,
    diagnostics: &mut Diagnostics,
    progress: impl Fn(&str) + Sync,
) -> Ledger {
    progress("hashing the evidence");
    let key = key(files, metas, adapters, definitions, frame);
    progress("opening what was kept");
    let kept = shelf.entry(&key).and_then(|entry| taken(&entry, files, metas, adapters, definitions, frame));
    if let Some(ledger) = kept {
        return Ledger { key: Some(key), ..ledger };
    }
    let mut own = Diagnostics::default();
    let ledger = normalise(files, metas, adapters, definitions, frame, &mut own, &progress);
    // What was found wrong is told in every run, so such a ledger is made in every run.
    if own.is_empty() {
        progress("keeping what was read");
        keep(shelf, &key, &ledger, definitions);
    }
    diagnostics.extend(own);
    Ledger { key: Some(key), ..ledger }
}

/// A digest of everything that a ledger is made from.
fn key(
    files: &[FoundFile],
    metas: &BTreeMap<String, ArtifactMeta>,
    adapters: &BTreeMap<String, Adapter>,
    definitions: &BTreeMap<String, TableDefinition>,
    frame: &Frame,
) -> Digest {
    let digest = |file: &FoundFile| match file.content.as_ref().map_err(Clone::clone).and_then(|content| content.digest()) {
        Ok((digest, _)) => (file.path.clone(), Ok(digest)),
        Err(reason) => (file.path.clone(), Err(reason)),
    };
    let files: BTreeMap<String, Result<Digest, String>> = files.par_iter().map(digest).collect();
    let adapters: BTreeMap<&String, &Digest> = adapters.iter().map(|(id, adapter)| (id, &adapter.digest)).collect();
    let definitions: BTreeMap<&String, &Digest> = definitions.iter().map(|(name, table)| (name, &table.digest)).collect();
    let metas: BTreeMap<&String, &ArtifactMeta> = metas.iter().collect();
    Digest::of_canonical(&("ledger", PROGRAM, files, metas, adapters, definitions, told(frame)))
}

/// The frame as it bears on a ledger, field by field, so that none is forgotten when one is added.
fn told(frame: &Frame) -> serde_json::Value {
    let Frame { period_from, as_of, people, aliases, classes, exceptions, documents, part_bytes, zones, originals } = frame;
    let class = |own: &StatedClass| serde_json::json!([own.pattern, own.class, own.tier, own.reason]);
    let zone = |own: &SourceZone| serde_json::json!([own.adapter, own.instance, own.zone]);
    serde_json::json!([
        period_from.to_string(),
        as_of.to_string(),
        people,
        aliases,
        classes.iter().map(class).collect::<Vec<_>>(),
        exceptions.iter().map(|own| format!("{own:?}")).collect::<Vec<_>>(),
        documents,
        part_bytes.to_string(),
        zones.iter().map(zone).collect::<Vec<_>>(),
        originals.iter().map(|(path, (digest, size))| (path, digest, size.to_string())).collect::<Vec<_>>(),
    ])
}

fn keep(shelf: &Shelf, key: &Digest, ledger: &Ledger, definitions: &BTreeMap<String, TableDefinition>) {
    let Some(draft) = shelf.begin(key) else { return };
    let kept = Kept { artifacts: ledger.artifacts.clone(), secretive: ledger.own_maskers.keys().cloned().collect() };
    let Ok(told) = serde_json::to_vec(&kept) else { return };
    if draft.put(LEDGER, &told).is_ok() && definitions.keys().all(|name| draft.keep(name, &ledger.engine)) {
        // A folder that is full or gone costs time in the next run, and nothing else.
        let _ = draft.finish();
    }
}

/// The ledger of an entry; nothing where something of it is missing.
fn taken(
    entry: &Entry,
    files: &[FoundFile],
    metas: &BTreeMap<String, ArtifactMeta>,
    adapters: &BTreeMap<String, Adapter>,
    definitions: &BTreeMap<String, TableDefinition>,
    frame: &Frame,
) -> Option<Ledger> {
    let kept: Kept = serde_json::from_slice(&entry.bytes(LEDGER)?).ok()?;
    let engine = Engine::new();
    if !definitions.keys().all(|name| entry.load(name, &engine)) {
        return None;
    }
    let secretive: Vec<&FoundFile> = files.iter().filter(|file| kept.secretive.contains(&file.path)).collect();
    let read = |file: &&FoundFile| (file.path.clone(), secrets_of_file(file, metas, adapters, definitions, frame));
    let secrets: BTreeMap<String, BTreeSet<String>> = secretive.par_iter().map(read).collect();
    let own_maskers = secrets.iter().map(|(path, own)| (path.clone(), Masker::new(own.clone()))).collect();
    let masker = Masker::shared(secrets.into_values().flatten());
    Some(Ledger { artifacts: kept.artifacts, engine, masker, own_maskers, key: None })
}
