use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{MigrationError, PostgresUrl, migrations::none_pending};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The number is arbitrary, but no other program may use it on this database. The lock ends with its connection.
const LOCK: &str = "SELECT pg_advisory_lock(7012026021312)";

/// Runs the pending migrations. If another process runs them at the same time, this one waits and then has nothing to
/// do.
///
/// # Panics
///
/// On a single-threaded Tokio runtime.
///
/// # Errors
///
/// See [`MigrationError`].
pub async fn run_migrations(url: &PostgresUrl) -> Result<(), MigrationError> {
    let mut connection = super::establish(url).await?;
    let failed = |error: &dyn std::fmt::Display| MigrationError::Failed(error.to_string());
    connection.batch_execute(LOCK).await.map_err(|error| failed(&error))?;
    AsyncMigrationHarness::new(connection)
        .run_pending_migrations(MIGRATIONS)
        .map(|_| ())
        .map_err(|error| failed(&error))
}

/// Fails if migrations are pending.
///
/// # Errors
///
/// See [`MigrationError`].
pub async fn check_migrations(url: &PostgresUrl) -> Result<(), MigrationError> {
    none_pending(&mut AsyncMigrationHarness::new(super::establish(url).await?), MIGRATIONS)
}
