use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::RepositoryError;
use crate::domain::{
    PracticePage, PracticeQuery, PracticeScore, PracticeSession, PracticeSessionId, UserId,
};

/// Stores practice sessions. Every method MUST be atomic. Every process that shares the storage MUST see a change
/// immediately.
///
/// A session belongs to one account. Every method MUST treat the sessions of other accounts, and sessions without an
/// account, as if they did not exist. [`UserRepository::delete`](super::UserRepository::delete) deletes the sessions of
/// the account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PracticeSessionRepository: Send + Sync {
    /// Stores a session with all its values. Returns whether it was stored.
    ///
    /// If the account of the session does not exist or is inactive, it MUST store nothing and return `false`.
    async fn start(&self, session: &PracticeSession) -> Result<bool, RepositoryError>;

    /// Returns a page of the sessions of an account, newest first and then by id, the greatest first.
    ///
    /// - It MUST return the sessions that the filter selects and that come after the position in `query`.
    /// - It MUST return at most as many sessions as the limit says, and whether more follow.
    async fn list(
        &self,
        user_id: UserId,
        query: &PracticeQuery,
    ) -> Result<PracticePage, RepositoryError>;

    /// Returns the latest scores of an account, newest session first and then by id, the greatest first.
    ///
    /// - It MUST leave out the sessions without a score.
    /// - It MUST return at most [`PracticeScore::MAX_LISTED`] scores.
    async fn scores(&self, user_id: UserId) -> Result<Vec<PracticeScore>, RepositoryError>;

    /// Returns the session with this id.
    async fn find(
        &self,
        user_id: UserId,
        id: PracticeSessionId,
    ) -> Result<Option<PracticeSession>, RepositoryError>;

    /// Ends the session with this id under the rule of [`PracticeSession::end`]. Returns the session.
    ///
    /// Of any number of calls, even concurrent ones from several processes, exactly one MUST set the time. The others
    /// MUST change nothing and return the session with that time.
    async fn end(
        &self,
        user_id: UserId,
        id: PracticeSessionId,
        at: DateTime<Utc>,
    ) -> Result<Option<PracticeSession>, RepositoryError>;
}
