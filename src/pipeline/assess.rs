//! From files to a finished assessment: objectives tested, clauses judged, everything that is said put into one record.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::documents::Documents;
use super::exceptions::Departing;
use super::samples::Samples;
use super::testing::{Prepared, Tested};
use super::{Controls, Workspace, compare, exceptions, lives, profile};
use crate::assessment::{
    ArtifactRecord, Assessment, Basis, ClauseObjective, ClauseResult, ExceptedSubject, FrameRecord, FrameworkRecord, InputRecord, Names,
    NamesRecord, ObjectiveBasis, ObjectiveResult, OfficialRecord, Outcome, RejectionRecord, SCHEMA, Tool, TreatmentKind, Verdicts, counted,
    in_force, register_csv, root_of,
};
use crate::base::{Diagnostics, Digest, FoundFile, Status};
use crate::catalog::{Catalog, Clause, EditionName, Objective, Treatment};
use crate::engine::Shelf;
use crate::evidence::{self, Artifact, Ledger, packed_copy};
use crate::judge::{self, Ask, Finding, ItemResult};
use crate::workspace::{Exception, NotApplicable};

/// A finished assessment with what its pack holds besides the reports.
pub struct Assessed {
    pub assessment: Assessment,
    pub ledger: Ledger,
    /// Every observation by objective, as `observations/<id>.csv` has them, of those lists that were to be kept.
    pub observations: BTreeMap<String, Vec<u8>>,
    /// Copies of the artifacts by their path in the pack, secrets masked.
    pub copies: BTreeMap<String, Vec<u8>>,
    pub names: Names,
}

/// How an assessment is made; nothing that it says depends on it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner<'a> {
    pub wanted: Wanted,
    /// Where what was read and observed outlives the run.
    pub shelf: Option<&'a Shelf>,
}

/// What is to become of the observations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The record, and every list of observations in full.
    #[default]
    Pack,
    /// The record; in full only the lists that samples were drawn from, of the others the digest.
    Record,
    /// The verdicts alone: what was observed is counted.
    Verdicts,
}

/// Assesses a workspace, all lists kept.
pub fn assess(
    controls: &Controls,
    workspace: &Workspace,
    files: &[FoundFile],
    diagnostics: &mut Diagnostics,
    progress: impl Fn(&str) + Sync,
) -> Option<Assessed> {
    assess_so(Manner::default(), controls, workspace, files, diagnostics, progress)
}

/// Assesses a workspace. Nothing when the controls themselves turn out to be wrong; then `diagnostics` says where.
/// `progress` is told what is done next; the parts of a stage, which run side by side, by a text after a blank, and their ends by an empty one.
pub fn assess_so(
    manner: Manner<'_>,
    controls: &Controls,
    workspace: &Workspace,
    files: &[FoundFile],
    diagnostics: &mut Diagnostics,
    progress: impl Fn(&str) + Sync,
) -> Option<Assessed> {
    let prepared = Prepared::new(manner, controls, workspace, files, diagnostics, &progress);
    let documents = Documents::new(workspace, &prepared.ledger, &prepared.names);
    progress("making the register");
    let register = lives::register(&prepared.ledger);
    let samples = Samples::new(workspace, &register);
    let parts = Parts { manner, controls, workspace, prepared: &prepared, documents: &documents, samples: &samples };
    let mut tested = parts.tested(diagnostics, &progress)?;
    progress("judging");
    let Prepared { ledger, systems, names } = &prepared;
    let (artifacts, copies) = artifact_records(ledger, files, names);
    let frame = frame_record(workspace, names);
    let clauses = parts.judged(&frame, &tested);
    let root = root_of(&clauses);
    let observations: BTreeMap<String, Vec<u8>> =
        tested.values_mut().filter_map(|tested| Some((tested.result.id.clone(), tested.csv.take()?))).collect();
    let exceptions = exceptions::records(workspace, names, &|objective| departing(tested.get(objective)));
    let inputs = controls.inputs(&workspace.editions, tested.keys()).into_iter().chain(statement_inputs(workspace, names)).collect();
    progress("comparing sources and register");
    let mut assessment = Assessment {
        schema: SCHEMA.into(),
        tool: Tool { name: "tickmark".into(), version: env!("CARGO_PKG_VERSION").into() },
        frame,
        frameworks: parts.frameworks(&clauses),
        clauses,
        objectives: tested.into_values().map(Tested::recorded).collect(),
        artifacts,
        exceptions,
        documents: documents.records(ledger, files),
        systems: systems.clone(),
        coverage: compare::coverage(controls, workspace, ledger),
        reconciliation: compare::reconciliation(ledger),
        register_digest: Some(names.digest_of_bytes(&register_csv(&register))),
        dossiers: Vec::new(),
        samples: samples.records(&observations, ledger, names),
        register,
        inputs,
        names: NamesRecord { found: names.list.names.len(), replaced: false },
        root,
    };
    for index in 0..assessment.objectives.len() {
        assessment.objectives[index].span = compare::span(&assessment.objectives[index].evidence, &assessment.coverage);
    }
    progress("writing dossiers");
    assessment.dossiers = lives::dossiers(&assessment, ledger);
    let Prepared { ledger, names, .. } = prepared;
    Some(Assessed { assessment, ledger, observations, copies, names })
}

