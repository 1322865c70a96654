use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use uuid::{Builder, Uuid};

use super::{SessionId, UserId};

/// A signed access token, in the form in which it travels. A secret: who has it is the user.
#[derive(Debug, Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Wraps what a [`TokenIssuer`](crate::ports::TokenIssuer) made.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(token.into())
    }

    /// The token itself, for the one response that hands it over.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Tells two tokens of one session apart (`jti`, RFC 7519, section 4.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenId(Uuid);

impl TokenId {
    /// Makes an id out of random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl From<Uuid> for TokenId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// What an access token says. Times are whole seconds, as in RFC 7519.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whom it is about (`sub`).
    pub user_id: UserId,
    /// The auth session behind it (`sid`).
    pub session_id: SessionId,
    /// Its own name (`jti`).
    pub token_id: TokenId,
    /// When it was issued (`iat`).
    pub issued_at: DateTime<Utc>,
    /// From when on it is not accepted (`exp`).
    pub expires_at: DateTime<Utc>,
    /// Until when it is not accepted yet (`nbf`). We issue none; whoever shares our key may.
    pub not_before: Option<DateTime<Utc>>,
}

impl AccessClaims {
    /// Whether the token is within its time at `now`. No leeway: the clock that checks is the clock that issued.
    #[must_use]
    pub fn is_current(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at && self.not_before.is_none_or(|not_before| not_before <= now)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_token_is_current_from_nbf_up_to_but_not_at_exp() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut claims = AccessClaims {
            user_id: UserId(1),
            session_id: SessionId::from_random([1; 16]),
            token_id: TokenId::from_random([2; 16]),
            issued_at: at(0),
            expires_at: at(1800),
            not_before: None,
        };
        assert!(claims.is_current(at(1800) - TimeDelta::microseconds(1)));
        assert!(!claims.is_current(at(1800)));
        claims.not_before = Some(at(10));
        assert!(!claims.is_current(at(10) - TimeDelta::microseconds(1)));
        assert!(claims.is_current(at(10)));
    }
}
