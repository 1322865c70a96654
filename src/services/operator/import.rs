use std::collections::HashSet;

use super::Operator;
use crate::{
    domain::{AuthEvent, EmailAddress, ImportedAccount, PasswordHash},
    ports::RepositoryError,
};

/// Accounts that are imported at once.
#[derive(Debug, Default)]
pub struct ImportBatch {
    accounts: Vec<ImportedAccount>,
}

/// The outcome of [`Operator::import`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// The number of new accounts.
    pub new: usize,
    /// The number of accounts whose email address was taken.
    pub known: usize,
}

impl ImportBatch {
    /// The number of accounts in a full batch. One batch is one statement, so it blocks other writes for milliseconds.
    pub const MAX: usize = 500;

    /// Adds an account. The caller imports the batch when it is full.
    pub fn push(&mut self, account: ImportedAccount) {
        self.accounts.push(account);
    }

    /// Returns whether the batch has [`MAX`](Self::MAX) accounts.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.accounts.len() >= Self::MAX
    }

    /// Returns whether the batch has no account.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }
}

impl Operator {
    /// Returns whether an account with this hash can log in, or has no password yet.
    #[must_use]
    pub fn supports(&self, hash: &PasswordHash) -> bool {
        hash.is_none() || self.ports.password_hasher.supports(hash)
    }

    /// Stores accounts of another database. Skips those whose email address is taken.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if nothing was stored.
    pub async fn import(&self, batch: ImportBatch) -> Result<Imported, RepositoryError> {
        let all = batch.accounts.len();
        let new = self.ports.accounts.import(batch.accounts).await?;
        if new > 0 {
            self.record(AuthEvent::AccountsImported { count: new });
        }
        Ok(Imported { new, known: all.saturating_sub(new) })
    }

    /// Returns what [`import`](Self::import) would return, and stores nothing.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the repository failed.
    pub async fn try_import(&self, batch: &ImportBatch) -> Result<Imported, RepositoryError> {
        let emails = batch.accounts.iter().map(|account| account.email.clone());
        let distinct: HashSet<EmailAddress> = emails.collect();
        let addresses = distinct.len();
        let known = self.ports.accounts.count_known(distinct.into_iter().collect()).await?;
        let new = addresses.saturating_sub(known);
        Ok(Imported { new, known: batch.accounts.len() - new })
    }
}
