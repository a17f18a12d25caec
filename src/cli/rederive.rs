//! `tickmark verify --rederive`: the pack worked through again.

use std::path::Path;

use super::args::VerifyArguments;
use super::look::Templates;
use super::{Failure, overlay_tree, settle, terminal};
use crate::assessment::{Assessment, Names};
use crate::base::{Diagnostics, SourceTree};
use crate::io;
use crate::pack::PART;
use crate::pipeline::rederive::{Kept, take_apart};
use crate::pipeline::{Controls, Rederived, Set, rederive};
use crate::verify::{Breach, Check, Verification};

/// Works through a pack that holds, and puts what differs among its breaches. One that does not hold is not worked through.
pub fn run(
    files: &SourceTree,
    verification: &mut Verification,
    arguments: &VerifyArguments,
    overlay: Option<&Path>,
) -> Result<Vec<String>, Failure> {
    if !verification.breaches.is_empty() {
        return Ok(Vec::new());
    }
    if verification.kind != "pack" || verification.redacted {
        return Err(Failure::BadInput(
            "only a whole pack with its names can be worked through again; an excerpt or a redacted pack lacks evidence".into(),
        ));
    }
    let unread = || Failure::CouldNotRun("the assessment cannot be read".into());
    let assessment: Assessment = files.get("assessment.json").and_then(|bytes| serde_json::from_slice(bytes).ok()).ok_or_else(unread)?;
    if let Some(absent) = assessment.artifacts.iter().find(|own| own.state == "used" && own.packed.is_none()) {
        let path = &absent.path;
        return Err(Failure::BadInput(format!(
            "the pack holds, and holds no copy of `{path}`, on which verdicts rest; without it nothing can be worked through again"
        )));
    }
    let progress = terminal::Progress::start();
    let mut diagnostics = Diagnostics::default();
    let (kept, controls) = opened(files, assessment, overlay, &mut diagnostics)?;
    let templates = Templates::load(arguments.templates.as_deref(), arguments.fonts.as_deref(), &mut diagnostics)?;
    // Which reports there are, the pack shows.
    let has_parts = files.iter().any(|(path, _)| path.starts_with(PART));
    let set = if has_parts { Set::PerFramework } else { Set::Combined };
    let again = rederive(kept, files, &controls, templates.look(set), &mut diagnostics, |text| progress.tell(text))
        .map_err(|error| Failure::CouldNotRun(error.to_string()))?;
    drop(progress);
    let Some(again) = again else {
        settle(diagnostics)?;
        return Err(Failure::BadInput("the pack cannot be assessed with these controls".into()));
    };
    Ok(report(again, verification))
}

/// A pack taken apart, and the controls in force for it: the built-in ones, its own over them, and those of the command line over both.
pub fn opened(
    files: &SourceTree,
    assessment: Assessment,
    overlay: Option<&Path>,
    diagnostics: &mut Diagnostics,
) -> Result<(Kept, Controls), Failure> {
    let unread = |_| Failure::CouldNotRun("the list of names cannot be read".into());
    let names = match files.get("names.json") {
        Some(bytes) => Names::of(serde_json::from_slice(bytes).map_err(unread)?),
        None => Names::default(),
    };
    let kept = take_apart(files, assessment, names, diagnostics);
    let mut source = io::embedded_controls();
    source.overlay(kept.controls.clone());
    if let Some(folder) = overlay {
        source.overlay(overlay_tree(folder)?);
    }
    let controls = Controls::load(source, diagnostics);
    Ok((kept, controls))
}

fn report(again: Rederived, verification: &mut Verification) -> Vec<String> {
    verification.checked.push(Check { what: "clauses judged again from the statements and the copies of evidence", count: again.clauses });
    verification.checked.push(Check { what: "files made again, byte for byte", count: again.files });
    verification.breaches.extend(again.differences.into_iter().map(|(code, what, message)| Breach { code, what, message }));
    again.without_copy
}
