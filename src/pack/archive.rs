//! A pack as one ZIP file: the same files give the same bytes, and a hostile archive is refused before it is unpacked.
//!
//! In: files, or the bytes of an archive. Out: the bytes, or the files. Touches no disk, so nothing is ever written where a name points.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

use super::{MANIFEST, collisions, is_plain};
use crate::base::SourceTree;

/// What an archive may hold at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub entries: usize,
    /// All files together, unpacked.
    pub bytes: u64,
    /// Unpacked against packed, once the files are larger than `ratio_from` together.
    pub ratio: u64,
    pub ratio_from: u64,
}

/// Twice what the largest pack needs that fits into memory with its reports.
pub const LIMITS: Limits = Limits { entries: 200_000, bytes: 4 * 1024 * 1024 * 1024, ratio: 200, ratio_from: 64 * 1024 * 1024 };

/// The type of a file in the upper bits of its Unix mode.
const TYPE_MASK: u32 = 0o170_000;
const TYPE_REGULAR: u32 = 0o100_000;
const TYPE_FOLDER: u32 = 0o040_000;

/// Writes an archive: files in the order of their paths, one date, one mode, no folders, no owner.
///
/// # Panics
/// Never: writing to memory cannot fail, and paths are unique.
pub fn write(files: &SourceTree) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files.iter() {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(6))
            .last_modified_time(DateTime::DEFAULT)
            .unix_permissions(0o644)
            .large_file(bytes.len() as u64 >= u64::from(u32::MAX))
            .system(System::Unix);
        writer.start_file(path, options).expect("paths are unique");
        writer.write_all(bytes).expect("writing to memory cannot fail");
    }
    writer.finish().expect("writing to memory cannot fail").into_inner()
}

/// Reads an archive whole, or refuses it whole: then every reason is told, each with the entry concerned.
///
/// Where everything lies in one folder, as `zip -r` puts it, that folder is taken off.
pub fn read(bytes: &[u8], limits: Limits) -> Result<SourceTree, Vec<(String, String)>> {
    let alone = |what: &str, reason: String| vec![(what.to_owned(), reason)];
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| alone("archive", format!("it is no ZIP archive: {error}")))?;
    let listed = listed_names(bytes, archive.central_directory_start()).map_err(|reason| alone("archive", reason))?;
    if listed.len() > limits.entries {
        return Err(alone("archive", format!("it has {} entries; at most {} are read", listed.len(), limits.entries)));
    }
    let mut problems = name_problems(&listed);
    if listed.len() != archive.len() && problems.is_empty() {
        problems.push(("archive".to_owned(), "its directory is not the one that its end tells of".to_owned()));
    }
    problems.extend(entry_problems(&mut archive, limits));
    if !problems.is_empty() {
        problems.sort();
        problems.dedup();
        return Err(problems);
    }
    unpack(&mut archive, bytes.len() as u64, limits).map(without_common_folder)
}

/// The names in the central directory as they stand there: a library that keys entries by name would hide the second of two.
fn listed_names(bytes: &[u8], start: u64) -> Result<Vec<String>, String> {
    const HEADER: &[u8] = b"PK\x01\x02";
    const FIXED: usize = 46;
    let mut rest = usize::try_from(start).ok().and_then(|start| bytes.get(start..)).ok_or("its directory is not inside it")?;
    let mut names = Vec::new();
    while rest.starts_with(HEADER) {
        let fixed = rest.get(..FIXED).ok_or("its directory is cut off")?;
        let length = |at: usize| usize::from(u16::from_le_bytes([fixed[at], fixed[at + 1]]));
        let name = rest.get(FIXED..FIXED + length(28)).ok_or("its directory is cut off")?;
        names.push(String::from_utf8(name.to_vec()).map_err(|_| format!("the name `{}` is not UTF-8 text", name.escape_ascii()))?);
        rest = rest.get(FIXED + length(28) + length(30) + length(32)..).ok_or("its directory is cut off")?;
    }
    Ok(names)
}

fn name_problems(names: &[String]) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            problems.push((name.clone(), "stands in the archive twice".to_owned()));
        }
        if !is_plain(name.strip_suffix('/').unwrap_or(name)) {
            problems.push((name.clone(), "is not a plain path inside the pack".to_owned()));
        }
    }
    let unique = seen.iter().map(|name| name.as_str());
    problems.extend(
        collisions(unique).into_iter().map(|(name, other)| (name.to_owned(), format!("is `{other}` on a system that ignores case"))),
    );
    problems
}

