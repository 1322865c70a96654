//! JSON bodies as they travel.

use chrono::{DateTime, Utc};
use coach_core::{
    domain::{FullName, SessionDetails, SessionId, User},
    services::{AuthService, SignedIn},
};
use poem_openapi::{Object, types::Password};
use time::OffsetDateTime;

/// What somebody who registers sends.
#[derive(Object)]
#[allow(dead_code, reason = "describes what is read member by member")]
pub(super) struct RegisterRequest {
    /// The account's address; its spelling does not matter.
    #[oai(validator(max_length = 254))]
    email: String,
    /// At least 8 characters and not easy to guess.
    #[oai(validator(min_length = 8, max_length = 1024))]
    password: Password,
    /// How to call you.
    #[oai(validator(max_length = 100))]
    full_name: Option<String>,
}

/// What somebody who logs in sends.
#[derive(Object)]
#[allow(dead_code, reason = "describes what is read member by member")]
pub(super) struct LoginRequest {
    /// The account's address.
    email: String,
    /// The account's password.
    #[oai(validator(max_length = 1024))]
    password: Password,
}

/// A client whose access token has expired.
#[derive(Object)]
#[allow(dead_code, reason = "describes what is read member by member")]
pub(super) struct RefreshRequest {
    /// Of the last answer that had tokens.
    refresh_token: Password,
}

/// Somebody who changes their password.
#[derive(Object)]
#[allow(dead_code, reason = "describes what is read member by member")]
pub(super) struct PasswordRequest {
    /// The password until now.
    #[oai(validator(max_length = 1024))]
    current_password: Password,
    /// At least 8 characters and not easy to guess.
    #[oai(validator(min_length = 8, max_length = 1024))]
    new_password: Password,
}

/// Somebody's sessions.
#[derive(Object)]
#[oai(rename = "Sessions")]
pub(super) struct SessionsBody {
    pub(super) sessions: Vec<SessionBody>,
}

/// A session.
#[derive(Object)]
#[oai(rename = "Session")]
pub(super) struct SessionBody {
    id: String,
    /// In UTC.
    created_at: OffsetDateTime,
    /// In UTC; to within five minutes.
    last_seen_at: OffsetDateTime,
    /// In UTC; if it is not used again.
    expires_at: OffsetDateTime,
    /// What the client called itself when the session began.
    user_agent: Option<String>,
    /// From where it began.
    ip: Option<String>,
    /// Whether this request is one of it.
    current: bool,
}

/// An account.
#[derive(Object)]
#[oai(rename = "User")]
pub(super) struct UserBody {
    id: i64,
    email: String,
    full_name: Option<String>,
    is_active: bool,
    /// In UTC.
    created_at: OffsetDateTime,
}

/// Somebody who was let in.
#[derive(Object)]
#[oai(rename = "Token")]
pub(super) struct TokenBody {
    user: UserBody,
    /// Send it as `Authorization: Bearer`.
    access_token: String,
    /// Always `bearer`.
    token_type: String,
    /// How long the access token is accepted, in seconds.
    expires_in: i64,
    /// Trade it for new tokens at `POST /auth/refresh`, once.
    refresh_token: String,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id.0,
            email: user.email.to_string(),
            full_name: user.full_name.as_ref().map(FullName::as_str).map(str::to_owned),
            is_active: user.is_active,
            created_at: whole_seconds(user.created_at),
        }
    }
}

impl From<SignedIn> for TokenBody {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            user: signed_in.user.into(),
            access_token: signed_in.access_token.expose().to_owned(),
            token_type: "bearer".to_owned(),
            expires_in: signed_in.expires_in.num_seconds(),
            refresh_token: signed_in.refresh_token.expose().to_owned(),
        }
    }
}

impl SessionBody {
    pub(super) fn new(details: SessionDetails, auth: &AuthService, current: SessionId) -> Self {
        let SessionDetails { session, client } = details;
        Self {
            id: session.id.to_string(),
            created_at: whole_seconds(session.created_at),
            last_seen_at: whole_seconds(session.last_seen_at),
            expires_at: whole_seconds(auth.expires_at(&session)),
            user_agent: client.user_agent.map(|name| name.as_str().to_owned()),
            ip: client.ip.map(|ip| ip.to_string()),
            current: session.id == current,
        }
    }
}

/// Both types have every time that a clock can show.
fn whole_seconds(time: DateTime<Utc>) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(time.timestamp()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
