use std::{path::Path, time::Duration};

use coach_core::ports::{RepositoryError, SaveUserError};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// Maximum duration of one call to a repository. The ports promise a result within 5 seconds.
pub(crate) const DEADLINE: Duration = Duration::from_millis(4500);
const _: () = assert!(DEADLINE.as_secs() < 5);

/// The database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConnectError(pub(crate) String);

impl ConnectError {
    /// Creates an error. `reason` is a sentence without its full stop, and contains no password.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The migrations failed or are pending.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No migration was run.
    #[error("the database has no tables of this program yet")]
    Empty,
    /// These migrations have not been run.
    #[error("the database is from an older version, and migrations are pending: {}", .0.join(", "))]
    Pending(Vec<String>),
    /// Another program made the tables.
    #[error("the tables of the database were made by another program")]
    Foreign,
    /// The database cannot be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A migration failed and was rolled back.
    #[error("a migration failed: {0}")]
    Failed(String),
}

/// The database was not copied.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be read.
    #[error(transparent)]
    Source(ConnectError),
    /// The copy cannot be written.
    #[error("the copy {file} cannot be written: {reason}")]
    #[allow(missing_docs, reason = "the message describes the fields")]
    Copy { file: String, reason: String },
}

impl BackupError {
    pub(crate) fn copy(file: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Copy { file: file.display().to_string(), reason: reason.to_string() }
    }
}

/// How much of a long piece of work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

/// Runs the work of one call and fails at the deadline.
pub(crate) async fn within_deadline<T, E: From<RepositoryError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match tokio::time::timeout(DEADLINE, work).await {
        Ok(result) => result,
        Err(_) => {
            Err(RepositoryError::Unavailable("the database did not respond in time".into()).into())
        }
    }
}

/// Reports that a statement was not sent to the database.
pub(crate) fn unavailable(reason: impl std::fmt::Display) -> DieselError {
    let reason = Box::new(reason.to_string());
    DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, reason)
}

/// Converts the error of a statement.
pub(crate) trait FromDiesel {
    fn from_diesel(error: DieselError) -> Self;
}

impl FromDiesel for RepositoryError {
    /// Diesel reports the database's own failures (shutting down, full, locked, not migrated) as `Unknown`. They are
    /// not the caller's fault, so the database counts as unavailable.
    fn from_diesel(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::Unknown,
                _,
            )
            | DieselError::BrokenTransactionManager => Self::Unavailable(error.into()),
            error => Self::Failed(error.into()),
        }
    }
}

impl FromDiesel for SaveUserError {
    fn from_diesel(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info)
                if info.message().contains("email") =>
            {
                Self::EmailTaken
            }
            error => RepositoryError::from_diesel(error).into(),
        }
    }
}
