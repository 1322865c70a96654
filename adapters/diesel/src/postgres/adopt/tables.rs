//! The steps, in the order in which PostgreSQL allows them.

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use super::{accounts, columns, ids, note, number, refuse};
use crate::adoption::{self as text, Adopted, Adopter, AdoptionError, Note};

/// As our first migration makes it.
const PRACTICE_SESSIONS: &str =
    include_str!("../../../../../migrations/postgres/2026-02-13-120000_practice_sessions/up.sql");
const FIRST: &str = "'20260213120000'";
const SECOND: &str = "'20260213130000'";

/// What the second migration makes beside `users`.
const REST_OF_SECOND: &str = "
    CREATE UNIQUE INDEX ix_users_email ON users (email);
    CREATE TABLE auth_sessions (
        id VARCHAR(36) NOT NULL PRIMARY KEY,
        user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created_at TIMESTAMPTZ NOT NULL,
        last_seen_at TIMESTAMPTZ NOT NULL
    );
    CREATE INDEX ix_auth_sessions_user_id ON auth_sessions (user_id);
    ALTER TABLE practice_sessions ADD CONSTRAINT practice_sessions_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id);";

/// Changes the tables until they are as our first migrations leave them, and notes that these were run.
pub(super) async fn adopt(
    connection: &mut AsyncPgConnection,
    adopter: &mut Adopter,
) -> Result<Adopted, AdoptionError> {
    let layout = columns::layout(connection).await?;
    layout.check()?;
    connection.batch_execute("SET LOCAL lock_timeout = '10s'").await?;
    let mut adopted = Adopted::default();
    if layout.users.is_some() {
        connection.batch_execute("LOCK TABLE users").await?;
    }
    if layout.practice_sessions.is_some() {
        connection.batch_execute("LOCK TABLE practice_sessions").await?;
    } else {
        connection.batch_execute(PRACTICE_SESSIONS).await?;
    }
    drop_constraints(connection).await?;
    sessions_before(connection).await?;
    // The tables may have changed.
    let layout = columns::layout(connection).await?;
    connection.batch_execute(&columns::changes(&layout)?).await?;
    if layout.users.is_some() {
        users_after(connection, adopter, &mut adopted).await?;
    }
    sessions_after(connection, &mut adopted, layout.users.is_some()).await?;
    note_tables_that_keep_accounts(connection, &mut adopted).await?;
    let versions = if layout.users.is_some() {
        connection.batch_execute(REST_OF_SECOND).await?;
        format!("({FIRST}), ({SECOND})")
    } else {
        format!("({FIRST})")
    };
    mark(connection, &versions).await?;
    Ok(adopted)
}

/// Notes that migrations were run.
async fn mark(connection: &mut AsyncPgConnection, versions: &str) -> Result<(), AdoptionError> {
    // As Diesel makes it.
    let table = "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (
        version VARCHAR(50) PRIMARY KEY NOT NULL,
        run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
    );";
    let insert =
        format!("{table} INSERT INTO __diesel_schema_migrations (version) VALUES {versions}");
    Ok(connection.batch_execute(&insert).await?)
}

/// Drops the uniqueness of addresses and the owner of sessions, whatever their names. Ours take their place.
async fn drop_constraints(connection: &mut AsyncPgConnection) -> Result<(), AdoptionError> {
    let statements = "DO $$
        DECLARE statement TEXT;
        BEGIN
            FOR statement IN
                SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname)
                FROM pg_constraint AS c
                JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
                WHERE (c.conrelid = to_regclass('users') AND c.contype = 'u' AND a.attname = 'email')
                    OR (c.conrelid = to_regclass('practice_sessions') AND c.contype = 'f' AND a.attname = 'user_id')
            LOOP
                EXECUTE statement;
            END LOOP;
            FOR statement IN
                SELECT format('DROP INDEX %s', i.indexrelid::regclass)
                FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND i.indkey[0] = a.attnum
                WHERE i.indrelid = to_regclass('users') AND i.indnatts = 1 AND a.attname = 'email'
            LOOP
                EXECUTE statement;
            END LOOP;
        END;
        $$;
        DROP INDEX IF EXISTS ix_users_email;";
    Ok(connection.batch_execute(statements).await?)
}

/// Refuses practice sessions whose id is not a UUID.
async fn sessions_before(connection: &mut AsyncPgConnection) -> Result<(), AdoptionError> {
    refuse(
        connection,
        "practice_sessions WHERE lower(replace(id::text, '-', '')) !~ '^[0-9a-f]{32}$'",
        "practice sessions whose id is not a UUID",
    )
    .await
}

async fn sessions_after(
    connection: &mut AsyncPgConnection,
    adopted: &mut Adopted,
    has_users: bool,
) -> Result<(), AdoptionError> {
    connection
        .batch_execute(
            "UPDATE practice_sessions SET id = replace(id, '-', '')::uuid::text
             WHERE id <> replace(id, '-', '')::uuid::text;",
        )
        .await?;
    if has_users {
        let orphans = "practice_sessions WHERE user_id NOT IN (SELECT id FROM users)";
        note(connection, adopted, orphans, text::ORPHANS).await?;
        connection
            .batch_execute(&format!(
                "UPDATE practice_sessions SET user_id = NULL {}",
                orphans.trim_start_matches("practice_sessions ")
            ))
            .await?;
    }
    note(connection, adopted, "practice_sessions WHERE started_at IS NULL", text::NO_TIME).await?;
    connection.batch_execute(columns::SESSIONS_WITHOUT_NULLS).await?;
    adopted.practice_sessions =
        number(connection, "SELECT count(*) FROM practice_sessions").await?.unsigned_abs();
    Ok(())
}

async fn users_after(
    connection: &mut AsyncPgConnection,
    adopter: &mut Adopter,
    adopted: &mut Adopted,
) -> Result<(), AdoptionError> {
    refuse(connection, "users WHERE email IS NULL", "users without an email address").await?;
    adopted.users = accounts::clean(connection, adopter, &mut adopted.notes).await?;
    let same = ids(
        connection,
        "SELECT string_agg(id::text, ', ' ORDER BY id) AS id FROM users GROUP BY email HAVING count(*) > 1",
    )
    .await?;
    if !same.is_empty() {
        return Err(AdoptionError::same_address(&same));
    }
    note(connection, adopted, "users WHERE is_active IS NULL", text::NOT_ACTIVE).await?;
    note(connection, adopted, "users WHERE created_at IS NULL", text::NO_TIME).await?;
    note(
        connection,
        adopted,
        "users WHERE coalesce(password_hash, '') IN ('', '!')",
        text::NO_PASSWORD,
    )
    .await?;
    connection.batch_execute(columns::USERS_WITHOUT_NULLS).await?;
    Ok(connection.batch_execute(columns::IDENTITY).await?)
}

/// Reports tables whose rows would keep an account from being deleted.
async fn note_tables_that_keep_accounts(
    connection: &mut AsyncPgConnection,
    adopted: &mut Adopted,
) -> Result<(), AdoptionError> {
    let from = "FROM pg_constraint WHERE contype = 'f' AND confdeltype IN ('a', 'r')
        AND confrelid IN (to_regclass('users'), to_regclass('practice_sessions'))";
    let count = number(connection, &format!("SELECT count(DISTINCT conrelid) {from}")).await?;
    if count > 0 {
        let tables =
            ids(connection, &format!("SELECT DISTINCT conrelid::regclass::text AS id {from}"))
                .await?;
        let count = count.unsigned_abs();
        adopted.notes.push(Note { finding: text::KEEPS_USERS, count, ids: tables });
    }
    Ok(())
}
