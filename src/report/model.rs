//! The view model: everything that a page shows, already counted, ordered and worded. Templates only lay it out.
//!
//! All text is plain text that may come from untrusted evidence; a renderer escapes it and never reads it as markup,
//! except [`Block`]s, which were parsed from Markdown and hold plain text in their leaves.

use schemars::JsonSchema;
use serde::Serialize;

use super::forms::{FormView, PlanView};
use super::lives::{DossiersView, RegisterView, SampleView};

/// One report over all frameworks in scope.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "Tickmark report view model")]
pub struct Report {
    /// Version of this interface: `tickmark-report/1`.
    pub schema: String,
    /// All fixed wording, by key, from `templates/strings/<language>.yaml`.
    pub strings: std::collections::BTreeMap<String, String>,
    pub language: String,
    pub title: String,
    pub organisation: String,
    /// What the assessment covers, in the organisation's words.
    pub scope: String,
    /// Who may see the report, as the organisation states it; empty where it does not.
    pub classification: String,
    pub period_from: String,
    pub period_to: String,
    /// The instant that everything was judged at, as written in the workspace.
    pub as_of: String,
    /// The same instant in UTC.
    pub as_of_utc: String,
    /// Calendar day of `as_of`: year, month, day.
    pub date: (i16, i8, i8),
    /// Short name of the pack, shown in every page header.
    pub pack_id: String,
    /// Where the report is on one framework of several: that it is, and the root over its own clauses. Else empty.
    pub part_note: String,
    /// Merkle root over all clause results of the pack.
    pub root: String,
    /// Merkle root of the pack of the period before; empty where the workspace names none.
    pub previous: String,
    pub tool: String,
    /// How names of people are dealt with, as a sentence; empty where none were found.
    pub names_note: String,
    /// Whether pseudonyms stand in the place of names.
    pub redacted: bool,
    /// Over all frameworks, in the order of [`crate::base::Status::ALL`].
    pub totals: Vec<StatusCount>,
    /// How many clauses are assessable, over all frameworks.
    pub clause_total: usize,
    pub frameworks: Vec<FrameworkView>,
    /// The forms in which the frameworks' readers expect a result, in the order of the frameworks that have one.
    pub forms: Vec<FormView>,
    /// What is open and what will be done about it.
    pub plan: PlanView,
    /// Every objective that a clause in scope cites, by id.
    pub objectives: Vec<ObjectiveView>,
    /// Every file of the workspace, by exhibit id.
    pub exhibits: Vec<ExhibitView>,
    pub provenance: Vec<ProvenanceView>,
    pub exceptions: Vec<ExceptionView>,
    /// Files that people read, in the order of `documents.yaml`.
    pub documents: Vec<DocumentView>,
    /// Draws from populations with the results of testing, in the order of `samples.yaml`.
    pub samples: Vec<SampleView>,
    pub register: RegisterView,
    pub dossiers: DossiersView,
    /// The systems in scope and who answers for them.
    pub systems: Vec<SystemView>,
    /// What each kind of export says of the period.
    pub coverage: Vec<CoverageView>,
    pub reconciliation: ReconciliationView,
    /// Parameters that the organisation set otherwise than by default.
    pub overrides: Vec<OverrideView>,
    /// What was not assessed and why, grouped.
    pub not_assessed: Vec<NotAssessedView>,
    pub inputs: Vec<InputView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatusCount {
    /// `satisfied`, `partially-satisfied`, `not-satisfied`, `not-assessed` or `not-applicable`.
    pub status: String,
    /// The word a reader sees.
    pub label: String,
    pub count: usize,
    /// Share of the whole in thousandths, for bars.
    pub permille: usize,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FrameworkView {
    /// `pci-dss@4.0.1`.
    pub id: String,
    /// Safe as an HTML id and a Typst label: `pci-dss-4-0-1`.
    pub anchor: String,
    pub short_title: String,
    pub edition: String,
    pub revision: u32,
    pub title: String,
    pub publisher: String,
    pub source: String,
    pub licence: String,
    pub published: String,
    /// Of the catalog file that was used.
    pub digest: String,
    pub counts: Vec<StatusCount>,
    pub clause_total: usize,
    pub heading_total: usize,
    /// How the assessable clauses are dealt with.
    pub mapped_total: usize,
    pub documentary_total: usize,
    pub outside_total: usize,
    /// The clauses to look at first: not satisfied, most deviations first.
    pub worst: Vec<WorstView>,
    /// In the publisher's order, headings included.
    pub clauses: Vec<ClauseView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WorstView {
    pub anchor: String,
    pub id: String,
    pub label: String,
    pub deviation_total: usize,
    /// "38 cannot be told", or empty.
    pub unknown_note: String,
    /// Of the objective that most depart from.
    pub summary: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClauseView {
    /// `heading` or `clause`.
    pub kind: String,
    pub anchor: String,
    pub id: String,
    /// The framework's word: Requirement, Subcategory, Risk.
    pub noun: String,
    pub label: String,
    /// 0 for a root.
    pub depth: usize,
    pub statement: String,
    /// The official text that a holder of its licence laid beside ours; empty without one.
    pub official: String,
    /// Whose text that is and by what right it stands here.
    pub official_licence: String,
    /// Empty for headings.
    pub status: String,
    pub status_label: String,
    /// The status in the edition's own words; empty for headings, and where the edition has none or the same.
    pub result: String,
    /// `heading`, `mapped`, `documentary` or `outside`.
    pub treatment: String,
    /// One sentence: why this status. Empty for headings.
    pub summary: String,
    /// "Binding since 2025-03-31", or empty.
    pub effective: String,
    pub reasons: Vec<ReasonView>,
    pub objectives: Vec<ClauseObjectiveView>,
    /// The first deviations behind the status, over all objectives of the clause.
    pub deviations: DeviationTable,
    /// Exhibits that the clause rests on.
    pub exhibits: Vec<LinkView>,
    /// Digest of the clause result; empty for headings.
    pub digest: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReasonView {
    /// Stable code such as `deviations` or `stale-evidence`; each is explained in the book.
    pub code: String,
    pub text: String,
    /// Title of the objective concerned, or empty.
    pub objective: String,
    /// Anchor of that objective, or empty.
    pub objective_anchor: String,
    pub exhibits: Vec<LinkView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LinkView {
    pub anchor: String,
    pub label: String,
}

/// Clauses of one framework.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CitedView {
    pub framework: String,
    /// Each by its id.
    pub clauses: Vec<LinkView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClauseObjectiveView {
    pub anchor: String,
    pub id: String,
    pub title: String,
    /// `full` or `partial`.
    pub coverage: String,
    pub coverage_label: String,
    pub rationale: String,
    pub status: String,
    pub status_label: String,
    /// "5 of 52 depart", or empty.
    pub tally: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeviationTable {
    /// Those that depart first, then those of whom the sources cannot tell. Of whom the same was observed, stand in one row.
    pub rows: Vec<DeviationView>,
    /// How many members the rows name.
    pub shown: usize,
    /// How many depart, exceptions included.
    pub total: usize,
    /// Of how many the sources cannot tell. They are no deviations, and are never counted among them.
    pub unknown: usize,
    /// "55 deviations; 38 cannot be told"; empty where there are neither.
    pub count: String,
    /// "6 of 55 deviations and 0 of 38 that cannot be told are shown; all of them are in observations/credential-rotation.csv", or empty when all are shown.
    pub note: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeviationView {
    /// Those of whom the very same was observed, after the one that the row names.
    pub also: Vec<MemberView>,
    pub subject: String,
    /// Anchor of the dossier of the identity concerned, or empty.
    pub dossier: String,
    /// What was seen, as a sentence.
    pub reason: String,
    /// `fail` or `unknown`.
    pub outcome: String,
    pub outcome_label: String,
    pub exhibit: LinkView,
    /// Place in the artifact.
    pub record: String,
    /// Id of the exception that covers it, or empty.
    pub exception: String,
    /// Title of the objective tested.
    pub objective: String,
}

/// A further member of a population in the same row.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MemberView {
    pub subject: String,
    /// Anchor of the dossier of the identity concerned, or empty.
    pub dossier: String,
    pub exhibit: LinkView,
    /// Place in the artifact.
    pub record: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ObjectiveView {
    pub anchor: String,
    pub id: String,
    pub title: String,
    pub statement: String,
    /// `test`, `examine` or `interview`.
    pub method: String,
    pub method_label: String,
    pub status: String,
    pub status_label: String,
    /// What to bring, for objectives that are not tested by a query; else empty.
    pub ask: String,
    pub population: String,
    pub tally: TallyView,
    /// The same by class, where a parameter may differ by it.
    pub classes: Vec<ClassTallyView>,
    pub parameters: Vec<ParameterView>,
    pub reasons: Vec<ReasonView>,
    pub deviations: DeviationTable,
    /// What to do, parsed from Markdown.
    pub advice: Vec<Block>,
    pub references: Vec<String>,
    pub exhibits: Vec<LinkView>,
    /// By framework.
    pub clauses: Vec<CitedView>,
    /// Of objective.yaml and check.sql.
    pub digest: String,
    /// File in the pack with every member of the population; empty when nothing was tested.
    pub observations_file: String,
    pub observations_digest: String,
    /// What its evidence shows of the design: a sentence; empty where nothing was tested.
    pub design: String,
    /// What its evidence shows of the operation over the period: a sentence; empty where nothing was tested.
    pub operation: String,
}

#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct TallyView {
    pub population: usize,
    /// Proved on fresh evidence.
    pub passed: usize,
    /// Depart from the objective, exceptions included.
    pub failed: usize,
    /// Of those, covered by an active exception.
    pub excepted: usize,
    /// Could not be told.
    pub unknown: usize,
    /// Passed, but on evidence that proves nothing any more.
    pub unproved: usize,
    /// Not concerned.
    pub skipped: usize,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ParameterView {
    pub name: String,
    pub title: String,
    pub value: String,
    pub unit: String,
    pub default: String,
    pub overridden: bool,
    /// The default's source, or the organisation's reason.
    pub source: String,
    /// Other values, for identities of some class or tier.
    pub by_class: Vec<ParameterByClassView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ParameterByClassView {
    /// Such as `class AI agent`.
    pub whom: String,
    pub value: String,
    pub overridden: bool,
    /// The default's source, or the organisation's reason.
    pub source: String,
}

/// How the members of one class of identities fared.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClassTallyView {
    pub class: String,
    pub label: String,
    pub tally: TallyView,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CoverageView {
    pub title: String,
    pub instance: String,
    /// `point-in-time` or `over-time`.
    pub kind: String,
    pub kind_label: String,
    /// Instants of collection, or ranges of days.
    pub covers: Vec<String>,
    /// Ranges of days of the period that nothing covers.
    pub gaps: Vec<String>,
    /// Rows outside the period, which are not counted.
    pub outside: usize,
    pub exhibits: Vec<LinkView>,
}

/// The sources against the register, and against each other.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ReconciliationView {
    pub places: Vec<PlaceView>,
    /// The first discrepancies; `assessment.json` has all.
    pub discrepancies: Vec<DiscrepancyView>,
    pub discrepancy_total: usize,
    pub counts_stated: usize,
    pub counts_found: usize,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlaceView {
    pub platform: String,
    pub scope: String,
    pub in_both: usize,
    pub only_in_source: usize,
    pub only_in_register: usize,
    pub ambiguous: usize,
    pub provider_managed: usize,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiscrepancyView {
    /// `conflict`, `ambiguous`, `duplicate`, `only-in-register` or `only-in-source`.
    pub kind: String,
    pub kind_label: String,
    pub subject: String,
    pub says: String,
    pub exhibit: LinkView,
    pub record: String,
    /// What it was compared with, where there is something.
    pub other_exhibit: Option<LinkView>,
    pub other_record: String,
}

/// How often a field of provenance was stated, over the files that were used.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProvenanceView {
    pub label: String,
    pub stated: usize,
    pub missing: usize,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExhibitView {
    /// `E-001`.
    pub id: String,
    pub anchor: String,
    pub path: String,
    /// `used`, `document`, `unrecognised`, `unreadable`, `out-of-period` or `altered`.
    pub state: String,
    pub state_label: String,
    /// Why it is in that state, or what was understood.
    pub note: String,
    pub adapter: String,
    pub system: String,
    pub instance: String,
    pub query: String,
    pub tool: String,
    pub collector: String,
    pub collected_at: String,
    pub collected_at_utc: String,
    pub period: String,
    pub classification: String,
    /// Totals that the source shows.
    pub control_totals: Vec<String>,
    /// First and last key of the records; empty when not stated.
    pub keys: String,
    /// What was done to the file since, in order.
    pub transformations: Vec<String>,
    pub bytes: u64,
    pub sha256: String,
    /// Path of the copy in the pack; empty when there is none.
    pub packed_path: String,
    /// Why there is none; empty where there is one.
    pub no_copy: String,
    /// Digest of the copy where masking made it differ; else empty.
    pub packed_sha256: String,
    /// How many secret values were masked in the copy.
    pub masked: usize,
    pub records_read: usize,
    pub records_kept: usize,
    pub records_rejected: usize,
    /// `complete`, `incomplete` or `unknown`.
    pub extent: String,
    pub extent_label: String,
    pub extent_because: String,
    /// Provenance fields that nobody stated.
    pub not_stated: Vec<String>,
    /// The first rejected records: place and reason.
    pub rejections: Vec<RejectionView>,
    /// By framework.
    pub clauses: Vec<CitedView>,
    pub objectives: Vec<LinkView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RejectionView {
    pub record: String,
    pub reason: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExceptionView {
    pub id: String,
    pub title: String,
    /// `active`, `expired`, `not-yet-valid` or `unused`.
    pub state: String,
    pub state_label: String,
    pub objective: LinkView,
    pub frameworks: String,
    pub subjects: Vec<String>,
    pub reason: String,
    pub approved_by: String,
    pub approved_at: String,
    pub expires_at: String,
    pub compensating_measure: String,
    pub retirement_plan: String,
    pub milestones: Vec<MilestoneView>,
    /// The six fields of a compensating-control worksheet; none where no worksheet is stated.
    pub worksheet: Vec<AnswerView>,
    /// How many deviations it covers now.
    pub covers: usize,
    /// Things an auditor would question, such as self-approval.
    pub remarks: Vec<String>,
}

/// One step on the way to the end of an exception.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MilestoneView {
    pub due: String,
    pub what: String,
    /// `done`, `open` or `overdue`.
    pub state: String,
    /// With the day where it is done.
    pub state_label: String,
}

/// One field of a worksheet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AnswerView {
    pub label: String,
    /// Empty where nothing is stated.
    pub text: String,
}

/// A file that people read, and what they concluded.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DocumentView {
    pub id: String,
    pub anchor: String,
    pub title: String,
    pub version: String,
    /// `current`, `overdue`, `not-approved`, `approved-later` or `unusable`.
    pub state: String,
    pub state_label: String,
    pub note: String,
    pub approved_by: String,
    pub approved_at: String,
    pub review_by: String,
    pub exhibit: LinkView,
    /// What it is attached to.
    pub clauses: Vec<LinkView>,
    pub objectives: Vec<LinkView>,
    pub examinations: Vec<ExaminationView>,
    /// The text of a Markdown document; empty for an exhibit of another form.
    pub text: Vec<Block>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExaminationView {
    pub by: String,
    pub on: String,
    /// `satisfied`, `partially-satisfied` or `not-satisfied`.
    pub result: String,
    pub result_label: String,
    pub because: String,
    /// Why it does not count in favour, or empty.
    pub flaw: String,
    /// What it speaks of; all that the document speaks for when left empty.
    pub about: Vec<LinkView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SystemView {
    pub id: String,
    pub title: String,
    pub owner: String,
    pub exhibits: Vec<LinkView>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OverrideView {
    pub objective: LinkView,
    pub parameter: String,
    pub value: String,
    pub default: String,
    pub reason: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NotAssessedView {
    /// The reason that the clauses share.
    pub reason: String,
    pub code: String,
    pub frameworks: Vec<NotAssessedFramework>,
    pub total: usize,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NotAssessedFramework {
    pub framework: String,
    pub clauses: Vec<NotAssessedClause>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NotAssessedClause {
    pub anchor: String,
    pub id: String,
    pub label: String,
    /// What to bring, or why it is outside; may be empty.
    pub text: String,
}

/// A file that decided what was said, with its digest.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InputView {
    /// `catalog`, `objective`, `adapter`, `table` or `workspace`.
    pub kind: String,
    pub name: String,
    pub digest: String,
}

/// A block of Markdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Block {
    Paragraph { content: Vec<Inline> },
    Heading { level: u8, content: Vec<Inline> },
    List { ordered: bool, items: Vec<Vec<Block>> },
    Code { text: String },
    Quote { blocks: Vec<Block> },
    Table { header: Vec<Vec<Inline>>, rows: Vec<Vec<Vec<Inline>>> },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Inline {
    Text {
        text: String,
    },
    Code {
        text: String,
    },
    Emphasis {
        content: Vec<Inline>,
    },
    Strong {
        content: Vec<Inline>,
    },
    /// Only http, https and mailto addresses; anything else arrives as text.
    Link {
        url: String,
        content: Vec<Inline>,
    },
    Break,
}
