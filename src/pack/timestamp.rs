//! Time-stamps of RFC 3161: the request, written without a network, and the authority's reply, checked.
//!
//! In: the manifest; later the reply that the user fetched, and the authorities that a checker trusts. Out: when the manifest existed, and
//! who says so. Knows no clock: certificates are judged at the time that the stamp states.

use cms::cert::CertificateChoices;
use cms::cert::x509::Certificate;
use cms::cert::x509::ext::pkix::{BasicConstraints, ExtendedKeyUsage, SubjectKeyIdentifier};
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{Any, BitString, OctetString};
use der::oid::ObjectIdentifier;
use der::{Decode, Encode, Sequence};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion, TstInfo};

use super::x509::{Hash, signature_holds};
use crate::base::diagnostic::printable;

const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// Of what an authority says of itself no more than this is passed on.
const WORDS_MAX: usize = 200;

/// A chain of certificates longer than this is no chain.
const CHAIN_MAX: usize = 8;

/// The request over a manifest, which asks for the authority's certificate too. It has no nonce: the same manifest, the same bytes.
///
/// # Panics
/// Never: the parts are of fixed size.
pub fn request(manifest: &[u8]) -> Vec<u8> {
    let imprint = MessageImprint {
        hash_algorithm: der_algorithm(SHA_256),
        hashed_message: OctetString::new(Sha256::digest(manifest).as_slice()).expect("32 bytes"),
    };
    let request =
        TimeStampReq { version: TspVersion::V1, message_imprint: imprint, req_policy: None, nonce: None, cert_req: true, extensions: None };
    request.to_der().expect("the parts are in order")
}

fn der_algorithm(oid: ObjectIdentifier) -> cms::cert::x509::spki::AlgorithmIdentifier<Any> {
    cms::cert::x509::spki::AlgorithmIdentifier { oid, parameters: Some(Any::null()) }
}

/// What a stamp says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// When, in UTC.
    pub time: String,
    /// The authority as its certificate names it; as the stamp was signed, whether trusted or not.
    pub authority: String,
    /// Whether the certificate leads to one of the authorities given.
    pub trusted: bool,
}

/// Checks a reply over a manifest. Without authorities its signature is checked by the certificate that it brings, which proves nothing about
/// who that is.
pub fn check(reply: &[u8], manifest: &[u8], authorities: Option<&[Certificate]>) -> Result<Stamp, String> {
    let token = token(reply)?;
    let signed = signed_data(&token)?;
    let content = signed.encap_content_info.econtent.as_ref().ok_or("it holds no stamp")?.value();
    let info = TstInfo::from_der(content).map_err(|error| format!("its stamp cannot be read: {error}"))?;
    let imprint = &info.message_imprint;
    if imprint.hash_algorithm.oid != SHA_256 {
        return Err("its digest is not SHA-256".to_owned());
    }
    if imprint.hashed_message.as_bytes() != Sha256::digest(manifest).as_slice() {
        return Err(format!("it is over another file than this {}", super::MANIFEST));
    }
    let brought = certificates(&signed);
    let [signer] = signed.signer_infos.0.as_slice() else {
        return Err("it must have one signer".to_owned());
    };
    let known = brought.iter().chain(authorities.unwrap_or_default());
    let certificate =
        known.clone().find(|certificate| is_meant(certificate, &signer.sid)).ok_or("the certificate of its signer is not there")?;
    check_signer(signer, certificate, content)?;
    check_purpose(certificate)?;
    let seconds = info.gen_time.to_unix_duration().as_secs();
    let chain = leads_to(certificate, &brought, authorities.unwrap_or_default(), seconds);
    Ok(Stamp {
        time: rfc3339(seconds)?,
        authority: certificate.tbs_certificate.subject.to_string(),
        trusted: match (authorities, chain) {
            (None, _) => false,
            (Some(_), Ok(())) => true,
            (Some(_), Err(reason)) => return Err(reason),
        },
    })
}

/// The token of a reply that grants, or a bare token as some authorities hand out.
fn token(reply: &[u8]) -> Result<ContentInfo, String> {
    if let Ok(bare) = ContentInfo::from_der(reply) {
        return Ok(bare);
    }
    let reply = Reply::from_der(reply).map_err(|error| format!("it is no reply of RFC 3161: {error}"))?;
    match (reply.status.status, reply.token) {
        (0 | 1, Some(token)) => Ok(token),
        (0 | 1, None) => Err("the authority granted a stamp, and the reply has none".to_owned()),
        (status, _) => Err(reply.status.refusal(status)),
    }
}

/// `TimeStampResp` of RFC 3161, section 2.4.2. Read here because its failure bits go beyond those of certificate management.
#[derive(Sequence)]
struct Reply {
    status: ReplyStatus,
    #[asn1(optional = "true")]
    token: Option<ContentInfo>,
}

