//! The seal of a pack: signatures over the manifest, statements over the roots, the time-stamp.
//!
//! In: the files, and the signers and authorities that the checker trusts. Out: who signed what and when, and every breach.
//! A signature that holds says that a key signed; whose key it is, only the checker's own list can say.

use cms::cert::x509::Certificate;
use serde::Serialize;

use super::{Check, Findings, Verification};
use crate::base::{Digest, SourceTree};
use crate::pack::signature::{Key, check_manifest, check_statement};
use crate::pack::signers::Signers;
use crate::pack::statement::{Roots, Statement};
use crate::pack::{MANIFEST, SealFile, signature_numbers, timestamp};

/// Whom and what the checker trusts, from elsewhere than the pack.
#[derive(Default)]
pub struct Trust {
    /// The root that the pack must have.
    pub root: Option<Digest>,
    /// One of these must have signed.
    pub signers: Option<Signers>,
    /// One of these must stand behind the time-stamp.
    pub authorities: Option<Vec<Certificate>>,
}

/// One signature that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureReport {
    pub file: String,
    /// `SHA256:...` of the key.
    pub fingerprint: String,
    pub key: String,
    /// Who signed, as the signer says.
    pub stated: Option<String>,
    /// The names that the checker's list gives to the key.
    pub trusted: Option<String>,
}

/// A time-stamp that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StampReport {
    pub time: String,
    pub authority: String,
    /// Whether it leads to an authority that the checker gave.
    pub trusted: bool,
}

/// Checks everything in `seal/`.
pub(super) fn check(files: &SourceTree, trust: &Trust, verification: &mut Verification, found: &mut Findings) {
    let manifest = files.get(MANIFEST).unwrap_or_default();
    let roots = Roots { pack: verification.pack.clone(), clauses: verification.root.clone(), files: verification.files_root.clone() };
    let numbers = signature_numbers(files);
    for number in &numbers {
        if let Some(report) = check_signature(files, *number, manifest, &roots, trust, found) {
            verification.signatures.push(report);
        }
    }
    if !numbers.is_empty() {
        verification.checked.push(Check { what: "signatures over the manifest, statements over the roots", count: numbers.len() });
    }
    if let Some(signers) = &trust.signers {
        check_trusted(signers, &verification.signatures, found);
    }
    check_stamp(files, manifest, trust, verification, found);
}

/// Somebody whom the checker trusts has signed.
fn check_trusted(signers: &Signers, signatures: &[SignatureReport], found: &mut Findings) {
    if signatures.iter().any(|signature| signature.trusted.is_some()) {
        return;
    }
    let left_out: Vec<String> = signers.left_out.iter().map(|(line, reason)| format!("line {line}: {reason}")).collect();
    let note = if left_out.is_empty() { String::new() } else { format!("; left out of the list: {}", left_out.join(", ")) };
    match signatures.is_empty() {
        true => found.add("signature-missing", "seal", "nobody signed it, and a signature by one of the signers given is asked for"),
        false => found.add("signer-unknown", "seal", format!("none of the keys that signed is among the signers given{note}")),
    }
}

fn check_signature(
    files: &SourceTree,
    number: u32,
    manifest: &[u8],
    roots: &Roots,
    trust: &Trust,
    found: &mut Findings,
) -> Option<SignatureReport> {
    let [signature, signer, statement] =
        [SealFile::Signature(number), SealFile::Signer(number), SealFile::Statement(number)].map(SealFile::path);
    let mut part = |path: &str| {
        let bytes = files.get(path);
        if bytes.is_none() {
            found.add("signature-incomplete", path, "the other parts of this signature are there, and this is not");
        }
        bytes
    };
    let (armour, public, envelope) = (part(&signature), part(&signer), part(&statement));
    let stated_key = public.and_then(|bytes| Key::read(std::str::from_utf8(bytes).ok()?));
    let key =
        armour.and_then(|armour| check_manifest(armour, manifest).map_err(|reason| found.add("signature-broken", &signature, reason)).ok());
    if public.is_some() && (stated_key.is_none() || key.is_some() && stated_key != key) {
        found.add("signer-differs", &signer, "not the key that signed");
    }
    // The statement is checked even where the signature over the manifest is broken: the two may differ, and both are named.
    let by = key.clone().or(stated_key)?;
    let stated = check_envelope(&statement, envelope?, &by, roots, found)?;
    key.map(|key| report(signature, &key, stated, trust))
}

pub(super) fn report(file: String, key: &Key, statement: Statement, trust: &Trust) -> SignatureReport {
    SignatureReport {
        file,
        fingerprint: key.fingerprint(),
        key: key.kind(),
        stated: statement.predicate.signer,
        trusted: trust.signers.as_ref().and_then(|signers| signers.names_of(key)).map(str::to_owned),
    }
}

/// The statement was signed by the same key, and speaks of this very pack.
pub(super) fn check_envelope(path: &str, envelope: &[u8], key: &Key, roots: &Roots, found: &mut Findings) -> Option<Statement> {
    let statement = match check_statement(envelope, key) {
        Ok(statement) => statement,
        Err(reason) => {
            found.add("statement-broken", path, reason);
            return None;
        }
    };
    let signed = statement.roots();
    for (what, signed, have) in
        [("manifest", &signed.pack, &roots.pack), ("clauses", &signed.clauses, &roots.clauses), ("files", &signed.files, &roots.files)]
    {
        if signed.is_none() || signed != have {
            found.add("statement-differs", path, format!("the {what} signed for are not those that are here"));
        }
    }
    Some(statement)
}

fn check_stamp(files: &SourceTree, manifest: &[u8], trust: &Trust, verification: &mut Verification, found: &mut Findings) {
    let (request, reply) = (SealFile::Request.path(), SealFile::Reply.path());
    if let Some(bytes) = files.get(&request) {
        verification.checked.push(Check { what: "request for a time-stamp", count: 1 });
        if let Err(reason) = timestamp::check_request(bytes, manifest) {
            found.add("timestamp-request", &request, reason);
        }
    }
    let Some(bytes) = files.get(&reply) else {
        if trust.authorities.is_some() {
            found.add("timestamp-missing", &reply, "there is no time-stamp, and one of the authorities given is asked for");
        }
        return;
    };
    verification.checked.push(Check { what: "time-stamp over the manifest", count: 1 });
    match timestamp::check(bytes, manifest, trust.authorities.as_deref()) {
        Ok(stamp) => verification.timestamp = Some(StampReport { time: stamp.time, authority: stamp.authority, trusted: stamp.trusted }),
        Err(reason) => found.add("timestamp-broken", &reply, reason),
    }
}
