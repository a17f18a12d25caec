//! The files of a pack, ready to be sealed and written.

use std::collections::BTreeMap;

use super::Assessed;
use crate::base::{Digest, SourceTree};
use crate::pack;
use crate::render::{RenderError, html, pdf, text};
use crate::report::{Report, Wording, build};

/// A sealed pack in memory.
pub struct OutputFiles {
    pub files: BTreeMap<String, Vec<u8>>,
    /// Digest of the manifest.
    pub digest: Digest,
    pub report: Report,
    /// Characters that no font could show in the PDF.
    pub unshown: Vec<char>,
}

/// Renders every document and seals the pack.
pub fn outputs(
    assessed: Assessed,
    statements: &SourceTree,
    templates: &SourceTree,
    wording: &Wording,
    fonts: &[Vec<u8>],
    mut progress: impl FnMut(&str),
) -> Result<OutputFiles, RenderError> {
    let Assessed { assessment, observations, copies, .. } = assessed;
    let report = build(&assessment, wording);
    let mut machine = serde_json::to_vec_pretty(&assessment).expect("plain data");
    machine.push(b'\n');
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    progress("rendering index.html");
    files.insert("index.html".into(), html::render(&report, templates)?);
    progress("rendering report.pdf");
    let rendered = pdf::render(&report, &machine, templates, fonts)?;
    files.insert("report.pdf".into(), rendered.bytes);
    files.insert("README.txt".into(), text::render(&report, templates, "text/README.txt.j2")?);
    files.insert("assessment.json".into(), machine);
    files.extend(observations.into_iter().map(|(id, csv)| (format!("observations/{id}.csv"), csv)));
    files.extend(copies);
    files.extend(statements.iter().map(|(name, bytes)| (format!("workspace/{name}"), bytes.to_vec())));
    progress("sealing");
    let (files, digest) = pack::seal(files);
    Ok(OutputFiles { files, digest, report, unshown: rendered.unshown })
}
