//! `profile.yaml`: what only the organisation can say of itself: what it does for a clause, what it aims at, what it plans.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Milestone;
use crate::base::Status;
use crate::base::instant::Day;

/// `profile.yaml`. Nothing in it changes a verdict; it stands beside verdicts in the forms that the frameworks' readers expect.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark profile")]
pub struct ProfileFile {
    /// How the organisation rates itself as a whole, in the words of a framework that has tiers.
    #[serde(default)]
    pub tiers: Vec<Tier>,
    /// What is said of clauses.
    #[serde(default)]
    pub clauses: Vec<ClauseStatement>,
    /// What will be done about objectives that are not met.
    #[serde(default)]
    pub plan: Vec<PlannedRemedy>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The edition, such as `nist-csf@2.0`.
    pub framework: String,
    /// In the framework's words, such as `Tier 2: Risk Informed`.
    pub current: Option<String>,
    pub target: Option<String>,
    /// Who set this and on what ground.
    pub because: String,
}

/// What is said of some clauses and of everything below them. The statement nearest to a clause counts, for each key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClauseStatement {
    /// Such as `nist-csf@2.0 PR.AA-01`; one clause stands in one statement only.
    pub clauses: Vec<String>,
    /// What the organisation does for it.
    pub control: Option<String>,
    /// Why it is taken in, for a Statement of Applicability. Why one is left out stands in `tickmark.yaml`.
    pub because: Option<String>,
    /// What is aimed at: `satisfied` or `partially-satisfied`.
    pub target: Option<Status>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// What will be done about an objective that is not met, for the plan of action and milestones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedRemedy {
    pub objective: String,
    pub remedy: String,
    pub owner: String,
    /// The day on which it is to be done.
    pub due: Day,
    #[serde(default)]
    pub milestones: Vec<Milestone>,
}
