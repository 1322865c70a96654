use std::{fmt, str::FromStr};

use pkcs8::{
    AlgorithmIdentifierRef, LineEnding, ObjectIdentifier, PrivateKeyInfo, SecretDocument,
    der::{pem::PemLabel, zeroize::Zeroizing},
};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use secrecy::{ExposeSecret, SecretString};

use super::{KeyError, PublicKey};

/// The algorithm of Ed25519 keys (RFC 8410, section 3).
const ED25519: AlgorithmIdentifierRef<'static> =
    AlgorithmIdentifierRef { oid: ObjectIdentifier::new_unwrap("1.3.101.112"), parameters: None };
const SEED_BYTES: usize = 32;
/// The start of a private key in PKCS #8: tag and length of an octet string (RFC 8410, section 7).
const SEED_PREFIX: [u8; 2] = [4, SEED_BYTES as u8];

/// A signature algorithm with public keys: Ed25519 (RFC 8037) or ECDSA with P-256 (RFC 7518, section 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the RFCs")]
pub enum PublicKeyAlgorithm {
    EdDSA,
    ES256,
}

impl FromStr for PublicKeyAlgorithm {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, &'static str> {
        match name {
            "EdDSA" => Ok(Self::EdDSA),
            "ES256" => Ok(Self::ES256),
            _ => Err("must be EdDSA or ES256"),
        }
    }
}

/// A private key and the text of its file.
#[derive(Clone)]
pub struct PrivateKey {
    pem: SecretString,
    der: SecretDocument,
    public: PublicKey,
}

/// The text is not a private key for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrivateKey {
    /// It is not a supported private key.
    #[error(
        "it is not an Ed25519 private key, or a P-256 private key with its uncompressed public key, in PEM PKCS #8"
    )]
    Unknown,
    /// It has several PEM blocks, so the intended key is ambiguous.
    #[error("it contains more than one key")]
    Several,
}

impl PrivateKey {
    /// Parses a private key in PEM PKCS #8 (RFC 5958), which determines the algorithm.
    ///
    /// # Errors
    ///
    /// See [`InvalidPrivateKey`].
    pub fn from_pem(pem: &str) -> Result<Self, InvalidPrivateKey> {
        if pem.matches("-----BEGIN").nth(1).is_some() {
            return Err(InvalidPrivateKey::Several);
        }
        let (label, der) =
            SecretDocument::from_pem(pem.trim()).map_err(|_| InvalidPrivateKey::Unknown)?;
        if label != "PRIVATE KEY" {
            return Err(InvalidPrivateKey::Unknown);
        }
        let public = public_key(der.as_bytes()).ok_or(InvalidPrivateKey::Unknown)?;
        Ok(Self { pem: pem.to_owned().into(), der, public })
    }

    /// Generates a key with the randomness of the operating system.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the operating system provides no randomness, or the key cannot be encoded as PEM.
    pub fn generate(algorithm: PublicKeyAlgorithm) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let no_key = |_| KeyError("the operating system provided no randomness".to_owned());
        let der = match algorithm {
            PublicKeyAlgorithm::EdDSA => {
                // Without the public key (RFC 8410, section 7), like common tools.
                let mut key = Zeroizing::new([0; 2 + SEED_BYTES]);
                key[..2].copy_from_slice(&SEED_PREFIX);
                random.fill(&mut key[2..]).map_err(no_key)?;
                SecretDocument::try_from(PrivateKeyInfo::new(ED25519, &*key))
            }
            PublicKeyAlgorithm::ES256 => {
                let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).map_err(no_key)?;
                SecretDocument::try_from(pkcs8.as_ref()).map_err(Into::into)
            }
        };
        let unusable = |error: pkcs8::Error| KeyError(error.to_string());
        let pem = der.map_err(unusable)?.to_pem(PrivateKeyInfo::PEM_LABEL, LineEnding::LF);
        let pem = pem.map_err(|error| unusable(error.into()))?;
        Self::from_pem(&pem).map_err(|error| KeyError(error.to_string()))
    }

    /// Returns the key as PEM, for its file.
    #[must_use]
    pub fn expose_pem(&self) -> &str {
        self.pem.expose_secret()
    }

    /// Returns the algorithm of the key.
    #[must_use]
    pub const fn algorithm(&self) -> PublicKeyAlgorithm {
        match self.public {
            PublicKey::Ed25519 { .. } => PublicKeyAlgorithm::EdDSA,
            PublicKey::P256 { .. } => PublicKeyAlgorithm::ES256,
        }
    }

    pub(crate) const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Returns the key as PKCS #8.
    pub(crate) fn der(&self) -> &[u8] {
        self.der.as_bytes()
    }
}

/// Returns the seed and the public key of an Ed25519 key in PKCS #8, or `None` for any other key.
pub(crate) fn ed25519_key_pair(der: &[u8]) -> Option<Zeroizing<[u8; 2 * SEED_BYTES]>> {
    let key = PrivateKeyInfo::try_from(der).ok()?;
    if key.algorithm != ED25519 {
        return None;
    }
    let seed = key.private_key.strip_prefix(&SEED_PREFIX)?;
    let pair = match key.public_key {
        Some(public) => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        None => Ed25519KeyPair::from_seed_unchecked(seed),
    };
    let (mut bytes, public) = (Zeroizing::new([0; 2 * SEED_BYTES]), *pair.ok()?.public_key());
    bytes[..SEED_BYTES].copy_from_slice(seed);
    bytes[SEED_BYTES..].copy_from_slice(public.as_ref());
    Some(bytes)
}

/// Returns the public key of a private key in PKCS #8, or `None` for an unsupported key.
fn public_key(der: &[u8]) -> Option<PublicKey> {
    if let Some(pair) = ed25519_key_pair(der) {
        return Some(PublicKey::ed25519(&pair[SEED_BYTES..]));
    }
    let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = EcdsaKeyPair::from_pkcs8(kind, der, &SystemRandom::new()).ok()?;
    PublicKey::p256(pair.public_key().as_ref())
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?}, …)", self.algorithm())
    }
}
