//! The attempts of a call, and the rule when one is repeated.

use std::time::Duration;

use deadpool::Status;
use diesel::result::{
    DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError, QueryResult,
};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
    pooled_connection::deadpool::{Object, Pool},
};
use tokio::time::{Instant, sleep};

use super::connection::STATEMENT_TIMEOUT_MILLIS;
use crate::{
    PoolStatus,
    error::{DEADLINE, unavailable},
};

const MAX_ATTEMPTS: u32 = 5;
/// The pause before the second attempt. Each later pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// No attempt begins later than this, so that its statement ends before the deadline of the call.
const LATEST_BEGIN: Duration = Duration::from_secs(2);
const _: () = assert!(LATEST_BEGIN.as_millis() < DEADLINE.as_millis());

type Transactions = AnsiTransactionManager;

/// A pool of connections to one database.
#[derive(Clone)]
pub(crate) struct Connections {
    pool: Pool<AsyncPgConnection>,
    /// Whether a pooler such as PgBouncer gives each transaction another connection to the server.
    transaction_pooling: bool,
}

/// What a call does, which decides whether it can be repeated when its connection broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Changes nothing.
    Read,
    /// Runs one writing statement, which commits by itself.
    Statement,
    /// Runs statements in a transaction.
    Transaction,
}

/// A failed attempt.
pub(crate) struct Failed {
    pub(crate) error: DieselError,
    /// Whether the attempt certainly changed nothing, and another one may succeed.
    repeatable: bool,
}

/// The attempts of one call.
pub(crate) struct Attempts<'a> {
    connections: &'a Connections,
    work: Work,
    made: u32,
    begun: Instant,
}

/// A running attempt.
pub(crate) struct Attempt {
    connection: Object<AsyncPgConnection>,
    work: Work,
    in_transaction: bool,
}

impl Connections {
    pub(super) fn new(pool: Pool<AsyncPgConnection>, transaction_pooling: bool) -> Self {
        Self { pool, transaction_pooling }
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let Status { size, available, waiting, .. } = self.pool.status();
        PoolStatus { open: size, idle: available, waiting }
    }

    pub(crate) fn attempts(&self, work: Work) -> Attempts<'_> {
        Attempts { connections: self, work, made: 0, begun: Instant::now() }
    }
}

impl Attempts<'_> {
    /// Takes a connection from the pool and begins the transaction, if there is one.
    pub(crate) async fn begin(&self) -> Result<Attempt, Failed> {
        let Connections { pool, transaction_pooling } = self.connections;
        let connection = pool
            .get()
            .await
            .map_err(|error| Failed { error: unavailable(error), repeatable: false })?;
        let in_transaction = *transaction_pooling || self.work == Work::Transaction;
        let mut attempt = Attempt { connection, work: self.work, in_transaction };
        let begun = async {
            if in_transaction {
                Transactions::begin_transaction(attempt.connection()).await?;
            }
            if *transaction_pooling {
                // Settings of a session would stay on a connection that other sessions use.
                let timeout = format!("SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MILLIS}");
                attempt.connection().batch_execute(&timeout).await?;
            }
            Ok(())
        };
        match begun.await {
            Ok(()) => Ok(attempt),
            Err(error) => Err(attempt.fail(error, true)),
        }
    }

    /// Decides whether to repeat the work, and waits before the next attempt.
    pub(crate) async fn repeats(&mut self, failed: &Failed) -> bool {
        self.made += 1;
        let pause = FIRST_PAUSE * 2_u32.pow(self.made - 1);
        let repeats = failed.repeatable
            && self.made < MAX_ATTEMPTS
            && self.begun.elapsed() + pause < LATEST_BEGIN;
        if repeats {
            sleep(pause).await;
        }
        repeats
    }
}

impl Attempt {
    pub(crate) fn connection(&mut self) -> &mut AsyncPgConnection {
        &mut self.connection
    }

    /// Commits the work, or rolls it back if it failed.
    pub(crate) async fn finish<T>(mut self, worked: QueryResult<T>) -> Result<T, Failed> {
        match worked {
            Ok(value) if self.in_transaction => {
                let changed_nothing = self.work == Work::Read;
                match Transactions::commit_transaction(self.connection()).await {
                    Ok(()) => Ok(value),
                    // If the connection broke, nobody knows whether the transaction was committed.
                    Err(error) => Err(self.fail(error, changed_nothing)),
                }
            }
            Ok(value) => Ok(value),
            Err(error) => {
                if self.in_transaction {
                    // The pool replaces a connection whose transaction cannot be ended.
                    let _ = Transactions::rollback_transaction(self.connection()).await;
                }
                let changed_nothing = self.in_transaction || self.work == Work::Read;
                Err(self.fail(error, changed_nothing))
            }
        }
    }

