use async_trait::async_trait;

use super::{RepositoryError, SaveUserError};
use crate::domain::{
    AccountKey, AccountSummary, Credentials, EmailAddress, ImportedAccount, LiveTimes,
    NewPasswordCode, NewUser, User, UserId,
};

/// Stores accounts as an operator manages them, without their passwords. Every method MUST be atomic. Every process that
/// shares the storage MUST see a change immediately.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AccountRepository: Send + Sync {
    /// Stores an account without a session, and its one-time code if there is one.
    ///
    /// If the email address is taken, it MUST fail with [`SaveUserError::EmailTaken`] and change nothing. The id MUST be
    /// one that no account ever had.
    async fn add(
        &self,
        user: NewUser,
        code: Option<NewPasswordCode>,
    ) -> Result<User, SaveUserError>;

    /// Returns the account, active or not, and the number of its sessions within `live`.
    async fn find(
        &self,
        key: &AccountKey,
        live: LiveTimes,
    ) -> Result<Option<AccountSummary>, RepositoryError>;

    /// Returns at most `limit` accounts with ids above `after`, in the order of their ids, with the number of their
    /// sessions within `live`. It MUST take as long with many accounts as with few.
    async fn list(
        &self,
        after: Option<UserId>,
        limit: u32,
        live: LiveTimes,
    ) -> Result<Vec<AccountSummary>, RepositoryError>;

    /// Returns the accounts of [`list`](Self::list) with their password hashes.
    async fn list_credentials(
        &self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Credentials>, RepositoryError>;

    /// Stores accounts of another database. Skips those whose email address is taken, also by an earlier one in the list.
    /// Returns the number of new accounts.
    ///
    /// The ids MUST be ones that no account ever had. It MUST leave existing accounts unchanged.
    async fn import(&self, accounts: Vec<ImportedAccount>) -> Result<usize, RepositoryError>;

    /// Returns how many of these email addresses, each given once, accounts have.
    async fn count_known(&self, emails: Vec<EmailAddress>) -> Result<usize, RepositoryError>;

    /// Deletes the account, active or not, with its sessions, its code and its practice sessions. Returns whether an account
    /// was deleted.
    async fn remove(&self, user_id: UserId) -> Result<bool, RepositoryError>;
}
