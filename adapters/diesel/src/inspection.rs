//! What a database is like, found without changing it.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::migration::{Migration, MigrationSource};
use diesel::{backend::Backend, migration::MigrationVersion};
use diesel_migrations::EmbeddedMigrations;

use crate::MigrationError;

/// The migrations and times of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Whether another program made our tables.
    pub is_foreign: bool,
    /// Whether any of our migrations was run.
    pub is_ours: bool,
    /// The names of our migrations that were not run.
    pub pending: Vec<String>,
    /// The versions of migrations that this program does not know: a newer one ran them.
    pub unknown: Vec<String>,
    /// The newest time among accounts and sessions.
    pub newest: Option<DateTime<Utc>>,
}

impl Contents {
    pub(crate) fn compare<DB: Backend>(
        &mut self,
        migrations: EmbeddedMigrations,
        run: Vec<String>,
    ) -> diesel::migration::Result<()> {
        let ours: Vec<Box<dyn Migration<DB>>> = migrations.migrations()?;
        let was_run = |version: &MigrationVersion<'_>| run.contains(&version.to_string());
        self.pending = ours
            .iter()
            .filter(|migration| !was_run(&migration.name().version()))
            .map(|migration| migration.name().to_string())
            .collect();
        let known: Vec<String> =
            ours.iter().map(|migration| migration.name().version().to_string()).collect();
        self.unknown = run.into_iter().filter(|version| !known.contains(version)).collect();
        Ok(())
    }

    /// Fails if the server cannot use the database as it is.
    pub(crate) fn require_current(self) -> Result<(), MigrationError> {
        match self {
            Self { is_foreign: true, .. } => Err(MigrationError::Foreign),
            Self { is_ours: false, .. } => Err(MigrationError::Empty),
            Self { pending, .. } if !pending.is_empty() => Err(MigrationError::Pending(pending)),
            _ => Ok(()),
        }
    }

    pub(crate) fn note_newest(&mut self, times: Vec<Option<NaiveDateTime>>) {
        self.newest = times.into_iter().flatten().max().map(|time| time.and_utc());
    }
}

/// An SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteInspection {
    /// What is in it.
    pub contents: Contents,
    /// The first damage that SQLite finds. `None` if it finds none or did not look.
    pub damage: Option<String>,
}

/// A PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresInspection {
    /// What is in it.
    pub contents: Contents,
    /// The version of the server, such as 170004.
    pub version: i32,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// Whether tables can be made, which migrations do.
    pub may_create: bool,
    /// Whether the accounts can be read and written.
    pub may_write: bool,
    /// The time of the database server, in the middle of the question.
    pub now: DateTime<Utc>,
}
