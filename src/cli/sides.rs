//! The sides of a comparison: packs, which must hold, or bare records.

use std::io::Read;
use std::path::Path;

use super::{Failure, verify};
use crate::assessment::inputs::read_observations;
use crate::assessment::lists::Lists;
use crate::assessment::parts::{PartsError, read_parts};
use crate::assessment::{Assessment, Observation, Outcome};
use crate::base::{Digest, SourceTree};
use crate::diff::{Check, CheckState, Side};
use crate::io;
use crate::verify::Verification;

/// A record in memory, with what was checked of it.
pub struct Loaded {
    /// Without its long lists, which stand in `lists`.
    pub assessment: Assessment,
    /// Whole populations where a whole pack is at hand, else what the record lists itself; and the register.
    pub lists: Lists,
    pub check: Check,
    /// The digest of the manifest where it is a whole pack that holds and shows its names: such a one can be worked through again.
    /// Else what is to be said of it instead.
    pub pack: Result<Digest, &'static str>,
}

impl Loaded {
    pub fn side(&self) -> Side<'_> {
        Side { assessment: &self.assessment, lists: Some(&self.lists), check: &self.check }
    }
}

/// Whether a side that does not hold is taken all the same, and marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    VerifiedOnly,
    Unverified,
}

/// Reads a pack or an `assessment.json` and checks it before anything is said of it.
pub fn read(path: &Path, trust: Trust) -> Result<Loaded, Failure> {
    let loaded = load(path)?;
    if trust == Trust::VerifiedOnly {
        must_hold(path, &loaded.check)?;
    }
    Ok(loaded)
}

/// Reads two sides at once.
pub fn read_both(before: &Path, after: &Path, trust: Trust) -> Result<(Loaded, Loaded), Failure> {
    let (before, after) = rayon::join(|| read(before, trust), || read(after, trust));
    Ok((before?, after?))
}

fn must_hold(path: &Path, check: &Check) -> Result<(), Failure> {
    if check.state != CheckState::Broken {
        return Ok(());
    }
    let shown = path.display();
    let first = check.breaches.first().map_or("", String::as_str);
    Err(Failure::NotVerified(format!(
        "`{shown}` does not hold ({first}); `tickmark verify {shown}` names everything, and --unverified compares it all the same, marked as such"
    )))
}

/// A whole record that was checked, for whoever compares nothing but verdicts and deviations.
pub fn read_verified(path: &Path) -> Result<Assessment, Failure> {
    let mut loaded = read(path, Trust::VerifiedOnly)?;
    // Passes are counted in the tally, and nobody asks which they are.
    for objective in &mut loaded.assessment.objectives {
        let rows = loaded.lists.observations(&objective.id).into_iter().flatten();
        objective.observations =
            rows.filter(|row| matches!(row.outcome, Outcome::Fail | Outcome::Unknown)).map(Observation::from).collect();
    }
    Ok(loaded.assessment)
}

/// Reads without asking whether it holds.
pub fn load(path: &Path) -> Result<Loaded, Failure> {
    let shown = path.display();
    let is_archive = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    if !path.is_dir() && !is_archive {
        let (assessment, lists) = parse(&mut io::open_one(path)?, &shown.to_string())?;
        let breaches = crate::verify::verify_record(&assessment);
        return Ok(Loaded { assessment, lists, check: check(&breaches, CheckState::RecordOnly), pack: Err("is a bare record") });
    }
    let (files, verification) = verify::verify_at(path, &crate::verify::Trust::default())?;
    let mut bytes =
        files.get("assessment.json").ok_or_else(|| Failure::BadInput(format!("`{shown}` is no pack: it has no assessment.json")))?;
    let (assessment, mut lists) = parse(&mut bytes, &shown.to_string())?;
    let mut whole = Lists::whole();
    let tested = || assessment.objectives.iter().filter(|objective| objective.observations_digest.is_some());
    let is_whole = tested().all(|objective| {
        let bytes = files.get(&format!("observations/{}.csv", objective.id));
        bytes.is_some_and(|bytes| read_observations(bytes, &objective.id, &mut whole).is_some())
    });
    if is_whole {
        whole.settle();
        lists.take_observations(whole);
    }
    let check = check(&verification.breaches, CheckState::WholePack);
    Ok(Loaded { assessment, lists, check, pack: at_hand(&verification) })
}

fn at_hand(verification: &Verification) -> Result<Digest, &'static str> {
    if !verification.breaches.is_empty() {
        return Err("does not hold");
    }
    if verification.redacted {
        return Err("is redacted");
    }
    verification.pack.clone().filter(|_| verification.kind == "pack").ok_or("is no whole pack")
}

/// Reads a side again with all its files; nothing where it is no longer what it was.
pub fn reread(path: &Path, pack: &Digest) -> Result<Option<(SourceTree, Assessment)>, Failure> {
    let (files, verification) = verify::verify_at(path, &crate::verify::Trust::default())?;
    if at_hand(&verification).as_ref() != Ok(pack) {
        return Ok(None);
    }
    let Some(mut bytes) = files.get("assessment.json") else { return Ok(None) };
    let (assessment, _) = parse(&mut bytes, &path.display().to_string())?;
    Ok(Some((files, assessment)))
}

fn check(breaches: &[crate::verify::Breach], otherwise: CheckState) -> Check {
    let told = breaches.iter().map(|own| format!("{} {}: {}", own.code, own.what, own.message)).collect();
    Check { state: if breaches.is_empty() { otherwise } else { CheckState::Broken }, breaches: told }
}

fn parse(source: &mut dyn Read, shown: &str) -> Result<(Assessment, Lists), Failure> {
    read_parts(source).map_err(|error| match error {
        PartsError::Read(_) => Failure::CouldNotRun(format!("`{shown}` {error}")),
        _ => Failure::BadInput(format!("`{shown}` {error}")),
    })
}
