//! The copy of an artifact that goes into a pack: the very bytes, or the same text with every secret masked, or nothing.

use super::decode::{Decoded, decode};
use super::mask::Masker;
use super::records::{Parsed, parse_parquet, parse_workbook};
use super::{Artifact, ArtifactState, Ledger};

/// Bytes for the pack.
pub struct PackedCopy {
    pub bytes: Vec<u8>,
    /// True when the copy is the unpacked and re-encoded text of a compressed or differently encoded original.
    pub unwrapped: bool,
}

/// Nothing for a file that was not understood: nobody can say which secrets it holds, so only its digest goes into the pack.
pub fn packed_copy(bytes: &[u8], artifact: &Artifact, ledger: &Ledger) -> Option<PackedCopy> {
    match artifact.state {
        ArtifactState::Used | ArtifactState::OutOfPeriod | ArtifactState::Document => {}
        ArtifactState::Unrecognised | ArtifactState::Unreadable | ArtifactState::Altered => return None,
    }
    if artifact.in_parts {
        // It may be larger than memory; its digest stands for it.
        return None;
    }
    let own = ledger.own_maskers.get(&artifact.path).cloned().unwrap_or_default();
    let as_it_is = || PackedCopy { bytes: bytes.to_vec(), unwrapped: false };
    if artifact.state == ArtifactState::Document && super::document::text(bytes).is_err() {
        // A picture or a typeset page: a person put it forward to be read as it is.
        return Some(as_it_is());
    }
    match decode(bytes).ok()? {
        Decoded::Text(text) => {
            let masked = ledger.masker.apply(&own.apply(&text));
            // A document is shown in the report, and the copy must read the same: plain UTF-8 without a mark.
            let is_document = artifact.state == ArtifactState::Document;
            if masked == text && !is_document { Some(as_it_is()) } else { Some(PackedCopy { bytes: masked.into_bytes(), unwrapped: true }) }
        }
        Decoded::Workbook(workbook) => (!shows_secret(parse_workbook(&workbook), &[&own, &ledger.masker])).then(as_it_is),
        Decoded::Parquet(table) => (!shows_secret(parse_parquet(table), &[&own, &ledger.masker])).then(as_it_is),
        // Certificates are public, and nothing else of this form is understood.
        Decoded::Der(_) => Some(as_it_is()),
    }
}

/// The text of a file whose content can be searched for words; nothing for binary and encoded content, in which a name may hide.
pub fn readable_text(bytes: &[u8]) -> Option<String> {
    match decode(bytes) {
        Ok(Decoded::Text(text)) => Some(text),
        Ok(Decoded::Workbook(_) | Decoded::Parquet(_) | Decoded::Der(_)) | Err(_) => None,
    }
}

fn shows_secret(parsed: Result<Parsed, String>, maskers: &[&Masker]) -> bool {
    let Ok(Parsed::Grid { header, rows, .. }) = parsed else {
        return true;
    };
    let mut cells = header.iter().chain(rows.iter().flat_map(|row| &row.cells));
    cells.any(|cell| maskers.iter().any(|masker| masker.hits(cell)))
}
