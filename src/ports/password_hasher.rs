use async_trait::async_trait;

use super::BoxedError;
use crate::domain::{Password, PasswordHash};

/// Hashes and verifies passwords. An adapter MUST NOT hash on the calling thread, because that would block the async
/// runtime.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password with a new random salt. Two hashes of the same password MUST differ, and every byte of the
    /// password MUST affect the hash.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordHasherError>;

    /// Returns whether the hash was made from the password.
    ///
    /// Without a hash, it MUST do the same work as with one of its own hashes and return `false`, so that the response
    /// time does not reveal whether an account exists. A hash that cannot be parsed does not match.
    // mockall needs the named lifetime.
    #[allow(clippy::needless_lifetimes)]
    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<bool, PasswordHasherError>;
}

/// A password could not be hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordHasherError {
    /// The queue is full. A later retry may succeed.
    #[error("the password queue is full")]
    Busy,
    /// Any other failure.
    #[error("the password hasher failed")]
    Failed(#[source] BoxedError),
}
