use secrecy::{ExposeSecret, SecretString};

use super::SessionId;

/// What a client trades for a new access token, in the form in which it travels. A secret: who has it is the user.
#[derive(Debug, Clone)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// Wraps what [`RefreshTokens`](crate::ports::RefreshTokens) made.
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

/// What a refresh token says: whose it is, and the how-manyth of its session. Each is spent once, and has one successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshClaims {
    /// The session.
    pub session_id: SessionId,
    /// From 0, which is the token of the login.
    pub generation: u32,
}
