use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{NewPassword, WeakPassword};

/// Judges how easy a password is to guess.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordStrength: Send + Sync {
    /// Accepts a password, or explains why it is too easy to guess.
    ///
    /// - It MUST refuse common passwords, and passwords made of the service's name or of `personal`, such as the user's
    ///   email address and name (ASVS 5.0, 6.1.2, 6.2.4, 6.2.11).
    /// - It MUST NOT compute on the calling thread or use the network.
    async fn check(
        &self,
        password: &NewPassword,
        personal: Vec<String>,
    ) -> Result<(), PasswordStrengthError>;
}

/// A password was refused or could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum PasswordStrengthError {
    /// The password is too easy to guess.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// Too many passwords are waiting, or this one waited too long.
    #[error("the password queue is full")]
    Busy {
        /// An estimate of the time until a retry can succeed.
        retry_after: Duration,
    },
}
