//! Use cases, one per file, each with its error enum.

mod audit;
mod authenticate;
mod change_password;
mod choose_password;
mod confirm_password;
mod delete_account;
mod log_in;
mod log_out;
mod open_session;
mod operator;
mod practice;
mod purge;
mod redeem_code;
mod refresh;
mod register;
mod sessions;
mod update_profile;

use std::sync::Arc;

use chrono::TimeDelta;

pub use authenticate::AuthenticateError;
pub use change_password::ChangePasswordError;
pub use choose_password::ChoosePasswordError;
pub use confirm_password::ConfirmPasswordError;
pub use log_in::LoginError;
pub use open_session::SignedIn;
pub use operator::{
    AccountError, CreateAccountError, CreatedAccount, ImportBatch, Imported, NewAccount, Operator,
    OperatorPorts,
};
pub use practice::{FindPracticeError, InvalidCursor, PracticeHistory, StartPracticeError};
pub use redeem_code::RedeemCodeError;
pub use refresh::RefreshError;
pub use register::RegisterError;
pub use update_profile::UpdateProfileError;

use crate::{
    domain::{AuthEvent, SessionPolicy},
    ports::{
        AccessTokens, Admission, AuditLog, AuditTrail, AuthSessionRepository, Clock, HealthCheck,
        PasswordCodeRepository, PasswordHasher, PasswordHasherError, PasswordStrength,
        PracticeCursors, PracticeSessionRepository, RandomSource, RefreshTokens, RepositoryError,
        UserRepository,
    },
};

/// The ports that the use cases call. The composition root chooses their adapters.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct Ports {
    pub users: Arc<dyn UserRepository>,
    pub sessions: Arc<dyn AuthSessionRepository>,
    pub password_codes: Arc<dyn PasswordCodeRepository>,
    pub practice_sessions: Arc<dyn PracticeSessionRepository>,
    pub health: Arc<dyn HealthCheck>,
    pub password_hasher: Arc<dyn PasswordHasher>,
    pub password_strength: Arc<dyn PasswordStrength>,
    pub access_tokens: Arc<dyn AccessTokens>,
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    pub practice_cursors: Arc<dyn PracticeCursors>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub audit_log: Arc<dyn AuditLog>,
    pub audit_trail: Arc<dyn AuditTrail>,
}

/// Settings that an operator can choose.
#[derive(Debug, Clone, Copy)]
pub struct AuthSettings {
    /// Maximum lifetime of an access token.
    pub access_token_lifetime: TimeDelta,
    /// Lifetime of a session.
    pub session: SessionPolicy,
    /// How long the audit trail keeps an entry.
    pub audit_retention: TimeDelta,
}

/// The use cases, one method each. A method is in the file of the same name.
pub struct AuthService {
    ports: Ports,
    settings: AuthSettings,
}

/// A credential that a client sent, not yet parsed.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// An access token.
    AccessToken(&'a str),
    /// A session secret.
    SessionSecret(&'a str),
}

impl AuthService {
    /// Creates the service from its ports.
    #[must_use]
    pub fn new(ports: Ports, settings: AuthSettings) -> Self {
        Self { ports, settings }
    }

    /// Returns the lifetime of sessions.
    #[must_use]
    pub fn session_policy(&self) -> &SessionPolicy {
        &self.settings.session
    }

    /// Checks whether the storage works.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if the storage does not work.
    pub async fn check_health(&self) -> Result<(), RepositoryError> {
        self.ports.health.check().await
    }

    fn record(&self, event: AuthEvent) {
        self.ports.audit_log.record(event);
    }

    /// Takes a place for work on passwords.
    fn admit(&self) -> Result<Admission, PasswordHasherError> {
        self.ports.password_hasher.admit().map_err(|error| self.note_refusal(error))
    }

    /// Records a [`PasswordHasherError::Busy`] and returns the error.
    fn note_refusal(&self, error: PasswordHasherError) -> PasswordHasherError {
        note_refusal(&*self.ports.audit_log, error)
    }
}

/// Records a [`PasswordHasherError::Busy`] and returns the error.
fn note_refusal(audit_log: &dyn AuditLog, error: PasswordHasherError) -> PasswordHasherError {
    if matches!(error, PasswordHasherError::Busy { .. }) {
        audit_log.record(AuthEvent::PasswordWorkRefused);
    }
    error
}
