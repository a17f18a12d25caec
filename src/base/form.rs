//! The form in which a framework's own readers expect a result: which clauses stand in it, a row for what, and which facts are its columns.
//!
//! A catalog names it as data and an assessment keeps it, so that a report can be laid out years later without the catalog.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A table over clauses, such as a Statement of Applicability. Its title, lead and words stand in the string files under its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Such as `statement-of-applicability`; frameworks that share a form share one list in `machine/`.
    pub id: String,
    /// The kinds of clauses that stand in it; all assessable clauses when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    #[serde(default)]
    pub rows: FormRows,
    pub columns: Vec<FormColumn>,
}

impl Form {
    /// What stands in for a form where a framework's readers expect none of their own: every clause with what was shown and what is open.
    pub fn readiness() -> Form {
        use FormColumn::{Clause, Deviations, Evidence, Exceptions, Open, Owner, Status};
        let columns = vec![Clause, Owner, Status, Deviations, Evidence, Exceptions, Open];
        Form { id: "readiness-matrix".into(), kinds: Vec::new(), rows: FormRows::Clauses, columns }
    }
}

/// What has a row of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FormRows {
    #[default]
    Clauses,
    /// Every objective of every clause; a clause without one still has a row.
    Objectives,
}

/// A fact about a clause. None of them judges anything anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FormColumn {
    /// Its id and label.
    Clause,
    /// Whether it applies, as the organisation states.
    Applicable,
    /// Why it is taken in or left out, as the organisation states.
    Justification,
    /// What the organisation says it does for it.
    Control,
    /// Who answers for that, as the organisation states.
    Owner,
    /// What was tested or examined.
    Test,
    /// How many of the tested members depart.
    Deviations,
    Status,
    /// The status in the edition's own words.
    Result,
    /// The exhibits that the result rests on.
    Evidence,
    /// The exceptions that cover deviations of it.
    Exceptions,
    /// What the organisation aims at.
    Target,
    /// What lies between status and target.
    Gap,
    /// What is open, as a sentence.
    Open,
}

impl FormColumn {
    /// The word used in YAML, for wording and for layout.
    pub fn word(self) -> &'static str {
        match self {
            FormColumn::Clause => "clause",
            FormColumn::Applicable => "applicable",
            FormColumn::Justification => "justification",
            FormColumn::Control => "control",
            FormColumn::Owner => "owner",
            FormColumn::Test => "test",
            FormColumn::Deviations => "deviations",
            FormColumn::Status => "status",
            FormColumn::Result => "result",
            FormColumn::Evidence => "evidence",
            FormColumn::Exceptions => "exceptions",
            FormColumn::Target => "target",
            FormColumn::Gap => "gap",
            FormColumn::Open => "open",
        }
    }
}
