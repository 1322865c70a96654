//! The repositories on SQLite, which is compiled in.

mod adopt;
mod backup;
mod connection;
mod inspect;
mod migrations;
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod schema;
mod sessions;
mod threads;
mod wal_index;
mod writer;

/// Returns the single row of a query, if it exists.
macro_rules! find_one {
    ($database:expr, $query:expr) => {{
        let query = $query;
        let read = move |connection: &mut diesel::SqliteConnection| {
            diesel::RunQueryDsl::get_result(query, connection).optional()
        };
        $database
            .readers
            .run(read)
            .await
            .map_err(<coach_core::ports::RepositoryError as crate::error::FromDiesel>::from_diesel)
    }};
}

/// Returns every row of a query.
macro_rules! find_all {
    ($database:expr, $query:expr) => {{
        let query = $query;
        let read = move |connection: &mut diesel::SqliteConnection| {
            diesel::RunQueryDsl::load(query, connection)
        };
        $database
            .readers
            .run(read)
            .await
            .map_err(<coach_core::ports::RepositoryError as crate::error::FromDiesel>::from_diesel)
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
    ($database:expr, $run:ident, $statement:expr) => {{
        let statement = $statement;
        let write = async move |connection: &mut crate::sqlite::Writer| {
            diesel_async::RunQueryDsl::$run(statement, connection).await
        };
        $database.writers.write(write).await
    }};
}

/// Runs a block in a transaction that takes the write lock at the start.
macro_rules! run_transaction {
    ($database:expr, async |$connection:ident| $work:block) => {
        $database.writers.transaction(async move |$connection| $work).await
    };
}

/// Does nothing: the transaction has the write lock of the whole database, so entries become visible in the order of their
/// ids.
macro_rules! lock_audit_trail {
    ($connection:expr) => {};
}

#[path = "../repository/mod.rs"]
mod repository;

use std::{num::NonZeroUsize, path::Path, thread::available_parallelism};

use diesel::SqliteConnection;

pub use self::{
    adopt::adopt,
    backup::back_up,
    connection::check_directory,
    inspect::inspect,
    migrations::{check_migrations, run_migrations},
};
use self::{
    sessions::SessionLookups,
    threads::Threads,
    writer::{Writer, Writers},
};
use crate::{ConnectError, Repositories};

type Readers = Threads<SqliteConnection>;

/// Opens the database file, which must exist.
///
/// # Errors
///
/// [`ConnectError`] if the file cannot be opened.
pub async fn connect(file: &Path) -> Result<Repositories, ConnectError> {
    let path = connection::path(file)?;
    let unusable = |error: &dyn std::fmt::Display| connection::error(file, error);
    // This also opens the file, and may wait for a lock.
    let opened = tokio::task::spawn_blocking({
        let path = path.clone();
        move || SessionLookups::open(&path)
    });
    let sessions =
        opened.await.map_err(|error| unusable(&error))?.map_err(|error| unusable(&error))?;
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = NonZeroUsize::new(cores / 2).unwrap_or(NonZeroUsize::MIN);
    let readers =
        Threads::start("sqlite-read", &path, threads).map_err(|error| unusable(&error))?;
    let writers = Threads::start("sqlite-write", &path, NonZeroUsize::MIN)
        .map_err(|error| unusable(&error))?;
    Ok(repository::repositories(repository::Database { readers, sessions, writers }))
}

#[cfg(test)]
mod tests;
