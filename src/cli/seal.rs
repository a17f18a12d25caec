//! `tickmark sign`, `timestamp`, `zip`, `bag` and `excerpt`: what is done with a finished pack.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::verify::must_hold;
use super::{Failure, excerpt, terminal};
use crate::base::{Digest, SourceTree};
use crate::io;
use crate::pack::signature::{SignError, SigningKey};
use crate::pack::statement::{About, Statement};
use crate::pack::{MANIFEST, SIGNATURES_MAX, SealFile, archive, bag, signature_numbers, timestamp};
use crate::verify::Verification;

#[derive(Debug, Subcommand)]
pub enum SealCommand {
    /// Sign a pack with your own SSH key: its manifest, and a statement over its roots. The key is read now and kept nowhere.
    Sign(SignArguments),
    /// Have a time-stamping authority (RFC 3161) say when a pack existed.
    Timestamp {
        #[command(subcommand)]
        command: TimestampCommand,
    },
    /// Write a pack as one ZIP archive: the same pack, the same bytes.
    Zip {
        pack: PathBuf,
        /// The archive to write; it must not exist yet.
        out: PathBuf,
    },
    /// Write a pack into a bag (BagIt, RFC 8493), for archives that keep bags.
    Bag {
        pack: PathBuf,
        /// The folder to write; it must not exist yet.
        out: PathBuf,
    },
    /// Take some clauses out of a pack, with their evidence and the proofs that lead to the root of the whole pack.
    Excerpt(excerpt::ExcerptArguments),
}

