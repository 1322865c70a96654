//! Traits that adapters implement for the core, one per file.
//!
//! The documentation of a trait says what an adapter MUST do. The contract suites in `tests/contracts` test every MUST
//! on every adapter.
//!
//! The core holds ports as `Arc<dyn Port>`, so that the composition root can choose adapters at run time. The feature
//! `mocks` adds a mockall mock of every port, such as `MockUserRepository`.

mod access_tokens;
mod account_repository;
mod audit_log;
mod audit_trail;
mod auth_session_repository;
mod clock;
mod health_check;
mod password_code_repository;
mod password_hasher;
mod password_strength;
mod practice_cursors;
mod practice_session_repository;
mod random_source;
mod refresh_tokens;
mod repository_error;
mod user_repository;

pub use access_tokens::{AccessTokens, AccessTokensError, InvalidToken};
pub use account_repository::AccountRepository;
pub use audit_log::AuditLog;
pub use audit_trail::AuditTrail;
pub use auth_session_repository::{AuthSessionRepository, Spend, VerifiedPassword};
pub use clock::Clock;
pub use health_check::HealthCheck;
pub use password_code_repository::{CodeTry, PasswordCodeRepository, Redemption};
pub use password_hasher::{Admission, PasswordHasher, PasswordHasherError, Verdict};
pub use password_strength::{PasswordStrength, PasswordStrengthError};
pub use practice_cursors::PracticeCursors;
pub use practice_session_repository::PracticeSessionRepository;
pub use random_source::{RandomSource, random_bytes};
pub use refresh_tokens::RefreshTokens;
pub use repository_error::{BoxedError, RepositoryError};
pub use user_repository::{
    LoginLookup, MAX_SCHEMES, PasswordChange, SaveUserError, UserRepository,
};

#[cfg(any(test, feature = "mocks"))]
pub use self::{
    access_tokens::MockAccessTokens, account_repository::MockAccountRepository,
    audit_log::MockAuditLog, audit_trail::MockAuditTrail,
    auth_session_repository::MockAuthSessionRepository, clock::MockClock,
    health_check::MockHealthCheck, password_code_repository::MockPasswordCodeRepository,
    password_hasher::MockPasswordHasher, password_strength::MockPasswordStrength,
    practice_cursors::MockPracticeCursors,
    practice_session_repository::MockPracticeSessionRepository, random_source::MockRandomSource,
    refresh_tokens::MockRefreshTokens, user_repository::MockUserRepository,
};
