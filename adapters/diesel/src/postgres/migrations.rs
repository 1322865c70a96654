use diesel::{QueryResult, QueryableByName, sql_query, sql_types::Bool};
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl,
    SimpleAsyncConnection, TransactionManager,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    connection::{Connector, unreachable},
    inspect,
};
use crate::{MigrationError, PostgresUrl};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The number is arbitrary, but no other program may use it on this database. The lock ends with its transaction, because a
/// session may change its connection behind a pooler.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(7012026021312)";

pub(super) type Transactions = AnsiTransactionManager;

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
    refuse_foreign(&mut connection).await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    harness.run_pending_migrations(MIGRATIONS).map_err(|error| failed(&error))?;
    let committed = Transactions::commit_transaction(&mut harness.into_inner()).await;
    committed.map_err(|error| failed(&error))
}

/// Fails if migrations are pending. Changes nothing.
///
/// # Errors
///
/// See [`MigrationError`].
pub async fn check_migrations(url: &PostgresUrl) -> Result<(), MigrationError> {
    let mut connection = begin(url).await?;
    inspect::contents(&mut connection).await.map_err(|error| failed(&*error))?.require_current()
}

/// Opens a connection and begins a transaction, which ends with the connection.
pub(super) async fn begin(url: &PostgresUrl) -> Result<AsyncPgConnection, MigrationError> {
    let connector = Connector::new(url)?.with_detected_pooler().await?;
    let mut connection = connector.establish().await.map_err(|error| unreachable(&error))?;
    Transactions::begin_transaction(&mut connection).await.map_err(|error| failed(&error))?;
    Ok(connection)
}

fn failed(error: &dyn std::fmt::Display) -> MigrationError {
    MigrationError::Failed(error.to_string())
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    answer: bool,
}

pub(super) async fn ask(connection: &mut AsyncPgConnection, condition: &str) -> QueryResult<bool> {
    let query = format!("SELECT ({condition}) AS answer");
    Ok(sql_query(query).get_result::<Answer>(connection).await?.answer)
}

/// Returns whether any of our migrations was run.
pub(super) async fn is_ours(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    Ok(ask(connection, "to_regclass('__diesel_schema_migrations') IS NOT NULL").await?
        && ask(connection, "EXISTS (SELECT * FROM __diesel_schema_migrations)").await?)
}

/// Returns whether another program made our tables.
pub(super) async fn is_foreign(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let tables = "coalesce(to_regclass('users'), to_regclass('practice_sessions')) IS NOT NULL";
    Ok(ask(connection, tables).await? && !is_ours(connection).await?)
}

async fn refuse_foreign(connection: &mut AsyncPgConnection) -> Result<(), MigrationError> {
    match is_foreign(connection).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(MigrationError::Foreign),
        Err(error) => Err(MigrationError::Failed(error.to_string())),
    }
}
