//! A workspace checked against the controls: every name in it must exist, every value must be allowed.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::profile::check_profile;
use super::samples::check_samples;
use super::{Controls, exceptions};
use crate::assessment::Names;
use crate::base::instant::Day;
use crate::base::yaml::{Format, Located};
use crate::base::{Diagnostic, Diagnostics, Digest, FoundFile, SourceTree, Status};
use crate::catalog::EditionName;
use crate::checks::{Kinds, Said, Whom};
use crate::evidence::format::ArtifactsFile;
use crate::evidence::{ArtifactMeta, EXCEPTIONS_FILE, Frame, SourceZone, StatedClass};
use crate::workspace::{
    ClassPattern, Document, DocumentExamination, DocumentsFile, Exception, ExceptionsFile, ProfileFile, Sample, SamplesFile, SystemInScope,
    WorkspaceFile,
};

/// The files of a workspace that are statements and not evidence.
pub const WORKSPACE_FILES: [&str; 6] =
    ["tickmark.yaml", "artifacts.yaml", "exceptions.yaml", "documents.yaml", "samples.yaml", "profile.yaml"];

/// How the name of a statement about one artifact ends; before it stands the name of the artifact, in the same folder.
pub const BESIDE: &str = ".tickmark.yaml";
/// How the name of a note of Tickmark ends: text for people, neither evidence nor statement.
pub const NOTE: &str = ".tickmark.md";

/// Takes the folder that `tickmark.yaml` names under `controls` out of the evidence: own catalogs, objectives and overlays are
/// statements. Without that key nothing in a workspace is ever read as controls, whatever a supplier's archive contains.
pub fn take_controls(statements: &mut SourceTree, evidence: &mut Vec<FoundFile>, diagnostics: &mut Diagnostics) -> SourceTree {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Named {
        controls: Option<String>,
    }
    let mut own = SourceTree::default();
    // Anything wrong with the file as a whole is told when the workspace is loaded.
    let named = statements.get("tickmark.yaml").and_then(|bytes| {
        let file = Format::<Named>::new("workspace/invalid").read("tickmark.yaml", bytes, &mut Diagnostics::default())?;
        Some((file.value.controls.clone()?, file))
    });
    let Some((folder, file)) = named else { return own };
    let prefix = format!("{}/", folder.trim_end_matches('/'));
    let (inside, outside): (Vec<FoundFile>, Vec<FoundFile>) = evidence.drain(..).partition(|found| found.path.starts_with(&prefix));
    *evidence = outside;
    if inside.is_empty() {
        diagnostics.push(
            file.error("/controls", "workspace/controls", format!("there is no file below `{folder}`"))
                .help("name a folder beside tickmark.yaml that holds `frameworks`, `objectives`, `overlays` or the like"),
        );
    }
    for found in inside {
        match found.content.and_then(|content| content.bytes().map(std::borrow::Cow::into_owned)) {
            Ok(bytes) => {
                own.insert(&found.path[prefix.len()..], bytes.as_slice());
                statements.insert(found.path, bytes);
            }
            Err(reason) => diagnostics.push(Diagnostic::error("workspace/controls", found.path, reason)),
        }
    }
    own
}

/// What a workspace states, checked.
pub struct Workspace {
    pub stated: WorkspaceFile,
    pub frame: Frame,
    pub editions: Vec<EditionName>,
    pub metas: BTreeMap<String, ArtifactMeta>,
    pub exceptions: Vec<Exception>,
    pub documents: Vec<Document>,
    pub samples: Vec<Sample>,
    /// What the organisation says of itself; empty where there is no `profile.yaml`.
    pub profile: ProfileFile,
    /// By objective, then parameter: the values, whom each is for, and the reason for it.
    pub overrides: BTreeMap<String, BTreeMap<String, Vec<Said>>>,
    /// The files of all these statements, as they are.
    pub statements: SourceTree,
    /// The names of a pack that is worked through again; otherwise they are looked for in the evidence.
    pub names: Option<Names>,
}

