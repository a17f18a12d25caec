//! A pack worked through again, from the pack alone: the statements below `workspace/` and the copies below `artifacts/` go through the same
//! stages, and must lead to the same clauses, the same root and the same bytes of every file.
//!
//! Secrets are masked in the copies, so a copy has not the digest of its original: that is taken from the record, and so are the names that
//! stand behind pseudonyms, because their salt is a digest over the originals. Everything else is found out again.
//! In: a verified full pack and the controls. Out: what differs. A file without a copy cannot be worked through, and is told.

use std::collections::{BTreeMap, BTreeSet};

use super::workspace::{BESIDE, NOTE, WORKSPACE_FILES, take_controls};
use super::{Assessed, Controls, Disclosure, Look, Workspace, assess, outputs};
use crate::assessment::{ArtifactRecord, Assessment, ClauseResult, Names};
use crate::base::{Diagnostics, Digest, FoundFile, SourceTree};
use crate::pack::{MANIFEST, SealFile};
use crate::render::RenderError;

/// A full pack, taken apart.
pub struct Kept {
    pub assessment: Assessment,
    pub names: Names,
    pub statements: SourceTree,
    pub evidence: Vec<FoundFile>,
    /// The organisation's own controls, which the workspace held.
    pub controls: SourceTree,
}

impl Kept {
    /// The workspace as it was, with what only the record still tells. Nothing where its statements cannot be used with these controls;
    /// then `diagnostics` says why.
    pub fn workspace(&self, controls: &Controls, diagnostics: &mut Diagnostics) -> Option<Workspace> {
        let mut workspace = Workspace::load(&self.statements, &self.evidence, controls, diagnostics)?;
        workspace.stated.previous = self.assessment.frame.previous.clone();
        workspace.names = Some(self.names.clone());
        let original = |own: &ArtifactRecord| Some((own.path.clone(), (own.sha256.clone()?, own.bytes)));
        workspace.frame.originals = self.assessment.artifacts.iter().filter_map(original).collect();
        Some(workspace)
    }
}

/// What working through it again gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rederived {
    pub clauses: usize,
    /// Files that came out of the stages again; statements and copies of evidence go in and do not count.
    pub files: usize,
    /// Each with a stable code, the clause or file concerned, and a message.
    pub differences: Vec<(&'static str, String, String)>,
    /// Evidence that the pack holds no copy of.
    pub without_copy: Vec<String>,
}

impl Rederived {
    fn add(&mut self, code: &'static str, what: impl Into<String>, message: impl Into<String>) {
        self.differences.push((code, what.into(), message.into()));
    }
}

/// Takes a pack apart into what its workspace was.
pub fn take_apart(files: &SourceTree, assessment: Assessment, names: Names, diagnostics: &mut Diagnostics) -> Kept {
    let mut statements = SourceTree::default();
    let mut evidence = Vec::new();
    for (path, bytes) in files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix("workspace/")?, bytes))) {
        if WORKSPACE_FILES.contains(&path) || path.ends_with(BESIDE) || path.ends_with(NOTE) {
            statements.insert(path, bytes);
        } else {
            // Own controls: what else a workspace states is not copied there.
            evidence.push(FoundFile { path: path.to_owned(), content: Ok(bytes.to_vec().into()) });
        }
    }
    let controls = take_controls(&mut statements, &mut evidence, diagnostics);
    for artifact in &assessment.artifacts {
        let copy = artifact.packed.as_deref().and_then(|path| files.get(path));
        let content = copy.map(|bytes| bytes.to_vec().into()).ok_or_else(|| artifact.note.clone());
        evidence.push(FoundFile { path: artifact.path.clone(), content });
    }
    evidence.sort_by(|one, two| one.path.cmp(&two.path));
    Kept { assessment, names, statements, evidence, controls }
}

/// Assesses again and renders again, and compares with what the pack holds. Nothing where the statements cannot be used with these controls;
/// then `diagnostics` says why.
pub fn rederive(
    kept: Kept,
    files: &SourceTree,
    controls: &Controls,
    look: Look<'_>,
    diagnostics: &mut Diagnostics,
    progress: impl Fn(&str) + Sync,
) -> Result<Option<Rederived>, RenderError> {
    let Some(workspace) = kept.workspace(controls, diagnostics) else { return Ok(None) };
    let Kept { assessment, names, evidence, .. } = kept;
    let Some(again) = assess(controls, &workspace, &evidence, diagnostics, &progress) else { return Ok(None) };
    let mut found = Rederived {
        clauses: assessment.clauses.len(),
        without_copy: assessment.artifacts.iter().filter(|own| own.packed.is_none()).map(|own| own.path.clone()).collect(),
        ..Rederived::default()
    };
    compare_controls(&assessment, &again.assessment, &mut found);
    compare_clauses(&assessment, &again.assessment, &names, &mut found);
    compare_records(&assessment, &again.assessment, &mut found);
    // The reports are rendered from the record: what they say must be what it says. Lists of observations are those found now.
    let copies = assessment
        .artifacts
        .iter()
        .filter_map(|own| own.packed.as_ref())
        .filter_map(|path| Some((path.clone(), files.get(path)?.to_vec())));
    let rendered = Assessed { copies: copies.collect(), assessment, observations: again.observations, ledger: again.ledger, names };
    let made = outputs(rendered, &workspace.statements, &Disclosure::Full, look, &progress)?;
    compare_files(files, &made.files, &mut found);
    Ok(Some(found))
}

