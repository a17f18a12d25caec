//! The cache of `tickmark assess`: it changes no byte, spares what is unchanged, and is never trusted without its digests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{quarter, sample};

struct Run {
    told: Vec<u8>,
    /// What `--timings` shows.
    stages: String,
}

fn assess(folder: &Path, cache: Option<&Path>) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickmark"));
    command.args(["assess", "--format", "json", "--timings"]).arg(folder);
    if let Some(cache) = cache {
        command.arg("--cache").arg(cache);
    }
    let output = command.output().unwrap();
    let stages = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stages}");
    Run { told: output.stdout, stages }
}

fn copied_sample(place: &Path) -> PathBuf {
    let copy = place.join("workspace");
    for entry in walkdir::WalkDir::new(sample("2026-Q3")).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file()) {
        let target = copy.join(entry.path().strip_prefix(sample("2026-Q3")).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(entry.path(), target).unwrap();
    }
    copy
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    files.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

#[test]
fn a_cache_changes_no_byte_and_a_changed_parameter_reads_no_evidence() {
    let place = tempfile::tempdir().unwrap();
    let (folder, cache) = (copied_sample(place.path()), place.path().join("cache"));
    let plain = assess(&folder, None);
    let cold = assess(&folder, Some(&cache));
    let warm = assess(&folder, Some(&cache));
    assert!(plain.told == cold.told && plain.told == warm.told, "the cache shows");
    assert!(cold.stages.contains("reading the evidence") && cold.stages.contains("making the table lifecycle"), "{}", cold.stages);
    assert_eq!(cold.stages.matches("writing").count(), 2, "the dossiers, and the record: {}", cold.stages);
    for stage in ["reading the evidence", "making the table"] {
        assert!(!warm.stages.contains(stage), "{}", warm.stages);
    }
    let entries = fs::read_dir(&cache).unwrap().count();
    let statement = folder.join("tickmark.yaml");
    let changed = fs::read_to_string(&statement).unwrap()
        + "parameters:\n  - {objective: credential-rotation, parameter: age_days_max, value: 17, reason: To see what changes.}\n";
    fs::write(&statement, changed).unwrap();
    let judged_anew = assess(&folder, Some(&cache));
    assert!(!judged_anew.stages.contains("reading the evidence"), "{}", judged_anew.stages);
    assert_eq!(fs::read_dir(&cache).unwrap().count(), entries + 1, "one check has another parameter, and one list is new");
    assert!(judged_anew.told != plain.told, "the parameter is in force");
    assert!(judged_anew.told == assess(&folder, None).told, "and judged as without a cache");
}

/// The text of an assessment: alone, for which no list is made, or beside a record.
fn told(folder: &Path, place: &Path, beside_a_record: bool, cache: Option<&Path>, more: &[&str]) -> (String, Option<i32>) {
    let (text, record) = (place.join("told.txt"), place.join("told.json"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickmark"));
    command.arg("assess").arg(folder).args(["--format", "text"]).arg("--out").arg(&text).args(more);
    if beside_a_record {
        command.args(["--format", "json", "--out"]).arg(&record);
    }
    if let Some(cache) = cache {
        command.arg("--cache").arg(cache);
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(text.is_file(), "{stderr}");
    (fs::read_to_string(&text).unwrap() + &stderr, output.status.code())
}

#[test]
fn verdicts_alone_are_those_of_the_record_with_and_without_a_cache() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let (folder, cache) = (copied_sample(at), at.join("cache"));
    let statement = folder.join("tickmark.yaml");
    let stated = fs::read_to_string(&statement).unwrap();
    let parameter = "parameters:\n  - {objective: credential-rotation, parameter: age_days_max, value: 17, reason: To see what changes.}\n";
    let gates: [&[&str]; 3] = [&[], &["--fail-on", "not-satisfied"], &["--framework", "pci-dss@4.0.1", "--fail-on", "not-assessed"]];
    let plain: Vec<_> = gates.iter().map(|gate| told(&folder, at, false, None, gate)).collect();
    for (gate, plain) in gates.iter().zip(&plain) {
        assert_eq!(told(&folder, at, true, None, gate), *plain);
    }
    for what in ["cold", "warm"] {
        assert_eq!(told(&folder, at, false, Some(&cache), gates[1]), plain[1], "{what}");
    }
    fs::write(&statement, stated + parameter).unwrap();
    let changed = told(&folder, at, false, Some(&cache), gates[1]);
    assert_eq!(changed, told(&folder, at, true, None, gates[1]));
    assert_eq!(plain.iter().chain([&changed]).collect::<BTreeSet<_>>().len(), 4, "the gates and the parameter show");
    let before = sample("2026-Q2");
    assert_eq!(told(&before, at, false, None, &[]), told(&before, at, true, None, &[]));
}

#[test]
fn a_damaged_cache_is_not_trusted_and_is_made_anew() {
    let place = tempfile::tempdir().unwrap();
    let (folder, cache) = (copied_sample(place.path()), place.path().join("cache"));
    let cold = assess(&folder, Some(&cache));
    let verdicts = told(&folder, place.path(), false, Some(&cache), &[]);
    let whole: Vec<(PathBuf, Vec<u8>)> = files_of(&cache).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    for (path, bytes) in &whole {
        let mut bytes = bytes.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x20;
        fs::write(path, bytes).unwrap();
    }
    let again = assess(&folder, Some(&cache));
    assert!(again.stages.contains("reading the evidence"), "{}", again.stages);
    assert!(again.told == cold.told, "a flipped byte shows");
    assert_eq!(told(&folder, place.path(), false, Some(&cache), &[]), verdicts, "a flipped byte shows");
    let rebuilt: BTreeSet<PathBuf> = files_of(&cache).into_iter().collect();
    assert_eq!(rebuilt, whole.iter().map(|(path, _)| path.clone()).collect());
    for (path, bytes) in &whole {
        assert!(fs::read(path).unwrap() == *bytes, "{} is still damaged", path.display());
    }
}

#[test]
fn a_cache_holds_no_secret_and_other_evidence_finds_nothing_in_it() {
    let place = tempfile::tempdir().unwrap();
    let (folder, cache) = (copied_sample(place.path()), place.path().join("cache"));
    assess(&folder, Some(&cache));
    told(&folder, place.path(), false, Some(&cache), &[]);
    let masker = &quarter("2026-Q3").ledger.masker;
    assert!(!masker.is_empty(), "the sample declares secrets");
    for path in files_of(&cache) {
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!masker.hits(&text), "{} holds a secret", path.display());
    }
    let report = folder.join("aws/credential-report.csv");
    let text = fs::read_to_string(&report).unwrap();
    fs::write(&report, text.trim_end().rsplit_once('\n').unwrap().0).unwrap();
    let other = assess(&folder, Some(&cache));
    assert!(other.stages.contains("reading the evidence"), "{}", other.stages);
    assert!(other.told == assess(&folder, None).told);
}
