//! From files to a finished assessment: normalise, run, conclude, judge.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::Documents;
use super::exceptions::Departing;
use super::samples::Samples;
use super::{Controls, Workspace, classes, compare, exceptions, lives, naming, profile};
use crate::assessment::{
    ArtifactRecord, Assessment, Basis, ClauseObjective, ClauseResult, ExceptedSubject, FrameRecord, FrameworkRecord, InputRecord, Names,
    NamesRecord, ObjectiveBasis, ObjectiveResult, OfficialRecord, Outcome, RejectionRecord, SCHEMA, SystemRecord, Tool, TreatmentKind,
    observations_csv, register_csv, root_of,
};
use crate::base::{Diagnostics, Digest, Instant, Status};
use crate::catalog::{Catalog, Clause, EditionName, Method, Objective, Treatment};
use crate::checks::{self, Kinds, Times, Values};
use crate::evidence::{self, Artifact, ArtifactState, FoundFile, Ledger, packed_copy};
use crate::judge::{self, Ask, Draw, Evidence, Extent, Finding, Freshness, ItemResult, Paper, Reliance};
use crate::workspace::NotApplicable;

/// A finished assessment with what its pack holds besides the reports.
pub struct Assessed {
    pub assessment: Assessment,
    pub ledger: Ledger,
    /// Every observation by objective, as `observations/<id>.csv` has them.
    pub observations: BTreeMap<String, Vec<u8>>,
    /// Copies of the artifacts by their path in the pack, secrets masked.
    pub copies: BTreeMap<String, Vec<u8>>,
    pub names: Names,
}

/// Assesses a workspace. Nothing when the controls themselves turn out to be wrong; then `diagnostics` says where.
pub fn assess(
    controls: &Controls,
    workspace: &Workspace,
    files: &[FoundFile],
    diagnostics: &mut Diagnostics,
    mut progress: impl FnMut(&str),
) -> Option<Assessed> {
    let ledger =
        evidence::normalise(files, &workspace.metas, &controls.adapters, &controls.tables, &workspace.frame, diagnostics, |path| {
            progress(&format!("reading {path}"))
        });
    let times = Times { as_of: workspace.frame.as_of, period_from: workspace.frame.period_from, period_to: workspace.frame.as_of };
    classes::warn_unused(workspace, ledger.engine(), diagnostics);
    let systems = systems(workspace, &ledger);
    let names = workspace.names.clone().unwrap_or_else(|| naming::names(controls, workspace, &ledger, files));
    let documents = Documents::new(workspace, &ledger, &names);
    documents.warn(diagnostics);
    let register = lives::register(&ledger);
    let samples = Samples::new(workspace, &register);
    let mut tested = BTreeMap::new();
    for objective in cited(controls, workspace) {
        progress(&format!("testing {}", objective.id));
        let mut outcome = test(controls, workspace, &ledger, &systems, &documents, &names, ledger.engine(), objective, times, diagnostics);
        outcome.sampled(samples.draws(&objective.id, outcome.csv.as_deref()));
        tested.insert(objective.id.clone(), outcome);
    }
    if diagnostics.has_errors() {
        return None;
    }
    progress("judging");
    let (artifacts, copies) = artifact_records(&ledger, files);
    let frame = frame_record(workspace, &names);
    let frame_digest = Digest::of_canonical(&names.hide_frame(&frame));
    let mut clauses = Vec::new();
    for name in &workspace.editions {
        let catalog = &controls.catalogs.editions[name];
        let judged = Judging {
            workspace,
            catalog,
            name,
            tested: &tested,
            documents: &documents,
            names: &names,
            samples: &samples,
            frame: frame_digest.clone(),
            artifacts: &artifacts,
        };
        clauses.extend(catalog.clauses.iter().map(|clause| judged.clause(clause)));
    }
    let root = root_of(&clauses);
    let observations: BTreeMap<String, Vec<u8>> =
        tested.values().filter_map(|tested| Some((tested.result.id.clone(), tested.csv.clone()?))).collect();
    let mut assessment = Assessment {
        schema: SCHEMA.into(),
        tool: Tool { name: "tickmark".into(), version: env!("CARGO_PKG_VERSION").into() },
        frame,
        frameworks: workspace.editions.iter().map(|name| framework_record(name, controls, workspace)).collect(),
        clauses,
        objectives: tested.values().map(|tested| tested.result.clone()).collect(),
        artifacts,
        exceptions: exceptions::records(workspace, &names, &|objective| departing(tested.get(objective))),
        documents: documents.records(&ledger, files),
        systems,
        coverage: compare::coverage(controls, workspace, &ledger),
        reconciliation: compare::reconciliation(&ledger),
        register_digest: Some(names.digest_of_bytes(&register_csv(&register))),
        dossiers: Vec::new(),
        samples: samples.records(&observations, &ledger, &names),
        register,
        inputs: controls.inputs(&workspace.editions, tested.keys()).into_iter().chain(statement_inputs(workspace, &names)).collect(),
        names: NamesRecord { found: names.list.names.len(), replaced: false },
        root,
    };
    for index in 0..assessment.frameworks.len() {
        assessment.frameworks[index].counts = assessment.counted(&assessment.frameworks[index].framework.clone());
    }
    assessment.dossiers = lives::dossiers(&assessment, &ledger);
    Some(Assessed { assessment, ledger, observations, copies, names })
}

