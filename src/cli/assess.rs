//! `tickmark assess`: verdicts without a pack, and a gate for pipelines.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use super::args::{AssessArguments, AssessFormat, GateWord};
use super::terminal::{self, Width};
use super::timings::Timings;
use super::{Failure, open_workspace, settle, summary};
use crate::assessment::{Assessment, ClauseResult, Judged, Verdicts, written};
use crate::base::diagnostic::printable;
use crate::base::{Diagnostic, Diagnostics};
use crate::diff::gate::{FailOn, Gated, gate, gate_alone};
use crate::engine::Shelf;
use crate::io;
use crate::pipeline::{Controls, Manner, Wanted, Workspace, assess_so, verdicts};
use crate::render::{junit, markdown, sarif};
use crate::report::machine::{GateFacts, MovedItem};
use crate::report::{Outline, Wording, machine, overview};

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
    let shelf = arguments.cache.as_deref().map(open_shelf).transpose()?;
    let workspace = workspace.filter(|_| !diagnostics.has_errors());
    // How clauses stand needs no lists: those of a large population are most of the work.
    if before.is_none() && !arguments.redact && targets.iter().all(|(format, _)| *format == AssessFormat::Text) {
        let judged = workspace
            .and_then(|workspace| verdicts(shelf.as_ref(), &controls, &workspace, &files, &mut diagnostics, |text| progress.tell(text)));
        let Some(judged) = judged else { return refused(progress, diagnostics) };
        return tell(arguments, judged, targets, &wording, progress, diagnostics);
    }
    let manner = Manner { wanted: Wanted::Record, shelf: shelf.as_ref() };
    let assessed =
        workspace.and_then(|workspace| assess_so(manner, &controls, &workspace, &files, &mut diagnostics, |text| progress.tell(text)));
    let Some(assessed) = assessed else { return refused(progress, diagnostics) };
    progress.tell("writing");
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
            (AssessFormat::Text, _) => text((&assessment).into(), &words, &gated, before.as_ref(), &wording, width).into_bytes(),
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

/// Writes the text of verdicts alone.
fn tell(
    arguments: &AssessArguments,
    mut judged: Verdicts,
    targets: Vec<(AssessFormat, Option<PathBuf>)>,
    wording: &Wording,
    progress: Timings,
    mut diagnostics: Diagnostics,
) -> Result<(), Failure> {
    progress.tell("writing");
    if !arguments.frameworks.is_empty() {
        judged.restrict(&arguments.frameworks);
    }
    let words = words(arguments);
    let gated = gate_alone(&judged.clauses, &words);
    warn(&gated, None, &mut diagnostics);
    let told = |width| text((&judged).into(), &words, &gated, None, wording, width);
    let mut printed = None;
    for (_, out) in targets {
        match out {
            Some(path) => io::write_file(&path, told(Width::Free).as_bytes())?,
            None => printed = Some(told(Width::Terminal)),
        }
    }
    progress.finish();
    if let Some(text) = printed {
        terminal::raw(&text);
    }
    settle(diagnostics)?;
    verdict(&gated, &words)
}

fn refused(progress: Timings, diagnostics: Diagnostics) -> Result<(), Failure> {
    drop(progress);
    settle(diagnostics)?;
    Err(Failure::BadInput("the workspace cannot be assessed".into()))
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

fn text(
    judged: Judged<'_>,
    words: &BTreeSet<FailOn>,
    gated: &Gated,
    before: Option<&Assessment>,
    wording: &Wording,
    width: Width,
) -> String {
    const SHOWN_MAX: usize = 20;
    let mut text = summary::text(&overview(judged, wording), width);
    if words.is_empty() {
        return text;
    }
    let against = before.map_or(String::new(), |before| format!(", against {}", printable(&before.frame.as_of)));
    let words: Vec<&str> = words.iter().map(|word| word.word()).collect();
    let _ = writeln!(text, "\nGate ({}{against}): {}", words.join(", "), if gated.broken.is_empty() { "met" } else { "not met" });
    let outline = Outline::new(judged.objectives, wording);
    let clauses: BTreeMap<(&str, &str), &ClauseResult> =
        judged.clauses.iter().map(|clause| ((clause.framework.as_str(), clause.clause.as_str()), clause)).collect();
    for (key, _) in gated.broken.iter().take(SHOWN_MAX) {
        let Some(clause) = clauses.get(&(key.0.as_str(), key.1.as_str())) else { continue };
        let was = match gated.moves.as_ref().and_then(|moves| moves.get(key)) {
            Some(moved) if moved.was == clause.status => format!(" ({} new deviations)", moved.started.len()),
            Some(moved) => moved.was.map_or(" (not judged before)".to_owned(), |was| format!(" (was {was})")),
            None => String::new(),
        };
        let status = clause.status.map_or("", |status| status.word());
        let said = format!("  {} {:<10} {status}{was}. {}", clause.framework, clause.clause, outline.summary(clause));
        let _ = writeln!(text, "{}", printable(&said).replace('\n', " "));
    }
    if gated.broken.len() > SHOWN_MAX {
        let _ = writeln!(text, "  and {} more; --format junit and sarif list all", gated.broken.len() - SHOWN_MAX);
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
