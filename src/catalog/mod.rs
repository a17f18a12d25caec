//! Framework catalogs and objectives: read, checked against each other, and frozen with the digest of what was really read.
//!
//! In: the files below `controls/frameworks` and `controls/objectives`. Out: a [`Catalogs`] in which every citation resolves,
//! or diagnostics that name each place that does not. Knows nothing of evidence or verdicts.

pub mod cite;
pub mod compare;
pub mod crosswalk;
pub mod format;
mod frameworks;
mod load;
pub mod lock;
mod objectives;
pub mod oscal;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use format::{
    Amendment, Coverage, CrosswalkEntry, EditionRelation, EmptyPopulation, Method, ParameterFile, ParameterUnit, ParameterValue,
    PropertyFile, ResultWord, SetRelation, ValueByClass, Wording,
};
pub use frameworks::withdrawn_by_crosswalk;
pub use load::load;

use crate::base::instant::Day;
use crate::base::{Digest, Form, Status};

/// A framework edition by name, such as `pci-dss@4.0.1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct EditionName(String);

impl EditionName {
    pub fn new(framework: &str, edition: &str) -> EditionName {
        EditionName(format!("{framework}@{edition}"))
    }

    /// Takes a name as a user writes it; the part before `@` is the framework, the part behind it the edition.
    pub fn parse(text: &str) -> Option<EditionName> {
        let (framework, edition) = text.split_once('@')?;
        (!framework.is_empty() && !edition.is_empty()).then(|| EditionName::new(framework, edition))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn framework(&self) -> &str {
        self.0.split_once('@').map_or(&self.0, |(framework, _)| framework)
    }

    pub fn edition(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, edition)| edition)
    }
}

impl std::fmt::Display for EditionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// All editions and all objectives, checked.
#[derive(Debug, Clone, Default)]
pub struct Catalogs {
    pub editions: BTreeMap<EditionName, Catalog>,
    pub objectives: BTreeMap<String, Objective>,
    /// By framework: how people cite it.
    pub frameworks: BTreeMap<String, Framework>,
    /// Between neighbouring editions.
    pub crosswalks: Vec<Crosswalk>,
    /// What a person judged about pairs of clauses of different frameworks.
    pub relations: Vec<Relation>,
}

/// A framework over all its editions.
#[derive(Debug, Clone)]
pub struct Framework {
    pub id: String,
    /// What it is and for whom it binds; Markdown.
    pub about: String,
    /// How the publisher's document is taken apart here; Markdown.
    pub modelled: String,
    pub names: Vec<String>,
    pub words: Vec<String>,
    pub abbreviations: BTreeMap<String, String>,
    pub pattern: Option<regex::Regex>,
    pub current: EditionName,
    /// The form in which its readers expect a result.
    pub form: Option<Form>,
    pub aliases: Vec<format::CitationAlias>,
    pub mixups: Vec<format::Mixup>,
}

/// What became of the clauses of one edition in the next.
#[derive(Debug, Clone)]
pub struct Crosswalk {
    pub from: EditionName,
    pub to: EditionName,
    pub revision: u32,
    pub source: String,
    pub confidence: format::Confidence,
    pub entries: Vec<CrosswalkEntry>,
    pub digest: Digest,
}

/// A clause by edition and id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClauseRef {
    pub framework: EditionName,
    pub clause: String,
}

/// How two clauses lie to each other, judged by a person.
#[derive(Debug, Clone)]
pub struct Relation {
    pub a: ClauseRef,
    pub b: ClauseRef,
    pub relation: SetRelation,
    pub rationale: String,
}

/// The official text of a clause, laid beside ours by a holder of its licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficialText {
    pub text: String,
    pub licence: String,
}

