//! The repositories on PostgreSQL, through tokio-postgres. Several servers can share one database.

mod adopt;
mod attempts;
mod connection;
mod inspect;
mod migrations;
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod schema;

/// Runs a block, again if it failed and may be repeated. Each attempt evaluates the block anew.
macro_rules! attempt {
    ($connections:expr, $work:ident, async |$connection:ident| $block:block) => {{
        let mut attempts = $connections.attempts(crate::postgres::Work::$work);
        loop {
            let done = match attempts.begin().await {
                Ok(mut attempt) => {
                    let $connection = attempt.connection();
                    let worked: diesel::QueryResult<_> = async { $block }.await;
                    attempt.finish(worked).await
                }
                Err(failed) => Err(failed),
            };
            match done {
                Ok(value) => break Ok(value),
                Err(failed) if attempts.repeats(&failed).await => {}
                Err(failed) => break Err(failed.error),
            }
        }
    }};
}

/// Returns the single row of a query, if it exists.
macro_rules! find_one {
    ($database:expr, $query:expr) => {
        attempt!($database.readers, Read, async |connection| {
            diesel_async::RunQueryDsl::get_result($query, connection).await
        })
        .optional()
        .map_err(<coach_core::ports::RepositoryError as crate::error::FromDiesel>::from_diesel)
    };
}

/// Returns every row of a query.
macro_rules! find_all {
    ($database:expr, $query:expr) => {
        attempt!($database.readers, Read, async |connection| {
            diesel_async::RunQueryDsl::load($query, connection).await
        })
        .map_err(<coach_core::ports::RepositoryError as crate::error::FromDiesel>::from_diesel)
    };
}

/// Runs a writing statement.
macro_rules! run_statement {
    ($database:expr, $run:ident, $statement:expr) => {
        attempt!($database.writers, Statement, async |connection| {
            diesel_async::RunQueryDsl::$run($statement, connection).await
        })
    };
}

/// Runs a block in a transaction.
macro_rules! run_transaction {
    ($database:expr, async |$connection:ident| $work:block) => {
        attempt!($database.writers, Transaction, async |$connection| $work)
    };
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

/// Selects a row and keeps other transactions from changing it until this one ends.
macro_rules! lock_row {
    ($query:expr) => {
        $query.for_no_key_update()
    };
}

/// Runs a statement that inserts many rows.
macro_rules! execute_batch {
    ($connection:expr, $statement:expr) => {
        diesel_async::RunQueryDsl::execute($statement, &mut *$connection).await
    };
}

/// Takes a lock until the end of the transaction. PostgreSQL assigns ids before a transaction is visible, so without the lock
/// an entry could become visible after others with greater ids. The number is arbitrary, but no other program may use it
/// on this database.
macro_rules! lock_audit_trail {
    ($connection:expr) => {
        diesel_async::RunQueryDsl::execute(
            diesel::sql_query("SELECT pg_advisory_xact_lock(7012026112812)"),
            &mut *$connection,
        )
        .await?
    };
}

#[path = "../repository/mod.rs"]
mod repository;
mod sessions;

use deadpool::Runtime;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool::Pool,
};
use futures_util::FutureExt;

pub(crate) use self::attempts::{Connections, Work};
pub use self::{
    adopt::adopt,
    inspect::inspect,
    migrations::{check_migrations, run_migrations},
};
use self::{connection::Connector, sessions::SessionLookups};
use crate::{ConnectError, PostgresUrl, Repositories, error::DEADLINE};

type Readers = Connections;
type Writers = Connections;

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
    let connector = Connector::new(url)?.with_detected_pooler().await?;
    let pool = |size| {
        let opener = connector.clone();
        let mut config = ManagerConfig::default();
        // This avoids a test query per checkout. Connections that are known to be broken are still replaced.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_| opener.clone().establish_with_timeout().boxed());
        // The pool needs no URL, because the connector has it.
        let pool = Pool::builder(AsyncDieselConnectionManager::new_with_config("", config))
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(DEADLINE))
            .create_timeout(Some(DEADLINE))
            .build()
            .map_err(|error| ConnectError::new(error.to_string()))?;
        Ok(Connections::new(pool, connector.transaction_pooling()))
    };
    let sessions = SessionLookups::start(pool(LOOKUP_CONNECTIONS)?);
    let pool = pool(CONNECTIONS - LOOKUP_CONNECTIONS)?;
    let readers = pool.clone();
    Ok(repository::repositories(repository::Database { readers, sessions, writers: pool }))
}
