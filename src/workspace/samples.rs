//! `samples.yaml`: draws from populations, and what the auditor's testing of the drawn items gave.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::instant::Day;

/// `samples.yaml`. `tickmark sample --format yaml` prints an entry to fill in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark samples")]
pub struct SamplesFile {
    pub samples: Vec<Sample>,
}

/// One draw with everything that is needed to draw it again, and the results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    pub id: String,
    /// What was drawn from: the `observations` of the objective, or all machine `identities`.
    pub population: SamplePopulation,
    /// The objective that the results bear on; it may be left out for identities that were tested for something else.
    pub objective: Option<String>,
    pub population_size: usize,
    /// SHA-256 over the members in byte order, a line feed after each.
    pub population_sha256: String,
    pub method: SampleMethod,
    /// How many to draw; for a stratified draw the allocation says so.
    #[serde(default)]
    pub n: usize,
    /// The column of the register that makes the strata, such as `class`.
    pub by: Option<String>,
    /// How many to draw from each stratum.
    #[serde(default)]
    pub allocation: BTreeMap<String, usize>,
    /// What makes a member riskier, the weightiest first.
    #[serde(default)]
    pub order: Vec<String>,
    pub seed: String,
    /// The results. A drawn member that is not named here is not tested.
    #[serde(default)]
    pub items: Vec<SampleItem>,
}

/// What was drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SamplePopulation {
    Observations,
    Identities,
}

/// How members are chosen. Each ranks by SHA-256 over the seed, a line feed and the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SampleMethod {
    /// The smallest ranks.
    Random,
    /// The smallest ranks of each stratum.
    Stratified,
    /// The riskiest by a stated order, the smallest ranks among equals.
    TopRisk,
}

/// The result of testing one drawn member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleItem {
    /// As the draw names it.
    pub subject: String,
    /// `passed` or `failed`; not tested when left out.
    pub result: Option<SampleResult>,
    pub tester: Option<String>,
    pub on: Option<Day>,
    /// Where the work is kept.
    pub workpaper: Option<String>,
    /// What was seen.
    pub because: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SampleResult {
    Passed,
    Failed,
}

impl SamplePopulation {
    pub fn word(self) -> &'static str {
        match self {
            SamplePopulation::Observations => "observations",
            SamplePopulation::Identities => "identities",
        }
    }
}

impl SampleMethod {
    pub fn word(self) -> &'static str {
        match self {
            SampleMethod::Random => "random",
            SampleMethod::Stratified => "stratified",
            SampleMethod::TopRisk => "top-risk",
        }
    }
}
