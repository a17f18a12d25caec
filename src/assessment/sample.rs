//! What is kept of a sample: how it was drawn, and what the auditor's testing of its items gave.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Names;
use crate::base::Digest;

/// One draw from a population, with the results of testing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SampleRecord {
    pub id: String,
    /// The objective that the items were tested for; none where the results bear on no objective.
    pub objective: Option<String>,
    /// `observations` of that objective, or `identities`.
    pub population: String,
    pub population_size: usize,
    /// SHA-256 over the members in byte order, a line feed after each.
    pub population_sha256: String,
    /// `random`, `stratified` or `top-risk`.
    pub method: String,
    /// How many were asked for; by stratum where the method is stratified.
    pub n: usize,
    pub by: Option<String>,
    pub allocation: BTreeMap<String, usize>,
    pub order: Vec<String>,
    pub seed: String,
    /// `redrawn`, `other-population` or `other-items`.
    pub state: String,
    /// A sentence about that state.
    pub note: String,
    pub items: Vec<SampleItemRecord>,
    /// Of the statement in `samples.yaml`.
    pub digest: Digest,
}

/// One drawn member and what its testing gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SampleItemRecord {
    pub subject: String,
    pub stratum: Option<String>,
    /// `passed`, `failed` or `open`.
    pub result: String,
    pub tester: Option<String>,
    pub on: Option<String>,
    pub workpaper: Option<String>,
    pub because: Option<String>,
    /// Why a stated result does not count; none where it does.
    pub flaw: Option<String>,
}

impl Names {
    pub(super) fn hide_sample(&self, own: &mut SampleRecord) {
        self.in_place(&mut own.note);
        for item in &mut own.items {
            self.in_place(&mut item.subject);
            for stated in [&mut item.tester, &mut item.workpaper, &mut item.because, &mut item.flaw] {
                self.in_each(stated);
            }
        }
    }
}
