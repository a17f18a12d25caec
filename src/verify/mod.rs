//! Proves a pack from its bytes alone, or names everything that does not hold.
//!
//! In: the files of a folder or an archive, and whom the checker trusts. Out: what was checked and every breach.
//! Needs neither engine nor catalog nor clock.

mod chain;
mod excerpt;
mod seal;
mod statements;

mod record;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use crate::assessment::inputs::{ListedRows, each_observation};
use crate::assessment::parts::{PartsError, read_without_lists};
use crate::assessment::{
    ArtifactRecord, Assessment, ClauseResult, FrameRecord, NameList, Names, ObjectiveResult, Outcome, SCHEMA, Tally, in_force,
};
use crate::base::{Digest, SourceTree};
use crate::pack::{self, MANIFEST, PART, SealFile};

pub use chain::{Chain, ChainLink, walk};
pub use seal::{SignatureReport, StampReport, Trust};

pub use record::verify_record;

/// The list of names that a full pack holds.
const NAMES: &str = "names.json";
const REGISTER: &str = "register.csv";

/// A larger JSON file is not parsed: parsed, it would take a multiple of that.
const JSON_BYTES_MAX: usize = 512 * 1024 * 1024;

/// A larger record is not read. Of one of ours nearly all is rows, which are read and not kept.
const RECORD_BYTES_MAX: usize = 2 * 1024 * 1024 * 1024;

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Breach {
    /// Stable: `file-changed`, `clause-changed`, ...
    pub code: &'static str,
    /// The file or clause concerned.
    pub what: String,
    pub message: String,
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// `pack` or `excerpt`.
    pub kind: &'static str,
    /// What the pack says it is; none where that could not be read.
    pub about: Option<About>,
    /// What was looked at, in order, with how many of each.
    pub checked: Vec<Check>,
    pub files: usize,
    pub clauses: usize,
    pub artifacts: usize,
    /// Names and addresses of people that were found when the pack was made.
    pub names: usize,
    /// Whether pseudonyms stand in their place.
    pub redacted: bool,
    /// The Merkle root that was recomputed; none when the assessment could not be read.
    pub root: Option<Digest>,
    /// Digest of the manifest: the digest of the whole pack.
    pub pack: Option<Digest>,
    /// Merkle root over the lines of the manifest.
    pub files_root: Option<Digest>,
    pub signatures: Vec<SignatureReport>,
    pub timestamp: Option<StampReport>,
    pub breaches: Vec<Breach>,
}

/// What a pack says it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    pub organisation: String,
    pub title: String,
    pub period_from: String,
    pub period_to: String,
    pub as_of: String,
    /// Root of the pack of the period before.
    pub previous: Option<Digest>,
}

impl About {
    fn of(frame: &FrameRecord) -> About {
        About {
            organisation: frame.organisation.clone(),
            title: frame.title.clone(),
            period_from: frame.period_from.clone(),
            period_to: frame.period_to.clone(),
            as_of: frame.as_of.clone(),
            previous: frame.previous.clone(),
        }
    }
}

/// One kind of check, and over how many things it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub what: &'static str,
    pub count: usize,
}

/// What verifying an archive that was refused gives: nothing was checked, and why.
pub fn refused(problems: Vec<(String, String)>) -> Verification {
    let mut verification = nothing_yet(&SourceTree::default());
    verification.breaches = problems.into_iter().map(|(what, message)| Breach { code: "archive-refused", what, message }).collect();
    verification
}

fn nothing_yet(files: &SourceTree) -> Verification {
    Verification {
        kind: "pack",
        about: None,
        checked: Vec::new(),
        files: 0,
        clauses: 0,
        artifacts: 0,
        names: 0,
        redacted: false,
        root: None,
        pack: files.get(MANIFEST).map(Digest::of),
        files_root: files.text(MANIFEST).map(pack::files_root),
        signatures: Vec::new(),
        timestamp: None,
        breaches: Vec::new(),
    }
}

