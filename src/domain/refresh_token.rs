use secrecy::{ExposeSecret, SecretString};

use super::SessionId;

/// A refresh token, which a client exchanges for new tokens. It is a bearer secret: anyone who has it can use the
/// session.
#[derive(Debug, Clone)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// Wraps a token from [`RefreshTokens`](crate::ports::RefreshTokens).
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

/// The claims of a refresh token. Each generation of a session is spent once and has one successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshClaims {
    /// The session.
    pub session_id: SessionId,
    /// Generation of the token. The first token of a session has generation 0.
    pub generation: u32,
}