#[derive(Sequence)]
struct ReplyStatus {
    status: u8,
    #[asn1(optional = "true")]
    text: Option<Vec<String>>,
    #[asn1(optional = "true")]
    failures: Option<BitString>,
}

impl ReplyStatus {
    /// Why there is no stamp, in the authority's own words where it gives some.
    fn refusal(&self, status: u8) -> String {
        let kind = match status {
            2 => "it refused",
            3 => "it has not decided yet",
            4 | 5 => "its certificate is revoked or about to be",
            _ => "it answered with a status that RFC 3161 does not know",
        };
        let set = |bits: &BitString| {
            let named = bits.bits().enumerate().filter(|(_, is_set)| *is_set);
            named.map(|(bit, _)| failure(bit)).collect::<Vec<_>>()
        };
        let reasons = self.failures.as_ref().map(set).unwrap_or_default();
        let words = self.text.iter().flatten().map(|text| {
            // One line, in quotes that it cannot close: a terminal may show it.
            let line: String = text.chars().take(WORDS_MAX).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
            format!("“{}”", printable(&line).replace(['“', '”'], "\""))
        });
        let parts: Vec<String> = reasons.into_iter().map(str::to_owned).chain(words).collect();
        let because = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        format!("the authority did not grant a stamp; {kind}{because}")
    }
}

/// `PKIFailureInfo` of RFC 3161, section 2.4.2.
fn failure(bit: usize) -> &'static str {
    match bit {
        0 => "it does not know the digest",
        2 => "the request is not allowed",
        5 => "the request has the wrong form",
        14 => "its clock is not available",
        15 => "it does not have the policy asked for",
        16 => "it does not know an extension asked for",
        17 => "what was asked for besides is not available",
        25 => "it failed itself",
        _ => "a failure that RFC 3161 does not name",
    }
}

fn signed_data(token: &ContentInfo) -> Result<SignedData, String> {
    if token.content_type != SIGNED_DATA {
        return Err("its token is not signed data".to_owned());
    }
    let signed: SignedData = token.content.decode_as().map_err(|error| format!("its token cannot be read: {error}"))?;
    match signed.encap_content_info.econtent_type {
        TST_INFO => Ok(signed),
        other => Err(format!("its token holds {other}, not a stamp")),
    }
}

fn certificates(signed: &SignedData) -> Vec<Certificate> {
    let all = signed.certificates.iter().flat_map(|set| set.0.iter());
    let plain = all.filter_map(|choice| match choice {
        CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
        CertificateChoices::Other(_) => None,
    });
    plain.collect()
}

fn is_meant(certificate: &Certificate, signer: &SignerIdentifier) -> bool {
    let own = &certificate.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(id) => own.issuer == id.issuer && own.serial_number == id.serial_number,
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            own.get::<SubjectKeyIdentifier>().ok().flatten().is_some_and(|(_, own)| own.0.as_bytes() == id.0.as_bytes())
        }
    }
}

/// The signed attributes speak of this content and this certificate, and the signature is over them.
fn check_signer(signer: &SignerInfo, certificate: &Certificate, content: &[u8]) -> Result<(), String> {
    let attributes = signer.signed_attrs.as_ref().ok_or("its signer signed no attributes")?;
    let value = |oid: ObjectIdentifier| {
        let found = attributes.iter().find(|attribute| attribute.oid == oid)?;
        found.values.get(0)
    };
    let hash = Hash::of_digest(&signer.digest_alg.oid).ok_or("the digest of its signer is not SHA-2")?;
    let kind = value(CONTENT_TYPE).and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    if kind != Some(TST_INFO) {
        return Err("its signer signed another kind of content".to_owned());
    }
    let digest = value(MESSAGE_DIGEST).and_then(|any| any.decode_as::<OctetString>().ok()).ok_or("its signer signed no digest")?;
    if digest.as_bytes() != hash.of(content) {
        return Err("its signer signed another stamp".to_owned());
    }
    check_named(certificate, value(SIGNING_CERTIFICATE_V2), value(SIGNING_CERTIFICATE))?;
    let message = attributes.to_der().map_err(|error| error.to_string())?;
    let holds = signature_holds(certificate, &signer.signature_algorithm, Some(hash), &message, signer.signature.as_bytes())?;
    if holds { Ok(()) } else { Err("its signature does not hold".to_owned()) }
}

/// The certificate is the one that the signer named by digest. Where only the older form with SHA-1 is there, the digest is not checked.
fn check_named(certificate: &Certificate, newer: Option<&Any>, older: Option<&Any>) -> Result<(), String> {
    let Some(newer) = newer else {
        return if older.is_some() { Ok(()) } else { Err("its signer named no certificate".to_owned()) };
    };
    let der = certificate.to_der().map_err(|error| error.to_string())?;
    // SEQUENCE { SEQUENCE OF { SEQUENCE { [algorithm], OCTET STRING digest, ... } } }: a digest of a known length decides.
    let first = first_inside(newer.value()).and_then(first_inside).ok_or("its signer named no certificate")?;
    let named = octets_inside(first).ok_or("its signer named no certificate")?;
    let is_own = match named.len() {
        32 => named == Sha256::digest(&der).as_slice(),
        48 => named == Sha384::digest(&der).as_slice(),
        64 => named == Sha512::digest(&der).as_slice(),
        _ => false,
    };
    if is_own { Ok(()) } else { Err("its signer named another certificate".to_owned()) }
}