/// Verifies the files of a pack, trusting nobody. `unreadable` are paths that are there but are not plain readable files.
pub fn verify(files: &SourceTree, unreadable: &[(String, String)]) -> Verification {
    verify_trusting(files, unreadable, &Trust::default())
}

/// Verifies the files of a pack or an excerpt, its signatures and its time-stamp by those whom the checker trusts.
pub fn verify_trusting(files: &SourceTree, unreadable: &[(String, String)], trust: &Trust) -> Verification {
    let mut found = Findings::default();
    for (path, reason) in unreadable {
        found.add("file-unreadable", path, reason.clone());
    }
    for (path, other) in pack::collisions(files.iter().map(|(path, _)| path)) {
        found.add("names-collide", path, format!("is `{other}` on a system that ignores case"));
    }
    let mut verification = nothing_yet(files);
    let mut of_manifest = Findings::default();
    // Side by side: neither needs what the other finds, and findings are put in order below. The files of the manifest come last on their side:
    // whoever is done with a record takes over some of them.
    if excerpt::is_excerpt(files) {
        let check = || excerpt::check(files, trust, &mut verification, &mut found);
        (verification.files, ()) = rayon::join(|| check_manifest(files, &mut of_manifest), check);
    } else {
        let names_and_files = || (listed_names(files), check_manifest(files, &mut of_manifest));
        let ((names, listed), assessment) = rayon::join(names_and_files, || read_assessment(files, &mut found));
        if let Some((assessment, rows)) = assessment {
            check_pack(&assessment, &rows, names, files, &mut verification, &mut found);
        }
        verification.files = listed;
    }
    found.0.extend(of_manifest.0);
    seal::check(files, trust, &mut verification, &mut found);
    verification.checked.insert(0, Check { what: "files by their digest in the manifest", count: verification.files });
    if let Some(root) = &trust.root
        && verification.root.as_ref() != Some(root)
    {
        found.add("root-differs", main_file(&verification), format!("the clauses do not have the root {root}"));
    }
    found.0.sort();
    found.0.dedup();
    verification.breaches = found.0;
    verification
}

fn main_file(verification: &Verification) -> &'static str {
    if verification.kind == "excerpt" { excerpt::FILE } else { "assessment.json" }
}

fn check_pack(
    assessment: &Assessment,
    rows: &[Digest],
    listed: Option<ListedNames>,
    files: &SourceTree,
    verification: &mut Verification,
    found: &mut Findings,
) {
    let names = read_names(assessment, listed, found);
    verification.names = assessment.names.found;
    verification.redacted = assessment.names.replaced;
    check_clauses(assessment, &names, found);
    check_objectives(assessment, rows, files, &names, found);
    check_artifacts(assessment, files, found);
    check_workspace(assessment, files, &names, found);
    check_statements(assessment, files, &names, found);
    statements::check(assessment, files, &names, found);
    check_register(assessment, files, &names, found);
    check_renderings(assessment, files, found);
    verification.about = Some(About::of(&assessment.frame));
    verification.clauses = assessment.clauses.len();
    verification.artifacts = assessment.artifacts.len();
    verification.root = Some(assessment.computed_root());
    verification.checked = checks_of(assessment);
}

/// What was looked at in a pack that could be read.
fn checks_of(assessment: &Assessment) -> Vec<Check> {
    let statements = assessment.inputs.iter().filter(|input| input.kind == "workspace").count();
    let copies = assessment.artifacts.iter().filter(|artifact| artifact.packed.is_some()).count();
    [
        ("clauses by their digest, up to the Merkle root", assessment.clauses.len()),
        ("totals against the clauses", assessment.frameworks.len()),
        (
            "lists of observations against what was concluded from them",
            assessment.objectives.iter().filter(|own| own.observations_digest.is_some()).count(),
        ),
        ("exhibits against the record of what was read", copies),
        ("statements of the workspace against what was judged with", statements),
        ("exceptions and documents against the clauses that rest on them", assessment.exceptions.len() + assessment.documents.len()),
        ("register of identities against the record", usize::from(assessment.register_digest.is_some())),
        ("reports that must be there, and the root that the page shows", 2),
    ]
    .into_iter()
    .map(|(what, count)| Check { what, count })
    .collect()
}

