use chrono::DateTime;
use coach_core::{
    domain::{AccessClaims, AccessToken, SessionId, UserId},
    ports::{InvalidToken, TokenIssuer, TokenIssuerError, TokenVerifier},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, crypto, decode, encode,
};
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// RFC 9068, section 2.1: tells an access token from every other JWT that the same key may sign.
const TYPE: &str = "at+jwt";
/// Ours have about 350 bytes; nothing much longer is worth decoding.
const MAX_TOKEN_BYTES: usize = 4096;

/// Access tokens as JWTs, signed and verified with one HMAC key.
pub struct JwtTokens {
    header: Header,
    issuer: String,
    audience: Option<String>,
    encoding_key: EncodingKey,
    decoding_key: DecodingKey,
    validation: Validation,
}

/// How tokens are signed and whom they name.
#[derive(Debug, Clone)]
pub struct JwtSettings {
    /// The key.
    pub secret: SigningSecret,
    /// What the key is for.
    pub algorithm: HmacAlgorithm,
    /// `iss`.
    pub issuer: String,
    /// `aud`; when there is one, it is issued and required.
    pub audience: Option<String>,
}

/// HMAC with a hash of the SHA-2 family (RFC 7518, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of RFC 7518")]
pub enum HmacAlgorithm {
    HS256,
    HS384,
    HS512,
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

/// A symmetric key of at least [`SigningSecret::MIN_BYTES`].
#[derive(Debug, Clone)]
pub struct SigningSecret(SecretSlice<u8>);

/// The secret is shorter than [`SigningSecret::MIN_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing secret has at least {} bytes", SigningSecret::MIN_BYTES)]
pub struct SecretTooShort;

impl SigningSecret {
    /// RFC 7518, section 3.2: as long as the hash's output.
    pub const MIN_BYTES: usize = 32;

    /// Takes a key.
    ///
    /// # Errors
    ///
    /// [`SecretTooShort`].
    pub fn new(secret: Vec<u8>) -> Result<Self, SecretTooShort> {
        if secret.len() < Self::MIN_BYTES {
            return Err(SecretTooShort);
        }
        Ok(Self(secret.into()))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

#[derive(Serialize, Deserialize)]
struct JwtClaims {
    iss: String,
    sub: String,
    sid: String,
    jti: String,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    // Checked by `Validation`; here only its form is, which `Validation` ignores when it is neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience>,
}

/// RFC 7519, section 4.1.3.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl JwtTokens {
    /// Prepares the keys.
    ///
    /// # Errors
    ///
    /// If the key's name cannot be computed.
    pub fn new(settings: JwtSettings) -> Result<Self, TokenIssuerError> {
        let JwtSettings { secret, algorithm, issuer, audience } = settings;
        let algorithm = Algorithm::from(algorithm);
        let encoding_key = EncodingKey::from_secret(secret.0.expose_secret());
        let mut header = Header::new(algorithm);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key_id(&encoding_key)?);

        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["iss", "sub"]);
        if let Some(audience) = &audience {
            validation.set_audience(&[audience]);
            validation.set_required_spec_claims(&["iss", "sub", "aud"]);
        }
        // The times are a rule of the core, which has the clock: `AccessClaims::is_current`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            header,
            issuer,
            audience,
            encoding_key,
            decoding_key: DecodingKey::from_secret(secret.0.expose_secret()),
            validation,
        })
    }
}

/// 96 bits of an HMAC over a fixed label. No token's signing input equals the label, which has no dot.
fn key_id(key: &EncodingKey) -> Result<String, TokenIssuerError> {
    let mut id = crypto::sign(b"key id", key, Algorithm::HS256)
        .map_err(|error| TokenIssuerError(error.into()))?;
    id.truncate(16);
    Ok(id)
}

impl TokenIssuer for JwtTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, TokenIssuerError> {
        let claims = JwtClaims {
            iss: self.issuer.clone(),
            sub: claims.user_id.0.to_string(),
            sid: claims.session_id.to_string(),
            jti: claims.token_id.to_string(),
            iat: claims.issued_at.timestamp(),
            exp: claims.expires_at.timestamp(),
            nbf: claims.not_before.map(|time| time.timestamp()),
            aud: self.audience.clone().map(Audience::One),
        };
        encode(&self.header, &claims, &self.encoding_key)
            .map(AccessToken::new)
            .map_err(|error| TokenIssuerError(error.into()))
    }
}

impl TokenVerifier for JwtTokens {
    fn verify(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken);
        }
        let token = decode::<JwtClaims>(token, &self.decoding_key, &self.validation)
            .map_err(|_| InvalidToken)?;
        if token.header != self.header {
            return Err(InvalidToken);
        }
        AccessClaims::try_from(token.claims)
    }
}

impl TryFrom<JwtClaims> for AccessClaims {
    type Error = InvalidToken;

    fn try_from(claims: JwtClaims) -> Result<Self, InvalidToken> {
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(InvalidToken);
        let user_id: i64 = claims.sub.parse().map_err(|_| InvalidToken)?;
        if user_id.to_string() != claims.sub {
            return Err(InvalidToken);
        }
        Ok(Self {
            user_id: UserId(user_id),
            session_id: SessionId::parse(&claims.sid).ok_or(InvalidToken)?,
            token_id: Uuid::try_parse(&claims.jti).map_err(|_| InvalidToken)?.into(),
            issued_at: time(claims.iat)?,
            expires_at: time(claims.exp)?,
            not_before: claims.nbf.map(time).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests;
