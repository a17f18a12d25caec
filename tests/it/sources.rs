//! One small export of every source, read as it is, in every wrapping, and with every kind of damage.
//!
//! The exports are data: `evidence-samples/sources/<adapter>/`. What is made of them here is invented from them.
//! Nothing may be lost without being told: a wrapping gives the same rows; damage gives fewer rows and says so, or leaves the file unread.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tickmark::base::{Cell, Diagnostics, FoundFile, Status, Table};
use tickmark::evidence::{Artifact, ArtifactState, Extent, Frame, Ledger, Shape, SourceZone, normalise};
use tickmark::io;
use tickmark::pipeline::Workspace;

use crate::support::{assert_no_errors, assessed_from, controls, root, workspace};

/// One export: the adapter that must claim it, and its bytes.
struct Sample {
    adapter: String,
    bytes: Vec<u8>,
}

impl Sample {
    fn shapes(&self) -> &'static [Shape] {
        &controls().adapters[&self.adapter].shapes
    }

    fn reads(&self, shape: Shape) -> bool {
        self.shapes().contains(&shape)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("the samples are UTF-8")
    }

    /// The shape that the file itself has.
    fn shape(&self) -> Shape {
        let start = self.text().trim_start();
        if start.starts_with(['{', '[']) { Shape::Json } else { self.shapes()[0] }
    }
}

fn folder() -> std::path::PathBuf {
    root().join("evidence-samples/sources")
}

fn samples() -> &'static [Sample] {
    static SAMPLES: OnceLock<Vec<Sample>> = OnceLock::new();
    SAMPLES.get_or_init(|| {
        let (_, files) = io::read_workspace(&folder()).unwrap();
        let sample = |file: FoundFile| Sample {
            adapter: file.path.split('/').next().unwrap().to_owned(),
            bytes: file.content.unwrap().bytes().unwrap().into_owned(),
        };
        files.into_iter().map(sample).collect()
    })
}

/// The frame of the samples' own workspace, which states the zones of its sources.
fn frame() -> &'static Frame {
    static FRAME: OnceLock<Frame> = OnceLock::new();
    FRAME.get_or_init(|| {
        let (statements, files) = io::read_workspace(&folder()).unwrap();
        let mut diagnostics = Diagnostics::default();
        let workspace = Workspace::load(&statements, &files, controls(), &mut diagnostics).unwrap();
        assert_no_errors(diagnostics);
        workspace.frame
    })
}

/// What was read, with the rows of each file at hand.
struct Reading {
    artifacts: BTreeMap<String, Artifact>,
    /// The tables that adapters fill.
    tables: BTreeMap<String, Table>,
    /// By table, then file: its rows.
    rows: BTreeMap<String, BTreeMap<String, Vec<usize>>>,
}

impl Reading {
    fn of(ledger: Ledger) -> Reading {
        let fed: BTreeSet<String> = controls().adapters.values().flat_map(|adapter| adapter.feeds()).collect();
        let tables: BTreeMap<String, Table> = fed.into_iter().map(|name| (name.clone(), ledger.table(&name))).collect();
        let mut rows: BTreeMap<String, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
        for (name, table) in &tables {
            let own = rows.entry(name.clone()).or_default();
            for row in 0..table.len() {
                let Cell::Text(artifact) = table.cell(row, "artifact") else { panic!("{name} has a row of no file") };
                own.entry(artifact.to_owned()).or_default().push(row);
            }
        }
        Reading { artifacts: ledger.artifacts, tables, rows }
    }

    fn own<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a String, &'a Table, &'a [usize])> + 'a {
        self.tables.iter().map(move |(name, table)| (name, table, self.rows[name].get(path).map_or(&[][..], Vec::as_slice)))
    }
}

/// Reads files in one go, each under its own name, into the tables that adapters fill.
fn read(files: &[(String, Vec<u8>)], frame: &Frame) -> Reading {
    let (ledger, diagnostics) = try_read(files, frame);
    assert_no_errors(diagnostics);
    ledger
}

fn try_read(files: &[(String, Vec<u8>)], frame: &Frame) -> (Reading, Diagnostics) {
    let files: Vec<FoundFile> =
        files.iter().map(|(path, bytes)| FoundFile { path: path.clone(), content: Ok(bytes.clone().into()) }).collect();
    let tables =
        controls().tables.iter().filter(|(_, table)| table.derivation.is_none()).map(|(name, table)| (name.clone(), table.clone()));
    let mut diagnostics = Diagnostics::default();
    let ledger = normalise(&files, &BTreeMap::new(), &controls().adapters, &tables.collect(), frame, &mut diagnostics, |_| {});
    for artifact in ledger.artifacts.values() {
        accounted_for(artifact);
    }
    (Reading::of(ledger), diagnostics)
}

/// What holds for every file, whatever is in it.
fn accounted_for(artifact: &Artifact) {
    let path = &artifact.path;
    assert_eq!(artifact.kept + artifact.rejected, artifact.read, "{path}: kept and rejected are all that was read");
    assert!(!artifact.note.is_empty(), "{path}: every file is explained");
    for rejection in &artifact.rejections {
        assert!(!rejection.record.is_empty() && !rejection.reason.is_empty(), "{path}: {rejection:?}");
    }
}

/// The rows that came from one file, by table: every column but the artifact, and the record only if asked for.
fn rows_of(ledger: &Reading, path: &str, with_record: bool) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for (name, table, own) in ledger.own(path) {
        let mut rows: Vec<String> = own.iter().map(|row| row_text(table, *row, with_record)).collect();
        rows.sort();
        if !rows.is_empty() {
            found.insert(name.clone(), rows);
        }
    }
    found
}