impl Workspace {
    /// Reads the workspace's statements. Nothing when `tickmark.yaml` cannot be used.
    pub fn load(files: &SourceTree, evidence: &[FoundFile], controls: &Controls, diagnostics: &mut Diagnostics) -> Option<Workspace> {
        let Some(bytes) = files.get("tickmark.yaml") else {
            diagnostics.push(
                Diagnostic::error("workspace/missing", "tickmark.yaml", "the folder has no tickmark.yaml")
                    .help("`tickmark init` makes one; the book's tutorial has an example"),
            );
            return None;
        };
        let stated = Format::<WorkspaceFile>::new("workspace/invalid").read("tickmark.yaml", bytes, diagnostics)?;
        let mut metas = files
            .get("artifacts.yaml")
            .and_then(|bytes| Format::<ArtifactsFile>::new("artifacts/invalid").read("artifacts.yaml", bytes, diagnostics))
            .map(|file| check_artifacts(&file, evidence, controls, diagnostics))
            .unwrap_or_default();
        check_beside(files, evidence, controls, &mut metas, diagnostics);
        let exceptions = files
            .get("exceptions.yaml")
            .and_then(|bytes| Format::<ExceptionsFile>::new("exceptions/invalid").read("exceptions.yaml", bytes, diagnostics))
            .map(|file| exceptions::check(&file, &stated.value, controls, diagnostics))
            .unwrap_or_default();
        let editions = check_frameworks(&stated, controls, diagnostics);
        let documents = files
            .get("documents.yaml")
            .and_then(|bytes| Format::<DocumentsFile>::new("documents/invalid").read("documents.yaml", bytes, diagnostics))
            .map(|file| check_documents(&file, &stated.value, evidence, controls, diagnostics))
            .unwrap_or_default();
        let samples = files
            .get("samples.yaml")
            .and_then(|bytes| Format::<SamplesFile>::new("samples/invalid").read("samples.yaml", bytes, diagnostics))
            .map(|file| check_samples(&file, controls, diagnostics))
            .unwrap_or_default();
        let profile = files
            .get("profile.yaml")
            .and_then(|bytes| Format::<ProfileFile>::new("profile/invalid").read("profile.yaml", bytes, diagnostics))
            .map(|file| check_profile(&file, &stated.value, controls, diagnostics))
            .unwrap_or_default();
        let overrides = check_overrides(&stated, controls, diagnostics);
        check_classes(&stated, &Kinds::of(&controls.tables), diagnostics);
        check_not_applicable(&stated, controls, diagnostics);
        check_systems(&stated, controls, diagnostics);
        let mut frame = frame_of(&stated, diagnostics)?;
        frame.exceptions = exceptions::rows(&exceptions, day_of_judgement(&stated.value));
        frame.documents = documents.iter().map(|document| document.path.clone()).collect();
        Some(Workspace {
            stated: stated.value,
            frame,
            editions,
            metas,
            exceptions,
            documents,
            samples,
            profile,
            overrides,
            statements: files.clone(),
            names: None,
        })
    }
}

impl Workspace {
    /// Whether the workspace itself fills this table, so that no export is needed for it.
    pub fn states(&self, table: &str) -> bool {
        table == "exceptions" && self.statements.get(EXCEPTIONS_FILE).is_some()
    }

    /// The day of judgement in the zone of the period's days.
    pub fn today(&self) -> Option<Day> {
        day_of_judgement(&self.stated)
    }
}

fn day_of_judgement(stated: &WorkspaceFile) -> Option<Day> {
    Day::of_micros(stated.as_of.micros(), &TimeZone::get(&stated.zone).ok()?)
}

fn frame_of(file: &Located<WorkspaceFile>, diagnostics: &mut Diagnostics) -> Option<Frame> {
    let stated = &file.value;
    if stated.previous.as_ref().is_some_and(|root| Digest::parse(root.as_str()).is_none()) {
        diagnostics.push(
            file.error("/previous", "workspace/previous", "not the Merkle root of a pack: 64 lower-case hexadecimal digits")
                .help("`tickmark verify` prints the root of the earlier pack"),
        );
    }
    let Ok(zone) = TimeZone::get(&stated.zone) else {
        diagnostics.push(
            file.error("/zone", "workspace/zone", format!("`{}` is no time zone", stated.zone))
                .help("write an IANA name such as Europe/Copenhagen"),
        );
        return None;
    };
    if stated.period.from > stated.period.to {
        diagnostics.push(file.error("/period", "workspace/period", "the period ends before it begins"));
        return None;
    }
    let (from, end) = (stated.period.from.starts_at_micros(&zone)?, stated.period.to.ends_at_micros(&zone)?);
    if stated.as_of.micros() < from {
        diagnostics.push(file.error("/as_of", "workspace/as-of", "`as_of` lies before the period"));
    }
    if stated.as_of.micros() > end + 366 * 86_400_000_000 {
        diagnostics.push(file.warning("/as_of", "workspace/as-of", "`as_of` lies more than a year after the period"));
    }
    Some(Frame {
        period_from: from,
        as_of: stated.as_of.micros(),
        people: stated.people.iter().map(|people| (people.pattern.clone(), people.reason.clone())).collect(),
        aliases: stated.aliases.iter().map(|alias| (alias.alias.clone(), alias.identity.clone(), alias.reason.clone())).collect(),
        classes: stated.classes.iter().map(stated_class).collect(),
        exceptions: Vec::new(),
        documents: std::collections::BTreeSet::new(),
        part_bytes: crate::evidence::PART_BYTES,
        zones: stated.systems.iter().flat_map(zones_of).collect(),
        originals: BTreeMap::new(),
    })
}

