//! SQLite, compiled in: one file, nothing to configure.

mod connection;
mod migrations;
mod readers;
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod schema;

/// The one row of a query, if there is one.
macro_rules! find_one {
    ($database:expr, $query:expr) => {{
        let query = $query;
        let read = move |connection: &mut diesel::SqliteConnection| {
            diesel::RunQueryDsl::get_result(query, connection).optional()
        };
        $database.readers.run(read).await
    }};
}

/// Every row of a query.
macro_rules! find_all {
    ($database:expr, $query:expr) => {{
        let query = $query;
        let read = move |connection: &mut diesel::SqliteConnection| {
            diesel::RunQueryDsl::load(query, connection)
        };
        $database.readers.run(read).await
    }};
}

/// Now, by the clock that every process shares. An SQLite file has no server; its processes run on one machine.
macro_rules! database_now {
    ($at:expr) => {
        diesel::IntoSql::into_sql::<diesel::sql_types::Timestamp>($at.naive_utc())
    };
}

/// Runs a closure in a transaction that holds the write lock from its beginning.
macro_rules! write_transaction {
    ($connection:expr, $work:expr) => {
        $connection.immediate_transaction($work).await
    };
}

#[path = "../repository/mod.rs"]
mod repository;

use std::{num::NonZeroUsize, path::Path, thread::available_parallelism};

use diesel::SqliteConnection;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use futures_util::FutureExt;

use self::readers::Readers;
pub use self::{
    connection::check_directory,
    migrations::{check_migrations, run_migrations},
};
use crate::{ConnectError, Repositories};

type Writer = SyncConnectionWrapper<SqliteConnection>;

/// Opens the database file, which must exist. Its only writer is one connection: whoever writes waits for their turn
/// without polling for a lock.
///
/// # Errors
///
/// If the file cannot be opened.
pub async fn connect(file: &Path) -> Result<Repositories, ConnectError> {
    let path = connection::path(file)?;
    connection::establish(&path).await.map_err(|error| connection::error(file, error))?;
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = NonZeroUsize::new(cores / 2).unwrap_or(NonZeroUsize::MIN);
    let readers = Readers::start(&path, threads).map_err(|error| connection::error(file, error))?;
    let writers = repository::pool(&path, 1, Box::new(|path| connection::establish(path).boxed()))?;
    Ok(repository::repositories(repository::Database { readers, writers }))
}

#[cfg(test)]
mod tests;