fn row_text(table: &Table, row: usize, with_record: bool) -> String {
    let shown = table.names().iter().filter(|name| *name != "artifact" && (with_record || *name != "record"));
    let cells = shown.filter_map(|name| match table.cell(row, name) {
        Cell::Missing => None,
        Cell::Text(text) => Some(format!("{name}={text:?}")),
        Cell::Integer(number) => Some(format!("{name}={number}")),
        Cell::Boolean(flag) => Some(format!("{name}={flag}")),
        Cell::Instant(micros) => Some(format!("{name}={}", tickmark::base::Instant::from_micros(micros).unwrap())),
    });
    let text = cells.collect::<Vec<_>>().join(" ");
    match table.cell(row, "record") {
        // Some ids are made of the place, for want of anything better.
        Cell::Text(record) if !with_record => text.replace(record, "@").replace("\\r\\n", "\\n"),
        _ => text,
    }
}

fn counts(rows: &BTreeMap<String, Vec<String>>) -> BTreeMap<&str, usize> {
    rows.iter().map(|(table, rows)| (table.as_str(), rows.len())).collect()
}

#[test]
fn there_is_a_sample_of_every_adapter_and_it_is_read_whole() {
    let mut sampled: Vec<&str> = samples().iter().map(|sample| sample.adapter.as_str()).collect();
    sampled.sort_unstable();
    let adapters: Vec<&str> = controls().adapters.keys().map(String::as_str).collect();
    assert_eq!(sampled, adapters, "one folder for each adapter");
    let files: Vec<(String, Vec<u8>)> = samples().iter().map(|sample| (sample.adapter.clone(), sample.bytes.clone())).collect();
    let ledger = read(&files, frame());
    let mut text = String::from(
        "# What is read from evidence-samples/sources, value by value. `TICKMARK_UPDATE=1 cargo test sources` writes it anew; read the difference.\n",
    );
    for artifact in ledger.artifacts.values() {
        let path = &artifact.path;
        assert_eq!(artifact.state, ArtifactState::Used, "{path}: {}", artifact.note);
        assert_eq!(artifact.adapter.as_ref(), Some(path), "{path} is claimed by another adapter");
        assert_eq!(artifact.rejections, [], "{path}");
        assert!(artifact.kept >= 2, "{path}: a sample has several records");
        let _ = writeln!(text, "\n{path}: {} records", artifact.kept);
        for (table, rows) in rows_of(&ledger, path, true) {
            rows.iter().for_each(|row| writeln!(text, "  {table}: {row}").unwrap());
        }
    }
    let kept_at = root().join("tests/fixtures/sources.txt");
    if std::env::var_os("TICKMARK_UPDATE").is_some() {
        fs::write(&kept_at, &text).unwrap();
    }
    let kept = fs::read_to_string(&kept_at).unwrap_or_default();
    let moved: Vec<&str> = text.lines().filter(|line| !kept.lines().any(|other| other == *line)).collect();
    assert!(kept == text, "not what was kept; now:\n{}", moved.join("\n"));
}

/// Every field that an adapter declares has a value in its sample, so that no mutation below is idle.
#[test]
fn a_sample_fills_every_table_of_its_adapter() {
    let files: Vec<(String, Vec<u8>)> = samples().iter().map(|sample| (sample.adapter.clone(), sample.bytes.clone())).collect();
    let ledger = read(&files, frame());
    for (id, adapter) in &controls().adapters {
        let filled: BTreeSet<String> = rows_of(&ledger, id, false).into_keys().collect();
        assert_eq!(filled, adapter.feeds(), "{id}");
    }
}

// ---- wrappings: the same rows ----

fn gz(parts: &[&[u8]]) -> Vec<u8> {
    let member = |part: &&[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap()
    };
    parts.iter().flat_map(member).collect()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

/// Wrappings that hold for text of every kind.
fn text_wrappings(text: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = text.as_bytes();
    let half = bytes.len() / 2;
    let unix = text.replace("\r\n", "\n");
    vec![
        ("LF".into(), unix.clone().into_bytes()),
        ("CRLF".into(), unix.replace('\n', "\r\n").into_bytes()),
        ("byte order mark".into(), format!("\u{feff}{text}").into_bytes()),
        ("UTF-16, little end first".into(), utf16(text, u16::to_le_bytes)),
        ("UTF-16, big end first".into(), utf16(text, u16::to_be_bytes)),
        ("gzip".into(), gz(&[bytes])),
        ("gzip of three members, cut anywhere".into(), gz(&[&bytes[..half], &bytes[half..half + 1], &bytes[half + 1..]])),
        ("gzip of UTF-16".into(), gz(&[&utf16(text, u16::to_le_bytes)])),
        ("blank lines around".into(), format!("\n{text}\n\n").into_bytes()),
    ]
}

fn json_documents(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text).into_iter().map(Result::unwrap).collect()
}

fn lines(values: &[Value]) -> Vec<u8> {
    values.iter().map(|value| format!("{value}\n")).collect::<String>().into_bytes()
}

