//! One clause alone: a small pack with some clauses, what they rest on, and the proofs that lead to the root of the whole pack.
//!
//! In: the files of a pack that holds, and the clauses asked for. Out: the files of the excerpt, which tells nothing of other clauses.
//! Clauses are in the form that their digests are taken over: pseudonyms in the place of names.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::assessment::{ArtifactRecord, Assessment, ClauseResult, FrameRecord, Names, leaves_of};
use crate::base::digest::merkle_proofs;
use crate::base::{Digest, InclusionProof, SourceTree};
use crate::pack::{MANIFEST, SealFile, files_root, manifest_leaves, read_manifest, signature_numbers};

/// The record of an excerpt.
pub const FILE: &str = "excerpt.json";
/// Version of that record.
pub const SCHEMA: &str = "tickmark-excerpt/1";
/// Where the statements of the whole pack's signers lie.
pub const ORIGIN: &str = "origin/";

/// Some clauses of a pack, each proved to belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// `tickmark-excerpt/1`.
    pub schema: String,
    pub frame: FrameRecord,
    /// Merkle root over all clauses of the whole pack.
    pub root: Digest,
    /// Digest of the whole pack's manifest.
    pub pack: Digest,
    /// Merkle root over the lines of that manifest.
    pub files_root: Digest,
    pub clauses: Vec<ProvedClause>,
    /// Every artifact that these clauses rest on.
    pub exhibits: Vec<ArtifactRecord>,
    /// Copies of them, each proved to be a file of the whole pack.
    pub files: Vec<ProvedFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvedClause {
    pub clause: ClauseResult,
    pub proof: InclusionProof,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvedFile {
    pub path: String,
    pub digest: Digest,
    pub proof: InclusionProof,
}

impl ProvedFile {
    /// The line of the manifest that the proof is about.
    pub fn leaf(&self) -> Vec<u8> {
        format!("{}  {}", self.digest, self.path).into_bytes()
    }
}

/// Why an excerpt could not be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExcerptError {
    #[error("the pack has no clause `{0}`")]
    UnknownClause(String),
    #[error("`{0}` is a clause of several frameworks; write it as one of: {1}")]
    Ambiguous(String, String),
}

/// Takes clauses out of a pack whose files were verified. A clause is named as `pci-dss@4.0.1 8.6.2`, or by its id where only one has it.
pub fn take(
    files: &SourceTree,
    assessment: &Assessment,
    names: &Names,
    wanted: &[String],
) -> Result<BTreeMap<String, Vec<u8>>, ExcerptError> {
    let hidden = if names.is_empty() { assessment.clone() } else { names.hide_assessment(assessment) };
    let places = places(assessment, wanted)?;
    let proofs = merkle_proofs(&leaves_of(&hidden.clauses), &places);
    let clauses: Vec<ProvedClause> =
        places.iter().zip(proofs).map(|(place, proof)| ProvedClause { clause: hidden.clauses[*place].clone(), proof }).collect();
    let cited: BTreeSet<&String> =
        clauses.iter().flat_map(|own| own.clause.evidence.iter().chain(own.clause.basis.evidence.keys())).collect();
    let mut taken = BTreeMap::new();
    let mut exhibits = Vec::new();
    for (full, own) in assessment.artifacts.iter().zip(&hidden.artifacts).filter(|(_, own)| cited.contains(&own.path)) {
        let mut own = own.clone();
        own.packed = full.packed.clone().filter(|path| files.get(path).is_some());
        if let Some((path, bytes)) = own.packed.as_ref().and_then(|path| Some((path.clone(), files.get(path)?))) {
            taken.insert(path, bytes.to_vec());
        }
        exhibits.push(own);
    }
    let manifest = files.text(MANIFEST).unwrap_or_default();
    let proved = prove_files(manifest, taken.keys());
    taken.extend(observations(files, names, &clauses));
    taken.extend(statements(files));
    let excerpt = Excerpt {
        schema: SCHEMA.to_owned(),
        frame: hidden.frame.clone(),
        root: assessment.computed_root(),
        pack: Digest::of(manifest.as_bytes()),
        files_root: files_root(manifest),
        clauses,
        exhibits,
        files: proved,
    };
    taken.insert("README.txt".to_owned(), readme(&excerpt, &taken).into_bytes());
    let mut record = serde_json::to_vec_pretty(&excerpt).expect("plain data");
    record.push(b'\n');
    taken.insert(FILE.to_owned(), record);
    Ok(taken)
}

