//! The kept record of one assessment: every clause with its verdict, and everything that verdict rests on.
//!
//! Self-contained: comparing, verifying and rendering need nothing else, years later. It does not know how it came about.

pub mod inputs;
pub mod life;
pub mod lists;
pub mod names;
pub mod parts;
pub mod profile;
mod raw;
pub mod sample;
pub mod verdicts;
pub mod written;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use life::{DossierRecord, REGISTER_COLUMNS, RegisterRecord, STEPS, StepRecord, register_csv};
pub use names::{NameList, NameRecord, Names, NamesRecord};
pub use profile::{PlanRecord, StatedRecord, TierRecord};
pub use sample::{SampleItemRecord, SampleRecord};
pub use verdicts::{Judged, Verdicts};

use crate::base::digest::{canonical_value, merkle_root};
use crate::base::{Digest, Form, Status};

/// Version of the machine form.
pub const SCHEMA: &str = "tickmark-assessment/1";

/// All verdicts of one run, with what they rest on. Written to `assessment.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Tickmark assessment")]
pub struct Assessment {
    /// `tickmark-assessment/1`.
    pub schema: String,
    pub tool: Tool,
    pub frame: FrameRecord,
    pub frameworks: Vec<FrameworkRecord>,
    /// Every clause of every edition in scope, headings included, in the publisher's order.
    pub clauses: Vec<ClauseResult>,
    /// Every objective that a clause in scope cites.
    pub objectives: Vec<ObjectiveResult>,
    /// Every file of the workspace.
    pub artifacts: Vec<ArtifactRecord>,
    pub exceptions: Vec<ExceptionRecord>,
    /// Files that people read, with what they concluded.
    #[serde(default)]
    pub documents: Vec<DocumentRecord>,
    pub systems: Vec<SystemRecord>,
    /// What each kind of export says of the period.
    #[serde(default)]
    pub coverage: Vec<CoverageRecord>,
    /// The sources against the register, and against each other.
    #[serde(default)]
    pub reconciliation: ReconciliationRecord,
    /// Every machine identity, by id; `register.csv` has the same rows.
    #[serde(default)]
    pub register: Vec<RegisterRecord>,
    /// Of `register.csv` with pseudonyms in the place of names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register_digest: Option<Digest>,
    /// The lives of the identities that depart from an objective, by id.
    #[serde(default)]
    pub dossiers: Vec<DossierRecord>,
    /// Draws from populations, with what the testing of their items gave.
    #[serde(default)]
    pub samples: Vec<SampleRecord>,
    /// Digests of the files that decided what was said; of the workspace's own statements with names hidden.
    pub inputs: Vec<InputRecord>,
    /// How names and addresses of people are dealt with.
    #[serde(default)]
    pub names: NamesRecord,
    /// RFC 9162 Merkle tree hash; leaf n is the 32-byte digest of clause n.
    pub root: Digest,
}

/// How much of the period the exports of one kind from one instance speak of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageRecord {
    pub adapter: String,
    pub title: String,
    pub instance: Option<String>,
    /// `point-in-time`: states at the instants of collection. `over-time`: what happened on the days covered.
    pub kind: String,
    /// `stated` by the collectors, or `told` by the first and last row.
    pub basis: Option<String>,
    /// Instants of collection, in order, or covered days as `from to`.
    pub covers: Vec<String>,
    /// Days of the period that are not covered, as `from to`.
    pub gaps: Vec<String>,
    /// Rows that lie outside the period and are not counted.
    pub outside: usize,
    pub artifacts: Vec<String>,
}

/// What the sources show against what the register says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReconciliationRecord {
    pub places: Vec<PlaceRecord>,
    /// Everything that does not agree.
    pub discrepancies: Vec<DiscrepancyRecord>,
    /// Files whose count of records the collector stated, and those where that count was found.
    pub counts_stated: usize,
    pub counts_found: usize,
}