/// One objective after its check ran.
struct Tested {
    result: ObjectiveResult,
    evidence: Evidence,
    csv: Option<Vec<u8>>,
    /// Documents attached to it.
    papers: Vec<Paper>,
    /// Samples that were drawn for it.
    draws: Vec<Draw>,
    objective: Objective,
}

impl Tested {
    /// Takes in what samples say of it, without regard to exceptions.
    fn sampled(&mut self, draws: Vec<Draw>) {
        if !draws.is_empty() {
            self.result.status = judge::sampled(self.result.status, &mut self.result.reasons, &draws, &self.objective.id, &BTreeMap::new());
            self.draws = draws;
        }
    }

    /// What the check found, weakened by what people found in the documents and in samples; where no query decides, without the first.
    fn concluded(&self, excepted: &BTreeMap<String, String>) -> Finding {
        let mut finding = concluded(&self.objective, &self.evidence, &self.papers, excepted);
        finding.status = judge::sampled(finding.status, &mut finding.reasons, &self.draws, &self.objective.id, excepted);
        finding
    }
}

/// What the check found, weakened by what people found in the documents; where no query decides, the documents alone.
fn concluded(objective: &Objective, evidence: &Evidence, papers: &[Paper], excepted: &BTreeMap<String, String>) -> Finding {
    let mut finding = judge::conclude(&objective.id, evidence, objective.empty_population.as_ref(), excepted);
    if !matches!(evidence, Evidence::NotAutomated { .. }) {
        finding.status = judge::weaken(finding.status, &mut finding.reasons, papers, Some(&objective.id));
    }
    finding
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

#[expect(clippy::too_many_arguments, reason = "one call site; each argument is one input of the stage")]
fn test(
    controls: &Controls,
    workspace: &Workspace,
    ledger: &Ledger,
    systems: &[SystemRecord],
    documents: &Documents<'_>,
    names: &Names,
    engine: &crate::engine::Engine,
    objective: &Objective,
    times: Times,
    diagnostics: &mut Diagnostics,
) -> Tested {
    let nothing = BTreeMap::new();
    let stated = workspace.overrides.get(&objective.id).unwrap_or(&nothing);
    let values = Values::new(objective, stated, Kinds::of(&controls.tables));
    let papers = documents.on_objective(&objective.id);
    let evidence = if objective.check.is_none() {
        Evidence::NotAutomated { ask: objective.ask.clone().unwrap_or_default(), papers: papers.clone() }
    } else {
        gather(controls, workspace, ledger, systems, engine, objective, &values, times, diagnostics)
    };
    let finding = concluded(objective, &evidence, &papers, &BTreeMap::new());
    let by_class = match &evidence {
        Evidence::Observed { observations, .. } => classes::tallies(&values, observations, ledger),
        Evidence::NotAutomated { .. } | Evidence::Missing { .. } => Vec::new(),
    };
    let (csv, observations, mut paths) = match &evidence {
        Evidence::Observed { observations, reliances, .. } => {
            let shown = observations.iter().filter(|observation| match observation.outcome {
                Outcome::Fail | Outcome::Unknown => true,
                Outcome::Pass => !observation.proved,
                Outcome::Skip => false,
            });
            let paths: Vec<String> = reliances.iter().map(|reliance| reliance.path.clone()).collect();
            (Some(observations_csv(observations)), shown.cloned().collect(), paths)
        }
        Evidence::NotAutomated { .. } | Evidence::Missing { .. } => (None, Vec::new(), Vec::new()),
    };
    paths.extend(papers.iter().map(|paper| paper.path.clone()));
    paths.sort();
    paths.dedup();
    let result = ObjectiveResult {
        id: objective.id.clone(),
        title: objective.title.clone(),
        statement: objective.statement.clone(),
        method: match objective.method {
            Method::Examine => "examine",
            Method::Interview => "interview",
            Method::Test => "test",
        }
        .into(),
        ask: objective.ask.clone(),
        population: objective.population.clone(),
        advice: objective.advice.clone(),
        references: objective.references.clone(),
        parameters: classes::parameter_records(objective, &values),
        freshness_days_max: objective.freshness_days_max,
        status: finding.status,
        reasons: finding.reasons,
        tally: finding.tally,
        classes: by_class,
        observations,
        observations_digest: csv.as_ref().map(|csv| names.digest_of_bytes(csv)),
        evidence: paths,
        definition: objective.digest.clone(),
        plan: profile::plan_of(&workspace.profile, &objective.id, workspace.today()),
    };
    Tested { result, evidence, csv, papers, draws: Vec::new(), objective: objective.clone() }
}

#[expect(clippy::too_many_arguments, reason = "one call site; each argument is one input of the stage")]
fn gather(
    controls: &Controls,
    workspace: &Workspace,
    ledger: &Ledger,
    systems: &[SystemRecord],
    engine: &crate::engine::Engine,
    objective: &Objective,
    values: &Values,
    times: Times,
    diagnostics: &mut Diagnostics,
) -> Evidence {
    let missing: Vec<String> = objective
        .requires
        .iter()
        .filter(|table| ledger.feeding(table).next().is_none() && !workspace.states(table))
        .map(|table| missing_table(table, controls, ledger))
        .collect();
    if !missing.is_empty() {
        return Evidence::Missing { tables: missing };
    }
    let Some(mut observations) = checks::run(engine, objective, values, times, diagnostics) else {
        return Evidence::Missing { tables: vec!["the check, which could not run".into()] };
    };
    let feeding: BTreeMap<&str, &Artifact> =
        objective.requires.iter().flat_map(|table| ledger.feeding(table)).map(|artifact| (artifact.path.as_str(), artifact)).collect();
    let reliance = |artifact: &Artifact| Reliance {
        path: artifact.path.clone(),
        freshness: freshness(artifact.collected_at.as_ref(), &workspace.stated.as_of, objective.freshness_days_max),
        extent: extent(artifact.extent),
        rejected: artifact.rejected,
    };
    let reliances: Vec<Reliance> = feeding.values().map(|artifact| reliance(artifact)).collect();
    // A row may cite an artifact that feeds only a derived table: its own freshness then decides.
    let all: Vec<Reliance> = ledger.artifacts.values().filter(|artifact| artifact.state == ArtifactState::Used).map(reliance).collect();
    judge::weigh(&mut observations, &all, &judge::STATEMENTS);
    for observation in &mut observations {
        observation.reason = ledger.masker.apply(&observation.reason);
        observation.subject = ledger.masker.apply(&observation.subject);
    }
    let not_collected = systems
        .iter()
        .flat_map(|system| system.missing.iter().map(move |adapter| (system, adapter)))
        .filter(|(_, adapter)| {
            controls.adapters.get(*adapter).is_some_and(|adapter| adapter.feeds().iter().any(|table| objective.requires.contains(table)))
        })
        .map(|(system, adapter)| format!("{adapter} of {}", system.title))
        .collect();
    Evidence::Observed { observations, reliances, not_collected }
}

fn missing_table(table: &str, controls: &Controls, ledger: &Ledger) -> String {
    let unusable: Vec<&str> = ledger
        .artifacts
        .values()
        .filter(|artifact| artifact.state == ArtifactState::OutOfPeriod)
        .filter(|artifact| {
            artifact.adapter.as_ref().and_then(|id| controls.adapters.get(id)).is_some_and(|adapter| adapter.feeds().contains(table))
        })
        .map(|artifact| artifact.path.as_str())
        .collect();
    if unusable.is_empty() { table.to_owned() } else { format!("{table} (out of period: {})", unusable.join(", ")) }
}

/// How old evidence is against a limit.
pub fn freshness(collected_at: Option<&Instant>, as_of: &Instant, limit_days: i64) -> Freshness {
    match collected_at {
        None => Freshness::Undated,
        Some(at) => {
            let age_days = at.days_until(as_of);
            if age_days > limit_days { Freshness::Stale { age_days, limit_days } } else { Freshness::Fresh }
        }
    }
}

pub fn extent(extent: evidence::Extent) -> Extent {
    match extent {
        evidence::Extent::Complete => Extent::Complete,
        evidence::Extent::Incomplete => Extent::Incomplete,
        evidence::Extent::Unknown => Extent::Unknown,
    }
}

/// Judges the clauses of one edition.
struct Judging<'a> {
    workspace: &'a Workspace,
    catalog: &'a Catalog,
    name: &'a EditionName,
    tested: &'a BTreeMap<String, Tested>,
    documents: &'a Documents<'a>,
    names: &'a Names,
    samples: &'a Samples<'a>,
    frame: Digest,
    artifacts: &'a [ArtifactRecord],
}

