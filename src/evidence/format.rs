//! The YAML formats of adapters, normalised tables and artifact metadata, exactly as they are typed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::instant::{Day, Instant};
use crate::base::table::ColumnType;

/// How one kind of export becomes rows of normalised tables: `controls/adapters/<id>/adapter.yaml`, beside `normalise.sql`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark adapter")]
pub struct AdapterFile {
    /// Equal to the folder's name.
    pub id: String,
    pub title: String,
    /// Raised with every change of meaning.
    pub revision: u32,
    /// The kind of system the export comes from, such as `AWS IAM`.
    pub system: String,
    /// The shapes that the export may have.
    pub shapes: Vec<Shape>,
    /// How to make the export.
    pub export: Export,
    /// True for a list of the latest event of each subject, which tells nothing of the days between.
    #[serde(default)]
    pub latest_only: bool,
    /// True where `normalise.sql` makes each row from one record alone: a file too large for memory is then read in parts.
    #[serde(default)]
    pub streams: bool,
    /// What to know before trusting it, a sentence each.
    #[serde(default)]
    pub quirks: Vec<String>,
    pub recognise: Recognise,
    pub completeness: Completeness,
    /// Where the file itself says when it was made.
    pub observed_at: Option<ObservedAt>,
    /// Where a tool wraps this export in a JSON document.
    pub envelope: Option<Envelope>,
    /// Changes to the parsed JSON or YAML before records are taken from it, in this order.
    #[serde(default)]
    pub prepare: Vec<Prepare>,
    /// Where the export holds secret values; they are masked before anything else sees them.
    #[serde(default)]
    pub secrets: Vec<SecretPlace>,
    /// The record sets that `normalise.sql` reads, each as a table of this name.
    pub records: Vec<RecordSet>,
}

/// How an export is made: printed in requests for evidence and in the book.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// The exact command, with `<...>` for what only the reader knows; or, where no command exists, none.
    pub command: Option<String>,
    /// What to do, in words: where to click, what to choose, what to run the command for.
    pub note: Option<String>,
    /// A usual name for the file, in the folder of its system.
    pub file: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One document, an array, several documents one after another, or one per line.
    Json,
    Yaml,
    /// Comma, semicolon, tab or bar between the cells; the first record names the columns.
    Csv,
    /// The first record of the first non-empty sheet of an XLSX workbook names the columns.
    Sheet,
    /// A flat Parquet file; its schema names the columns.
    Parquet,
    /// Entries of a directory (RFC 2849): each is an object with `dn` and, under each attribute's name in lower case, the list of its values.
    Ldif,
    /// Certificates in PEM blocks, PKCS#7 bundles or DER; everything else is passed over and private keys are masked.
    Pem,
}

/// By what content a file is recognised; its name plays no part.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recognise {
    /// CSV and sheets: columns that must all be there (compared after trimming, case included).
    #[serde(default)]
    pub columns: Vec<String>,
    /// JSON and YAML: RFC 9535 JSONPath expressions that must each select something in the first document.
    #[serde(default)]
    pub paths: Vec<String>,
    /// JSON and YAML: expressions that must select nothing.
    #[serde(default)]
    pub absent: Vec<String>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Completeness {
    /// Whether the file shows that nothing is missing when no marker below says otherwise.
    pub unless_marked: Extent,
    /// Why, as a sentence for the reader.
    pub because: String,
    /// JSONPath expressions that select something when the export is cut: a next link, a truncation flag.
    #[serde(default)]
    pub incomplete_when: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    Complete,
    Incomplete,
    /// The file cannot tell; a row count stated in `artifacts.yaml` and found again makes it complete.
    Unknown,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservedAt {
    /// JSONPath of the value; the latest one counts when there are several.
    pub at: String,
    pub format: Vec<String>,
    /// The zone of a format without an offset.
    pub zone: Option<String>,
}

/// A JSON document that holds the whole export as Base64 text. What is unwrapped is read like a file of its own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// JSONPath of the text.
    pub at: String,
    /// JSONPath of the instant at which it was made, in RFC 3339.
    pub observed_at: Option<String>,
}

