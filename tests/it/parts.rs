//! Files too large for memory: read in parts they give what they give as a whole, and what is wrong with them is told.

use std::io::Write as _;

use tickmark::base::Diagnostics;
use tickmark::evidence::{Artifact, ArtifactState, Extent, Ledger, normalise};
use tickmark::pipeline::Workspace;

use crate::support::{assert_no_errors, controls, workspace};

const WHOLE: usize = 1 << 30;
const PARTS: usize = 700;
const METADATA: &str = "artifacts:\n  - {path: file, instance: \"210987654321\", zone: Europe/Copenhagen}\n";

fn read(bytes: &[u8], part_bytes: usize, metadata: &str) -> (Artifact, Ledger) {
    let (statements, files) = workspace(&[("file", bytes)], metadata);
    let mut diagnostics = Diagnostics::default();
    let mut workspace = Workspace::load(&statements, &files, controls(), &mut diagnostics).expect("a usable workspace");
    workspace.frame.part_bytes = part_bytes;
    let tables =
        controls().tables.iter().filter(|(_, table)| table.derivation.is_none()).map(|(name, table)| (name.clone(), table.clone()));
    let (adapters, frame) = (&controls().adapters, &workspace.frame);
    let ledger = normalise(&files, &workspace.metas, adapters, &tables.collect(), frame, &mut diagnostics, |_| {});
    assert_no_errors(diagnostics);
    (ledger.artifacts["file"].clone(), ledger)
}

