//! The files of a pack, ready to be sealed and written.

use std::collections::BTreeMap;

use super::Assessed;
use super::machine::machine_files;
use super::redaction::{Redacted, ledger, redacted};
use crate::assessment::{REGISTER_COLUMNS, RegisterRecord, register_csv};
use crate::base::{Digest, SourceTree};
use crate::pack;
use crate::render::{RenderError, html, pdf, text, workbook};
use crate::report::{Report, Wording, build, machine};

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

/// Renders every document and seals the pack.
pub fn outputs(
    assessed: Assessed,
    statements: &SourceTree,
    disclosure: &Disclosure,
    templates: &SourceTree,
    wording: &Wording,
    fonts: &[Vec<u8>],
    mut progress: impl FnMut(&str),
) -> Result<OutputFiles, RenderError> {
    let Assessed { assessment, observations, copies, names, .. } = assessed;
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
    progress("writing machine forms");
    files.extend(machine_files(&machine(&assessment, wording, None))?);
    progress("writing the register");
    files.extend(register_workbook(&assessment.register).map(|bytes| ("register.xlsx".to_owned(), bytes)));
    let machine = json(&assessment);
    progress("rendering index.html");
    files.insert("index.html".into(), html::render(&report, templates)?);
    progress("rendering report.pdf");
    let rendered = pdf::render(&report, &machine, templates, fonts)?;
    files.insert("report.pdf".into(), rendered.bytes);
    files.insert("README.txt".into(), text::render(&report, templates, "text/README.txt.j2")?);
    files.insert("assessment.json".into(), machine);
    progress("sealing");
    let (files, digest) = pack::seal(files);
    Ok(OutputFiles { files, digest, report, unshown: rendered.unshown })
}

/// The register for a spreadsheet; none where it has more rows than a sheet can.
fn register_workbook(register: &[RegisterRecord]) -> Option<Vec<u8>> {
    const ROWS_MAX: usize = 1_048_575;
    if register.len() > ROWS_MAX {
        return None;
    }
    workbook::xlsx("Register", &REGISTER_COLUMNS, register.iter().map(RegisterRecord::cells)).ok()
}

fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data");
    bytes.push(b'\n');
    bytes
}
