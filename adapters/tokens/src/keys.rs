//! Keys that sign, each bound to its algorithm: nothing is ever read of a token to choose one (RFC 8725, section 3.1).

use coach_core::ports::{RandomSource, random_bytes};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, crypto,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use secrecy::{ExposeSecret, SecretSlice, SecretString};

/// HMAC with a hash of the SHA-2 family (RFC 7518, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of RFC 7518")]
pub enum HmacAlgorithm {
    HS256,
    HS384,
    HS512,
}

impl HmacAlgorithm {
    const ALL: [Self; 3] = [Self::HS256, Self::HS384, Self::HS512];
}

impl From<HmacAlgorithm> for Algorithm {
    fn from(algorithm: HmacAlgorithm) -> Self {
        match algorithm {
            HmacAlgorithm::HS256 => Self::HS256,
            HmacAlgorithm::HS384 => Self::HS384,
            HmacAlgorithm::HS512 => Self::HS512,
        }
    }
}

/// Signatures that anybody can verify and only we can make: Ed25519 (RFC 8037) and ECDSA with P-256 (RFC 7518, section
/// 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the RFCs")]
pub enum PublicKeyAlgorithm {
    EdDSA,
    ES256,
}

impl From<PublicKeyAlgorithm> for Algorithm {
    fn from(algorithm: PublicKeyAlgorithm) -> Self {
        match algorithm {
            PublicKeyAlgorithm::EdDSA => Self::EdDSA,
            PublicKeyAlgorithm::ES256 => Self::ES256,
        }
    }
}

/// A symmetric key of at least [`SigningSecret::MIN_BYTES`].
#[derive(Debug, Clone)]
pub struct SigningSecret(SecretSlice<u8>);

/// For configuration alone: the time that a comparison takes depends on the secrets.
impl PartialEq for SigningSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

/// A signing secret that can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// It is shorter than [`SigningSecret::MIN_BYTES`].
    #[error("must have at least {} bytes", SigningSecret::MIN_BYTES)]
    TooShort,
    /// It is one byte over and over.
    #[error("must not be one character repeated")]
    Repeated,
}

impl SigningSecret {
    /// RFC 7518, section 3.2: as long as the hash's output.
    pub const MIN_BYTES: usize = 32;

    /// Takes a key.
    ///
    /// # Errors
    ///
    /// See [`WeakSecret`].
    pub fn new(secret: Vec<u8>) -> Result<Self, WeakSecret> {
        if secret.len() < Self::MIN_BYTES {
            return Err(WeakSecret::TooShort);
        }
        if secret.iter().all(|byte| *byte == secret[0]) {
            return Err(WeakSecret::Repeated);
        }
        Ok(Self(secret.into()))
    }
}

/// A private key, of which the public half may be published.
#[derive(Debug, Clone)]
pub struct PrivateKey {
    pem: SecretString,
    algorithm: PublicKeyAlgorithm,
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
    /// Reads PEM PKCS #8 (RFC 5958). The algorithm follows from the key.
    ///
    /// # Errors
    ///
    /// See [`InvalidPrivateKey`].
    pub fn from_pem(pem: &str) -> Result<Self, InvalidPrivateKey> {
        if pem.matches("-----BEGIN").nth(1).is_some() {
            return Err(InvalidPrivateKey::Several);
        }
        let key = |algorithm| Self { pem: pem.to_owned().into(), algorithm };
        let keys = [PublicKeyAlgorithm::EdDSA, PublicKeyAlgorithm::ES256].map(key);
        keys.into_iter()
            .find(|key| SigningKey::private(key).is_ok())
            .ok_or(InvalidPrivateKey::Unknown)
    }

    /// Makes a key.
    #[must_use]
    pub fn generate(algorithm: PublicKeyAlgorithm, random: &dyn RandomSource) -> Self {
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
        // Neither key has a part that cannot be written.
        Self { pem: pem.map(|pem| pem.to_string()).unwrap_or_default().into(), algorithm }
    }

    /// The key itself, for the file that keeps it.
    #[must_use]
    pub fn expose_pem(&self) -> &str {
        self.pem.expose_secret()
    }