fn entry_problems(archive: &mut ZipArchive<Cursor<&[u8]>>, limits: Limits) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let entry = match archive.by_index_raw(index) {
            Ok(entry) => entry,
            Err(error) => {
                problems.push((format!("entry {index}"), error.to_string()));
                continue;
            }
        };
        let mut add = |reason: &str| problems.push((shown(entry.name_raw()), reason.to_owned()));
        let kind = entry.unix_mode().unwrap_or_default() & TYPE_MASK;
        let is_plain = matches!(kind, 0 | TYPE_REGULAR) || (kind == TYPE_FOLDER && entry.is_dir());
        if !is_plain {
            add("is a link or a device, not a file");
        }
        if entry.encrypted() {
            add("is encrypted");
        }
        if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            add("is compressed in a way that is not read");
        }
        total = total.saturating_add(entry.size());
    }
    if total > limits.bytes {
        problems.push(("archive".to_owned(), format!("it says to hold {total} bytes; at most {} are read", limits.bytes)));
    }
    problems
}

/// Unpacks, counting what really comes out: what an entry says of its size is only a word.
fn unpack(archive: &mut ZipArchive<Cursor<&[u8]>>, packed: u64, limits: Limits) -> Result<SourceTree, Vec<(String, String)>> {
    let most = limits.bytes.min(limits.ratio_from.max(packed.saturating_mul(limits.ratio)));
    let mut left = most;
    let mut files = SourceTree::default();
    for index in 0..archive.len() {
        let failed = |name: String, reason: String| vec![(name, reason)];
        let entry = archive.by_index(index).map_err(|error| failed(format!("entry {index}"), error.to_string()))?;
        if entry.is_dir() {
            continue;
        }
        let name = shown(entry.name_raw());
        let mut content = Vec::new();
        let mut bounded = entry.take(left + 1);
        bounded.read_to_end(&mut content).map_err(|error| failed(name.clone(), format!("cannot be unpacked: {error}")))?;
        left = left
            .checked_sub(content.len() as u64)
            .ok_or_else(|| failed(name.clone(), format!("more than {most} bytes come out of {packed}: it is refused as a bomb")))?;
        files.insert(name, content);
    }
    Ok(files)
}

/// The name as the directory has it, which is known to be text by then.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn without_common_folder(files: SourceTree) -> SourceTree {
    if files.get(MANIFEST).is_some() {
        return files;
    }
    let folder = files.iter().next().and_then(|(path, _)| path.split_once('/')).map(|(folder, _)| format!("{folder}/"));
    let Some(folder) = folder.filter(|folder| files.iter().all(|(path, _)| path.starts_with(folder.as_str()))) else { return files };
    let mut inner = SourceTree::default();
    for (path, bytes) in files.iter() {
        inner.insert(&path[folder.len()..], bytes);
    }
    inner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &[u8])]) -> SourceTree {
        let mut tree = SourceTree::default();
        files.iter().for_each(|(path, bytes)| tree.insert(*path, *bytes));
        tree
    }

    #[test]
    fn an_archive_reads_back_and_has_one_form() {
        let files = tree(&[("SHA256SUMS", b"x"), ("a/b.txt", &[7; 10_000]), ("empty", b"")]);
        let bytes = write(&files);
        assert_eq!(write(&files), bytes);
        assert_eq!(read(&bytes, LIMITS).unwrap(), files);
        assert!(bytes.len() < 1000, "it is compressed");
    }

    #[test]
    fn one_folder_around_everything_is_taken_off() {
        let wrapped = write(&tree(&[("pack/SHA256SUMS", b"x"), ("pack/a.txt", b"y")]));
        assert_eq!(read(&wrapped, LIMITS).unwrap(), tree(&[("SHA256SUMS", b"x"), ("a.txt", b"y")]));
    }

    #[test]
    fn bombs_are_refused_by_what_comes_out() {
        let small = Limits { entries: 3, bytes: 100_000, ratio: 10, ratio_from: 1000 };
        let bomb = write(&tree(&[("a", &[0; 50_000])]));
        assert!(read(&bomb, small).unwrap_err()[0].1.contains("bomb"));
        let large = write(&tree(&[("a", &[0; 100_001])]));
        assert!(read(&large, small).unwrap_err()[0].1.contains("at most 100000"));
        let many = write(&tree(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")]));
        assert!(read(&many, small).unwrap_err()[0].1.contains("4 entries"));
        // The same bomb that lies about its size.
        let mut lying = bomb;
        let size = 50_000_u32.to_le_bytes();
        while let Some(at) = lying.windows(4).position(|four| four == size) {
            lying[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
        assert!(read(&lying, small).is_err());
    }
}