/// Counts of identities of one platform and scope.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceRecord {
    pub platform: String,
    pub scope: String,
    pub in_both: usize,
    pub only_in_source: usize,
    pub only_in_register: usize,
    /// A row of the register fits several identities, and names none for certain.
    pub ambiguous: usize,
    /// Made and run by the platform; the register need not hold them.
    pub provider_managed: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiscrepancyRecord {
    /// `only-in-source`, `only-in-register`, `ambiguous`, `duplicate` or `conflict`.
    pub kind: String,
    pub subject: String,
    pub says: String,
    pub artifact: String,
    pub record: String,
    pub other_artifact: Option<String>,
    pub other_record: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// What was assessed, for when, judged at which instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FrameRecord {
    pub organisation: String,
    pub title: String,
    pub scope: String,
    pub period_from: String,
    pub period_to: String,
    pub zone: String,
    pub as_of: String,
    pub as_of_utc: String,
    /// Who may see the report, as the organisation states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// Digest of `names.json`, which a redacted pack does not hold; none where no names were found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Digest>,
    /// Merkle root of the pack of the period before; the same for its full and its redacted form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FrameworkRecord {
    /// `pci-dss@4.0.1`.
    pub framework: String,
    pub edition: String,
    pub revision: u32,
    pub title: String,
    pub short_title: String,
    pub publisher: String,
    pub source: String,
    pub licence: String,
    pub published: String,
    /// Of the catalog file that was used.
    pub digest: Digest,
    /// The form in which the framework's readers expect a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// The publisher's worksheet for a control that stands in for a requirement, such as `Appendix C`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensating_worksheet: Option<String>,
    /// How the organisation rates itself in the framework's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierRecord>,
    /// Assessable clauses by status; counted again by `verify`.
    pub counts: BTreeMap<Status, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TreatmentKind {
    Heading,
    Mapped,
    Documentary,
    Outside,
}

/// One clause: what is asked, the status, why, and what that rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseResult {
    /// `pci-dss@4.0.1`.
    pub framework: String,
    /// The publisher's id.
    pub clause: String,
    pub parent: Option<String>,
    pub depth: usize,
    pub kind: String,
    pub noun: String,
    pub label: String,
    pub statement: String,
    /// Laid beside our wording by a holder of its licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub official: Option<OfficialRecord>,
    pub effective: Option<String>,
    pub treatment: TreatmentKind,
    /// None for headings.
    pub status: Option<Status>,
    /// The status in the edition's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    pub reasons: Vec<Reason>,
    pub objectives: Vec<ClauseObjective>,
    /// Paths of the artifacts that the verdict rests on.
    pub evidence: Vec<String>,
    /// What the organisation says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<StatedRecord>,
    pub basis: Basis,
    /// SHA-256 over the RFC 8785 form of this object without this key, pseudonyms in the place of names.
    pub digest: Digest,
}

/// The official text of a clause, which is not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfficialRecord {
    pub text: String,
    /// Whose it is and by what right it stands here.
    pub licence: String,
}

/// Why a status is what it is. Every status has at least one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Stable: see the book's list of reasons.
    pub code: String,
    /// A sentence with the numbers in it.
    pub text: String,
    pub objective: Option<String>,
    /// Paths of the artifacts that it speaks of.
    pub artifacts: Vec<String>,
    /// The first rows behind it.
    pub rows: Vec<RowRef>,
}

/// A place in an artifact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RowRef {
    pub subject: String,
    pub artifact: String,
    pub record: String,
}

/// One objective as one clause uses it, exceptions of that framework applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseObjective {
    pub objective: String,
    /// `full` or `partial`.
    pub coverage: String,
    pub rationale: String,
    pub status: Status,
    /// Deviations that exceptions of this framework cover.
    pub excepted: Vec<ExceptedSubject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptedSubject {
    pub subject: String,
    pub exception: String,
}

