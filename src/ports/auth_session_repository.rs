use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::RepositoryError;
use crate::domain::{AuthSession, NewAuthSession, SessionId, SessionSecret, User, UserId};

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
    /// - If the account does not exist or is inactive by then, it MUST change nothing and answer none.
    async fn begin(
        &self,
        user_id: UserId,
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
    async fn list(&self, user_id: UserId) -> Result<Vec<AuthSession>, RepositoryError>;

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
}
