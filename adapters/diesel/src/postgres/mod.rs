//! PostgreSQL, by tokio-postgres: one server or many, no libpq.

mod migrations;
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod schema;

/// The one row of a query, if there is one.
macro_rules! find_one {
    ($database:expr, $query:expr) => {{
        let mut connection = $database.readers.get().await.map_err(crate::error::from_pool)?;
        diesel_async::RunQueryDsl::get_result($query, &mut connection)
            .await
            .optional()
            .map_err(crate::error::from_diesel)
    }};
}

/// Runs a closure in a transaction.
macro_rules! write_transaction {
    ($connection:expr, $work:expr) => {
        diesel_async::AsyncConnection::transaction(&mut *$connection, $work).await
    };
}

#[path = "../repository/mod.rs"]
mod repository;

use diesel_async::{AsyncConnection, AsyncPgConnection, pooled_connection::deadpool::Pool};
use futures_util::FutureExt;
use secrecy::{ExposeSecret, SecretString};

pub use self::migrations::{check_migrations, run_migrations};
use crate::{ConnectError, Repositories};

type Readers = Pool<AsyncPgConnection>;
type Writer = AsyncPgConnection;

/// Several servers share one database, whose default allows 100 connections.
const CONNECTIONS: usize = 10;

/// Opens a pool of connections to the database.
///
/// # Errors
///
/// If the database does not answer.
pub async fn connect(url: &SecretString) -> Result<Repositories, ConnectError> {
    establish(url).await?;
    let pool = repository::pool(
        url.expose_secret(),
        CONNECTIONS,
        Box::new(|url| AsyncPgConnection::establish(url).boxed()),
    )?;
    Ok(repository::repositories(repository::Database { readers: pool.clone(), writers: pool }))
}

async fn establish(url: &SecretString) -> Result<AsyncPgConnection, ConnectError> {
    AsyncPgConnection::establish(url.expose_secret())
        .await
        .map_err(|error| ConnectError(format!("PostgreSQL cannot be reached: {error}")))
}
