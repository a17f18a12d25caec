//! The sides of a comparison: packs, which must hold, or bare records.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Failure, verify};
use crate::assessment::inputs::read_observations;
use crate::assessment::{Assessment, Observation, SCHEMA};
use crate::diff::register::RegisterRow;
use crate::diff::{Check, CheckState, Side};

/// A record in memory, with what was checked of it.
pub struct Loaded {
    pub assessment: Assessment,
    /// The full lists, where a whole pack is at hand.
    pub observations: Option<BTreeMap<String, Vec<Observation>>>,
    /// The register of identities, where the record has one.
    pub register: Vec<RegisterRow>,
    pub check: Check,
}

impl Loaded {
    pub fn side(&self) -> Side<'_> {
        Side { assessment: &self.assessment, observations: self.observations.as_ref(), register: &self.register, check: &self.check }
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
    if loaded.check.state == CheckState::Broken && trust == Trust::VerifiedOnly {
        let shown = path.display();
        let first = loaded.check.breaches.first().map_or("", String::as_str);
        return Err(Failure::NotVerified(format!(
            "`{shown}` does not hold ({first}); `tickmark verify {shown}` names everything, and --unverified compares it all the same, marked as such"
        )));
    }
    Ok(loaded)
}

/// A record that was checked, for whoever needs nothing else of it.
pub fn read_verified(path: &Path) -> Result<Assessment, Failure> {
    Ok(read(path, Trust::VerifiedOnly)?.assessment)
}

/// Reads without asking whether it holds.
pub fn load(path: &Path) -> Result<Loaded, Failure> {
    let shown = path.display();
    let is_archive = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    if !path.is_dir() && !is_archive {
        let (assessment, register) = parse(&crate::io::read_one(path)?, &shown.to_string())?;
        let breaches = crate::verify::verify_record(&assessment);
        return Ok(Loaded { assessment, observations: None, register, check: check(&breaches, CheckState::RecordOnly) });
    }
    let (files, verification) = verify::verify_at(path, &crate::verify::Trust::default())?;
    let bytes =
        files.get("assessment.json").ok_or_else(|| Failure::BadInput(format!("`{shown}` is no pack: it has no assessment.json")))?;
    let (assessment, register) = parse(bytes, &shown.to_string())?;
    let lists: BTreeMap<String, Vec<Observation>> = assessment
        .objectives
        .iter()
        .filter(|objective| objective.observations_digest.is_some())
        .filter_map(|objective| {
            let bytes = files.get(&format!("observations/{}.csv", objective.id))?;
            Some((objective.id.clone(), read_observations(bytes)?))
        })
        .collect();
    let is_whole = assessment.objectives.iter().all(|own| own.observations_digest.is_none() || lists.contains_key(&own.id));
    let check = check(&verification.breaches, CheckState::WholePack);
    Ok(Loaded { assessment, observations: is_whole.then_some(lists), register, check })
}

fn check(breaches: &[crate::verify::Breach], otherwise: CheckState) -> Check {
    let told = breaches.iter().map(|own| format!("{} {}: {}", own.code, own.what, own.message)).collect();
    Check { state: if breaches.is_empty() { otherwise } else { CheckState::Broken }, breaches: told }
}

/// A record, and its register where it has one: records made before there was a register stay readable.
fn parse(bytes: &[u8], shown: &str) -> Result<(Assessment, Vec<RegisterRow>), Failure> {
    #[derive(serde::Deserialize)]
    struct Named {
        #[serde(default)]
        schema: String,
        #[serde(default)]
        register: Vec<RegisterRow>,
    }
    let refused = |error: serde_json::Error| Failure::BadInput(format!("`{shown}` is not an assessment: {error}"));
    let named: Named = serde_json::from_slice(bytes).map_err(refused)?;
    if named.schema != SCHEMA {
        let schema = if named.schema.is_empty() { "no schema".to_owned() } else { format!("the schema `{}`", named.schema) };
        return Err(Failure::BadInput(format!("`{shown}` has {schema}; this version reads `{SCHEMA}`")));
    }
    Ok((serde_json::from_slice(bytes).map_err(refused)?, named.register))
}
