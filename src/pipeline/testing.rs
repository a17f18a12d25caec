//! Tests objectives over the evidence of a workspace: reads it, runs the checks, and concludes what they say of each objective.
//!
//! In: controls, a workspace, its files. Out: each objective with what was observed, concluded before exceptions. No clause is judged here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rayon::prelude::*;

use super::assess::{Manner, Wanted};
use super::classes::{ByClass, ClassOf};
use super::documents::Documents;
use super::observing::{Keep, Observed, Observing};
use super::{Controls, Workspace, classes, naming, profile};
use crate::assessment::{ClassTally, Names, ObjectiveResult, Observation, SpanRecord, SystemRecord};
use crate::base::{Diagnostics, Digest, FoundFile, Instant};
use crate::catalog::{Method, Objective};
use crate::checks::{self, InForce, Kinds, Said, Times, Values};
use crate::evidence::{self, Artifact, ArtifactState, Ledger};
use crate::judge::{self, Draw, Evidence, Extent, Finding, Freshness, Paper, Reliance};

/// An objective and the values that the organisation states for its parameters.
#[derive(Debug, Clone)]
pub struct Means {
    pub objective: Objective,
    pub stated: BTreeMap<String, Vec<Said>>,
}

/// Tests objectives over the evidence of a workspace, each by the means given for it, whatever the workspace itself says of it, and judges
/// no clause. For each of them what came out, or the diagnostics where its check could not be run.
pub fn test_by(
    asked: &[Means],
    controls: &Controls,
    workspace: &Workspace,
    files: &[FoundFile],
    progress: impl Fn(&str) + Sync,
) -> Vec<Result<ObjectiveResult, Diagnostics>> {
    let manner = Manner { wanted: Wanted::Record, shelf: None };
    // What is to be said of the evidence was said when it was assessed; tables that could not be made now are no evidence at all.
    let mut unread = Diagnostics::default();
    let prepared = Prepared::new(manner, controls, workspace, files, &mut unread, &progress);
    if unread.has_errors() {
        return asked.iter().map(|_| Err(unread.clone())).collect();
    }
    let documents = Documents::new(workspace, &prepared.ledger, &prepared.names);
    let testing = prepared.testing(manner, controls, workspace, &documents);
    let test = |means: &Means| {
        progress(&format!("testing {}", means.objective.id));
        let mut diagnostics = Diagnostics::default();
        let tested = testing.test(&means.objective, Some(&means.stated), false, &mut diagnostics);
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok(tested.recorded()) }
    };
    asked.par_iter().with_max_len(1).map(test).collect()
}

/// The evidence of a workspace, read.
pub(super) struct Prepared {
    pub(super) ledger: Ledger,
    pub(super) systems: Vec<SystemRecord>,
    pub(super) names: Names,
}

impl Prepared {
    pub(super) fn new(
        manner: Manner<'_>,
        controls: &Controls,
        workspace: &Workspace,
        files: &[FoundFile],
        diagnostics: &mut Diagnostics,
        progress: impl Fn(&str) + Sync,
    ) -> Prepared {
        let Controls { adapters, tables, .. } = controls;
        let (metas, frame) = (&workspace.metas, &workspace.frame);
        let ledger = match manner.shelf {
            None => evidence::normalise(files, metas, adapters, tables, frame, diagnostics, &progress),
            Some(shelf) => evidence::normalise_kept(shelf, files, metas, adapters, tables, frame, diagnostics, &progress),
        };
        progress("looking for names");
        classes::warn_unused(workspace, ledger.engine(), diagnostics);
        let systems = systems(workspace, &ledger);
        let names = workspace.names.clone().unwrap_or_else(|| naming::names(manner.shelf, controls, workspace, &ledger, files));
        Prepared { ledger, systems, names }
    }

