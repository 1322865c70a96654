//! Rust functions for SQL statements of one connection.

// Diesel's macro generates undocumented items.
#![allow(missing_docs, unreachable_pub, reason = "generated")]

use coach_core::domain::PasswordHash;
use diesel::{
    QueryResult, SqliteConnection, define_sql_function,
    sql_types::{Nullable, Text},
};

use crate::adoption::values;

define_sql_function!(fn coach_email(stored: Nullable<Text>) -> Nullable<Text>);
define_sql_function!(fn coach_time(stored: Nullable<Text>) -> Nullable<Text>);
define_sql_function!(fn coach_practice_id(stored: Nullable<Text>) -> Nullable<Text>);
define_sql_function!(fn coach_is_name(stored: Nullable<Text>) -> Bool);
define_sql_function!(fn coach_supports(hash: Nullable<Text>) -> Bool);

pub(super) fn register(
    connection: &mut SqliteConnection,
    supports: fn(&PasswordHash) -> bool,
) -> QueryResult<()> {
    type Stored = Option<String>;
    coach_email_utils::register_impl(connection, |stored: Stored| values::email(&stored?))?;
    coach_time_utils::register_impl(connection, |stored: Stored| values::sqlite_time(&stored?))?;
    coach_practice_id_utils::register_impl(connection, |stored: Stored| {
        values::practice_session_id(&stored?)
    })?;
    coach_is_name_utils::register_impl(connection, |stored: Stored| {
        stored.is_none_or(|name| values::is_name(&name))
    })?;
    coach_supports_utils::register_impl(connection, move |hash: Stored| {
        hash.is_none_or(|hash| supports(&PasswordHash::new(hash)))
    })
}
