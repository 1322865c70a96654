//! The claims of an access token in both formats. Only the encoding of times differs.

use chrono::{DateTime, SecondsFormat, Utc};
use coach_core::{
    domain::{AccessClaims, Refusal, SessionId, UserId},
    ports::InvalidToken,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use uuid::Uuid;

/// Maximum length of a token that is parsed. Issued tokens have about 400 bytes.
pub(crate) const MAX_TOKEN_BYTES: usize = 4096;

const WRONG: InvalidToken = InvalidToken(Refusal::WrongClaims);

/// The issuer and the audience of every token.
pub(crate) struct Parties {
    /// The `iss` claim.
    pub(crate) issuer: String,
    /// The `aud` claim. If it is set, tokens must contain it. Otherwise tokens with an audience are refused.
    pub(crate) audience: Option<String>,
}

/// The claims as they are serialized, with times of type `T`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Claims<T> {
    iss: String,
    sub: String,
    sid: String,
    jti: String,
    iat: T,
    exp: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<T>,
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

impl<T: From<DateTime<Utc>> + Into<DateTime<Utc>>> Claims<T> {
    pub(crate) fn new(claims: &AccessClaims, parties: &Parties) -> Self {
        Self {
            iss: parties.issuer.clone(),
            sub: claims.user_id.0.to_string(),
            sid: claims.session_id.to_string(),
            jti: claims.token_id.to_string(),
            iat: claims.issued_at.into(),
            exp: claims.expires_at.into(),
            nbf: claims.not_before.map(T::from),
            aud: parties.audience.clone().map(Audience::One),
        }
    }

    /// Checks the issuer, the audience and the form of every claim.
    pub(crate) fn parse(self, parties: &Parties) -> Result<AccessClaims, InvalidToken> {
        if self.iss != parties.issuer || !is_intended(self.aud.as_ref(), parties.audience.as_ref())
        {
            return Err(WRONG);
        }
        let user_id: i64 = self.sub.parse().map_err(|_| WRONG)?;
        if user_id.to_string() != self.sub {
            return Err(WRONG);
        }
        Ok(AccessClaims {
            user_id: UserId(user_id),
            session_id: SessionId::parse(&self.sid).ok_or(WRONG)?,
            token_id: Uuid::try_parse(&self.jti).map_err(|_| WRONG)?.into(),
            issued_at: self.iat.into(),
            expires_at: self.exp.into(),
            not_before: self.nbf.map(T::into),
        })
    }
}

fn is_intended(audience: Option<&Audience>, ours: Option<&String>) -> bool {
    match (audience, ours) {
        (None, None) => true,
        (Some(Audience::One(audience)), Some(ours)) => audience == ours,
        (Some(Audience::Several(audiences)), Some(ours)) => audiences.contains(ours),
        _ => false,
    }
}

macro_rules! time {
    ($name:ident) => {
        impl From<DateTime<Utc>> for $name {
            fn from(time: DateTime<Utc>) -> Self {
                Self(time)
            }
        }

        impl From<$name> for DateTime<Utc> {
            fn from(time: $name) -> Self {
                time.0
            }
        }
    };
}

/// Seconds since 1970 (RFC 7519, section 2).
pub(crate) struct NumericDate(DateTime<Utc>);
time!(NumericDate);

impl Serialize for NumericDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.timestamp())
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = DateTime::from_timestamp(i64::deserialize(deserializer)?, 0);
        time.map(Self).ok_or_else(|| D::Error::custom("not a time"))
    }
}

/// RFC 3339 text, as the PASETO specification requires.
pub(crate) struct TextDate(DateTime<Utc>);
time!(TextDate);

impl Serialize for TextDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

impl<'de> Deserialize<'de> for TextDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = DateTime::parse_from_rfc3339(&String::deserialize(deserializer)?);
        time.map(|time| Self(time.to_utc())).map_err(D::Error::custom)
    }
}

/// Claims for tests.
#[cfg(test)]
pub(crate) fn claims() -> AccessClaims {
    let issued_at = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
    AccessClaims {
        user_id: UserId(42),
        session_id: SessionId::from_random([1; 16]),
        token_id: coach_core::domain::TokenId::from_random([2; 16]),
        issued_at,
        expires_at: issued_at + chrono::TimeDelta::minutes(30),
        not_before: None,
    }
}
