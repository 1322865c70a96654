use chrono::TimeDelta;

use super::{AccessToken, RefreshToken, SessionSecret};

/// The kind of credential that a client keeps for its session.
#[derive(Debug, Clone)]
pub enum Channel {
    /// An access token and a refresh token.
    Tokens,
    /// A session secret.
    SessionSecret {
        /// The secrets that the client sent with the request. Their sessions end when the new one begins, which
        /// prevents session fixation (ASVS 5.0, 7.2.4).
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
    /// Lifetime of the access token. It never exceeds the remaining lifetime of the session.
    pub expires_in: TimeDelta,
    /// Can be exchanged once for the next tokens of the session.
    pub refresh_token: RefreshToken,
}
