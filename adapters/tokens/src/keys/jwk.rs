use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::KeyPair;

/// The public half of a key pair, in base64url.
#[derive(Clone)]
pub(crate) enum PublicKey {
    /// RFC 8037, section 2.
    Ed25519 { x: String },
    /// RFC 7518, section 6.2.1.
    P256 { x: String, y: String },
}

impl PublicKey {
    pub(crate) fn of(pair: &KeyPair) -> Self {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        match pair {
            KeyPair::Ed25519(key) => Self::Ed25519 { x: text(key.verifying_key().as_bytes()) },
            KeyPair::P256(key) => {
                let point = key.public_key().to_encoded_point(false);
                // The point of a private key is never the identity, so it has both coordinates.
                let coordinate =
                    |bytes: Option<&_>| bytes.map(|bytes: &p256::FieldBytes| text(bytes));
                let (x, y) = (coordinate(point.x()), coordinate(point.y()));
                Self::P256 { x: x.unwrap_or_default(), y: y.unwrap_or_default() }
            }
        }
    }

    /// RFC 7638: SHA-256 over the required members in alphabetical order.
    pub(crate) fn thumbprint(&self) -> String {
        let members = match self {
            Self::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
            Self::P256 { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
        };
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(members))
    }

    /// RFC 7517, section 4.
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
