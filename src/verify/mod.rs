//! Proves a pack from its bytes alone, or names everything that does not hold.
//!
//! In: the files of a folder or an archive, and whom the checker trusts. Out: what was checked and every breach.
//! Needs neither engine nor catalog nor clock.

mod chain;
mod content;
mod excerpt;
mod files;
mod record;
mod seal;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use crate::assessment::{ArtifactRecord, Assessment, ClauseResult, FrameRecord, NameList, Names, ObjectiveResult, in_force};
use crate::base::{Digest, FoundFile, SourceTree};
use crate::pack::{self, MANIFEST, SealFile};

use content::{Counted, Seen};
use files::{Listed, Part, ReadFiles, Unread};

pub use chain::{Chain, ChainLink, walk};
pub use seal::{SignatureReport, StampReport, Trust};

pub use record::verify_record;

/// The list of names that a full pack holds.
const NAMES: &str = "names.json";
const RECORD: &str = "assessment.json";
/// Where copies of evidence lie.
const COPIES: &str = "artifacts/";
const REGISTER: &str = "register.csv";

/// A larger JSON file is not parsed: parsed, it would take a multiple of that.
const JSON_BYTES_MAX: usize = 512 * 1024 * 1024;

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
    let listed = files::of_tree(files);
    if is_excerpt(&listed) { verify_excerpt(files, unreadable, trust) } else { verify_pack(&listed, Some(files), unreadable, trust) }
}

