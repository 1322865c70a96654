//! Keys. Each is bound to its algorithm: nothing is ever read from a token to choose one (RFC 8725, section 3.1).

mod jwk;
mod private;
mod secret;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::{Value, json};

pub(crate) use self::{jwk::PublicKey, private::KeyPair};
pub use self::{
    private::{InvalidPrivateKey, PrivateKey, PublicKeyAlgorithm},
    secret::{HmacAlgorithm, SigningSecret, WeakSecret},
};
use crate::derive::mac;

/// A key that signs and verifies with one algorithm.
#[derive(Clone)]
pub(crate) struct SigningKey {
    /// The id of the key in tokens and in the JWK Set.
    pub(crate) id: String,
    pub(crate) kind: KeyKind,
    material: SecretSlice<u8>,
}

#[derive(Clone)]
pub(crate) enum KeyKind {
    Hmac(HmacAlgorithm),
    Pair(KeyPair, PublicKey),
}

/// The key that signs, and former keys whose tokens are still accepted.
pub struct KeyRing {
    pub(crate) current: SigningKey,
    pub(crate) previous: Vec<SigningKey>,
}

/// A key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the key cannot be used: {0}")]
pub struct KeyError(pub(crate) String);

impl SigningKey {
    /// The id is 96 bits of an HMAC over a fixed label, which no message that the key signs equals.
    fn hmac(secret: &SigningSecret, algorithm: HmacAlgorithm) -> Self {
        let mut id = BASE64_URL_SAFE_NO_PAD
            .encode(mac(secret.expose(), format!("key id {algorithm:?}").as_bytes()));
        id.truncate(16);
        let material = SecretSlice::from(secret.expose().to_vec());
        Self { id, kind: KeyKind::Hmac(algorithm), material }
    }

    fn private(key: &PrivateKey) -> Self {
        let public = PublicKey::of(key.pair());
        let material = SecretSlice::from(key.der().to_vec());
        Self { id: public.thumbprint(), kind: KeyKind::Pair(key.pair().clone(), public), material }
    }

    /// The bytes from which other keys are derived: the secret, or the private key as PKCS #8.
    pub(crate) fn material(&self) -> &[u8] {
        self.material.expose_secret()
    }
}

impl KeyRing {
    /// Makes a ring with one secret.
    #[must_use]
    pub fn hmac(secret: &SigningSecret, algorithm: HmacAlgorithm) -> Self {
        Self { current: SigningKey::hmac(secret, algorithm), previous: Vec::new() }
    }

    /// Makes a ring with one private key.
    #[must_use]
    pub fn private(key: &PrivateKey) -> Self {
        Self { current: SigningKey::private(key), previous: Vec::new() }
    }

    /// Accepts a former secret, for each of the HMAC algorithms.
    pub fn accept_secret(&mut self, secret: &SigningSecret) {
        for algorithm in HmacAlgorithm::ALL {
            self.accept(SigningKey::hmac(secret, algorithm));
        }
    }

    /// Accepts a former private key.
    pub fn accept_private(&mut self, key: &PrivateKey) {
        self.accept(SigningKey::private(key));
    }

    /// A key that is in the ring already is not listed again.
    fn accept(&mut self, key: SigningKey) {
        if self.iter().all(|known| known.id != key.id) {
            self.previous.push(key);
        }
    }

    /// Returns the public keys as a JWK Set (RFC 7517, section 5), the present one first. Secrets are not in it.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let public = self.iter().filter_map(|key| match &key.kind {
            KeyKind::Pair(_, public) => Some(public.jwk(&key.id)),
            KeyKind::Hmac(_) => None,
        });
        json!({ "keys": public.collect::<Vec<_>>() })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SigningKey> {
        [&self.current].into_iter().chain(&self.previous)
    }
}

#[cfg(test)]
mod tests;