/// The digests that a verdict stands on: change any of them and the clause's digest changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Basis {
    /// Of [`FrameRecord`].
    pub frame: Digest,
    /// Of the catalog file.
    pub catalog: Digest,
    /// By objective id.
    pub objectives: BTreeMap<String, ObjectiveBasis>,
    /// Digest of the original bytes by path.
    pub evidence: BTreeMap<String, Digest>,
    /// Digest of the statement by id.
    pub exceptions: BTreeMap<String, Digest>,
    /// Digest of the statement about each document that bears on the clause, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub documents: BTreeMap<String, Digest>,
    /// Digest of the statement about each sample that bears on the clause, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub samples: BTreeMap<String, Digest>,
    /// Digest of what the organisation plans, by id of the objective. Beside the verdict, not under it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub plans: BTreeMap<String, Digest>,
    /// Digest of how the organisation rates itself in the framework's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Digest>,
    /// The organisation's statement that the clause does not apply.
    pub not_applicable: Option<Digest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveBasis {
    /// Of objective.yaml and check.sql.
    pub definition: Digest,
    pub parameters: BTreeMap<String, String>,
    /// Of the full list of observations; none where nothing was tested.
    pub observations: Option<Digest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Departs from the objective.
    Fail,
    /// The sources cannot tell.
    Unknown,
    /// Proved.
    Pass,
    /// The test does not concern it.
    Skip,
}

impl Outcome {
    pub fn parse(word: &str) -> Option<Outcome> {
        Some(match word {
            "fail" => Outcome::Fail,
            "unknown" => Outcome::Unknown,
            "pass" => Outcome::Pass,
            "skip" => Outcome::Skip,
            _ => return None,
        })
    }

    pub fn word(self) -> &'static str {
        match self {
            Outcome::Fail => "fail",
            Outcome::Unknown => "unknown",
            Outcome::Pass => "pass",
            Outcome::Skip => "skip",
        }
    }
}

/// What was seen of one member of a population.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    pub subject: String,
    pub outcome: Outcome,
    pub reason: String,
    pub artifact: String,
    pub record: String,
    /// The identity it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// False where a pass rests on stale or undated evidence.
    pub proved: bool,
    /// Whether one source says of it what another contradicts, such as a closed ticket against the system itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contradicted: bool,
}

/// What the evidence of an objective can show in time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpanRecord {
    /// Instants at which states were exported, first and last: that something is set up so then, which is its design.
    pub design: Vec<String>,
    /// Days that logs, and exports with a stated period, speak of: that it worked so over time, which is its operation.
    pub operation: Vec<OperationRecord>,
}

/// The days of the period that one kind of export speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperationRecord {
    pub adapter: String,
    pub instance: Option<String>,
    /// As `2026-07-01 2026-09-30`.
    pub days: Vec<String>,
    /// Days of the period that it says nothing of.
    pub gaps: Vec<String>,
}

/// One objective over the whole population, before exceptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveResult {
    pub id: String,
    pub title: String,
    pub statement: String,
    /// `test`, `examine` or `interview`.
    pub method: String,
    pub ask: Option<String>,
    pub population: String,
    pub advice: String,
    pub references: Vec<String>,
    pub parameters: Vec<ParameterRecord>,
    pub freshness_days_max: i64,
    pub status: Status,
    pub reasons: Vec<Reason>,
    pub tally: Tally,
    /// The same by class of identity, where a parameter may differ by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassTally>,
    /// Everything that is not a proved pass or a skip; the full list is in `observations/<id>.csv`.
    pub observations: Vec<Observation>,
    /// Of the full list as the file in the pack has it, pseudonyms in the place of names; none where nothing was tested.
    pub observations_digest: Option<Digest>,
    /// Artifacts that feed the tables it requires.
    pub evidence: Vec<String>,
    /// Whether they show a state at an instant, or what happened over the period.
    #[serde(default)]
    pub span: SpanRecord,
    pub definition: Digest,
    /// What the organisation plans about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRecord>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// All rows, skipped ones included.
    pub population: usize,
    pub passed: usize,
    pub unproved: usize,
    pub failed: usize,
    pub unknown: usize,
    pub skipped: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParameterRecord {
    pub name: String,
    pub title: String,
    pub unit: String,
    pub value: String,
    pub default: String,
    pub source: String,
    /// The organisation's reason for another value than the default.
    pub reason: Option<String>,
    /// Other values in force for identities of some class or tier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_class: Vec<ParameterByClassRecord>,
}

