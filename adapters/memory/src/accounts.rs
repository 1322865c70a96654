use std::ops::Bound;

use async_trait::async_trait;
use coach_core::{
    domain::{
        AccountKey, AccountSummary, Credentials, EmailAddress, ImportedAccount, LiveTimes,
        NewPasswordCode, NewUser, User, UserId,
    },
    ports::{AccountRepository, RepositoryError, SaveUserError},
};

use crate::{
    MemoryStorage,
    state::{State, StoredCode},
};

#[async_trait]
impl AccountRepository for MemoryStorage {
    async fn add(
        &self,
        user: NewUser,
        code: Option<NewPasswordCode>,
    ) -> Result<User, SaveUserError> {
        let mut state = self.lock();
        if state.with_email(&user.email).is_some() {
            return Err(SaveUserError::EmailTaken);
        }
        let NewUser { email, full_name, password_hash, created_at } = user;
        let id = state.next_user_id();
        let user = User { id, email, full_name, is_active: true, last_login: None, created_at };
        state.accounts.insert(id, Credentials { user: user.clone(), password_hash });
        if let Some(code) = code {
            state.codes.insert(id, StoredCode::new(&code));
        }
        Ok(user)
    }

    async fn find(
        &self,
        key: &AccountKey,
        live: LiveTimes,
    ) -> Result<Option<AccountSummary>, RepositoryError> {
        let state = self.lock();
        let found = match key {
            AccountKey::Id(id) => state.accounts.get(id),
            AccountKey::Email(email) => state.with_email(email),
        };
        Ok(found.map(|account| state.summary(account, live)))
    }

    async fn list(
        &self,
        after: Option<UserId>,
        limit: u32,
        live: LiveTimes,
    ) -> Result<Vec<AccountSummary>, RepositoryError> {
        let state = self.lock();
        Ok(state.page(after, limit).map(|account| state.summary(account, live)).collect())
    }

    async fn list_credentials(
        &self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Credentials>, RepositoryError> {
        Ok(self.lock().page(after, limit).cloned().collect())
    }

    async fn import(&self, accounts: Vec<ImportedAccount>) -> Result<usize, RepositoryError> {
        let mut state = self.lock();
        let mut new = 0;
        for account in accounts {
            if state.with_email(&account.email).is_some() {
                continue;
            }
            let id = state.next_user_id();
            let ImportedAccount { email, full_name, is_active, created_at, last_login, .. } =
                account;
            let user = User { id, email, full_name, is_active, last_login, created_at };
            let account = Credentials { user, password_hash: account.password_hash };
            state.accounts.insert(id, account);
            new += 1;
        }
        Ok(new)
    }

    async fn count_known(&self, emails: Vec<EmailAddress>) -> Result<usize, RepositoryError> {
        let state = self.lock();
        Ok(emails.iter().filter(|email| state.with_email(email).is_some()).count())
    }

    async fn remove(&self, user_id: UserId) -> Result<bool, RepositoryError> {
        Ok(self.lock().remove(user_id))
    }
}

impl State {
    /// Returns at most `limit` accounts with ids above `after`.
    fn page(&self, after: Option<UserId>, limit: u32) -> impl Iterator<Item = &Credentials> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.accounts.range((after, Bound::Unbounded)).map(|(_, account)| account).take(limit)
    }

    fn summary(&self, account: &Credentials, live: LiveTimes) -> AccountSummary {
        let LiveTimes { cutoffs, until } = live;
        let sessions = self.sessions_of(account.user.id);
        let live = sessions.into_iter().filter(|details| {
            let session = details.session;
            session.created_at > cutoffs.begun_by
                && session.last_seen_at > cutoffs.used_by
                && session.created_at.max(session.last_seen_at) <= until
        });
        AccountSummary { user: account.user.clone(), live_sessions: live.count() as u64 }
    }
}
