//! The five statuses of a clause or of an objective, ordered from weakest to strongest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What may be said of a clause.
///
/// The order is the order of strength, so that `min` is "the weakest link": a failure outweighs silence, and silence
/// outweighs a partial success. [`Status::NotApplicable`] stands outside that order: it is decided before anything is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// At least one member of the population departs from what is asked, and no exception covers it.
    NotSatisfied,
    /// Nothing was proved: no evidence, stale evidence, or no way to test.
    NotAssessed,
    /// What was tested holds, but something keeps the whole from being shown.
    PartiallySatisfied,
    /// Everything that the clause asks was shown, on fresh and complete evidence.
    Satisfied,
    /// The organisation stated, with a reason, that the clause does not apply to it.
    NotApplicable,
}

impl Status {
    /// All statuses in the order in which reports list them: the worst first.
    pub const ALL: [Status; 5] =
        [Status::NotSatisfied, Status::PartiallySatisfied, Status::NotAssessed, Status::Satisfied, Status::NotApplicable];

    /// The word used in YAML, JSON and SQL.
    pub fn word(self) -> &'static str {
        match self {
            Status::NotSatisfied => "not-satisfied",
            Status::NotAssessed => "not-assessed",
            Status::PartiallySatisfied => "partially-satisfied",
            Status::Satisfied => "satisfied",
            Status::NotApplicable => "not-applicable",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
