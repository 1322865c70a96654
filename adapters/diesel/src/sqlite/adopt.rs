//! The takeover of a database that a Python application made. SQLite cannot change a column, so the rows move to new
//! tables, all in one transaction.

mod functions;
mod notes;
mod source;

use std::path::Path;

use diesel::{
    QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    insert_into, sql_query,
    sql_types::{BigInt, Nullable},
};
use diesel_migrations::MigrationHarness;

use self::source::Extras;
use super::{connection, migrations, repository::rows::NewAuditEntryRow, schema::audit_events};
use crate::{
    ConnectError, MigrationError, Progress,
    adoption::{Adopted, Adopter, Adoption, AdoptionError, BATCH, Layout},
};

/// Without foreign keys a table can be replaced while others refer to it. The old behaviour of ALTER TABLE leaves those
/// references alone.
const SETUP: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;
    PRAGMA legacy_alter_table = ON;
";

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
}

/// Takes over a database that a Python application made with SQLAlchemy, or runs the pending migrations of one that is ours
/// already. If the process ends before this does, nothing has changed.
///
/// # Errors
///
/// See [`AdoptionError`].
pub async fn adopt(file: &Path, adopter: Adopter) -> Result<Adoption, AdoptionError> {
    let path = connection::path(file)?;
    if !file.exists() {
        return Err(connection::error(file, "it does not exist").into());
    }
    let file = file.to_owned();
    tokio::task::spawn_blocking(move || {
        let open = || {
            // Not in WAL mode: a refusal must not even change the mode of the file.
            let mut connection = <SqliteConnection as diesel::Connection>::establish(&path)?;
            connection
                .batch_execute(SETUP)
                .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok::<_, diesel::ConnectionError>(connection)
        };
        let mut connection = open().map_err(|error| connection::error(&file, error))?;
        functions::register(&mut connection, adopter.supports)?;
        connection.immediate_transaction(|connection| in_transaction(connection, adopter))
    })
    .await
    .map_err(|error| ConnectError::new(error.to_string()))?
}

type Report = Box<dyn FnMut(&'static str, Progress) + Send>;

fn in_transaction(
    connection: &mut SqliteConnection,
    mut adopter: Adopter,
) -> Result<Adoption, AdoptionError> {
    if migrations::is_ours(connection)? {
        run_migrations(connection)?;
        return Ok(Adoption::Unnecessary);
    }
    let layout = source::layout(connection)?;
    layout.check()?;
    source::refuse_unknown(connection, &layout)?;
    let notes = notes::collect(connection, &layout)?;
    let highest_id = source::highest_id(connection, &layout)?;
    let extras = Extras::take(connection, &layout)?;
    run_migrations(connection)?;
    extras.add_columns(connection)?;
    let report = &mut adopter.report;
    let users = move_rows(connection, report, "users", &layout, &extras)?;
    let practice_sessions = move_rows(connection, report, "practice_sessions", &layout, &extras)?;
    extras.restore_indexes(connection)?;
    reserve_ids(connection, highest_id)?;
    let adopted = Adopted { users, practice_sessions, notes };
    let row = NewAuditEntryRow::from(&(adopter.entry)(&adopted));
    insert_into(audit_events::table).values(row).execute(connection)?;
    Ok(Adoption::Done(adopted))
}

fn run_migrations(connection: &mut SqliteConnection) -> Result<(), AdoptionError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        AdoptionError::Migration(MigrationError::Failed(error.to_string()))
    };
    connection.run_pending_migrations(migrations::MIGRATIONS).map(|_| ()).map_err(failed)
}

fn number(connection: &mut SqliteConnection, sql: &str) -> QueryResult<i64> {
    let sql = format!("SELECT ({sql}) AS number");
    Ok(sql_query(sql).get_result::<Number>(connection)?.number.unwrap_or_default())
}

/// Moves the rows of a table in batches and drops the old table. Returns the number of rows.
fn move_rows(
    connection: &mut SqliteConnection,
    report: &mut Report,
    table: &'static str,
    layout: &Layout,
    extras: &Extras,
) -> Result<u64, AdoptionError> {
    let Some((targets, sources)) = source::columns(table, layout, extras) else { return Ok(0) };
    let old = source::set_aside(table);
    let total = number(connection, &format!("SELECT count(*) FROM {old}"))?.unsigned_abs();
    let what = if table == "users" { "Accounts" } else { "Practice sessions" };
    let (mut after, mut done) = (i64::MIN, 0);
    report(what, Progress { done, total });
    loop {
        let batch = format!(
            "SELECT max(rowid) FROM (SELECT rowid FROM {old} WHERE rowid > {after} ORDER BY rowid LIMIT {BATCH})"
        );
        let last = number_or_none(connection, &batch)?;
        let Some(last) = last else { break };
        let copy = format!(
            "INSERT INTO {table} ({targets}) SELECT {sources} FROM {old} WHERE rowid > {after} AND rowid <= {last}"
        );
        done += u64::try_from(sql_query(copy).execute(connection)?).unwrap_or_default();
        after = last;
        report(what, Progress { done, total });
    }
    if done != total {
        return Err(AdoptionError::refuse(format!(
            "only {done} of {total} rows of {table} were moved"
        )));
    }
    connection.batch_execute(&format!("DROP TABLE {old}"))?;
    Ok(done)
}

fn number_or_none(connection: &mut SqliteConnection, sql: &str) -> QueryResult<Option<i64>> {
    let sql = format!("SELECT ({sql}) AS number");
    Ok(sql_query(sql).get_result::<Number>(connection)?.number)
}

/// Keeps ids that were used before from being used again, also those of deleted accounts.
fn reserve_ids(connection: &mut SqliteConnection, highest: i64) -> QueryResult<()> {
    connection.batch_execute(&format!(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'users', 0
             WHERE NOT EXISTS (SELECT * FROM sqlite_sequence WHERE name = 'users');
         UPDATE sqlite_sequence SET seq = max(seq, {highest}) WHERE name = 'users';"
    ))
}
