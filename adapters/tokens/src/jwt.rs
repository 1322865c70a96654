use chrono::DateTime;
use coach_core::{
    domain::{AccessClaims, AccessToken, SessionId, UserId},
    ports::{InvalidToken, TokenIssuer, TokenIssuerError, TokenVerifier},
};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::keys::{KeyRing, SigningKey};

/// RFC 9068, section 2.1: tells an access token from every other JWT that the same key may sign.
const TYPE: &str = "at+jwt";
/// Ours have about 350 bytes; nothing much longer is worth decoding.
const MAX_TOKEN_BYTES: usize = 4096;

/// Access tokens as JWTs. The present key signs; every key of the ring verifies what its own algorithm signed.
pub struct JwtTokens {
    header: Header,
    encoding_key: EncodingKey,
    issuer: String,
    audience: Option<String>,
    verifiers: Vec<Verifier>,
}

/// A key, and what a token that it signed looks like.
struct Verifier {
    header: Header,
    /// The header as we write it, with the dot after it: what begins so need not be parsed to find its key.
    encoded: String,
    decoding_key: DecodingKey,
    validation: Validation,
}

/// How tokens are signed and whom they name.
pub struct JwtSettings<'a> {
    /// The keys.
    pub keys: &'a KeyRing,
    /// `iss`.
    pub issuer: String,
    /// `aud`; when there is one, it is issued and required.
    pub audience: Option<String>,
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
    /// If a header cannot be written.
    pub fn new(settings: JwtSettings<'_>) -> Result<Self, TokenIssuerError> {
        let JwtSettings { keys, issuer, audience } = settings;
        let verifier = |key: &SigningKey| Verifier::new(key, &issuer, audience.as_deref());
        let verifiers = keys.iter().map(verifier).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            header: header(&keys.current),
            encoding_key: keys.current.encoding.clone(),
            issuer,
            audience,
            verifiers,
        })
    }

    /// The key that a token names.
    fn verifier(&self, token: &str) -> Option<&Verifier> {
        let as_ours = self.verifiers.iter().find(|verifier| token.starts_with(&verifier.encoded));
        as_ours.or_else(|| {
            let sent = decode_header(token).ok()?;
            self.verifiers.iter().find(|verifier| verifier.header == sent)
        })
    }
}

/// The header of every token that a key signs.
fn header(key: &SigningKey) -> Header {
    let mut header = Header::new(key.algorithm);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.id.clone());
    header
}

impl Verifier {
    fn new(
        key: &SigningKey,
        issuer: &str,
        audience: Option<&str>,
    ) -> Result<Self, TokenIssuerError> {
        let mut validation = Validation::new(key.algorithm);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["iss", "sub"]);
        if let Some(audience) = audience {
            validation.set_audience(&[audience]);
            validation.set_required_spec_claims(&["iss", "sub", "aud"]);
        }
        // The times are a rule of the core, which has the clock: `AccessClaims::is_current`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let header = header(key);
        let token =
            encode(&header, &(), &key.encoding).map_err(|error| TokenIssuerError(error.into()))?;
        let end = token.find('.').map_or(0, |dot| dot + 1);
        Ok(Self {
            encoded: token[..end].to_owned(),
            header,
            decoding_key: key.decoding.clone(),
            validation,
        })
    }
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
        let verifier = self.verifier(token).ok_or(InvalidToken)?;
        let token = decode::<JwtClaims>(token, &verifier.decoding_key, &verifier.validation)
            .map_err(|_| InvalidToken)?;
        if token.header != verifier.header {
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
