use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

use diesel::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection;
use crate::{ConnectError, MigrationError, migrations::none_pending};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

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

/// Fails if migrations are pending or the file does not exist.
///
/// # Errors
///
/// See [`MigrationError`].
pub async fn check_migrations(file: &Path) -> Result<(), MigrationError> {
    if !file.exists() {
        return Err(connection::error(file, "it does not exist").into());
    }
    blocking(file, |connection| none_pending(connection, MIGRATIONS)).await
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
        let mut connection = connection::establish_blocking(&path)
            .map_err(|error| connection::error(&file, error))?;
        work(&mut connection)
    })
    .await
    .map_err(|error| ConnectError(error.to_string()))?
}
