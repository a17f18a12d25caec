//! `tickmark evidence`.

use std::path::Path;

use serde_json::json;

use super::args::TextOrJson;
use super::catalog::print_json;
use super::{Failure, open_workspace, settle, terminal};
use crate::base::Diagnostics;
use crate::evidence::{Artifact, Ledger, normalise};
use crate::pipeline::{Controls, Workspace};

/// Controls, workspace and ledger of a folder: what `evidence` and `query` both begin with.
pub fn open(folder: &Path, overlay: Option<&Path>) -> Result<(Controls, Workspace, Ledger), Failure> {
    let mut diagnostics = Diagnostics::default();
    let (controls, statements, files) = open_workspace(folder, overlay, &mut diagnostics)?;
    let workspace = Workspace::load(&statements, &files, &controls, &mut diagnostics);
    let Some(workspace) = workspace.filter(|_| !diagnostics.has_errors()) else {
        settle(diagnostics)?;
        return Err(Failure::BadInput("the workspace cannot be used".into()));
    };
    let progress = terminal::Progress::start();
    let ledger = normalise(&files, &workspace.metas, &controls.adapters, &controls.tables, &workspace.frame, &mut diagnostics, |path| {
        progress.tell(path)
    });
    drop(progress);
    settle(diagnostics)?;
    Ok((controls, workspace, ledger))
}

pub fn run(folder: &Path, format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let (_, _, ledger) = open(folder, overlay)?;
    match format {
        TextOrJson::Json => print_json(&json!(ledger.artifacts.values().map(artifact_json).collect::<Vec<_>>())),
        TextOrJson::Text => print_text(&ledger),
    }
    Ok(())
}

fn artifact_json(artifact: &Artifact) -> serde_json::Value {
    json!({
        "path": artifact.path, "adapter": artifact.adapter, "state": artifact.state, "note": artifact.note,
        "sha256": artifact.sha256, "bytes": artifact.bytes, "collected_at": artifact.collected_at,
        "extent": artifact.extent, "extent_because": artifact.extent_because,
        "read": artifact.read, "kept": artifact.kept, "rejected": artifact.rejected, "rejections": artifact.rejections,
        "secrets": artifact.secrets, "tables": artifact.feeds,
    })
}

fn print_text(ledger: &Ledger) {
    terminal::table(
        &["File", "State", "Adapter", "Collected", "Read", "Kept", "Rejected", "Extent"],
        ledger.artifacts.values().map(|artifact| {
            vec![
                artifact.path.clone(),
                artifact.state.word().to_owned(),
                artifact.adapter.clone().unwrap_or_default(),
                artifact.collected_at.as_ref().map_or("not stated".to_owned(), ToString::to_string),
                artifact.read.to_string(),
                artifact.kept.to_string(),
                artifact.rejected.to_string(),
                format!("{:?}", artifact.extent).to_lowercase(),
            ]
        }),
    );
    const SHOWN_MAX: usize = 5;
    for artifact in ledger.artifacts.values() {
        let unused = artifact.adapter.is_none() || artifact.feeds.is_empty();
        if unused || !artifact.rejections.is_empty() {
            terminal::safe_line(&format!("\n{}: {}", artifact.path, artifact.note));
        }
        for rejection in artifact.rejections.iter().take(SHOWN_MAX) {
            terminal::safe_line(&format!("  {}  {}", rejection.record, rejection.reason));
        }
        if artifact.rejections.len() > SHOWN_MAX {
            terminal::line(&format!("  and {} more; `--format json` lists all", artifact.rejections.len() - SHOWN_MAX));
        }
    }
}
