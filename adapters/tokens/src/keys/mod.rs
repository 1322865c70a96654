//! Keys. Each is bound to one algorithm, which is never read from a token (RFC 8725, section 3.1).

mod jwk;
mod private;
mod secret;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::{Value, json};

pub(crate) use self::{jwk::PublicKey, private::ed25519_key_pair};
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
    Pair(PublicKey),
}

/// The key that signs, and previous keys whose tokens are still accepted.
pub struct KeyRing {
    pub(crate) current: SigningKey,
    pub(crate) previous: Vec<SigningKey>,
}

/// The key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the key cannot be used: {0}")]
pub struct KeyError(pub(crate) String);

impl SigningKey {
    /// The id is 96 bits of an HMAC of a fixed label. No token has this label as its signed message.
    fn hmac(secret: &SigningSecret, algorithm: HmacAlgorithm) -> Self {
        let mut id = BASE64_URL_SAFE_NO_PAD
            .encode(mac(secret.expose(), format!("key id {algorithm:?}").as_bytes()));
        id.truncate(16);
        let material = SecretSlice::from(secret.expose().to_vec());
        Self { id, kind: KeyKind::Hmac(algorithm), material }
    }

    fn private(key: &PrivateKey) -> Self {
        let material = SecretSlice::from(key.der().to_vec());
        Self { id: key.public().thumbprint(), kind: KeyKind::Pair(key.public().clone()), material }
    }

    /// Returns the secret, or the private key as PKCS #8. Other keys are derived from it.
    pub(crate) fn material(&self) -> &[u8] {
        self.material.expose_secret()
    }
}

impl KeyRing {
    /// Creates a key ring with one secret.
    #[must_use]
    pub fn hmac(secret: &SigningSecret, algorithm: HmacAlgorithm) -> Self {
        Self { current: SigningKey::hmac(secret, algorithm), previous: Vec::new() }
    }

    /// Creates a key ring with one private key.
    #[must_use]
    pub fn private(key: &PrivateKey) -> Self {
        Self { current: SigningKey::private(key), previous: Vec::new() }
    }

    /// Accepts a previous secret, with every HMAC algorithm.
    pub fn accept_secret(&mut self, secret: &SigningSecret) {
        for algorithm in HmacAlgorithm::ALL {
            self.accept(SigningKey::hmac(secret, algorithm));
        }
    }

    /// Accepts a previous private key.
    pub fn accept_private(&mut self, key: &PrivateKey) {
        self.accept(SigningKey::private(key));
    }

    /// Adds a key unless it is already in the ring.
    fn accept(&mut self, key: SigningKey) {
        if self.iter().all(|known| known.id != key.id) {
            self.previous.push(key);
        }
    }

    /// Returns the public keys as a JWK Set (RFC 7517, section 5), the current one first. Secrets are not included.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let public = self.iter().filter_map(|key| match &key.kind {
            KeyKind::Pair(public) => Some(public.jwk(&key.id)),
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