/// How every clause stands, by the same rules and from the same evidence as [`assess`], without the lists that a record holds.
pub fn verdicts(
    shelf: Option<&Shelf>,
    controls: &Controls,
    workspace: &Workspace,
    files: &[FoundFile],
    diagnostics: &mut Diagnostics,
    progress: impl Fn(&str) + Sync,
) -> Option<Verdicts> {
    let manner = Manner { wanted: Wanted::Verdicts, shelf };
    let prepared = Prepared::new(manner, controls, workspace, files, diagnostics, &progress);
    let documents = Documents::new(workspace, &prepared.ledger, &prepared.names);
    // Only samples ask for it.
    let register = if workspace.samples.is_empty() { Vec::new() } else { lives::register(&prepared.ledger) };
    let samples = Samples::new(workspace, &register);
    let parts = Parts { manner, controls, workspace, prepared: &prepared, documents: &documents, samples: &samples };
    let tested = parts.tested(diagnostics, &progress)?;
    progress("judging");
    let frame = frame_record(workspace, &prepared.names);
    let clauses = parts.judged(&frame, &tested);
    let frameworks = parts.frameworks(&clauses);
    Some(Verdicts { frame, frameworks, clauses, objectives: tested.into_values().map(|tested| tested.result).collect() })
}

/// What testing and judging go by.
struct Parts<'a> {
    manner: Manner<'a>,
    controls: &'a Controls,
    workspace: &'a Workspace,
    prepared: &'a Prepared,
    documents: &'a Documents<'a>,
    samples: &'a Samples<'a>,
}

impl Parts<'_> {
    /// Every objective in scope after its check ran; nothing where a check itself is wrong.
    fn tested(&self, diagnostics: &mut Diagnostics, progress: &(impl Fn(&str) + Sync)) -> Option<BTreeMap<String, Tested>> {
        let Parts { manner, controls, workspace, prepared, documents, samples } = *self;
        documents.warn(diagnostics);
        let testing = prepared.testing(manner, controls, workspace, documents);
        progress("testing the objectives");
        let outcomes: Vec<(Tested, Diagnostics)> = cited(controls, workspace)
            .into_par_iter()
            .with_max_len(1)
            .map(|objective| {
                progress(&format!(" testing {}", objective.id));
                let mut own = Diagnostics::default();
                let stated = workspace.overrides.get(&objective.id);
                let outcome = testing.test(objective, stated, samples.on_objective(&objective.id).next().is_some(), &mut own);
                progress("");
                (outcome, own)
            })
            .collect();
        let mut tested = BTreeMap::new();
        for (mut outcome, own) in outcomes {
            diagnostics.extend(own);
            outcome.sampled(samples.draws(&outcome.result.id, outcome.csv.as_deref()));
            tested.insert(outcome.result.id.clone(), outcome);
        }
        (!diagnostics.has_errors()).then_some(tested)
    }

    /// Every clause of every edition in scope.
    fn judged(&self, frame: &FrameRecord, tested: &BTreeMap<String, Tested>) -> Vec<ClauseResult> {
        let Prepared { ledger, names, .. } = self.prepared;
        let frame_digest = Digest::of_canonical(&names.hide_frame(frame));
        let digests: BTreeMap<&str, &Digest> =
            ledger.artifacts.values().filter_map(|artifact| Some((artifact.path.as_str(), artifact.sha256.as_ref()?))).collect();
        let mut clauses = Vec::new();
        for name in &self.workspace.editions {
            let judged = Judging {
                workspace: self.workspace,
                catalog: &self.controls.catalogs.editions[name],
                name,
                tested,
                concluded: OnceCell::new(),
                documents: self.documents,
                names,
                samples: self.samples,
                frame: frame_digest.clone(),
                digests: &digests,
            };
            clauses.extend(judged.catalog.clauses.iter().map(|clause| judged.clause(clause)));
        }
        clauses
    }

    /// The editions in scope with how many of their clauses have which status.
    fn frameworks(&self, clauses: &[ClauseResult]) -> Vec<FrameworkRecord> {
        let record = |name: &EditionName| framework_record(name, self.controls, self.workspace, clauses);
        self.workspace.editions.iter().map(record).collect()
    }
}

