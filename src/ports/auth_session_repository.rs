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
    /// The token had already been spent at this time by the caller's clock. If the time is no longer stored, it is a time
    /// long ago.
    SpentAt(DateTime<Utc>),
    /// The session has ended, or has not reached this generation.
    Gone,
}

/// A stored hash that a password matched.
#[derive(Debug, Clone)]
pub struct VerifiedPassword {
    /// The stored hash.
    pub hash: PasswordHash,
    /// A hash of the same password that replaces an outdated one.
    pub rehashed: Option<PasswordHash>,
}

impl From<PasswordHash> for VerifiedPassword {
    fn from(hash: PasswordHash) -> Self {
        Self { hash, rehashed: None }
    }
}

/// Stores auth sessions. Every method MUST be atomic. Every process that shares the storage MUST see a change
/// immediately.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuthSessionRepository: Send + Sync {
    /// Stores the session of a login, sets the account's `last_login` to the start of the session, and returns the
    /// account.
    ///
    /// - The sessions that it replaces MUST end.
    /// - The account MUST have at most [`SessionPolicy::MAX_SESSIONS`] sessions afterwards. If there are more, the ones
    ///   that were unused for longest end, but never the new one.
    /// - The session MUST store the `last_login` that it replaces as its `previous_login`. Of racing logins, each MUST
    ///   store that of the one before it.
    /// - The secret MUST NOT be stored, only a digest of it.
    /// - If the password was rehashed, the new hash MUST replace the verified one.
    /// - If the account does not exist, is inactive, or has a password hash other than the verified one, it MUST change
    ///   nothing and return `None`. A login must not outlive the password that it used.
    ///
    /// [`SessionPolicy::MAX_SESSIONS`]: crate::domain::SessionPolicy::MAX_SESSIONS
    async fn begin(
        &self,
        user_id: UserId,
        verified: &VerifiedPassword,
        session: NewAuthSession,
    ) -> Result<Option<User>, RepositoryError>;

    /// Returns the session with this id and its user, active or not.
    async fn find(&self, id: SessionId) -> Result<Option<UserSession>, RepositoryError>;

    /// Returns the session with this secret and its user, active or not.
    async fn find_by_secret(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<UserSession>, RepositoryError>;

    /// Returns at most [`SessionPolicy::MAX_SESSIONS`] sessions of an account, ordered by last use, most recent first,
    /// and then by id.
    ///
    /// [`SessionPolicy::MAX_SESSIONS`]: crate::domain::SessionPolicy::MAX_SESSIONS
    async fn list(&self, user_id: UserId) -> Result<Vec<SessionDetails>, RepositoryError>;

    /// Spends the refresh token of this generation at `at`. This also counts as a use of the session, as in
    /// [`touch`](Self::touch).
    ///
    /// - Of any number of calls with the same generation, even concurrent ones from several processes, exactly one MUST
    ///   return [`Spend::First`]. The others MUST change nothing.
    /// - All processes MUST measure the time since a token was spent with the same clock.
    /// - It MUST remember when a token was spent for at least [`SessionPolicy::REFRESH_GRACE`].
    ///
    /// [`SessionPolicy::REFRESH_GRACE`]: crate::domain::SessionPolicy::REFRESH_GRACE
    async fn spend(
        &self,
        id: SessionId,
        generation: u32,
        at: DateTime<Utc>,
    ) -> Result<Spend, RepositoryError>;

    /// Stores that the session was used at `at`. An ended session MUST stay ended, and a later stored use MUST be kept.
    async fn touch(&self, id: SessionId, at: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// Ends the session if it belongs to the account. Returns whether a session ended.
    async fn end(&self, user_id: UserId, id: SessionId) -> Result<bool, RepositoryError>;

    /// Ends the sessions with these secrets. Returns the ids of the ended sessions and their users.
    async fn end_by_secrets(
        &self,
        secrets: &[SessionSecret],
    ) -> Result<Vec<(UserId, SessionId)>, RepositoryError>;

    /// Ends every session of the account except `kept`. Returns the number of ended sessions.
    async fn end_others(&self, user_id: UserId, kept: SessionId) -> Result<usize, RepositoryError>;

    /// Ends every session of the account. Returns the number of ended sessions.
    async fn end_all(&self, user_id: UserId) -> Result<usize, RepositoryError>;

    /// Removes at most `limit` expired sessions. Returns the number of removed sessions.
    async fn purge(&self, cutoffs: Cutoffs, limit: u32) -> Result<usize, RepositoryError>;
}
