use async_trait::async_trait;
use coach_core::{
    domain::{NewPasswordCode, UserId},
    ports::{CodeTry, PasswordCodeRepository, Redemption, RepositoryError},
};

use crate::{
    MemoryStorage,
    state::{StoredCode, StoredSession},
};

#[async_trait]
impl PasswordCodeRepository for MemoryStorage {
    async fn issue(&self, user_id: UserId, code: NewPasswordCode) -> Result<bool, RepositoryError> {
        let mut state = self.lock();
        let exists = state.accounts.contains_key(&user_id);
        if exists {
            state.codes.insert(user_id, StoredCode::new(&code));
        }
        Ok(exists)
    }

    async fn redeem(&self, attempt: CodeTry) -> Result<Redemption, RepositoryError> {
        let CodeTry { email, code, new, session } = attempt;
        let mut state = self.lock();
        let Some(user) = state.with_email(&email).map(|account| account.user.clone()) else {
            return Ok(Redemption::Refused(None));
        };
        let (user_id, now) = (user.id, session.created_at);
        let Some(stored) = state.codes.get_mut(&user_id) else {
            return Ok(Redemption::Refused(Some(user_id)));
        };
        if !stored.accepts(&code, now) {
            stored.tries_left = stored.tries_left.saturating_sub(1);
            return Ok(Redemption::Refused(Some(user_id)));
        }
        if !user.is_active {
            return Ok(Redemption::Inactive(user_id));
        }
        let own = |stored: &StoredSession| stored.user_id() == user_id;
        state.begin_session(user_id, session, user.last_login, own)?;
        state.codes.remove(&user_id);
        let redeemed = state.active(user_id).map(|account| {
            account.password_hash = new;
            account.user.last_login = Some(now);
            account.user.clone()
        });
        Ok(redeemed.map_or(Redemption::Refused(Some(user_id)), Redemption::Redeemed))
    }
}
