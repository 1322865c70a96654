use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    QueryResult, QueryableByName,
    pg::Pg,
    sql_query,
    sql_types::{Bool, Integer, Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::migrations;
use crate::{ConnectError, MigrationError, PostgresInspection, PostgresUrl, inspection::Contents};

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Bool)]
    is_encrypted: bool,
    #[diesel(sql_type = Bool)]
    may_create: bool,
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Time {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    time: Option<NaiveDateTime>,
}

/// Inspects a database.
///
/// # Errors
///
/// [`ConnectError`] if the database does not respond.
pub async fn inspect(url: &PostgresUrl) -> Result<PostgresInspection, ConnectError> {
    let mut connection = migrations::begin(url).await.map_err(|error| match error {
        MigrationError::Connect(error) => error,
        error => ConnectError::new(error.to_string()),
    })?;
    let failed = |error: &dyn std::fmt::Display| {
        ConnectError::new(format!("PostgreSQL does not answer as expected: {error}"))
    };
    let server = server(&mut connection).await.map_err(|error| failed(&error))?;
    let mut contents = contents(&mut connection).await.map_err(|error| failed(&error))?;
    let may_write = match contents.is_ours {
        true => may_write(&mut connection).await.map_err(|error| failed(&error))?,
        false => true,
    };
    if contents.is_ours && may_write {
        contents.note_newest(newest(&mut connection).await);
    }
    let Server { version, is_encrypted, may_create, now } = server;
    Ok(PostgresInspection { contents, version, is_encrypted, may_create, may_write, now })
}

async fn server(connection: &mut AsyncPgConnection) -> QueryResult<Server> {
    sql_query(
        "SELECT current_setting('server_version_num')::integer AS version,
             coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), FALSE) AS is_encrypted,
             coalesce(has_schema_privilege(current_schema(), 'CREATE'), FALSE) AS may_create,
             clock_timestamp() AS now",
    )
    .get_result(connection)
    .await
}

/// Returns the migrations of a database.
pub(super) async fn contents(
    connection: &mut AsyncPgConnection,
) -> diesel::migration::Result<Contents> {
    let mut contents = Contents {
        is_foreign: migrations::is_foreign(connection).await?,
        is_ours: migrations::is_ours(connection).await?,
        ..Contents::default()
    };
    let run: Vec<Line> = match contents.is_ours {
        true => {
            sql_query("SELECT version AS line FROM __diesel_schema_migrations")
                .load(connection)
                .await?
        }
        false => Vec::new(),
    };
    let run = run.into_iter().map(|row| row.line).collect();
    contents.compare::<Pg>(migrations::MIGRATIONS, run)?;
    Ok(contents)
}

async fn may_write(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let all = "SELECT coalesce(bool_and(has_table_privilege(name, right_)), TRUE)
        FROM unnest(ARRAY['users', 'auth_sessions', 'practice_sessions']) AS t (name),
            unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS r (right_)
        WHERE to_regclass(name) IS NOT NULL";
    migrations::ask(connection, all).await
}

/// Returns the newest times. An error fails the statements after it, because they share a transaction.
async fn newest(connection: &mut AsyncPgConnection) -> Vec<Option<NaiveDateTime>> {
    let mut times = Vec::new();
    for sql in [
        "SELECT created_at AS time FROM users ORDER BY id DESC LIMIT 1",
        "SELECT max(last_seen_at) AS time FROM auth_sessions",
    ] {
        let row: QueryResult<Time> = sql_query(sql).get_result(connection).await;
        times.push(row.ok().and_then(|row| row.time));
    }
    times
}
