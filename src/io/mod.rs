//! The one door to the file system: reads workspaces, controls and packs, writes packs whole or not at all.
//!
//! Everything else in the library works on values. Only `cli` calls this module.

mod write;

use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use rayon::prelude::*;

use crate::base::{Content, FoundFile, Source, SourceTree};
use crate::pipeline::workspace::{BESIDE, NOTE, WORKSPACE_FILES};

pub use write::{write_file, write_file_by, write_folder};

static CONTROLS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/controls");
static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Why a file or folder could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    #[error("cannot read `{path}`")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write `{path}`")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("`{path}` is not a folder")]
    NotAFolder { path: PathBuf },
    #[error("`{path}` exists already")]
    Exists { path: PathBuf },
}

/// The controls built into the binary.
pub fn embedded_controls() -> SourceTree {
    embedded(&CONTROLS)
}

/// The templates built into the binary.
pub fn embedded_templates() -> SourceTree {
    embedded(&TEMPLATES)
}

fn embedded(dir: &Dir<'static>) -> SourceTree {
    let mut tree = SourceTree::default();
    let mut waiting = vec![dir];
    while let Some(folder) = waiting.pop() {
        for file in folder.files() {
            tree.insert(file.path().to_string_lossy().replace('\\', "/"), file.contents());
        }
        waiting.extend(folder.dirs());
    }
    tree
}

/// Every regular file of a folder, for controls, templates and packs. Links are not followed.
pub fn read_tree(folder: &Path) -> Result<SourceTree, IoError> {
    let mut tree = SourceTree::default();
    for found in read_folder(folder)? {
        match found.content.and_then(|content| content.bytes().map(Cow::into_owned)) {
            Ok(bytes) => tree.insert(found.path, bytes),
            Err(reason) => {
                return Err(IoError::Read { path: folder.join(found.path), source: std::io::Error::other(reason) });
            }
        }
    }
    Ok(tree)
}

/// A workspace: its statements apart from its evidence.
pub fn read_workspace(folder: &Path) -> Result<(SourceTree, Vec<FoundFile>), IoError> {
    let mut statements = SourceTree::default();
    let mut evidence = Vec::new();
    for found in read_folder(folder)? {
        let is_statement = WORKSPACE_FILES.contains(&found.path.as_str()) || found.path.ends_with(BESIDE) || found.path.ends_with(NOTE);
        let statement = found.content.as_ref().ok().filter(|_| is_statement).map(Content::bytes);
        match statement {
            Some(Ok(bytes)) => statements.insert(found.path, bytes.into_owned()),
            Some(Err(reason)) => evidence.push(FoundFile { path: found.path, content: Err(reason) }),
            None => evidence.push(found),
        }
    }
    Ok((statements, evidence))
}

/// One file, opened when its bytes are asked for.
pub fn content_of(path: &Path) -> Result<Content, IoError> {
    on_disk(path).map_err(|reason| IoError::Read { path: path.to_owned(), source: std::io::Error::other(reason) })
}

/// Everything below a folder, of which files of up to so many bytes together can be read.
pub fn read_folder_within(folder: &Path, bytes_max: u64) -> Result<Vec<FoundFile>, IoError> {
    let mut left = bytes_max;
    let mut listed = read_folder(folder)?;
    for found in &mut listed {
        let size = found.content.as_ref().map_or(0, Content::size);
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None => found.content = Err(format!("with it there are more than {bytes_max} bytes together")),
        }
    }
    Ok(listed)
}

/// Every plain file below a folder, up to so many bytes together, and what is there besides, each with the reason.
pub fn read_tree_within(folder: &Path, bytes_max: u64) -> Result<(SourceTree, Vec<(String, String)>), IoError> {
    let listed = read_folder_within(folder, bytes_max)?;
    let read = |found: FoundFile| (found.path, found.content.and_then(|content| content.bytes().map(Cow::into_owned)));
    let all: Vec<(String, Result<Vec<u8>, String>)> = listed.into_par_iter().with_max_len(1).map(read).collect();
    let (mut files, mut unreadable) = (SourceTree::default(), Vec::new());
    for (path, bytes) in all {
        match bytes {
            Ok(bytes) => files.insert(path, bytes),
            Err(reason) => unreadable.push((path, reason)),
        }
    }
    Ok((files, unreadable))
}

