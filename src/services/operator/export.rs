use super::Operator;
use crate::{
    domain::{AuthEvent, Credentials, UserId},
    ports::RepositoryError,
};

/// The number of accounts that are read at once.
const PAGE: u32 = 1000;

impl Operator {
    /// Returns the next accounts after `after` with their password hashes, in the order of their ids. There are no more if
    /// the list is empty. The first page records that an export began, because its accounts leave at once.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the repository failed.
    pub async fn export(&self, after: Option<UserId>) -> Result<Vec<Credentials>, RepositoryError> {
        if after.is_none() {
            self.record(AuthEvent::AccountsExportBegun);
        }
        self.ports.accounts.list_credentials(after, PAGE).await
    }

    /// Records that an export is complete. The caller has written `count` accounts to their place.
    pub fn finish_export(&self, count: usize) {
        self.record(AuthEvent::AccountsExported { count });
    }
}
