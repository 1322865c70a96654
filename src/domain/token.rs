use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use uuid::{Builder, Uuid};

use super::{Refusal, SessionId, UserId};

/// An access token. It is a bearer secret: anyone who has it can use the session.
#[derive(Debug, Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Wraps a token from [`AccessTokens`](crate::ports::AccessTokens).
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(token.into())
    }

    /// Returns the token itself, for the response that delivers it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Identifies a token within its session (`jti`, RFC 7519, section 4.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenId(Uuid);

impl TokenId {
    /// Creates an id from random bytes.
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

/// The claims of an access token. Times are whole seconds (RFC 7519, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// The user (`sub`).
    pub user_id: UserId,
    /// The session (`sid`).
    pub session_id: SessionId,
    /// The id of the token (`jti`).
    pub token_id: TokenId,
    /// When the token was issued (`iat`).
    pub issued_at: DateTime<Utc>,
    /// When the token expires (`exp`).
    pub expires_at: DateTime<Utc>,
    /// When the token becomes valid (`nbf`). This service does not set it, but another holder of the key may.
    pub not_before: Option<DateTime<Utc>>,
}

impl AccessClaims {
    /// Checks that the token is valid at `now`, from `nbf` up to but not at `exp`. There is no leeway.
    ///
    /// # Errors
    ///
    /// [`Refusal::Expired`] or [`Refusal::NotYetValid`].
    pub fn check_times(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if now >= self.expires_at {
            return Err(Refusal::Expired);
        }
        match self.not_before {
            Some(not_before) if now < not_before => Err(Refusal::NotYetValid),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// ASVS 9.2.1.
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
        assert_eq!(claims.check_times(at(1800) - TimeDelta::microseconds(1)), Ok(()));
        assert_eq!(claims.check_times(at(1800)), Err(Refusal::Expired));
        claims.not_before = Some(at(10));
        let before = claims.check_times(at(10) - TimeDelta::microseconds(1));
        assert_eq!(before, Err(Refusal::NotYetValid));
        assert_eq!(claims.check_times(at(10)), Ok(()));
    }
}
