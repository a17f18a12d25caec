//! The YAML formats of catalogs and objectives, exactly as they are typed. Their JSON Schemas are published in the book.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::instant::Day;

/// One edition of one framework: `controls/frameworks/<framework>/<edition>/catalog.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark framework catalog")]
pub struct CatalogFile {
    /// The work, such as `pci-dss`; the folder has the same name.
    pub framework: String,
    /// The publisher's own version, as text: `"4.0.1"`.
    pub edition: String,
    /// Our version of this catalog; a correction raises it.
    pub revision: u32,
    /// The publisher's full title.
    pub title: String,
    /// The name that people say.
    pub short_title: String,
    pub publisher: String,
    /// Where the official text is to be had.
    pub source: String,
    /// Whose words the statements are.
    pub wording: Wording,
    /// Under what licence, and what a reader must fetch from the publisher.
    pub licence: String,
    pub published: Day,
    /// From when it may or must be applied.
    pub effective: Option<Day>,
    pub retired: Option<Day>,
    /// The edition that this one replaces.
    pub supersedes: Option<String>,
    pub superseded_by: Option<String>,
    /// What the framework calls each kind of clause: `sub-requirement: Requirement`.
    pub nouns: BTreeMap<String, String>,
    /// In the order of the publisher's document.
    pub clauses: Vec<ClauseFile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wording {
    /// Our own plain wording; the official text is not reproduced.
    Own,
    /// The publisher's text, in an overlay made by a holder of its licence.
    Official,
}

/// One clause. An assessable clause has exactly one of `objectives`, `documentary` and `outside`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClauseFile {
    /// The publisher's id, as text.
    pub id: String,
    /// The id of the clause above; it must stand earlier in the file.
    pub parent: Option<String>,
    /// One of the kinds that `nouns` names.
    pub kind: String,
    /// Our short label.
    pub label: String,
    /// True where the clause only groups others.
    #[serde(default)]
    pub heading: bool,
    /// What must be true, in one or two plain sentences.
    pub statement: String,
    /// The date from which this clause binds, where it differs from the edition's.
    pub effective: Option<Day>,
    /// Objectives that show whether the clause holds.
    pub objectives: Option<Vec<MappingFile>>,
    /// The document, record or interview that the clause needs.
    pub documentary: Option<String>,
    /// Why the clause cannot concern machine identities.
    pub outside: Option<String>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingFile {
    /// The id of an objective.
    pub objective: String,
    pub coverage: Coverage,
    /// Why this objective speaks for this clause, and what stays open.
    pub rationale: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// Meeting the objective shows a part of what the clause asks of machine identities.
    Partial,
    /// Meeting the objective shows all that the clause asks of machine identities.
    Full,
}

/// A testable statement: `controls/objectives/<id>/objective.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark objective")]
pub struct ObjectiveFile {
    /// Equal to the folder's name.
    pub id: String,
    pub title: String,
    /// What must be true, as a sentence.
    pub statement: String,
    pub method: Method,
    /// For `examine` and `interview`: what to bring, or whom to ask.
    pub ask: Option<String>,
    /// Who or what is tested, in words.
    pub population: Option<String>,
    /// Normalised tables without which nothing can be said.
    #[serde(default)]
    pub requires: Vec<String>,
    /// What it means when complete and fresh evidence shows nobody to test.
    pub empty_population: Option<EmptyPopulation>,
    pub freshness: Option<Freshness>,
    #[serde(default)]
    pub parameters: Vec<ParameterFile>,
    /// What to do about deviations, in Markdown.
    pub advice: String,
    /// Where the rule comes from.
    #[serde(default)]
    pub references: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Someone reads a document or a record.
    Examine,
    /// Someone asks a person.
    Interview,
    /// A query over the evidence decides for every member of the population.
    Test,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmptyPopulation {
    pub means: EmptyMeaning,
    /// Why, as a sentence for the reader.
    pub because: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyMeaning {
    /// Nobody to test proves nothing.
    NotAssessed,
    /// Nobody to test is what was to be shown, such as a scan without findings.
    Satisfied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    /// Evidence collected more days than this before `as_of` proves nothing.
    #[schemars(range(min = 0, max = 3660))]
    pub age_days_max: i64,
}

/// A number or word that an organisation may set, within bounds and with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParameterFile {
    /// As the check names it, without the dollar sign.
    pub name: String,
    pub title: String,
    pub unit: ParameterUnit,
    pub default: ParameterValue,
    /// Smallest allowed number.
    pub min: Option<i64>,
    /// Largest allowed number.
    pub max: Option<i64>,
    /// Where the default comes from.
    pub source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterUnit {
    Days,
    Count,
    Bits,
    Flag,
    Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ParameterValue {
    Flag(bool),
    Number(i64),
    Word(String),
}

impl std::fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ParameterValue::Flag(flag) => flag.fmt(f),
            ParameterValue::Number(number) => number.fmt(f),
            ParameterValue::Word(word) => f.write_str(word),
        }
    }
}

impl ParameterFile {
    /// Why a value may not be used, or nothing when it may.
    pub fn refusal(&self, value: &ParameterValue) -> Option<String> {
        match (self.unit, value) {
            (ParameterUnit::Days | ParameterUnit::Count | ParameterUnit::Bits, ParameterValue::Number(number)) => {
                let low = self.min.is_some_and(|min| *number < min);
                let high = self.max.is_some_and(|max| *number > max);
                (low || high).then(|| {
                    let bound = |bound: Option<i64>| bound.map_or("any".to_owned(), |bound| bound.to_string());
                    format!("{number} is outside the allowed range {} to {}", bound(self.min), bound(self.max))
                })
            }
            (ParameterUnit::Flag, ParameterValue::Flag(_)) | (ParameterUnit::Word, ParameterValue::Word(_)) => None,
            (unit, value) => Some(format!("`{value}` does not fit the unit {unit:?}")),
        }
    }
}