#[derive(Debug, Args)]
pub struct SignArguments {
    /// The pack, or an excerpt.
    pub pack: PathBuf,
    /// Your private key in the form of OpenSSH. If it is encrypted, the terminal is asked for the passphrase.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Who you are, as the checkers' lists of signers name you, such as you@example.com.
    #[arg(long, value_name = "NAME")]
    pub identity: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum TimestampCommand {
    /// Write the request into the pack, as seal/timestamp.tsq. No network is used; you send it.
    Request { pack: PathBuf },
    /// Put the authority's reply into the pack, as seal/timestamp.tsr.
    Attach {
        pack: PathBuf,
        /// The reply as the authority sent it.
        reply: PathBuf,
    },
}

pub fn run(command: &SealCommand) -> Result<(), Failure> {
    match command {
        SealCommand::Sign(arguments) => sign(arguments),
        SealCommand::Timestamp { command: TimestampCommand::Request { pack } } => request(pack),
        SealCommand::Timestamp { command: TimestampCommand::Attach { pack, reply } } => attach(pack, reply),
        SealCommand::Zip { pack, out } => zip(pack, out),
        SealCommand::Bag { pack, out } => write_bag(pack, out),
        SealCommand::Excerpt(arguments) => excerpt::run(arguments),
    }
}

/// A folder that holds; a seal is put beside the manifest, which an archive does not allow.
fn open(pack: &Path) -> Result<(SourceTree, Verification), Failure> {
    if pack.is_file() {
        return Err(Failure::BadInput(format!("`{}` is an archive; unpack it first", pack.display())));
    }
    must_hold(pack)
}

fn sign(arguments: &SignArguments) -> Result<(), Failure> {
    let (files, verification) = open(&arguments.pack)?;
    let numbers = signature_numbers(&files);
    let number = numbers.last().map_or(1, |last| last + 1);
    if number > SIGNATURES_MAX {
        return Err(Failure::CouldNotRun(format!("the pack has {SIGNATURES_MAX} signatures already")));
    }
    let shown = arguments.key.display();
    let unusable = |error: SignError| Failure::BadInput(format!("`{shown}` cannot sign: {error}"));
    let mut key = SigningKey::read(&io::read_one_within(&arguments.key, KEY_BYTES_MAX)?).map_err(unusable)?;
    if verification.signatures.iter().any(|own| own.fingerprint == key.fingerprint()) {
        return Err(Failure::CouldNotRun(format!("the key {} has signed this pack already", key.fingerprint())));
    }
    if key.is_locked() {
        let passphrase = rpassword::prompt_password(format!("Passphrase of {shown}: ")).map_err(|error| {
            Failure::CouldNotRun(format!("`{shown}` is encrypted, and no terminal can be asked for its passphrase: {error}"))
        })?;
        key = key.unlock(&passphrase).map_err(unusable)?;
    }
    let manifest = files.get(MANIFEST).unwrap_or_default();
    let signed = key.sign(manifest, &statement(&verification, manifest, arguments.identity.clone())?).map_err(unusable)?;
    let fingerprint = signed.fingerprint.clone();
    for (file, bytes) in [
        (SealFile::Signer(number), &signed.signer),
        (SealFile::Statement(number), &signed.statement),
        (SealFile::Signature(number), &signed.signature),
    ] {
        io::write_file(&arguments.pack.join(file.path()), bytes)?;
    }
    terminal::safe_line(&format!("Signed by {fingerprint}: {}", SealFile::Signature(number).path()));
    let identity = arguments.identity.as_deref().unwrap_or("you@example.com");
    terminal::safe_line("Give this line to those who will check, by another way than the pack; they put it into their list of signers:\n");
    let public = String::from_utf8_lossy(&signed.signer).trim_end().to_owned();
    terminal::safe_line(&format!("{identity} namespaces=\"{}\" {public}", crate::pack::signature::NAMESPACE));
    Ok(())
}

/// No key is larger.
const KEY_BYTES_MAX: u64 = 1024 * 1024;

fn statement(verification: &Verification, manifest: &[u8], signer: Option<String>) -> Result<Statement, Failure> {
    let (Some(about), Some(root), Some(files_root)) = (&verification.about, &verification.root, &verification.files_root) else {
        return Err(Failure::BadInput("it says nothing of itself that could be signed".into()));
    };
    let about = About {
        organisation: about.organisation.clone(),
        title: about.title.clone(),
        period_from: about.period_from.clone(),
        period_to: about.period_to.clone(),
        as_of: about.as_of.clone(),
        previous: about.previous.clone(),
        signer,
    };
    Ok(Statement::new(&Digest::of(manifest), root, files_root, about))
}

fn request(pack: &Path) -> Result<(), Failure> {
    let (files, _) = open(pack)?;
    let target = pack.join(SealFile::Request.path());
    io::write_file(&target, &timestamp::request(files.get(MANIFEST).unwrap_or_default()))?;
    let shown = target.display();
    terminal::safe_line(&format!("Wrote {shown}. Send it to an authority, from a machine with a network, such as:\n"));
    terminal::safe_line(&format!(
        "    curl -H 'Content-Type: application/timestamp-query' --data-binary @{shown} https://AUTHORITY -o reply.tsr"
    ));
    terminal::safe_line(&format!("    tickmark timestamp attach {} reply.tsr", pack.display()));
    Ok(())
}

fn attach(pack: &Path, reply: &Path) -> Result<(), Failure> {
    let (files, _) = open(pack)?;
    let bytes = io::read_one_within(reply, KEY_BYTES_MAX)?;
    let stamp = timestamp::check(&bytes, files.get(MANIFEST).unwrap_or_default(), None)
        .map_err(|reason| Failure::BadInput(format!("`{}` is not attached: {reason}", reply.display())))?;
    io::write_file(&pack.join(SealFile::Reply.path()), &bytes)?;
    terminal::safe_line(&format!("Stamped {} by {}", stamp.time, stamp.authority));
    Ok(())
}

fn zip(pack: &Path, out: &Path) -> Result<(), Failure> {
    let (files, _) = must_hold(pack)?;
    refuse_existing(out)?;
    let bytes = archive::write(&files);
    io::write_file(out, &bytes)?;
    terminal::safe_line(&format!("Wrote {} ({} files, {} bytes)", out.display(), files.iter().count(), bytes.len()));
    terminal::line(&format!("SHA-256  {}", Digest::of(&bytes)));
    Ok(())
}

fn write_bag(pack: &Path, out: &Path) -> Result<(), Failure> {
    let (files, verification) = must_hold(pack)?;
    let about = verification.about.as_ref();
    let text = |pick: fn(&crate::verify::About) -> &String| about.map(pick).cloned().unwrap_or_default();
    io::write_folder(out, &bag::bag(&files, &text(|about| &about.organisation), &text(|about| &about.title)), false)?;
    terminal::safe_line(&format!("Wrote the bag {}; the pack is its payload, in {}/data", out.display(), out.display()));
    Ok(())
}

fn refuse_existing(out: &Path) -> Result<(), Failure> {
    match out.symlink_metadata() {
        Ok(_) => Err(Failure::CouldNotRun(format!("`{}` exists already", out.display()))),
        Err(_) => Ok(()),
    }
}