#[derive(Default)]
struct Findings(Vec<Breach>);

impl Findings {
    fn add(&mut self, code: &'static str, what: impl Into<String>, message: impl Into<String>) {
        self.0.push(Breach { code, what: what.into(), message: message.into() });
    }
}

/// Every listed file is there and unchanged, and every file is listed.
fn check_manifest(files: &SourceTree, found: &mut Findings) -> usize {
    let Some(text) = files.text(MANIFEST) else {
        found.add("manifest-missing", MANIFEST, "the pack has no readable manifest");
        return 0;
    };
    let (lines, broken) = pack::read_manifest(text);
    for (number, reason) in broken {
        found.add("manifest-line", format!("{MANIFEST}:{number}"), reason);
    }
    let mut listed = BTreeSet::new();
    // The bulk of the work; each result stands at the place of its line, however many threads there are.
    let have: Vec<Option<Digest>> = lines.par_iter().map(|line| files.get(&line.path).map(Digest::of)).collect();
    for (line, have) in lines.iter().zip(have) {
        let place = || format!("{MANIFEST}:{}", line.number);
        if !listed.insert(line.path.as_str()) {
            found.add("manifest-line", place(), format!("`{}` is listed twice", line.path));
        }
        if line.path == MANIFEST || SealFile::of(&line.path).is_some() {
            found.add("manifest-line", place(), format!("`{}` cannot be in the manifest", line.path));
        }
        match have {
            None => found.add("file-missing", &line.path, "listed in the manifest, but not there"),
            Some(digest) if digest != line.digest => found.add("file-changed", &line.path, "its digest is not the listed one"),
            Some(_) => {}
        }
    }
    let is_outside = |path: &str| path == MANIFEST || SealFile::of(path).is_some();
    for (path, _) in files.iter().filter(|(path, _)| !is_outside(path) && !listed.contains(path)) {
        found.add("file-added", path, "there, but not listed in the manifest");
    }
    lines.len()
}

/// The record, and a digest over the observations of each objective that it lists.
fn read_assessment(files: &SourceTree, found: &mut Findings) -> Option<(Assessment, Vec<Digest>)> {
    let Some(bytes) = files.get("assessment.json") else {
        found.add("assessment-missing", "assessment.json", "the pack has no assessment");
        return None;
    };
    if bytes.len() > RECORD_BYTES_MAX {
        let message = format!("it has {} bytes; at most {RECORD_BYTES_MAX} are read", bytes.len());
        found.add("assessment-unreadable", "assessment.json", message);
        return None;
    }
    match read_without_lists(&mut &bytes[..]) {
        Ok(read) => Some(read),
        Err(PartsError::Schema(schema)) => {
            found.add("assessment-schema", "assessment.json", format!("its schema is `{schema}`; this version reads `{SCHEMA}`"));
            None
        }
        Err(error) => {
            found.add("assessment-unreadable", "assessment.json", error.to_string());
            None
        }
    }
}

/// The list of names in a pack with its digest, or why it cannot be read.
type ListedNames = Result<(Names, Option<Digest>), String>;

/// Nothing where a pack has no list of names.
fn listed_names(files: &SourceTree) -> Option<ListedNames> {
    let bytes = files.get(NAMES)?;
    if bytes.len() > JSON_BYTES_MAX {
        return Some(Err(format!("it has {} bytes; at most {JSON_BYTES_MAX} are parsed", bytes.len())));
    }
    let list = serde_json::from_slice::<NameList>(bytes).map_err(|error| error.to_string());
    Some(list.map(|list| {
        let names = Names::of(list);
        let commitment = names.commitment();
        (names, commitment)
    }))
}

