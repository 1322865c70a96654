//! Use cases, one a file, with the error enum of each beside it.

mod accounts;
mod authenticate;
mod change_password;
mod choose_password;
mod confirm_password;
mod delete_account;
mod log_in;
mod log_out;
mod open_session;
mod purge;
mod refresh;
mod register;
mod sessions;
mod update_profile;

use std::sync::Arc;

use chrono::TimeDelta;

pub use accounts::SetActiveError;
pub use authenticate::AuthenticateError;
pub use change_password::ChangePasswordError;
pub use choose_password::ChoosePasswordError;
pub use confirm_password::ConfirmPasswordError;
pub use log_in::LoginError;
pub use open_session::SignedIn;
pub use refresh::RefreshError;
pub use register::RegisterError;
pub use update_profile::UpdateProfileError;

use crate::{
    domain::{AuthEvent, SessionPolicy},
    ports::{
        AccessTokens, AuditLog, AuthSessionRepository, Clock, HealthCheck, PasswordHasher,
        PasswordHasherError, PasswordStrength, RandomSource, RefreshTokens, RepositoryError,
        UserRepository,
    },
};

/// The ports that the use cases drive. The composition root chooses the adapter of each.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct Ports {
    pub users: Arc<dyn UserRepository>,
    pub sessions: Arc<dyn AuthSessionRepository>,
    pub health: Arc<dyn HealthCheck>,
    pub password_hasher: Arc<dyn PasswordHasher>,
    pub password_strength: Arc<dyn PasswordStrength>,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub audit_log: Arc<dyn AuditLog>,
}

/// What an operator can choose.
#[derive(Debug, Clone, Copy)]
pub struct AuthSettings {
    /// How long an access token is accepted at most.
    pub access_token_lifetime: TimeDelta,
    /// How long a session lasts.
    pub session: SessionPolicy,
}

/// The use cases. Each is a method in the file of its name.
pub struct AuthService {
    ports: Ports,
    settings: AuthSettings,
}

/// What a request presents to authenticate.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// An access token.
    AccessToken(&'a str),
    /// A session secret.
    SessionSecret(&'a str),
}

impl AuthService {
    /// Makes the use cases from their ports.
    #[must_use]
    pub fn new(ports: Ports, settings: AuthSettings) -> Self {
        Self { ports, settings }
    }

    /// Returns how long a session lasts.
    #[must_use]
    pub fn session_policy(&self) -> &SessionPolicy {
        &self.settings.session
    }

    /// Checks whether the storage works.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if it does not.
    pub async fn check_health(&self) -> Result<(), RepositoryError> {
        self.ports.health.check().await
    }

    fn record(&self, event: AuthEvent) {
        self.ports.audit_log.record(event);
    }

    /// Records a refusal of the hasher, and passes the error on.
    fn note_refusal(&self, error: PasswordHasherError) -> PasswordHasherError {
        if matches!(error, PasswordHasherError::Busy) {
            self.record(AuthEvent::PasswordWorkRefused);
        }
        error
    }
}