    /// Ends the attempt. `changed_nothing` says so for every kind of error, because nothing was committed.
    ///
    /// After a failure of the server, the connection is closed: it may be about to break, or lead to a server that is no longer
    /// the primary.
    fn fail(self, error: DieselError, changed_nothing: bool) -> Failed {
        let of_server = is_of_server(&error);
        if of_server {
            drop(Object::take(self.connection));
        }
        let repeatable =
            is_contention(&error) || is_read_only(&error) || (of_server && changed_nothing);
        Failed { error, repeatable }
    }
}

/// Returns whether the database aborted the work in favour of other work, with SQLSTATE 40001 or 40P01. It has then changed
/// nothing.
fn is_contention(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) => is_deadlock(&**info),
        _ => false,
    }
}

/// Returns whether a failure is a deadlock (SQLSTATE 40P01), which Diesel keeps to itself.
///
/// A server may translate the message and its details. But the details always name the modes of the locks, one process a
/// line, and PostgreSQL translates no mode: "Prozess 7 wartet auf ShareLock-Sperre …".
fn is_deadlock(info: &dyn DatabaseErrorInformation) -> bool {
    let names_mode = |line: &str| line.contains("ShareLock") || line.contains("ExclusiveLock");
    info.message() == "deadlock detected"
        || info.details().is_some_and(|waits| !waits.is_empty() && waits.lines().all(names_mode))
}

/// Returns whether the server accepts no writes, with SQLSTATE 25006. The work has then changed nothing.
fn is_read_only(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _))
}

/// Returns whether the failure is the server's own, such as a broken connection or a shutdown, so that the same work can succeed
/// on another connection.
fn is_of_server(error: &DieselError) -> bool {
    let of_server = matches!(
        error,
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::Unknown,
            _
        )
    );
    of_server && !is_contention(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: DatabaseErrorKind, message: &str) -> DieselError {
        DieselError::DatabaseError(kind, Box::new(message.to_owned()))
    }

    /// A failure with details, from a server that speaks another language.
    struct Detailed(&'static str);

    impl DatabaseErrorInformation for Detailed {
        fn message(&self) -> &str {
            "Verklemmung (Deadlock) entdeckt"
        }
        fn details(&self) -> Option<&str> {
            Some(self.0)
        }
        fn hint(&self) -> Option<&str> {
            None
        }
        fn table_name(&self) -> Option<&str> {
            None
        }
        fn column_name(&self) -> Option<&str> {
            None
        }
        fn constraint_name(&self) -> Option<&str> {
            None
        }
        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    #[test]
    fn deadlock_is_recognised_in_every_language() {
        let waits = "Prozess 7 wartet auf ShareLock-Sperre auf Transaktion 733; blockiert von Prozess 8.
Prozess 8 wartet auf AccessExclusiveLock-Sperre auf Relation 5 der Datenbank 1; blockiert von Prozess 7.";
        for (details, is_deadlock) in
            [(waits, true), ("", false), ("Schlüssel »ShareLock«\ngibt es schon", false)]
        {
            let info = Box::new(Detailed(details));
            let error = DieselError::DatabaseError(DatabaseErrorKind::Unknown, info);
            assert_eq!(is_contention(&error), is_deadlock, "{details}");
        }
    }

    #[test]
    fn some_failures_say_that_a_statement_changed_nothing() {
        use DatabaseErrorKind::{
            ReadOnlyTransaction, SerializationFailure, UnableToSendCommand, UniqueViolation,
            Unknown,
        };
        for (error, undone, of_server) in [
            (failure(SerializationFailure, "could not serialize access"), true, false),
            (failure(Unknown, "deadlock detected"), true, false),
            (failure(ReadOnlyTransaction, "cannot execute INSERT"), true, true),
            (failure(UnableToSendCommand, "connection closed"), false, true),
            (failure(Unknown, "terminating connection"), false, true),
            (failure(UniqueViolation, "duplicate key"), false, false),
            (DieselError::NotFound, false, false),
        ] {
            assert_eq!(is_contention(&error) || is_read_only(&error), undone, "{error}");
            assert_eq!(is_of_server(&error), of_server, "{error}");
        }
    }
}