/// The bytes of one file of at most so many bytes.
pub fn read_one_within(path: &Path, bytes_max: u64) -> Result<Vec<u8>, IoError> {
    let failed = |source| IoError::Read { path: path.to_owned(), source };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > bytes_max {
        return Err(failed(std::io::Error::other(format!("it has {length} bytes; at most {bytes_max} are read"))));
    }
    std::fs::read(path).map_err(failed)
}

/// The bytes of one file.
pub fn read_one(path: &Path) -> Result<Vec<u8>, IoError> {
    std::fs::read(path).map_err(|source| IoError::Read { path: path.to_owned(), source })
}

/// One file, read as its bytes are asked for.
pub fn open_one(path: &Path) -> Result<std::fs::File, IoError> {
    std::fs::File::open(path).map_err(|source| IoError::Read { path: path.to_owned(), source })
}

/// The paths of the plain files at most so many levels below a folder, in order. Links are not followed.
pub fn list_below(folder: &Path, levels: usize) -> Result<Vec<PathBuf>, IoError> {
    if !folder.is_dir() {
        return Err(IoError::NotAFolder { path: folder.to_owned() });
    }
    let walk = walkdir::WalkDir::new(folder).max_depth(levels).follow_links(false).sort_by_file_name();
    let files = walk.into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    Ok(files.map(walkdir::DirEntry::into_path).collect())
}

/// Everything below a folder, sorted by path; what cannot be read is listed with the reason.
pub fn read_folder(folder: &Path) -> Result<Vec<FoundFile>, IoError> {
    if !folder.is_dir() {
        return Err(match folder.symlink_metadata() {
            Ok(_) => IoError::NotAFolder { path: folder.to_owned() },
            Err(source) => IoError::Read { path: folder.to_owned(), source },
        });
    }
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).follow_links(false).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().map_or_else(|| folder.to_owned(), Path::to_owned);
                found.push(FoundFile { path: relative(folder, &path).0, content: Err(format!("cannot be read: {error}")) });
                continue;
            }
        };
        if entry.file_type().is_dir() {
            continue;
        }
        let (path, flaw) = relative(folder, entry.path());
        let content = if let Some(flaw) = flaw {
            Err(flaw.to_owned())
        } else if entry.file_type().is_symlink() {
            Err("it is a link, and links are not followed".to_owned())
        } else if !entry.file_type().is_file() {
            Err("it is not a regular file".to_owned())
        } else {
            on_disk(entry.path())
        };
        found.push(FoundFile { path, content });
    }
    found.sort_by(|one, two| one.path.cmp(&two.path));
    Ok(found)
}

/// A file of a folder, opened when its bytes are asked for.
struct OnDisk {
    path: PathBuf,
    size: u64,
}

impl Source for OnDisk {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(std::fs::File::open(&self.path)?))
    }
}

/// Opened once here, so that a file without permission is told when the folder is listed.
fn on_disk(path: &Path) -> Result<Content, String> {
    let size = std::fs::File::open(path).and_then(|file| file.metadata()).map_err(|error| format!("cannot be read: {error}"))?.len();
    Ok(Content::new(OnDisk { path: path.to_owned(), size }))
}

/// The path below the folder with slashes, and why it cannot stand for the file.
fn relative(folder: &Path, path: &Path) -> (String, Option<&'static str>) {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(std::ffi::OsStr::to_string_lossy).collect();
    let flaw = if below.to_str().is_none() {
        Some("its name is not UTF-8 text")
    } else if parts.iter().any(|part| part.contains('\\')) {
        // Read as an edge between folders, it would be the file of another path.
        Some("its name holds a backslash, which divides folders on other systems")
    } else {
        None
    };
    (parts.join("/"), flaw)
}
