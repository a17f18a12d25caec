//! `tickmark verify`.

use std::path::Path;

use serde_json::json;

use super::args::{TextOrJson, VerifyArguments};
use super::catalog::print_json;
use super::{Failure, rederive, terminal};
use crate::base::{Digest, SourceTree};
use crate::io;
use crate::pack::archive::{self, LIMITS};
use crate::pack::signers::Signers;
use crate::pack::timestamp::read_authorities;
use crate::verify::{Breach, Chain, SignatureReport, Trust, Verification, refused, verify_folder, verify_trusting, walk};

/// What was read of a pack: its plain files, and what is there but cannot be read as one; or why an archive was refused.
enum Read {
    Files(SourceTree, Vec<(String, String)>),
    Refused(Vec<(String, String)>),
}

/// Reads a pack from a folder or a ZIP archive.
fn read_pack(path: &Path) -> Result<Read, Failure> {
    if path.is_file() {
        let bytes = io::read_one_within(path, LIMITS.bytes)?;
        return Ok(match archive::read(&bytes, LIMITS) {
            Ok(files) => Read::Files(files, Vec::new()),
            Err(problems) => Read::Refused(problems),
        });
    }
    let (files, unreadable) = io::read_tree_within(path, LIMITS.bytes)?;
    Ok(Read::Files(files, unreadable))
}

/// Verifies a pack of which nothing else is asked, so that its files need not be kept.
fn verify_only(path: &Path, trust: &Trust) -> Result<Verification, Failure> {
    if path.is_file() {
        return Ok(verify_at(path, trust)?.1);
    }
    Ok(verify_folder(&io::read_folder_within(path, LIMITS.bytes)?, trust))
}

/// Reads and verifies a pack, whatever comes out of it.
pub fn verify_at(path: &Path, trust: &Trust) -> Result<(SourceTree, Verification), Failure> {
    Ok(match read_pack(path)? {
        Read::Files(files, unreadable) => {
            let verification = verify_trusting(&files, &unreadable, trust);
            (files, verification)
        }
        Read::Refused(problems) => (SourceTree::default(), refused(problems)),
    })
}

/// Reads a pack that another command is to work on; one that does not hold is not worked on.
pub fn must_hold(path: &Path) -> Result<(SourceTree, Verification), Failure> {
    let (files, verification) = verify_at(path, &Trust::default())?;
    match verification.breaches.first() {
        None => Ok((files, verification)),
        Some(first) => {
            let shown = path.display();
            Err(Failure::NotVerified(format!("`{shown}` does not hold ({}: {}); run `tickmark verify {shown}`", first.code, first.what)))
        }
    }
}

pub fn run(arguments: &VerifyArguments, controls: Option<&Path>) -> Result<(), Failure> {
    let trust = trust(arguments)?;
    if arguments.packs.len() > 1 && trust.root.is_some() {
        return Err(Failure::BadInput("--root is the root of one pack; give one pack".into()));
    }
    let mut verified: Vec<(String, Verification)> = Vec::new();
    let mut without_copy = Vec::new();
    for path in &arguments.packs {
        let verification = if arguments.rederive {
            let (files, mut verification) = verify_at(path, &trust)?;
            without_copy.extend(rederive::run(&files, &mut verification, arguments, controls)?);
            verification
        } else {
            verify_only(path, &trust)?
        };
        verified.push((path.display().to_string(), verification));
    }
    let pairs: Vec<(String, &Verification)> = verified.iter().map(|(name, verification)| (name.clone(), verification)).collect();
    let chain = (verified.len() > 1).then(|| walk(&pairs));
    match arguments.format {
        TextOrJson::Json => print_json(&as_json(&verified, chain.as_ref())),
        TextOrJson::Text => {
            for (name, verification) in &verified {
                if verified.len() > 1 {
                    terminal::safe_line(&format!("{name}:"));
                }
                print_text(verification, arguments);
                if verified.len() > 1 {
                    terminal::line("");
                }
            }
            chain.iter().for_each(print_chain);
            for path in &without_copy {
                terminal::safe_line(&format!("Not worked through again, because the pack has no copy: {path}"));
            }
        }
    }
    let broken: usize = verified.iter().map(|(_, verification)| verification.breaches.len()).sum();
    let what = if verified.len() == 1 { verified.first().map_or("pack", |(_, one)| one.kind) } else { "chain" };
    match broken + chain.map_or(0, |chain| chain.breaches.len()) {
        0 => Ok(()),
        count => Err(Failure::NotVerified(format!("the {what} does not hold: {count} {}", if count == 1 { "breach" } else { "breaches" }))),
    }
}