    pub(super) fn testing<'a>(
        &'a self,
        manner: Manner<'a>,
        controls: &'a Controls,
        workspace: &'a Workspace,
        documents: &'a Documents<'a>,
    ) -> Testing<'a> {
        Testing {
            controls,
            workspace,
            ledger: &self.ledger,
            systems: &self.systems,
            documents,
            names: &self.names,
            kinds: Kinds::of(&controls.tables),
            class_of: OnceLock::new(),
            manner,
        }
    }
}

/// One objective after its check ran.
pub(super) struct Tested {
    /// What is kept of it; its observations are with the evidence until all is judged.
    pub(super) result: ObjectiveResult,
    evidence: Evidence,
    pub(super) csv: Option<Vec<u8>>,
    /// Documents attached to it.
    papers: Vec<Paper>,
    /// Samples that were drawn for it.
    pub(super) draws: Vec<Draw>,
    objective: Objective,
}

impl Tested {
    pub(super) fn listed(&self) -> &[Observation] {
        match &self.evidence {
            Evidence::Observed { seen, .. } => &seen.listed,
            Evidence::NotAutomated { .. } | Evidence::Missing { .. } => &[],
        }
    }

    /// The kept record, observations included.
    pub(super) fn recorded(mut self) -> ObjectiveResult {
        if let Evidence::Observed { seen, .. } = self.evidence {
            self.result.observations = seen.listed;
        }
        self.result
    }

    /// Takes in what samples say of it, without regard to exceptions.
    pub(super) fn sampled(&mut self, draws: Vec<Draw>) {
        if !draws.is_empty() {
            self.result.status = judge::sampled(self.result.status, &mut self.result.reasons, &draws, &self.objective.id, &BTreeMap::new());
            self.draws = draws;
        }
    }

    /// What the check found, weakened by what people found in the documents and in samples; where no query decides, without the first.
    pub(super) fn concluded(&self, excepted: &BTreeMap<String, String>) -> Finding {
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

/// What is the same for the test of every objective.
pub(super) struct Testing<'a> {
    controls: &'a Controls,
    workspace: &'a Workspace,
    ledger: &'a Ledger,
    systems: &'a [SystemRecord],
    documents: &'a Documents<'a>,
    names: &'a Names,
    kinds: Kinds,
    /// Made for the first objective that asks for it.
    class_of: OnceLock<ClassOf>,
    manner: Manner<'a>,
}

impl Testing<'_> {
    /// Tests an objective with the values that are stated for it.
    pub(super) fn test(
        &self,
        objective: &Objective,
        stated: Option<&BTreeMap<String, Vec<Said>>>,
        is_sampled: bool,
        diagnostics: &mut Diagnostics,
    ) -> Tested {
        let nothing = BTreeMap::new();
        let values = Values::new(objective, stated.unwrap_or(&nothing), self.kinds.clone());
        let papers = self.documents.on_objective(&objective.id);
        let keep = match self.manner.wanted {
            _ if is_sampled => Keep::Full,
            Wanted::Pack => Keep::Full,
            // An exception is weighed against the list.
            Wanted::Verdicts if !self.workspace.exceptions.iter().any(|own| own.objective == objective.id) => Keep::Gist,
            Wanted::Record | Wanted::Verdicts => Keep::Listed,
        };
        let gathered = if objective.check.is_none() {
            Gathered::untested(Evidence::NotAutomated { ask: objective.ask.clone().unwrap_or_default(), papers: papers.clone() })
        } else {
            self.gather(objective, &values, keep, diagnostics)
        };
        let Gathered { evidence, classes, digest, csv } = gathered;
        let finding = concluded(objective, &evidence, &papers, &BTreeMap::new());
        let mut paths: Vec<String> = match &evidence {
            Evidence::Observed { reliances, .. } => reliances.iter().map(|reliance| reliance.path.clone()).collect(),
            Evidence::NotAutomated { .. } | Evidence::Missing { .. } => Vec::new(),
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
            classes,
            observations: Vec::new(),
            observations_digest: digest,
            evidence: paths,
            span: SpanRecord::default(),
            definition: objective.digest.clone(),
            plan: profile::plan_of(&self.workspace.profile, &objective.id, self.workspace.today()),
        };
        Tested { result, evidence, csv, papers, draws: Vec::new(), objective: objective.clone() }
    }

