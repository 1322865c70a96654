use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

/// A public key, in base64url.
#[derive(Clone)]
pub(crate) enum PublicKey {
    /// Ed25519 (RFC 8037, section 2).
    Ed25519 { x: String },
    /// P-256 (RFC 7518, section 6.2.1).
    P256 { x: String, y: String },
}

impl PublicKey {
    pub(crate) fn ed25519(key: &[u8]) -> Self {
        Self::Ed25519 { x: BASE64_URL_SAFE_NO_PAD.encode(key) }
    }

    /// Parses an uncompressed point (SEC 1, section 2.3.3).
    pub(crate) fn p256(point: &[u8]) -> Option<Self> {
        let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
        let text = |coordinate| BASE64_URL_SAFE_NO_PAD.encode(coordinate);
        Some(Self::P256 { x: text(x), y: text(y) })
    }

    /// Returns the thumbprint (RFC 7638), the SHA-256 of the required members in alphabetical order.
    pub(crate) fn thumbprint(&self) -> String {
        let members = match self {
            Self::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
            Self::P256 { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
        };
        BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
    }

    /// Returns the key as a JWK (RFC 7517, section 4).
    pub(crate) fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Ed25519 { x } => {
                json!({"kty": "OKP", "use": "sig", "alg": "EdDSA", "kid": id, "crv": "Ed25519", "x": x})
            }
            Self::P256 { x, y } => json!({
                "kty": "EC", "use": "sig", "alg": "ES256", "kid": id, "crv": "P-256", "x": x, "y": y,
            }),
        }
    }
}
