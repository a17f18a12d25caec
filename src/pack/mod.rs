//! The sealed folder: a manifest in the form that `sha256sum -c` reads, over every other file.
//!
//! In: files by relative path. Out: the same files with the manifest. Does not know what it packs.

use std::collections::BTreeMap;

use crate::base::Digest;

/// The manifest's name; it lists every file but itself.
pub const MANIFEST: &str = "SHA256SUMS";

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

/// A relative path that stays where it is: no root, no `..`, no empty part, no control character.
fn is_plain(path: &str) -> bool {
    !path.is_empty() && !path.chars().any(char::is_control) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
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
    fn paths_that_leave_the_pack_are_refused() {
        let digest = Digest::of(b"");
        for path in ["../x", "/etc/passwd", "a/../b", "a//b", "a/./b", "", "a\tb"] {
            let (lines, broken) = read_manifest(&format!("{digest}  {path}\n"));
            assert!(lines.is_empty() && broken.len() == 1, "{path}");
        }
        assert_eq!(read_manifest("nonsense\n").1.len(), 1);
    }
}
