//! `tickmark evidence`.

use std::path::Path;

use serde_json::json;

use super::args::{EvidenceArguments, EvidenceCommand, ListFormat, TextOrJson};
use super::catalog::print_json;
use super::{Failure, evidence_add, open_workspace, settle, terminal};
use crate::assessment::Names;
use crate::base::Diagnostics;
use crate::evidence::ArtifactState;
use crate::evidence::{Artifact, Ledger, needed_for, normalise};
use crate::io;
use crate::pipeline::compare::{RECONCILIATION, coverage, reconciliation};
use crate::pipeline::documents::Documents;
use crate::pipeline::requests::{COLUMNS, Request, requests};
use crate::pipeline::{Controls, Workspace};
use crate::render::workbook;

/// Controls, workspace and ledger of a folder: what `evidence` and `query` both begin with. Of the derived tables only those are made
/// that `query` names.
pub fn open(folder: &Path, query: &str, overlay: Option<&Path>) -> Result<(Controls, Workspace, Ledger), Failure> {
    let mut diagnostics = Diagnostics::default();
    let (controls, statements, files) = open_workspace(folder, overlay, &mut diagnostics)?;
    let workspace = Workspace::load(&statements, &files, &controls, &mut diagnostics);
    let Some(workspace) = workspace.filter(|_| !diagnostics.has_errors()) else {
        settle(diagnostics)?;
        return Err(Failure::BadInput("the workspace cannot be used".into()));
    };
    let progress = terminal::Progress::start();
    let tables = needed_for(query, &controls.tables);
    let ledger =
        normalise(&files, &workspace.metas, &controls.adapters, &tables, &workspace.frame, &mut diagnostics, |path| progress.tell(path));
    drop(progress);
    Documents::new(&workspace, &ledger, &Names::default()).warn(&mut diagnostics);
    settle(diagnostics)?;
    Ok((controls, workspace, ledger))
}

pub fn run(arguments: &EvidenceArguments, overlay: Option<&Path>) -> Result<(), Failure> {
    match &arguments.command {
        Some(EvidenceCommand::Add(add)) => return evidence_add::run(add, overlay),
        Some(EvidenceCommand::Reconcile { folder, format }) => return reconcile(folder, *format, overlay),
        Some(EvidenceCommand::Requests { folder, format, exports_only, out }) => {
            return list_requests(folder, *format, *exports_only, out.as_deref(), overlay);
        }
        None => {}
    }
    let folder = arguments.folder.as_deref().unwrap_or(Path::new("."));
    let (_, _, ledger) = open(folder, "", overlay)?;
    match arguments.format {
        TextOrJson::Json => print_json(&json!(ledger.artifacts.values().map(artifact_json).collect::<Vec<_>>())),
        TextOrJson::Text => print_text(&ledger),
    }
    if arguments.require_provenance { provenance_gate(&ledger) } else { Ok(()) }
}

/// The gate of `--require-provenance`.
pub fn provenance_gate(ledger: &Ledger) -> Result<(), Failure> {
    let used: Vec<&Artifact> = ledger.artifacts.values().filter(|artifact| artifact.state == ArtifactState::Used).collect();
    let lacking: Vec<&&Artifact> = used.iter().filter(|artifact| !artifact.not_stated().is_empty()).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let fields: usize = lacking.iter().map(|artifact| artifact.not_stated().len()).sum();
    Err(Failure::Gate(format!(
        "{} of {} files that are used do not say where they came from ({fields} statements are missing); \
         `tickmark evidence requests` lists them, `tickmark evidence add` writes them",
        lacking.len(),
        used.len()
    )))
}

