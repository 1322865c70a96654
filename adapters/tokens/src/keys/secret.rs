use std::str::FromStr;

use secrecy::{ExposeSecret, SecretSlice};

/// HMAC with a hash of the SHA-2 family (RFC 7518, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of RFC 7518")]
pub enum HmacAlgorithm {
    HS256,
    HS384,
    HS512,
}

impl HmacAlgorithm {
    pub(crate) const ALL: [Self; 3] = [Self::HS256, Self::HS384, Self::HS512];
}

impl FromStr for HmacAlgorithm {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|algorithm| format!("{algorithm:?}") == name).ok_or(())
    }
}

/// A symmetric key of at least [`SigningSecret::MIN_BYTES`].
#[derive(Debug, Clone)]
pub struct SigningSecret(SecretSlice<u8>);

/// The signing secret is easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// It is shorter than [`SigningSecret::MIN_BYTES`].
    #[error("must have at least {} bytes", SigningSecret::MIN_BYTES)]
    TooShort,
    /// It is one byte repeated.
    #[error("must not be one character repeated")]
    Repeated,
}

impl SigningSecret {
    /// Minimum length in bytes: that of a SHA-256 output (RFC 7518, section 3.2).
    pub const MIN_BYTES: usize = 32;

    /// Checks a secret.
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

    /// Returns how many different bytes the secret has. Few of them are a sign of a secret that a person made up.
    #[must_use]
    pub fn different_bytes(&self) -> usize {
        self.expose().iter().collect::<std::collections::BTreeSet<_>>().len()
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

/// Only for the configuration, because the comparison does not take constant time.
impl PartialEq for SigningSecret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}
