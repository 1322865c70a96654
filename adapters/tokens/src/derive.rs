use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A key for one purpose, derived from the key that signs access tokens. The derived key reveals nothing about the other
/// (NIST SP 800-108, key derivation in counter mode, one block).
#[derive(Clone)]
pub(crate) struct DerivedKey(Hmac<Sha256>);

impl DerivedKey {
    /// Derives a key. Different purposes give independent keys.
    pub(crate) fn new(material: &[u8], purpose: &str) -> Self {
        Self(keyed(&Self::bytes(material, purpose)))
    }

    /// Derives the bytes of a key, for an algorithm that takes them.
    pub(crate) fn bytes(material: &[u8], purpose: &str) -> [u8; 32] {
        mac(material, format!("\u{1}pm-interview-coach {purpose}").as_bytes())
    }

    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(message).finalize().into_bytes().into()
    }

    /// Compares in constant time.
    pub(crate) fn verifies(&self, message: &[u8], mac: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(mac).is_ok()
    }
}

/// HMAC-SHA256 (RFC 2104).
pub(crate) fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    keyed(key).chain_update(message).finalize().into_bytes().into()
}

#[allow(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104, section 2)")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key of any length")
}