/// The same of a folder's files, each of which is read once; of a pack none is kept but those that a check looks into.
pub fn verify_folder(found: &[FoundFile], trust: &Trust) -> Verification {
    let (listed, mut unreadable) = files::of_folder(found);
    if !is_excerpt(&listed) {
        return verify_pack(&listed, None, &unreadable, trust);
    }
    let all: Vec<(&str, Unread<'_>)> = listed.into_iter().collect();
    let (files, read) = files::keep(&all, None);
    unreadable.extend(read.unreadable);
    verify_excerpt(&files, &unreadable, trust)
}

fn is_excerpt(listed: &Listed<'_>) -> bool {
    listed.contains_key(excerpt::FILE) && !listed.contains_key(RECORD)
}

fn verify_excerpt(files: &SourceTree, unreadable: &[(String, String)], trust: &Trust) -> Verification {
    let mut found = Findings::default();
    let mut verification = nothing_yet(files);
    excerpt::check(files, trust, &mut verification, &mut found);
    let all: Vec<(&str, Unread<'_>)> = files::of_tree(files).into_iter().collect();
    let mut read = files::pass(&all, None);
    read.unreadable.extend_from_slice(unreadable);
    conclude(verification, files, &read, trust, found)
}

/// `whole` are the files listed, where all of them are in memory anyway.
fn verify_pack(listed: &Listed<'_>, whole: Option<&SourceTree>, unreadable: &[(String, String)], trust: &Trust) -> Verification {
    let mut found = Findings::default();
    let of = |part: Part| -> Vec<(&str, Unread<'_>)> {
        listed.iter().filter(|(path, _)| Part::of(path) == part).map(|(path, file)| (*path, *file)).collect()
    };
    // Side by side what does not need the other: whoever is done first takes over some of the files.
    let others = || {
        let (kept, mut read) = files::keep(&of(Part::LookedInto), whole);
        let names = listed_names(&kept);
        read.add(files::pass(&of(Part::Digested), None));
        let content = content::look(&kept, names.as_ref());
        (kept, read, names, content)
    };
    let ((kept, mut read, names, content), record) = rayon::join(others, || listed.get(RECORD).map(|file| record::read(*file)));
    read.unreadable.extend_from_slice(unreadable);
    let record = record::settle(record, &mut read, &mut found);
    let mut verification = nothing_yet(&kept);
    let check = || {
        let (assessment, rows) = record.as_ref()?;
        let pack = Pack { assessment, rows, files: &kept, digests: &read.digests, content: &content };
        check_pack(&pack, names, &mut verification, &mut found);
        Some(())
    };
    let root = record.as_ref().map(|(assessment, _)| assessment.root.as_str());
    let (_, pages) = rayon::join(check, || files::pass(&of(Part::Page), root));
    for path in &pages.silent {
        found.add("rendering-differs", path, "it does not show the root of this assessment");
    }
    read.add(pages);
    if record.is_some() {
        check_reports(&read.digests, &mut found);
    }
    let verification = conclude(verification, &kept, &read, trust, found);
    // Beside whatever follows: letting go of so many small texts takes its time.
    rayon::spawn(move || drop(record));
    verification
}

/// What holds of a pack and of an excerpt: the manifest and the seal over it.
fn conclude(mut verification: Verification, files: &SourceTree, read: &ReadFiles, trust: &Trust, mut found: Findings) -> Verification {
    for (path, reason) in &read.unreadable {
        found.add("file-unreadable", path, reason.clone());
    }
    for (path, other) in pack::collisions(read.digests.keys().map(String::as_str)) {
        found.add("names-collide", path, format!("is `{other}` on a system that ignores case"));
    }
    verification.files = check_manifest(files, &read.digests, &mut found);
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
    if verification.kind == "excerpt" { excerpt::FILE } else { RECORD }
}

/// What the checks of a pack need.
struct Pack<'a> {
    assessment: &'a Assessment,
    /// Of the observations in the record, by objective.
    rows: &'a [Digest],
    /// Those that are looked into.
    files: &'a SourceTree,
    /// Of every file but the pages.
    digests: &'a BTreeMap<String, Digest>,
    content: &'a BTreeMap<String, Seen>,
}

fn check_pack(pack: &Pack<'_>, listed: Option<ListedNames>, verification: &mut Verification, found: &mut Findings) {
    let Pack { assessment, rows, files, digests, content } = *pack;
    let names = read_names(assessment, listed, found);
    verification.names = assessment.names.found;
    verification.redacted = assessment.names.replaced;
    let mut of_others = Findings::default();
    let others = || {
        let found = &mut of_others;
        check_twice(assessment, found);
        check_objectives(assessment, rows, content, found);
        check_artifacts(assessment, digests, found);
        check_workspace(assessment, content, found);
        check_statements(assessment, digests, &names, found);
        statements::check(assessment, files, &names, found);
        check_register(assessment, content, found);
    };
    let (root, ()) = rayon::join(|| check_clauses(assessment, &names, found), others);
    found.0.extend(of_others.0);
    verification.about = Some(About::of(&assessment.frame));
    verification.clauses = assessment.clauses.len();
    verification.artifacts = assessment.artifacts.len();
    verification.root = Some(root);
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
        ("register of identities by its digest in the record", usize::from(assessment.register_digest.is_some())),
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
fn check_manifest(files: &SourceTree, digests: &BTreeMap<String, Digest>, found: &mut Findings) -> usize {
    let Some(text) = files.text(MANIFEST) else {
        found.add("manifest-missing", MANIFEST, "the pack has no readable manifest");
        return 0;
    };
    let (lines, broken) = pack::read_manifest(text);
    for (number, reason) in broken {
        found.add("manifest-line", format!("{MANIFEST}:{number}"), reason);
    }
    let mut listed = BTreeSet::new();
    for line in &lines {
        let place = || format!("{MANIFEST}:{}", line.number);
        if !listed.insert(line.path.as_str()) {
            found.add("manifest-line", place(), format!("`{}` is listed twice", line.path));
        }
        if line.path == MANIFEST || SealFile::of(&line.path).is_some() {
            found.add("manifest-line", place(), format!("`{}` cannot be in the manifest", line.path));
        }
        match digests.get(&line.path) {
            None => found.add("file-missing", &line.path, "listed in the manifest, but not there"),
            Some(digest) if *digest != line.digest => found.add("file-changed", &line.path, "its digest is not the listed one"),
            Some(_) => {}
        }
    }
    let is_outside = |path: &str| path == MANIFEST || SealFile::of(path).is_some();
    for path in digests.keys().filter(|path| !is_outside(path) && !listed.contains(path.as_str())) {
        found.add("file-added", path, "there, but not listed in the manifest");
    }
    lines.len()
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

/// Each clause carries its own digest, the root is over all of them, and the totals are what the clauses count to. Gives that root.
fn check_clauses(assessment: &Assessment, names: &Names, found: &mut Findings) -> Digest {
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
    let root = assessment.computed_root();
    if root != assessment.root {
        found.add("root-changed", "assessment.json", "the Merkle root does not follow from the clauses");
    }
    for framework in &assessment.frameworks {
        if assessment.counted(&framework.framework) != framework.counts {
            found.add("total-changed", &framework.framework, "the totals are not what the clauses count to");
        }
    }
    root
}

/// What is looked up by its name stands once: else one of two could be judged by, and the other shown.
fn check_twice(assessment: &Assessment, found: &mut Findings) {
    fn twice<'a>(code: &'static str, names: impl Iterator<Item = &'a str>, found: &mut Findings) {
        let mut seen = BTreeSet::new();
        for name in names.filter(|name| !seen.insert(*name)) {
            found.add(code, name, "it stands twice in the record");
        }
    }
    twice("objective-twice", assessment.objectives.iter().map(|own| own.id.as_str()), found);
    twice("framework-twice", assessment.frameworks.iter().map(|own| own.framework.as_str()), found);
    twice("exhibit-twice", assessment.artifacts.iter().map(|own| own.path.as_str()), found);
    twice("statement-twice", assessment.exceptions.iter().map(|own| own.id.as_str()), found);
    twice("statement-twice", assessment.documents.iter().map(|own| own.id.as_str()), found);
    twice("statement-twice", assessment.samples.iter().map(|own| own.id.as_str()), found);
}

/// The lists of observations are those that the verdicts rest on, and what the record says of each objective follows from its list and from the
/// basis of the clauses.
fn check_objectives(assessment: &Assessment, rows: &[Digest], content: &BTreeMap<String, Seen>, found: &mut Findings) {
    let nothing = Counted::default();
    for (objective, rows) in assessment.objectives.iter().zip(rows) {
        let path = format!("observations/{}.csv", objective.id);
        let have = content.get(&path);
        if have.map(|have| &have.digest) != objective.observations_digest.as_ref() {
            found.add("observations-changed", &path, format!("not the list that the objective `{}` was concluded from", objective.id));
        }
        // Without a list nothing was tested, and nothing can have been observed.
        let list = match have {
            Some(have) if have.list.is_none() => {
                found.add("observations-changed", &path, "cannot be read as a list of observations");
                None
            }
            Some(have) => have.list.as_ref(),
            None => objective.observations_digest.is_none().then_some(&nothing),
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
    let by_id: BTreeMap<&str, &ObjectiveResult> = assessment.objectives.iter().map(|own| (own.id.as_str(), own)).collect();
    for clause in &assessment.clauses {
        for own in &clause.objectives {
            if by_id.get(own.objective.as_str()).is_none_or(|objective| objective.status != own.status) {
                found.add(
                    "objective-changed",
                    format!("{} {}", clause.framework, clause.clause),
                    format!("the objective `{}` does not come to what stood beside the clause when it was judged", own.objective),
                );
            }
        }
        for (id, basis) in &clause.basis.objectives {
            let have = by_id.get(id.as_str());
            let holds = have
                .is_some_and(|objective| objective.definition == basis.definition && objective.observations_digest == basis.observations);
            if let Some(objective) = have
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

/// Every copy is the artifact that was read, or the stated masked form of it.
fn check_artifacts(assessment: &Assessment, digests: &BTreeMap<String, Digest>, found: &mut Findings) {
    let by_path: BTreeMap<&str, &ArtifactRecord> = assessment.artifacts.iter().map(|artifact| (artifact.path.as_str(), artifact)).collect();
    for (artifact, packed) in assessment.artifacts.iter().filter_map(|own| Some((own, own.packed.as_ref()?))) {
        let expected = artifact.packed_sha256.as_ref().or(artifact.sha256.as_ref());
        let is_same = expected.is_some() && digests.get(packed) == expected;
        if !is_same || !packed.starts_with(COPIES) {
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
fn check_statements(assessment: &Assessment, digests: &BTreeMap<String, Digest>, names: &Names, found: &mut Findings) {
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
        let copy = assessment.exhibit(&document.path).and_then(|artifact| digests.get(artifact.packed.as_deref()?));
        if copy != Some(&Digest::of(shown.as_bytes())) {
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

/// The register is the one whose digest the assessment holds. Packs of earlier versions have none.
fn check_register(assessment: &Assessment, content: &BTreeMap<String, Seen>, found: &mut Findings) {
    let have = content.get(REGISTER).map(|have| &have.digest);
    if assessment.register_digest.is_some() && have != assessment.register_digest.as_ref() {
        found.add("register-changed", REGISTER, "not the register that the assessment holds");
    }
}

fn check_workspace(assessment: &Assessment, content: &BTreeMap<String, Seen>, found: &mut Findings) {
    for input in assessment.inputs.iter().filter(|input| input.kind == "workspace") {
        let path = format!("workspace/{}", input.name);
        if content.get(&path).map(|have| &have.digest) != Some(&input.digest) {
            found.add("workspace-changed", path, "not the statement that was judged with");
        }
    }
}

fn check_reports(digests: &BTreeMap<String, Digest>, found: &mut Findings) {
    for path in ["report.pdf", "index.html"] {
        if !digests.contains_key(path) {
            found.add("file-missing", path, "every pack has this report");
        }
    }
}