/// The objectives that some clause in scope cites, by id.
fn cited<'a>(controls: &'a Controls, workspace: &Workspace) -> Vec<&'a Objective> {
    let ids: BTreeSet<&str> = workspace
        .editions
        .iter()
        .flat_map(|name| &controls.catalogs.editions[name].clauses)
        .flat_map(|clause| clause.treatment.mappings())
        .map(|mapping| mapping.objective.as_str())
        .collect();
    ids.into_iter().filter_map(|id| controls.catalogs.objectives.get(id)).collect()
}

/// The subjects under an exception, each with it, and what is concluded with them.
type Concluded = (BTreeMap<String, String>, Finding);

/// Judges the clauses of one edition.
struct Judging<'a> {
    workspace: &'a Workspace,
    catalog: &'a Catalog,
    name: &'a EditionName,
    tested: &'a BTreeMap<String, Tested>,
    /// By objective: the subjects that exceptions of this edition cover, and what is concluded then.
    concluded: OnceCell<BTreeMap<&'a str, Concluded>>,
    documents: &'a Documents<'a>,
    names: &'a Names,
    samples: &'a Samples<'a>,
    frame: Digest,
    /// Of the artifacts, by path.
    digests: &'a BTreeMap<&'a str, &'a Digest>,
}

impl Judging<'_> {
    /// What is concluded of an objective in this edition; the same for each of its clauses.
    fn concluded(&self, objective: &str) -> &Concluded {
        let all = self.concluded.get_or_init(|| {
            let mut all = BTreeMap::new();
            for (id, tested) in self.tested {
                let excepted = self.excepted(tested);
                let finding = tested.concluded(&excepted);
                all.insert(id.as_str(), (excepted, finding));
            }
            all
        });
        &all[objective]
    }

    fn clause(&self, clause: &Clause) -> ClauseResult {
        let findings: Vec<(&Tested, &crate::catalog::Mapping, &Finding, &BTreeMap<String, String>)> = clause
            .treatment
            .mappings()
            .iter()
            .map(|mapping| {
                let (excepted, finding) = self.concluded(&mapping.objective);
                (&self.tested[&mapping.objective], mapping, finding, excepted)
            })
            .collect();
        let ask = match &clause.treatment {
            Treatment::Heading => None,
            Treatment::Mapped(_) => Some(Ask::Mapped(
                findings.iter().map(|(_, mapping, finding, _)| (mapping.objective.as_str(), mapping.coverage, *finding)).collect(),
            )),
            Treatment::Documentary(wanted) => Some(Ask::Documentary(wanted)),
            Treatment::Outside(why) => Some(Ask::Outside(why)),
        };
        let stated = self.stated_not_applicable(clause);
        let cited = format!("{} {}", self.name, clause.id);
        let papers = self.documents.on_clause(&cited);
        let verdict =
            ask.map(|ask| judge::verdict(&ask, &papers, stated.map(|stated| (stated.reason.as_str(), stated.decided_by.as_str()))));
        let (status, mut reasons) = verdict.map_or((None, Vec::new()), |(status, reasons)| (Some(status), reasons));
        let mut evidence: BTreeSet<String> = findings.iter().flat_map(|(tested, ..)| tested.result.evidence.iter().cloned()).collect();
        evidence.extend(papers.iter().map(|paper| paper.path.clone()));
        let objectives: Vec<&str> = findings.iter().map(|(tested, ..)| tested.result.id.as_str()).collect();
        let covering: BTreeSet<&String> = findings.iter().flat_map(|(.., excepted)| excepted.values()).collect();
        if let Some(worksheet) = self.catalog.compensating_worksheet.as_deref().filter(|_| status != Some(Status::NotApplicable)) {
            let stated = self.workspace.exceptions.iter().filter(|exception| covering.contains(&exception.id));
            judge::compensating(&mut reasons, worksheet, &stated.map(exceptions::put_forward).collect::<Vec<_>>());
        }
        let basis = Basis {
            frame: self.frame.clone(),
            catalog: self.catalog.digest.clone(),
            objectives: findings.iter().map(|(tested, ..)| (tested.result.id.clone(), objective_basis(&tested.result))).collect(),
            evidence: evidence.iter().filter_map(|path| Some((path.clone(), (*self.digests.get(path.as_str())?).clone()))).collect(),
            exceptions: self
                .workspace
                .exceptions
                .iter()
                .filter(|exception| covering.contains(&exception.id))
                .map(|exception| (exception.id.clone(), self.names.digest_of(exception)))
                .collect(),
            documents: self
                .documents
                .bearing_on(&cited, &objectives)
                .map(|document| (document.id.clone(), self.names.digest_of(document)))
                .collect(),
            samples: objectives
                .iter()
                .flat_map(|id| self.samples.on_objective(id))
                .map(|sample| (sample.id.clone(), self.names.digest_of(sample)))
                .collect(),
            plans: findings
                .iter()
                .filter_map(|(tested, ..)| Some((tested.result.id.clone(), self.names.digest_of(tested.result.plan.as_ref()?))))
                .collect(),
            tier: profile::tier_of(&self.workspace.profile, self.name.as_str()).map(|tier| self.names.digest_of(&tier)),
            not_applicable: stated.filter(|_| status.is_some()).map(|stated| self.names.digest_of(stated)),
        };
        let mut result = ClauseResult {
            framework: self.name.to_string(),
            clause: clause.id.clone(),
            parent: clause.parent.clone(),
            depth: clause.depth,
            kind: clause.kind.clone(),
            noun: clause.noun.clone(),
            label: clause.label.clone(),
            statement: clause.statement.clone(),
            official: clause
                .official
                .as_ref()
                .map(|official| OfficialRecord { text: official.text.clone(), licence: official.licence.clone() }),
            effective: clause.effective.map(|day| day.to_string()),
            treatment: match clause.treatment {
                Treatment::Heading => TreatmentKind::Heading,
                Treatment::Mapped(_) => TreatmentKind::Mapped,
                Treatment::Documentary(_) => TreatmentKind::Documentary,
                Treatment::Outside(_) => TreatmentKind::Outside,
            },
            status,
            result: status.and_then(|status| self.catalog.result_for(status)).map(str::to_owned),
            reasons,
            objectives: findings
                .iter()
                .map(|(_, mapping, finding, excepted)| ClauseObjective {
                    objective: mapping.objective.clone(),
                    coverage: match mapping.coverage {
                        crate::catalog::Coverage::Full => "full",
                        crate::catalog::Coverage::Partial => "partial",
                    }
                    .into(),
                    rationale: mapping.rationale.clone(),
                    status: finding.status,
                    excepted: excepted
                        .iter()
                        .map(|(subject, exception)| ExceptedSubject { subject: subject.clone(), exception: exception.clone() })
                        .collect(),
                })
                .collect(),
            evidence: evidence.into_iter().collect(),
            stated: profile::stated_of(&self.workspace.profile, self.catalog, clause),
            basis,
            digest: Digest::of(b""),
        };
        result.digest = self.names.hide_clause(&result).computed_digest();
        result
    }

    /// The statement that this clause, or the nearest one above it, does not apply.
    fn stated_not_applicable(&self, clause: &Clause) -> Option<&NotApplicable> {
        let mut at = Some(clause);
        while let Some(here) = at {
            let stated = &self.workspace.stated.not_applicable;
            if let Some(found) = stated.iter().find(|stated| stated.framework == self.name.as_str() && stated.clause == here.id) {
                return Some(found);
            }
            at = here.parent.as_deref().and_then(|parent| self.catalog.clause(parent));
        }
        None
    }

    /// Subjects that depart, in the list or in a sample, and that an active exception of this framework covers.
    fn excepted(&self, tested: &Tested) -> BTreeMap<String, String> {
        let as_of = &self.workspace.stated.as_of;
        let listed =
            tested.listed().iter().filter(|observation| observation.outcome == Outcome::Fail).map(|observation| &observation.subject);
        let drawn =
            tested.draws.iter().flat_map(|draw| &draw.items).filter(|item| item.result == ItemResult::Failed).map(|item| &item.subject);
        let own: Vec<&Exception> = self.workspace.exceptions.iter().filter(|own| own.objective == tested.result.id).collect();
        listed
            .chain(drawn)
            .filter_map(|subject| {
                let exception = own.iter().find(|exception| exception.covers(self.name.as_str(), &tested.result.id, subject, as_of))?;
                Some((subject.clone(), exception.id.clone()))
            })
            .collect()
    }
}

