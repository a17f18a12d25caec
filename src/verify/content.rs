//! What is in the files that are held against the record: their digests with names hidden, and what the lists of observations count to.
//!
//! In: those files and the list of names, without the record, which somebody else reads meanwhile. Out: what was seen in each.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{ListedNames, REGISTER};
use crate::assessment::inputs::{ListedRows, each_observation};
use crate::assessment::{Names, Outcome, Tally};
use crate::base::{Digest, SourceTree};

/// What was seen in a file whose content is held against the record.
pub(super) struct Seen {
    /// With names hidden.
    pub digest: Digest,
    /// Nothing where it is no list of observations.
    pub list: Option<Counted>,
}

fn is_list(path: &str) -> bool {
    path.starts_with("observations/")
}

/// Whether the content of a file is held against the record.
pub(super) fn is_held(path: &str) -> bool {
    is_list(path) || path == REGISTER || path.starts_with("workspace/")
}

/// Looks through the lists, the register and the statements of the workspace.
pub(super) fn look(files: &SourceTree, listed: Option<&ListedNames>) -> BTreeMap<String, Seen> {
    let none = Names::default();
    let names = listed.and_then(|listed| listed.as_ref().ok()).map_or(&none, |(names, _)| names);
    let held: Vec<(&str, &[u8])> = files.iter().filter(|(path, _)| is_held(path)).collect();
    let look = |(path, bytes): (&str, &[u8])| {
        let list = if is_list(path) { counted(bytes) } else { None };
        // What is no list is a breach whatever its digest.
        let digest = if is_list(path) && list.is_none() { Digest::of(bytes) } else { names.digest_of_bytes(bytes) };
        (path.to_owned(), Seen { digest, list })
    };
    held.into_par_iter().with_max_len(1).map(look).collect()
}

/// What a full list of observations comes to.
pub(super) struct Counted {
    pub tally: Tally,
    pub rows: Digest,
}

impl Default for Counted {
    fn default() -> Counted {
        Counted { tally: Tally::default(), rows: ListedRows::default().finish() }
    }
}

/// Nothing where the bytes are no such list.
fn counted(bytes: &[u8]) -> Option<Counted> {
    let (mut tally, mut rows) = (Tally::default(), ListedRows::default());
    each_observation(bytes, |row| {
        tally.population += 1;
        *match row.outcome {
            Outcome::Pass if row.proved => &mut tally.passed,
            Outcome::Pass => &mut tally.unproved,
            Outcome::Fail => &mut tally.failed,
            Outcome::Unknown => &mut tally.unknown,
            Outcome::Skip => &mut tally.skipped,
        } += 1;
        rows.add(&row);
    })?;
    Some(Counted { tally, rows: rows.finish() })
}
