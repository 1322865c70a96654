use chrono::TimeDelta;

use super::{AccessToken, RefreshToken, SessionSecret};

/// The kind of credential that a client keeps for its session.
#[derive(Debug, Clone)]
pub enum Channel {
    /// An access token and a refresh token.
    Tokens,
    /// A session secret.
    SessionSecret {
        /// What the client presented until now. These sessions end when the new one begins, so that nobody stays signed in
        /// with a value that someone else planted (session fixation).
        replaces: Vec<SessionSecret>,
    },
}

/// The credential that a client gets for a new session.
#[derive(Debug, Clone)]
pub enum Grant {
    /// For [`Channel::Tokens`].
    Tokens(IssuedTokens),
    /// For [`Channel::SessionSecret`].
    SessionSecret(SessionSecret),
}

/// The tokens of a session.
#[derive(Debug, Clone)]
pub struct IssuedTokens {
    /// Authenticates requests.
    pub access_token: AccessToken,
    /// How long the access token is accepted. Never longer than the session has left.
    pub expires_in: TimeDelta,
    /// Gets the next tokens of the session, once.
    pub refresh_token: RefreshToken,
}
