//! What a signer signs besides the manifest: an in-toto statement over the roots, in a DSSE envelope.
//!
//! The manifest's digest is one subject; the Merkle roots over clauses and files are others, so that an excerpt can be proved against
//! the signature without the manifest. In: facts about a pack. Out: the bytes of the envelope, and back.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::base::Digest;

/// The media type of an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// What the predicate is; a name, not a page.
pub const PREDICATE_TYPE: &str = "urn:x-tickmark:pack:1";
/// The name of the root over clauses and of the root over files among the subjects.
const CLAUSES: &str = "clauses";
const FILES: &str = "files";
/// The key under which in-toto holds a Merkle tree hash of RFC 9162 over SHA-256.
const TREE: &str = "rfc9162-sha256";

/// An in-toto statement, version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    pub kind: String,
    pub subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    pub predicate: About,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub name: String,
    pub digest: BTreeMap<String, String>,
}

/// What the pack is about, in its own words, and who signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub organisation: String,
    pub title: String,
    pub period_from: String,
    pub period_to: String,
    pub as_of: String,
    /// Root of the pack of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// Who signs, as the signer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

/// The three digests that stand for a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// Of the manifest.
    pub pack: Option<Digest>,
    /// Merkle root over the clauses.
    pub clauses: Option<Digest>,
    /// Merkle root over the lines of the manifest.
    pub files: Option<Digest>,
}

impl Statement {
    pub fn new(pack: &Digest, clauses: &Digest, files: &Digest, predicate: About) -> Statement {
        let subject = |name: &str, algorithm: &str, digest: &Digest| Subject {
            name: name.to_owned(),
            digest: BTreeMap::from([(algorithm.to_owned(), digest.to_string())]),
        };
        Statement {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![subject(super::MANIFEST, "sha256", pack), subject(CLAUSES, TREE, clauses), subject(FILES, TREE, files)],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate,
        }
    }

    pub fn roots(&self) -> Roots {
        let find = |name: &str, algorithm: &str| {
            let subject = self.subject.iter().find(|subject| subject.name == name)?;
            Digest::parse(subject.digest.get(algorithm)?)
        };
        Roots { pack: find(super::MANIFEST, "sha256"), clauses: find(CLAUSES, TREE), files: find(FILES, TREE) }
    }
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Serialize, Deserialize)]
struct EnvelopeSignature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

/// The bytes that are signed: the pre-authentication encoding of DSSE version 1.
pub fn signed_bytes(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// The envelope around a payload with its one signature.
pub fn envelope(payload: &[u8], keyid: &str, signature: &[u8]) -> Vec<u8> {
    let envelope = Envelope {
        payload: STANDARD.encode(payload),
        payload_type: PAYLOAD_TYPE.to_owned(),
        signatures: vec![EnvelopeSignature { keyid: keyid.to_owned(), sig: STANDARD.encode(signature) }],
    };
    let mut bytes = serde_json::to_vec_pretty(&envelope).expect("plain data");
    bytes.push(b'\n');
    bytes
}

/// What an envelope holds, unchecked: the payload, the statement in it, the signature.
pub struct Opened {
    pub payload: Vec<u8>,
    pub statement: Statement,
    pub signature: Vec<u8>,
}

/// Opens an envelope of one signature over a statement of ours; otherwise says what is in the way.
pub fn open(bytes: &[u8]) -> Result<Opened, String> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| format!("it is no DSSE envelope: {error}"))?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(format!("its payload is `{}`, not an in-toto statement", envelope.payload_type));
    }
    let [signature] = envelope.signatures.as_slice() else {
        return Err(format!("it holds {} signatures; there must be one", envelope.signatures.len()));
    };
    let decode = |text: &str| STANDARD.decode(text).map_err(|error| format!("it is not base64: {error}"));
    let payload = decode(&envelope.payload)?;
    let statement: Statement =
        serde_json::from_slice(&payload).map_err(|error| format!("its payload is no statement of a pack: {error}"))?;
    if statement.kind != STATEMENT_TYPE || statement.predicate_type != PREDICATE_TYPE {
        return Err(format!("its payload is a statement of another kind: `{}`", statement.predicate_type));
    }
    Ok(Opened { signature: decode(&signature.sig)?, payload, statement })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_reads_back_and_signs_what_dsse_says() {
        // The example of the DSSE specification, version 1, with the media type of in-toto.
        assert_eq!(signed_bytes(b"hello world"), b"DSSEv1 28 application/vnd.in-toto+json 11 hello world");
        let digest = Digest::of;
        let about = About {
            organisation: "Test".into(),
            title: "T".into(),
            period_from: "2026-07-01".into(),
            period_to: "2026-09-30".into(),
            as_of: "2026-09-30T23:59:59Z".into(),
            previous: None,
            signer: Some("a@example".into()),
        };
        let statement = Statement::new(&digest(b"1"), &digest(b"2"), &digest(b"3"), about);
        let payload = serde_json::to_vec(&statement).unwrap();
        let opened = open(&envelope(&payload, "key", b"signature")).unwrap();
        assert_eq!((opened.statement.clone(), opened.payload, opened.signature), (statement, payload, b"signature".to_vec()));
        assert_eq!(opened.statement.roots(), Roots { pack: Some(digest(b"1")), clauses: Some(digest(b"2")), files: Some(digest(b"3")) });
        for broken in [&b"[]"[..], b"{}", b"{\"payload\":\"\",\"payloadType\":\"x\",\"signatures\":[]}"] {
            assert!(open(broken).is_err());
        }
    }
}
