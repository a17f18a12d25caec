//! What is stated about one assessment: `tickmark.yaml`, `exceptions.yaml`, `documents.yaml`, `samples.yaml` and `profile.yaml`.
//!
//! In: those files. Out: the scope, the period, the instant to judge at, the exceptions. It is a statement by people;
//! whether it is true is for the evidence and the auditor to say.

mod exceptions;
mod profile;
mod samples;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::instant::Day;
use crate::base::{Digest, Instant, Status};
use crate::catalog::ParameterValue;

pub use exceptions::{Exception, ExceptionState, ExceptionsFile, Milestone, Worksheet};
pub use profile::{ClauseStatement, PlannedRemedy, ProfileFile, Tier};
pub use samples::{Sample, SampleItem, SampleMethod, SamplePopulation, SampleResult, SamplesFile};

/// `tickmark.yaml`: one organisation, one period.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark workspace")]
pub struct WorkspaceFile {
    pub organisation: String,
    /// A title for the report; "Non-human identities" and the period when left out.
    pub title: Option<String>,
    /// Who may see the report, such as `Confidential`: it stands on the cover and on every page. Nothing when left out.
    #[serde(default)]
    pub classification: Option<String>,
    /// What is assessed, in words: entities, environments, what is left out and why.
    pub scope: String,
    pub period: Period,
    /// The instant to judge at, with its offset. Nothing in Tickmark reads a clock.
    pub as_of: Instant,
    /// The zone of the period's days: an IANA name such as `Europe/Copenhagen`.
    pub zone: String,
    /// Framework editions in scope, such as `pci-dss@4.0.1`.
    pub frameworks: Vec<String>,
    /// A folder of the workspace with own catalogs, objectives, adapters and overlays of official text, laid over the built-in ones.
    pub controls: Option<String>,
    /// The systems in scope and who answers for each.
    #[serde(default)]
    pub systems: Vec<SystemInScope>,
    #[serde(default)]
    pub parameters: Vec<ParameterOverride>,
    /// Clauses that do not apply, with everything below them, with the reason and who decided.
    #[serde(default)]
    pub not_applicable: Vec<NotApplicable>,
    /// Which identities are people. Everything else counts as a machine identity.
    #[serde(default)]
    pub people: Vec<PeoplePattern>,
    /// The class or the risk tier of identities, where the rules would say otherwise or nothing. The first pattern that fits counts.
    #[serde(default)]
    pub classes: Vec<ClassPattern>,
    /// Other names of an identity, stated by a person who knows.
    #[serde(default)]
    pub aliases: Vec<Alias>,
    /// Merkle root of the pack of the period before, which `tickmark verify` then asks for; `--previous PACK` takes it from that pack.
    #[serde(default)]
    pub previous: Option<Digest>,
    /// What a redacted pack hides besides the names that are found, and what it leaves.
    #[serde(default)]
    pub redaction: Redaction,
}

/// For `tickmark pack --redact`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redaction {
    /// Further words to hide, such as a first name that a comment uses.
    #[serde(default)]
    pub also: Vec<String>,
    /// Values that look like names and are none, such as a job that collects.
    #[serde(default)]
    pub keep: Vec<String>,
    /// Classifications of artifacts whose copies stay out of a redacted pack.
    #[serde(default)]
    pub withhold: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemInScope {
    pub id: String,
    pub title: String,
    /// The person or team that answers for it.
    pub owner: String,
    /// Adapters without whose export this system counts as not collected.
    #[serde(default)]
    pub expects: Vec<String>,
    /// As in the artifacts' `instance`, where a system has several.
    pub instance: Option<String>,
    /// The zone of local times in the exports that it expects, for files that state none of their own: an IANA name such as `Europe/Copenhagen`.
    pub zone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParameterOverride {
    pub objective: String,
    /// The parameter's name, without a dollar sign.
    pub parameter: String,
    /// The class of identities that the value is for; all when left out.
    pub class: Option<String>,
    /// The risk tier of identities that the value is for; all when left out.
    pub tier: Option<String>,
    pub value: ParameterValue,
    /// Why this value: the policy, the risk analysis, the decision.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotApplicable {
    pub framework: String,
    pub clause: String,
    pub reason: String,
    pub decided_by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeoplePattern {
    /// An SQL LIKE pattern over native ids, such as `arn:aws:iam::%:user/people/%`.
    pub pattern: String,
    pub reason: String,
}

/// What the organisation states about the class or the tier of the identities that a pattern names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassPattern {
    /// An SQL LIKE pattern over native ids, such as `%:user/svc-payments-%`.
    pub pattern: String,
    /// Such as `vendor`; the reference page of the tables lists all.
    pub class: Option<String>,
    /// Such as `critical`.
    pub tier: Option<String>,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The name that a register, a ticket or a review uses.
    pub alias: String,
    /// The canonical identity id that it means.
    pub identity: String,
    pub reason: String,
}

/// `documents.yaml`: policies, procedures, minutes, screenshots and the like, and what the people who read them concluded.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark documents")]
pub struct DocumentsFile {
    pub documents: Vec<Document>,
}

/// A file that people read, attached to what it speaks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub id: String,
    /// The file, relative to the workspace: Markdown, PDF, DOCX, PNG, JPEG or EML.
    pub path: String,
    pub title: String,
    /// As the document itself says, such as `3.1`.
    pub version: Option<String>,
    /// Clauses that it speaks for, such as `pci-dss@4.0.1 8.6.1`.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// Objectives that it speaks for.
    #[serde(default)]
    pub objectives: Vec<String>,
    pub approved_by: Option<String>,
    pub approved_at: Option<Day>,
    /// The last day on which its next review is in time.
    pub review_by: Option<Day>,
    /// What people who read it concluded. Without one a document proves nothing.
    #[serde(default)]
    pub examinations: Vec<DocumentExamination>,
}

/// One person's conclusion from reading a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentExamination {
    /// Who read it; not the one who approved it.
    pub by: String,
    pub on: Day,
    /// `satisfied`, `partially-satisfied` or `not-satisfied`.
    pub result: Status,
    /// What the document shows, with the place in it.
    pub because: String,
    /// Those of the document's clauses that it speaks of; all when neither clauses nor objectives are named.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// Those of the document's objectives that it speaks of.
    #[serde(default)]
    pub objectives: Vec<String>,
}

impl DocumentExamination {
    fn is_about_all(&self) -> bool {
        self.clauses.is_empty() && self.objectives.is_empty()
    }

    pub fn is_about_clause(&self, clause: &str) -> bool {
        self.is_about_all() || self.clauses.iter().any(|own| own == clause)
    }

    pub fn is_about_objective(&self, objective: &str) -> bool {
        self.is_about_all() || self.objectives.iter().any(|own| own == objective)
    }
}
