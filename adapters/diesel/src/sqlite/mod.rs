//! SQLite, compiled in: one file, nothing to configure.

mod connection;
mod migrations;
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod schema;

macro_rules! write_transaction {
    ($connection:expr, $work:expr) => {
        $connection.immediate_transaction($work).await
    };
}

#[path = "../repository/mod.rs"]
mod repository;

use std::path::Path;

use diesel::SqliteConnection;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use futures_util::FutureExt;

pub use self::migrations::{check_migrations, run_migrations};
use crate::{ConnectError, Repositories};

type Connection = SyncConnectionWrapper<SqliteConnection>;

/// Readers do not wait for each other or for the writer.
const READERS: usize = 2;

/// Opens the database file, which must exist. Its only writer is one connection: whoever writes waits for their turn
/// without polling for a lock.
///
/// # Errors
///
/// If the file cannot be opened.
pub async fn connect(file: &Path) -> Result<Repositories, ConnectError> {
    let path = connection::path(file)?;
    connection::establish(&path).await.map_err(|error| connection::error(file, error))?;
    let pool =
        |size| repository::pool(&path, size, Box::new(|path| connection::establish(path).boxed()));
    Ok(repository::repositories(repository::Database {
        readers: pool(READERS)?,
        writers: pool(1)?,
    }))
}
