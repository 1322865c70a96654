use std::{any::Any, fmt, time::Duration};

use async_trait::async_trait;

use super::BoxedError;
use crate::domain::{Password, PasswordHash, PasswordScheme};

/// The result of comparing a password with a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password does not match.
    Wrong,
    /// The password matches.
    Right,
    /// The password matches, but a new hash would have another scheme.
    RightButOutdated,
}

/// A place among the use cases that may work on passwords. Dropping it frees the place.
#[must_use]
#[derive(Default)]
pub struct Admission {
    _place: Option<Box<dyn Any + Send + Sync>>,
}

impl Admission {
    /// Keeps `place` until the admission is dropped.
    pub fn holding(place: impl Any + Send + Sync) -> Self {
        Self { _place: Some(Box::new(place)) }
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Admission")
    }
}

/// Hashes and verifies passwords. An adapter MUST NOT hash on the calling thread, because that would block the async
/// runtime.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Takes one of the places for use cases, or fails with [`PasswordHasherError::Busy`] while all are taken. Their number
    /// MUST be limited. Use cases call this first and keep the place while they work on passwords, so that a flood of
    /// logins costs no other work.
    fn admit(&self) -> Result<Admission, PasswordHasherError>;

    /// Returns whether [`verify`](Self::verify) can find a password that matches the hash: whether it can be parsed and does
    /// not take too long to compute.
    fn supports(&self, hash: &PasswordHash) -> bool;

    /// Hashes a password with a new random salt. Two hashes of the same password MUST differ, and every byte of the
    /// password MUST affect the hash.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordHasherError>;

    /// Compares the password with a hash. Without a hash, the password is wrong.
    ///
    /// `schemes` are the schemes of all stored hashes. For a wrong password, the work MUST depend only on `schemes`, so
    /// that the response time does not reveal whether the account exists or which scheme its hash has. If the scheme of
    /// `hash` is missing in `schemes`, its work is added.
    ///
    /// A hash that cannot be parsed, or that would take too long to compute, does not match. It MUST cost no more work
    /// than a missing one.
    // mockall needs the named lifetime.
    #[allow(clippy::needless_lifetimes)]
    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
        schemes: &[PasswordScheme],
    ) -> Result<Verdict, PasswordHasherError>;
}

/// A password could not be hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordHasherError {
    /// Too many passwords are waiting, or this one waited too long.
    #[error("the password queue is full")]
    Busy {
        /// An estimate of the time until a retry can succeed.
        retry_after: Duration,
    },
    /// Any other failure.
    #[error("the password hasher failed")]
    Failed(#[source] BoxedError),
}