fn objective_basis(result: &ObjectiveResult) -> ObjectiveBasis {
    ObjectiveBasis {
        definition: result.definition.clone(),
        parameters: in_force(&result.parameters),
        observations: result.observations_digest.clone(),
    }
}

/// Who departs from an objective, exceptions left aside.
fn departing(tested: Option<&Tested>) -> Departing {
    let Some(tested) = tested else { return Departing::default() };
    let failed = tested.listed().iter().filter(|observation| observation.outcome == Outcome::Fail);
    Departing {
        subjects: failed.map(|observation| observation.subject.clone()).collect(),
        population: tested.result.tally.population - tested.result.tally.skipped,
    }
}

/// The workspace's statements with the digests of what they say, names hidden.
fn statement_inputs(workspace: &Workspace, names: &Names) -> Vec<InputRecord> {
    let input =
        |(name, bytes): (&str, &[u8])| InputRecord { kind: "workspace".into(), name: name.into(), digest: names.digest_of_bytes(bytes) };
    workspace.statements.iter().map(input).collect()
}

fn frame_record(workspace: &Workspace, names: &Names) -> FrameRecord {
    let stated = &workspace.stated;
    FrameRecord {
        organisation: stated.organisation.clone(),
        title: stated.title.clone().unwrap_or_else(|| format!("Non-human identities, {} to {}", stated.period.from, stated.period.to)),
        scope: stated.scope.trim().to_owned(),
        period_from: stated.period.from.to_string(),
        period_to: stated.period.to.to_string(),
        zone: stated.zone.clone(),
        as_of: stated.as_of.written().to_owned(),
        as_of_utc: stated.as_of.utc().to_string(),
        classification: stated.classification.as_ref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        names: names.commitment(),
        previous: stated.previous.clone(),
    }
}

