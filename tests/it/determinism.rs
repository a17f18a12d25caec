//! Same inputs, same bytes: another folder, zone, locale, thread count and file order change nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{assessed_from, quarter, sample};

fn read_all(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| (entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap()))
        .collect()
}

fn copy_tree(from: &Path, to: &Path, backwards: bool) {
    let mut entries: Vec<_> =
        walkdir::WalkDir::new(from).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file()).collect();
    if backwards {
        entries.reverse();
    }
    for entry in entries {
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(entry.path(), target).unwrap();
    }
}

#[test]
fn a_pack_is_the_same_bytes_wherever_and_however_it_is_made() {
    let place = tempfile::tempdir().unwrap();
    let elsewhere = place.path().join("another folder/with é blanks");
    copy_tree(&sample("2026-Q3"), &elsewhere, true);
    let run = |workspace: &Path, out: &Path, environment: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tickmark"));
        command.arg("pack").arg(workspace).arg("--out").arg(out).env_clear().envs(environment.iter().copied());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            told.lines().all(|line| line.starts_with("warning[") || line.starts_with("--> ") || line.is_empty()),
            "no progress in a pipe: {told}"
        );
        assert_eq!(told.matches("warning[").count(), 1, "the one overdue document of the sample: {told}");
    };
    let (one, two) = (place.path().join("one"), place.path().join("two"));
    run(&sample("2026-Q3"), &one, &[("TZ", "UTC"), ("LANG", "C"), ("RAYON_NUM_THREADS", "1")]);
    run(
        &elsewhere,
        &two,
        &[("TZ", "Pacific/Kiritimati"), ("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8"), ("RAYON_NUM_THREADS", "3"), ("HOSTNAME", "x")],
    );
    let (one, two) = (read_all(&one), read_all(&two));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(two[path] == *bytes, "{path} differs");
    }
    assert!(one.contains_key("report.pdf") && one.contains_key("index.html"));
}

#[test]
fn the_order_of_files_never_matters() {
    let (statements, mut files) = tickmark::io::read_workspace(&sample("2026-Q3")).unwrap();
    files.reverse();
    let backwards = assessed_from(&statements, &files);
    assert_eq!(backwards.assessment.root, quarter("2026-Q3").assessment.root);
    assert!(backwards.assessment == quarter("2026-Q3").assessment);
}
