//! The sealed folder: a manifest in the form that `sha256sum -c` reads, over every other file, and the seals over that manifest.
//!
//! In: files by relative path. Out: the same files with the manifest; signatures, time-stamps, archives of them.
//! Does not know what it packs, and touches no disk.

pub mod archive;
pub mod bag;
pub mod signature;
pub mod signers;
pub mod statement;
pub mod timestamp;
mod x509;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::digest::merkle_root;
use crate::base::{Digest, SourceTree};

/// The manifest's name; it lists every file but itself and those of the seal.
pub const MANIFEST: &str = "SHA256SUMS";

/// How the names of the reports on one framework each begin; they lie beside `report.pdf`, so that their links hold.
pub const PART: &str = "report-";

/// What is added to a finished pack: over the manifest, therefore not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SealFile {
    /// `seal/signature-1.sig`: a signature over the manifest, as `ssh-keygen -Y verify` checks it.
    Signature(u32),
    /// `seal/signer-1.pub`: the public key of that signature.
    Signer(u32),
    /// `seal/statement-1.dsse.json`: an in-toto statement over the roots, signed by the same key.
    Statement(u32),
    /// `seal/timestamp.tsq`: a request of RFC 3161 over the manifest.
    Request,
    /// `seal/timestamp.tsr`: the authority's reply.
    Reply,
}

/// More signatures than this nobody needs, and a hostile pack could hold any number.
pub const SIGNATURES_MAX: u32 = 99;

impl SealFile {
    /// Nothing for any other path, which then belongs into the manifest.
    pub fn of(path: &str) -> Option<SealFile> {
        let name = path.strip_prefix("seal/")?;
        match name {
            "timestamp.tsq" => return Some(SealFile::Request),
            "timestamp.tsr" => return Some(SealFile::Reply),
            _ => {}
        }
        let numbered = |before: &str, after: &str| {
            let number: u32 = name.strip_prefix(before)?.strip_suffix(after)?.parse().ok()?;
            (1..=SIGNATURES_MAX).contains(&number).then_some(number)
        };
        let file = numbered("signature-", ".sig")
            .map(SealFile::Signature)
            .or_else(|| numbered("signer-", ".pub").map(SealFile::Signer))
            .or_else(|| numbered("statement-", ".dsse.json").map(SealFile::Statement))?;
        // One number has one name: `01` and `+1` are strangers.
        (file.path() == path).then_some(file)
    }

    pub fn path(self) -> String {
        match self {
            SealFile::Signature(number) => format!("seal/signature-{number}.sig"),
            SealFile::Signer(number) => format!("seal/signer-{number}.pub"),
            SealFile::Statement(number) => format!("seal/statement-{number}.dsse.json"),
            SealFile::Request => "seal/timestamp.tsq".to_owned(),
            SealFile::Reply => "seal/timestamp.tsr".to_owned(),
        }
    }
}

/// The numbers under which a pack is signed, in order.
pub fn signature_numbers(files: &SourceTree) -> Vec<u32> {
    let numbers: BTreeSet<u32> = files
        .iter()
        .filter_map(|(path, _)| match SealFile::of(path) {
            Some(SealFile::Signature(number) | SealFile::Signer(number) | SealFile::Statement(number)) => Some(number),
            Some(SealFile::Request | SealFile::Reply) | None => None,
        })
        .collect();
    numbers.into_iter().collect()
}

/// The leaves of the tree over a manifest: its lines without their ends.
pub fn manifest_leaves(manifest: &str) -> Vec<&[u8]> {
    manifest.lines().map(str::as_bytes).collect()
}

/// The Merkle root over the lines of a manifest, by which a single file is proved to belong to a pack.
pub fn files_root(manifest: &str) -> Digest {
    merkle_root(&manifest_leaves(manifest))
}

