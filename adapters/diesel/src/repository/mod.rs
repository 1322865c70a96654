//! The repositories, compiled once for each database. `super` provides `schema`, the types `Readers`, `SessionLookups`
//! and `Writers`, `Database::find_session`, and the macros `find_one!`, `find_all!`, `run_statement!`,
//! `run_transaction!`, `execute_batch!`, `lock_row!`, `lock_audit_trail!`, `database_now!` and `in_byte_order!`. The macros may
//! evaluate a query or a statement several times, and move what a transaction uses to another thread.

/// Runs one writing statement within the deadline.
macro_rules! write_statement {
    ($repository:expr, $run:ident, $statement:expr) => {
        within_deadline(async {
            run_statement!($repository.0, $run, $statement).map_err(FromDiesel::from_diesel)
        })
        .await
    };
}

/// Runs a closure in a transaction within the deadline. An error rolls the transaction back.
macro_rules! write {
    ($repository:expr, async |$connection:ident| $work:block) => {
        within_deadline(async {
            run_transaction!($repository.0, async |$connection| $work)
                .map_err(FromDiesel::from_diesel)
        })
        .await
    };
}

/// Like `write!`, but `NotFound` rolls the transaction back and gives `None`.
macro_rules! write_if_found {
    ($repository:expr, async |$connection:ident| $work:block) => {
        within_deadline(async {
            run_transaction!($repository.0, async |$connection| $work)
                .optional()
                .map_err(FromDiesel::from_diesel)
        })
        .await
    };
}

/// Stores a session inside a transaction and ends the sessions that it replaces.
macro_rules! insert_session {
    ($connection:expr, $session:expr, $user_id:expr, $previous_login:expr) => {{
        if !$session.replaces.is_empty() {
            let replaced = auth_sessions::secret_digest.eq_any(rows::digests(&$session.replaces));
            diesel::delete(auth_sessions::table.filter(replaced)).execute($connection).await?;
        }
        diesel::insert_into(auth_sessions::table)
            .values(rows::NewAuthSessionRow::new($session, $user_id, $previous_login))
            .execute($connection)
            .await?;
    }};
}

mod accounts;
mod audit_trail;
mod auth_sessions;
mod database;
mod password_codes;
mod practice_sessions;
pub(crate) mod rows;
mod users;

use std::sync::Arc;

pub(crate) use self::database::Database;
use crate::{PoolWatch, Repositories};

/// Creates the repositories of a database.
pub(crate) fn repositories(database: Database) -> Repositories {
    let database = Arc::new(database);
    let watched = database.clone();
    Repositories {
        users: Arc::new(users::DieselUserRepository(database.clone())),
        accounts: Arc::new(accounts::DieselAccountRepository(database.clone())),
        sessions: Arc::new(auth_sessions::DieselAuthSessionRepository(database.clone())),
        password_codes: Arc::new(password_codes::DieselPasswordCodeRepository(database.clone())),
        practice_sessions: Arc::new(practice_sessions::DieselPracticeSessionRepository(
            database.clone(),
        )),
        audit_trail: Arc::new(audit_trail::DieselAuditTrail(database.clone())),
        health: database,
        pool: PoolWatch(Arc::new(move || watched.pool_status())),
    }
}
