#![doc = include_str!("../README.md")]
#![allow(clippy::duplicate_mod, reason = "the repositories are compiled once for each database")]

mod adoption;
mod database_url;
mod error;
mod inspection;
pub mod postgres;
pub mod sqlite;

use std::sync::Arc;

use coach_core::ports::{
    AccountRepository, AuditTrail, AuthSessionRepository, HealthCheck, PasswordCodeRepository,
    PracticeSessionRepository, UserRepository,
};

pub use adoption::{Adopted, Adopter, Adoption, AdoptionError, Note};
pub use database_url::{DatabaseUrl, DatabaseUrlError, PostgresUrl};
pub use error::{BackupError, ConnectError, MigrationError, Progress};
pub use inspection::{Contents, PostgresInspection, SqliteInspection};

/// The connections of a pool now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// Open connections.
    pub open: usize,
    /// Open connections that nobody uses.
    pub idle: usize,
    /// Calls that wait for a connection.
    pub waiting: usize,
}

/// Watches the pool of a database: on SQLite the connection that writes, on PostgreSQL all connections but the one that looks
/// up sessions.
#[derive(Clone)]
pub struct PoolWatch(Arc<dyn Fn() -> PoolStatus + Send + Sync>);

impl PoolWatch {
    /// Returns the connections of the pool now.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        (self.0)()
    }
}

/// The ports that a database implements.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct Repositories {
    pub users: Arc<dyn UserRepository>,
    pub accounts: Arc<dyn AccountRepository>,
    pub sessions: Arc<dyn AuthSessionRepository>,
    pub password_codes: Arc<dyn PasswordCodeRepository>,
    pub practice_sessions: Arc<dyn PracticeSessionRepository>,
    pub audit_trail: Arc<dyn AuditTrail>,
    pub health: Arc<dyn HealthCheck>,
    pub pool: PoolWatch,
}
