//! Proves an excerpt: its clauses and its evidence belong to the pack whose roots it names, and the signers of that pack signed those roots.
//!
//! In: the files, and whom the checker trusts. Out: what was checked and every breach.

use std::collections::{BTreeMap, BTreeSet};

use super::seal::{check_envelope, report};
use super::{About, Check, Findings, JSON_BYTES_MAX, Trust, Verification};
use crate::assessment::ArtifactRecord;
use crate::base::{Digest, SourceTree};
use crate::excerpt::{Excerpt, ORIGIN, SCHEMA};
use crate::pack::SIGNATURES_MAX;
use crate::pack::signature::Key;
use crate::pack::statement::Roots;

pub(super) use crate::excerpt::FILE;

pub(super) fn check(files: &SourceTree, trust: &Trust, verification: &mut Verification, found: &mut Findings) {
    verification.kind = "excerpt";
    let Some(excerpt) = read(files, found) else { return };
    check_clauses(&excerpt, found);
    let mut proved = BTreeSet::from([FILE.to_owned(), "README.txt".to_owned(), crate::pack::MANIFEST.to_owned()]);
    proved.extend(check_observations(&excerpt, files, found));
    proved.extend(check_exhibits(&excerpt, files, found));
    proved.extend(check_origin(&excerpt, files, trust, verification, found));
    let is_seal = |path: &str| crate::pack::SealFile::of(path).is_some();
    for (path, _) in files.iter().filter(|(path, _)| !proved.contains(*path) && !is_seal(path)) {
        found.add("file-unproved", path, "nothing shows that it belongs to the whole pack");
    }
    verification.about = Some(About::of(&excerpt.frame));
    verification.clauses = excerpt.clauses.len();
    verification.artifacts = excerpt.exhibits.len();
    verification.redacted = excerpt.frame.names.is_some();
    verification.checked = vec![
        Check { what: "clauses by their digest and their proof to the root", count: excerpt.clauses.len() },
        Check { what: "exhibits by the digest that the clauses rest on", count: excerpt.exhibits.len() },
        Check { what: "copies by their proof to the root over the files", count: excerpt.files.len() },
    ];
    if !verification.signatures.is_empty() {
        let count = verification.signatures.len();
        verification.checked.push(Check { what: "statements of the whole pack's signers over its roots", count });
    }
    verification.root = Some(excerpt.root);
}

fn read(files: &SourceTree, found: &mut Findings) -> Option<Excerpt> {
    let bytes = files.get(FILE)?;
    if bytes.len() > JSON_BYTES_MAX {
        found.add("excerpt-unreadable", FILE, format!("it has {} bytes; at most {JSON_BYTES_MAX} are parsed", bytes.len()));
        return None;
    }
    match serde_json::from_slice::<Excerpt>(bytes) {
        Ok(excerpt) if excerpt.schema != SCHEMA => {
            found.add("excerpt-schema", FILE, format!("its schema is `{}`; this version reads `{SCHEMA}`", excerpt.schema));
            None
        }
        Ok(excerpt) => Some(excerpt),
        Err(error) => {
            found.add("excerpt-unreadable", FILE, error.to_string());
            None
        }
    }
}

fn check_clauses(excerpt: &Excerpt, found: &mut Findings) {
    let frame = Digest::of_canonical(&excerpt.frame);
    if excerpt.clauses.is_empty() {
        found.add("excerpt-empty", FILE, "it holds no clause");
    }
    for own in &excerpt.clauses {
        let what = format!("{} {}", own.clause.framework, own.clause.clause);
        if own.clause.computed_digest() != own.clause.digest {
            found.add("clause-changed", &what, "what is said of the clause does not match its digest");
        }
        if !own.proof.holds(&own.clause.digest.bytes(), &excerpt.root) {
            found.add("proof-broken", &what, "nothing shows that the clause belongs to the root");
        }
        if own.clause.basis.frame != frame {
            found.add("frame-changed", &what, "organisation, scope, period or as-of are not those that the clause was judged with");
        }
    }
}

