//! A folder in which tables and small files outlive a run, so that a later run need not make them again.
//!
//! An entry has a key, which its user derives from everything that it was made from. It is written under another name and renamed when
//! it is whole. It is taken only when every file in it has the digest that its index states, and the index its own; else it is removed.
//! Nothing is lost with the folder but time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::error::DataFusionError;
use rayon::prelude::*;

use super::spill::{SpillWriter, Spilled};
use super::{Engine, StreamError, convert};
use crate::base::digest::Hasher;
use crate::base::{Digest, Table};

const INDEX: &str = "index";
/// So many bytes are hashed at a time.
const HASHED_BYTES: usize = 256 * 1024;

/// The folder.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

/// A whole entry whose digests hold.
#[derive(Debug)]
pub struct Entry {
    folder: PathBuf,
}

/// An entry that is being made; removed unless it is finished.
pub struct Draft {
    folder: tempfile::TempDir,
    target: PathBuf,
}

/// A table of an entry on its way to disk.
pub struct TableWriter(SpillWriter);

impl Shelf {
    /// Opens the folder, and makes it where it is not there; on Unix nobody else may look into a new one.
    pub fn open(folder: &Path) -> io::Result<Shelf> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        Ok(Shelf { folder: folder.to_owned() })
    }

    /// The entry with this key; nothing where there is none, or where one of its digests does not hold.
    pub fn entry(&self, key: &Digest) -> Option<Entry> {
        let folder = self.folder.join(key.as_str());
        if !folder.is_dir() {
            return None;
        }
        if holds(&folder) {
            return Some(Entry { folder });
        }
        // What is damaged would stand in the way of a new entry.
        let _ = fs::remove_dir_all(&folder);
        None
    }

    /// Keeps one small file as an entry. A folder that is full or gone costs time in the next run, and nothing else.
    pub fn keep_file(&self, key: &Digest, name: &str, bytes: &[u8]) {
        if let Some(draft) = self.begin(key)
            && draft.put(name, bytes).is_ok()
        {
            let _ = draft.finish();
        }
    }

    /// Begins an entry. Nothing where the folder cannot be written to: keeping is a favour, never a duty.
    pub fn begin(&self, key: &Digest) -> Option<Draft> {
        let folder = tempfile::Builder::new().prefix("draft-").tempdir_in(&self.folder).ok()?;
        Some(Draft { folder, target: self.folder.join(key.as_str()) })
    }
}

impl Entry {
    /// The bytes of a small file.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.join(name)).ok()
    }

    /// Hands over a table part by part, in its order. False where there is none or it cannot be read.
    pub fn scan(&self, name: &str, mut each: impl FnMut(Table)) -> bool {
        let Ok(spilled) = Spilled::open(&self.folder.join(table_file(name))) else { return false };
        let Ok(batches) = spilled.batches() else { return false };
        for batch in batches {
            match batch.map_err(StreamError::Engine).and_then(|batch| convert::from_batch(&batch).map_err(StreamError::Column)) {
                Ok(part) => each(part),
                Err(_) => return false,
            }
        }
        true
    }

    /// Makes a table available to queries, which read from the entry what they ask for. False where it cannot.
    pub fn load(&self, name: &str, engine: &Engine) -> bool {
        let Ok(spilled) = Spilled::open(&self.folder.join(table_file(name))) else { return false };
        engine.put(name, Arc::new(spilled));
        true
    }
}

impl Draft {
    pub fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fs::write(self.folder.path().join(name), bytes)
    }

    /// Begins a table with the columns of `empty`.
    pub fn table(&self, name: &str, empty: &Table) -> Option<TableWriter> {
        let schema = convert::to_batch(empty).schema();
        SpillWriter::create(self.folder.path().join(table_file(name)), schema).ok().map(TableWriter)
    }

    /// Keeps a table of an engine. False where there is none, or no room for it.
    pub fn keep(&self, name: &str, engine: &Engine) -> bool {
        let target = self.folder.path().join(table_file(name));
        if let Some(spilled) = engine.spilled_file(name) {
            return fs::hard_link(&spilled, &target).is_ok() || fs::copy(&spilled, &target).is_ok();
        }
        let mut writer: Option<TableWriter> = None;
        let mut kept = true;
        let found = engine.scan(name, |part| {
            if writer.is_none() {
                writer = self.table(name, &part);
            }
            kept = kept && writer.as_mut().is_some_and(|writer| writer.add(&part));
        });
        found && kept && writer.is_some_and(TableWriter::finish)
    }

    /// Makes the entry available under its key. Another run may have been first: then that one's stays.
    pub fn finish(self) -> io::Result<()> {
        let mut index = String::new();
        for (name, digest) in digests(self.folder.path())? {
            index.push_str(&format!("{digest}  {name}\n"));
        }
        let index = format!("{}\n{index}", Digest::of(index.as_bytes()));
        fs::write(self.folder.path().join(INDEX), index)?;
        if !self.target.exists() {
            fs::rename(self.folder.path(), &self.target)?;
        }
        Ok(())
    }
}