/// The list of records in a document: itself, or the one list of objects among its members.
fn list_in(document: &Value) -> Option<(Option<&str>, &[Value])> {
    match document {
        Value::Array(items) => Some((None, items)),
        Value::Object(members) => {
            let mut lists = members.iter().filter_map(|(name, value)| Some((name, value.as_array()?)));
            match (lists.next(), lists.next()) {
                (Some((name, items)), None) => Some((Some(name), items)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn json_wrappings(text: &str) -> Vec<(String, Vec<u8>)> {
    let documents = json_documents(text);
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    let all_pretty: String = documents.iter().map(pretty).collect();
    vec![("one document a line".into(), lines(&documents)), ("one document after another, laid out".into(), all_pretty.into_bytes())]
}

/// The same records as a list, one per line, or in a wrapper.
fn list_wrappings(text: &str) -> Vec<(String, Vec<u8>)> {
    let documents = json_documents(text);
    let mut found = Vec::new();
    if documents.len() > 1 {
        found.push(("documents as a list".to_owned(), serde_json::to_vec(&documents).unwrap()));
        return found;
    }
    let Some((_, items)) = list_in(&documents[0]) else { return found };
    found.push(("records one per line".to_owned(), lines(items)));
    found.push(("records as a list".to_owned(), serde_json::to_vec_pretty(items).unwrap()));
    found.push(("records in a wrapper".to_owned(), serde_json::json!({"items": items}).to_string().into_bytes()));
    found
}

fn table_of(text: &str) -> Vec<Vec<String>> {
    let separator = if text.lines().next().unwrap().contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn csv_text(table: &[Vec<String>], separator: u8, style: csv::QuoteStyle) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(separator).quote_style(style).flexible(true).from_writer(Vec::new());
    table.iter().for_each(|record| writer.write_record(record).unwrap());
    writer.into_inner().unwrap()
}

fn workbook(table: &[Vec<String>]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet();
    let sheet = book.add_worksheet();
    for (row, record) in table.iter().enumerate() {
        for (column, cell) in record.iter().enumerate() {
            sheet.write_string(u32::try_from(row).unwrap() + 2, u16::try_from(column).unwrap(), cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn csv_wrappings(sample: &Sample) -> Vec<(String, Vec<u8>)> {
    let table = table_of(sample.text());
    let mut found: Vec<(String, Vec<u8>)> = [(b',', "comma"), (b';', "semicolon"), (b'\t', "tab"), (b'|', "bar")]
        .into_iter()
        .map(|(separator, name)| (name.to_owned(), csv_text(&table, separator, csv::QuoteStyle::Necessary)))
        .collect();
    found.push(("all quoted".into(), csv_text(&table, b',', csv::QuoteStyle::Always)));
    let reversed: Vec<Vec<String>> = table.iter().map(|record| record.iter().rev().cloned().collect()).collect();
    if table[0].iter().collect::<BTreeSet<_>>().len() == table[0].len() {
        found.push(("columns in another order".into(), csv_text(&reversed, b',', csv::QuoteStyle::Necessary)));
    }
    let wider: Vec<Vec<String>> = table.iter().map(|record| record.iter().cloned().chain(["Unheard Of".to_owned()]).collect()).collect();
    found.push(("another column".into(), csv_text(&wider, b',', csv::QuoteStyle::Necessary)));
    let padded: Vec<Vec<String>> = table.iter().map(|record| record.iter().map(|cell| format!(" {cell} ")).collect()).collect();
    found.push(("blanks around".into(), csv_text(&padded, b',', csv::QuoteStyle::Necessary)));
    if sample.reads(Shape::Sheet) {
        found.push(("workbook, second sheet, third row".into(), workbook(&table)));
    }
    found
}

/// Exports that are told by nothing but the name of their list: without it nobody can say what they are.
const TOLD_BY_THE_WRAPPER: &[&str] = &[
    "aws-acm-certificates",
    "aws-secrets-manager",
    "aws-server-certificates",
    "cert-manager",
    "github-actions-secrets",
    "k8s-service-accounts",
    "kubescape",
    "sarif-posture",
    "sarif-secrets",
];

#[test]
fn every_wrapping_gives_the_same_rows() {
    let mut wrong = String::new();
    for sample in samples() {
        let mut wrappings = text_wrappings(sample.text());
        match sample.shape() {
            Shape::Json => wrappings.extend(json_wrappings(sample.text())),
            Shape::Csv => wrappings.extend(csv_wrappings(sample)),
            _ => {}
        }
        if sample.shape() == Shape::Json && sample.reads(Shape::Yaml) {
            let value: Value = serde_json::from_str(sample.text()).unwrap();
            wrappings.push(("YAML".into(), serde_yaml::to_string(&value).unwrap().into_bytes()));
        }
        let lists = if sample.shape() == Shape::Json { list_wrappings(sample.text()) } else { Vec::new() };
        let listed: BTreeSet<String> = lists.iter().map(|(name, _)| name.clone()).collect();
        // The sample itself is one of its own wrappings, byte by byte.
        wrappings.extend(lists);
        wrappings.retain(|(_, bytes)| *bytes != sample.bytes);
        let mut seen = BTreeSet::new();
        wrappings.retain(|(_, bytes)| seen.insert(bytes.clone()));
        wrappings.push(("as it is".into(), sample.bytes.clone()));
        let ledger = read(&wrappings, frame());
        let expected = rows_of(&ledger, "as it is", false);
        for (name, _) in &wrappings {
            let artifact = &ledger.artifacts[name];
            let is_told = artifact.state == ArtifactState::Used && artifact.adapter.as_ref() == Some(&sample.adapter);
            if listed.contains(name) && TOLD_BY_THE_WRAPPER.contains(&sample.adapter.as_str()) {
                if artifact.state != ArtifactState::Unrecognised {
                    let _ =
                        writeln!(wrong, "{} as {name}: {:?} by {:?}, should not be told", sample.adapter, artifact.state, artifact.adapter);
                }
                continue;
            }
            let found = rows_of(&ledger, name, false);
            if !is_told || !artifact.rejections.is_empty() || found != expected {
                let _ = writeln!(
                    wrong,
                    "{} as {name}: {:?} by {:?} ({}), rejections {:?}, rows {:?} instead of {:?}",
                    sample.adapter,
                    artifact.state,
                    artifact.adapter,
                    artifact.note,
                    artifact.rejections,
                    counts(&found),
                    counts(&expected)
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

// ---- damage: told, never lost ----

/// Files that are cut or broken: whatever is left must be told to be less than it was.
fn damages(sample: &Sample) -> Vec<(String, Vec<u8>)> {
    let text = sample.text();
    let bytes = text.as_bytes();
    let whole = text.trim_end();
    let squeezed = gz(&[bytes]);
    let mut found: Vec<(String, Vec<u8>)> = vec![
        ("cut in the middle of gzip".into(), squeezed[..squeezed.len() / 2].to_vec()),
        ("cut at the end of gzip".into(), squeezed[..squeezed.len() - 4].to_vec()),
        ("a gzip member cut after a whole one".into(), [squeezed.clone(), squeezed[..squeezed.len() / 2].to_vec()].concat()),
        ("NUL".into(), [&bytes[..bytes.len() / 2], b"\0", &bytes[bytes.len() / 2..]].concat()),
        ("no UTF-8".into(), [&bytes[..bytes.len() / 2], b"\xff\xfe\xff", &bytes[bytes.len() / 2..]].concat()),
        ("UTF-16 without a mark".into(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16 cut in a character".into(), {
            let mut cut = utf16(text, u16::to_le_bytes);
            cut.pop();
            cut
        }),
        ("empty".into(), Vec::new()),
        ("blank".into(), b" \r\n\t\n".to_vec()),
    ];
    match sample.shape() {
        Shape::Json => {
            found.push(("cut by one character".into(), whole.as_bytes()[..whole.len() - 1].to_vec()));
            found.push(("cut at two thirds".into(), bytes[..bytes.len() * 2 / 3].to_vec()));
            let documents = json_documents(text);
            let items: Vec<Value> = match list_in(&documents[0]) {
                Some((None, items)) => items.to_vec(),
                _ => documents.clone(),
            };
            let lined = String::from_utf8(lines(&items)).unwrap();
            found.push(("last line cut".into(), lined.as_bytes()[..lined.len() - 5].to_vec()));
            found.push(("a line of another kind".into(), format!("{lined}{{\"another\":\"kind\"}}\n").into_bytes()));
            found.push(("a line that is no JSON".into(), format!("{lined}Error: throttled\n").into_bytes()));
            found.push(("a key that stands twice".into(), whole.replacen('{', "{\"twice\":1,\"twice\":2,", 1).into_bytes()));
            let last = whole.rfind('{').unwrap();
            let twice = format!(
                "{}{{\"twice\":1,\"twice\":2{}{}",
                &whole[..last],
                if whole[last + 1..].trim_start().starts_with('}') { "" } else { "," },
                &whole[last + 1..]
            );
            found.push(("a key that stands twice, deep inside".into(), twice.into_bytes()));
        }
        Shape::Csv => {
            let table = table_of(text);
            let csv = String::from_utf8(csv_text(&table, b',', csv::QuoteStyle::Always)).unwrap();
            let last: usize =
                csv.len() - String::from_utf8(csv_text(&table[table.len() - 1..], b',', csv::QuoteStyle::Always)).unwrap().len();
            found.push(("last record cut after a cell".into(), csv.as_bytes()[..last + csv[last..].find(',').unwrap()].to_vec()));
            found.push(("last record cut within quotes".into(), csv.as_bytes()[..csv.rfind("\",\"").unwrap() + 3].to_vec()));
            found.push((
                "a quote that is never closed".into(),
                format!("{}\"{}", &csv[..last], &csv[last + 1..].replace('"', "")).into_bytes(),
            ));
            let mut longer = table.clone();
            longer[1].push("one more".into());
            found.push(("a cell too many".into(), csv_text(&longer, b',', csv::QuoteStyle::Necessary)));
            let mut shorter = table.clone();
            shorter[1].pop();
            found.push(("a cell too few".into(), csv_text(&shorter, b',', csv::QuoteStyle::Necessary)));
            found.push(("an error message at the end".into(), format!("{csv}Error: throttled\n").into_bytes()));
        }
        Shape::Ldif => {
            found.push(("cut in the last line".into(), bytes[..whole.len() - 3].to_vec()));
            found.push((
                "a line that is no attribute".into(),
                text.replacen("objectClass: top\n", "objectClass: top\nno colon here\n", 1).into_bytes(),
            ));
            found.push(("a broken value in Base64".into(), text.replacen("objectSid:: A", "objectSid:: *", 1).into_bytes()));
        }
        Shape::Yaml => {
            found.push(("cut in a key".into(), bytes[..text.rfind(": ").unwrap()].to_vec()));
            found.push(("a key that stands twice".into(), text.replacen("    owner:", "    owner: somebody\n    owner:", 1).into_bytes()));
        }
        Shape::Pem => {
            found.push(("cut in the last block".into(), bytes[..bytes.len() * 3 / 4].to_vec()));
            found.push(("a broken line".into(), text.replacen("MII", "M*I", 1).into_bytes()));
            found.push(("an empty block".into(), format!("{text}-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n").into_bytes()));
        }
        Shape::Sheet | Shape::Parquet => unreachable!("no sample has this shape"),
    }
    if sample.reads(Shape::Sheet) {
        let book = workbook(&table_of(text));
        found.push(("workbook cut".into(), book[..book.len() - 30].to_vec()));
    }
    found
}

#[test]
fn a_damaged_export_says_so_and_never_gives_more() {
    let mut wrong = String::new();
    for sample in samples() {
        let mut files = damages(sample);
        files.push(("as it is".into(), sample.bytes.clone()));
        let ledger = read(&files, frame());
        let whole = rows_of(&ledger, "as it is", false);
        for (name, _) in files.iter().filter(|(name, _)| name != "as it is") {
            let artifact = &ledger.artifacts[name];
            let told = artifact.state != ArtifactState::Used || artifact.rejected > 0;
            let found = rows_of(&ledger, name, false);
            let more = found.iter().any(|(table, rows)| rows.len() > whole.get(table).map_or(0, Vec::len));
            if !told || more {
                let _ = writeln!(
                    wrong,
                    "{}, {name}: {:?} ({}), kept {}, rejections {:?}, rows {found:?} of {whole:?}",
                    sample.adapter, artifact.state, artifact.note, artifact.kept, artifact.rejections
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What a place in a record may hold instead of its value, as JSON.
const INSTEAD: [(&str, &str); 8] = [
    ("null", "null"),
    ("empty", "\"\""),
    ("N/A", "\"N/A\""),
    ("no_information", "\"no_information\""),
    ("not_supported", "\"not_supported\""),
    ("a number of 21 digits", "103942957392857204918"),
    ("a rounded number", "1.0394295739285721e+20"),
    ("an object", "{\"un\":\"heard of\"}"),
];

/// One of them for each place in turn, so that each adapter meets each of them; all of them with `TICKMARK_EXHAUSTIVE=1`, which takes minutes.
fn instead(turn: usize) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = std::env::var_os("TICKMARK_EXHAUSTIVE").is_some();
    INSTEAD.into_iter().enumerate().filter(move |(index, _)| all || *index == (turn / 2) % INSTEAD.len()).map(|(_, own)| own)
}

/// The members of all objects in the first record of every list, as JSON Pointers.
fn members(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (name, member) in entries {
                let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                found.push(pointer.clone());
                members(member, &pointer, found);
            }
        }
        Value::Array(items) => items.first().into_iter().for_each(|first| members(first, &format!("{at}/0"), found)),
        _ => {}
    }
}

fn with(document: &Value, pointer: &str, change: impl FnOnce(&mut serde_json::Map<String, Value>, &str)) -> Value {
    let mut changed = document.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/").replace("~0", "~");
    change(changed.pointer_mut(parent).unwrap().as_object_mut().unwrap(), &name);
    changed
}

const PLACEHOLDER: &str = "@instead@";

/// One file for each member of the first record that is missing, renamed, or holds something else.
fn json_mutations(documents: &[Value]) -> Vec<(String, Vec<u8>)> {
    let rest = &documents[1..];
    let file = |first: Value| [serde_json::to_string(&first).unwrap().into_bytes(), b"\n".to_vec(), lines(rest)].concat();
    let mut pointers = Vec::new();
    members(&documents[0], "", &mut pointers);
    let mut found = Vec::new();
    for pointer in pointers {
        let renamed = with(&documents[0], &pointer, |object, name| {
            let value = object.shift_remove(name).unwrap();
            object.insert(format!("{name}X"), value);
        });
        found.push((format!("{pointer} renamed"), file(renamed)));
        let marked = with(&documents[0], &pointer, |object, name| {
            object.insert(name.to_owned(), PLACEHOLDER.into());
        });
        let text = String::from_utf8(file(marked)).unwrap();
        for (name, instead) in instead(found.len()) {
            found.push((format!("{pointer} is {name}"), text.replacen(&format!("\"{PLACEHOLDER}\""), instead, 1).into_bytes()));
        }
    }
    found
}

/// JSON is YAML as well; a comment before it keeps it from being taken for JSON.
fn yaml_mutations(sample: &Sample) -> Vec<(String, Vec<u8>)> {
    let value: serde_yaml::Value = serde_yaml::from_str(sample.text()).unwrap();
    let mutations = json_mutations(&[serde_json::to_value(value).unwrap()]);
    mutations.into_iter().map(|(name, bytes)| (name, [b"# YAML\n".to_vec(), bytes].concat())).collect()
}

fn ldif_mutations(sample: &Sample) -> Vec<(String, Vec<u8>)> {
    let lines: Vec<&str> = sample.text().lines().collect();
    let first = lines.iter().position(|line| line.starts_with("dn:")).unwrap();
    let entry = lines[first..].iter().take_while(|line| !line.is_empty()).enumerate().filter(|(_, line)| !line.starts_with(' '));
    let mut found = Vec::new();
    for (index, line) in entry {
        let name = line.split(':').next().unwrap();
        let mut file = |change: &str, line: String| {
            let mut changed: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
            changed[first + index] = line;
            if changed[first + index + 1].starts_with(' ') {
                changed.remove(first + index + 1);
            }
            found.push((format!("{name} {change}"), (changed.join("\n") + "\n").into_bytes()));
        };
        file("renamed", line.replacen(name, &format!("{name}X"), 1));
        for (word, instead) in INSTEAD {
            file(&format!("is {word}"), format!("{name}: {}", instead.trim_matches('"')));
        }
    }
    found
}

fn csv_mutations(sample: &Sample) -> Vec<(String, Vec<u8>)> {
    let table = table_of(sample.text());
    let text = |table: &[Vec<String>]| csv_text(table, b',', csv::QuoteStyle::Necessary);
    let mut found = Vec::new();
    for column in 0..table[0].len() {
        let name = &table[0][column];
        let mut changed = table.clone();
        changed.iter_mut().for_each(|record| drop(record.remove(column)));
        found.push((format!("{name} missing"), text(&changed)));
        let mut changed = table.clone();
        changed[0][column] = format!("{name}X");
        found.push((format!("{name} renamed"), text(&changed)));
        let mut changed = table.clone();
        changed.iter_mut().for_each(|record| record.push(record[column].clone()));
        found.push((format!("{name} twice"), text(&changed)));
        for (word, instead) in instead(found.len()) {
            let mut changed = table.clone();
            changed[1][column] = instead.trim_matches('"').to_owned();
            found.push((format!("{name} is {word}"), text(&changed)));
        }
    }
    found
}

/// What must hold of a file of which one value changed: no row is lost without being told, no state says "known" of nothing, no instant is
/// invented, and no number is rounded. Gives what is wrong.
fn judge_mutation(ledger: &Reading, name: &str, whole: &BTreeMap<String, Vec<String>>, instants: &BTreeSet<i64>) -> Option<String> {
    let artifact = &ledger.artifacts[name];
    let found = rows_of(ledger, name, false);
    let told = artifact.state != ArtifactState::Used || artifact.rejected > 0 || artifact.extent == Extent::Incomplete;
    if !told {
        let lost: Vec<String> = whole
            .iter()
            .filter(|(table, rows)| found.get(*table).map_or(0, Vec::len) < rows.len())
            .map(|(table, rows)| format!("{table} has {} of {} rows", found.get(table).map_or(0, Vec::len), rows.len()))
            .collect();
        if !lost.is_empty() {
            return Some(format!("lost without a word: {}", lost.join(", ")));
        }
    }
    for (table_name, table, own) in ledger.own(name) {
        for &row in own {
            for column in table.names() {
                match table.cell(row, column) {
                    Cell::Instant(micros) if !instants.contains(&micros) => {
                        return Some(format!("{table_name}.{column} holds an invented instant"));
                    }
                    Cell::Text(text)
                        if text.contains("E+20") || text.contains("e20") || text.contains("e+20") || text.contains("10394295739285721") =>
                    {
                        return Some(format!("{table_name}.{column} holds a rounded number: {text}"));
                    }
                    _ => {}
                }
                let state = table.names().contains(&format!("{column}_state")).then(|| table.cell(row, &format!("{column}_state")));
                if let Some(Cell::Text(state)) = state
                    && (state == "known") != (table.cell(row, column) != Cell::Missing)
                {
                    return Some(format!("{table_name}.{column} is {:?}, and its state is {state}", table.cell(row, column)));
                }
            }
        }
    }
    None
}

fn instants_of(ledger: &Reading, path: &str) -> BTreeSet<i64> {
    let mut found = BTreeSet::new();
    for (_, table, own) in ledger.own(path) {
        for &row in own {
            found.extend(table.names().iter().filter_map(|column| match table.cell(row, column) {
                Cell::Instant(micros) => Some(micros),
                _ => None,
            }));
        }
    }
    found
}

/// Changes after which fewer rows are right, with the reason.
const FEWER_IS_RIGHT: &[(&str, &str, &str)] = &[
    ("aws-access-key-last-used", "/AccessKeyLastUsed/LastUsedDate", "a key without that date was never used"),
    (
        "aws-account-authorization-details",
        "/UserDetailList/0/UserPolicyList renamed",
        "AWS leaves the list out where a user has no such policy",
    ),
    ("aws-account-authorization-details", "/UserDetailList/0/UserPolicyList is null", "the same"),
    ("gcp-service-account-keys", "/keys/0/keyType", "keys of another type are not made by users"),
    ("k8s-audit", "/stage", "only answered requests are events"),
    ("k8s-role-bindings", "/items/0/subjects renamed", "a binding may bind nobody"),
    ("k8s-role-bindings", "/items/0/subjects is null", "the same"),
    ("k8s-secrets", "/items/0/type", "secrets of another type are no tokens"),
    ("legitify", "/content/data.repository.policy_1/violations is null", "no violation"),
    ("legitify", "/content/data.repository.policy_2/violations is null", "no violation"),
    ("ad-ldif", "memberOf renamed", "an account may be in no group"),
    ("ocsf-findings", "/0/status_code", "without it the finding is a detection, whose own time is read"),
    ("okta-apps", "/0/settings", "only an app that asks for tokens by itself is a machine"),
    ("vault-tokens", "/data/entity_id", "a token of no entity belongs to nobody who could be named"),
    ("vault-audit", "/type", "only answers are events"),
];

#[test]
fn no_value_goes_missing_without_a_word() {
    let mut wrong = String::new();
    for sample in samples() {
        let mut files = match sample.shape() {
            Shape::Json => json_mutations(&json_documents(sample.text())),
            Shape::Yaml => yaml_mutations(sample),
            Shape::Csv => csv_mutations(sample),
            Shape::Ldif => ldif_mutations(sample),
            _ => continue,
        };
        files.retain(|(_, bytes)| *bytes != sample.bytes);
        files.push(("as it is".into(), sample.bytes.clone()));
        let (ledger, diagnostics) = try_read(&files, frame());
        for diagnostic in diagnostics.sorted() {
            let _ = writeln!(wrong, "{}: a value of the evidence broke the adapter: {}", sample.adapter, diagnostic.message);
        }
        let whole = rows_of(&ledger, "as it is", false);
        let instants = instants_of(&ledger, "as it is");
        for (name, _) in &files {
            let right = FEWER_IS_RIGHT.iter().any(|(adapter, change, _)| *adapter == sample.adapter && name.starts_with(change));
            if let Some(problem) = judge_mutation(&ledger, name, &whole, &instants).filter(|_| !right) {
                let _ = writeln!(wrong, "{}, {name}: {problem}", sample.adapter);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_command_reads_the_whole_folder() {
    let output = Command::new(env!("CARGO_BIN_EXE_tickmark")).arg("evidence").arg(folder()).args(["--format", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list.len(), controls().adapters.len());
    for file in list {
        assert_eq!(file["adapter"].as_str(), file["path"].as_str().unwrap().split('/').next(), "{file}");
        assert!(file["state"] == "used" && file["rejected"] == 0 && file["kept"] == file["read"], "{file}");
    }
}

// ---- what the person who made the export is told ----

fn note_of(adapter: &str, change: impl Fn(&str) -> String) -> String {
    let sample = samples().iter().find(|sample| sample.adapter == adapter).unwrap();
    let changed = change(sample.text());
    assert_ne!(changed, sample.text(), "{adapter}: the change changes something");
    let ledger = read(&[("file".to_owned(), changed.into_bytes())], frame());
    let artifact = &ledger.artifacts["file"];
    assert_eq!(artifact.state, ArtifactState::Unrecognised, "{adapter}: {}", artifact.note);
    artifact.note.clone()
}

#[test]
fn a_missing_column_names_the_adapter_and_the_nearest_column() {
    let note = note_of("aws-credential-report", |text| text.replacen("user_creation_time", "user_created", 1));
    assert!(
        note.contains("it looks like aws-credential-report, but has no column `user_creation_time` (nearest is `user_created`)"),
        "{note}"
    );
    for (adapter, column) in
        [("nhi-register", "approval_ticket"), ("ad-csv", "PasswordLastSet"), ("prowler-csv", "FINDING_UID"), ("jira-csv", "Issue key")]
    {
        let note = note_of(adapter, |text| text.replacen(column, &column.replace(['_', ' '], "").to_lowercase(), 1));
        assert!(note.contains(&format!("it looks like {adapter}, but has no column `{column}` (nearest is `")), "{adapter}: {note}");
        let note = note_of(adapter, |text| text.replacen(column, "zzz", 1));
        assert!(note.contains(&format!("it looks like {adapter}, but has no column `{column}`")), "{adapter}: {note}");
    }
}

/// For every adapter that knows its columns, each of them in turn.
#[test]
fn every_column_that_an_adapter_needs_is_missed_by_name() {
    for sample in samples().iter().filter(|sample| sample.shape() == Shape::Csv) {
        for column in &controls().adapters[&sample.adapter].columns {
            let mut table = table_of(sample.text());
            let at = table[0].iter().position(|name| name == column).unwrap();
            table[0][at] = format!("{column}_old");
            let text = String::from_utf8(csv_text(&table, b',', csv::QuoteStyle::Necessary)).unwrap();
            let note = note_of(&sample.adapter, |_| text.clone());
            let expected = format!("it looks like {}, but has no column `{column}` (nearest is `{column}_old`)", sample.adapter);
            // Few columns may be those of two adapters; then the nearer one is told.
            assert!(note.contains(&expected), "{} without {column}: {note}", sample.adapter);
        }
    }
}

#[test]
fn a_missing_key_names_the_adapter_and_the_nearest_key() {
    let cases = [
        ("aws-secrets-manager", "SecretList", "Secretlist"),
        ("aws-access-keys", "AccessKeyMetadata", "AccessKeysMetadata"),
        ("gitleaks", "RuleID", "RuleId"),
        ("vault-approle", "secret_id_accessor", "secretid_accessor"),
        ("gcp-service-accounts", "uniqueId", "unique_id"),
        ("github-secret-scanning", "locations_url", "location_url"),
        ("okta-api-tokens", "tokenWindow", "token_window"),
    ];
    for (adapter, key, renamed) in cases {
        let note = note_of(adapter, |text| text.replace(&format!("\"{key}\""), &format!("\"{renamed}\"")));
        let expected = format!("it looks like {adapter}, but has no key `{key}` (nearest is `{renamed}`)");
        assert!(note.contains(&expected), "{adapter}: {note}");
    }
    // What is nothing like any export is not likened to one.
    let ledger = read(&[("file".to_owned(), b"{\"colour\": \"green\"}".to_vec())], frame());
    assert_eq!(ledger.artifacts["file"].note, "no adapter recognises its content");
}

#[test]
fn a_local_time_is_told_until_somebody_states_its_zone() {
    let nowhere = Frame { zones: Vec::new(), ..frame().clone() };
    let local: BTreeSet<&str> = frame().zones.iter().map(|source| source.adapter.as_str()).filter(|id| *id != "ad-ldif").collect();
    assert_eq!(local.len(), 8);
    for adapter in local {
        let sample = samples().iter().find(|sample| sample.adapter == adapter).unwrap();
        let file = [("file".to_owned(), sample.bytes.clone())];
        let told = read(&file, &nowhere);
        let artifact = &told.artifacts["file"];
        assert!(artifact.rejected > 0, "{adapter}");
        for rejection in &artifact.rejections {
            assert!(rejection.reason.contains("is a local time and nobody stated its zone"), "{adapter}: {}", rejection.reason);
        }
        assert_eq!(read(&file, frame()).artifacts["file"].rejected, 0, "{adapter}");
    }
    // Two different statements about one source are none.
    let mut torn = frame().clone();
    torn.zones.push(SourceZone { adapter: "prowler-csv".into(), instance: None, zone: "Asia/Tokyo".into() });
    let sample = samples().iter().find(|sample| sample.adapter == "prowler-csv").unwrap();
    assert_eq!(read(&[("file".to_owned(), sample.bytes.clone())], &torn).artifacts["file"].kept, 0);
}

#[test]
fn an_id_that_a_spreadsheet_rounded_is_refused() {
    let mut table = table_of(
        "identity,owner,purpose,expires_at,approval_ticket\n1.09E+20,Aino,batch,never,SEC-1\n103942957392857204918,Aino,batch,never,SEC-2\n",
    );
    let csv = csv_text(&table, b',', csv::QuoteStyle::Necessary);
    table.remove(1);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in table[0].iter().enumerate() {
        sheet.write_string(0, u16::try_from(column).unwrap(), name).unwrap();
    }
    sheet.write_number(1, 0, 103_942_957_392_857_204_918.0).unwrap();
    sheet.write_number(2, 0, 123_456_789_012.0).unwrap();
    let ledger = read(&[("csv".to_owned(), csv), ("book".to_owned(), book.save_to_buffer().unwrap())], frame());
    for (path, kept) in [("csv", "103942957392857204918"), ("book", "123456789012")] {
        let artifact = &ledger.artifacts[path];
        assert_eq!((artifact.kept, artifact.rejected), (1, 1), "{path}: {:?}", artifact.rejections);
        assert!(artifact.rejections[0].reason.contains("last digits are gone"), "{path}: {}", artifact.rejections[0].reason);
        assert!(rows_of(&ledger, path, false)["register"][0].contains(kept), "{path}");
    }
}

#[test]
fn a_header_without_records_is_an_empty_list() {
    for sample in samples().iter().filter(|sample| sample.shape() == Shape::Csv) {
        let header = csv_text(&table_of(sample.text())[..1], b',', csv::QuoteStyle::Necessary);
        let ledger = read(&[("file".to_owned(), header)], frame());
        let artifact = &ledger.artifacts["file"];
        assert_eq!((artifact.state, artifact.read, artifact.rejected), (ArtifactState::Used, 0, 0), "{}", sample.adapter);
        assert!(rows_of(&ledger, "file", false).is_empty());
    }
}

// ---- a half-read artifact supports nothing ----

/// The objectives that this one file satisfies, collected on the last day and counted at the source.
fn satisfied_by(adapter: &str, bytes: &[u8], rows: u64) -> BTreeSet<String> {
    let artifacts = format!(
        "artifacts:\n  - {{path: file, instance: here, collected_at: \"2026-09-30T20:00:00Z\", rows: {rows}, adapter: {adapter}}}\n"
    );
    let (mut statements, files) = workspace(&[("file", bytes)], &artifacts);
    let frameworks = statements.text("tickmark.yaml").unwrap().replace("[owasp-nhi-top10@2025]", "[owasp-nhi-top10@2025, pci-dss@4.0.1]");
    statements.insert("tickmark.yaml", frameworks);
    let assessed = assessed_from(&statements, &files);
    let feeds = controls().adapters[adapter].feeds();
    let rests_on_it = |id: &str| controls().catalogs.objectives[id].requires.iter().any(|table| feeds.contains(table));
    let satisfied = assessed.assessment.objectives.iter().filter(|objective| objective.status == Status::Satisfied);
    satisfied.map(|objective| objective.id.clone()).filter(|id| rests_on_it(id)).collect()
}

#[test]
fn a_half_read_artifact_never_supports_a_pass() {
    let text = |adapter: &str| samples().iter().find(|sample| sample.adapter == adapter).unwrap().text();
    let report = text("aws-credential-report").trim_end();
    let keys = json_documents(text("aws-access-keys"))
        .into_iter()
        .next()
        .unwrap()
        .to_string()
        .replace("2025-01-05", "2026-09-05")
        .replace("2026-01-05", "2026-09-05");
    let certificate = text("x509-pem").split_inclusive("-----END CERTIFICATE-----\n").collect::<Vec<_>>();
    let cases: Vec<(&str, String, u64, Vec<String>)> = vec![
        (
            "aws-credential-report",
            report.to_owned(),
            3,
            vec![
                format!("{report}\nError: throttled\n"),
                format!("{report},one more"),
                report.replacen("2026-09-01T10:00:00+02:00", "last week", 1),
                report.replacen("2026-09-01T10:00:00+02:00", "01/09/2026", 1),
            ],
        ),
        (
            "aws-access-keys",
            keys.clone(),
            2,
            vec![
                keys.replacen('{', "{\"NextToken\": \"more\", ", 1),
                format!("{keys}\n{{\"AccessKeyMetadata\": ["),
                format!("{keys}\n{{\"another\": \"kind\"}}\n"),
                format!("{keys}\n{{\"AccessKeyMetadata\": null}}\n"),
                keys.replacen("\"Status\"", "\"status\"", 1),
                keys.replacen("2026-09-05T09:00:00+00:00", "2026-09-05", 1),
            ],
        ),
        (
            "x509-pem",
            certificate[0].to_owned(),
            1,
            vec![
                format!("{}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", certificate[0]),
                format!("{}-----BEGIN CERTIFICATE-----\nMIIB", certificate[0]),
            ],
        ),
    ];
    for (adapter, whole, rows, damaged) in cases {
        let proved = satisfied_by(adapter, whole.as_bytes(), rows);
        assert!(!proved.is_empty(), "{adapter}: whole evidence satisfies something");
        for bytes in damaged {
            assert_ne!(bytes, whole);
            let still = satisfied_by(adapter, bytes.as_bytes(), rows);
            assert!(still.is_empty(), "{adapter}: {still:?} in spite of {bytes}");
        }
        let still = satisfied_by(adapter, whole.as_bytes(), rows + 1);
        assert!(still.is_empty(), "{adapter}: {still:?}, although the source has one record more");
    }
}
