//! Signatures by the keys of X.509 certificates: RSA with PKCS#1 version 1.5 or with PSS, and ECDSA on the curves of NIST, over SHA-2.
//!
//! In: a certificate, an algorithm, a message. Out: whether the signature holds. Whom to trust is not asked here.

use cms::cert::x509::Certificate;
use cms::cert::x509::der::Encode;
use cms::cert::x509::spki::AlgorithmIdentifier;
use der::oid::ObjectIdentifier;
use der::{Any, Sequence};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::pkcs8::DecodePublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The digests of SHA-2 that certificates use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By the identifier of the digest itself.
    pub fn of_digest(oid: &ObjectIdentifier) -> Option<Hash> {
        Some(match oid.to_string().as_str() {
            "2.16.840.1.101.3.4.2.1" => Hash::Sha256,
            "2.16.840.1.101.3.4.2.2" => Hash::Sha384,
            "2.16.840.1.101.3.4.2.3" => Hash::Sha512,
            _ => return None,
        })
    }

    pub fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha256 => Sha256::digest(message).to_vec(),
            Hash::Sha384 => Sha384::digest(message).to_vec(),
            Hash::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

const RSA: &str = "1.2.840.113549.1.1.1";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF1: &str = "1.2.840.113549.1.1.8";

enum Family {
    Rsa,
    /// With salt of so many bytes.
    RsaPss(usize),
    Ecdsa,
}

/// What an identifier of RSASSA-PSS states (RFC 4055, section 3.1). What is left out stands for SHA-1, which is not taken.
#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifier<Any>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AlgorithmIdentifier<Any>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt: Option<u32>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<u32>,
}

/// The digest and the length of the salt. The mask must rest on the same digest, as it does wherever PSS is used for stamps.
fn pss(parameters: Option<&Any>) -> Option<(usize, Hash)> {
    const SALT_BYTES: u32 = 20;
    const SALT_BYTES_MAX: usize = 512;
    let own: PssParameters = parameters?.decode_as().ok()?;
    let hash = Hash::of_digest(&own.hash?.oid)?;
    let mask = own.mask.filter(|mask| mask.oid.to_string() == MGF1)?;
    let inner: AlgorithmIdentifier<Any> = mask.parameters?.decode_as().ok()?;
    let salt = usize::try_from(own.salt.unwrap_or(SALT_BYTES)).ok().filter(|salt| *salt <= SALT_BYTES_MAX)?;
    let fits = Hash::of_digest(&inner.oid) == Some(hash) && own.trailer.is_none_or(|trailer| trailer == 1);
    fits.then_some((salt, hash))
}

/// The family, and the digest where the identifier names it.
fn algorithm(stated: &AlgorithmIdentifier<Any>) -> Option<(Family, Option<Hash>)> {
    Some(match stated.oid.to_string().as_str() {
        RSA => (Family::Rsa, None),
        RSA_PSS => {
            let (salt, hash) = pss(stated.parameters.as_ref())?;
            (Family::RsaPss(salt), Some(hash))
        }
        "1.2.840.113549.1.1.11" => (Family::Rsa, Some(Hash::Sha256)),
        "1.2.840.113549.1.1.12" => (Family::Rsa, Some(Hash::Sha384)),
        "1.2.840.113549.1.1.13" => (Family::Rsa, Some(Hash::Sha512)),
        "1.2.840.10045.4.3.2" => (Family::Ecdsa, Some(Hash::Sha256)),
        "1.2.840.10045.4.3.3" => (Family::Ecdsa, Some(Hash::Sha384)),
        "1.2.840.10045.4.3.4" => (Family::Ecdsa, Some(Hash::Sha512)),
        _ => return None,
    })
}

/// Whether a signature by the certificate's key over a message holds; an error where the algorithm is not known here.
pub fn signature_holds(
    certificate: &Certificate,
    stated: &AlgorithmIdentifier<Any>,
    digest: Option<Hash>,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, String> {
    let (family, named) = algorithm(stated).ok_or_else(|| format!("signatures of the kind {} are not known here", stated.oid))?;
    let hash = named.or(digest).ok_or("its digest is not stated")?;
    let digest = hash.of(message);
    Ok(match family {
        Family::Rsa => rsa_holds(certificate, hash, None, &digest, signature),
        Family::RsaPss(salt) => rsa_holds(certificate, hash, Some(salt), &digest, signature),
        Family::Ecdsa => {
            let key = certificate.tbs_certificate.subject_public_key_info.to_der().map_err(|error| error.to_string())?;
            ecdsa_holds(&key, &digest, signature)
        }
    })
}

/// By the padding of PSS with a salt of that length, else by that of PKCS#1 version 1.5. A key for PSS alone signs nothing else.
fn rsa_holds(certificate: &Certificate, hash: Hash, salt: Option<usize>, digest: &[u8], signature: &[u8]) -> bool {
    let info = &certificate.tbs_certificate.subject_public_key_info;
    let is_key = match info.algorithm.oid.to_string().as_str() {
        RSA => true,
        RSA_PSS => salt.is_some(),
        _ => false,
    };
    let key = info.subject_public_key.as_bytes().filter(|_| is_key).and_then(|bytes| rsa::PublicKey::from_pkcs1_der(bytes).ok());
    let Some(key) = key else { return false };
    match (salt, hash) {
        (None, Hash::Sha256) => key.verify(rsa::Pkcs1v15Sign::new::<Sha256>(), digest, signature),
        (None, Hash::Sha384) => key.verify(rsa::Pkcs1v15Sign::new::<Sha384>(), digest, signature),
        (None, Hash::Sha512) => key.verify(rsa::Pkcs1v15Sign::new::<Sha512>(), digest, signature),
        (Some(salt), Hash::Sha256) => key.verify(rsa::Pss::<Sha256>::new_with_salt(salt), digest, signature),
        (Some(salt), Hash::Sha384) => key.verify(rsa::Pss::<Sha384>::new_with_salt(salt), digest, signature),
        (Some(salt), Hash::Sha512) => key.verify(rsa::Pss::<Sha512>::new_with_salt(salt), digest, signature),
    }
    .is_ok()
}

fn ecdsa_holds(key: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(key) {
        return p256::ecdsa::Signature::from_der(signature).is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok());
    }
    if let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(key) {
        return p384::ecdsa::Signature::from_der(signature).is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok());
    }
    if let Ok(key) = p521::ecdsa::VerifyingKey::from_public_key_der(key) {
        return p521::ecdsa::Signature::from_der(signature).is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok());
    }
    false
}
