use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::RepositoryError;
use crate::domain::{
    Cutoffs, NewAuthSession, PasswordHash, SessionDetails, SessionId, SessionSecret, User, UserId,
    UserSession,
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

/// Stores auth sessions. Every process that shares the storage MUST see a change at once. Every method MUST be atomic.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuthSessionRepository: Send + Sync {
    /// Stores a session that a login begins, sets the account's `last_login` to its beginning, and returns the account.
    ///
    /// - The sessions that it replaces MUST end.
    /// - The account MUST have at most [`SessionPolicy::MAX_SESSIONS`] sessions afterwards. Of the others, those unused for
    ///   longest end.
    /// - The secret MUST NOT be stored, only a digest of it.
    /// - If the account does not exist, is inactive, or has another password hash than `verified`, it MUST change nothing and
    ///   return none: no login may outlive the password that it was made with.
    ///
    /// [`SessionPolicy::MAX_SESSIONS`]: crate::domain::SessionPolicy::MAX_SESSIONS
    async fn begin(
        &self,
        user_id: UserId,
        verified: &PasswordHash,
        session: NewAuthSession,
    ) -> Result<Option<User>, RepositoryError>;

    /// Returns the session with this id and its user, active or not.
    async fn find(&self, id: SessionId) -> Result<Option<UserSession>, RepositoryError>;

    /// Returns the session with this secret and its user, active or not.
    async fn find_by_secret(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<UserSession>, RepositoryError>;

    /// Returns the sessions of an account, the last used first and then by id, at most [`SessionPolicy::MAX_SESSIONS`].
    ///
    /// [`SessionPolicy::MAX_SESSIONS`]: crate::domain::SessionPolicy::MAX_SESSIONS
    async fn list(&self, user_id: UserId) -> Result<Vec<SessionDetails>, RepositoryError>;

    /// Spends the refresh token of this generation at `at`, which is also a use of the session, as [`touch`](Self::touch)
    /// stores one.
    ///
    /// - Of any number of calls with one generation, also at once and from several processes, exactly one MUST return
    ///   [`Spend::First`]. The others MUST change nothing.
    /// - One clock for all processes MUST measure the time since a token was spent.
    /// - It MUST remember when a token was spent for at least [`SessionPolicy::REFRESH_GRACE`].
    ///
    /// [`SessionPolicy::REFRESH_GRACE`]: crate::domain::SessionPolicy::REFRESH_GRACE
    async fn spend(
        &self,
        id: SessionId,
        generation: u32,
        at: DateTime<Utc>,
    ) -> Result<Spend, RepositoryError>;

    /// Stores that the session was used at `at`. An ended session MUST stay ended, and a later use MUST keep its time.
    async fn touch(&self, id: SessionId, at: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// Ends the session if it belongs to the account. Returns whether it did.
    async fn end(&self, user_id: UserId, id: SessionId) -> Result<bool, RepositoryError>;

    /// Ends the sessions with these secrets. Returns which ones ended.
    async fn end_by_secrets(
        &self,
        secrets: &[SessionSecret],
    ) -> Result<Vec<SessionId>, RepositoryError>;

    /// Ends every session of the account but one. Returns how many ended.
    async fn end_others(&self, user_id: UserId, kept: SessionId) -> Result<usize, RepositoryError>;

    /// Removes expired sessions, at most `limit`. Returns how many it removed.
    async fn purge(&self, cutoffs: Cutoffs, limit: u32) -> Result<usize, RepositoryError>;
}
