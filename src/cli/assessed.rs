//! Opens a workspace or a pack: both give an assessment and the lists that its verdicts rest on.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Failure, open_workspace, settle, terminal, verify};
use crate::assessment::{Assessment, SCHEMA};
use crate::base::Diagnostics;
use crate::evidence::Ledger;
use crate::pack::MANIFEST;
use crate::pipeline::{Workspace, assess};

/// An assessment with its lists of observations by objective.
pub struct Opened {
    pub assessment: Assessment,
    pub observations: BTreeMap<String, Vec<u8>>,
    /// The tables; a pack has none.
    pub ledger: Option<Ledger>,
}

/// A folder with a manifest is a pack, and must hold; any other is a workspace, which is assessed.
pub fn open(folder: &Path, overlay: Option<&Path>) -> Result<Opened, Failure> {
    if folder.join(MANIFEST).is_file() { open_pack(folder) } else { open_folder(folder, overlay) }
}

fn open_folder(folder: &Path, overlay: Option<&Path>) -> Result<Opened, Failure> {
    let progress = terminal::Progress::start();
    let mut diagnostics = Diagnostics::default();
    let (controls, statements, files) = open_workspace(folder, overlay, &mut diagnostics)?;
    let workspace = Workspace::load(&statements, &files, &controls, &mut diagnostics).filter(|_| !diagnostics.has_errors());
    let assessed =
        workspace.as_ref().and_then(|workspace| assess(&controls, workspace, &files, &mut diagnostics, |text| progress.tell(text)));
    drop(progress);
    settle(diagnostics)?;
    let assessed = assessed.ok_or_else(|| Failure::BadInput("the workspace cannot be assessed".into()))?;
    Ok(Opened { assessment: assessed.assessment, observations: assessed.observations, ledger: Some(assessed.ledger) })
}

fn open_pack(folder: &Path) -> Result<Opened, Failure> {
    let shown = folder.display();
    let (files, _) = verify::must_hold(folder)?;
    let bytes = files.get("assessment.json").unwrap_or_default();
    let assessment: Assessment =
        serde_json::from_slice(bytes).map_err(|error| Failure::BadInput(format!("`{shown}` holds no assessment: {error}")))?;
    if assessment.schema != SCHEMA {
        return Err(Failure::BadInput(format!("`{shown}` has the schema `{}`; this version reads `{SCHEMA}`", assessment.schema)));
    }
    let observations = files
        .iter()
        .filter_map(|(path, bytes)| {
            let id = path.strip_prefix("observations/")?.strip_suffix(".csv")?;
            Some((id.to_owned(), bytes.to_vec()))
        })
        .collect();
    Ok(Opened { assessment, observations, ledger: None })
}
