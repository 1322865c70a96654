use chrono::{DateTime, SecondsFormat, Utc};
use coach_core::{
    domain::{AccessClaims, AccessToken, SessionId, UserId},
    ports::{InvalidToken, TokenIssuer, TokenIssuerError, TokenVerifier},
};
use ed25519_dalek::{SigningKey as Ed25519, pkcs8::DecodePrivateKey};
use pasetors::{
    errors::Error,
    keys::{AsymmetricPublicKey, AsymmetricSecretKey, SymmetricKey},
    token::{Local, Public, TrustedToken, UntrustedToken},
    version4::{LocalToken, PublicToken, V4},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    derive::DerivedKey,
    keys::{KeyError, KeyRing, SigningKey},
};

/// Ours have about 400 bytes; nothing much longer is worth decoding.
const MAX_TOKEN_BYTES: usize = 4096;

/// What a PASETO is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasetoPurpose {
    /// Encrypted: who has the key reads and makes it. The key is derived from the one that would sign JWTs.
    Local,
    /// Signed with Ed25519: everybody may verify it.
    Public,
}

/// Access tokens as PASETOs of version 4. The present key signs; every former key of the ring verifies.
pub struct PasetoTokens {
    current: PasetoKey,
    previous: Vec<PasetoKey>,
    issuer: String,
    audience: Option<String>,
}

/// How tokens are made and whom they name.
pub struct PasetoSettings<'a> {
    /// The keys.
    pub keys: &'a KeyRing,
    /// What tokens are for.
    pub purpose: PasetoPurpose,
    /// `iss`.
    pub issuer: String,
    /// `aud`; when there is one, it is issued and required.
    pub audience: Option<String>,
}

/// A key, and the footer of every token that it makes: `{"kid": …}`, with the key's id in the JWK Set.
struct PasetoKey {
    kind: Kind,
    footer: String,
}

enum Kind {
    Local(SymmetricKey<V4>),
    Public { secret: AsymmetricSecretKey<V4>, public: AsymmetricPublicKey<V4> },
}

/// The claims, whose times are text (PASETO, registered claims).
#[derive(Serialize, Deserialize)]
struct PasetoClaims {
    iss: String,
    sub: String,
    sid: String,
    jti: String,
    iat: String,
    exp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
}

impl PasetoTokens {
    /// Prepares the keys.
    ///
    /// # Errors
    ///
    /// If the present key does not fit the purpose: [`PasetoPurpose::Public`] takes an Ed25519 key.
    pub fn new(settings: PasetoSettings<'_>) -> Result<Self, KeyError> {
        let PasetoSettings { keys, purpose, issuer, audience } = settings;
        // Former keys verify for either purpose, so that it can be changed as a key is.
        let purposes = [PasetoPurpose::Local, PasetoPurpose::Public];
        let former = |key| purposes.map(|purpose| PasetoKey::new(key, purpose).ok());
        let previous = keys.previous.iter().flat_map(former).flatten();
        Ok(Self {
            current: PasetoKey::new(&keys.current, purpose)?,
            previous: previous.collect(),
            issuer,
            audience,
        })
    }
}

impl PasetoKey {
    fn new(key: &SigningKey, purpose: PasetoPurpose) -> Result<Self, KeyError> {
        let kind = match purpose {
            PasetoPurpose::Local => {
                let bytes = DerivedKey::bytes(key.material(), "PASETO v4.local");
                Kind::Local(SymmetricKey::from(&bytes).map_err(unusable)?)
            }
            PasetoPurpose::Public => {
                let pair = Ed25519::from_pkcs8_der(key.material()).map_err(unusable)?;
                let secret =
                    AsymmetricSecretKey::from(&pair.to_keypair_bytes()).map_err(unusable)?;
                let public =
                    AsymmetricPublicKey::from(pair.verifying_key().as_bytes()).map_err(unusable)?;
                Kind::Public { secret, public }
            }
        };
        Ok(Self { kind, footer: serde_json::json!({ "kid": key.id }).to_string() })
    }

    fn issue(&self, payload: &[u8]) -> Result<String, Error> {
        let footer = Some(self.footer.as_bytes());
        match &self.kind {
            Kind::Local(key) => LocalToken::encrypt(key, payload, footer, None),
            Kind::Public { secret, .. } => PublicToken::sign(secret, payload, footer, None),
        }
    }

    /// The footer, and with it the key id, is checked in constant time before anything else.
    fn verify(&self, token: &str) -> Result<TrustedToken, Error> {
        let footer = Some(self.footer.as_bytes());
        match &self.kind {
            Kind::Local(key) => {
                let token = UntrustedToken::<Local, V4>::try_from(token)?;
                LocalToken::decrypt(key, &token, footer, None)
            }
            Kind::Public { public, .. } => {
                let token = UntrustedToken::<Public, V4>::try_from(token)?;
                PublicToken::verify(public, &token, footer, None)
            }
        }
    }
}

fn unusable(error: impl std::fmt::Debug) -> KeyError {
    KeyError::Unusable(format!("{error:?}"))
}

impl TokenIssuer for PasetoTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, TokenIssuerError> {
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let claims = PasetoClaims {
            iss: self.issuer.clone(),
            sub: claims.user_id.0.to_string(),
            sid: claims.session_id.to_string(),
            jti: claims.token_id.to_string(),
            iat: text(claims.issued_at),
            exp: text(claims.expires_at),
            nbf: claims.not_before.map(text),
            aud: self.audience.clone(),
        };
        let payload =
            serde_json::to_vec(&claims).map_err(|error| TokenIssuerError(error.into()))?;
        let token = self.current.issue(&payload);
        token.map(AccessToken::new).map_err(|error| TokenIssuerError(unusable(error).into()))
    }
}

impl TokenVerifier for PasetoTokens {
    fn verify(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken);
        }
        let mut keys = [&self.current].into_iter().chain(&self.previous);
        let token = keys.find_map(|key| key.verify(token).ok()).ok_or(InvalidToken)?;
        let claims: PasetoClaims =
            serde_json::from_str(token.payload()).map_err(|_| InvalidToken)?;
        if claims.iss != self.issuer || claims.aud != self.audience {
            return Err(InvalidToken);
        }
        claims.try_into()
    }
}

impl TryFrom<PasetoClaims> for AccessClaims {
    type Error = InvalidToken;

    fn try_from(claims: PasetoClaims) -> Result<Self, InvalidToken> {
        let time = |text: String| {
            DateTime::parse_from_rfc3339(&text).map(|time| time.to_utc()).map_err(|_| InvalidToken)
        };
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
