//! Compiled once for each database. `super` gives `schema`, the types `Readers` and `Writer`, and the
//! macros `find_one!`, `find_all!` and `write_transaction!`.

/// Stores a session of a user inside a transaction, and removes the one that it replaces.
macro_rules! insert_session {
    ($connection:expr, $session:expr, $user_id:expr) => {{
        if let Some(replaced) = &$session.replaces {
            let replaced = auth_sessions::secret_digest.eq(rows::digest(replaced));
            diesel::delete(auth_sessions::table.filter(replaced)).execute($connection).await?;
        }
        diesel::insert_into(auth_sessions::table)
            .values(rows::NewAuthSessionRow::new($session, $user_id))
            .execute($connection)
            .await?;
    }};
}

mod auth_sessions;
mod database;
mod rows;
mod users;

use std::sync::Arc;

pub(crate) use self::database::{Database, pool};
use crate::Repositories;

/// Plugs a database into the ports that it serves.
pub(crate) fn repositories(database: Database) -> Repositories {
    let database = Arc::new(database);
    Repositories {
        users: Arc::new(users::DieselUserRepository(database.clone())),
        sessions: Arc::new(auth_sessions::DieselAuthSessionRepository(database.clone())),
        health: database,
    }
}
