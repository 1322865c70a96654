use std::cmp::Reverse;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coach_core::{
    domain::{
        PracticePage, PracticeQuery, PracticeScore, PracticeSession, PracticeSessionId, UserId,
    },
    ports::{PracticeSessionRepository, RepositoryError},
};

use crate::MemoryStorage;

#[async_trait]
impl PracticeSessionRepository for MemoryStorage {
    async fn start(&self, session: &PracticeSession) -> Result<bool, RepositoryError> {
        let mut state = self.lock();
        if state.active(session.user_id).is_none() {
            return Ok(false);
        }
        if state.practice_sessions.contains_key(&session.id) {
            return Err(RepositoryError::Failed("the practice session already exists".into()));
        }
        state.practice_sessions.insert(session.id, session.clone());
        Ok(true)
    }

    async fn list(
        &self,
        user_id: UserId,
        query: &PracticeQuery,
    ) -> Result<PracticePage, RepositoryError> {
        let state = self.lock();
        let is_listed = |session: &&PracticeSession| {
            session.user_id == user_id
                && query.filter.selects(session)
                && query.after.is_none_or(|after| session.position() < after)
        };
        let mut listed: Vec<_> = state.practice_sessions.values().filter(is_listed).collect();
        listed.sort_by_key(|session| Reverse(session.position()));
        let has_more = listed.len() > query.limit.get();
        let sessions = listed.into_iter().take(query.limit.get()).cloned().collect();
        Ok(PracticePage { sessions, has_more })
    }

    async fn scores(&self, user_id: UserId) -> Result<Vec<PracticeScore>, RepositoryError> {
        let state = self.lock();
        let sessions = state.practice_sessions.values();
        let mut own: Vec<_> = sessions.filter(|session| session.user_id == user_id).collect();
        own.sort_by_key(|session| Reverse(session.position()));
        let scores = own.into_iter().filter_map(PracticeScore::of);
        Ok(scores.take(PracticeScore::MAX_LISTED.into()).collect())
    }

    async fn find(
        &self,
        user_id: UserId,
        id: PracticeSessionId,
    ) -> Result<Option<PracticeSession>, RepositoryError> {
        let state = self.lock();
        let found = state.practice_sessions.get(&id);
        Ok(found.filter(|session| session.user_id == user_id).cloned())
    }

    async fn end(
        &self,
        user_id: UserId,
        id: PracticeSessionId,
        at: DateTime<Utc>,
    ) -> Result<Option<PracticeSession>, RepositoryError> {
        let mut state = self.lock();
        let found = state.practice_sessions.get_mut(&id);
        Ok(found.filter(|session| session.user_id == user_id).map(|session| {
            session.end(at);
            session.clone()
        }))
    }
}
