//! The takeover of a database that a Python application made. The tables are changed in place, in one transaction, until
//! they are as our first two migrations leave them. The other migrations follow in the same transaction.

mod accounts;
mod columns;
mod tables;

use diesel::{
    QueryResult, QueryableByName, insert_into,
    sql_types::{BigInt, Nullable, Text},
};
use diesel_async::{
    AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use diesel_migrations::MigrationHarness;

use super::{
    migrations::{self, Transactions},
    repository::rows::NewAuditEntryRow,
    schema::audit_events,
};
use crate::{
    MigrationError, PostgresUrl,
    adoption::{Adopted, Adopter, Adoption, AdoptionError, MAX_IDS, Note},
};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Nullable<Text>)]
    id: Option<String>,
}

/// Takes over a database that a Python application made with SQLAlchemy, or runs the pending migrations of one that is ours
/// already. If the process ends before this does, nothing has changed.
///
/// # Panics
///
/// On a single-threaded Tokio runtime.
///
/// # Errors
///
/// See [`AdoptionError`].
pub async fn adopt(url: &PostgresUrl, mut adopter: Adopter) -> Result<Adoption, AdoptionError> {
    // An error drops the connection, which rolls the transaction back.
    let mut connection = migrations::begin(url).await?;
    connection.batch_execute(migrations::LOCK).await?;
    let adoption = if migrations::is_ours(&mut connection).await? {
        Adoption::Unnecessary
    } else {
        Adoption::Done(tables::adopt(&mut connection, &mut adopter).await?)
    };
    let mut connection = migrate(connection)?;
    if let Adoption::Done(adopted) = &adoption {
        let row = NewAuditEntryRow::from(&(adopter.entry)(adopted));
        insert_into(audit_events::table).values(row).execute(&mut connection).await?;
    }
    Transactions::commit_transaction(&mut connection).await?;
    Ok(adoption)
}

fn migrate(connection: AsyncPgConnection) -> Result<AsyncPgConnection, AdoptionError> {
    let mut harness = AsyncMigrationHarness::new(connection);
    harness
        .run_pending_migrations(migrations::MIGRATIONS)
        .map_err(|error| MigrationError::Failed(error.to_string()))?;
    Ok(harness.into_inner())
}

/// Returns the number that the SQL gives, or 0.
async fn number(connection: &mut AsyncPgConnection, sql: &str) -> QueryResult<i64> {
    let sql = format!("SELECT ({sql})::bigint AS number");
    let found: Number = diesel::sql_query(sql).get_result(connection).await?;
    Ok(found.number.unwrap_or_default())
}

/// Returns the first texts that the SQL gives in its column `id`.
async fn ids(connection: &mut AsyncPgConnection, sql: &str) -> QueryResult<Vec<String>> {
    let sql = format!("{sql} LIMIT {MAX_IDS}");
    let rows: Vec<Id> = diesel::sql_query(sql).load(connection).await?;
    Ok(rows.into_iter().map(|row| row.id.unwrap_or_default()).collect())
}

/// Adds a note about the rows that `from` selects, if there are any.
async fn note(
    connection: &mut AsyncPgConnection,
    adopted: &mut Adopted,
    from: &str,
    finding: &'static str,
) -> QueryResult<()> {
    let count = number(connection, &format!("SELECT count(*) FROM {from}")).await?.unsigned_abs();
    if count > 0 {
        let ids =
            ids(connection, &format!("SELECT id::text AS id FROM {from} ORDER BY id")).await?;
        adopted.notes.push(Note { finding, count, ids });
    }
    Ok(())
}

/// Refuses the rows that `from` selects.
async fn refuse(
    connection: &mut AsyncPgConnection,
    from: &str,
    what: &str,
) -> Result<(), AdoptionError> {
    let found = ids(connection, &format!("SELECT id::text AS id FROM {from} ORDER BY id")).await?;
    if found.is_empty() {
        return Ok(());
    }
    Err(AdoptionError::refuse(format!("there are {what}, for example {}", found.join(", "))))
}
