//! The repositories on PostgreSQL, through tokio-postgres. Several servers can share one database.

mod connection;
mod migrations;
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod schema;
mod sessions;

/// Returns the single row of a query, if it exists.
macro_rules! find_one {
    ($database:expr, $query:expr) => {{
        let mut connection = $database.readers.get().await.map_err(crate::error::from_pool)?;
        diesel_async::RunQueryDsl::get_result($query, &mut connection)
            .await
            .optional()
            .map_err(<coach_core::ports::RepositoryError as crate::error::FromDiesel>::from_diesel)
    }};
}

/// Returns every row of a query.
macro_rules! find_all {
    ($database:expr, $query:expr) => {{
        let mut connection = $database.readers.get().await.map_err(crate::error::from_pool)?;
        diesel_async::RunQueryDsl::load($query, &mut connection)
            .await
            .map_err(<coach_core::ports::RepositoryError as crate::error::FromDiesel>::from_diesel)
    }};
}

/// The current time by the database's clock, which all servers share.
macro_rules! database_now {
    ($at:expr) => {
        diesel::dsl::sql::<diesel::sql_types::Timestamptz>("clock_timestamp()")
    };
}

diesel::postfix_operator!(InByteOrder, " COLLATE \"C\"", diesel::sql_types::Text);

/// A column whose texts compare byte by byte.
macro_rules! in_byte_order {
    ($column:expr) => {
        crate::postgres::InByteOrder::new($column)
    };
}

/// Runs a closure in a transaction.
macro_rules! write_transaction {
    ($connection:expr, $work:expr) => {
        diesel_async::AsyncConnection::transaction(&mut *$connection, $work).await
    };
}

/// Takes a lock until the end of the transaction. PostgreSQL assigns ids before a transaction is visible, so without the lock
/// an entry could become visible after others with greater ids. The number is arbitrary, but no other program may use it
/// on this database.
macro_rules! lock_audit_trail {
    ($connection:expr) => {
        diesel::sql_query("SELECT pg_advisory_xact_lock(7012026112812)")
            .execute($connection)
            .await?
    };
}

/// Stores rows.
macro_rules! insert_all {
    ($connection:expr, $table:expr, $rows:expr) => {
        diesel::insert_into($table).values(&$rows).execute($connection).await
    };
}

#[path = "../repository/mod.rs"]
mod repository;

use diesel_async::{AsyncPgConnection, pooled_connection::deadpool::Pool};
use futures_util::FutureExt;

pub use self::migrations::{check_migrations, run_migrations};
use self::{
    connection::{Connector, with_causes},
    sessions::SessionLookups,
};
use crate::{ConnectError, PostgresUrl, Repositories, error::DEADLINE};

type Readers = Pool<AsyncPgConnection>;
type Writer = AsyncPgConnection;

/// Number of connections. PostgreSQL allows 100 by default, and several servers may share the database.
const CONNECTIONS: usize = 10;
/// Connections that only look up sessions, so that a lookup never waits for a write. With two, each statement would find
/// fewer lookups.
const LOOKUP_CONNECTIONS: usize = 1;

/// Checks that the certificate file in the URL can be used, if there is one.
///
/// # Errors
///
/// [`ConnectError`] names the file that cannot be used.
pub fn check_certificates(url: &PostgresUrl) -> Result<(), ConnectError> {
    Connector::new(url).map(|_| ())
}

/// Opens a pool of connections to the database.
///
/// # Errors
///
/// [`ConnectError`] if the database does not respond.
pub async fn connect(url: &PostgresUrl) -> Result<Repositories, ConnectError> {
    let connector = Connector::new(url)?;
    connector.clone().establish().await.map_err(|error| unreachable(&error))?;
    let pool = |size| {
        let connector = connector.clone();
        // The pool needs no URL, because the connector has it.
        repository::pool(
            "",
            size,
            DEADLINE,
            Box::new(move |_| connector.clone().establish_with_timeout().boxed()),
        )
    };
    let sessions = SessionLookups::start(&pool(LOOKUP_CONNECTIONS)?);
    let pool = pool(CONNECTIONS - LOOKUP_CONNECTIONS)?;
    let readers = pool.clone();
    Ok(repository::repositories(repository::Database { readers, sessions, writers: pool }))
}

async fn establish(url: &PostgresUrl) -> Result<AsyncPgConnection, ConnectError> {
    Connector::new(url)?.establish().await.map_err(|error| unreachable(&error))
}

fn unreachable(error: &diesel::ConnectionError) -> ConnectError {
    ConnectError::new(format!("PostgreSQL cannot be reached: {}", with_causes(error)))
}