fn framework_record(name: &EditionName, controls: &Controls, workspace: &Workspace, clauses: &[ClauseResult]) -> FrameworkRecord {
    let catalog = &controls.catalogs.editions[name];
    let about = &catalog.about;
    FrameworkRecord {
        framework: catalog.name.to_string(),
        edition: about.edition.clone(),
        revision: about.revision,
        title: about.title.clone(),
        short_title: about.short_title.clone(),
        publisher: about.publisher.clone(),
        source: about.source.clone(),
        licence: about.licence.clone(),
        published: about.published.to_string(),
        digest: catalog.digest.clone(),
        form: controls.catalogs.frameworks.get(&about.framework).and_then(|framework| framework.form.clone()),
        compensating_worksheet: catalog.compensating_worksheet.clone(),
        tier: profile::tier_of(&workspace.profile, name.as_str()),
        counts: counted(clauses, name.as_str()),
    }
}

fn artifact_records(ledger: &Ledger, files: &[FoundFile], names: &Names) -> (Vec<ArtifactRecord>, BTreeMap<String, Vec<u8>>) {
    let bytes: BTreeMap<&str, &FoundFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut copies = BTreeMap::new();
    let records = ledger
        .artifacts
        .values()
        .enumerate()
        .map(|(index, artifact)| {
            let exhibit = format!("E-{:03}", index + 1);
            let copy = bytes
                .get(artifact.path.as_str())
                .and_then(|file| file.content.as_ref().ok())
                .and_then(|content| content.bytes().ok())
                .and_then(|bytes| packed_copy(&bytes, artifact, ledger));
            let packed =
                copy.as_ref().map(|copy| format!("artifacts/{exhibit}-{}", safe_name(&names.hide(&artifact.path), copy.unwrapped)));
            let packed_sha256 = copy.as_ref().map(|copy| Digest::of(&copy.bytes)).filter(|digest| artifact.sha256.as_ref() != Some(digest));
            if let (Some(path), Some(copy)) = (&packed, copy) {
                copies.insert(path.clone(), copy.bytes);
            }
            record_of(artifact, exhibit, packed, packed_sha256, ledger)
        })
        .collect();
    (records, copies)
}

