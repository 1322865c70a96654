use std::collections::BTreeSet;

use async_trait::async_trait;
use coach_core::{
    domain::{
        Credentials, EmailAddress, NewAuthSession, NewUser, PasswordHash, ProfileChange, User,
        UserId,
    },
    ports::{
        LoginLookup, MAX_SCHEMES, PasswordChange, RepositoryError, SaveUserError, UserRepository,
    },
};

use crate::{MemoryStorage, state::StoredSession};

#[async_trait]
impl UserRepository for MemoryStorage {
    async fn create(&self, user: NewUser, session: NewAuthSession) -> Result<User, SaveUserError> {
        let mut state = self.lock();
        if state.with_email(&user.email).is_some() {
            return Err(SaveUserError::EmailTaken);
        }
        let NewUser { email, full_name, password_hash, created_at } = user;
        let id = state.next_user_id();
        let user = User { id, email, full_name, is_active: true, last_login: None, created_at };
        state.begin_session(id, session, None, |_| false)?;
        state.accounts.insert(id, Credentials { user: user.clone(), password_hash });
        Ok(user)
    }

    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<Credentials>, RepositoryError> {
        Ok(self.lock().with_email(email).cloned())
    }

    async fn find_for_login<'a>(
        &self,
        email: Option<&'a EmailAddress>,
    ) -> Result<LoginLookup, RepositoryError> {
        let state = self.lock();
        let schemes = state.accounts.values().filter_map(|account| account.password_hash.scheme());
        let distinct: BTreeSet<_> = schemes.collect();
        Ok(LoginLookup {
            credentials: email.and_then(|email| state.with_email(email)).cloned(),
            schemes: distinct.into_iter().take(MAX_SCHEMES).collect(),
        })
    }

    async fn change_password(
        &self,
        user_id: UserId,
        change: PasswordChange,
    ) -> Result<Option<User>, RepositoryError> {
        let mut state = self.lock();
        let made_in = state.sessions.get(&change.made_in);
        let Some(made_in) = made_in.filter(|stored| stored.user_id() == user_id) else {
            return Ok(None);
        };
        let previous_login = made_in.details.session.previous_login;
        if state.verified(user_id, &change.verified).is_none() {
            return Ok(None);
        }
        let own = |stored: &StoredSession| stored.user_id() == user_id;
        state.begin_session(user_id, change.session, previous_login, own)?;
        state.codes.remove(&user_id);
        Ok(state.active(user_id).map(|account| {
            account.password_hash = change.new;
            account.user.clone()
        }))
    }

    async fn update_profile(
        &self,
        user_id: UserId,
        change: ProfileChange,
    ) -> Result<Option<User>, SaveUserError> {
        let mut state = self.lock();
        if let Some((email, verified)) = &change.email {
            if state.verified(user_id, verified).is_none() {
                return Ok(None);
            }
            if state.with_email(email).is_some_and(|account| account.user.id != user_id) {
                return Err(SaveUserError::EmailTaken);
            }
        }
        Ok(state.active(user_id).map(|account| {
            if let Some(full_name) = change.full_name {
                account.user.full_name = full_name;
            }
            if let Some((email, _)) = change.email {
                account.user.email = email;
            }
            account.user.clone()
        }))
    }

    async fn delete(
        &self,
        user_id: UserId,
        verified: &PasswordHash,
    ) -> Result<bool, RepositoryError> {
        let mut state = self.lock();
        if state.verified(user_id, verified).is_none() {
            return Ok(false);
        }
        Ok(state.remove(user_id))
    }

    async fn set_active(
        &self,
        user_id: UserId,
        active: bool,
    ) -> Result<Option<bool>, RepositoryError> {
        let mut state = self.lock();
        let Some(account) = state.accounts.get_mut(&user_id) else { return Ok(None) };
        let changed = account.user.is_active != active;
        account.user.is_active = active;
        if !active {
            state.end(|stored| stored.user_id() == user_id);
        }
        Ok(Some(changed))
    }
}
