//! The files of a pack, each read once: of each its digest, and the bytes of those that a check looks into.
//!
//! In: files in memory, or where they lie. Out: what the checks need of them. The large ones pass through a small buffer: taking fresh memory for
//! them would cost as much as their digest.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

use memchr::memmem::Finder;
use rayon::prelude::*;

use super::{NAMES, RECORD, content};
use crate::base::digest::Hasher;
use crate::base::{Content, Digest, FoundFile, SourceTree};
use crate::pack::{MANIFEST, PART, SealFile};

/// A file that nobody has read yet.
#[derive(Clone, Copy)]
pub(super) enum Unread<'a> {
    Held(&'a [u8]),
    Stored(&'a Content),
}

impl<'a> Unread<'a> {
    pub fn size(self) -> u64 {
        match self {
            Unread::Held(bytes) => bytes.len() as u64,
            Unread::Stored(content) => content.size(),
        }
    }

    pub fn bytes(self) -> Result<Cow<'a, [u8]>, String> {
        match self {
            Unread::Held(bytes) => Ok(Cow::Borrowed(bytes)),
            Unread::Stored(content) => content.bytes(),
        }
    }

    pub fn open(self) -> Result<Box<dyn Read + Send + 'a>, String> {
        match self {
            Unread::Held(bytes) => Ok(Box::new(bytes)),
            Unread::Stored(content) => content.open(),
        }
    }
}

/// What is there, by path.
pub(super) type Listed<'a> = BTreeMap<&'a str, Unread<'a>>;

pub(super) fn of_tree(files: &SourceTree) -> Listed<'_> {
    files.iter().map(|(path, bytes)| (path, Unread::Held(bytes))).collect()
}

/// What was found in a folder; the second are the paths that cannot be read, each with why.
pub(super) fn of_folder(found: &[FoundFile]) -> (Listed<'_>, Vec<(String, String)>) {
    let mut unreadable = Vec::new();
    let mut listed = Listed::new();
    for file in found {
        let refused = match &file.content {
            Ok(content) => listed.insert(&file.path, Unread::Stored(content)).map(|_| "another file has the same path".to_owned()),
            Err(reason) => Some(reason.clone()),
        };
        unreadable.extend(refused.map(|reason| (file.path.clone(), reason)));
    }
    (listed, unreadable)
}

/// Files by what is asked of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The record, which is read as it comes.
    Record,
    /// The checks hold its content against the record.
    LookedInto,
    /// It must show the root.
    Page,
    /// Nothing but its digest.
    Digested,
}

impl Part {
    pub fn of(path: &str) -> Part {
        // Reports on one framework each bear the root of the whole as well.
        let is_page = || path == "index.html" || path.starts_with(PART) && path.ends_with(".html");
        let is_looked_into = || [MANIFEST, NAMES].contains(&path) || content::is_held(path) || SealFile::of(path).is_some();
        match path {
            RECORD => Part::Record,
            _ if is_looked_into() => Part::LookedInto,
            _ if is_page() => Part::Page,
            _ => Part::Digested,
        }
    }
}

/// What was read of some files.
#[derive(Default)]
pub(super) struct ReadFiles {
    pub digests: BTreeMap<String, Digest>,
    /// Those that could not be read to their end, each with why.
    pub unreadable: Vec<(String, String)>,
    /// Pages that do not show what they must.
    pub silent: Vec<String>,
}

impl ReadFiles {
    pub fn add(&mut self, other: ReadFiles) {
        self.digests.extend(other.digests);
        self.unreadable.extend(other.unreadable);
        self.silent.extend(other.silent);
    }
}

/// The files that are looked into, and their digests. `whole` has them already.
pub(super) fn keep<'a>(files: &[(&str, Unread<'_>)], whole: Option<&'a SourceTree>) -> (Cow<'a, SourceTree>, ReadFiles) {
    if let Some(whole) = whole {
        return (Cow::Borrowed(whole), pass(files, None));
    }
    let read = |(path, file): &(&str, Unread<'_>)| {
        let bytes = file.bytes().map(|bytes| (Digest::of(&bytes), bytes.into_owned()));
        (path.to_string(), bytes)
    };
    let all: Vec<_> = files.par_iter().with_max_len(1).map(read).collect();
    let (mut kept, mut digested) = (SourceTree::default(), ReadFiles::default());
    for (path, read) in all {
        match read {
            Ok((digest, bytes)) => {
                kept.insert(path.clone(), bytes);
                digested.digests.insert(path, digest);
            }
            Err(reason) => digested.unreadable.push((path, reason)),
        }
    }
    (Cow::Owned(kept), digested)
}

