//! `tickmark evidence add`: writes down where a file came from, beside the file, and hashes it at that moment.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Component, Path, PathBuf};

use super::args::AddArguments;
use super::{Failure, open_workspace, settle, terminal};
use crate::base::Diagnostics;
use crate::base::instant::Day;
use crate::evidence::format::DayRange;
use crate::evidence::{ArtifactMeta, ArtifactState, ControlTotal, normalise};
use crate::io;
use crate::pipeline::Workspace;
use crate::pipeline::workspace::BESIDE;

const HEADER: &str = "# Where this file came from. Written by `tickmark evidence add`; the digest is that of the moment of writing.\n";

pub fn run(arguments: &AddArguments, overlay: Option<&Path>) -> Result<(), Failure> {
    let (workspace, path) = place(&arguments.file)?;
    let mut name = arguments.file.as_os_str().to_owned();
    name.push(BESIDE);
    let beside = PathBuf::from(name);
    if beside.symlink_metadata().is_ok() && !arguments.replace {
        return Err(Failure::BadInput(format!("`{}` exists already; give --replace to write it anew", beside.display())));
    }
    let (digest, bytes) = io::content_of(&arguments.file)?.digest().map_err(Failure::CouldNotRun)?;
    let mut meta = stated(arguments)?;
    meta.sha256 = Some(digest.to_string());
    meta.bytes = Some(bytes);
    let mut diagnostics = Diagnostics::default();
    let (controls, mut statements, files) = open_workspace(&workspace, overlay, &mut diagnostics)?;
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        ask(&mut meta)?;
    }
    let text = yaml(&meta)?;
    statements.insert(format!("{path}{BESIDE}"), text.as_bytes());
    // The workspace as it will be: what is wrong with the statement is told before anything is written.
    let Some(loaded) = Workspace::load(&statements, &files, &controls, &mut diagnostics).filter(|_| !diagnostics.has_errors()) else {
        settle(diagnostics)?;
        return Err(Failure::BadInput("the statement cannot be used; nothing was written".into()));
    };
    let own: Vec<_> = files.into_iter().filter(|file| file.path == path).collect();
    let ledger = normalise(&own, &loaded.metas, &controls.adapters, &controls.tables, &loaded.frame, &mut Diagnostics::default(), |_| {});
    io::write_file(&beside, text.as_bytes())?;
    terminal::safe_line(&format!("{}", beside.display()));
    if let Some(artifact) = ledger.artifacts.get(&path) {
        terminal::safe_line(&format!("{}: {}", artifact.state.word(), artifact.note));
        if artifact.state == ArtifactState::Used {
            terminal::line(&format!(
                "{} records read, {} kept, {} rejected; extent {}: {}",
                artifact.read,
                artifact.kept,
                artifact.rejected,
                format!("{:?}", artifact.extent).to_lowercase(),
                artifact.extent_because
            ));
        }
    }
    Ok(())
}

/// The workspace that a file lies in, and its path there.
fn place(file: &Path) -> Result<(PathBuf, String), Failure> {
    let io_error = |source| Failure::Io(io::IoError::Read { path: file.to_owned(), source });
    let link = file.symlink_metadata().map_err(io_error)?;
    if !link.is_file() {
        return Err(Failure::BadInput(format!("`{}` is not a regular file", file.display())));
    }
    let whole = file.canonicalize().map_err(io_error)?;
    for folder in whole.ancestors().skip(1) {
        if folder.join("tickmark.yaml").is_file() {
            let below = whole.strip_prefix(folder).unwrap_or(&whole);
            let parts: Option<Vec<&str>> = below
                .components()
                .map(|part| match part {
                    Component::Normal(name) => name.to_str(),
                    _ => None,
                })
                .collect();
            let Some(parts) = parts else {
                return Err(Failure::BadInput(format!("the name of `{}` is not UTF-8 text", file.display())));
            };
            return Ok((folder.to_owned(), parts.join("/")));
        }
    }
    Err(Failure::BadInput(format!(
        "`{}` lies in no workspace: no folder above it has a tickmark.yaml; `tickmark init` makes one",
        file.display()
    )))
}

fn stated(arguments: &AddArguments) -> Result<ArtifactMeta, Failure> {
    let totals = arguments
        .totals
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, value)) => Ok(ControlTotal { name: name.trim().to_owned(), value: value.trim().to_owned() }),
            None => Err(Failure::BadInput(format!("--total `{text}` is not of the form NAME=VALUE"))),
        })
        .collect::<Result<_, _>>()?;
    Ok(ArtifactMeta {
        path: String::new(),
        adapter: arguments.adapter.clone(),
        system: arguments.system.clone(),
        instance: arguments.instance.clone(),
        query: arguments.query.clone(),
        tool: arguments.tool.clone(),
        collector: arguments.collector.clone(),
        collected_at: arguments.collected_at.as_deref().map(instant).transpose()?,
        period: arguments.period.as_deref().map(period).transpose()?,
        rows: arguments.rows,
        control_totals: totals,
        first_key: arguments.first_key.clone(),
        last_key: arguments.last_key.clone(),
        sha256: None,
        bytes: None,
        transformations: arguments.transformations.clone(),
        classification: arguments.classification.clone(),
        zone: arguments.zone.clone(),
    })
}

fn instant(text: &str) -> Result<crate::base::Instant, Failure> {
    crate::base::Instant::parse(text)
        .map_err(|_| Failure::BadInput(format!("`{text}` is no instant with an offset, such as 2026-09-30T23:55:00+02:00")))
}

fn period(text: &str) -> Result<DayRange, Failure> {
    let wrong = || Failure::BadInput(format!("`{text}` is no period, such as 2026-07-01..2026-09-30"));
    let (from, to) = text.split_once("..").ok_or_else(wrong)?;
    let day = |text: &str| Day::parse(text.trim()).map_err(|_| wrong());
    Ok(DayRange { from: day(from)?, to: day(to)? })
}

/// Asks for what is not stated yet; an empty answer leaves it so.
fn ask(meta: &mut ArtifactMeta) -> Result<(), Failure> {
    let prompt = |question: &str| -> Option<String> {
        let _ = write!(std::io::stderr(), "{question}: ");
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty())
    };
    for (field, question) in [
        (&mut meta.system, "Source system, such as AWS IAM"),
        (&mut meta.instance, "Which one: account, tenant, cluster or repository"),
        (&mut meta.query, "Command or query that made the file"),
        (&mut meta.tool, "Tool and version"),
        (&mut meta.collector, "Person or job that ran it"),
    ] {
        if field.is_none() {
            *field = prompt(question);
        }
    }
    if meta.collected_at.is_none() {
        meta.collected_at = prompt("When, with offset, such as 2026-09-30T23:55:00+02:00").as_deref().map(instant).transpose()?;
    }
    if meta.rows.is_none()
        && let Some(answer) = prompt("How many records does the source itself count")
    {
        meta.rows = Some(answer.parse().map_err(|_| Failure::BadInput(format!("`{answer}` is not a whole number")))?);
    }
    Ok(())
}

fn yaml(meta: &ArtifactMeta) -> Result<String, Failure> {
    let failure = |error: &dyn std::fmt::Display| Failure::CouldNotRun(error.to_string());
    let mut value = serde_json::to_value(meta).map_err(|error| failure(&error))?;
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, value| name != "path" && !value.is_null());
    }
    Ok(format!("{HEADER}{}", serde_yaml::to_string(&value).map_err(|error| failure(&error))?))
}