    /// What the key is for.
    #[must_use]
    pub const fn algorithm(&self) -> PublicKeyAlgorithm {
        self.algorithm
    }
}

/// A key that signs and verifies with one algorithm, and its name.
pub(crate) struct SigningKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) id: String,
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    public: Option<Jwk>,
}

/// The key that signs, and former ones whose tokens are still accepted.
pub struct KeyRing {
    pub(crate) current: SigningKey,
    pub(crate) previous: Vec<SigningKey>,
}

/// The key's name or its public half cannot be computed, or it is not one for the format of the tokens.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the sentences say it")]
pub enum KeyError {
    #[error("the key cannot be used: {0}")]
    Jwt(#[from] jsonwebtoken::errors::Error),
    #[error("the key cannot be used: {0}")]
    Unusable(String),
}

impl SigningKey {
    fn hmac(secret: &SigningSecret, algorithm: HmacAlgorithm) -> Result<Self, KeyError> {
        let encoding = EncodingKey::from_secret(secret.0.expose_secret());
        // 96 bits of an HMAC over a fixed label. No token's signing input equals the label, which has no dot.
        let label = format!("key id {algorithm:?}");
        let mut id = crypto::sign(label.as_bytes(), &encoding, Algorithm::HS256)?;
        id.truncate(16);
        let decoding = DecodingKey::from_secret(secret.0.expose_secret());
        Ok(Self { algorithm: algorithm.into(), id, encoding, decoding, public: None })
    }

    fn private(key: &PrivateKey) -> Result<Self, KeyError> {
        let (pem, algorithm) = (key.pem.expose_secret().as_bytes(), key.algorithm.into());
        let encoding = match key.algorithm {
            PublicKeyAlgorithm::EdDSA => EncodingKey::from_ed_pem(pem)?,
            PublicKeyAlgorithm::ES256 => EncodingKey::from_ec_pem(pem)?,
        };
        let mut public = Jwk::from_encoding_key(&encoding, algorithm)?;
        let is_expected_curve = match &public.algorithm {
            AlgorithmParameters::EllipticCurve(key) => key.curve == EllipticCurve::P256,
            AlgorithmParameters::OctetKeyPair(key) => key.curve == EllipticCurve::Ed25519,
            _ => false,
        };
        if !is_expected_curve {
            return Err(KeyError::Unusable("it is of another curve".to_owned()));
        }
        let id = public.thumbprint(ThumbprintHash::SHA256)?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let decoding = DecodingKey::from_jwk(&public)?;
        Ok(Self { algorithm, id, encoding, decoding, public: Some(public) })
    }

    /// What other keys are derived from.
    pub(crate) fn material(&self) -> &[u8] {
        self.encoding.as_bytes()
    }
}

impl KeyRing {
    /// A ring with one symmetric key.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub fn hmac(secret: &SigningSecret, algorithm: HmacAlgorithm) -> Result<Self, KeyError> {
        Ok(Self { current: SigningKey::hmac(secret, algorithm)?, previous: Vec::new() })
    }

    /// A ring with one private key.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub fn private(key: &PrivateKey) -> Result<Self, KeyError> {
        Ok(Self { current: SigningKey::private(key)?, previous: Vec::new() })
    }

    /// Accepts a former secret, whichever of the HMAC algorithms it was for: each has a key id of its own.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub fn accept_secret(&mut self, secret: &SigningSecret) -> Result<(), KeyError> {
        for algorithm in HmacAlgorithm::ALL {
            self.accept(SigningKey::hmac(secret, algorithm)?);
        }
        Ok(())
    }

    /// Accepts a former private key.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub fn accept_private(&mut self, key: &PrivateKey) -> Result<(), KeyError> {
        self.accept(SigningKey::private(key)?);
        Ok(())
    }

    /// A key that is in the ring already is not listed again.
    fn accept(&mut self, key: SigningKey) {
        if self.iter().all(|known| known.id != key.id) {
            self.previous.push(key);
        }
    }

    /// The public keys as a JWK Set (RFC 7517, section 5), the present one first. Secret ones are not in it.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.iter().filter_map(|key| key.public.clone()).collect() }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SigningKey> {
        [&self.current].into_iter().chain(&self.previous)
    }
}

#[cfg(test)]
mod tests;
