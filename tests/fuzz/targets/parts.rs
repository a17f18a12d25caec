//! A log read in parts: nothing panics, and kept and rejected records are all that was read. Where the whole file can be read without
//! a broken record, the parts give the same number of records.
#![no_main]

use std::collections::BTreeMap;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use tickmark::base::{Diagnostics, FoundFile, SourceTree};
use tickmark::evidence::{Artifact, TableDefinition, normalise};
use tickmark::pipeline::{Controls, Workspace};

struct World {
    controls: Controls,
    tables: BTreeMap<String, TableDefinition>,
    workspace: Workspace,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let mut diagnostics = Diagnostics::default();
        let controls = Controls::load(tickmark::io::embedded_controls(), &mut diagnostics);
        let mut statements = SourceTree::default();
        statements.insert(
            "tickmark.yaml",
            "organisation: Fuzz\nscope: Everything.\nperiod: {from: 2026-07-01, to: 2026-09-30}\nas_of: \"2026-09-30T23:59:59Z\"\nzone: UTC\n\
             frameworks: [owasp-nhi-top10@2025]\n",
        );
        let workspace = Workspace::load(&statements, &[], &controls, &mut diagnostics).expect("the workspace is in order");
        let tables = ["events", "artifacts", "people", "aliases"];
        let tables = tables.iter().map(|name| ((*name).to_owned(), controls.tables[*name].clone())).collect();
        World { controls, tables, workspace }
    })
}

fn read(bytes: &[u8], part_bytes: usize) -> Artifact {
    let world = world();
    let mut frame = world.workspace.frame.clone();
    frame.part_bytes = part_bytes;
    let files = [FoundFile { path: "file".into(), content: Ok(bytes.to_vec().into()) }];
    let adapters = BTreeMap::from([("aws-cloudtrail".to_owned(), world.controls.adapters["aws-cloudtrail"].clone())]);
    let mut ledger = normalise(&files, &BTreeMap::new(), &adapters, &world.tables, &frame, &mut Diagnostics::default(), |_| {});
    ledger.artifacts.remove("file").expect("every file is accounted for")
}

const FIRST: &str = r#"{"eventID":"1","eventTime":"2026-07-03T08:00:00Z","eventSource":"a","eventName":"b","userIdentity":{"type":"c"}}"#;

fuzz_target!(|data: &[u8]| {
    let in_array = data.first().is_some_and(|byte| byte % 2 == 0);
    let separator = if in_array { "," } else { "\n" };
    let opening = if in_array { "[" } else { "" };
    let closing = if in_array { "]" } else { "\n" };
    let repeated = [FIRST; 4].join(separator);
    let bytes = [opening.as_bytes(), repeated.as_bytes(), separator.as_bytes(), data.get(1..).unwrap_or_default(), closing.as_bytes()].concat();
    let parts = read(&bytes, 128);
    assert_eq!(parts.kept + parts.rejected, parts.read);
    let whole = read(&bytes, 1 << 30);
    assert_eq!(whole.kept + whole.rejected, whole.read);
    if whole.read > 0 && whole.rejected == 0 && parts.rejected == 0 {
        assert_eq!(whole.read, parts.read);
    }
});
