use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

use diesel::{
    Connection, ConnectionResult, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection, sql_query, sql_types::Bool,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{connection, inspect};
use crate::{ConnectError, MigrationError};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Runs the pending migrations in one transaction. Creates the database file first if it does not exist, readable only
/// by its owner. If another process runs them at the same time, this one waits and then has nothing to do.
///
/// # Errors
///
/// See [`MigrationError`].
pub async fn run_migrations(file: &Path) -> Result<(), MigrationError> {
    connection::check_directory(file)?;
    create_if_missing(file).map_err(|error| connection::error(file, error))?;
    blocking(file, |connection| {
        connection
            .immediate_transaction(|connection| {
                connection.run_pending_migrations(MIGRATIONS).map(|_| ())
            })
            .map_err(|error| MigrationError::Failed(error.to_string()))
    })
    .await
}

/// Fails if migrations are pending or the file does not exist. Changes nothing.
///
/// # Errors
///
/// See [`MigrationError`].
pub async fn check_migrations(file: &Path) -> Result<(), MigrationError> {
    if !file.exists() {
        return Err(connection::error(file, "it does not exist").into());
    }
    inspect::inspect(file, false).await?.contents.require_current()
}

/// Creates the file with mode 0600. SQLite gives its journals the same permissions.
fn create_if_missing(file: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(file).map(|_| ())
}

async fn blocking(
    file: &Path,
    work: impl FnOnce(&mut SqliteConnection) -> Result<(), MigrationError> + Send + 'static,
) -> Result<(), MigrationError> {
    let (file, path) = (file.to_owned(), connection::path(file)?);
    tokio::task::spawn_blocking(move || {
        // A database that cannot be read fails below, with the reason.
        if is_foreign_file(&path).unwrap_or(false) {
            return Err(MigrationError::Foreign);
        }
        let mut connection =
            connection::establish(&path).map_err(|error| connection::error(&file, error))?;
        work(&mut connection)
    })
    .await
    .map_err(|error| ConnectError(error.to_string()))?
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    answer: bool,
}

fn ask(connection: &mut SqliteConnection, condition: &str) -> QueryResult<bool> {
    let query = format!("SELECT ({condition}) AS answer");
    Ok(sql_query(query).get_result::<Answer>(connection)?.answer)
}

/// Returns whether any of our migrations was run.
pub(super) fn is_ours(connection: &mut SqliteConnection) -> QueryResult<bool> {
    let table = "EXISTS (SELECT * FROM sqlite_master WHERE name = '__diesel_schema_migrations')";
    Ok(ask(connection, table)?
        && ask(connection, "EXISTS (SELECT * FROM __diesel_schema_migrations)")?)
}

/// Asks the file without changing anything, not even its journal mode.
fn is_foreign_file(path: &str) -> ConnectionResult<bool> {
    let mut connection = SqliteConnection::establish(path)?;
    let timeout = connection.batch_execute("PRAGMA busy_timeout = 2000");
    timeout
        .and_then(|()| is_foreign(&mut connection))
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)
}

/// Returns whether another program made our tables.
pub(super) fn is_foreign(connection: &mut SqliteConnection) -> QueryResult<bool> {
    let tables = "EXISTS (SELECT * FROM sqlite_master
        WHERE type = 'table' AND name IN ('users', 'practice_sessions'))";
    Ok(ask(connection, tables)? && !is_ours(connection)?)
}
