//! Writes under a temporary name and renames: an interrupted run leaves nothing that looks like a pack.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::IoError;

/// Writes a folder of files. An existing folder is only replaced when `replace` says so.
pub fn write_folder(target: &Path, files: &BTreeMap<String, Vec<u8>>, replace: bool) -> Result<(), IoError> {
    if target.symlink_metadata().is_ok() && !replace {
        return Err(IoError::Exists { path: target.to_owned() });
    }
    let parent = parent_of(target);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| IoError::Write { path, source }
    };
    std::fs::create_dir_all(&parent).map_err(failed(&parent))?;
    let temporary = tempfile::Builder::new().prefix(".tickmark-").tempdir_in(&parent).map_err(failed(&parent))?;
    let staged = temporary.path().join("pack");
    for (path, bytes) in files {
        let to = staged.join(path);
        let folder = to.parent().unwrap_or(&staged);
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        std::fs::write(&to, bytes).map_err(failed(&to))?;
    }
    if replace && target.symlink_metadata().is_ok() {
        // The old folder moves aside first, so that at no time a half of each is in place.
        let aside = temporary.path().join("replaced");
        std::fs::rename(target, &aside).map_err(failed(target))?;
    }
    std::fs::rename(&staged, target).map_err(failed(target))
}

/// Writes one file whole.
pub fn write_file(target: &Path, bytes: &[u8]) -> Result<(), IoError> {
    write_file_by(target, |out| out.write_all(bytes))
}

/// The same for bytes that are made while they are written, and never held as a whole.
pub fn write_file_by(target: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), IoError> {
    let parent = parent_of(target);
    let failed = |source| IoError::Write { path: target.to_owned(), source };
    std::fs::create_dir_all(&parent).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    // As any other new file: what a pipeline hands on, another account may read, as far as the mask of the process lets it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.tempfile_in(&parent).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 20, temporary.as_file_mut());
    write(&mut out).and_then(|()| out.flush()).map_err(failed)?;
    drop(out);
    temporary.persist(target).map(drop).map_err(|error| failed(error.error))
}

fn parent_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
