use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::RepositoryError;
use crate::domain::{
    AuthSession, NewAuthSession, PasswordHash, SessionDetails, SessionId, SessionSecret, User,
    UserId,
};

/// The outcome of [`AuthSessionRepository::spend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spend {
    /// The token had not been spent before.
    First,
    /// The token was spent at this time by the caller's clock. If the time is forgotten, it is a time long ago.
    SpentAt(DateTime<Utc>),
    /// The session has ended, or has not reached this generation.
    Gone,
}

/// Keeps the auth sessions. Whoever shares the database sees a change at once: there MUST be no cache in between. When an
/// account is deactivated, by whatever means, its sessions MUST be gone.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuthSessionRepository: Send + Sync {
    /// Stores a session that a login begins, sets the account's `last_login` to its beginning and answers the
    /// account as it then is.
    ///
    /// - It MUST be atomic: after an error nothing has happened.
    /// - The session that it replaces, if there is one, MUST be gone.
    /// - Of a secret it MUST keep a digest alone.
    /// - If the account does not exist, is inactive by then, or has another password than the one whose hash was
    ///   `verified`, it MUST change nothing and answer none: no login may outlive the password that it was made with.
    async fn begin(
        &self,
        user_id: UserId,
        verified: &PasswordHash,
        session: NewAuthSession,
    ) -> Result<Option<User>, RepositoryError>;

    /// The session and its account, active or not; none if there is no such session. This is asked with every
    /// request: it MUST be one indexed statement.
    async fn find(&self, id: SessionId) -> Result<Option<(AuthSession, User)>, RepositoryError>;

    /// The session with this secret and its account, as [`find`](Self::find) answers them, by one indexed statement.
    async fn find_by_secret(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<(AuthSession, User)>, RepositoryError>;

    /// Every session of an account, the one that was used last first; by one indexed statement.
    async fn list(&self, user_id: UserId) -> Result<Vec<SessionDetails>, RepositoryError>;

    /// Spends the refresh token of the given generation at `at`, which is also a use of the session.
    ///
    /// - It MUST be atomic: of any number of calls with one generation, also at once and from several processes, exactly
    ///   one MUST answer [`Spend::First`]; the others MUST change nothing.
    /// - The time that has passed since a token was spent MUST be measured by one clock for all processes.
    /// - It MUST remember when a token was spent for at least [`SessionPolicy::REFRESH_GRACE`].
    ///
    /// [`SessionPolicy::REFRESH_GRACE`]: crate::domain::SessionPolicy::REFRESH_GRACE
    async fn spend(
        &self,
        id: SessionId,
        generation: u32,
        at: DateTime<Utc>,
    ) -> Result<Spend, RepositoryError>;

    /// Writes down that the session was used at `at`. A session that is gone MUST stay gone, and one that was used
    /// later MUST keep that time.
    async fn touch(&self, id: SessionId, at: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// Removes the session and answers whether it was there.
    async fn end(&self, id: SessionId) -> Result<bool, RepositoryError>;

    /// Removes the session with this secret and answers which it was, if it was there.
    async fn end_by_secret(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<SessionId>, RepositoryError>;

    /// Removes the session if it is one of the account's, and answers whether it was there.
    async fn end_own(&self, user_id: UserId, id: SessionId) -> Result<bool, RepositoryError>;

    /// Removes every session of the account but one, and answers how many those were.
    async fn end_others(&self, user_id: UserId, kept: SessionId) -> Result<usize, RepositoryError>;

    /// Removes sessions that began or were used last at the given times or before, at most `limit` of them, and answers how
    /// many those were. It MUST find them by index.
    async fn purge(
        &self,
        begun_by: DateTime<Utc>,
        used_by: DateTime<Utc>,
        limit: u32,
    ) -> Result<usize, RepositoryError>;
}