/// Reads files to their end and keeps none. Those are silent that do not hold the text asked for.
pub(super) fn pass(files: &[(&str, Unread<'_>)], asked: Option<&str>) -> ReadFiles {
    let finder = asked.map(Finder::new);
    let read = |(path, file): &(&str, Unread<'_>)| match digested(*file, finder.as_ref()) {
        Ok((digest, is_silent)) => (path.to_string(), Ok(digest), is_silent),
        Err(reason) => (path.to_string(), Err(reason), false),
    };
    // One file at a time, so that whoever is done first takes the next.
    let all: Vec<_> = files.par_iter().with_max_len(1).map(read).collect();
    let mut passed = ReadFiles::default();
    for (path, digest, is_silent) in all {
        if is_silent {
            passed.silent.push(path.clone());
        }
        match digest {
            Ok(digest) => _ = passed.digests.insert(path, digest),
            Err(reason) => passed.unreadable.push((path, reason)),
        }
    }
    passed
}

/// So much of a page is looked through at a time.
const BUFFER_BYTES: usize = if cfg!(test) { 128 } else { 16 * 1024 };

/// The digest of a file, and whether it lacks the text asked for.
fn digested(file: Unread<'_>, asked: Option<&Finder<'_>>) -> Result<(Digest, bool), String> {
    match (file, asked) {
        (Unread::Held(bytes), asked) => Ok((Digest::of(bytes), asked.is_some_and(|asked| asked.find(bytes).is_none()))),
        (Unread::Stored(content), None) => Ok((content.digest()?.0, false)),
        (Unread::Stored(content), Some(asked)) => {
            let mut page = Tee::new(content.open()?);
            let read = holds(&mut page, asked).and_then(|holds| Ok((page.finish()?, !holds)));
            read.map_err(|error| format!("cannot be read: {error}"))
        }
    }
}

/// Reads until the text is found.
fn holds(source: &mut dyn Read, asked: &Finder<'_>) -> std::io::Result<bool> {
    let mut buffer = [0; BUFFER_BYTES];
    // It may lie across two pieces: so much of the one before stays in front.
    let overlap = asked.needle().len().saturating_sub(1).min(buffer.len() / 2);
    let mut front = 0;
    loop {
        let count = source.read(&mut buffer[front..])?;
        let end = front + count;
        if count == 0 || asked.find(&buffer[..end]).is_some() {
            return Ok(count != 0);
        }
        front = overlap.min(end);
        buffer.copy_within(end - front..end, 0);
    }
}

/// Takes the digest of what somebody else reads.
pub(super) struct Tee<'a> {
    source: Box<dyn Read + Send + 'a>,
    hasher: Hasher,
}

impl<'a> Tee<'a> {
    pub fn new(source: Box<dyn Read + Send + 'a>) -> Tee<'a> {
        Tee { source, hasher: Hasher::default() }
    }

    /// The digest of everything, whatever of it was read so far.
    pub fn finish(mut self) -> std::io::Result<Digest> {
        std::io::copy(&mut self, &mut std::io::sink())?;
        Ok(self.hasher.finish())
    }
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives few bytes at a time.
    struct Slow(Vec<u8>, usize);

    impl crate::base::Source for Slow {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }

        fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>> {
            struct Few<'a>(&'a [u8], usize);
            impl Read for Few<'_> {
                fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                    let count = self.1.min(buffer.len());
                    (&mut self.0).read(&mut buffer[..count])
                }
            }
            Ok(Box::new(Few(&self.0, self.1)))
        }
    }

    proptest! {
        #[test]
        fn a_text_is_found_wherever_it_lies_and_every_byte_is_digested(before in 0..700usize, after in 0..300usize, step in 1..200usize, missing: bool) {
            let root = Digest::of(b"root");
            let shown = if missing { &root.as_str()[1..] } else { root.as_str() };
            let page = format!("{}{shown}{}", "x".repeat(before), "y".repeat(after)).into_bytes();
            let content = Content::new(Slow(page.clone(), step));
            let read = pass(&[("index.html", Unread::Stored(&content))], Some(root.as_str()));
            prop_assert_eq!(&read.digests["index.html"], &Digest::of(&page));
            prop_assert_eq!(read.silent.is_empty(), !missing);
            let mut tee = Tee::new(content.open().unwrap());
            tee.read_exact(&mut vec![0; before]).unwrap();
            prop_assert_eq!(tee.finish().unwrap(), Digest::of(&page));
        }
    }
}