/// Adds the manifest. The pack's own digest is the digest of the manifest.
pub fn seal(mut files: BTreeMap<String, Vec<u8>>) -> (BTreeMap<String, Vec<u8>>, Digest) {
    let manifest: String = files.iter().map(|(path, bytes)| format!("{}  {path}\n", Digest::of(bytes))).collect();
    let digest = Digest::of(manifest.as_bytes());
    files.insert(MANIFEST.to_owned(), manifest.into_bytes());
    (files, digest)
}

/// One line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub number: usize,
    pub digest: Digest,
    pub path: String,
}

/// Reads a manifest; every line that cannot be read is named by its number and why.
pub fn read_manifest(text: &str) -> (Vec<Line>, Vec<(usize, String)>) {
    let (mut lines, mut broken) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        match line.split_once("  ").and_then(|(digest, path)| Some((Digest::parse(digest)?, path))) {
            Some((_, path)) if !is_plain(path) => broken.push((number, format!("`{path}` is not a plain path inside the pack"))),
            Some((digest, path)) => lines.push(Line { number, digest, path: path.to_owned() }),
            None => broken.push((number, "not a digest, two blanks and a path".to_owned())),
        }
    }
    (lines, broken)
}

/// A relative path that stays where it is on every system: no root, no drive, no `..`, no empty part, no control character.
pub fn is_plain(path: &str) -> bool {
    let has_drive = path.as_bytes().get(1) == Some(&b':');
    let is_clean = |c: char| !c.is_control() && c != '\\';
    !path.is_empty() && !has_drive && path.chars().all(is_clean) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Paths that differ in case only, which one file takes on some systems: each with the one before it.
pub fn collisions<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<(&'a str, &'a str)> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for path in paths {
        match seen.entry(path.to_lowercase()) {
            std::collections::btree_map::Entry::Vacant(place) => _ = place.insert(path),
            std::collections::btree_map::Entry::Occupied(place) => found.push((path, *place.get())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_lists_every_file_once_and_reads_back() {
        let files = BTreeMap::from([("b.txt".to_owned(), b"two".to_vec()), ("a/x.txt".to_owned(), b"one".to_vec())]);
        let (sealed, digest) = seal(files);
        let text = String::from_utf8(sealed[MANIFEST].clone()).unwrap();
        assert_eq!(digest, Digest::of(text.as_bytes()));
        let (lines, broken) = read_manifest(&text);
        assert!(broken.is_empty());
        assert_eq!(lines.iter().map(|line| line.path.as_str()).collect::<Vec<_>>(), ["a/x.txt", "b.txt"]);
        assert_eq!(lines[0].digest, Digest::of(b"one"));
    }

    #[test]
    fn only_the_stated_names_are_files_of_the_seal() {
        let files = [SealFile::Signature(1), SealFile::Signer(12), SealFile::Statement(99), SealFile::Request, SealFile::Reply];
        for file in files {
            assert_eq!(SealFile::of(&file.path()), Some(file));
        }
        for stray in [
            "seal/x",
            "seal/signature-0.sig",
            "seal/signature-01.sig",
            "seal/signature-+1.sig",
            "seal/signature-100.sig",
            "signature-1.sig",
        ] {
            assert_eq!(SealFile::of(stray), None, "{stray}");
        }
    }

    #[test]
    fn names_that_differ_in_case_only_collide() {
        assert_eq!(collisions(["A.csv", "a.csv", "b.csv"]), [("a.csv", "A.csv")]);
    }

    #[test]
    fn paths_that_leave_the_pack_are_refused() {
        let digest = Digest::of(b"");
        for path in ["../x", "/etc/passwd", "a/../b", "a//b", "a/./b", "", "a\tb", "c:/x", "a\\b"] {
            let (lines, broken) = read_manifest(&format!("{digest}  {path}\n"));
            assert!(lines.is_empty() && broken.len() == 1, "{path}");
        }
        assert_eq!(read_manifest("nonsense\n").1.len(), 1);
    }
}