/// The zone that a system states, for each export that it expects.
fn zones_of(system: &SystemInScope) -> impl Iterator<Item = SourceZone> + '_ {
    let one =
        |adapter: &String, zone: &String| SourceZone { adapter: adapter.clone(), instance: system.instance.clone(), zone: zone.clone() };
    system.zone.iter().flat_map(move |zone| system.expects.iter().map(move |adapter| one(adapter, zone)))
}

fn check_frameworks(file: &Located<WorkspaceFile>, controls: &Controls, diagnostics: &mut Diagnostics) -> Vec<EditionName> {
    let mut editions = Vec::new();
    if file.value.frameworks.is_empty() {
        diagnostics.push(file.error("/frameworks", "workspace/no-framework", "no framework is in scope"));
    }
    for (index, name) in file.value.frameworks.iter().enumerate() {
        match EditionName::parse(name).filter(|name| controls.catalogs.editions.contains_key(name)) {
            Some(edition) if editions.contains(&edition) => {
                diagnostics.push(file.error(
                    &format!("/frameworks/{index}"),
                    "workspace/unknown-framework",
                    format!("`{name}` stands twice"),
                ));
            }
            Some(edition) => editions.push(edition),
            None => diagnostics.push(
                file.error(&format!("/frameworks/{index}"), "workspace/unknown-framework", format!("there is no catalog `{name}`"))
                    .suggest(name, controls.catalogs.editions.keys().map(EditionName::as_str)),
            ),
        }
    }
    editions
}

