use super::{AccountError, Operator};
use crate::{
    domain::{AccountFilter, AccountKey, AccountSummary, UserId},
    ports::RepositoryError,
};

/// The number of accounts that are read at once. It bounds the memory and the time of a statement.
const PAGE: u32 = 1000;

impl Operator {
    /// Returns an account.
    ///
    /// # Errors
    ///
    /// See [`AccountError`].
    pub async fn find(&self, key: &AccountKey) -> Result<AccountSummary, AccountError> {
        let found = self.ports.accounts.find(key, self.live_times()).await?;
        found.ok_or(AccountError::NotFound)
    }

    /// Returns the accounts that the filter selects among the next ones after `after`, in the order of their ids, and the
    /// id after which to continue, if there may be more. A page can be empty.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the repository failed.
    pub async fn list(
        &self,
        filter: &AccountFilter,
        after: Option<UserId>,
    ) -> Result<(Vec<AccountSummary>, Option<UserId>), RepositoryError> {
        let mut page = self.ports.accounts.list(after, PAGE, self.live_times()).await?;
        let next = page.last().map(|last| last.user.id);
        page.retain(|account| filter.selects(&account.user));
        Ok((page, next))
    }
}
