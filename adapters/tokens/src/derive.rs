use ring::hmac::{self, HMAC_SHA256, Key};

/// A key for one purpose, derived from the key that signs access tokens (NIST SP 800-108, counter mode, one block). It
/// reveals nothing about the signing key.
#[derive(Clone)]
pub(crate) struct DerivedKey(Key);

impl DerivedKey {
    /// Derives a key. Different purposes give independent keys.
    pub(crate) fn new(material: &[u8], purpose: &str) -> Self {
        Self(Key::new(HMAC_SHA256, &Self::bytes(material, purpose)))
    }

    /// Derives the bytes of a key for another algorithm.
    pub(crate) fn bytes(material: &[u8], purpose: &str) -> [u8; 32] {
        mac(material, format!("\u{1}pm-interview-coach {purpose}").as_bytes())
    }

    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        output(hmac::sign(&self.0, message))
    }

    /// Compares in constant time.
    pub(crate) fn verifies(&self, message: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.0, message, mac).is_ok()
    }
}

/// HMAC-SHA256 (RFC 2104).
pub(crate) fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    output(hmac::sign(&Key::new(HMAC_SHA256, key), message))
}

/// Converts an HMAC-SHA256 tag, which always has 32 bytes.
fn output(tag: hmac::Tag) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}