/// The content of the first element.
fn first_inside(content: &[u8]) -> Option<&[u8]> {
    elements(content).next().map(|(_, inner)| inner)
}

fn octets_inside(content: &[u8]) -> Option<&[u8]> {
    elements(content).find(|(tag, _)| *tag == der::Tag::OctetString).map(|(_, inner)| inner)
}

fn elements(mut rest: &[u8]) -> impl Iterator<Item = (der::Tag, &[u8])> {
    std::iter::from_fn(move || {
        use der::Reader;
        let mut reader = der::SliceReader::new(rest).ok()?;
        let header = der::Header::decode(&mut reader).ok()?;
        let inner = reader.read_slice(header.length).ok()?;
        rest = rest.get(usize::try_from(reader.position()).ok()?..)?;
        Some((header.tag, inner))
    })
}

/// RFC 3161 wants a certificate that is for time-stamping and for nothing else, and says so as critical.
fn check_purpose(certificate: &Certificate) -> Result<(), String> {
    match certificate.tbs_certificate.get::<ExtendedKeyUsage>() {
        Ok(Some((true, usage))) if usage.0 == [TIME_STAMPING] => Ok(()),
        _ => Err("the certificate of its signer is not one for time-stamping".to_owned()),
    }
}

/// Whether the chain of issuers ends at an authority, every certificate valid at the time of the stamp.
fn leads_to(leaf: &Certificate, brought: &[Certificate], authorities: &[Certificate], seconds: u64) -> Result<(), String> {
    let mut current = leaf;
    for _ in 0..CHAIN_MAX {
        check_validity(current, seconds)?;
        if authorities.contains(current) {
            return Ok(());
        }
        let issuer = authorities.iter().chain(brought).find(|candidate| issued(candidate, current));
        if issuer == Some(current) {
            return Err(format!(
                "its certificates lead to `{}`, which is not among the authorities given",
                current.tbs_certificate.subject
            ));
        }
        current = issuer.ok_or_else(|| {
            format!("nobody given is the issuer of `{}`, which is `{}`", current.tbs_certificate.subject, current.tbs_certificate.issuer)
        })?;
    }
    Err("its certificates form no chain".to_owned())
}

fn check_validity(certificate: &Certificate, seconds: u64) -> Result<(), String> {
    let validity = &certificate.tbs_certificate.validity;
    let (from, to) = (validity.not_before.to_unix_duration().as_secs(), validity.not_after.to_unix_duration().as_secs());
    if (from..=to).contains(&seconds) {
        Ok(())
    } else {
        Err(format!("the certificate of `{}` was not valid at the time of the stamp", certificate.tbs_certificate.subject))
    }
}

fn issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    let is_authority = matches!(issuer.tbs_certificate.get::<BasicConstraints>(), Ok(Some((_, constraints))) if constraints.ca);
    if !is_authority || issuer.tbs_certificate.subject != certificate.tbs_certificate.issuer {
        return false;
    }
    let Ok(message) = certificate.tbs_certificate.to_der() else { return false };
    let Some(signature) = certificate.signature.as_bytes() else { return false };
    signature_holds(issuer, &certificate.signature_algorithm, None, &message, signature) == Ok(true)
}

/// The certificates of a PEM file, or the one of a DER file.
pub fn read_authorities(bytes: &[u8]) -> Result<Vec<Certificate>, String> {
    let read = if bytes.starts_with(b"\x30") {
        Certificate::from_der(bytes).map(|certificate| vec![certificate])
    } else {
        Certificate::load_pem_chain(bytes)
    };
    match read {
        Ok(list) if list.is_empty() => Err("it holds no certificate".to_owned()),
        Ok(list) => Ok(list),
        Err(error) => Err(format!("it holds no certificates in PEM or DER: {error}")),
    }
}

fn rfc3339(seconds: u64) -> Result<String, String> {
    let stamp = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    stamp.map(|stamp| stamp.to_string()).ok_or_else(|| "its time is out of all range".to_owned())
}

/// Whether a request is one over this manifest.
pub fn check_request(request: &[u8], manifest: &[u8]) -> Result<(), String> {
    let asked = TimeStampReq::from_der(request).map_err(|error| format!("it is no request of RFC 3161: {error}"))?;
    if asked.message_imprint.hashed_message.as_bytes() != Sha256::digest(manifest).as_slice() {
        return Err(format!("it is over another file than this {}", super::MANIFEST));
    }
    Ok(())
}