fn check_overrides(
    file: &Located<WorkspaceFile>,
    controls: &Controls,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, BTreeMap<String, Vec<Said>>> {
    let kinds = Kinds::of(&controls.tables);
    let mut overrides: BTreeMap<String, BTreeMap<String, Vec<Said>>> = BTreeMap::new();
    for (index, stated) in file.value.parameters.iter().enumerate() {
        let pointer = format!("/parameters/{index}");
        let Some(objective) = controls.catalogs.objectives.get(&stated.objective) else {
            diagnostics.push(
                file.error(
                    &format!("{pointer}/objective"),
                    "workspace/unknown-objective",
                    format!("there is no objective `{}`", stated.objective),
                )
                .suggest(&stated.objective, controls.catalogs.objectives.keys().map(String::as_str)),
            );
            continue;
        };
        let Some(parameter) = objective.parameters.iter().find(|parameter| parameter.name == stated.parameter) else {
            diagnostics.push(
                file.error(
                    &format!("{pointer}/parameter"),
                    "workspace/unknown-parameter",
                    format!("the objective `{}` has no parameter `{}`", stated.objective, stated.parameter),
                )
                .suggest(&stated.parameter, objective.parameters.iter().map(|parameter| parameter.name.as_str())),
            );
            continue;
        };
        if let Some(refusal) = parameter.refusal(&stated.value) {
            diagnostics.push(file.error(&format!("{pointer}/value"), "workspace/parameter-value", refusal));
        }
        if stated.reason.trim().is_empty() {
            diagnostics.push(file.error(&format!("{pointer}/reason"), "workspace/no-reason", "a parameter is changed for a stated reason"));
        }
        let whom = Whom { class: stated.class.clone(), tier: stated.tier.clone() };
        check_whom(file, &pointer, &whom, &kinds, diagnostics);
        if whom != Whom::default() && parameter.by_class.is_none() {
            diagnostics.push(file.error(&pointer, "workspace/parameter-by-class", super::classes::not_by_class(parameter)));
        }
        let own = overrides.entry(stated.objective.clone()).or_default().entry(stated.parameter.clone()).or_default();
        if own.iter().any(|said| said.whom == whom) {
            diagnostics.push(file.error(&pointer, "workspace/duplicate-parameter", "this parameter is set twice"));
        }
        own.push(Said { whom, value: stated.value.clone(), source: String::new(), reason: Some(stated.reason.trim().to_owned()) });
    }
    overrides
}

fn check_classes(file: &Located<WorkspaceFile>, kinds: &Kinds, diagnostics: &mut Diagnostics) {
    for (index, stated) in file.value.classes.iter().enumerate() {
        let pointer = format!("/classes/{index}");
        let whom = Whom { class: stated.class.clone(), tier: stated.tier.clone() };
        if whom == Whom::default() {
            diagnostics.push(file.error(&pointer, "workspace/no-class", "this pattern is given neither a class nor a tier").help(format!(
                "classes: {}; tiers: {}",
                kinds.classes.join(", "),
                kinds.tiers.join(", ")
            )));
        }
        check_whom(file, &pointer, &whom, kinds, diagnostics);
        if stated.reason.trim().is_empty() {
            diagnostics.push(file.error(&format!("{pointer}/reason"), "workspace/no-reason", "a class is stated for a reason"));
        }
    }
}

/// The class and the tier that a statement names must exist.
fn check_whom(file: &Located<WorkspaceFile>, pointer: &str, whom: &Whom, kinds: &Kinds, diagnostics: &mut Diagnostics) {
    for (key, code, named, all) in
        [("class", "workspace/unknown-class", &whom.class, &kinds.classes), ("tier", "workspace/unknown-tier", &whom.tier, &kinds.tiers)]
    {
        if let Some(name) = named.as_ref().filter(|name| !all.contains(name)) {
            diagnostics.push(
                file.error(&format!("{pointer}/{key}"), code, format!("there is no {key} `{name}`"))
                    .suggest(name, all.iter().map(String::as_str)),
            );
        }
    }
}

fn stated_class(stated: &ClassPattern) -> StatedClass {
    StatedClass {
        pattern: stated.pattern.clone(),
        class: stated.class.clone(),
        tier: stated.tier.clone(),
        reason: stated.reason.trim().to_owned(),
    }
}

fn check_not_applicable(file: &Located<WorkspaceFile>, controls: &Controls, diagnostics: &mut Diagnostics) {
    for (index, stated) in file.value.not_applicable.iter().enumerate() {
        let catalog = EditionName::parse(&stated.framework).and_then(|name| controls.catalogs.editions.get(&name));
        match catalog {
            None => diagnostics.push(
                file.error(
                    &format!("/not_applicable/{index}/framework"),
                    "workspace/unknown-framework",
                    format!("there is no catalog `{}`", stated.framework),
                )
                .suggest(&stated.framework, controls.catalogs.editions.keys().map(EditionName::as_str)),
            ),
            Some(catalog) if catalog.clause(&stated.clause).is_none() => diagnostics.push(
                file.error(
                    &format!("/not_applicable/{index}/clause"),
                    "workspace/unknown-clause",
                    format!("{} has no clause `{}`", stated.framework, stated.clause),
                )
                .suggest(&stated.clause, catalog.clauses.iter().map(|clause| clause.id.as_str())),
            ),
            Some(_) if stated.reason.trim().is_empty() => {
                diagnostics.push(file.error(
                    &format!("/not_applicable/{index}/reason"),
                    "workspace/no-reason",
                    "a clause is left out for a stated reason",
                ));
            }
            Some(_) => {}
        }
    }
}

fn check_systems(file: &Located<WorkspaceFile>, controls: &Controls, diagnostics: &mut Diagnostics) {
    for (index, system) in file.value.systems.iter().enumerate() {
        if let Some(zone) = &system.zone
            && TimeZone::get(zone).is_err()
        {
            diagnostics.push(
                file.error(&format!("/systems/{index}/zone"), "workspace/zone", format!("`{zone}` is no time zone"))
                    .help("write an IANA name such as Europe/Copenhagen"),
            );
        }
        for (at, adapter) in system.expects.iter().enumerate() {
            if !controls.adapters.contains_key(adapter) {
                diagnostics.push(
                    file.error(
                        &format!("/systems/{index}/expects/{at}"),
                        "workspace/unknown-adapter",
                        format!("there is no adapter `{adapter}`"),
                    )
                    .suggest(adapter, controls.adapters.keys().map(String::as_str)),
                );
            }
        }
    }
}

fn check_artifacts(
    file: &Located<ArtifactsFile>,
    evidence: &[FoundFile],
    controls: &Controls,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, ArtifactMeta> {
    let mut metas = BTreeMap::new();
    for (index, meta) in file.value.artifacts.iter().enumerate() {
        let pointer = format!("/artifacts/{index}");
        check_artifact(file, &pointer, meta, evidence, controls, diagnostics);
        if metas.insert(meta.path.clone(), meta.clone()).is_some() {
            diagnostics.push(file.error(&format!("{pointer}/path"), "artifacts/duplicate", "this file is described twice"));
        }
    }
    metas
}

/// Statements that stand beside the artifact they speak of.
fn check_beside(
    files: &SourceTree,
    evidence: &[FoundFile],
    controls: &Controls,
    metas: &mut BTreeMap<String, ArtifactMeta>,
    diagnostics: &mut Diagnostics,
) {
    let format = Format::<ArtifactMeta>::new("artifacts/invalid");
    for (name, bytes) in files.iter() {
        let Some(path) = name.strip_suffix(BESIDE).filter(|path| !path.is_empty() && !path.ends_with('/')) else { continue };
        let Some(mut file) = format.read(name, bytes, diagnostics) else { continue };
        let own_name = path.rsplit('/').next().unwrap_or(path);
        if !file.value.path.is_empty() && file.value.path != own_name {
            diagnostics.push(
                file.error("/path", "artifacts/misplaced", format!("this file speaks of `{own_name}`, not of `{}`", file.value.path))
                    .help("leave `path` out: the name of the file says it"),
            );
        }
        path.clone_into(&mut file.value.path);
        let meta = file.value.clone();
        check_artifact(&file, "", &meta, evidence, controls, diagnostics);
        if metas.insert(path.to_owned(), meta).is_some() {
            diagnostics.push(file.error("", "artifacts/duplicate", format!("`{path}` is described here and in artifacts.yaml")));
        }
    }
}

fn check_artifact<T>(
    file: &Located<T>,
    pointer: &str,
    meta: &ArtifactMeta,
    evidence: &[FoundFile],
    controls: &Controls,
    diagnostics: &mut Diagnostics,
) {
    if !evidence.iter().any(|found| found.path == meta.path) {
        diagnostics.push(
            file.error(&format!("{pointer}/path"), "artifacts/no-such-file", format!("there is no file `{}` in the workspace", meta.path))
                .suggest(&meta.path, evidence.iter().map(|found| found.path.as_str())),
        );
    }
    if let Some(adapter) = &meta.adapter
        && !controls.adapters.contains_key(adapter)
    {
        diagnostics.push(
            file.error(&format!("{pointer}/adapter"), "artifacts/unknown-adapter", format!("there is no adapter `{adapter}`"))
                .suggest(adapter, controls.adapters.keys().map(String::as_str)),
        );
    }
    if let Some(zone) = &meta.zone
        && TimeZone::get(zone).is_err()
    {
        diagnostics.push(file.error(&format!("{pointer}/zone"), "artifacts/zone", format!("`{zone}` is no time zone")));
    }
    if let Some(digest) = &meta.sha256
        && !(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        diagnostics.push(
            file.error(&format!("{pointer}/sha256"), "artifacts/sha256", format!("`{digest}` is no SHA-256"))
                .help("64 hexadecimal digits, as sha256sum prints them; `tickmark evidence add` writes them"),
        );
    }
    if let Some(period) = meta.period
        && period.from > period.to
    {
        diagnostics.push(file.error(&format!("{pointer}/period"), "artifacts/period", "the period ends before it begins"));
    }
}

fn check_documents(
    file: &Located<DocumentsFile>,
    stated: &WorkspaceFile,
    evidence: &[FoundFile],
    controls: &Controls,
    diagnostics: &mut Diagnostics,
) -> Vec<Document> {
    let (mut ids, mut paths) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for (index, document) in file.value.documents.iter().enumerate() {
        let pointer = format!("/documents/{index}");
        let at = |key: &str| format!("{pointer}/{key}");
        if !ids.insert(&document.id) {
            diagnostics.push(file.error(&at("id"), "documents/duplicate", format!("the document {} stands twice", document.id)));
        }
        if !paths.insert(&document.path) {
            diagnostics.push(file.error(&at("path"), "documents/duplicate", format!("`{}` is described twice", document.path)));
        }
        if !evidence.iter().any(|found| found.path == document.path) {
            diagnostics.push(
                file.error(&at("path"), "documents/no-such-file", format!("there is no file `{}` in the workspace", document.path))
                    .suggest(&document.path, evidence.iter().map(|found| found.path.as_str())),
            );
        }
        if document.clauses.is_empty() && document.objectives.is_empty() {
            diagnostics.push(
                file.error(&pointer, "documents/attached-to-nothing", format!("the document {} speaks for nothing", document.id))
                    .help("name the clauses or the objectives that it speaks for"),
            );
        }
        check_attached(file, &pointer, &document.clauses, &document.objectives, stated, controls, diagnostics);
        if let (Some(approved), Some(review)) = (document.approved_at, document.review_by)
            && review < approved
        {
            diagnostics.push(file.error(&at("review_by"), "documents/never-valid", "its review is due before it was approved"));
        }
        for (at, examination) in document.examinations.iter().enumerate() {
            check_examination(file, &format!("{pointer}/examinations/{at}"), document, examination, diagnostics);
        }
    }
    file.value.documents.clone()
}

/// Every clause and every objective that a document names must exist, and the clause must be one that is assessed here.
fn check_attached(
    file: &Located<DocumentsFile>,
    pointer: &str,
    clauses: &[String],
    objectives: &[String],
    stated: &WorkspaceFile,
    controls: &Controls,
    diagnostics: &mut Diagnostics,
) {
    for (at, objective) in objectives.iter().enumerate() {
        if !controls.catalogs.objectives.contains_key(objective) {
            diagnostics.push(
                file.error(
                    &format!("{pointer}/objectives/{at}"),
                    "documents/unknown-objective",
                    format!("there is no objective `{objective}`"),
                )
                .suggest(objective, controls.catalogs.objectives.keys().map(String::as_str)),
            );
        }
    }
    for (at, cited) in clauses.iter().enumerate() {
        let place = format!("{pointer}/clauses/{at}");
        let (framework, id) = cited.split_once(' ').unwrap_or((cited, ""));
        let Some(catalog) = EditionName::parse(framework)
            .filter(|_| stated.frameworks.iter().any(|own| own == framework))
            .and_then(|name| controls.catalogs.editions.get(&name))
        else {
            diagnostics.push(
                file.error(&place, "documents/unknown-clause", format!("`{cited}` names no framework in scope"))
                    .help("write the edition and the clause, such as `pci-dss@4.0.1 8.6.1`"),
            );
            continue;
        };
        match catalog.clause(id) {
            None => diagnostics.push(
                file.error(&place, "documents/unknown-clause", format!("{framework} has no clause `{id}`"))
                    .suggest(id, catalog.clauses.iter().map(|clause| clause.id.as_str())),
            ),
            Some(clause) if matches!(clause.treatment, crate::catalog::Treatment::Heading) => {
                diagnostics.push(file.error(&place, "documents/unknown-clause", format!("`{id}` is a heading, which nothing is asked of")));
            }
            Some(_) => {}
        }
    }
}

fn check_examination(
    file: &Located<DocumentsFile>,
    pointer: &str,
    document: &Document,
    examination: &DocumentExamination,
    diagnostics: &mut Diagnostics,
) {
    if !matches!(examination.result, Status::Satisfied | Status::PartiallySatisfied | Status::NotSatisfied) {
        diagnostics.push(
            file.error(&format!("{pointer}/result"), "documents/result", format!("`{}` is no result of reading", examination.result))
                .help("write satisfied, partially-satisfied or not-satisfied"),
        );
    }
    if examination.because.trim().is_empty() || examination.by.trim().is_empty() {
        diagnostics.push(file.error(pointer, "documents/no-reason", "an examination says who read the document and what it shows"));
    }
    for (key, named, own) in
        [("clauses", &examination.clauses, &document.clauses), ("objectives", &examination.objectives, &document.objectives)]
    {
        for (at, name) in named.iter().enumerate().filter(|(_, name)| !own.contains(name)) {
            diagnostics.push(
                file.error(
                    &format!("{pointer}/{key}/{at}"),
                    "documents/examined-elsewhere",
                    format!("the document does not speak for `{name}`"),
                )
                .suggest(name, own.iter().map(String::as_str)),
            );
        }
    }
}
