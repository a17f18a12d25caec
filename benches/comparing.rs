//! How long and how much memory comparing takes, by size, as a Markdown table: the cost has to be linear. Not a test: nothing here passes or fails by time.
//!
//! `cargo bench --bench comparing` measures the release build, `cargo bench --bench comparing -- BINARY` another one. Two records are made here for each size, in the form in which packs hold them: nine
//! frameworks of 200 clauses, twelve objectives, a register of all identities. One identity in ten departs from each objective, and one in ten of
//! these is another than before; one in a hundred has another owner, one in a thousand is new.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tickmark::assessment::{Assessment, RegisterRecord, written};
use tickmark::base::{Digest, Status};

const OBJECTIVES: usize = 12;
const FRAMEWORKS: usize = 9;
const CLAUSES: usize = 200;

fn main() {
    let given = std::env::args().skip(1).find(|own| !own.starts_with("--"));
    let binary = given.as_deref().unwrap_or(env!("CARGO_BIN_EXE_tickmark"));
    let place = tempfile::tempdir().expect("a temporary folder");
    println!("| identities | both records | job | wall | CPU | peak memory |\n|---|---|---|---|---|---|");
    for identities in [100_000, 300_000, 1_000_000] {
        let (old, new) = (place.path().join("old.json"), place.path().join("new.json"));
        let bytes = write_record(&old, identities, 0) + write_record(&new, identities, 1);
        let json = place.path().join("changes.json");
        let (old, new) = (old.to_string_lossy(), new.to_string_lossy());
        for (job, more) in [("on the terminal", vec![]), ("as JSON", vec!["--out", json.to_str().expect("a path of ours")])] {
            let arguments: Vec<&str> = ["diff", &old, &new].into_iter().chain(more).collect();
            let measured = (0..3).map(|_| run(binary, &arguments)).min_by_key(|measured| measured.wall).expect("three runs");
            println!(
                "| {identities} | {} MB | {job} | {:.2} s | {:.2} s | {} MiB |",
                bytes / 1_000_000,
                measured.wall.as_secs_f64(),
                measured.cpu_ticks as f64 / 100.0,
                measured.peak_mib
            );
        }
    }
}

struct Measured {
    wall: Duration,
    /// Hundredths of a second, of both kinds.
    cpu_ticks: u64,
    peak_mib: u64,
}

