//! The record of a pack as it is read, and what a bare one proves by itself, without the pack around it.

use super::files::{ReadFiles, Tee, Unread};
use super::{Breach, Findings, RECORD, check_clauses};
use crate::assessment::parts::{PartsError, read_without_lists};
use crate::assessment::{Assessment, Names, SCHEMA};
use crate::base::Digest;

/// A larger record is not read. Of one of ours nearly all is rows, which are read and not kept.
const BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// The record without its long lists, and a digest over the observations of each objective that it lists.
type Record = (Assessment, Vec<Digest>);

/// What came of reading a record.
pub(super) struct ReadRecord {
    /// Or the code of the breach and why.
    record: Result<Record, (&'static str, String)>,
    /// Of all its bytes; or why they cannot be read to their end.
    digest: Result<Digest, String>,
}

/// Reads a record as its bytes come, and takes their digest on the way.
pub(super) fn read(file: Unread<'_>) -> ReadRecord {
    let mut source = match file.open() {
        Ok(source) => Tee::new(source),
        Err(reason) => return ReadRecord { record: Err(("assessment-unreadable", reason.clone())), digest: Err(reason) },
    };
    let record = if file.size() > BYTES_MAX {
        Err(("assessment-unreadable", format!("it has {} bytes; at most {BYTES_MAX} are read", file.size())))
    } else {
        read_without_lists(&mut source).map_err(|error| match error {
            PartsError::Schema(schema) => ("assessment-schema", format!("its schema is `{schema}`; this version reads `{SCHEMA}`")),
            error => ("assessment-unreadable", error.to_string()),
        })
    };
    ReadRecord { record, digest: source.finish().map_err(|error| format!("cannot be read: {error}")) }
}

/// The record where there is a readable one; its digest goes to those of the other files.
pub(super) fn settle(read: Option<ReadRecord>, files: &mut ReadFiles, found: &mut Findings) -> Option<Record> {
    let Some(read) = read else {
        found.add("assessment-missing", RECORD, "the pack has no assessment");
        return None;
    };
    match read.digest {
        Ok(digest) => _ = files.digests.insert(RECORD.to_owned(), digest),
        Err(reason) => files.unreadable.push((RECORD.to_owned(), reason)),
    }
    read.record.map_err(|(code, message)| found.add(code, RECORD, message)).ok()
}

/// Follows the digests of a record up to its root. Where it shows names of people, the digests of single clauses need the list of names that
/// only the pack holds; root, totals and catalogs are checked all the same.
pub fn verify_record(assessment: &Assessment) -> Vec<Breach> {
    let mut found = Findings::default();
    check_clauses(assessment, &Names::default(), &mut found);
    let shows_names = assessment.frame.names.is_some() && !assessment.names.replaced;
    if shows_names {
        found.0.retain(|breach| !matches!(breach.code, "clause-changed" | "frame-changed"));
    }
    found.0.sort();
    found.0.dedup();
    found.0
}
