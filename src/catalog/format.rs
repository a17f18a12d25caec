//! The YAML formats of catalogs and objectives, exactly as they are typed. Their JSON Schemas are published in the book.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::instant::Day;
use crate::base::{Form, Status};

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
    /// What the publisher changed later without a new edition.
    #[serde(default)]
    pub amendments: Vec<Amendment>,
    /// What the framework calls each kind of clause: `sub-requirement: Requirement`.
    pub nouns: BTreeMap<String, String>,
    /// The words in which an assessment against this edition states a result. A partial success never takes the word of a full one.
    #[serde(default)]
    pub results: Vec<ResultWord>,
    /// The publisher's worksheet for a control that stands in for a requirement, such as `Appendix C`; exceptions are then held against it.
    pub compensating_worksheet: Option<String>,
    /// Further facts that the edition states of its clauses, such as whether another approach is allowed.
    #[serde(default)]
    pub properties: Vec<PropertyFile>,
    /// Another edition of the same framework from which every clause is taken over that does not stand in `clauses`.
    pub based_on: Option<String>,
    /// A file beside this one: an OSCAL catalog from which all clauses come; `clauses` then only states how they are treated.
    pub oscal: Option<String>,
    /// Ids that the OSCAL file lists without saying that they were withdrawn, with the ids that took their place.
    #[serde(default)]
    pub withdrawn: BTreeMap<String, Vec<String>>,
    /// In the order of the publisher's document.
    pub clauses: Vec<ClauseFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    pub title: String,
    pub published: Day,
    /// What it changed, in our words.
    pub changes: String,
}

/// A word for a result, and what it means in this framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultWord {
    pub word: String,
    /// The statuses that this word stands for; each status stands under exactly one word.
    #[serde(rename = "for")]
    pub statuses: Vec<Status>,
    pub meaning: String,
}

/// A fact that every clause of some kinds has: a default, and other values at single clauses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PropertyFile {
    pub name: String,
    pub title: String,
    pub meaning: String,
    pub values: Vec<String>,
    /// The value of a clause that states none; without a default such a clause has no value.
    pub default: Option<String>,
    /// The kinds of clauses that have it.
    pub kinds: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// With `based_on`: the id that this clause has in the other edition, where it differs.
    pub replaces: Option<String>,
    /// The id of the clause above; it must stand earlier in the file.
    pub parent: Option<String>,
    /// One of the kinds that `nouns` names. May only be left out where an OSCAL file has it.
    #[serde(default)]
    pub kind: String,
    /// Our short label. May only be left out where an OSCAL file has it.
    #[serde(default)]
    pub label: String,
    /// True where the clause only groups others.
    #[serde(default)]
    pub heading: bool,
    /// What must be true, in one or two plain sentences. May only be left out where an OSCAL file has the text.
    #[serde(default)]
    pub statement: String,
    /// The date from which this clause binds, where it differs from the edition's.
    pub effective: Option<Day>,
    /// Values of the properties that the header names.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
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