impl Judging<'_> {
    fn clause(&self, clause: &Clause) -> ClauseResult {
        let findings: Vec<(&Tested, &crate::catalog::Mapping, Finding, BTreeMap<String, String>)> = clause
            .treatment
            .mappings()
            .iter()
            .map(|mapping| {
                let tested = &self.tested[&mapping.objective];
                let excepted = self.excepted(tested);
                let finding = tested.concluded(&excepted);
                (tested, mapping, finding, excepted)
            })
            .collect();
        let ask = match &clause.treatment {
            Treatment::Heading => None,
            Treatment::Mapped(_) => Some(Ask::Mapped(
                findings.iter().map(|(_, mapping, finding, _)| (mapping.objective.as_str(), mapping.coverage, finding)).collect(),
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
            evidence: evidence
                .iter()
                .filter_map(|path| {
                    let artifact = self.artifacts.iter().find(|artifact| artifact.path == *path)?;
                    Some((path.clone(), artifact.sha256.clone()?))
                })
                .collect(),
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
        let observations = match &tested.evidence {
            Evidence::Observed { observations, .. } => observations.as_slice(),
            Evidence::NotAutomated { .. } | Evidence::Missing { .. } => &[],
        };
        let as_of = &self.workspace.stated.as_of;
        let listed = observations.iter().filter(|observation| observation.outcome == Outcome::Fail).map(|observation| &observation.subject);
        let drawn =
            tested.draws.iter().flat_map(|draw| &draw.items).filter(|item| item.result == ItemResult::Failed).map(|item| &item.subject);
        listed
            .chain(drawn)
            .filter_map(|subject| {
                let exception = self
                    .workspace
                    .exceptions
                    .iter()
                    .find(|exception| exception.covers(self.name.as_str(), &tested.result.id, subject, as_of))?;
                Some((subject.clone(), exception.id.clone()))
            })
            .collect()
    }
}

fn objective_basis(result: &ObjectiveResult) -> ObjectiveBasis {
    ObjectiveBasis {
        definition: result.definition.clone(),
        parameters: classes::basis_of(&result.parameters),
        observations: result.observations_digest.clone(),
    }
}

/// Who departs from an objective, exceptions left aside.
fn departing(tested: Option<&Tested>) -> Departing {
    let Some(Evidence::Observed { observations, .. }) = tested.map(|tested| &tested.evidence) else {
        return Departing::default();
    };
    let failed = observations.iter().filter(|observation| observation.outcome == Outcome::Fail);
    Departing {
        subjects: failed.map(|observation| observation.subject.clone()).collect(),
        population: observations.iter().filter(|observation| observation.outcome != Outcome::Skip).count(),
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
        names: names.commitment(),
        previous: stated.previous.clone(),
    }
}

fn framework_record(name: &EditionName, controls: &Controls, workspace: &Workspace) -> FrameworkRecord {
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
        counts: Status::ALL.iter().map(|status| (*status, 0)).collect(),
    }
}

fn systems(workspace: &Workspace, ledger: &Ledger) -> Vec<SystemRecord> {
    let used = || ledger.artifacts.values().filter(|artifact| artifact.state == ArtifactState::Used);
    workspace
        .stated
        .systems
        .iter()
        .map(|system| {
            let belongs = |artifact: &Artifact, adapter: &String| {
                artifact.adapter.as_ref() == Some(adapter) && (system.instance.is_none() || system.instance == artifact.meta.instance)
            };
            SystemRecord {
                id: system.id.clone(),
                title: system.title.clone(),
                owner: system.owner.clone(),
                instance: system.instance.clone(),
                missing: system.expects.iter().filter(|adapter| !used().any(|artifact| belongs(artifact, adapter))).cloned().collect(),
                artifacts: used()
                    .filter(|artifact| system.expects.iter().any(|adapter| belongs(artifact, adapter)))
                    .map(|artifact| artifact.path.clone())
                    .collect(),
            }
        })
        .collect()
}

fn artifact_records(ledger: &Ledger, files: &[FoundFile]) -> (Vec<ArtifactRecord>, BTreeMap<String, Vec<u8>>) {
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
            let packed = copy.as_ref().map(|copy| format!("artifacts/{exhibit}-{}", safe_name(&artifact.path, copy.unwrapped)));
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

/// The last part of a path in characters that every system and `sha256sum` take as they are.
fn safe_name(path: &str, unwrapped: bool) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = if unwrapped { name.trim_end_matches(".gz") } else { name };
    let safe: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' }).collect();
    let safe = safe.trim_start_matches('.');
    const LONGEST: usize = 100;
    if safe.is_empty() { "file".into() } else { safe.chars().take(LONGEST).collect() }
}
