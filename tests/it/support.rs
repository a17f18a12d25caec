//! What the suites share: running the library over a folder, and finding the material beside the checkout.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tickmark::base::{Diagnostics, FoundFile, SourceTree};
use tickmark::io;
use tickmark::pipeline::{Assessed, Controls, Workspace, assess, outputs};
use tickmark::report::Wording;
use tickmark::verify::{Trust, Verification, verify, verify_folder};

/// Verifies a pack both ways: with its files in memory, and each read where it lies. They must find the same.
pub fn verified(files: &BTreeMap<String, Vec<u8>>) -> Verification {
    let mut tree = SourceTree::default();
    files.iter().for_each(|(path, bytes)| tree.insert(path.clone(), bytes.clone()));
    let in_memory = verify(&tree, &[]);
    let found: Vec<FoundFile> =
        files.iter().map(|(path, bytes)| FoundFile { path: path.clone(), content: Ok(bytes.clone().into()) }).collect();
    assert_eq!(verify_folder(&found, &Trust::default()), in_memory);
    in_memory
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn sample(quarter: &str) -> PathBuf {
    root().join("evidence-samples/nordhavn-pay").join(quarter)
}

/// A folder beside the checkout that is not part of the repository; its suites say so when it is missing.
pub fn shared(name: &str) -> Option<PathBuf> {
    let folder = root().join("../shared").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: ../shared/{name} is not here, so there is nothing to compare with");
    None
}

pub fn controls() -> &'static Controls {
    static CONTROLS: OnceLock<Controls> = OnceLock::new();
    CONTROLS.get_or_init(|| {
        let mut diagnostics = Diagnostics::default();
        let controls = Controls::load(io::embedded_controls(), &mut diagnostics);
        assert_no_errors(diagnostics);
        controls
    })
}

pub fn assert_no_errors(diagnostics: Diagnostics) {
    let shown: Vec<String> = diagnostics.sorted().iter().map(|diagnostic| diagnostic.render(false)).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n\n"));
}

/// Assesses a workspace on disk and expects it to be in order.
pub fn assessed(folder: &Path) -> (Assessed, SourceTree) {
    let (statements, files) = io::read_workspace(folder).expect("the folder can be read");
    (assessed_from(&statements, &files), statements)
}

pub fn assessed_from(statements: &SourceTree, files: &[FoundFile]) -> Assessed {
    let mut diagnostics = Diagnostics::default();
    let workspace = Workspace::load(statements, files, controls(), &mut diagnostics).expect("the workspace can be used");
    let assessed = assess(controls(), &workspace, files, &mut diagnostics, |_| {});
    let shown: Vec<String> = diagnostics.sorted().iter().map(|diagnostic| diagnostic.render(false)).collect();
    assessed.unwrap_or_else(|| panic!("{}", shown.join("\n\n")))
}

/// The assessment of one quarter of the sample, made once.
pub fn quarter(name: &'static str) -> &'static Assessed {
    static QUARTERS: OnceLock<BTreeMap<&'static str, Assessed>> = OnceLock::new();
    &QUARTERS.get_or_init(|| ["2026-Q2", "2026-Q3"].into_iter().map(|quarter| (quarter, assessed(&sample(quarter)).0)).collect())[name]
}

/// The files of the third quarter's pack, made once.
pub fn sample_pack() -> &'static BTreeMap<String, Vec<u8>> {
    static PACK: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    PACK.get_or_init(|| pack_files(&sample("2026-Q3")))
}

pub fn pack_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (assessed, statements) = assessed(folder);
    let templates = io::embedded_templates();
    let mut diagnostics = Diagnostics::default();
    let wording = Wording::load(&templates, "en", &mut diagnostics);
    assert_no_errors(diagnostics);
    outputs(assessed, &statements, &tickmark::pipeline::Disclosure::Full, tickmark::pipeline::Look::new(&templates, &wording), |_| {})
        .expect("the built-in templates render")
        .files
}

/// A minimal workspace in memory: one framework, judged at the end of September 2026.
pub fn workspace(evidence: &[(&str, &[u8])], artifacts: &str) -> (SourceTree, Vec<FoundFile>) {
    let mut statements = SourceTree::default();
    statements.insert(
        "tickmark.yaml",
        "organisation: Test\nscope: Everything.\nperiod: {from: 2026-07-01, to: 2026-09-30}\nas_of: \"2026-09-30T23:59:59Z\"\nzone: UTC\n\
         frameworks: [owasp-nhi-top10@2025]\n",
    );
    if !artifacts.is_empty() {
        statements.insert("artifacts.yaml", artifacts);
    }
    let files = evidence.iter().map(|(path, bytes)| FoundFile { path: (*path).to_owned(), content: Ok(bytes.to_vec().into()) }).collect();
    (statements, files)
}

/// A PDF with its compressed streams unpacked: objects lie in some of them.
pub fn plain_text_of(pdf: &[u8]) -> String {
    use std::io::Read as _;
    let mut text = String::from_utf8_lossy(pdf).into_owned();
    let mark = b"stream\n";
    for at in (0..pdf.len().saturating_sub(mark.len())).filter(|at| pdf[*at..].starts_with(mark)) {
        let mut inside = Vec::new();
        // What is no compressed stream gives nothing, or its beginning.
        let _ = flate2::read::ZlibDecoder::new(&pdf[at + mark.len()..]).read_to_end(&mut inside);
        text.push_str(&String::from_utf8_lossy(&inside));
    }
    text
}
