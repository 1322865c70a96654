use diesel::backend::Backend;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::MigrationError;

/// Fails with the names of the pending migrations, if there are any.
pub(crate) fn none_pending<DB: Backend>(
    harness: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> Result<(), MigrationError> {
    let pending = harness
        .pending_migrations(migrations)
        .map_err(|error| MigrationError::Failed(error.to_string()))?;
    if pending.is_empty() {
        return Ok(());
    }
    Err(MigrationError::Pending(
        pending.iter().map(|migration| migration.name().to_string()).collect(),
    ))
}
