use std::{fmt, str::FromStr};

use coach_core::ports::{RandomSource, random_bytes};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding, SecretDocument};
use secrecy::{ExposeSecret, SecretString};

use super::KeyError;

/// Signatures that anyone can verify and only we can make: Ed25519 (RFC 8037) and ECDSA with P-256 (RFC 7518, section 3.4).
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

#[derive(Clone)]
pub(crate) enum KeyPair {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::SecretKey),
}

/// A private key, with the text of its file.
#[derive(Clone)]
pub struct PrivateKey {
    pem: SecretString,
    der: SecretDocument,
    pair: KeyPair,
}

/// A text that is not a private key for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrivateKey {
    /// It is something else.
    #[error("it is not an Ed25519 or P-256 private key in PEM PKCS #8")]
    Unknown,
    /// It has several PEM blocks, of which only one could be meant.
    #[error("it holds more than one key")]
    Several,
}

impl PrivateKey {
    /// Parses PEM PKCS #8 (RFC 5958). The algorithm follows from the key.
    ///
    /// # Errors
    ///
    /// See [`InvalidPrivateKey`].
    pub fn from_pem(pem: &str) -> Result<Self, InvalidPrivateKey> {
        if pem.matches("-----BEGIN").nth(1).is_some() {
            return Err(InvalidPrivateKey::Several);
        }
        let (label, der) = SecretDocument::from_pem(pem).map_err(|_| InvalidPrivateKey::Unknown)?;
        if label != "PRIVATE KEY" {
            return Err(InvalidPrivateKey::Unknown);
        }
        let ed25519 = ed25519_dalek::SigningKey::from_pkcs8_der(der.as_bytes());
        let pair = ed25519
            .map(KeyPair::Ed25519)
            .or_else(|_| p256::SecretKey::from_pkcs8_der(der.as_bytes()).map(KeyPair::P256));
        let pair = pair.map_err(|_| InvalidPrivateKey::Unknown)?;
        Ok(Self { pem: pem.to_owned().into(), der, pair })
    }

    /// Makes a key.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the key cannot be written as PEM.
    pub fn generate(
        algorithm: PublicKeyAlgorithm,
        random: &dyn RandomSource,
    ) -> Result<Self, KeyError> {
        let pem = match algorithm {
            PublicKeyAlgorithm::EdDSA => {
                // Without the public half (RFC 8410, section 7), as the common tools write it.
                let secret_key = random_bytes(random);
                ed25519_dalek::pkcs8::KeypairBytes { secret_key, public_key: None }
                    .to_pkcs8_pem(LineEnding::LF)
            }
            PublicKeyAlgorithm::ES256 => loop {
                // All but one in 2^32 numbers of 256 bits are private keys.
                let number: [u8; 32] = random_bytes(random);
                if let Ok(key) = p256::SecretKey::from_slice(&number) {
                    break key.to_pkcs8_pem(LineEnding::LF);
                }
            },
        };
        let pem = pem.map_err(|error| KeyError(error.to_string()))?;
        Self::from_pem(&pem).map_err(|error| KeyError(error.to_string()))
    }

    /// Returns the text of the key's file.
    #[must_use]
    pub fn expose_pem(&self) -> &str {
        self.pem.expose_secret()
    }

    /// Returns the algorithm of the key.
    #[must_use]
    pub const fn algorithm(&self) -> PublicKeyAlgorithm {
        match self.pair {
            KeyPair::Ed25519(_) => PublicKeyAlgorithm::EdDSA,
            KeyPair::P256(_) => PublicKeyAlgorithm::ES256,
        }
    }

    pub(crate) const fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// The key as PKCS #8.
    pub(crate) fn der(&self) -> &[u8] {
        self.der.as_bytes()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?}, …)", self.algorithm())
    }
}