/// The names of a full pack, which its digests leave out. A redacted pack has none: what it shows is what was digested.
fn read_names(assessment: &Assessment, listed: Option<ListedNames>, found: &mut Findings) -> Names {
    let Some(listed) = listed else {
        if assessment.frame.names.is_some() && !assessment.names.replaced {
            found.add("names-missing", NAMES, "the pack shows names, and the list that its digests need is not there");
        }
        return Names::default();
    };
    if assessment.names.replaced {
        found.add("names-disclosed", NAMES, "the pack says that names are hidden, and holds the list of them");
    }
    match listed {
        Ok((names, commitment)) => {
            if commitment != assessment.frame.names {
                found.add("names-changed", NAMES, "not the names that the pack was made with");
            }
            names
        }
        Err(reason) => {
            found.add("names-unreadable", NAMES, reason);
            Names::default()
        }
    }
}

/// Each clause carries its own digest, the root is over all of them, and the totals are what the clauses count to.
fn check_clauses(assessment: &Assessment, names: &Names, found: &mut Findings) {
    let frame = Digest::of_canonical(&names.hide_frame(&assessment.frame));
    let catalogs: BTreeMap<&str, &Digest> =
        assessment.frameworks.iter().map(|framework| (framework.framework.as_str(), &framework.digest)).collect();
    let mut seen = BTreeSet::new();
    let computed = |clause: &ClauseResult| {
        if names.is_empty() { clause.computed_digest() } else { names.hide_clause(clause).computed_digest() }
    };
    let computed: Vec<Digest> = assessment.clauses.par_iter().map(computed).collect();
    for (clause, computed) in assessment.clauses.iter().zip(computed) {
        let what = format!("{} {}", clause.framework, clause.clause);
        if computed != clause.digest {
            found.add("clause-changed", &what, "what is said of the clause does not match its digest");
        }
        if !seen.insert(what.clone()) {
            found.add("clause-twice", &what, "the clause stands twice");
        }
        if clause.basis.frame != frame {
            found.add("frame-changed", &what, "organisation, scope, period or as-of are not those that the clause was judged with");
        }
        if catalogs.get(clause.framework.as_str()) != Some(&&clause.basis.catalog) {
            found.add("catalog-changed", &what, "the catalog named is not the one that the clause was judged with");
        }
    }
    if assessment.computed_root() != assessment.root {
        found.add("root-changed", "assessment.json", "the Merkle root does not follow from the clauses");
    }
    for framework in &assessment.frameworks {
        if assessment.counted(&framework.framework) != framework.counts {
            found.add("total-changed", &framework.framework, "the totals are not what the clauses count to");
        }
    }
}

/// The lists of observations are those that the verdicts rest on, and what the record says of each objective follows from its list and from the
/// basis of the clauses.
fn check_objectives(assessment: &Assessment, rows: &[Digest], files: &SourceTree, names: &Names, found: &mut Findings) {
    let path_of = |id: &str| format!("observations/{id}.csv");
    let read = |objective: &ObjectiveResult| {
        let bytes = files.get(&path_of(&objective.id))?;
        Some((names.digest_of_bytes(bytes), counted(bytes)))
    };
    let have: Vec<Option<(Digest, Option<Counted>)>> = assessment.objectives.par_iter().map(read).collect();
    for ((objective, have), rows) in assessment.objectives.iter().zip(have).zip(rows) {
        let path = path_of(&objective.id);
        let (digest, list) = have.unzip();
        if digest != objective.observations_digest {
            found.add("observations-changed", &path, format!("not the list that the objective `{}` was concluded from", objective.id));
        }
        // Without a list nothing was tested, and nothing can have been observed.
        let list = match list {
            Some(None) => {
                found.add("observations-changed", &path, "cannot be read as a list of observations");
                None
            }
            Some(list) => list,
            None => objective.observations_digest.is_none().then(Counted::default),
        };
        match list {
            None => {}
            Some(list) if list.tally != objective.tally => {
                found.add("tally-changed", &objective.id, "how many depart and how many do not is not what its list counts to");
            }
            Some(list) if list.rows != *rows => {
                found.add("observations-differ", &objective.id, "the observations in the record are not those of its list");
            }
            Some(_) => {}
        }
        let counted =
            objective.tally.passed + objective.tally.unproved + objective.tally.failed + objective.tally.unknown + objective.tally.skipped;
        if counted != objective.tally.population {
            found.add("total-changed", &objective.id, "the parts of the population do not add up to the whole");
        }
    }
    for clause in &assessment.clauses {
        for own in &clause.objectives {
            if assessment.objective(&own.objective).is_none_or(|objective| objective.status != own.status) {
                found.add(
                    "objective-changed",
                    format!("{} {}", clause.framework, clause.clause),
                    format!("the objective `{}` does not come to what stood beside the clause when it was judged", own.objective),
                );
            }
        }
        for (id, basis) in &clause.basis.objectives {
            let holds = assessment
                .objective(id)
                .is_some_and(|objective| objective.definition == basis.definition && objective.observations_digest == basis.observations);
            if let Some(objective) = assessment.objective(id)
                && in_force(&objective.parameters) != basis.parameters
            {
                found.add(
                    "parameter-changed",
                    format!("{} {}", clause.framework, clause.clause),
                    format!("the parameters of `{id}` are not those that the clause was judged with"),
                );
            }
            if !holds {
                found.add(
                    "objective-changed",
                    format!("{} {}", clause.framework, clause.clause),
                    format!("the objective `{id}` is not the one that the clause was judged with"),
                );
            }
        }
    }
}