/// One change to the parsed document; exactly one key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Prepare {
    /// Text that is percent-encoded JSON becomes that JSON.
    PercentDecode(String),
    /// A lone value becomes an array of one, so that it can be walked like its plural form.
    Listify(String),
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretPlace {
    /// JSON and YAML: JSONPath of the value (all text below it counts). CSV and sheets: the column's name.
    pub at: String,
    /// Values that match this regular expression as a whole are identifiers and not secrets, such as AWS access key ids.
    pub identifiers: Option<String>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordSet {
    /// The table name in `normalise.sql`.
    pub name: String,
    /// JSON and YAML: JSONPath of the records; each document as a whole when absent. Not used for other shapes.
    pub each: Option<String>,
    pub fields: Vec<Field>,
}

/// One column of a record set. Instants, and fields that list sentinels, get a companion column `<name>_state`
/// holding `known`, `none`, `unknown` or `not-applicable`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    /// JSON and YAML: a JSON Pointer within the record (`/Arn`) or a Relative JSON Pointer that starts above it
    /// (`2/Arn` goes up two levels; `0#` is the record's own key or index). CSV and sheets: the column's name.
    pub at: String,
    #[serde(rename = "type", default)]
    pub kind: FieldType,
    /// Instants only: `rfc3339`, `epoch-seconds`, `epoch-millis`, `filetime` (steps of 100 ns since 1601), or a strptime pattern. Two are allowed where the
    /// JSON type tells them apart: numbers are read by the epoch format, text by the other one.
    #[serde(default)]
    pub format: Vec<String>,
    /// The zone that the format itself fixes, such as `UTC`: an IANA name. Without it, local times need the `zone` of the artifact in
    /// `artifacts.yaml`.
    pub zone: Option<String>,
    /// A record without this value is rejected.
    #[serde(default)]
    pub required: bool,
    /// Words that say "explicitly none": there is no such date or value.
    #[serde(default)]
    pub none: Vec<String>,
    /// Words that say "this source does not know".
    #[serde(default)]
    pub unknown: Vec<String>,
    /// Words that say "does not apply".
    #[serde(default)]
    pub not_applicable: Vec<String>,
    /// What a missing or null value means; `unknown` unless stated.
    #[serde(default)]
    pub absent: Absent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldType {
    #[default]
    Text,
    Integer,
    Boolean,
    Instant,
    /// Any JSON value, kept as compact JSON text.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Absent {
    #[default]
    Unknown,
    None,
    NotApplicable,
}

/// A normalised table: `controls/tables/<name>.yaml`. With a `.sql` file of the same name beside it, it is derived from others.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark normalised table")]
pub struct TableFile {
    /// Equal to the file's name.
    pub name: String,
    /// What one row stands for.
    pub meaning: String,
    /// The column of instants of a table whose rows speak of one instant each, such as events. Rows outside the period are counted and left out.
    pub over_time: Option<String>,
    /// Derived tables: the tables that the query reads.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Derived tables that are costly and that few checks read: made for reports and questions, and for a check that names one.
    #[serde(default)]
    pub on_request: bool,
    pub columns: Vec<TableColumn>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ColumnType,
    pub meaning: String,
    /// A row without this value is rejected.
    #[serde(default)]
    pub required: bool,
    /// Names or addresses of people: pseudonyms stand for them in a redacted pack.
    #[serde(default)]
    pub personal: bool,
    /// For a derived table: the only values there are, in the order in which they are told.
    #[serde(default)]
    pub values: Vec<ColumnValue>,
}

/// One of the values that a column may hold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnValue {
    pub name: String,
    pub meaning: String,
}

/// What the files of a workspace are: `artifacts.yaml`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tickmark artifact metadata")]
pub struct ArtifactsFile {
    pub artifacts: Vec<ArtifactMeta>,
}

/// What a collector states about one file. Whatever is left out is printed as "not stated".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactMeta {
    /// Relative to the workspace, with slashes. Left out in a file that stands beside the artifact.
    #[serde(default)]
    pub path: String,
    /// Names the adapter where the content does not decide.
    pub adapter: Option<String>,
    /// The source system, such as `AWS IAM`.
    pub system: Option<String>,
    /// Which one of them: an account, tenant, cluster or repository.
    pub instance: Option<String>,
    /// The command or query that made the file, with its parameters.
    pub query: Option<String>,
    /// The tool that made the file, with its version.
    pub tool: Option<String>,
    /// The person or job that ran it.
    pub collector: Option<String>,
    pub collected_at: Option<Instant>,
    /// The days that the content covers, both included.
    pub period: Option<DayRange>,
    /// How many records the source says there are, counted apart from the export.
    pub rows: Option<u64>,
    /// Sums or counts that the source itself shows, such as a number of users on its console; printed, not recomputed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub control_totals: Vec<ControlTotal>,
    /// The first and the last key of the records, as the source shows them.
    pub first_key: Option<String>,
    pub last_key: Option<String>,
    /// Digest and size of the file when it was collected. A file that differs from them now is not used.
    pub sha256: Option<String>,
    pub bytes: Option<u64>,
    /// What was done to the file between the source and this folder, in order: filters, conversions, redactions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transformations: Vec<String>,
    pub classification: Option<String>,
    /// The zone of local times in the file: an IANA name such as `Europe/Copenhagen`.
    pub zone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlTotal {
    /// What is counted or summed.
    pub name: String,
    /// The number as the source shows it.
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DayRange {
    pub from: Day,
    pub to: Day,
}
