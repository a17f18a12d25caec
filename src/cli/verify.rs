//! `tickmark verify`.

use std::path::Path;

use super::args::TextOrJson;
use super::catalog::print_json;
use super::{Failure, terminal};
use crate::base::{Digest, SourceTree};
use crate::io;
use crate::verify::{Breach, verify};

/// Reads a pack: its plain files, and what is there but cannot be read as one.
pub fn read_pack(folder: &Path) -> Result<(SourceTree, Vec<(String, String)>), Failure> {
    let mut files = SourceTree::default();
    let mut unreadable = Vec::new();
    for found in io::read_folder(folder)? {
        match found.content.and_then(|content| content.bytes().map(std::borrow::Cow::into_owned)) {
            Ok(bytes) => files.insert(found.path, bytes),
            Err(reason) => unreadable.push((found.path, reason)),
        }
    }
    Ok((files, unreadable))
}

pub fn run(folder: &Path, root: Option<&str>, format: TextOrJson) -> Result<(), Failure> {
    let expected = match root.map(|text| (text, Digest::parse(&text.to_ascii_lowercase()))) {
        Some((text, None)) => return Err(Failure::BadInput(format!("`{text}` is no root: 64 hexadecimal digits"))),
        Some((_, digest)) => digest,
        None => None,
    };
    let (files, unreadable) = read_pack(folder)?;
    let mut verification = verify(&files, &unreadable);
    if let Some(expected) = expected
        && verification.root.as_ref() != Some(&expected)
    {
        verification.breaches.push(Breach {
            code: "root-differs",
            what: "assessment.json".into(),
            message: format!("the clauses do not have the root {expected}"),
        });
    }
    match format {
        TextOrJson::Json => print_json(&serde_json::to_value(&verification).unwrap_or_default()),
        TextOrJson::Text => {
            for breach in &verification.breaches {
                terminal::safe_line(&format!("{:<22} {}: {}", breach.code, breach.what, breach.message));
            }
            terminal::line(&format!(
                "Checked {} files, {} clauses, {} exhibits.",
                verification.files, verification.clauses, verification.artifacts
            ));
            match (verification.names, verification.redacted) {
                (0, _) => {}
                (count, true) => {
                    terminal::line(&format!("Redacted: pseudonyms stand for {count} names; the root is that of the full pack."))
                }
                (count, false) => terminal::line(&format!("Shows {count} names, which the digests leave out.")),
            }
            if let Some(root) = &verification.root {
                terminal::line(&format!("Merkle root  {root}"));
            }
            if let Some(pack) = &verification.pack {
                terminal::line(&format!("Pack digest  {pack}"));
            }
        }
    }
    match verification.breaches.len() {
        0 => Ok(()),
        count => Err(Failure::NotVerified(format!("the pack does not hold: {count} {}", if count == 1 { "breach" } else { "breaches" }))),
    }
}