/// One edition of one framework.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub name: EditionName,
    pub about: CatalogAbout,
    /// In the order of the publisher's document; a parent stands before its children.
    pub clauses: Vec<Clause>,
    pub amendments: Vec<Amendment>,
    pub nouns: BTreeMap<String, String>,
    pub results: Vec<ResultWord>,
    /// The publisher's worksheet for a control that stands in for a requirement; none where it knows no such control.
    pub compensating_worksheet: Option<String>,
    pub properties: Vec<PropertyFile>,
    /// Ids that the publisher still lists and no longer asks for, with the ids that took their place.
    pub withdrawn: BTreeMap<String, Vec<String>>,
    /// Of the file's very bytes; of all files together where the clauses come from several.
    pub digest: Digest,
}

impl Catalog {
    /// The edition's own word for a status; none where the edition has no such words.
    pub fn result_for(&self, status: Status) -> Option<&str> {
        self.results.iter().find(|result| result.statuses.contains(&status)).map(|result| result.word.as_str())
    }
}

/// What a reader must know of the edition: whose words, from where, valid when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogAbout {
    pub framework: String,
    pub edition: String,
    pub revision: u32,
    pub title: String,
    pub short_title: String,
    pub publisher: String,
    pub source: String,
    pub wording: Wording,
    pub licence: String,
    pub published: Day,
    pub effective: Option<Day>,
    pub retired: Option<Day>,
    pub supersedes: Option<String>,
    pub superseded_by: Option<String>,
}

/// The smallest citable unit of an edition, or a heading above such units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    pub id: String,
    pub parent: Option<String>,
    pub depth: usize,
    pub kind: String,
    /// What the framework calls it: Requirement, Subcategory, Risk.
    pub noun: String,
    pub label: String,
    pub statement: String,
    pub effective: Option<Day>,
    /// Facts that the edition states of this clause, by name.
    pub properties: BTreeMap<String, String>,
    pub official: Option<OfficialText>,
    pub treatment: Treatment,
}

/// How a clause is dealt with. Every clause has exactly one treatment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Treatment {
    /// Groups other clauses; nothing to assess.
    Heading,
    /// Tested through objectives.
    Mapped(Vec<Mapping>),
    /// Needs a document, a record or an interview, named here.
    Documentary(String),
    /// Cannot concern machine identities, for the reason given here.
    Outside(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub objective: String,
    pub coverage: Coverage,
    pub rationale: String,
}

/// A testable statement that clauses of many frameworks share.
#[derive(Debug, Clone)]
pub struct Objective {
    pub id: String,
    pub title: String,
    pub statement: String,
    pub method: Method,
    /// What to bring when the method is not a test.
    pub ask: Option<String>,
    pub population: String,
    /// Normalised tables without which nothing can be said.
    pub requires: Vec<String>,
    pub empty_population: Option<EmptyPopulation>,
    pub freshness_days_max: i64,
    pub parameters: Vec<format::ParameterFile>,
    pub advice: String,
    pub references: Vec<String>,
    /// The text of `check.sql`; none where nothing is automated.
    pub check: Option<CheckText>,
    /// Of objective.yaml and check.sql together.
    pub digest: Digest,
}

/// The SQL of a check and where it stands.
#[derive(Debug, Clone)]
pub struct CheckText {
    pub file: String,
    pub text: Arc<str>,
}

impl Catalog {
    pub fn clause(&self, id: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == id)
    }

    /// The ids of the clauses above, from the root down.
    pub fn ancestors(&self, clause: &Clause) -> Vec<&Clause> {
        let mut above = Vec::new();
        let mut parent = clause.parent.as_deref();
        while let Some(found) = parent.and_then(|id| self.clause(id)) {
            above.push(found);
            parent = found.parent.as_deref();
        }
        above.reverse();
        above
    }
}

impl Treatment {
    pub fn word(&self) -> &'static str {
        match self {
            Treatment::Heading => "heading",
            Treatment::Mapped(_) => "mapped",
            Treatment::Documentary(_) => "documentary",
            Treatment::Outside(_) => "outside",
        }
    }

    pub fn mappings(&self) -> &[Mapping] {
        match self {
            Treatment::Mapped(mappings) => mappings,
            Treatment::Heading | Treatment::Documentary(_) | Treatment::Outside(_) => &[],
        }
    }
}