fn trust(arguments: &VerifyArguments) -> Result<Trust, Failure> {
    let root = match arguments.root.as_deref().map(|text| (text, Digest::parse(&text.to_ascii_lowercase()))) {
        Some((text, None)) => return Err(Failure::BadInput(format!("`{text}` is no root: 64 hexadecimal digits"))),
        Some((_, digest)) => digest,
        None => None,
    };
    let signers = match &arguments.signers {
        None => None,
        Some(path) => {
            let text = String::from_utf8(io::read_one(path)?).map_err(|_| Failure::BadInput(format!("`{}` is no text", path.display())))?;
            Some(Signers::read(&text))
        }
    };
    let authorities = match &arguments.tsa_ca {
        None => None,
        Some(path) => {
            let read = read_authorities(&io::read_one(path)?);
            Some(read.map_err(|reason| Failure::BadInput(format!("`{}` cannot be used: {reason}", path.display())))?)
        }
    };
    Ok(Trust { root, signers, authorities })
}

/// One pack as it is; several as a list with their chain.
fn as_json(verified: &[(String, Verification)], chain: Option<&Chain>) -> serde_json::Value {
    match (verified, chain) {
        ([(_, one)], None) => serde_json::to_value(one).unwrap_or_default(),
        _ => {
            let packs: Vec<serde_json::Value> =
                verified.iter().map(|(name, verification)| json!({ "pack": name, "verification": verification })).collect();
            json!({ "packs": packs, "chain": chain })
        }
    }
}

fn print_text(verification: &Verification, arguments: &VerifyArguments) {
    print_breaches(&verification.breaches);
    terminal::line(&format!(
        "Checked {} files, {} clauses, {} exhibits.",
        verification.files, verification.clauses, verification.artifacts
    ));
    for check in &verification.checked {
        terminal::line(&format!("  {:>6} {}", check.count, check.what));
    }
    match (verification.names, verification.redacted) {
        (0, _) => {}
        (count, true) => terminal::line(&format!("Redacted: pseudonyms stand for {count} names; the root is that of the full pack.")),
        (count, false) => terminal::line(&format!("Shows {count} names, which the digests leave out.")),
    }
    for signature in &verification.signatures {
        print_signature(signature, arguments);
    }
    if let Some(stamp) = &verification.timestamp {
        let trusted = match (stamp.trusted, &arguments.tsa_ca) {
            (true, Some(file)) => format!("an authority of {}", file.display()),
            _ => "not checked who that is: give --tsa-ca FILE".to_owned(),
        };
        terminal::safe_line(&format!("Time-stamp   {} by {} ({trusted})", stamp.time, stamp.authority));
    }
    for (label, digest) in [
        ("Merkle root ", &verification.root),
        ("Files root  ", &verification.files_root),
        ("Pack digest ", &verification.pack),
        ("Previous    ", &verification.about.as_ref().and_then(|about| about.previous.clone())),
    ] {
        if let Some(digest) = digest {
            terminal::line(&format!("{label} {digest}"));
        }
    }
}

fn print_signature(signature: &SignatureReport, arguments: &VerifyArguments) {
    let whose = match (&signature.trusted, &arguments.signers, &signature.stated) {
        (Some(names), Some(file), _) => format!("{names} in {}", file.display()),
        (_, Some(file), _) => format!("not in {}", file.display()),
        (_, None, Some(stated)) => format!("who says to be {stated}; not checked: give --signers FILE"),
        (_, None, None) => "not checked whose key that is: give --signers FILE".to_owned(),
    };
    terminal::safe_line(&format!("Signature    {} {} ({whose})", signature.key, signature.fingerprint));
}

fn print_breaches(breaches: &[Breach]) {
    for breach in breaches {
        terminal::safe_line(&format!("{:<22} {}: {}", breach.code, breach.what, breach.message));
    }
}

fn print_chain(chain: &Chain) {
    print_breaches(&chain.breaches);
    terminal::line(&format!("Chain of {} packs:", chain.links.len()));
    for link in &chain.links {
        terminal::safe_line(&format!("  {} to {}  {}  {}: {}", link.period_from, link.period_to, link.root.short(), link.pack, link.note));
    }
}