/// A value for the identities of one class, of one tier, or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParameterByClassRecord {
    pub class: Option<String>,
    pub tier: Option<String>,
    pub value: String,
    /// Where a default comes from.
    pub source: String,
    /// The organisation's reason; none for a default.
    pub reason: Option<String>,
}

impl ParameterByClassRecord {
    /// Whom it is for, in words: `class workload, tier high`.
    pub fn whom(&self) -> String {
        let named = [("class", &self.class), ("tier", &self.tier)];
        named.iter().filter_map(|(key, name)| Some(format!("{key} {}", name.as_ref()?))).collect::<Vec<_>>().join(", ")
    }
}

/// The values in force as a clause's digest covers them: one for everyone, and one for each class or tier that has its own.
pub fn in_force(parameters: &[ParameterRecord]) -> BTreeMap<String, String> {
    let general = parameters.iter().map(|own| (own.name.clone(), own.value.clone()));
    let by_class = parameters.iter().flat_map(|own| own.by_class.iter().map(move |other| (own, other)));
    general.chain(by_class.map(|(own, other)| (format!("{} ({})", own.name, other.whom()), other.value.clone()))).collect()
}

/// The members of one class of identities, before exceptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassTally {
    pub class: String,
    pub tally: Tally,
}

/// A file of the workspace with its provenance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactRecord {
    /// `E-001`, in the order of the paths.
    pub exhibit: String,
    pub path: String,
    /// `used`, `document`, `unrecognised`, `unreadable`, `out-of-period` or `altered`.
    pub state: String,
    pub note: String,
    /// Of the original bytes.
    pub sha256: Option<Digest>,
    pub bytes: u64,
    /// Path of the copy in the pack; none where it was withheld.
    pub packed: Option<String>,
    /// Digest of the copy where masking made it differ.
    pub packed_sha256: Option<Digest>,
    /// Secret values masked in it.
    pub secrets: usize,
    pub adapter: Option<String>,
    pub adapter_revision: Option<u32>,
    pub system: Option<String>,
    pub instance: Option<String>,
    pub query: Option<String>,
    /// The tool that made it, with its version.
    #[serde(default)]
    pub tool: Option<String>,
    pub collector: Option<String>,
    pub collected_at: Option<String>,
    pub collected_at_utc: Option<String>,
    pub period: Option<String>,
    pub classification: Option<String>,
    pub rows_stated: Option<u64>,
    /// Totals that the source shows, each as `name: value`.
    #[serde(default)]
    pub control_totals: Vec<String>,
    #[serde(default)]
    pub first_key: Option<String>,
    #[serde(default)]
    pub last_key: Option<String>,
    /// The digest that was stated when it was collected.
    #[serde(default)]
    pub sha256_stated: Option<String>,
    /// What was done to it since, in order.
    #[serde(default)]
    pub transformations: Vec<String>,
    /// Fields of its provenance that nobody stated.
    #[serde(default)]
    pub not_stated: Vec<String>,
    /// `complete`, `incomplete` or `unknown`.
    pub extent: String,
    pub extent_because: String,
    pub read: usize,
    pub kept: usize,
    pub rejected: usize,
    pub rejections: Vec<RejectionRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RejectionRecord {
    pub record: String,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionRecord {
    pub id: String,
    pub title: String,
    /// `active`, `expired` or `not-yet-valid`.
    pub state: String,
    pub objective: String,
    pub frameworks: Vec<String>,
    pub subjects: Vec<String>,
    pub reason: String,
    pub requested_by: String,
    pub approved_by: String,
    pub approved_at: String,
    pub expires_at: String,
    pub compensating_measure: String,
    pub retirement_plan: String,
    /// The steps of that plan, in the order stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<MilestoneRecord>,
    /// The compensating-control worksheet, one answer for each of its six fields; none where no worksheet is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worksheet: Option<Vec<WorksheetAnswer>>,
    pub ticket: Option<String>,
    /// Subjects that depart and that it covers now.
    pub covers: Vec<String>,
    /// What an auditor would question.
    pub remarks: Vec<String>,
    pub digest: Digest,
}

/// One step of a plan: to the end of an exception, or to a remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MilestoneRecord {
    pub due: String,
    pub what: String,
    /// The day on which it was done, by the day of judgement.
    pub done: Option<String>,
    /// `done`, `open` or `overdue`.
    pub state: String,
}

