//! SQLite, compiled in: one file, nothing to configure.

mod connection;
mod migrations;
mod reader_threads;
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod schema;

macro_rules! write_transaction {
    ($connection:expr, $work:expr) => {
        $connection.immediate_transaction($work).await
    };
}

#[path = "../repository/mod.rs"]
mod repository;

use std::{num::NonZeroUsize, path::Path};

use diesel::SqliteConnection;
use diesel_async::{
    pooled_connection::SetupCallback, sync_connection_wrapper::SyncConnectionWrapper,
};
use futures_util::FutureExt;

pub use self::migrations::{check_migrations, run_migrations};
use self::reader_threads::ReaderThreads;
use crate::{ConnectError, Repositories};

type Reader = SyncConnectionWrapper<SqliteConnection, ReaderThreads>;
type Writer = SyncConnectionWrapper<SqliteConnection>;

/// How many requests may read at once.
const READERS: usize = 16;

/// Opens the database file, which must exist. Its only writer is one connection: whoever writes waits for their turn
/// without polling for a lock.
///
/// # Errors
///
/// If the file cannot be opened.
pub async fn connect(file: &Path) -> Result<Repositories, ConnectError> {
    let path = connection::path(file)?;
    connection::establish(&path).await.map_err(|error| connection::error(file, error))?;
    let threads =
        ReaderThreads::start(reader_threads()).map_err(|error| connection::error(file, error))?;
    let reader: SetupCallback<Reader> = Box::new(move |path| {
        let threads = threads.clone();
        let connection = connection::establish(path);
        async { Ok(SyncConnectionWrapper::with_runtime(connection.await?, threads)) }.boxed()
    });
    let writer: SetupCallback<Writer> = Box::new(|path| {
        let connection = connection::establish(path);
        async { Ok(SyncConnectionWrapper::new(connection.await?)) }.boxed()
    });
    Ok(repository::repositories(repository::Database {
        readers: repository::pool(&path, READERS, reader)?,
        writers: repository::pool(&path, 1, writer)?,
    }))
}

fn reader_threads() -> NonZeroUsize {
    std::env::var("RT").ok().and_then(|x| x.parse().ok()).unwrap_or(NonZeroUsize::MIN)
}
