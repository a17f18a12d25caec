//! What is kept of the organisation's own statements about clauses, tiers and plans. No verdict rests on any of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MilestoneRecord, Names};
use crate::base::Status;

/// What the organisation says of a clause, from the nearest statement for each key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatedRecord {
    /// What it does for the clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// Why the clause is taken in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What it aims at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Status>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// How the organisation rates itself, in the words of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TierRecord {
    pub current: Option<String>,
    pub target: Option<String>,
    pub because: String,
}

/// What the organisation plans for an objective that is not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanRecord {
    pub remedy: String,
    pub owner: String,
    /// A day.
    pub due: String,
    /// The steps on the way, in the order stated.
    pub milestones: Vec<MilestoneRecord>,
}

impl Names {
    pub(super) fn hide_stated(&self, stated: &mut StatedRecord) {
        self.in_each(&mut stated.control);
        self.in_each(&mut stated.because);
        self.in_each(&mut stated.owner);
    }

    pub(super) fn hide_tier(&self, tier: &mut TierRecord) {
        self.in_each(&mut tier.current);
        self.in_each(&mut tier.target);
        self.in_place(&mut tier.because);
    }

    pub(super) fn hide_plan(&self, plan: &mut PlanRecord) {
        self.in_each([&mut plan.remedy, &mut plan.owner]);
        self.in_each(plan.milestones.iter_mut().map(|own| &mut own.what));
    }
}