impl TableWriter {
    pub fn add(&mut self, part: &Table) -> bool {
        self.0.write(&convert::to_batch(part)).is_ok()
    }

    pub fn finish(self) -> bool {
        self.0.finish().is_ok()
    }
}

fn table_file(name: &str) -> String {
    format!("{name}.parquet")
}

/// Whether every file has the digest that the index states, and there is no other.
fn holds(folder: &Path) -> bool {
    let Ok(index) = fs::read_to_string(folder.join(INDEX)) else { return false };
    let Some((own, rest)) = index.split_once('\n') else { return false };
    if Digest::of(rest.as_bytes()).as_str() != own {
        return false;
    }
    let stated: BTreeMap<&str, &str> = rest.lines().filter_map(|line| line.split_once("  ")).map(|(digest, name)| (name, digest)).collect();
    digests(folder).is_ok_and(|found| {
        found.len() == stated.len() && found.iter().all(|(name, digest)| stated.get(name.as_str()) == Some(&digest.as_str()))
    })
}

/// The digests of the files of an entry, by name; the index is left out.
fn digests(folder: &Path) -> io::Result<BTreeMap<String, Digest>> {
    let mut names = Vec::new();
    for file in fs::read_dir(folder)? {
        let name = file?.file_name().to_string_lossy().into_owned();
        if name != INDEX {
            names.push(name);
        }
    }
    let each = |name: String| digest(&folder.join(&name)).map(|digest| (name, digest));
    names.into_par_iter().with_max_len(1).map(each).collect()
}

fn digest(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; HASHED_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            count => hasher.update(&buffer[..count]),
        }
    }
}

impl Spilled {
    fn open(path: &Path) -> Result<Spilled, DataFusionError> {
        Spilled::at(path.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::table::Column;

    fn table(rows: i64) -> Table {
        Table::new(vec![
            ("id".into(), Column::Text((0..rows).map(|row| (row % 3 != 0).then(|| format!("i{row}"))).collect())),
            ("at".into(), Column::Instant((0..rows).map(Some).collect())),
            ("yes".into(), Column::Boolean((0..rows).map(|row| Some(row % 2 == 0)).collect())),
        ])
    }

    fn kept(folder: &Path, rows: i64) -> (Shelf, Digest) {
        let (shelf, key) = (Shelf::open(folder).unwrap(), Digest::of(b"key"));
        let engine = Engine::new();
        engine.load("t", &table(rows));
        let draft = shelf.begin(&key).unwrap();
        assert!(draft.keep("t", &engine));
        draft.put("note", b"a note").unwrap();
        draft.finish().unwrap();
        (shelf, key)
    }

    #[test]
    fn an_entry_gives_back_what_was_kept() {
        for rows in [0, 1, 20_000] {
            let folder = tempfile::tempdir().unwrap();
            let (shelf, key) = kept(folder.path(), rows);
            let entry = shelf.entry(&key).unwrap();
            assert_eq!(entry.bytes("note").unwrap(), b"a note");
            let engine = Engine::new();
            assert!(entry.load("t", &engine));
            assert_eq!(engine.table("t").unwrap(), table(rows), "{rows}");
            assert!(shelf.entry(&Digest::of(b"another")).is_none());
        }
    }

    #[test]
    fn a_flipped_byte_anywhere_makes_an_entry_worthless_and_room_for_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["t.parquet", "note", INDEX] {
            let (shelf, key) = kept(folder.path(), 10);
            let file = folder.path().join(key.as_str()).join(name);
            let mut bytes = fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&file, bytes).unwrap();
            assert!(shelf.entry(&key).is_none(), "{name}");
            assert!(!folder.path().join(key.as_str()).exists(), "{name}");
        }
        let (shelf, key) = kept(folder.path(), 10);
        fs::write(folder.path().join(key.as_str()).join("more"), "x").unwrap();
        assert!(shelf.entry(&key).is_none(), "a file that the index does not name");
    }

    #[test]
    fn an_entry_that_was_not_finished_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(folder.path()).unwrap();
        let draft = shelf.begin(&Digest::of(b"key")).unwrap();
        draft.put("note", b"half").unwrap();
        drop(draft);
        assert!(shelf.entry(&Digest::of(b"key")).is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
