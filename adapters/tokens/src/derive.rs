use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A key for one purpose, made out of the key that signs access tokens. Who knows the one learns nothing of the other (NIST
/// SP 800-108, a key derivation function in counter mode, of one block).
#[derive(Clone)]
pub(crate) struct DerivedKey(Hmac<Sha256>);

impl DerivedKey {
    /// `purpose` tells keys of one material apart.
    pub(crate) fn new(material: &[u8], purpose: &str) -> Self {
        Self(keyed(&Self::bytes(material, purpose)))
    }

    /// The key itself, for an algorithm that takes one.
    pub(crate) fn bytes(material: &[u8], purpose: &str) -> [u8; 32] {
        let mut derivation = keyed(material);
        derivation.update(&[1]);
        derivation.update(b"pm-interview-coach ");
        derivation.update(purpose.as_bytes());
        derivation.finalize().into_bytes().into()
    }

    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(message).finalize().into_bytes().into()
    }

    /// In constant time.
    pub(crate) fn verifies(&self, message: &[u8], mac: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(mac).is_ok()
    }
}

/// HMAC takes a key of any length (RFC 2104, section 2).
#[allow(clippy::expect_used, reason = "there is no length that it refuses")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key of any length")
}
