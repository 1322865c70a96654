//! Compiled once for each database. `super` gives `schema`, the types `Readers` and `Writer`, and the
//! macros `find_one!` and `write_transaction!`.

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