/// What a full list of observations comes to.
struct Counted {
    tally: Tally,
    rows: Digest,
}

impl Default for Counted {
    fn default() -> Counted {
        Counted { tally: Tally::default(), rows: ListedRows::default().finish() }
    }
}

/// Nothing where the bytes are no such list.
fn counted(bytes: &[u8]) -> Option<Counted> {
    let (mut tally, mut rows) = (Tally::default(), ListedRows::default());
    each_observation(bytes, |row| {
        tally.population += 1;
        *match row.outcome {
            Outcome::Pass if row.proved => &mut tally.passed,
            Outcome::Pass => &mut tally.unproved,
            Outcome::Fail => &mut tally.failed,
            Outcome::Unknown => &mut tally.unknown,
            Outcome::Skip => &mut tally.skipped,
        } += 1;
        rows.add(&row);
    })?;
    Some(Counted { tally, rows: rows.finish() })
}

/// Every copy is the artifact that was read, or the stated masked form of it.
fn check_artifacts(assessment: &Assessment, files: &SourceTree, found: &mut Findings) {
    let by_path: BTreeMap<&str, &ArtifactRecord> = assessment.artifacts.iter().map(|artifact| (artifact.path.as_str(), artifact)).collect();
    let copies: Vec<(&ArtifactRecord, &String)> = assessment.artifacts.iter().filter_map(|own| Some((own, own.packed.as_ref()?))).collect();
    let have: Vec<Option<Digest>> = copies.par_iter().map(|(_, packed)| files.get(packed).map(Digest::of)).collect();
    for ((artifact, packed), have) in copies.into_iter().zip(have) {
        let expected = artifact.packed_sha256.as_ref().or(artifact.sha256.as_ref());
        if have.as_ref() != expected {
            found.add("exhibit-changed", packed, format!("not the bytes of exhibit {}", artifact.exhibit));
        }
    }
    for clause in &assessment.clauses {
        for (path, digest) in &clause.basis.evidence {
            if by_path.get(path.as_str()).and_then(|artifact| artifact.sha256.as_ref()) != Some(digest) {
                found.add(
                    "evidence-changed",
                    format!("{} {}", clause.framework, clause.clause),
                    format!("`{path}` is not the evidence judged"),
                );
            }
        }
    }
}

