//! Database rows and their conversions to and from domain types. Stored times are UTC.

use chrono::{DateTime, NaiveDateTime, Utc};
use coach_core::{
    domain::{
        AccountSummary, AuthSession, CategoryFilter, Client, Credentials, EmailAddress, FullName,
        ImportedAccount, NewAuthSession, NewPasswordCode, NewUser, PasswordCode, PasswordHash,
        PracticeMode, PracticeSession, PracticeSessionId, PracticeSettings, SessionDetails,
        SessionId, SessionSecret, TimerMinutes, User, UserAgent, UserId, UserSession,
    },
    ports::RepositoryError,
};
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    prelude::*,
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::super::schema::{auth_sessions, password_codes, practice_sessions, users};

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    pub(super) id: i64,
    email: String,
    full_name: Option<String>,
    pub(super) is_active: bool,
    pub(super) last_login: Option<StoredTime>,
    created_at: StoredTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct CredentialsRow {
    #[diesel(embed)]
    user: UserRow,
    password_hash: String,
}

#[derive(Insertable)]
#[diesel(table_name = users)]
pub(super) struct NewUserRow<'a> {
    email: &'a str,
    full_name: Option<&'a str>,
    password_hash: &'a str,
    created_at: NaiveDateTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = auth_sessions)]
pub(crate) struct AuthSessionRow {
    id: String,
    pub(super) user_id: i64,
    created_at: StoredTime,
    last_seen_at: StoredTime,
    refresh_generation: i32,
    previous_login: Option<StoredTime>,
}

/// An account and the number of its live sessions.
pub(super) type AccountSummaryRow = (UserRow, Option<i64>);

/// An account of another database. Every column has a value, so that many rows fit into one statement on SQLite too.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(super) struct ImportedUserRow<'a> {
    email: &'a str,
    full_name: Option<&'a str>,
    password_hash: &'a str,
    is_active: bool,
    last_login: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = password_codes)]
pub(super) struct PasswordCodeRow {
    digest: String,
    expires_at: StoredTime,
    tries_left: i32,
}

/// A code that replaces a former one.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = password_codes)]
pub(super) struct NewPasswordCodeRow {
    user_id: i64,
    digest: String,
    expires_at: NaiveDateTime,
    tries_left: i32,
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
pub(super) struct SessionDetailsRow {
    #[diesel(embed)]
    session: AuthSessionRow,
    user_agent: Option<String>,
    ip: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = auth_sessions)]
pub(super) struct NewAuthSessionRow {
    id: String,
    user_id: i64,
    created_at: NaiveDateTime,
    last_seen_at: NaiveDateTime,
    secret_digest: Option<String>,
    user_agent: Option<String>,
    ip: Option<String>,
    previous_login: Option<NaiveDateTime>,
}

/// A row that has a user, because every query asks for one.
#[derive(Queryable, Selectable)]
#[diesel(table_name = practice_sessions)]
pub(super) struct PracticeSessionRow {
    id: String,
    user_id: Option<i64>,
    category_filter: Option<String>,
    mode: String,
    timer_minutes: Option<i32>,
    started_at: StoredTime,
    ended_at: Option<StoredTime>,
    questions_count: i32,
    avg_score: Option<f64>,
}

/// A time that another program may have written. An unreadable time becomes 1970, which ends a session but does not
/// lock its user out.
#[derive(Debug, Clone, Copy, FromSqlRow)]
pub(crate) struct StoredTime(NaiveDateTime);

impl<ST, DB: Backend> FromSql<ST, DB> for StoredTime
where
    NaiveDateTime: FromSql<ST, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(NaiveDateTime::from_sql(bytes).unwrap_or_default()))
    }
}

impl StoredTime {
    pub(super) fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }
}

/// The changes to a row. `None` leaves a column unchanged.
#[derive(AsChangeset)]
#[diesel(table_name = users)]
pub(super) struct UserChangeset<'a> {
    pub(super) email: Option<&'a str>,
    pub(super) full_name: Option<Option<&'a str>>,
    /// Always `true`, which the row already has. An update must set at least one column.
    pub(super) is_active: bool,
}

