//! The repositories on SQLite, which is compiled in.

mod adopt;
mod backup;
mod connection;
mod inspect;
mod migrations;
mod readers;
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod schema;
mod sessions;
mod wal_index;

/// Returns the single row of a query, if it exists.
macro_rules! find_one {
    ($database:expr, $query:expr) => {{
        let query = $query;
        let read = move |connection: &mut diesel::SqliteConnection| {
            diesel::RunQueryDsl::get_result(query, connection).optional()
        };
        $database.readers.run(read).await
    }};
}

/// Returns every row of a query.
macro_rules! find_all {
    ($database:expr, $query:expr) => {{
        let query = $query;
        let read = move |connection: &mut diesel::SqliteConnection| {
            diesel::RunQueryDsl::load(query, connection)
        };
        $database.readers.run(read).await
    }};
}

/// The current time by the clock that all processes share. Processes that share an SQLite file run on the same machine.
macro_rules! database_now {
    ($at:expr) => {
        diesel::IntoSql::into_sql::<diesel::sql_types::Timestamp>($at.naive_utc())
    };
}

/// A column whose texts compare byte by byte.
macro_rules! in_byte_order {
    ($column:expr) => {
        $column
    };
}

/// Selects a row inside a writing transaction, which already keeps every other writer out.
macro_rules! lock_row {
    ($query:expr) => {
        $query
    };
}

/// Runs a statement that inserts many rows. Diesel builds it only for its own connection, on the thread of that.
macro_rules! execute_batch {
    ($connection:expr, $statement:expr) => {
        $connection
            .spawn_blocking(move |connection| diesel::RunQueryDsl::execute($statement, connection))
            .await
    };
}

/// Runs a writing statement.
macro_rules! run_statement {
    ($database:expr, $run:ident, $statement:expr) => {
        match $database.writers.get().await {
            Ok(mut connection) => {
                diesel_async::RunQueryDsl::$run($statement, &mut connection).await
            }
            Err(error) => Err(crate::error::from_pool(error)),
        }
    };
}

/// Runs a block in a transaction that takes the write lock at the start.
macro_rules! run_transaction {
    ($database:expr, async |$connection:ident| $work:block) => {
        match $database.writers.get().await {
            Ok(mut connection) => connection.immediate_transaction(async |$connection| $work).await,
            Err(error) => Err(crate::error::from_pool(error)),
        }
    };
}

/// Does nothing: the transaction has the write lock of the whole database, so entries become visible in the order of their
/// ids.
macro_rules! lock_audit_trail {
    ($connection:expr) => {};
}

#[path = "../repository/mod.rs"]
mod repository;

use std::{num::NonZeroUsize, path::Path, thread::available_parallelism, time::Duration};

use diesel::SqliteConnection;
use diesel_async::{
    pooled_connection::deadpool::Pool, sync_connection_wrapper::SyncConnectionWrapper,
};
use futures_util::FutureExt;

pub use self::{
    adopt::adopt,
    backup::back_up,
    connection::check_directory,
    inspect::inspect,
    migrations::{check_migrations, run_migrations},
};
use self::{readers::Readers, sessions::SessionLookups};
use crate::{ConnectError, Repositories, error::DEADLINE};

type Writer = SyncConnectionWrapper<SqliteConnection>;
type Writers = Pool<Writer>;

/// How long a write waits for the connection. It may then wait for another process's lock until the busy timeout, and
/// still end before the deadline: at the deadline it could not stop, because SQLite cannot cancel a statement.
const MAX_WAIT: Duration = Duration::from_millis(2400);
const _: () =
    assert!(MAX_WAIT.as_millis() + connection::BUSY_TIMEOUT.as_millis() < DEADLINE.as_millis());

/// Opens the database file, which must exist. One connection does all writes of the process, so that they queue instead
/// of polling for the lock.
///
/// # Errors
///
/// [`ConnectError`] if the file cannot be opened.
pub async fn connect(file: &Path) -> Result<Repositories, ConnectError> {
    let path = connection::path(file)?;
    connection::establish(&path).await.map_err(|error| connection::error(file, error))?;
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = NonZeroUsize::new(cores / 2).unwrap_or(NonZeroUsize::MIN);
    let readers = Readers::start(&path, threads).map_err(|error| connection::error(file, error))?;
    let sessions = SessionLookups::open(&path).map_err(|error| connection::error(file, error))?;
    let writers =
        repository::pool(&path, 1, MAX_WAIT, Box::new(|path| connection::establish(path).boxed()))?;
    Ok(repository::repositories(repository::Database { readers, sessions, writers }))
}

#[cfg(test)]
mod tests;
