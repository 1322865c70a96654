use async_trait::async_trait;

use crate::domain::{NewPassword, WeakPassword};

/// Judges how easy a password is to guess.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordStrength: Send + Sync {
    /// Accepts a password, or says why it is too easy to guess.
    ///
    /// - Common passwords MUST be refused, and passwords made of the service's name or of `personal`: texts that belong to
    ///   the person, such as address and name (ASVS 5.0, 6.1.2, 6.2.4, 6.2.11).
    /// - It MUST NOT compute on the caller's thread or use a network.
    async fn check(
        &self,
        password: &NewPassword,
        personal: Vec<String>,
    ) -> Result<(), PasswordStrengthError>;
}

/// A password was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PasswordStrengthError {
    /// It is too easy to guess.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// Too much password work is waiting. Trying again later may help.
    #[error("too much password work is waiting")]
    Busy,
}