/// Other controls lead to other clauses; then the reason is told, not only its effects.
fn compare_controls(kept: &Assessment, again: &Assessment, found: &mut Rederived) {
    if kept.tool.version != again.tool.version {
        found.add(
            "rederived-tool",
            "tickmark",
            format!("the pack was made by version {}, this is {}", kept.tool.version, again.tool.version),
        );
    }
    let digests = |assessment: &Assessment| -> BTreeMap<(String, String), Digest> {
        let inputs = assessment.inputs.iter().filter(|input| input.kind != "workspace");
        inputs.map(|input| ((input.kind.clone(), input.name.clone()), input.digest.clone())).collect()
    };
    let (before, now) = (digests(kept), digests(again));
    let all: BTreeSet<&(String, String)> = before.keys().chain(now.keys()).collect();
    for key in all.into_iter().filter(|key| before.get(key) != now.get(key)) {
        found.add("rederived-controls", format!("{} {}", key.0, key.1), "not the one that the pack was made with");
    }
}

fn compare_clauses(kept: &Assessment, again: &Assessment, names: &Names, found: &mut Rederived) {
    let name = |clause: &ClauseResult| format!("{} {}", clause.framework, clause.clause);
    let now: BTreeMap<String, &ClauseResult> = again.clauses.iter().map(|clause| (name(clause), clause)).collect();
    for clause in &kept.clauses {
        let what = name(clause);
        match now.get(&what) {
            None => found.add("rederived-clause", what, "these controls have no such clause"),
            Some(own) if own.status != clause.status => {
                let word = |clause: &ClauseResult| clause.status.map_or("none".to_owned(), |status| status.to_string());
                found.add("rederived-verdict", what, format!("the pack says {}, and it is {} now", word(clause), word(own)));
            }
            Some(own) if names.hide_clause(own).computed_digest() != clause.digest => {
                found.add("rederived-clause", what, "the same verdict with other reasons, or resting on something else");
            }
            Some(_) => {}
        }
    }
    if kept.clauses.len() != again.clauses.len() || again.root != kept.root {
        found.add("rederived-root", "assessment.json", format!("the root is {} now", again.root));
    }
}

/// Everything that is said besides the clauses, which the root does not cover.
fn compare_records(kept: &Assessment, again: &Assessment, found: &mut Rederived) {
    // Of a copy it is not known again how many secrets were masked in it, and nothing of a file without one.
    let known = |assessment: &Assessment| -> Vec<ArtifactRecord> {
        let with_copy = kept.artifacts.iter().zip(&assessment.artifacts).filter(|(own, _)| own.packed.is_some());
        with_copy.map(|(_, own)| ArtifactRecord { secrets: 0, packed: None, packed_sha256: None, ..own.clone() }).collect()
    };
    for (what, is_same) in [
        ("frame", kept.frame == again.frame),
        ("frameworks", kept.frameworks == again.frameworks),
        ("objectives", kept.objectives == again.objectives),
        ("artifacts", kept.artifacts.len() == again.artifacts.len() && known(kept) == known(again)),
        ("exceptions", kept.exceptions == again.exceptions),
        ("documents", kept.documents == again.documents),
        ("systems", kept.systems == again.systems),
        ("coverage", kept.coverage == again.coverage),
        ("reconciliation", kept.reconciliation == again.reconciliation),
        ("register", kept.register == again.register),
        ("dossiers", kept.dossiers == again.dossiers),
        ("samples", kept.samples == again.samples),
    ] {
        if !is_same {
            found.add("rederived-record", "assessment.json", format!("what it says under `{what}` is not what comes out now"));
        }
    }
}

fn compare_files(files: &SourceTree, made: &BTreeMap<String, Vec<u8>>, found: &mut Rederived) {
    let is_kept = |path: &str| path != MANIFEST && SealFile::of(path).is_none();
    let goes_in =
        |path: &str| path.starts_with("workspace/") || path.starts_with("artifacts/") || matches!(path, "assessment.json" | "names.json");
    for (path, bytes) in files.iter().filter(|(path, _)| is_kept(path)) {
        found.files += usize::from(!goes_in(path));
        match made.get(path) {
            None => found.add("rederived-file", path, "it does not come out again"),
            Some(now) if now != bytes => found.add("rederived-file", path, "other bytes come out now"),
            Some(_) => {}
        }
    }
    for path in made.keys().filter(|path| is_kept(path) && files.get(path).is_none()) {
        found.add("rederived-file", path, "it comes out now, and the pack does not hold it");
    }
}
