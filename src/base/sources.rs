//! A set of text or binary files held in memory, keyed by their slash-separated relative path.
//!
//! The loaders read from here and never from a disk, so the same code serves the controls that are built into the binary,
//! a user's own folder, and a test.

use std::collections::BTreeMap;

/// Files by relative path. The order is the order of the paths, whatever order they were read in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl SourceTree {
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }

    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// The file as text, or nothing where it is missing or not UTF-8.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The paths below `folder` that end in `/name`, sorted.
    pub fn named<'a>(&'a self, folder: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.files.keys().map(String::as_str).filter(move |path| {
            path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')) && path.rsplit('/').next() == Some(name)
        })
    }

    /// Lays `over` on top: a file of the same path replaces the one below it.
    pub fn overlay(&mut self, over: SourceTree) {
        self.files.extend(over.files);
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
