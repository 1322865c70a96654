//! The takeover of a database that a Python application made with SQLAlchemy and Alembic.
//!
//! Each database does it in one transaction, in the way that suits it. This module has what they share: which tables and
//! columns are understood, how values become ours, and what is reported.

pub(crate) mod layout;
pub(crate) mod values;

use std::fmt;

use coach_core::domain::{NewAuditEntry, PasswordHash};

pub(crate) use self::layout::{Column, Layout, Table};
use crate::{ConnectError, MigrationError, Progress};

/// Rows that are copied or read at a time.
pub(crate) const BATCH: i64 = 10_000;
/// Maximum number of ids in a message.
pub(crate) const MAX_IDS: i64 = 10;

/// How an adoption works with its caller.
pub struct Adopter {
    /// Returns whether a stored hash can be verified.
    pub supports: fn(&PasswordHash) -> bool,
    /// Is told what is being done, and how much of it is done.
    pub report: Box<dyn FnMut(&'static str, Progress) + Send>,
    /// Returns the entry for the audit trail, which is stored together with the change.
    pub entry: Box<dyn FnOnce(&Adopted) -> NewAuditEntry + Send>,
}

/// The outcome of an adoption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adoption {
    /// The database is ours already. Only pending migrations were run.
    Unnecessary,
    /// The database was taken over.
    Done(Adopted),
}

/// What was taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adopted {
    /// Number of accounts.
    pub users: u64,
    /// Number of practice sessions.
    pub practice_sessions: u64,
    /// What the operator should know.
    pub notes: Vec<Note>,
}

/// A finding about some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What was found, and what it means. Continues a sentence that begins with the number of rows.
    pub finding: &'static str,
    /// Number of rows.
    pub count: u64,
    /// The first ids of the rows.
    pub ids: Vec<String>,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if usize::try_from(self.count).is_ok_and(|all| all > self.ids.len()) {
            ", …"
        } else {
            ""
        };
        write!(f, "{} {} ({}{more})", self.count, self.finding, self.ids.join(", "))
    }
}

/// The database was not taken over, and nothing was changed. Each message is a sentence without its full stop.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionError {
    /// The database has none of the tables.
    #[error(
        "there is nothing to adopt: the database has neither the table users nor practice_sessions"
    )]
    Nothing,
    /// A table or column is not as expected.
    #[error("the database cannot be adopted: {0}; nothing was changed")]
    NotUnderstood(String),
    /// The migrations failed, or the database cannot be opened.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// A statement failed.
    #[error("the database cannot be adopted: {0}; nothing was changed")]
    Statement(#[from] diesel::result::Error),
}

impl From<ConnectError> for AdoptionError {
    fn from(error: ConnectError) -> Self {
        Self::Migration(error.into())
    }
}

impl AdoptionError {
    pub(crate) fn refuse(reason: impl Into<String>) -> Self {
        Self::NotUnderstood(reason.into())
    }

    /// Refuses addresses that several accounts would share. `groups` has the ids of each.
    pub(crate) fn same_address(groups: &[String]) -> Self {
        Self::NotUnderstood(format!(
            "several accounts would have the same email address, because case and encoding do not matter; change or \
             delete all but one of each: users {}",
            groups.join("; users ")
        ))
    }
}

/// A finding about rows of `table` that fulfil `condition`, in the SQL of the database.
pub(crate) struct Finding {
    pub(crate) table: &'static str,
    pub(crate) condition: String,
    pub(crate) finding: &'static str,
}

pub(crate) const MALFORMED_EMAIL: &str = "accounts have a malformed email address and cannot log in until it is corrected; it was kept as it is";
pub(crate) const MALFORMED_NAME: &str = "accounts have a name with invisible characters or above 100 characters; it was kept, and is shown without them";
pub(crate) const NO_PASSWORD: &str =
    "accounts have no password hash and cannot log in until they get a password";
pub(crate) const UNSUPPORTED_HASH: &str = "accounts have a password hash that is neither bcrypt nor Argon2, or too expensive, and cannot log in until they \
     get a new password";
pub(crate) const NOT_ACTIVE: &str = "accounts have no value in is_active and count as inactive";
pub(crate) const NO_TIME: &str = "rows have no readable time and count as created in 1970";
pub(crate) const ORPHANS: &str =
    "practice sessions belonged to accounts that do not exist, and now belong to nobody";
pub(crate) const KEEPS_USERS: &str = "other tables refer to the adopted ones without ON DELETE CASCADE: accounts with rows there cannot be deleted";