fn event(number: usize) -> serde_json::Value {
    serde_json::json!({
        "eventID": format!("e-{number}"), "eventTime": "2026-07-03T08:00:00Z", "eventSource": "s3.amazonaws.com", "eventName": "GetObject",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::210987654321:user/svc-é", "accessKeyId": "AKIAEXAMPLE"},
        "recipientAccountId": "210987654321", "requestParameters": {"note": "a } and a \n{ in a text"},
    })
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn report(rows: usize) -> String {
    let mut text = include_str!("../../evidence-samples/nordhavn-pay/2026-Q3/aws/credential-report.csv").lines().next().unwrap().to_owned();
    text.push('\n');
    for number in 0..rows {
        text.push_str(&format!(
            "\"svc-{number}\n(second line)\",arn:aws:iam::210987654321:user/svc-{number},2024-01-01T00:00:00+00:00,false,N/A,N/A,N/A,false,true,\
             2026-08-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n"
        ));
    }
    text
}

/// A name, the bytes, the adapter, how many records, and the table that they fill.
fn exports() -> Vec<(&'static str, Vec<u8>, &'static str, usize, &'static str)> {
    let events: Vec<serde_json::Value> = (0..40).map(event).collect();
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let pretty: String = events.iter().map(|event| serde_json::to_string_pretty(event).unwrap()).collect();
    let array = serde_json::to_vec(&events).unwrap();
    let pretty_array = serde_json::to_vec_pretty(&events).unwrap();
    let mut members = gz(&lines.as_bytes()[..5000]);
    members.extend(gz(&lines.as_bytes()[5000..]));
    vec![
        ("one per line", lines.clone().into_bytes(), "aws-cloudtrail", 40, "events"),
        ("one per line, CRLF", lines.replace("}\n{", "}\r\n{").into_bytes(), "aws-cloudtrail", 40, "events"),
        ("with a byte order mark", format!("\u{feff}{lines}").into_bytes(), "aws-cloudtrail", 40, "events"),
        ("without a last line end", lines.trim_end().as_bytes().to_vec(), "aws-cloudtrail", 40, "events"),
        ("one after another", pretty.into_bytes(), "aws-cloudtrail", 40, "events"),
        ("an array", array.clone(), "aws-cloudtrail", 40, "events"),
        ("an array over many lines", pretty_array, "aws-cloudtrail", 40, "events"),
        ("gzip", gz(lines.as_bytes()), "aws-cloudtrail", 40, "events"),
        ("gzip of an array", gz(&array), "aws-cloudtrail", 40, "events"),
        ("gzip of several members", members, "aws-cloudtrail", 40, "events"),
        ("a table", report(60).into_bytes(), "aws-credential-report", 60, "identities"),
        ("a table, CRLF", report(60).replace('\n', "\r\n").into_bytes(), "aws-credential-report", 60, "identities"),
        ("a table in gzip", gz(report(60).as_bytes()), "aws-credential-report", 60, "credentials"),
    ]
}

#[test]
fn a_file_in_parts_gives_the_rows_and_places_of_the_whole() {
    for (name, bytes, adapter, count, table) in exports() {
        let (whole, whole_ledger) = read(&bytes, WHOLE, METADATA);
        let (parts, parts_ledger) = read(&bytes, PARTS, METADATA);
        assert!(!whole.in_parts && parts.in_parts, "{name}: {}", parts.note);
        for artifact in [&whole, &parts] {
            assert_eq!(artifact.state, ArtifactState::Used, "{name}: {}", artifact.note);
            assert_eq!(artifact.adapter.as_deref(), Some(adapter), "{name}");
            assert_eq!((artifact.read, artifact.kept, artifact.rejected), (count, count, 0), "{name}: {:?}", artifact.rejections);
        }
        assert_eq!((&parts.sha256, parts.bytes), (&whole.sha256, whole.bytes), "{name}");
        assert_eq!((parts.told_from, parts.told_to), (whole.told_from, whole.told_to), "{name}");
        let (one, two) = (whole_ledger.table(table), parts_ledger.table(table));
        assert_eq!(one.len(), two.len(), "{name}");
        assert!(one == two, "{name}: the rows differ, such as {:?} and {:?}", one.text(0, "record"), two.text(0, "record"));
    }
}

#[test]
fn a_broken_record_costs_itself_and_is_told_with_its_line() {
    let mut lines: Vec<String> = (0..40).map(|number| event(number).to_string()).collect();
    lines[9] = "{\"eventID\": \"broken\", ".to_owned();
    lines[20] = "{\"eventID\": \"twice\", \"eventID\": \"twice\"}".to_owned();
    let (artifact, ledger) = read((lines.join("\n") + "\n").as_bytes(), PARTS, METADATA);
    assert_eq!((artifact.read, artifact.kept, artifact.rejected), (40, 38, 2), "{:?}", artifact.rejections);
    assert_eq!(artifact.rejections.iter().map(|one| one.record.as_str()).collect::<Vec<_>>(), ["line:10", "line:21"]);
    assert_eq!(ledger.table("events").len(), 38);
    let array =
        format!("[{}]", lines.iter().enumerate().filter(|(at, _)| *at != 9).map(|(_, line)| line.as_str()).collect::<Vec<_>>().join(","));
    let (artifact, _) = read(array.as_bytes(), PARTS, METADATA);
    assert_eq!((artifact.read, artifact.rejected), (39, 1), "{:?}", artifact.rejections);
    assert_eq!(artifact.rejections[0].record, "#/19");
}

#[test]
fn a_file_that_ends_too_early_is_incomplete_and_says_where() {
    let lines: String = (0..400).map(|number| format!("{}\n", event(number))).collect();
    let array = serde_json::to_string(&(0..400).map(event).collect::<Vec<_>>()).unwrap();
    let packed = gz(lines.as_bytes());
    let mut invalid = lines.clone().into_bytes();
    invalid[60_000] = 0xff;
    let cases: [(&str, Vec<u8>); 5] = [
        ("cut in a line", lines.as_bytes()[..100_000].to_vec()),
        ("cut array", array.as_bytes()[..100_000].to_vec()),
        ("cut gzip", packed[..packed.len() - 20].to_vec()),
        ("text after the array", format!("{array} and more").into_bytes()),
        ("not UTF-8", invalid),
    ];
    for (name, bytes) in cases {
        let (artifact, ledger) = read(&bytes, PARTS, METADATA);
        assert!(artifact.in_parts, "{name}: {}", artifact.note);
        assert!(artifact.rejected >= 1, "{name}");
        assert_eq!(artifact.kept + artifact.rejected, artifact.read, "{name}");
        assert_eq!(ledger.table("events").len(), artifact.kept, "{name}");
        assert!(artifact.rejections.iter().any(|one| !one.reason.is_empty()), "{name}");
        if name != "cut in a line" {
            assert_eq!(artifact.extent, Extent::Incomplete, "{name}: {:?}", artifact.rejections);
        }
    }
}

#[test]
fn a_large_file_that_was_altered_or_stands_twice_is_not_read() {
    let lines: String = (0..40).map(|number| format!("{}\n", event(number))).collect();
    let stated = format!("artifacts:\n  - {{path: file, sha256: \"{}\"}}\n", "0".repeat(64));
    let (artifact, ledger) = read(lines.as_bytes(), PARTS, &stated);
    assert_eq!(artifact.state, ArtifactState::Altered, "{}", artifact.note);
    assert!(ledger.table("events").is_empty());
    let (statements, files) = workspace(&[("a", lines.as_bytes()), ("b", lines.as_bytes())], "");
    let mut diagnostics = Diagnostics::default();
    let mut workspace = Workspace::load(&statements, &files, controls(), &mut diagnostics).unwrap();
    workspace.frame.part_bytes = PARTS;
    let ledger = normalise(&files, &workspace.metas, &controls().adapters, &controls().tables, &workspace.frame, &mut diagnostics, |_| {});
    assert_eq!(ledger.artifacts["a"].state, ArtifactState::Used);
    assert!(ledger.artifacts["b"].note.contains("the same bytes as `a`"), "{}", ledger.artifacts["b"].note);
    assert_eq!(ledger.table("events").len(), 40);
}

#[test]
fn a_table_that_grows_beyond_memory_answers_from_disk() {
    use tickmark::base::{Column, Table};
    use tickmark::engine::{Engine, Growing, Parameters, Query, ROWS_IN_MEMORY_MAX};
    let engine = Engine::new();
    let part = |from: usize, count: usize| {
        Table::new(vec![
            ("id".into(), Column::Text((from..from + count).map(|n| Some(format!("n{n:08}"))).collect())),
            ("number".into(), Column::Integer((from..from + count).map(|n| (n % 3 > 0).then_some(n as i64)).collect())),
        ])
    };
    let total = ROWS_IN_MEMORY_MAX * 2 + 7;
    let mut growing = Growing::new("large", part(0, 0));
    let mut from = 0;
    while from < total {
        let count = 30_001.min(total - from);
        growing.append(&engine, part(from, count)).unwrap();
        from += count;
    }
    growing.finish(&engine).unwrap();
    let query = Query::parse("select count(*) as rows, count(number) as known, max(id) as last, sum(number) as sum from large").unwrap();
    let found = engine.query(&query, &Parameters::new()).unwrap();
    let known = (0..total).filter(|n| n % 3 > 0);
    assert_eq!(found.cell(0, "rows").to_string(), total.to_string());
    assert_eq!(found.cell(0, "known").to_string(), known.clone().count().to_string());
    assert_eq!(found.text(0, "last"), Some(format!("n{:08}", total - 1).as_str()));
    assert_eq!(found.cell(0, "sum").to_string(), known.sum::<usize>().to_string());
    let swapped = Query::parse("select number, id from large where id = 'n00000004'").unwrap();
    assert_eq!(engine.query(&swapped, &Parameters::new()).unwrap().cell(0, "number").to_string(), "4");
    assert_eq!(engine.table("large").unwrap().len(), total);
}

#[test]
fn a_last_record_that_is_long_and_cut_ends_and_data_that_grows_too_much_is_never_whole() {
    let lines: String = (0..40).map(|number| format!("{}\n", event(number))).collect();
    let long = format!("{lines}{{\"eventID\": \"{}", "x".repeat(PARTS * 20));
    let (artifact, ledger) = read(long.as_bytes(), PARTS, METADATA);
    assert_eq!((artifact.read, artifact.kept, artifact.rejected), (41, 40, 1), "{:?}", artifact.rejections);
    assert_eq!(ledger.table("events").len(), 40);
    // Blanks between records unpack to far more than two hundred times their packed size.
    let blanks = gz(format!("{lines}{}{lines}", "\n".repeat(60_000_000)).as_bytes());
    let (artifact, _) = read(&blanks, 1 << 16, METADATA);
    assert!(artifact.in_parts, "{}", artifact.note);
    assert!(artifact.state != ArtifactState::Used || artifact.extent == Extent::Incomplete, "{}", artifact.note);
}
