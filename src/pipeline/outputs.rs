//! The files of a pack, ready to be sealed and written.

use std::collections::BTreeMap;

use super::Assessed;
use super::machine::{machine_files, register_workbook};
use super::redaction::{Redacted, ledger, redacted};
use crate::assessment::{Assessment, register_csv, written};
use crate::base::{Digest, SourceTree};
use crate::pack::{self, PART};
use crate::render::{RenderError, html, pdf, text};
use crate::report::{Report, Wording, build, build_part, machine};

/// A sealed pack in memory.
pub struct OutputFiles {
    pub files: BTreeMap<String, Vec<u8>>,
    /// Digest of the manifest.
    pub digest: Digest,
    pub report: Report,
    /// Characters that no font could show in the PDF.
    pub unshown: Vec<char>,
}

/// Whether a pack shows the names of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disclosure {
    Full,
    /// Pseudonyms in the place of names; copies of artifacts of these classifications stay out.
    Redacted {
        withhold: Vec<String>,
    },
}

/// What documents are rendered with.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub templates: &'a SourceTree,
    pub wording: &'a Wording,
    /// Further font files.
    pub fonts: &'a [Vec<u8>],
    pub set: Set,
}

/// Which reports there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Set {
    /// One report over all frameworks.
    #[default]
    Combined,
    /// Besides that, one for each framework, where there are several.
    PerFramework,
}

impl<'a> Look<'a> {
    /// One report, with the built-in fonts.
    pub fn new(templates: &'a SourceTree, wording: &'a Wording) -> Look<'a> {
        Look { templates, wording, fonts: &[], set: Set::Combined }
    }
}

/// Renders every document and seals the pack.
pub fn outputs(
    assessed: Assessed,
    statements: &SourceTree,
    disclosure: &Disclosure,
    look: Look<'_>,
    progress: impl Fn(&str) + Sync,
) -> Result<OutputFiles, RenderError> {
    let Look { templates, wording, fonts, .. } = look;
    let Assessed { assessment, ledger: evidence, observations, copies, names } = assessed;
    // The tables have said what they had to say.
    drop(evidence);
    let observations = observations.into_iter().map(|(id, csv)| (format!("observations/{id}.csv"), csv));
    let statements = statements.iter().map(|(name, bytes)| (format!("workspace/{name}"), bytes.to_vec()));
    let mut material: BTreeMap<String, Vec<u8>> = observations.chain(statements).collect();
    material.insert("register.csv".into(), register_csv(&assessment.register));
    let Redacted { assessment, mut files, hidden } = match disclosure {
        Disclosure::Redacted { withhold } => {
            progress("hiding names");
            redacted(&assessment, material, copies, &names, withhold)
        }
        Disclosure::Full => {
            let mut files = material;
            files.extend(copies);
            if !names.is_empty() {
                files.insert("names.json".into(), json(&names.list));
            }
            Redacted { assessment, files, hidden: Vec::new() }
        }
    };
    files.insert("masking.csv".into(), ledger(&assessment, &hidden));
    let report = build(&assessment, wording);
    progress("rendering report.pdf, index.html and the machine forms");
    let record = written::bytes(&assessment);
    let (rendered, page, forms, register, parts) = std::thread::scope(|scope| {
        let page = aside(scope, || html::render(&report, templates));
        let forms = aside(scope, || machine_files(machine(&assessment, wording, None)));
        let register = aside(scope, || register_workbook(&assessment));
        let parts = aside(scope, || parts(&assessment, look));
        // The longest of them on this thread. None reads what another one writes, so the bytes do not depend on who is first.
        let rendered = pdf::render(&report, &record, templates, fonts);
        (rendered, joined(page), joined(forms), joined(register), joined(parts))
    });
    let mut rendered = rendered?;
    let parts = parts?;
    rendered.unshown.extend(parts.unshown);
    rendered.unshown.sort_unstable();
    rendered.unshown.dedup();
    files.extend(parts.files);
    files.insert("report.pdf".into(), rendered.bytes);
    files.insert("index.html".into(), page?);
    files.extend(forms?);
    files.insert("register.xlsx".into(), register?);
    files.insert("README.txt".into(), text::render(&report, templates, "text/README.txt.j2")?);
    files.insert("assessment.json".into(), record);
    progress("sealing");
    let (files, digest) = pack::seal(files);
    Ok(OutputFiles { files, digest, report, unshown: rendered.unshown })
}

/// The reports on one framework each.
#[derive(Default)]
struct Parts {
    files: BTreeMap<String, Vec<u8>>,
    unshown: Vec<char>,
}

/// Renders a report on each framework alone, one after the other, where they are asked for and there are several.
fn parts(assessment: &Assessment, look: Look<'_>) -> Result<Parts, RenderError> {
    let mut made = Parts::default();
    if look.set != Set::PerFramework || assessment.frameworks.len() < 2 {
        return Ok(made);
    }
    for framework in &assessment.frameworks {
        let part = assessment.restricted(std::slice::from_ref(&framework.framework));
        let report = build_part(&part, assessment, look.wording);
        let name = framework.framework.replace('@', "-");
        let pdf = pdf::render(&report, &written::bytes(&part), look.templates, look.fonts)?;
        made.unshown.extend(pdf.unshown);
        made.files.insert(format!("{PART}{name}.pdf"), pdf.bytes);
        made.files.insert(format!("{PART}{name}.html"), html::render(&report, look.templates)?);
    }
    Ok(made)
}

/// Runs a renderer on a thread of its own, with the stack that a main thread has: Markdown of strangers may nest.
fn aside<'scope, T: Send + 'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    job: impl FnOnce() -> T + Send + 'scope,
) -> std::thread::ScopedJoinHandle<'scope, T> {
    const STACK_BYTES: usize = 8 * 1024 * 1024;
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, job).expect("the system gives a thread")
}

/// What the thread made; a bug in it goes on here.
fn joined<T>(handle: std::thread::ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|bug| std::panic::resume_unwind(bug))
}

fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data");
    bytes.push(b'\n');
    bytes
}
