//! The statements of a workspace are typed by people and handed on by strangers: every text gives a workspace or diagnostics.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use tickmark::base::{Diagnostics, SourceTree};
use tickmark::pipeline::{Controls, Workspace};

fuzz_target!(|data: &[u8]| {
    static CONTROLS: OnceLock<Controls> = OnceLock::new();
    let controls = CONTROLS.get_or_init(|| Controls::load(tickmark::io::embedded_controls(), &mut Diagnostics::default()));
    let Some((file, rest)) = data.split_first() else { return };
    let names = ["tickmark.yaml", "artifacts.yaml", "exceptions.yaml", "documents.yaml", "samples.yaml", "profile.yaml"];
    let mut statements = SourceTree::default();
    statements.insert(
        "tickmark.yaml",
        "organisation: Fuzz\nscope: Everything.\nperiod: {from: 2026-07-01, to: 2026-09-30}\nas_of: \"2026-09-30T23:59:59Z\"\nzone: UTC\n\
         frameworks: [owasp-nhi-top10@2025]\n",
    );
    statements.insert(names[usize::from(*file) % names.len()], rest);
    let mut diagnostics = Diagnostics::default();
    let loaded = Workspace::load(&statements, &[], controls, &mut diagnostics);
    assert!(loaded.is_some() || diagnostics.has_errors(), "a workspace that cannot be used has a reason");
    for diagnostic in diagnostics.sorted() {
        let _ = diagnostic.render(false);
    }
});