/// The places of the clauses asked for, in the order of the pack, each once.
pub fn places(assessment: &Assessment, wanted: &[String]) -> Result<Vec<usize>, ExcerptError> {
    let mut places = BTreeSet::new();
    for name in wanted {
        let full = |clause: &ClauseResult| format!("{} {}", clause.framework, clause.clause);
        let fits = |clause: &ClauseResult| *name == clause.clause || *name == full(clause);
        let found: Vec<(usize, &ClauseResult)> = assessment.clauses.iter().enumerate().filter(|(_, clause)| fits(clause)).collect();
        match found.as_slice() {
            [] => return Err(ExcerptError::UnknownClause(name.clone())),
            [(place, _)] => _ = places.insert(*place),
            several => {
                let all: Vec<String> = several.iter().map(|(_, clause)| format!("`{}`", full(clause))).collect();
                return Err(ExcerptError::Ambiguous(name.clone(), all.join(", ")));
            }
        }
    }
    Ok(places.into_iter().collect())
}

fn prove_files<'a>(manifest: &str, paths: impl Iterator<Item = &'a String>) -> Vec<ProvedFile> {
    let (lines, _) = read_manifest(manifest);
    let by_path: BTreeMap<&str, (usize, &Digest)> =
        lines.iter().map(|line| (line.path.as_str(), (line.number - 1, &line.digest))).collect();
    let found: Vec<(&String, (usize, &Digest))> = paths.filter_map(|path| Some((path, *by_path.get(path.as_str())?))).collect();
    let places: Vec<usize> = found.iter().map(|(_, (place, _))| *place).collect();
    let proofs = merkle_proofs(&manifest_leaves(manifest), &places);
    found
        .into_iter()
        .zip(proofs)
        .map(|((path, (_, digest)), proof)| ProvedFile { path: path.clone(), digest: digest.clone(), proof })
        .collect()
}

/// The lists of observations that the clauses rest on, names hidden as their digests want it.
fn observations(files: &SourceTree, names: &Names, clauses: &[ProvedClause]) -> BTreeMap<String, Vec<u8>> {
    let ids = clauses.iter().flat_map(|own| own.clause.basis.objectives.iter()).filter(|(_, basis)| basis.observations.is_some());
    let paths: BTreeSet<String> = ids.map(|(id, _)| format!("observations/{id}.csv")).collect();
    let hidden = |path: String| {
        let text = files.text(&path)?;
        Some((path, names.hide(text).into_bytes()))
    };
    paths.into_iter().filter_map(hidden).collect()
}

/// What the signers of the whole pack state over its roots. Their signatures over the manifest would need the manifest, which tells more.
fn statements(files: &SourceTree) -> BTreeMap<String, Vec<u8>> {
    let parts = signature_numbers(files).into_iter().flat_map(|number| [SealFile::Statement(number), SealFile::Signer(number)]);
    let moved = |file: SealFile| {
        let path = file.path();
        let bytes = files.get(&path)?.to_vec();
        Some((path.replacen("seal/", ORIGIN, 1), bytes))
    };
    parts.filter_map(moved).collect()
}

fn readme(excerpt: &Excerpt, files: &BTreeMap<String, Vec<u8>>) -> String {
    let clauses: String =
        excerpt.clauses.iter().map(|own| format!("  {} {}  {}\n", own.clause.framework, own.clause.clause, own.clause.label)).collect();
    let signed = if files.keys().any(|path| path.starts_with(ORIGIN)) {
        "origin/            what the signers of the whole pack state over its roots, with their public keys\n"
    } else {
        ""
    };
    format!(
        "Excerpt of: {title}\n{organisation}, {from} to {to}, judged as of {as_of}\n\n{clauses}\n\
         excerpt.json       these clauses in full, the digests that they rest on, and the proofs that lead to the roots\n\
         artifacts/         copies of the evidence that they rest on, secret values masked\n\
         observations/      every member of every population that was tested for them\n{signed}\
         SHA256SUMS         the digest of every other file here\n\n\
         To check that nothing was changed, in this folder:\n\n    sha256sum -c SHA256SUMS\n\n\
         To check that these clauses and this evidence belong to the whole pack:\n\n    tickmark verify .\n\n\
         Merkle root over all clauses of the whole pack: {root}\n\
         Merkle root over the lines of its manifest:     {files_root}\n\
         Digest of its manifest:                         {pack}\n\
         Whoever holds one of these roots from a trusted source, or knows a signer's key, needs no other part of the pack.\n",
        title = excerpt.frame.title,
        organisation = excerpt.frame.organisation,
        from = excerpt.frame.period_from,
        to = excerpt.frame.period_to,
        as_of = excerpt.frame.as_of,
        root = excerpt.root,
        files_root = excerpt.files_root,
        pack = excerpt.pack,
    )
}
