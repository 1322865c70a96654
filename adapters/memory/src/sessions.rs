use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coach_core::{
    domain::{
        Cutoffs, NewAuthSession, SessionDetails, SessionId, SessionPolicy, SessionSecret, User,
        UserId, UserSession,
    },
    ports::{AuthSessionRepository, RepositoryError, Spend, VerifiedPassword},
};

use crate::{MemoryStorage, state::digest};

#[async_trait]
impl AuthSessionRepository for MemoryStorage {
    async fn begin(
        &self,
        user_id: UserId,
        verified: &VerifiedPassword,
        session: NewAuthSession,
    ) -> Result<Option<User>, RepositoryError> {
        let mut state = self.lock();
        let Some(account) = state.verified(user_id, &verified.hash) else { return Ok(None) };
        let previous_login = account.user.last_login;
        let begun_at = session.created_at;
        state.begin_session(user_id, session, previous_login, |_| false)?;
        Ok(state.active(user_id).map(|account| {
            account.user.last_login = Some(begun_at);
            if let Some(rehashed) = &verified.rehashed {
                account.password_hash = rehashed.clone();
            }
            account.user.clone()
        }))
    }

    async fn find(&self, id: SessionId) -> Result<Option<UserSession>, RepositoryError> {
        let state = self.lock();
        Ok(state.sessions.get(&id).and_then(|stored| state.with_user(stored)))
    }

    async fn find_by_secret(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<UserSession>, RepositoryError> {
        let (state, digest) = (self.lock(), Some(digest(secret)));
        let found = state.sessions.values().find(|stored| stored.digest == digest);
        Ok(found.and_then(|stored| state.with_user(stored)))
    }

    async fn list(&self, user_id: UserId) -> Result<Vec<SessionDetails>, RepositoryError> {
        Ok(self.lock().sessions_of(user_id).into_iter().cloned().collect())
    }

    async fn spend(
        &self,
        id: SessionId,
        generation: u32,
        at: DateTime<Utc>,
    ) -> Result<Spend, RepositoryError> {
        let mut state = self.lock();
        let Some(stored) = state.sessions.get_mut(&id) else { return Ok(Spend::Gone) };
        let session = &mut stored.details.session;
        if generation > session.refresh_generation {
            return Ok(Spend::Gone);
        }
        if generation < session.refresh_generation {
            let spent_at = stored.spent.get(&generation).copied();
            return Ok(Spend::SpentAt(spent_at.unwrap_or(DateTime::<Utc>::MIN_UTC)));
        }
        session.refresh_generation += 1;
        session.last_seen_at = session.last_seen_at.max(at);
        stored.spent.retain(|_, spent_at| SessionPolicy::is_in_grace(*spent_at, at));
        stored.spent.insert(generation, at);
        Ok(Spend::First)
    }

    async fn touch(&self, id: SessionId, at: DateTime<Utc>) -> Result<(), RepositoryError> {
        if let Some(stored) = self.lock().sessions.get_mut(&id) {
            let session = &mut stored.details.session;
            session.last_seen_at = session.last_seen_at.max(at);
        }
        Ok(())
    }

    async fn end(&self, user_id: UserId, id: SessionId) -> Result<bool, RepositoryError> {
        let ended = self.lock().end(|stored| stored.user_id() == user_id && stored.id() == id);
        Ok(!ended.is_empty())
    }

    async fn end_by_secrets(
        &self,
        secrets: &[SessionSecret],
    ) -> Result<Vec<(UserId, SessionId)>, RepositoryError> {
        let digests: Vec<_> = secrets.iter().map(digest).collect();
        let presented = |digest| digests.contains(&digest);
        Ok(self.lock().end(|stored| stored.digest.is_some_and(presented)))
    }

    async fn end_others(&self, user_id: UserId, kept: SessionId) -> Result<usize, RepositoryError> {
        let ended = self.lock().end(|stored| stored.user_id() == user_id && stored.id() != kept);
        Ok(ended.len())
    }

    async fn end_all(&self, user_id: UserId) -> Result<usize, RepositoryError> {
        Ok(self.lock().end(|stored| stored.user_id() == user_id).len())
    }

    async fn purge(&self, cutoffs: Cutoffs, limit: u32) -> Result<usize, RepositoryError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut state = self.lock();
        let expired = state.sessions.extract_if(.., |_, stored| {
            let session = stored.details.session;
            session.created_at <= cutoffs.begun_by || session.last_seen_at <= cutoffs.used_by
        });
        Ok(expired.take(limit).count())
    }
}
