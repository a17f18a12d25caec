//! `tickmark assess`: verdicts without a pack, and a gate for pipelines.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use super::args::{AssessArguments, AssessFormat, GateWord};
use super::terminal::{self, Width};
use super::timings::Timings;
use super::{Failure, open_workspace, settle, summary};
use crate::assessment::{Assessment, written};
use crate::base::diagnostic::printable;
use crate::base::{Diagnostic, Diagnostics};
use crate::diff::gate::{FailOn, Gated, gate};
use crate::engine::Shelf;
use crate::io;
use crate::pipeline::{Controls, Lists, Manner, Workspace, assess_so};
use crate::render::{junit, markdown, sarif};
use crate::report::machine::{GateFacts, MovedItem};
use crate::report::{Machine, Wording, build, machine};

pub fn run(arguments: &AssessArguments, controls: Option<&Path>) -> Result<(), Failure> {
    let targets = targets(arguments)?;
    let before = arguments.against.as_deref().map(super::sides::read_verified).transpose()?;
    let progress = Timings::start(arguments.timings);
    let mut diagnostics = Diagnostics::default();
    progress.tell("reading the workspace");
    let (controls, statements, files) = open_workspace(&arguments.folder, controls, &mut diagnostics)?;
    let wording = Wording::load(&io::embedded_templates(), "en", &mut diagnostics);
    let workspace = Workspace::load(&statements, &files, &controls, &mut diagnostics);
    check(arguments, workspace.as_ref(), &controls, &mut diagnostics);
    let workspace = workspace.filter(|_| !diagnostics.has_errors());
    let shelf = arguments.cache.as_deref().map(open_shelf).transpose()?;
    let manner = Manner { lists: Lists::Sampled, shelf: shelf.as_ref() };
    let assessed =
        workspace.and_then(|workspace| assess_so(manner, &controls, &workspace, &files, &mut diagnostics, |text| progress.tell(text)));
    progress.tell("writing");
    let Some(assessed) = assessed else {
        drop(progress);
        settle(diagnostics)?;
        return Err(Failure::BadInput("the workspace cannot be assessed".into()));
    };
    let mut assessment = if arguments.redact { assessed.names.hide_assessment(&assessed.assessment) } else { assessed.assessment };
    let mut before = before;
    if !arguments.frameworks.is_empty() {
        assessment = assessment.restricted(&arguments.frameworks);
        before = before.map(|before| before.restricted(&arguments.frameworks));
    }
    let words = words(arguments);
    let gated = gate(&assessment, &words, before.as_ref());
    warn(&gated, before.as_ref(), &mut diagnostics);
    let facts = facts(&words, &gated, before.as_ref());
    // JSON alone needs no view: that of a million deviations would take more memory than they do.
    let view = OnceCell::new();
    let view = || view.get_or_init(|| machine(&assessment, &wording, (!words.is_empty()).then_some(&facts)));
    let mut printed = None;
    for (format, out) in targets {
        let width = if out.is_some() { Width::Free } else { Width::Terminal };
        let bytes = match (format, &out) {
            (AssessFormat::Json, Some(path)) => {
                io::write_file_by(path, |out| written::write(&assessment, out))?;
                continue;
            }
            (AssessFormat::Json, None) => {
                let mut bytes = Vec::new();
                written::write(&assessment, &mut bytes).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
                bytes
            }
            (AssessFormat::Text, _) => text(&assessment, (!words.is_empty()).then(view), &wording, width).into_bytes(),
            (AssessFormat::Junit, _) => junit::render(view()),
            (AssessFormat::Sarif, _) => sarif::render(view(), &prefix(&arguments.folder)),
            (AssessFormat::Markdown, _) => markdown::summary(view()),
        };
        match out {
            Some(path) => io::write_file(&path, &bytes)?,
            None => printed = Some(bytes),
        }
    }
    progress.finish();
    if let Some(bytes) = printed {
        terminal::raw(&String::from_utf8_lossy(&bytes));
    }
    settle(diagnostics)?;
    verdict(&gated, &words)
}

fn open_shelf(folder: &Path) -> Result<Shelf, Failure> {
    Shelf::open(folder).map_err(|error| Failure::CouldNotRun(format!("`{}` cannot be used as a cache: {error}", folder.display())))
}

/// What to write where: one document for standard output, or each into a file of its own.
fn targets(arguments: &AssessArguments) -> Result<Vec<(AssessFormat, Option<PathBuf>)>, Failure> {
    let mut formats = arguments.formats.clone();
    if formats.is_empty() {
        formats.push(AssessFormat::default());
    }
    match (formats.len(), arguments.out.len()) {
        (1, 0) => Ok(vec![(formats[0], None)]),
        (forms, files) if forms == files => Ok(formats.into_iter().zip(arguments.out.iter().cloned().map(Some)).collect()),
        (forms, files) => Err(Failure::BadInput(format!("{forms} --format and {files} --out: several forms need a file each"))),
    }
}

/// The words of the gate; an earlier assessment alone asks for what got worse.
fn words(arguments: &AssessArguments) -> BTreeSet<FailOn> {
    let mut words: BTreeSet<FailOn> = arguments
        .fail_on
        .iter()
        .map(|word| match word {
            GateWord::NotSatisfied => FailOn::NotSatisfied,
            GateWord::PartiallySatisfied => FailOn::PartiallySatisfied,
            GateWord::NotAssessed => FailOn::NotAssessed,
            GateWord::Worsened => FailOn::Worsened,
        })
        .collect();
    if words.is_empty() && arguments.against.is_some() {
        words.insert(FailOn::Worsened);
    }
    words
}

