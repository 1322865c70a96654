use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
    TransactionManager,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{Connector, unreachable};
use crate::{MigrationError, PostgresUrl, migrations::none_pending};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The number is arbitrary, but no other program may use it on this database. The lock ends with its transaction, because a
/// session may change its connection behind a pooler.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7012026021312)";

type Transactions = AnsiTransactionManager;

/// Runs the pending migrations in one transaction. If another process runs them at the same time, this one waits and then has
/// nothing to do.
///
/// # Panics
///
/// On a single-threaded Tokio runtime.
///
/// # Errors
///
/// See [`MigrationError`].
pub async fn run_migrations(url: &PostgresUrl) -> Result<(), MigrationError> {
    let mut connection = begin(url).await?;
    connection.batch_execute(LOCK).await.map_err(|error| failed(&error))?;
    let mut harness = AsyncMigrationHarness::new(connection);
    harness.run_pending_migrations(MIGRATIONS).map_err(|error| failed(&error))?;
    let committed = Transactions::commit_transaction(&mut harness.into_inner()).await;
    committed.map_err(|error| failed(&error))
}

/// Fails if migrations are pending.
///
/// # Errors
///
/// See [`MigrationError`].
pub async fn check_migrations(url: &PostgresUrl) -> Result<(), MigrationError> {
    none_pending(&mut AsyncMigrationHarness::new(begin(url).await?), MIGRATIONS)
}

/// Opens a connection and begins a transaction, which ends with the connection.
async fn begin(url: &PostgresUrl) -> Result<AsyncPgConnection, MigrationError> {
    let connector = Connector::new(url)?.with_detected_pooler().await?;
    let mut connection = connector.establish().await.map_err(|error| unreachable(&error))?;
    Transactions::begin_transaction(&mut connection).await.map_err(|error| failed(&error))?;
    Ok(connection)
}

fn failed(error: &dyn std::fmt::Display) -> MigrationError {
    MigrationError::Failed(error.to_string())
}