    fn gather(&self, objective: &Objective, values: &Values, keep: Keep, diagnostics: &mut Diagnostics) -> Gathered {
        let Testing { controls, workspace, ledger, .. } = *self;
        let missing: Vec<String> = objective
            .requires
            .iter()
            .filter(|table| ledger.feeding(table).next().is_none() && !workspace.states(table))
            .map(|table| missing_table(table, controls, ledger))
            .collect();
        if !missing.is_empty() {
            return Gathered::untested(Evidence::Missing { tables: missing });
        }
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
        let proving = judge::proving(&all, &judge::STATEMENTS);
        let Some(Observed { seen, classes, digest, csv }) = self.observe(objective, values, keep, proving, diagnostics) else {
            return Gathered::untested(Evidence::Missing { tables: vec!["the check, which could not run".into()] });
        };
        let not_collected = self
            .systems
            .iter()
            .flat_map(|system| system.missing.iter().map(move |adapter| (system, adapter)))
            .filter(|(_, adapter)| {
                controls
                    .adapters
                    .get(*adapter)
                    .is_some_and(|adapter| adapter.feeds().iter().any(|table| objective.requires.contains(table)))
            })
            .map(|(system, adapter)| format!("{adapter} of {}", system.title))
            .collect();
        Gathered { evidence: Evidence::Observed { seen, reliances, not_collected }, classes, digest: Some(digest), csv }
    }

    /// Runs the check, or takes what is kept of an equal one; nothing where it cannot run.
    fn observe(
        &self,
        objective: &Objective,
        values: &Values,
        keep: Keep,
        proving: BTreeSet<&str>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Observed> {
        let Testing { ledger, names, .. } = *self;
        let rows = self
            .manner
            .shelf
            .zip(ledger.key())
            .and_then(|(shelf, tables)| Some((shelf, checks::rows_key(objective, values, self.times(), tables)?)));
        let differs = values.by_name.values().any(InForce::differs_by_class);
        let gist = rows.as_ref().filter(|_| keep == Keep::Gist);
        let gist = gist.map(|(shelf, rows)| (*shelf, Digest::of_canonical(&("gist", rows, names.commitment(), &proving, differs))));
        if let Some(observed) = gist.as_ref().and_then(|(shelf, key)| Observed::taken(shelf, key)) {
            return Some(observed);
        }
        let by_class = differs.then(|| ByClass::new(&self.kinds, self.class_of.get_or_init(|| ClassOf::new(ledger, &self.kinds))));
        let mut observing = Observing::new(&ledger.masker, proving, by_class, names, keep);
        let rows = rows.as_ref().map(|(shelf, key)| (*shelf, key));
        let ran = checks::run_each(ledger.engine(), objective, values, self.times(), rows, diagnostics, |seen| observing.add(seen));
        let observed = ran.then(|| observing.finish())?;
        if let Some((shelf, key)) = gist {
            observed.keep(shelf, &key);
        }
        Some(observed)
    }

    fn times(&self) -> Times {
        let frame = &self.workspace.frame;
        Times { as_of: frame.as_of, period_from: frame.period_from, period_to: frame.as_of }
    }
}

/// What one objective has to go by, and what is told of it besides.
struct Gathered {
    evidence: Evidence,
    classes: Vec<ClassTally>,
    digest: Option<Digest>,
    csv: Option<Vec<u8>>,
}

impl Gathered {
    fn untested(evidence: Evidence) -> Gathered {
        Gathered { evidence, classes: Vec::new(), digest: None, csv: None }
    }
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