/// A framework over all its editions: `controls/frameworks/<framework>/framework.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark framework")]
pub struct FrameworkFile {
    /// Equal to the folder's name.
    pub framework: String,
    /// What the framework is, for whom it binds, and what became of its editions; Markdown.
    pub about: String,
    /// How the publisher's document is taken apart here: what is a clause, what a heading, how ids are written; Markdown.
    pub modelled: String,
    /// As people write it in citations, without an edition: `PCI DSS`.
    pub names: Vec<String>,
    /// Words that stand before an id and say nothing else: `Requirement`, `Art.`.
    #[serde(default)]
    pub words: Vec<String>,
    /// Short forms of the letters in ids: `gv: govern`.
    #[serde(default)]
    pub abbreviations: BTreeMap<String, String>,
    /// A regular expression for ids that no other framework has, so that they count as citations without a name before them.
    pub pattern: Option<String>,
    /// The edition that a citation means which names none.
    pub current: String,
    /// The form in which its readers expect a result, as a part of the report; none where the sections clause by clause are all.
    pub form: Option<Form>,
    /// Spellings met in the wild that no rule resolves, or that deserve a word of warning.
    #[serde(default)]
    pub aliases: Vec<CitationAlias>,
    /// Clauses that are often cited for something else.
    #[serde(default)]
    pub mixups: Vec<Mixup>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CitationAlias {
    pub edition: String,
    pub written: String,
    /// The clause that is meant.
    pub id: String,
    pub note: String,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mixup {
    pub edition: String,
    /// The clause that is cited.
    pub id: String,
    /// Beginnings of words in the same sentence that betray the mix-up, in lower case.
    pub near: Vec<String>,
    /// The clause that was probably meant; none where the framework has no such clause.
    pub meant: Option<String>,
    pub note: String,
}

/// What became of every clause from one edition to the next: `controls/frameworks/<framework>/crosswalks/<from>--<to>.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark crosswalk")]
pub struct CrosswalkFile {
    pub framework: String,
    /// The earlier edition.
    pub from: String,
    /// The later edition.
    pub to: String,
    pub revision: u32,
    /// Who compared the editions, and from which material.
    pub source: String,
    pub confidence: Confidence,
    pub entries: Vec<CrosswalkEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    High,
    Medium,
    Low,
}

/// One pair; a clause that was split or merged stands in several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrosswalkEntry {
    /// The clause of the earlier edition; none where it is new.
    pub from: Option<String>,
    /// The clause of the later edition; none where it was withdrawn.
    pub to: Option<String>,
    pub relation: EditionRelation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EditionRelation {
    /// Same id, same demand.
    Unchanged,
    /// Same demand under another id.
    Renumbered,
    /// The demand itself differs.
    Changed,
    /// One earlier clause became several.
    Split,
    /// Several earlier clauses became one.
    Merged,
    /// The later edition no longer asks it.
    Withdrawn,
    /// The earlier edition did not ask it.
    New,
}

/// Clauses of two frameworks compared by a person: `controls/crosswalks/<name>.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark mapping between frameworks")]
pub struct RelationsFile {
    pub revision: u32,
    /// Who judged, and on what ground.
    pub source: String,
    pub relations: Vec<StatedRelation>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatedRelation {
    /// Such as `pci-dss@4.0.1 8.6.3`.
    pub a: String,
    pub b: String,
    pub relation: SetRelation,
    /// As far as machine identities are concerned: what is in both, and what is in one only.
    pub rationale: String,
}

/// How the demands of two clauses on machine identities lie to each other, as sets (NIST IR 8477).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SetRelation {
    /// Both ask the same.
    Equal,
    /// Whatever the first asks, the second asks too, and more.
    Subset,
    /// The first asks all that the second asks, and more.
    Superset,
    /// They share a part, and each asks something of its own.
    Intersects,
}

/// A holder of a licence lays the official text beside ours: `controls/overlays/<name>.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark overlay of official text")]
pub struct OverlayFile {
    /// The edition, such as `iso-27001@2022`.
    pub edition: String,
    /// Whose text this is and by what licence it may be used here; the report prints it.
    pub licence: String,
    /// Official text by clause id.
    pub texts: BTreeMap<String, String>,
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
    /// Stated where the value may differ by the class and the tier of the identity, with the defaults that do; empty where none does.
    /// The check then asks for it where columns `class` and `tier` are in scope.
    pub by_class: Option<Vec<ValueByClass>>,
    /// Smallest allowed number.
    pub min: Option<i64>,
    /// Largest allowed number.
    pub max: Option<i64>,
    /// Where the default comes from.
    pub source: String,
}

/// A stricter default for identities of one class, of one tier, or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueByClass {
    pub class: Option<String>,
    pub tier: Option<String>,
    pub value: ParameterValue,
    /// Where it comes from.
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

    /// Whether the first of two values asks more: the smaller one of a `..._max`, the larger one of a `..._min`.
    pub fn is_stricter(&self, one: &ParameterValue, other: &ParameterValue) -> bool {
        match (one, other) {
            (ParameterValue::Number(one), ParameterValue::Number(other)) if self.name.ends_with("_max") => one < other,
            (ParameterValue::Number(one), ParameterValue::Number(other)) if self.name.ends_with("_min") => one > other,
            _ => false,
        }
    }

    /// What is wrong with the defaults by class, each with its place below the parameter.
    pub fn refusals_by_class(&self) -> Vec<(String, String)> {
        let mut refusals = Vec::new();
        let bounded = self.name.ends_with("_max") || self.name.ends_with("_min");
        if self.by_class.is_some() && !(bounded && matches!(self.default, ParameterValue::Number(_))) {
            let text = "only a number whose name ends in `_max` or `_min` may differ by class: of two values the stricter must be known";
            refusals.push(("by_class".to_owned(), text.to_owned()));
        }
        for (at, own) in self.by_class.iter().flatten().enumerate() {
            let mut refuse = |text: String| refusals.push((format!("by_class/{at}"), text));
            if own.class.is_none() && own.tier.is_none() {
                refuse("a value by class names a class, a tier, or both".into());
            }
            if let Some(refusal) = self.refusal(&own.value) {
                refuse(refusal);
            } else if bounded && self.is_stricter(&self.default, &own.value) {
                refuse(format!(
                    "{} is looser than the default {}; a class may rest on a word in a name and must not loosen",
                    own.value, self.default
                ));
            }
        }
        refusals
    }
}
