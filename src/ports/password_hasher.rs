use async_trait::async_trait;

use super::BoxedError;
use crate::domain::{Password, PasswordHash};

/// Turns passwords into hashes that are slow to attack. An adapter MUST NOT compute on the caller's thread: the
/// callers are asynchronous workers.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password with a fresh random salt: two hashes of one password MUST differ. The whole password MUST
    /// count, to its last byte.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordHasherError>;

    /// Whether the password is the one that was hashed.
    ///
    /// Without a hash it MUST do the same work as with one that it made itself, and answer no: how long an answer
    /// takes must not tell whether an account exists. A hash that it cannot read is no match.
    // A mock needs the lifetime by name.
    #[allow(clippy::needless_lifetimes)]
    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<bool, PasswordHasherError>;
}

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordHasherError {
    /// More work is waiting than can be done in reasonable time; trying again later may help.
    #[error("too much password work is waiting")]
    Busy,
    /// Anything else.
    #[error("the password hasher failed")]
    Failed(#[source] BoxedError),
}
