use std::time::Duration;

use coach_core::ports::{RepositoryError, SaveUserError};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::pooled_connection::deadpool::PoolError;

/// The longest that a repository works on one call. The API promises to know within 5 seconds whether the database answers.
pub(crate) const DEADLINE: Duration = Duration::from_millis(4500);
const _: () = assert!(DEADLINE.as_secs() < 5);

/// A database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConnectError(pub(crate) String);

impl ConnectError {
    /// `reason` is a sentence without its full stop, and holds no password.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The migrations cannot be run, or are not run yet.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// Migrations are still to run.
    #[error("migrations are pending: {}", .0.join(", "))]
    Pending(Vec<String>),
    /// The database cannot be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A migration failed, and was rolled back.
    #[error("a migration failed: {0}")]
    Failed(String),
}

/// Runs the work of one call until the deadline.
pub(crate) async fn within_deadline<T, E: From<RepositoryError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match tokio::time::timeout(DEADLINE, work).await {
        Ok(result) => result,
        Err(_) => Err(RepositoryError::Unavailable("no answer in time".into()).into()),
    }
}

pub(crate) fn from_pool(error: PoolError) -> RepositoryError {
    RepositoryError::Unavailable(error.into())
}

/// An error that a statement can become.
pub(crate) trait FromDiesel {
    fn from_diesel(error: DieselError) -> Self;
}

impl FromDiesel for RepositoryError {
    /// What a database says about itself (it is shutting down, full, locked, not migrated) has no kind of its own in Diesel
    /// and is not the caller's doing: the database is not available.
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
