use async_trait::async_trait;

use super::BoxedError;
use crate::domain::{Password, PasswordHash};

/// Turns passwords into hashes that are slow to attack. An adapter MUST NOT compute on the caller's thread, because callers
/// are asynchronous workers.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password with a new random salt. Two hashes of one password MUST differ, and every byte of the password MUST
    /// count.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordHasherError>;

    /// Returns whether the hash was made from the password.
    ///
    /// Without a hash, it MUST do the same work as with one that it made itself, and return false: the time of a response
    /// must not tell whether an account exists. A hash that cannot be read does not match.
    // mockall needs the named lifetime.
    #[allow(clippy::needless_lifetimes)]
    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<bool, PasswordHasherError>;
}

/// A password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordHasherError {
    /// Too much password work is waiting. Trying again later may help.
    #[error("too much password work is waiting")]
    Busy,
    /// Anything else.
    #[error("the password hasher failed")]
    Failed(#[source] BoxedError),
}
