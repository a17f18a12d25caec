//! The JSON Schemas of all file formats, as the book publishes them and editors use them.

use crate::base::yaml::schema_of;

/// File name and text of every schema.
pub fn all() -> Vec<(String, String)> {
    let schemas = [
        ("catalog", schema_of::<crate::catalog::format::CatalogFile>()),
        ("framework", schema_of::<crate::catalog::format::FrameworkFile>()),
        ("crosswalk", schema_of::<crate::catalog::format::CrosswalkFile>()),
        ("relations", schema_of::<crate::catalog::format::RelationsFile>()),
        ("overlay", schema_of::<crate::catalog::format::OverlayFile>()),
        ("objective", schema_of::<crate::catalog::format::ObjectiveFile>()),
        ("cases", schema_of::<crate::checks::cases::CasesFile>()),
        ("adapter", schema_of::<crate::evidence::format::AdapterFile>()),
        ("table", schema_of::<crate::evidence::format::TableFile>()),
        ("artifacts", schema_of::<crate::evidence::format::ArtifactsFile>()),
        ("workspace", schema_of::<crate::workspace::WorkspaceFile>()),
        ("exceptions", schema_of::<crate::workspace::ExceptionsFile>()),
        ("documents", schema_of::<crate::workspace::DocumentsFile>()),
        ("samples", schema_of::<crate::workspace::SamplesFile>()),
        ("profile", schema_of::<crate::workspace::ProfileFile>()),
        ("report", schema_of::<crate::report::Report>()),
        ("assessment", schema_of::<crate::assessment::Assessment>()),
        ("changes", schema_of::<crate::diff::ChangeSet>()),
        ("trend", schema_of::<crate::diff::trend::Trend>()),
        ("history", schema_of::<crate::diff::history::History>()),
    ];
    schemas
        .into_iter()
        .map(|(name, schema)| {
            let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
            (format!("{name}.schema.json"), format!("{text}\n"))
        })
        .collect()
}
