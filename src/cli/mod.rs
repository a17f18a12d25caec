//! The command line: reads, calls the stages, prints. Holds no rule of the domain.

mod anew;
mod args;
mod assess;
mod assessed;
mod catalog;
mod cite;
mod crosswalk;
mod diff;
mod evidence;
mod evidence_add;
mod excerpt;
mod explain;
mod init;
mod look;
mod pack;
mod query;
mod rederive;
mod sample;
mod seal;
mod sides;
mod summary;
mod terminal;
mod timings;
mod trace;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::base::{Diagnostics, FoundFile, SourceTree};
use crate::io::{self, IoError};
use crate::pipeline::Controls;
use crate::pipeline::workspace::take_controls;
use args::{Arguments, Command};

/// Why a command did not do its job. Each kind has its exit code.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Exit code 1: the job was done, and a gate that the caller set is not met.
    #[error("{0}")]
    Gate(String),
    /// Exit code 2: the input is wrong; the diagnostics were printed.
    #[error("{0}")]
    BadInput(String),
    /// Exit code 3: a pack does not hold.
    #[error("{0}")]
    NotVerified(String),
    /// Exit code 4.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Exit code 4.
    #[error("{0}")]
    CouldNotRun(String),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Failure::Gate(_) => 1,
            Failure::BadInput(_) => 2,
            Failure::NotVerified(_) => 3,
            Failure::Io(_) | Failure::CouldNotRun(_) => 4,
        }
    }
}

/// Parses the command line, runs the command, prints what went wrong.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::failure(&failure);
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let controls = arguments.controls.as_deref();
    match arguments.command {
        Command::Pack(pack) => pack::run(&pack, controls),
        Command::Assess(assess) => assess::run(&assess, controls),
        Command::Diff(arguments) => diff::run(&arguments, controls),
        Command::Trend(arguments) => diff::run_trend(&arguments),
        Command::History { folder, format } => diff::run_history(&folder, format),
        Command::Verify(verify) => verify::run(&verify, controls),
        Command::Seal(seal) => seal::run(&seal),
        Command::Cite { citation, file, format } => cite::run(&citation, file.as_deref(), format, controls),
        Command::Crosswalk { from, to, clause, format } => crosswalk::run(&from, &to, clause.as_deref(), format, controls),
        Command::Catalog { command } => catalog::run(command, controls),
        Command::Init(init) => init::run(&init, controls),
        Command::Evidence(evidence) => evidence::run(&evidence, controls),
        Command::Sample(sample) => sample::run(&sample, controls),
        Command::Trace { folder, identity, format } => trace::run(&folder, &identity, format, controls),
        Command::Explain { folder, clause, rows, format } => explain::run(&folder, &clause, rows, format, controls),
        Command::Query { folder, sql, format } => query::run(&folder, &sql, format, controls),
    }
}

/// The statements and the evidence of a workspace with the controls in force for it: the built-in ones, the workspace's own laid over
/// them, and those of the command line laid over both.
fn open_workspace(
    folder: &Path,
    overlay: Option<&Path>,
    diagnostics: &mut Diagnostics,
) -> Result<(Controls, SourceTree, Vec<FoundFile>), Failure> {
    let (mut statements, mut evidence) = io::read_workspace(folder)?;
    let own = take_controls(&mut statements, &mut evidence, diagnostics);
    let mut source = io::embedded_controls();
    source.overlay(own);
    if let Some(folder) = overlay {
        source.overlay(overlay_tree(folder)?);
    }
    Ok((Controls::load(source, diagnostics), statements, evidence))
}

/// The built-in controls with the user's own laid over them, all problems told.
fn load_controls(overlay: Option<&Path>, diagnostics: &mut Diagnostics) -> Result<Controls, Failure> {
    let mut source = io::embedded_controls();
    if let Some(folder) = overlay {
        source.overlay(overlay_tree(folder)?);
    }
    Ok(Controls::load(source, diagnostics))
}

fn overlay_tree(folder: &Path) -> Result<SourceTree, Failure> {
    Ok(io::read_tree(folder)?)
}

/// Prints what was found; an error among it ends the command.
fn settle(diagnostics: Diagnostics) -> Result<(), Failure> {
    let has_errors = diagnostics.has_errors();
    let list = diagnostics.sorted();
    terminal::diagnostics(&list);
    if has_errors {
        let count = list.iter().filter(|diagnostic| diagnostic.severity == crate::base::Severity::Error).count();
        return Err(Failure::BadInput(format!("{count} {} to correct; nothing was written", if count == 1 { "error" } else { "errors" })));
    }
    Ok(())
}
