use std::fmt;

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

use super::{Client, SessionSecret, User, UserId};

/// Identifies an auth session: a random UUID (RFC 9562, version 4). It is not a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Creates an id from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }

    /// Returns the id with these bytes, or `None` if [`to_bytes`](Self::to_bytes) cannot have returned them.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let id = Self(Uuid::from_bytes(bytes));
        (id == Self::from_random(bytes)).then_some(id)
    }

    /// Returns the 16 bytes of the id.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// Parses an id in the format that [`Display`](fmt::Display) writes. Returns `None` for any other format.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(Uuid::try_parse(text).ok()?);
        let mut buffer = Uuid::encode_buffer();
        (id.0.hyphenated().encode_lower(&mut buffer) == text).then_some(id)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// A signed-in session. Expired sessions stay in the database until they are purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthSession {
    /// The id of the session.
    pub id: SessionId,
    /// The user of the session.
    pub user_id: UserId,
    /// When the session began.
    pub created_at: DateTime<Utc>,
    /// When the session was last used, to within
    /// [`SessionPolicy::touch_interval`](super::SessionPolicy::touch_interval).
    pub last_seen_at: DateTime<Utc>,
    /// Generation of the next refresh token, starting at 0.
    pub refresh_generation: u32,
    /// The last login of the user before the session began, if there was one. A session that began with a password change
    /// has that of the session in which the change was made.
    pub previous_login: Option<DateTime<Utc>>,
}

/// A session and its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSession {
    /// The user, active or not.
    pub user: User,
    /// The session, live or not.
    pub session: AuthSession,
}

/// A session and its client, as shown to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDetails {
    /// The session.
    pub session: AuthSession,
    /// The client that began the session.
    pub client: Client,
}

/// A session to be stored.
#[derive(Debug, Clone)]
pub struct NewAuthSession {
    /// The id of the session.
    pub id: SessionId,
    /// When the session begins.
    pub created_at: DateTime<Utc>,
    /// The client that begins the session.
    pub client: Client,
    /// The secret of the session, unless the client uses tokens.
    pub secret: Option<SessionSecret>,
    /// The secrets of the sessions that end when this one begins.
    pub replaces: Vec<SessionSecret>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_has_one_spelling() {
        let id = SessionId::from_random([0xab; 16]);
        assert_eq!(id.to_string(), "abababab-abab-4bab-abab-abababababab");
        assert_eq!(SessionId::parse(&id.to_string()), Some(id));
        for other in [
            "ABABABAB-ABAB-4BAB-ABAB-ABABABABABAB",
            "abababababab4bababababababababab",
            "{abababab-abab-4bab-abab-abababababab}",
            "urn:uuid:abababab-abab-4bab-abab-abababababab",
            "abababab-abab-4bab-abab-abababababab ",
            "",
        ] {
            assert_eq!(SessionId::parse(other), None, "{other:?}");
        }
    }
}
