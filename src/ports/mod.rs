//! What the core needs of the world, one trait a file. Each trait's documentation says what an adapter MUST do;
//! the contract suites in `tests/contracts` turn every MUST into a test that runs on every adapter.
//!
//! Ports are held as `Arc<dyn Port>`: which adapter stands behind one is decided at run time, in the composition
//! root alone. With the feature `mocks`, every port has a mockall mock beside it (`MockUserRepository`, …).

mod audit_log;
mod auth_session_repository;
mod clock;
mod health_check;
mod password_hasher;
mod password_strength;
mod random_source;
mod refresh_tokens;
mod repository_error;
mod token_issuer;
mod token_verifier;
mod user_repository;

pub use audit_log::{AuditLog, AuthEvent};
pub use auth_session_repository::{AuthSessionRepository, Spend};
pub use clock::Clock;
pub use health_check::HealthCheck;
pub use password_hasher::{PasswordHasher, PasswordHasherError};
pub use password_strength::{PasswordStrength, PasswordStrengthError};
pub use random_source::{RandomSource, random_bytes};
pub use refresh_tokens::RefreshTokens;
pub use repository_error::{BoxedError, RepositoryError};
pub use token_issuer::{TokenIssuer, TokenIssuerError};
pub use token_verifier::{InvalidToken, TokenVerifier};
pub use user_repository::{CreateUserError, PasswordChange, UserRepository};

#[cfg(any(test, feature = "mocks"))]
pub use self::{
    audit_log::MockAuditLog, auth_session_repository::MockAuthSessionRepository, clock::MockClock,
    health_check::MockHealthCheck, password_hasher::MockPasswordHasher,
    password_strength::MockPasswordStrength, random_source::MockRandomSource,
    refresh_tokens::MockRefreshTokens, token_issuer::MockTokenIssuer,
    token_verifier::MockTokenVerifier, user_repository::MockUserRepository,
};