/// One field of a compensating-control worksheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorksheetAnswer {
    /// `constraints`, `definition`, `objective`, `identified_risk`, `validation` or `maintenance`.
    pub field: String,
    /// None where nothing is stated.
    pub text: Option<String>,
}

/// A policy, a procedure, minutes, a picture: what a query cannot read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentRecord {
    pub id: String,
    pub title: String,
    /// Path of the artifact.
    pub path: String,
    pub version: Option<String>,
    /// `current`, `overdue`, `not-approved`, `approved-later` or `unusable`.
    pub state: String,
    /// A sentence about that state.
    pub note: String,
    pub clauses: Vec<String>,
    pub objectives: Vec<String>,
    pub approved_by: Option<String>,
    pub approved_at: Option<String>,
    pub review_by: Option<String>,
    pub examinations: Vec<ExaminationRecord>,
    /// The text of a Markdown document, secrets masked; none for other forms and for very long texts.
    pub text: Option<String>,
    /// Of the statement in `documents.yaml`.
    pub digest: Digest,
}

/// What one person concluded from reading a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExaminationRecord {
    pub by: String,
    pub on: String,
    pub result: Status,
    pub because: String,
    /// What it speaks of; empty means everything that the document speaks for.
    pub clauses: Vec<String>,
    pub objectives: Vec<String>,
    /// Why it cannot count in favour; none where it can.
    pub flaw: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SystemRecord {
    pub id: String,
    pub title: String,
    pub owner: String,
    pub instance: Option<String>,
    /// Adapters that were expected and gave nothing.
    pub missing: Vec<String>,
    /// Paths of its artifacts.
    pub artifacts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct InputRecord {
    /// `catalog`, `objective`, `adapter`, `table` or `workspace`.
    pub kind: String,
    pub name: String,
    pub digest: Digest,
}

impl ClauseResult {
    /// Recomputes the digest over everything but the digest itself.
    pub fn computed_digest(&self) -> Digest {
        let mut value = serde_json::to_value(self).expect("plain data");
        value.as_object_mut().expect("a struct is an object").remove("digest");
        Digest::of(&canonical_value(value))
    }
}

impl Assessment {
    /// The Merkle root over the digests that the clauses carry.
    pub fn computed_root(&self) -> Digest {
        root_of(&self.clauses)
    }

    /// Clauses by status for one framework, counted from the clauses themselves.
    pub fn counted(&self, framework: &str) -> BTreeMap<Status, usize> {
        counted(&self.clauses, framework)
    }

    /// The part that concerns some of the editions: their clauses, the objectives that these cite, the lives of the identities that depart
    /// from one of them, and the root over these clauses.
    pub fn restricted(&self, editions: &[String]) -> Assessment {
        let mut part = self.clone();
        part.frameworks.retain(|framework| editions.contains(&framework.framework));
        part.clauses.retain(|clause| editions.contains(&clause.framework));
        let cited: BTreeSet<&str> = part.clauses.iter().flat_map(|clause| &clause.objectives).map(|own| own.objective.as_str()).collect();
        part.objectives.retain(|objective| cited.contains(objective.id.as_str()));
        let departing = departing_identities(&part.objectives);
        part.dossiers.retain(|dossier| departing.contains(dossier.identity.as_str()));
        let concerns = |own: &ExceptionRecord| own.frameworks.is_empty() || own.frameworks.iter().any(|one| editions.contains(one));
        part.exceptions.retain(|own| concerns(own) && cited.contains(own.objective.as_str()));
        let catalogs: BTreeSet<&str> = part.frameworks.iter().map(|framework| framework.framework.as_str()).collect();
        part.inputs.retain(|input| match input.kind.as_str() {
            "catalog" => catalogs.contains(input.name.as_str()),
            "objective" => cited.contains(input.name.as_str()),
            _ => true,
        });
        part.root = root_of(&part.clauses);
        part
    }

    pub fn exhibit(&self, path: &str) -> Option<&ArtifactRecord> {
        self.artifacts.iter().find(|artifact| artifact.path == path)
    }

    pub fn objective(&self, id: &str) -> Option<&ObjectiveResult> {
        self.objectives.iter().find(|objective| objective.id == id)
    }
}

/// The identities of which something departs from one of these objectives.
pub fn departing_identities(objectives: &[ObjectiveResult]) -> BTreeSet<&str> {
    let seen = objectives.iter().flat_map(|objective| &objective.observations);
    seen.filter(|seen| seen.outcome == Outcome::Fail).filter_map(|seen| seen.identity.as_deref()).collect()
}

/// The assessable clauses of one framework by status.
pub fn counted(clauses: &[ClauseResult], framework: &str) -> BTreeMap<Status, usize> {
    let mut counts: BTreeMap<Status, usize> = Status::ALL.iter().map(|status| (*status, 0)).collect();
    for status in clauses.iter().filter(|clause| clause.framework == framework).filter_map(|clause| clause.status) {
        *counts.entry(status).or_default() += 1;
    }
    counts
}

/// The Merkle tree hash over clause results in their order.
pub fn root_of(clauses: &[ClauseResult]) -> Digest {
    merkle_root(&leaves_of(clauses))
}

/// The leaves of that tree.
pub fn leaves_of(clauses: &[ClauseResult]) -> Vec<Vec<u8>> {
    clauses.iter().map(|clause| clause.digest.bytes()).collect()
}

/// The list of observations as the pack's CSV file holds it.
pub fn observations_csv(observations: &[Observation]) -> Vec<u8> {
    let mut list = ObservationsList::new();
    observations.iter().for_each(|observation| list.add(observation));
    list.take()
}

/// The same list, written one observation after the other.
pub struct ObservationsList(csv::Writer<Vec<u8>>);

impl Default for ObservationsList {
    fn default() -> ObservationsList {
        ObservationsList::new()
    }
}

impl ObservationsList {
    /// Begins with the header.
    pub fn new() -> ObservationsList {
        let mut list = ObservationsList(csv::Writer::from_writer(Vec::new()));
        list.write(["subject", "outcome", "reason", "artifact", "record", "identity", "proved"]);
        list
    }

    pub fn add(&mut self, observation: &Observation) {
        self.write([
            &observation.subject,
            observation.outcome.word(),
            &observation.reason,
            &observation.artifact,
            &observation.record,
            observation.identity.as_deref().unwrap_or_default(),
            if observation.proved { "yes" } else { "no" },
        ]);
    }

    fn write(&mut self, cells: [&str; 7]) {
        for cell in cells {
            let written = if runs(cell) { self.0.write_field(defused(cell)) } else { self.0.write_field(cell) };
            written.expect("writing to memory cannot fail");
        }
        self.0.write_record(None::<&[u8]>).expect("writing to memory cannot fail");
    }

    /// Whole rows that were added since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        let written = std::mem::replace(&mut self.0, csv::Writer::from_writer(Vec::new()));
        written.into_inner().expect("writing to memory cannot fail")
    }
}

/// A cell that a spreadsheet would run as a formula gets a leading apostrophe.
pub fn defused(cell: &str) -> String {
    if runs(cell) { format!("'{cell}") } else { cell.to_owned() }
}

fn runs(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}
