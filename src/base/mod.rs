//! Words that every stage shares: diagnostics, digests, instants, located YAML and plain tables.
//!
//! In: nothing of the domain. Out: small value types. Knows no framework, no evidence and no verdict.

pub mod content;
pub mod diagnostic;
pub mod digest;
pub mod form;
pub mod identifier;
pub mod instant;
pub mod sources;
pub mod status;
pub mod table;
pub mod yaml;

pub use content::{Content, FoundFile, Source};
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use digest::{Digest, InclusionProof};
pub use form::{Form, FormColumn, FormRows};
pub use instant::Instant;
pub use sources::SourceTree;
pub use status::Status;
pub use table::{Cell, Column, ColumnType, Table};

/// What an auditor asks of information produced by the entity, by the name in the metadata: source, instance, query, tool, collector,
/// time, count, and that the file is still the one that was collected.
pub const PROVENANCE: [&str; 8] = ["system", "instance", "query", "tool", "collector", "collected_at", "rows", "sha256"];
