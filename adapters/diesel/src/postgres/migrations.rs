use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{MigrationError, PostgresUrl, migrations::none_pending};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Any number that nobody else uses on this database. The lock is the connection's and ends with it.
const LOCK: &str = "SELECT pg_advisory_lock(7012026021312)";

/// Runs the migrations that are still to run. Another process that does the same at the same time waits, and finds
/// nothing left to do. Must be called on a runtime with several threads.
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

/// Fails if migrations are still to run.
///
/// # Errors
///
/// See [`MigrationError`].
pub async fn check_migrations(url: &PostgresUrl) -> Result<(), MigrationError> {
    none_pending(&mut AsyncMigrationHarness::new(super::establish(url).await?), MIGRATIONS)
}
