//! Use cases of an operator. They need no key that signs tokens.

mod audit;
mod create;
mod delete;
mod export;
mod find;
mod import;
mod issue_code;
mod set_active;
mod sign_out;

use std::sync::Arc;

pub use self::{
    create::{CreateAccountError, CreatedAccount, NewAccount},
    import::{ImportBatch, Imported},
};
use super::choose_password::PasswordChoice;
use crate::{
    domain::{AuthEvent, LiveTimes, NewPasswordCode, PasswordCode, SessionPolicy},
    ports::{
        AccountRepository, AuditLog, AuditTrail, AuthSessionRepository, Clock,
        PasswordCodeRepository, PasswordHasher, PasswordStrength, RandomSource, RepositoryError,
        UserRepository, random_bytes,
    },
};

/// The ports that the use cases of an operator call.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct OperatorPorts {
    pub users: Arc<dyn UserRepository>,
    pub accounts: Arc<dyn AccountRepository>,
    pub sessions: Arc<dyn AuthSessionRepository>,
    pub password_codes: Arc<dyn PasswordCodeRepository>,
    pub password_hasher: Arc<dyn PasswordHasher>,
    pub password_strength: Arc<dyn PasswordStrength>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub audit_log: Arc<dyn AuditLog>,
    pub audit_trail: Arc<dyn AuditTrail>,
}

/// The use cases of an operator, one method each. A method is in the file of the same name.
pub struct Operator {
    ports: OperatorPorts,
    session: SessionPolicy,
}

/// An account does not exist, or the repository failed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The account does not exist.
    #[error("the account does not exist")]
    NotFound,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Operator {
    /// Creates the service from its ports and the lifetime of sessions.
    #[must_use]
    pub fn new(ports: OperatorPorts, session: SessionPolicy) -> Self {
        Self { ports, session }
    }

    fn record(&self, event: AuthEvent) {
        self.ports.audit_log.record(event);
    }

    fn live_times(&self) -> LiveTimes {
        self.session.live_times(self.ports.clock.now())
    }

    fn new_code(&self) -> NewPasswordCode {
        let code = PasswordCode::from_random(random_bytes(&*self.ports.random));
        NewPasswordCode { code, expires_at: self.ports.clock.now() + PasswordCode::LIFETIME }
    }

    fn password_choice(&self) -> PasswordChoice<'_> {
        PasswordChoice {
            hasher: &*self.ports.password_hasher,
            strength: &*self.ports.password_strength,
            audit_log: &*self.ports.audit_log,
        }
    }
}
