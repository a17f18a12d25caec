//! `tickmark pack`.

use std::path::Path;

use super::args::PackArguments;
use super::look::Templates;
use super::{Failure, open_workspace, settle, summary, terminal};
use crate::base::{Diagnostic, Diagnostics};
use crate::io;
use crate::pipeline::{Disclosure, OutputFiles, Set, Workspace, assess, outputs};

pub fn run(arguments: &PackArguments, controls: Option<&Path>) -> Result<(), Failure> {
    if arguments.out.symlink_metadata().is_ok() && !arguments.replace {
        return Err(Failure::CouldNotRun(format!(
            "`{}` exists already; name another folder, or give --replace to put the new pack in its place",
            arguments.out.display()
        )));
    }
    if arguments.replace {
        refuse_foreign(&arguments.out)?;
    }
    let progress = terminal::Progress::start();
    let mut diagnostics = Diagnostics::default();
    progress.tell("reading the workspace");
    let (controls, statements, files) = open_workspace(&arguments.folder, controls, &mut diagnostics)?;
    let templates = Templates::load(arguments.templates.as_deref(), arguments.fonts.as_deref(), &mut diagnostics)?;
    let mut workspace = Workspace::load(&statements, &files, &controls, &mut diagnostics).filter(|_| !diagnostics.has_errors());
    if let (Some(previous), Some(workspace)) = (&arguments.previous, &mut workspace) {
        progress.tell("verifying the earlier pack");
        name_previous(workspace, previous)?;
    }
    let assessed =
        workspace.as_ref().and_then(|workspace| assess(&controls, workspace, &files, &mut diagnostics, |text| progress.tell(text)));
    let Some(assessed) = assessed else {
        drop(progress);
        settle(diagnostics)?;
        return Err(Failure::BadInput("the workspace cannot be assessed".into()));
    };
    let gate = if arguments.require_provenance { super::evidence::provenance_gate(&assessed.ledger) } else { Ok(()) };
    let disclosure = match &workspace {
        Some(workspace) if arguments.redact => Disclosure::Redacted { withhold: workspace.stated.redaction.withhold.clone() },
        _ => Disclosure::Full,
    };
    let set = if arguments.per_framework { Set::PerFramework } else { Set::Combined };
    let finished = outputs(assessed, &statements, &disclosure, templates.look(set), |text| progress.tell(text))
        .map_err(|error| Failure::CouldNotRun(error.to_string()))?;
    if !finished.unshown.is_empty() {
        let shown: Vec<String> = finished.unshown.iter().take(10).map(|c| c.escape_unicode().to_string()).collect();
        diagnostics.push(
            Diagnostic::warning(
                "render/no-font",
                "report.pdf",
                format!("no font shows {} characters, such as {}", finished.unshown.len(), shown.join(" ")),
            )
            .help("they are written as escapes; point --fonts to a folder with a font that has them"),
        );
    }
    progress.tell("writing");
    io::write_folder(&arguments.out, &finished.files, arguments.replace)?;
    drop(progress);
    settle(diagnostics)?;
    tell(&finished, &arguments.out);
    gate
}

/// Takes the root of the earlier pack, which must hold, into the statements.
fn name_previous(workspace: &mut Workspace, previous: &Path) -> Result<(), Failure> {
    let verification = super::verify::must_hold(previous)?.1;
    let shown = previous.display();
    let (Some(root), Some(about), "pack") = (verification.root, verification.about, verification.kind) else {
        return Err(Failure::BadInput(format!("`{shown}` is not a whole pack")));
    };
    if about.period_to >= workspace.stated.period.from.to_string() {
        return Err(Failure::BadInput(format!("the period of `{shown}` ends on {}, which is not before this one begins", about.period_to)));
    }
    match &workspace.stated.previous {
        Some(stated) if *stated != root => {
            return Err(Failure::BadInput(format!("tickmark.yaml names {stated} as the root of the earlier pack; `{shown}` has {root}")));
        }
        _ => workspace.stated.previous = Some(root),
    }
    Ok(())
}

/// Only a pack is ever replaced: a mistyped `--out` must not cost a user anything else.
fn refuse_foreign(out: &Path) -> Result<(), Failure> {
    if out.symlink_metadata().is_ok() && !out.join(crate::pack::MANIFEST).is_file() {
        return Err(Failure::CouldNotRun(format!("`{}` is not a pack and is not replaced", out.display())));
    }
    Ok(())
}

fn tell(finished: &OutputFiles, out: &Path) {
    let report = &finished.report;
    terminal::raw(&summary::text(&report.into(), terminal::Width::Terminal));
    let unused = report.exhibits.iter().filter(|exhibit| exhibit.state != "used" && exhibit.state != "document").count();
    if unused > 0 {
        terminal::line(&format!(
            "\n{unused} of {} files were not used; appendix A of the report and `tickmark evidence` say why.",
            report.exhibits.len()
        ));
    }
    terminal::line(&format!("\nMerkle root  {}", report.root));
    terminal::line(&format!("Pack digest  {}", finished.digest));
    terminal::safe_line(&format!("\nOpen {0}/report.pdf or {0}/index.html; check with `tickmark verify {0}`.", out.display()));
}