fn reconcile(folder: &Path, format: TextOrJson, overlay: Option<&Path>) -> Result<(), Failure> {
    let (controls, workspace, ledger) = open(folder, RECONCILIATION, overlay)?;
    let found = reconciliation(&ledger);
    let covered = coverage(&controls, &workspace, &ledger);
    if format == TextOrJson::Json {
        print_json(&json!({"reconciliation": found, "coverage": covered}));
        return Ok(());
    }
    terminal::table(
        &["Platform", "Scope", "In both", "Only in a source", "Only in the register", "Ambiguous", "Run by the platform"],
        found.places.iter().map(|place| {
            let counts = [place.in_both, place.only_in_source, place.only_in_register, place.ambiguous, place.provider_managed];
            [place.platform.clone(), place.scope.clone()].into_iter().chain(counts.map(|count| count.to_string())).collect()
        }),
    );
    terminal::line(&format!(
        "\n{} files state how many records the source has; {} of them hold that many.\n",
        found.counts_stated, found.counts_found
    ));
    for one in &found.discrepancies {
        let other = match (&one.other_artifact, &one.other_record) {
            (Some(artifact), Some(record)) => format!(", {artifact} {record}"),
            _ => String::new(),
        };
        terminal::safe_line(&format!("{:<17} {}: {}  ({} {}{other})", one.kind, one.subject, one.says, one.artifact, one.record));
    }
    terminal::line("");
    terminal::table(
        &["Export", "Instance", "Kind", "Covers", "Gaps", "Outside the period"],
        covered.into_iter().map(|own| {
            vec![own.title, own.instance.unwrap_or_default(), own.kind, own.covers.join("; "), own.gaps.join("; "), own.outside.to_string()]
        }),
    );
    Ok(())
}

fn list_requests(folder: &Path, format: ListFormat, exports_only: bool, out: Option<&Path>, overlay: Option<&Path>) -> Result<(), Failure> {
    let (controls, workspace, ledger) = open(folder, "", overlay)?;
    let mut list = requests(&controls, &workspace, &ledger);
    list.retain(|request| !(exports_only && request.kind == "document"));
    let text = |error: &dyn std::fmt::Display| Failure::CouldNotRun(error.to_string());
    let bytes = match format {
        ListFormat::Table => {
            print_requests(&list);
            return Ok(());
        }
        ListFormat::Json => {
            let mut text = serde_json::to_string_pretty(&list).unwrap_or_default();
            text.push('\n');
            text.into_bytes()
        }
        ListFormat::Csv => workbook::csv(&COLUMNS, list.iter().map(Request::cells)).map_err(|error| text(&error))?,
        ListFormat::Xlsx => workbook::xlsx("Requests", &COLUMNS, list.iter().map(Request::cells)).map_err(|error| text(&error))?,
    };
    match out {
        Some(path) => {
            io::write_file(path, &bytes)?;
            terminal::safe_line(&format!("{} requests written to {}", list.len(), path.display()));
        }
        None => terminal::raw(&String::from_utf8_lossy(&bytes)),
    }
    Ok(())
}

fn print_requests(list: &[Request]) {
    if list.is_empty() {
        terminal::line("Nothing is left to ask for.");
        return;
    }
    for (kind, title) in [
        ("export", "Exports to make"),
        ("statement", "Files that do not say where they came from"),
        ("document", "Documents and records to hand over"),
    ] {
        let own: Vec<&Request> = list.iter().filter(|request| request.kind == kind).collect();
        if own.is_empty() {
            continue;
        }
        terminal::line(&format!("\n{title} ({})\n", own.len()));
        for request in own {
            terminal::safe_line(&format!("{}  {} [{}]", request.id, request.what, request.state));
            let lines = [
                ("from", &request.from),
                ("system", &request.system),
                ("command", &request.command),
                ("note", &request.note),
                ("file", &request.file),
                ("period", &request.period),
                ("needed for", &request.needed_for),
                ("because", &request.because),
            ];
            for (name, value) in lines {
                if !value.is_empty() {
                    terminal::safe_line(&format!("       {name:<11}{value}"));
                }
            }
        }
    }
}

fn artifact_json(artifact: &Artifact) -> serde_json::Value {
    json!({
        "path": artifact.path, "adapter": artifact.adapter, "state": artifact.state, "note": artifact.note,
        "sha256": artifact.sha256, "bytes": artifact.bytes, "collected_at": artifact.collected_at,
        "extent": artifact.extent, "extent_because": artifact.extent_because,
        "read": artifact.read, "kept": artifact.kept, "rejected": artifact.rejected, "rejections": artifact.rejections,
        "secrets": artifact.secrets, "tables": artifact.feeds, "not_stated": artifact.not_stated(),
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
