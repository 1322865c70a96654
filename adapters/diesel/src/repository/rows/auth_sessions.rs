//! The rows of sessions.

use chrono::NaiveDateTime;
use coach_core::{
    domain::{
        AuthSession, Client, NewAuthSession, SessionDetails, SessionId, SessionSecret, UserAgent,
        UserId, UserSession,
    },
    ports::RepositoryError,
};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::{super::super::schema::auth_sessions, StoredTime, UserRow, corrupt};

#[derive(Queryable, Selectable)]
#[diesel(table_name = auth_sessions)]
pub(crate) struct AuthSessionRow {
    id: String,
    pub(in super::super) user_id: i64,
    created_at: StoredTime,
    last_seen_at: StoredTime,
    refresh_generation: i32,
    previous_login: Option<StoredTime>,
}

/// A unique value of a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SessionKey {
    Id(SessionId),
    /// The digest of the secret.
    Digest(String),
}

/// A session and its user.
#[derive(Queryable, Selectable)]
pub(crate) struct UserSessionRow {
    #[diesel(embed)]
    session: AuthSessionRow,
    #[diesel(embed)]
    user: UserRow,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = auth_sessions)]
pub(in super::super) struct SessionDetailsRow {
    #[diesel(embed)]
    session: AuthSessionRow,
    user_agent: Option<String>,
    ip: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = auth_sessions)]
pub(in super::super) struct NewAuthSessionRow {
    id: String,
    user_id: i64,
    created_at: NaiveDateTime,
    last_seen_at: NaiveDateTime,
    secret_digest: Option<String>,
    user_agent: Option<String>,
    ip: Option<String>,
    previous_login: Option<NaiveDateTime>,
}

impl TryFrom<AuthSessionRow> for AuthSession {
    type Error = RepositoryError;

    fn try_from(row: AuthSessionRow) -> Result<Self, RepositoryError> {
        Ok(Self {
            id: SessionId::parse(&row.id).ok_or_else(|| corrupt("session id"))?,
            user_id: UserId(row.user_id),
            created_at: row.created_at.utc(),
            last_seen_at: row.last_seen_at.utc(),
            refresh_generation: row.refresh_generation.try_into().unwrap_or_default(),
            previous_login: row.previous_login.map(StoredTime::utc),
        })
    }
}

impl TryFrom<UserSessionRow> for UserSession {
    type Error = RepositoryError;

    fn try_from(row: UserSessionRow) -> Result<Self, RepositoryError> {
        Ok(Self { session: row.session.try_into()?, user: row.user.into() })
    }
}

impl TryFrom<SessionDetailsRow> for SessionDetails {
    type Error = RepositoryError;

    fn try_from(row: SessionDetailsRow) -> Result<Self, RepositoryError> {
        let client = Client {
            user_agent: row.user_agent.as_deref().and_then(UserAgent::read),
            ip: row.ip.as_deref().and_then(|ip| ip.parse().ok()),
        };
        Ok(Self { session: row.session.try_into()?, client })
    }
}

impl NewAuthSessionRow {
    pub(in super::super) fn new(
        session: &NewAuthSession,
        user_id: i64,
        previous_login: Option<StoredTime>,
    ) -> Self {
        let created_at = session.created_at.naive_utc();
        Self {
            id: session.id.to_string(),
            user_id,
            created_at,
            last_seen_at: created_at,
            secret_digest: session.secret.as_ref().map(digest),
            user_agent: session.client.user_agent.as_ref().map(|name| name.as_str().to_owned()),
            ip: session.client.ip.map(|ip| ip.to_string()),
            previous_login: previous_login.map(|StoredTime(time)| time),
        }
    }
}

/// Returns the SHA-256 of a secret in hexadecimal. A slow hash is unnecessary, because 256 random bits cannot be
/// guessed.
pub(in super::super) fn digest(secret: &SessionSecret) -> String {
    base16ct::lower::encode_string(&Sha256::digest(secret.expose()))
}

pub(in super::super) fn digests(secrets: &[SessionSecret]) -> Vec<String> {
    secrets.iter().map(digest).collect()
}
