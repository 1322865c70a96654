use std::path::Path;

use chrono::NaiveDateTime;
use diesel::{
    Connection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{Nullable, Text, Timestamp},
    sqlite::Sqlite,
};

use super::{connection, migrations};
use crate::{ConnectError, SqliteInspection, inspection::Contents};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Time {
    #[diesel(sql_type = Nullable<Timestamp>)]
    time: Option<NaiveDateTime>,
}

/// Inspects an existing file. With `thoroughly`, SQLite reads all of it and looks for damage.
///
/// # Errors
///
/// [`ConnectError`] if the file cannot be read.
pub async fn inspect(file: &Path, thoroughly: bool) -> Result<SqliteInspection, ConnectError> {
    let path = connection::path(file)?;
    let inspected = tokio::task::spawn_blocking(move || inspect_blocking(&path, thoroughly)).await;
    match inspected {
        Ok(Ok(inspection)) => Ok(inspection),
        Ok(Err(error)) => Err(connection::error(file, error)),
        Err(error) => Err(connection::error(file, error)),
    }
}

fn inspect_blocking(
    path: &str,
    thoroughly: bool,
) -> Result<SqliteInspection, Box<dyn std::error::Error + Send + Sync>> {
    // Without the usual setup, which would change the journal mode.
    let mut connection = SqliteConnection::establish(path)?;
    connection.batch_execute("PRAGMA busy_timeout = 2000; PRAGMA query_only = ON;")?;
    let mut contents = Contents {
        is_foreign: migrations::is_foreign(&mut connection)?,
        is_ours: migrations::is_ours(&mut connection)?,
        ..Contents::default()
    };
    let run = match contents.is_ours {
        true => lines(&mut connection, "SELECT version AS line FROM __diesel_schema_migrations")?,
        false => Vec::new(),
    };
    contents.compare::<Sqlite>(migrations::MIGRATIONS, run)?;
    if contents.is_ours {
        contents.note_newest(newest(&mut connection));
    }
    let damage = match thoroughly {
        true => {
            lines(&mut connection, "SELECT quick_check AS line FROM pragma_quick_check LIMIT 1")?
                .into_iter()
                .find(|line| line != "ok")
        }
        false => None,
    };
    Ok(SqliteInspection { contents, damage })
}

fn lines(connection: &mut SqliteConnection, sql: &str) -> QueryResult<Vec<String>> {
    let rows: Vec<Line> = sql_query(sql).load(connection)?;
    Ok(rows.into_iter().map(|row| row.line).collect())
}

/// Returns the newest times. A column that a pending migration adds, or a time that cannot be read, has none.
fn newest(connection: &mut SqliteConnection) -> Vec<Option<NaiveDateTime>> {
    [
        "SELECT created_at AS time FROM users ORDER BY id DESC LIMIT 1",
        "SELECT max(last_seen_at) AS time FROM auth_sessions",
    ]
    .map(|sql| sql_query(sql).get_result::<Time>(connection).ok().and_then(|row| row.time))
    .to_vec()
}