/// A gate over an edition that is not judged, or against nothing, would always be met: both are mistakes of the caller.
fn check(arguments: &AssessArguments, workspace: Option<&Workspace>, controls: &Controls, diagnostics: &mut Diagnostics) {
    if arguments.fail_on.contains(&GateWord::Worsened) && arguments.against.is_none() {
        diagnostics.push(
            Diagnostic::error("gate/nothing-to-compare", "--fail-on", "`worsened` needs an earlier assessment")
                .help("name a pack or its assessment.json with --against"),
        );
    }
    let Some(workspace) = workspace else { return };
    let in_scope: Vec<&str> = workspace.editions.iter().map(|name| name.as_str()).collect();
    for wrong in arguments.frameworks.iter().map(String::as_str).filter(|own| !in_scope.contains(own)) {
        let exists = controls.catalogs.editions.keys().any(|name| name.as_str() == wrong);
        let diagnostic = if exists {
            Diagnostic::error("gate/unknown-framework", "--framework", format!("`{wrong}` is not in scope of this workspace"))
                .help(format!("in scope are {}; `frameworks` in tickmark.yaml adds others", in_scope.join(", ")))
        } else {
            Diagnostic::error("gate/unknown-framework", "--framework", format!("no edition has the name `{wrong}`"))
                .help(format!("in scope are {}", in_scope.join(", ")))
                .suggest(wrong, in_scope.iter().copied())
        };
        diagnostics.push(diagnostic);
    }
}

/// What makes a comparison weaker than it looks.
fn warn(gated: &Gated, before: Option<&Assessment>, diagnostics: &mut Diagnostics) {
    if before.is_some() && gated.new.is_none() {
        diagnostics.push(
            Diagnostic::warning("gate/names-hidden", "--against", "names are hidden, so statuses are compared and subjects are not")
                .help("compare two full assessments to see new deviations of a clause that is not satisfied on both sides"),
        );
    }
    let mut gone: BTreeMap<&str, usize> = BTreeMap::new();
    for (framework, _) in &gated.gone {
        *gone.entry(framework).or_default() += 1;
    }
    for (framework, count) in gone {
        diagnostics.push(
            Diagnostic::warning("gate/clauses-gone", "--against", format!("{count} clauses of {framework} are no longer judged"))
                .help("put the edition back into `frameworks` in tickmark.yaml, or compare with a newer pack"),
        );
    }
}

fn facts(words: &BTreeSet<FailOn>, gated: &Gated, before: Option<&Assessment>) -> GateFacts {
    let moved = gated.moves.iter().flatten().map(|(key, own)| {
        let item = MovedItem { was: own.was, worse: own.is_worse(), changed: own.is_change(), started: own.started.len() };
        (key.clone(), item)
    });
    GateFacts {
        fail_on: words.iter().map(|word| word.word()).collect(),
        against: before.map(|before| before.frame.as_of.clone()),
        broken: gated.broken.iter().map(|(key, words)| (key.clone(), words.iter().map(|word| word.word()).collect())).collect(),
        moved: moved.collect(),
        new: gated.new.clone(),
    }
}

fn text(assessment: &Assessment, gated: Option<&Machine>, wording: &Wording, width: Width) -> String {
    const SHOWN_MAX: usize = 20;
    let mut text = summary::text(&build(assessment, wording), width);
    let Some((machine, gate)) = gated.and_then(|machine| Some((machine, machine.gate.as_ref()?))) else { return text };
    let against = gate.against.as_ref().map_or(String::new(), |at| format!(", against {}", printable(at)));
    let _ = writeln!(text, "\nGate ({}{against}): {}", gate.fail_on.join(", "), if gate.broken == 0 { "met" } else { "not met" });
    let breaking: Vec<_> = machine.clauses.iter().filter(|clause| !clause.breaks.is_empty()).collect();
    for clause in breaking.iter().take(SHOWN_MAX) {
        let was = match &clause.moved {
            Some(moved) if moved.was == clause.status => format!(" ({} new deviations)", moved.started),
            Some(moved) => moved.was.map_or(" (not judged before)".to_owned(), |was| format!(" (was {was})")),
            None => String::new(),
        };
        let status = clause.status.map_or("", |status| status.word());
        let said = format!("  {} {:<10} {status}{was}. {}", clause.framework, clause.id, clause.summary);
        let _ = writeln!(text, "{}", said.replace('\n', " "));
    }
    if breaking.len() > SHOWN_MAX {
        let _ = writeln!(text, "  and {} more; --format junit and sarif list all", breaking.len() - SHOWN_MAX);
    }
    text
}

/// The way to the workspace from where the command runs, for addresses; nothing where it does not lie below.
fn prefix(folder: &Path) -> String {
    let mut parts = Vec::new();
    for component in folder.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => return String::new(),
        }
    }
    parts.into_iter().map(|part| format!("{part}/")).collect()
}

fn verdict(gated: &Gated, words: &BTreeSet<FailOn>) -> Result<(), Failure> {
    let words: Vec<&str> = words.iter().map(|word| word.word()).collect();
    match gated.broken.len() {
        0 => Ok(()),
        1 => Err(Failure::Gate(format!("the gate is not met: 1 clause ({})", words.join(", ")))),
        count => Err(Failure::Gate(format!("the gate is not met: {count} clauses ({})", words.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_start_where_the_command_runs() {
        for (folder, wanted) in [("a/b", "a/b/"), ("./a/", "a/"), (".", ""), ("/abs/a", ""), ("../a", "")] {
            assert_eq!(prefix(Path::new(folder)), wanted, "{folder}");
        }
    }
}