fn record_of(
    artifact: &Artifact,
    exhibit: String,
    packed: Option<String>,
    packed_sha256: Option<Digest>,
    ledger: &Ledger,
) -> ArtifactRecord {
    let masked = |text: &Option<String>| text.as_ref().map(|text| ledger.masker.apply(text));
    ArtifactRecord {
        exhibit,
        path: artifact.path.clone(),
        state: artifact.state.word().into(),
        note: artifact.note.clone(),
        sha256: artifact.sha256.clone(),
        bytes: artifact.bytes,
        packed,
        packed_sha256,
        secrets: artifact.secrets,
        adapter: artifact.adapter.clone(),
        adapter_revision: artifact.adapter_revision,
        system: artifact.system.clone(),
        instance: artifact.meta.instance.clone(),
        query: masked(&artifact.meta.query),
        tool: masked(&artifact.meta.tool),
        collector: masked(&artifact.meta.collector),
        collected_at: artifact.collected_at.as_ref().map(|at| at.written().to_owned()),
        collected_at_utc: artifact.collected_at.as_ref().map(|at| at.utc().to_string()),
        period: artifact.meta.period.map(|period| format!("{} to {}", period.from, period.to)),
        classification: artifact.meta.classification.clone(),
        rows_stated: artifact.meta.rows,
        control_totals: artifact
            .meta
            .control_totals
            .iter()
            .map(|total| ledger.masker.apply(&format!("{}: {}", total.name, total.value)))
            .collect(),
        first_key: masked(&artifact.meta.first_key),
        last_key: masked(&artifact.meta.last_key),
        sha256_stated: artifact.meta.sha256.clone(),
        transformations: artifact.meta.transformations.iter().map(|step| ledger.masker.apply(step)).collect(),
        not_stated: artifact.not_stated().into_iter().map(str::to_owned).collect(),
        extent: match artifact.extent {
            evidence::Extent::Complete => "complete",
            evidence::Extent::Incomplete => "incomplete",
            evidence::Extent::Unknown => "unknown",
        }
        .into(),
        extent_because: artifact.extent_because.clone(),
        read: artifact.read,
        kept: artifact.kept,
        rejected: artifact.rejected,
        rejections: artifact
            .rejections
            .iter()
            .map(|rejection| RejectionRecord { record: rejection.record.clone(), reason: ledger.masker.apply(&rejection.reason) })
            .collect(),
    }
}

/// The last part of a path in characters that every system and `sha256sum` take as they are. Names of people are hidden in it beforehand: with
/// other characters in the place of their blanks nobody would find them any more.
fn safe_name(path: &str, unwrapped: bool) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = if unwrapped { name.trim_end_matches(".gz") } else { name };
    let safe: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' }).collect();
    let safe = safe.trim_start_matches('.');
    const LONGEST: usize = 100;
    if safe.is_empty() { "file".into() } else { safe.chars().take(LONGEST).collect() }
}
