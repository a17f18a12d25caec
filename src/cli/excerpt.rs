//! `tickmark excerpt`.

use std::path::PathBuf;

use clap::Args;

use super::verify::must_hold;
use super::{Failure, terminal};
use crate::assessment::{Assessment, Names};
use crate::excerpt::take;
use crate::{io, pack};

#[derive(Debug, Args)]
pub struct ExcerptArguments {
    /// The whole pack, as a folder or a ZIP archive; it must hold.
    pub pack: PathBuf,
    /// Clauses, such as "pci-dss@4.0.1 8.6.2"; the id alone where only one framework has it.
    #[arg(required = true)]
    pub clauses: Vec<String>,
    /// The folder to write; it must not exist yet.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
}

pub fn run(arguments: &ExcerptArguments) -> Result<(), Failure> {
    let (files, verification) = must_hold(&arguments.pack)?;
    let shown = arguments.pack.display();
    if verification.kind != "pack" {
        return Err(Failure::BadInput(format!("`{shown}` is an excerpt; take excerpts from the whole pack")));
    }
    let unread = |what: &str| Failure::CouldNotRun(format!("{what} of `{shown}` cannot be read"));
    let assessment: Assessment =
        files.get("assessment.json").and_then(|bytes| serde_json::from_slice(bytes).ok()).ok_or_else(|| unread("the assessment"))?;
    let names = match files.get("names.json") {
        Some(bytes) => Names::of(serde_json::from_slice(bytes).map_err(|_| unread("the list of names"))?),
        None => Names::default(),
    };
    let taken = take(&files, &assessment, &names, &arguments.clauses).map_err(|error| Failure::BadInput(error.to_string()))?;
    let (sealed, digest) = pack::seal(taken);
    io::write_folder(&arguments.out, &sealed, false)?;
    terminal::safe_line(&format!("Wrote {}: {} files", arguments.out.display(), sealed.len()));
    if !names.is_empty() {
        terminal::line(
            "Its clauses and lists show pseudonyms, its copies of evidence the names of the pack; take it from a redacted pack to hide those.",
        );
    }
    if let Some(root) = verification.root {
        terminal::line(&format!("Merkle root of the whole pack  {root}"));
    }
    terminal::line(&format!("Digest of this excerpt         {digest}"));
    Ok(())
}