/// Gives the paths that are proved: each list is one that a clause rests on.
fn check_observations(excerpt: &Excerpt, files: &SourceTree, found: &mut Findings) -> BTreeSet<String> {
    let mut proved = BTreeSet::new();
    for (id, basis) in excerpt.clauses.iter().flat_map(|own| &own.clause.basis.objectives) {
        let Some(expected) = &basis.observations else { continue };
        let path = format!("observations/{id}.csv");
        if files.get(&path).map(Digest::of).as_ref() != Some(expected) {
            found.add("observations-changed", &path, format!("not the list that the objective `{id}` was concluded from"));
        }
        proved.insert(path);
    }
    proved
}

/// The evidence is what the clauses rest on, and each copy is the evidence itself or the file of the whole pack.
fn check_exhibits(excerpt: &Excerpt, files: &SourceTree, found: &mut Findings) -> BTreeSet<String> {
    let by_path: BTreeMap<&str, &ArtifactRecord> = excerpt.exhibits.iter().map(|own| (own.path.as_str(), own)).collect();
    let mut rests_on = BTreeSet::new();
    for own in &excerpt.clauses {
        for (path, digest) in &own.clause.basis.evidence {
            rests_on.insert(path.as_str());
            if by_path.get(path.as_str()).and_then(|artifact| artifact.sha256.as_ref()) != Some(digest) {
                let what = format!("{} {}", own.clause.framework, own.clause.clause);
                found.add("evidence-changed", what, format!("`{path}` is not the evidence judged"));
            }
        }
        rests_on.extend(own.clause.evidence.iter().map(String::as_str));
    }
    let mut proved = BTreeSet::new();
    for file in &excerpt.files {
        if files.get(&file.path).map(Digest::of).as_ref() != Some(&file.digest) {
            found.add("exhibit-changed", &file.path, "not the bytes that the whole pack holds");
        }
        if !file.proof.holds(&file.leaf(), &excerpt.files_root) {
            found.add("proof-broken", &file.path, "nothing shows that the file belongs to the whole pack");
        }
        if !excerpt.exhibits.iter().any(|own| own.packed.as_ref() == Some(&file.path) && rests_on.contains(own.path.as_str())) {
            found.add("file-unproved", &file.path, "no clause here rests on it");
        }
        proved.insert(file.path.clone());
    }
    for own in &excerpt.exhibits {
        if own.packed.as_ref().is_some_and(|path| !proved.contains(path)) {
            found.add("proof-broken", &own.path, "nothing shows that its copy belongs to the whole pack");
        }
    }
    proved
}

/// The signers of the whole pack signed the roots that the proofs lead to.
fn check_origin(
    excerpt: &Excerpt,
    files: &SourceTree,
    trust: &Trust,
    verification: &mut Verification,
    found: &mut Findings,
) -> BTreeSet<String> {
    let roots = Roots { pack: Some(excerpt.pack.clone()), clauses: Some(excerpt.root.clone()), files: Some(excerpt.files_root.clone()) };
    let mut known = BTreeSet::new();
    for number in 1..=SIGNATURES_MAX {
        let [statement, signer] = [format!("{ORIGIN}statement-{number}.dsse.json"), format!("{ORIGIN}signer-{number}.pub")];
        let parts = (files.get(&statement), files.text(&signer));
        known.extend([statement.clone(), signer.clone()].into_iter().filter(|path| files.get(path).is_some()));
        match parts {
            (None, None) => {}
            (Some(envelope), Some(public)) => match Key::read(public) {
                None => found.add("signer-differs", &signer, "it is no public key"),
                Some(key) => {
                    if let Some(signed) = check_envelope(&statement, envelope, &key, &roots, found) {
                        verification.signatures.push(report(statement, &key, signed, trust));
                    }
                }
            },
            (None, Some(_)) | (Some(_), None) => {
                found.add(
                    "signature-incomplete",
                    if parts.0.is_none() { &statement } else { &signer },
                    "the other part is there, and this is not",
                );
            }
        }
    }
    known
}