/// Runs the binary; memory and processor time are the last that the system showed before it ended.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn run(binary: &str, arguments: &[&str]) -> Measured {
    let started = Instant::now();
    let mut child = Command::new(binary).args(arguments).stdout(Stdio::null()).spawn().expect("the binary runs");
    let id = child.id();
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{id}/{name}")).unwrap_or_default();
    let (mut peak_kib, mut cpu_ticks) = (0_u64, 0_u64);
    loop {
        let (status, stat) = (read("status"), read("stat"));
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        peak_kib = peak_kib.max(mark.unwrap_or(0));
        let fields: Vec<u64> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).filter_map(|own| own.parse().ok()).collect();
        cpu_ticks = cpu_ticks.max(fields.iter().sum());
        if let Some(ended) = child.try_wait().expect("the child can be waited for") {
            assert!(ended.success(), "`tickmark {}` failed", arguments.join(" "));
            return Measured { wall: started.elapsed(), cpu_ticks, peak_mib: peak_kib / 1024 };
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Writes a record to a file and gives its length in bytes. Its digests and its root hold.
fn write_record(path: &Path, identities: usize, shift: usize) -> u64 {
    let record = small(identities, shift);
    let text = String::from_utf8(written::bytes(&record)).expect("JSON is text");
    let mut file = BufWriter::new(File::create(path).expect("a temporary file"));
    let mut rest = text.as_str();
    let mut objective = 0;
    // The long lists are written where the small record has empty ones.
    while let Some(at) = rest.find("\"observations\": []").or_else(|| rest.find("\"register\": []")) {
        let (before, after) = rest.split_at(at);
        file.write_all(before.as_bytes()).expect("written");
        let is_register = after.starts_with("\"register\"");
        file.write_all(if is_register { b"\"register\": [" } else { b"\"observations\": [" }).expect("written");
        if is_register {
            list(&mut file, (0..identities).map(|at| entry(at, shift)));
        } else {
            list(&mut file, (0..identities).filter(|at| departs(*at, objective, shift)).map(observation));
            objective += 1;
        }
        rest = &after[after.find("[]").expect("an empty list") + 1..];
    }
    assert_eq!(objective, OBJECTIVES);
    file.write_all(rest.as_bytes()).expect("written");
    file.flush().expect("written");
    std::fs::metadata(path).expect("a file").len()
}

fn list(file: &mut impl std::io::Write, rows: impl Iterator<Item = String>) {
    for (at, row) in rows.enumerate() {
        file.write_all(if at == 0 { b"\n      " } else { b",\n      " }).expect("written");
        file.write_all(row.as_bytes()).expect("written");
    }
}

/// One in ten, and of these one in ten is another on each side.
fn departs(at: usize, objective: usize, shift: usize) -> bool {
    let place = (at + objective * 7) % 100;
    if place % 10 == 3 { place != 3 + 10 * shift } else { place == 5 + shift }
}

fn name(at: usize) -> String {
    format!("arn:aws:iam::210987654321:user/svc-{at:08}")
}

fn observation(at: usize) -> String {
    let (mut text, name) = (String::new(), name(at));
    let _ = write!(
        text,
        "{{\"subject\":\"{name}\",\"outcome\":\"fail\",\"reason\":\"Set {} days ago; 90 are allowed.\",\"artifact\":\"aws/credential-report.csv\",\
         \"record\":\"row {at}\",\"identity\":\"{name}\",\"proved\":true}}",
        91 + at % 300
    );
    text
}

fn entry(at: usize, shift: usize) -> String {
    let owner = if at % 100 == 9 { at + shift } else { at };
    let row = RegisterRecord {
        identity: if at % 1000 == 999 { format!("{}-{shift}", name(at)) } else { name(at) },
        name: format!("svc-{at:08}"),
        platform: "aws".into(),
        scope: Some("210987654321".into()),
        kind: "user".into(),
        class: Some("integration".into()),
        tier: Some("high".into()),
        owner: Some(format!("Team {}", owner % 500)),
        owner_status: Some("active".into()),
        purpose: Some(format!("Batch job {at}")),
        service: Some(format!("Service {}", at % 500)),
        environment: Some("production".into()),
        status: "enabled".into(),
        created_at: Some(format!("2024-01-01T{:02}:{:02}:{:02}Z", at % 24, at % 60, at % 59)),
        expires_at: None,
        expiry: "no end is stated".into(),
        last_used_at: Some("2026-09-30T01:00:00Z".into()),
        last_use: "known".into(),
        credentials: "1 access key, active".into(),
        entitlements: format!("s3:GetObject on bucket-{}", at % 2000),
        admin: false,
        revocation: "Delete the user in IAM.".into(),
        in_register: true,
        artifact: "aws/credential-report.csv".into(),
        record: format!("row {at}"),
        register_artifact: Some("registers/register.csv".into()),
        register_record: Some(format!("row {at}")),
    };
    serde_json::to_string(&row).expect("plain data")
}

/// The record without its long lists.
fn small(identities: usize, shift: usize) -> Assessment {
    let digest = |text: String| Digest::of(text.as_bytes());
    let objectives: Vec<serde_json::Value> = (0..OBJECTIVES)
        .map(|at| {
            let failed = (0..identities).filter(|own| departs(*own, at, shift)).count();
            serde_json::json!({
                "id": format!("o{at}"), "title": format!("Objective {at}"), "statement": "", "method": "test", "ask": null, "population": "",
                "advice": "", "references": [], "parameters": [], "freshness_days_max": 90, "status": "not-satisfied", "reasons": [],
                "tally": {"population": identities, "passed": identities - failed, "unproved": 0, "failed": failed, "unknown": 0, "skipped": 0},
                "observations": [], "observations_digest": digest(format!("{at}{shift}")), "evidence": [], "definition": digest(at.to_string()),
            })
        })
        .collect();
    let clauses: Vec<serde_json::Value> = (0..FRAMEWORKS * CLAUSES)
        .map(|at| {
            let objective = format!("o{}", at % OBJECTIVES);
            let status = if (at + shift).is_multiple_of(2) { "not-satisfied" } else { "partially-satisfied" };
            serde_json::json!({
                "framework": format!("f{}@1", at / CLAUSES), "clause": at.to_string(), "parent": null, "depth": 0, "kind": "clause",
                "noun": "Clause", "label": format!("Clause {at}"), "statement": "", "effective": null, "treatment": "mapped", "status": status,
                "reasons": [], "evidence": [], "digest": digest(String::new()),
                "objectives": [{"objective": objective, "coverage": "full", "rationale": "", "status": "not-satisfied", "excepted": []}],
                "basis": {"frame": digest(String::new()), "catalog": digest("c".into()), "evidence": {}, "exceptions": {}, "not_applicable": null,
                    "objectives": {(objective.clone()): {"definition": digest(objective.clone()), "parameters": {}, "observations": null}}},
            })
        })
        .collect();
    let frameworks: Vec<serde_json::Value> = (0..FRAMEWORKS)
        .map(|at| {
            serde_json::json!({
                "framework": format!("f{at}@1"), "edition": "1", "revision": 1, "title": "", "short_title": format!("F{at}"), "publisher": "",
                "source": "", "licence": "", "published": "", "digest": digest("c".into()), "counts": {},
            })
        })
        .collect();
    let mut record: Assessment = serde_json::from_value(serde_json::json!({
        "schema": tickmark::assessment::SCHEMA, "tool": {"name": "tickmark", "version": "0"},
        "frame": {"organisation": "Test", "title": "", "scope": "", "period_from": format!("2026-0{}-01", 1 + 3 * shift),
            "period_to": format!("2026-0{}-30", 3 + 3 * shift), "zone": "UTC", "as_of": format!("2026-0{}-01T00:00:00Z", 4 + 3 * shift), "as_of_utc": ""},
        "frameworks": frameworks, "clauses": clauses, "objectives": objectives, "artifacts": [], "exceptions": [], "systems": [], "inputs": [],
        "register": [], "root": digest(String::new()),
    }))
    .expect("the record is in form");
    let frame = Digest::of_canonical(&record.frame);
    for clause in &mut record.clauses {
        clause.basis.frame = frame.clone();
        clause.digest = clause.computed_digest();
    }
    record.root = record.computed_root();
    let counts = |framework: &str| -> std::collections::BTreeMap<Status, usize> { record.counted(framework) };
    let all: Vec<_> = record.frameworks.iter().map(|own| counts(&own.framework)).collect();
    for (own, counts) in record.frameworks.iter_mut().zip(all) {
        own.counts = counts;
    }
    record
}
