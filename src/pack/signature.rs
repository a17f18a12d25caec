//! Signatures by SSH keys: over the manifest in the form of `ssh-keygen -Y`, over the statement in the form of DSSE.
//!
//! In: the bytes of a key file that the user named, the manifest, the statement. Out: the files of the seal; or whose signature it is.
//! A key is read, used and dropped; nothing here keeps, copies or prints one.

use p256::ecdsa::signature::{Signer, Verifier};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, LineEnding, PrivateKey, PublicKey, Signature, SshSig};

use super::statement::{Statement, envelope, open, signed_bytes};

/// The purpose that the signature names, so that it cannot be used for another one: `ssh-keygen -Y verify -n`.
pub const NAMESPACE: &str = "tickmark-pack";

/// RSA keys with fewer bits are not strong enough to sign what is kept for ten years.
const RSA_BITS_MIN: usize = 2048;

/// Why a pack could not be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    #[error("it is no private key of OpenSSH; `ssh-keygen -p -f KEY` rewrites an older form")]
    NoKey,
    #[error("the key is encrypted")]
    Locked,
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    #[error("a key of the kind {0} cannot sign here; use Ed25519, ECDSA or RSA with at least {RSA_BITS_MIN} bits")]
    Unsupported(String),
    #[error("the key cannot sign")]
    Failed(#[source] ssh_key::Error),
}

/// The files that one signature adds.
pub struct Signed {
    /// In the armour of OpenSSH.
    pub signature: Vec<u8>,
    /// One line, as `authorized_keys` has it.
    pub signer: Vec<u8>,
    /// The DSSE envelope.
    pub statement: Vec<u8>,
    /// `SHA256:...`
    pub fingerprint: String,
}

/// A private key, ready to sign or still locked.
pub struct SigningKey(PrivateKey);

impl SigningKey {
    /// Reads a key file; a locked key is read too.
    pub fn read(pem: &[u8]) -> Result<SigningKey, SignError> {
        PrivateKey::from_openssh(pem).map(SigningKey).map_err(|_| SignError::NoKey)
    }

    pub fn is_locked(&self) -> bool {
        self.0.is_encrypted()
    }

    pub fn unlock(self, passphrase: &str) -> Result<SigningKey, SignError> {
        self.0.decrypt(passphrase).map(SigningKey).map_err(|_| SignError::WrongPassphrase)
    }

    /// `SHA256:...`, known of a locked key too.
    pub fn fingerprint(&self) -> String {
        self.0.public_key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// Signs a manifest and the statement about it.
    pub fn sign(&self, manifest: &[u8], statement: &Statement) -> Result<Signed, SignError> {
        if self.is_locked() {
            return Err(SignError::Locked);
        }
        check_kind(self.0.public_key().key_data())?;
        let over_manifest = self.0.sign(NAMESPACE, HashAlg::Sha512, manifest).map_err(SignError::Failed)?;
        let payload = serde_json::to_vec(statement).expect("plain data");
        let over_statement = self.0.try_sign(&signed_bytes(&payload)).map_err(|error| SignError::Failed(error.into()))?;
        let public = PublicKey::from(self.0.public_key().key_data().clone());
        Ok(Signed {
            signature: over_manifest.to_pem(LineEnding::LF).map_err(SignError::Failed)?.into_bytes(),
            signer: format!("{}\n", public.to_openssh().map_err(SignError::Failed)?).into_bytes(),
            statement: envelope(&payload, &self.fingerprint(), &plain_bytes(&over_statement).map_err(SignError::Failed)?),
            fingerprint: self.fingerprint(),
        })
    }
}

fn check_kind(key: &KeyData) -> Result<(), SignError> {
    match key {
        KeyData::Ed25519(_) | KeyData::Ecdsa(_) => Ok(()),
        KeyData::Rsa(rsa) if rsa.key_size() as usize >= RSA_BITS_MIN => Ok(()),
        other => Err(SignError::Unsupported(other.algorithm().to_string())),
    }
}

/// A signature as everybody but SSH writes it: ECDSA in DER, the others as they are.
fn plain_bytes(signature: &Signature) -> Result<Vec<u8>, ssh_key::Error> {
    Ok(match signature.algorithm() {
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 } => p256::ecdsa::Signature::try_from(signature)?.to_der().as_bytes().to_vec(),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 } => p384::ecdsa::Signature::try_from(signature)?.to_der().as_bytes().to_vec(),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 } => p521::ecdsa::Signature::try_from(signature)?.to_der().as_bytes().to_vec(),
        _ => signature.as_bytes().to_vec(),
    })
}

/// The way back, for the kind of key that signed.
fn from_plain(key: &KeyData, bytes: &[u8]) -> Result<Signature, ssh_key::Error> {
    let crypto = |_| ssh_key::Error::Crypto;
    match key.algorithm() {
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 } => p256::ecdsa::Signature::from_der(bytes).map_err(crypto)?.try_into(),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 } => p384::ecdsa::Signature::from_der(bytes).map_err(crypto)?.try_into(),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 } => p521::ecdsa::Signature::from_der(bytes).map_err(crypto)?.try_into(),
        Algorithm::Rsa { .. } => Signature::new(Algorithm::Rsa { hash: Some(HashAlg::Sha512) }, bytes),
        other => Signature::new(other, bytes),
    }
}

/// A public key that signed, for comparing and for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(KeyData);

impl Key {
    /// Reads a line of `authorized_keys`.
    pub fn read(line: &str) -> Option<Key> {
        PublicKey::from_openssh(line.trim_end()).ok().map(|key| Key(key.key_data().clone()))
    }

    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// `ssh-ed25519` and the like.
    pub fn kind(&self) -> String {
        self.0.algorithm().to_string()
    }
}

/// Checks a signature over a manifest, and gives the key that made it. Whose key that is, is for others to say.
pub fn check_manifest(armour: &[u8], manifest: &[u8]) -> Result<Key, String> {
    let signature = SshSig::from_pem(armour).map_err(|error| format!("it is no signature of SSH: {error}"))?;
    if signature.namespace() != NAMESPACE {
        return Err(format!("it was made for `{}`, not for `{NAMESPACE}`", signature.namespace()));
    }
    check_kind(signature.public_key()).map_err(|error| error.to_string())?;
    let key = PublicKey::from(signature.public_key().clone());
    key.verify(NAMESPACE, manifest, &signature).map_err(|_| format!("it is not a signature over this {}", super::MANIFEST))?;
    Ok(Key(signature.public_key().clone()))
}

/// Checks the envelope by a key, and gives the statement in it.
pub fn check_statement(envelope: &[u8], key: &Key) -> Result<Statement, String> {
    let opened = open(envelope)?;
    check_kind(&key.0).map_err(|error| error.to_string())?;
    from_plain(&key.0, &opened.signature)
        .ok()
        .and_then(|signature| key.0.verify(&signed_bytes(&opened.payload), &signature).ok())
        .ok_or_else(|| "its signature is not of the signer's key over this statement".to_owned())?;
    Ok(opened.statement)
}