/// Reports a stored value that breaks a rule of the domain. Another program must have written it.
fn corrupt(what: &str) -> RepositoryError {
    RepositoryError::Failed(format!("a stored {what} is not valid").into())
}

/// Cleans values that break a rule instead of failing, because another program may have written them and no user must
/// be locked out.
impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId(row.id),
            email: EmailAddress::restore(&row.email),
            full_name: row.full_name.as_deref().and_then(FullName::restore),
            is_active: row.is_active,
            last_login: row.last_login.map(StoredTime::utc),
            created_at: row.created_at.utc(),
        }
    }
}

impl From<CredentialsRow> for Credentials {
    fn from(row: CredentialsRow) -> Self {
        Self { user: row.user.into(), password_hash: PasswordHash::new(row.password_hash) }
    }
}

impl<'a> From<&'a NewUser> for NewUserRow<'a> {
    fn from(user: &'a NewUser) -> Self {
        Self {
            email: user.email.as_str(),
            full_name: user.full_name.as_ref().map(FullName::as_str),
            password_hash: user.password_hash.expose(),
            created_at: user.created_at.naive_utc(),
        }
    }
}

impl<'a> From<&'a ImportedAccount> for ImportedUserRow<'a> {
    fn from(account: &'a ImportedAccount) -> Self {
        Self {
            email: account.email.as_str(),
            full_name: account.full_name.as_ref().map(FullName::as_str),
            password_hash: account.password_hash.expose(),
            is_active: account.is_active,
            last_login: account.last_login.map(|time| time.naive_utc()),
            created_at: account.created_at.naive_utc(),
        }
    }
}

pub(super) fn summary((user, live): AccountSummaryRow) -> AccountSummary {
    let live_sessions = live.and_then(|live| live.try_into().ok()).unwrap_or_default();
    AccountSummary { user: user.into(), live_sessions }
}

impl NewPasswordCodeRow {
    pub(super) fn new(user_id: i64, new: &NewPasswordCode) -> Self {
        Self {
            user_id,
            digest: code_digest(&new.code),
            expires_at: new.expires_at.naive_utc(),
            tries_left: PasswordCode::MAX_TRIES.try_into().unwrap_or(i32::MAX),
        }
    }
}

impl PasswordCodeRow {
    /// Returns whether the code with this digest can be used at `now`.
    pub(super) fn accepts(&self, digest: &str, now: DateTime<Utc>) -> bool {
        let is_right = bool::from(self.digest.as_bytes().ct_eq(digest.as_bytes()));
        is_right && now < self.expires_at.utc() && self.tries_left > 0
    }
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

/// Cleans choices that break a rule, like [`User::from`].
impl TryFrom<PracticeSessionRow> for PracticeSession {
    type Error = RepositoryError;

    fn try_from(row: PracticeSessionRow) -> Result<Self, RepositoryError> {
        let timer_minutes = row.timer_minutes.map(i64::from).map(TimerMinutes::new);
        Ok(Self {
            id: PracticeSessionId::parse(&row.id).ok_or_else(|| corrupt("practice session id"))?,
            user_id: UserId(row.user_id.ok_or_else(|| corrupt("practice session owner"))?),
            settings: PracticeSettings {
                category_filter: row.category_filter.as_deref().and_then(CategoryFilter::restore),
                mode: PracticeMode::restore(&row.mode),
                timer_minutes: timer_minutes.and_then(Result::ok),
            },
            started_at: row.started_at.utc(),
            ended_at: row.ended_at.map(StoredTime::utc),
            questions_count: row.questions_count.try_into().unwrap_or_default(),
            avg_score: row.avg_score.filter(|score| score.is_finite()),
        })
    }
}

impl NewAuthSessionRow {
    pub(super) fn new(
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
pub(super) fn digest(secret: &SessionSecret) -> String {
    base16ct::lower::encode_string(&Sha256::digest(secret.expose()))
}

/// Returns the SHA-256 of a code in hexadecimal. 160 random bits cannot be guessed either.
pub(super) fn code_digest(code: &PasswordCode) -> String {
    base16ct::lower::encode_string(&Sha256::digest(code.expose()))
}

pub(super) fn digests(secrets: &[SessionSecret]) -> Vec<String> {
    secrets.iter().map(digest).collect()
}
