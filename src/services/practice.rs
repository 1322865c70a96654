use super::AuthService;
use crate::{
    domain::{
        PracticeFilter, PracticePosition, PracticeQuery, PracticeScore, PracticeSession,
        PracticeSessionId, PracticeSettings, UserSession,
    },
    ports::{RepositoryError, random_bytes},
};

/// A practice session was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartPracticeError {
    /// The account was deleted or deactivated during the request.
    #[error("the session has ended")]
    SessionEnded,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// The cursor was not issued for this user and this filter. The message is shown to the person who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This cursor does not belong to this list. Start again without a cursor.")]
pub struct InvalidCursor;

/// A practice session was not shown or ended.
#[derive(Debug, thiserror::Error)]
pub enum FindPracticeError {
    /// The user has no practice session with this id.
    #[error("the practice session does not exist")]
    NotFound,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// A page of a user's practice sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct PracticeHistory {
    /// The sessions, newest first.
    pub sessions: Vec<PracticeSession>,
    /// The cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
}

/// Practice sessions concern only their owner and no one's security, so no event is recorded.
impl AuthService {
    /// Starts a practice session of the caller.
    ///
    /// # Errors
    ///
    /// See [`StartPracticeError`].
    pub async fn start_practice(
        &self,
        caller: &UserSession,
        settings: PracticeSettings,
    ) -> Result<PracticeSession, StartPracticeError> {
        let id = PracticeSessionId::from_random(random_bytes(&*self.ports.random));
        let now = self.ports.clock.now();
        let session = PracticeSession::start(id, caller.user.id, settings, now);
        match self.ports.practice_sessions.start(&session).await? {
            true => Ok(session),
            false => Err(StartPracticeError::SessionEnded),
        }
    }

    /// Returns the place in the caller's practice sessions that a cursor stands for. The filter is that of the page before.
    ///
    /// # Errors
    ///
    /// See [`InvalidCursor`].
    pub fn practice_position(
        &self,
        caller: &UserSession,
        filter: &PracticeFilter,
        cursor: &str,
    ) -> Result<PracticePosition, InvalidCursor> {
        let position = self.ports.practice_cursors.verify(caller.user.id, filter, cursor);
        position.ok_or(InvalidCursor)
    }

    /// Checks the form of a cursor. The rest cannot be checked while the filter is not valid.
    ///
    /// # Errors
    ///
    /// See [`InvalidCursor`].
    pub fn check_cursor_form(&self, cursor: &str) -> Result<(), InvalidCursor> {
        let is_well_formed = self.ports.practice_cursors.is_well_formed(cursor);
        is_well_formed.then_some(()).ok_or(InvalidCursor)
    }

    /// Returns a page of the caller's practice sessions, newest first.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the repository failed.
    pub async fn practice_sessions(
        &self,
        caller: &UserSession,
        query: &PracticeQuery,
    ) -> Result<PracticeHistory, RepositoryError> {
        let (user_id, cursors) = (caller.user.id, &self.ports.practice_cursors);
        let page = self.ports.practice_sessions.list(user_id, query).await?;
        let next_cursor = page.next().map(|next| cursors.issue(user_id, &query.filter, next));
        Ok(PracticeHistory { sessions: page.sessions, next_cursor })
    }

    /// Returns the latest scores of the caller, newest session first. There are at most
    /// [`PracticeScore::MAX_LISTED`].
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the repository failed.
    pub async fn practice_scores(
        &self,
        caller: &UserSession,
    ) -> Result<Vec<PracticeScore>, RepositoryError> {
        self.ports.practice_sessions.scores(caller.user.id).await
    }

    /// Returns a practice session of the caller.
    ///
    /// # Errors
    ///
    /// See [`FindPracticeError`].
    pub async fn practice_session(
        &self,
        caller: &UserSession,
        id: PracticeSessionId,
    ) -> Result<PracticeSession, FindPracticeError> {
        let found = self.ports.practice_sessions.find(caller.user.id, id).await?;
        found.ok_or(FindPracticeError::NotFound)
    }

    /// Ends a practice session of the caller and returns it. A session that has ended stays unchanged.
    ///
    /// # Errors
    ///
    /// See [`FindPracticeError`].
    pub async fn end_practice(
        &self,
        caller: &UserSession,
        id: PracticeSessionId,
    ) -> Result<PracticeSession, FindPracticeError> {
        let now = self.ports.clock.now();
        let ended = self.ports.practice_sessions.end(caller.user.id, id, now).await?;
        ended.ok_or(FindPracticeError::NotFound)
    }
}
