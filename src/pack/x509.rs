//! Signatures by the keys of X.509 certificates: RSA with PKCS#1 version 1.5, and ECDSA on the curves of NIST, over SHA-2.
//!
//! In: a certificate, an algorithm, a message. Out: whether the signature holds. Whom to trust is not asked here.

use cms::cert::x509::Certificate;
use cms::cert::x509::der::Encode;
use der::oid::ObjectIdentifier;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::pkcs8::DecodePublicKey;
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

enum Family {
    Rsa,
    Ecdsa,
}

/// The family, and the digest where the identifier names it.
fn algorithm(oid: &ObjectIdentifier) -> Option<(Family, Option<Hash>)> {
    Some(match oid.to_string().as_str() {
        "1.2.840.113549.1.1.1" => (Family::Rsa, None),
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
    oid: &ObjectIdentifier,
    stated: Option<Hash>,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, String> {
    let (family, named) = algorithm(oid).ok_or_else(|| format!("signatures of the kind {oid} are not known here"))?;
    let hash = named.or(stated).ok_or("its digest is not stated")?;
    let key = certificate.tbs_certificate.subject_public_key_info.to_der().map_err(|error| error.to_string())?;
    let digest = hash.of(message);
    Ok(match family {
        Family::Rsa => rsa_holds(&key, hash, &digest, signature),
        Family::Ecdsa => ecdsa_holds(&key, &digest, signature),
    })
}

fn rsa_holds(key: &[u8], hash: Hash, digest: &[u8], signature: &[u8]) -> bool {
    let scheme = match hash {
        Hash::Sha256 => rsa::Pkcs1v15Sign::new::<Sha256>(),
        Hash::Sha384 => rsa::Pkcs1v15Sign::new::<Sha384>(),
        Hash::Sha512 => rsa::Pkcs1v15Sign::new::<Sha512>(),
    };
    rsa::PublicKey::from_public_key_der(key).is_ok_and(|key| key.verify(scheme, digest, signature).is_ok())
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