/// Exceptions and documents are those that the clauses were judged with, and a document reads as its exhibit does.
fn check_statements(assessment: &Assessment, files: &SourceTree, names: &Names, found: &mut Findings) {
    let exceptions: BTreeMap<&str, &Digest> = assessment.exceptions.iter().map(|own| (own.id.as_str(), &own.digest)).collect();
    let documents: BTreeMap<&str, &Digest> = assessment.documents.iter().map(|own| (own.id.as_str(), &own.digest)).collect();
    let samples: BTreeMap<&str, &Digest> = assessment.samples.iter().map(|own| (own.id.as_str(), &own.digest)).collect();
    for clause in &assessment.clauses {
        for (judged, have) in
            [(&clause.basis.exceptions, &exceptions), (&clause.basis.documents, &documents), (&clause.basis.samples, &samples)]
        {
            for id in judged.iter().filter(|(id, digest)| have.get(id.as_str()) != Some(digest)).map(|(id, _)| id) {
                found.add(
                    "statement-changed",
                    format!("{} {}", clause.framework, clause.clause),
                    format!("`{id}` is not the statement that the clause was judged with"),
                );
            }
        }
    }
    check_profile(assessment, names, found);
    for document in &assessment.documents {
        let Some(shown) = &document.text else { continue };
        let copy = assessment.exhibit(&document.path).and_then(|artifact| files.text(artifact.packed.as_deref()?));
        if copy != Some(shown.as_str()) {
            found.add("document-changed", &document.path, "what is shown of the document is not what its exhibit holds");
        }
    }
}

/// Plans and tiers are those that stood beside the clauses when they were judged.
fn check_profile(assessment: &Assessment, names: &Names, found: &mut Findings) {
    let plans: BTreeMap<&str, Digest> =
        assessment.objectives.iter().filter_map(|own| Some((own.id.as_str(), names.digest_of(own.plan.as_ref()?)))).collect();
    let tiers: BTreeMap<&str, Digest> =
        assessment.frameworks.iter().filter_map(|own| Some((own.framework.as_str(), names.digest_of(own.tier.as_ref()?)))).collect();
    for clause in &assessment.clauses {
        let planned = clause.objectives.iter().filter_map(|own| Some((own.objective.as_str(), plans.get(own.objective.as_str())?)));
        let kept = clause.basis.plans.iter().map(|(id, digest)| (id.as_str(), digest));
        let same_plans = planned.collect::<BTreeMap<_, _>>() == kept.collect::<BTreeMap<_, _>>();
        if !same_plans || tiers.get(clause.framework.as_str()) != clause.basis.tier.as_ref() {
            found.add(
                "statement-changed",
                format!("{} {}", clause.framework, clause.clause),
                "the plan or the tier is not what stood beside the clause when it was judged",
            );
        }
    }
}

/// The register beside the assessment is the one in it. Packs of earlier versions have none.
fn check_register(assessment: &Assessment, files: &SourceTree, names: &Names, found: &mut Findings) {
    let have = files.get(REGISTER).map(|bytes| names.digest_of_bytes(bytes));
    if assessment.register_digest.is_some() && have != assessment.register_digest {
        found.add("register-changed", REGISTER, "not the register that the assessment holds");
    }
}

fn check_workspace(assessment: &Assessment, files: &SourceTree, names: &Names, found: &mut Findings) {
    for input in assessment.inputs.iter().filter(|input| input.kind == "workspace") {
        let path = format!("workspace/{}", input.name);
        if files.get(&path).map(|bytes| names.digest_of_bytes(bytes)).as_ref() != Some(&input.digest) {
            found.add("workspace-changed", path, "not the statement that was judged with");
        }
    }
}

/// The page for readers shows the same root as the machine form.
fn check_renderings(assessment: &Assessment, files: &SourceTree, found: &mut Findings) {
    for path in ["report.pdf", "index.html"] {
        if files.get(path).is_none() {
            found.add("file-missing", path, "every pack has this report");
        }
    }
    // Reports on one framework each bear the root of the whole as well.
    let is_page = |path: &str| path == "index.html" || (path.starts_with(PART) && path.ends_with(".html"));
    for (path, _) in files.iter().filter(|(path, _)| is_page(path)) {
        if files.text(path).is_some_and(|text| !text.contains(assessment.root.as_str())) {
            found.add("rendering-differs", path, "it does not show the root of this assessment");
        }
    }
}
