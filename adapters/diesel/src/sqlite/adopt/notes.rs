//! What is refused or reported because of the values in a row.

use diesel::{
    QueryResult, QueryableByName, RunQueryDsl, SqliteConnection, sql_query,
    sql_types::{BigInt, Nullable, Text},
};

use super::number;
use crate::adoption::{self as text, AdoptionError, Finding, Layout, MAX_IDS, Note};

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Nullable<Text>)]
    id: Option<String>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

pub(super) fn ids(connection: &mut SqliteConnection, sql: &str) -> QueryResult<Vec<String>> {
    let rows: Vec<Id> = sql_query(format!("{sql} LIMIT {MAX_IDS}")).load(connection)?;
    Ok(rows.into_iter().map(|row| row.id.unwrap_or_default()).collect())
}

/// Refuses rows that no account can be made of, and returns what the operator should know about others.
pub(super) fn collect(
    connection: &mut SqliteConnection,
    layout: &Layout,
) -> Result<Vec<Note>, AdoptionError> {
    let mut findings = Vec::new();
    if let Some(users) = &layout.users {
        refuse(connection, "users", "email IS NULL", "users without an email address")?;
        let same = ids(
            connection,
            "SELECT group_concat(id, ', ') AS id FROM users GROUP BY coalesce(coach_email(email), email)
             HAVING count(*) > 1",
        )?;
        if !same.is_empty() {
            return Err(AdoptionError::same_address(&same));
        }
        let hash = users.hash().unwrap_or("password_hash");
        let mut add = |condition: &str, finding| {
            findings.push(Finding { table: "users", condition: condition.to_owned(), finding });
        };
        add("coach_email(email) IS NULL", text::MALFORMED_EMAIL);
        add(&format!("coalesce({hash}, '') IN ('', '!')"), text::NO_PASSWORD);
        add(
            &format!("{hash} NOT IN ('', '!') AND NOT coach_supports({hash})"),
            text::UNSUPPORTED_HASH,
        );
        add("created_at IS NULL OR coach_time(created_at) IS NULL", text::NO_TIME);
        if users.has("full_name") {
            add("full_name IS NOT NULL AND NOT coach_is_name(full_name)", text::MALFORMED_NAME);
        }
        if users.has("is_active") {
            add("is_active IS NULL", text::NOT_ACTIVE);
            refuse(
                connection,
                "users",
                "is_active NOT IN (0, 1)",
                "users whose is_active is neither 0 nor 1",
            )?;
        }
    }
    if let Some(sessions) = &layout.practice_sessions {
        refuse(
            connection,
            "practice_sessions",
            "id IS NULL OR coach_practice_id(id) IS NULL",
            "practice sessions whose id is not a UUID",
        )?;
        refuse_changed_ids(connection)?;
        let no_time = "started_at IS NULL OR coach_time(started_at) IS NULL".to_owned();
        findings.push(Finding {
            table: "practice_sessions",
            condition: no_time,
            finding: text::NO_TIME,
        });
        if sessions.has("user_id") {
            let orphan = "user_id NOT IN (SELECT id FROM users)".to_owned();
            findings.push(Finding {
                table: "practice_sessions",
                condition: orphan,
                finding: text::ORPHANS,
            });
        }
    }
    let mut notes = Vec::new();
    for Finding { table, condition, finding } in findings {
        let from = format!("FROM {table} WHERE {condition}");
        let count = number(connection, &format!("SELECT count(*) {from}"))?.unsigned_abs();
        if count > 0 {
            let ids =
                ids(connection, &format!("SELECT CAST(id AS TEXT) AS id {from} ORDER BY rowid"))?;
            notes.push(Note { finding, count, ids });
        }
    }
    notes.extend(tables_that_keep_accounts(connection)?);
    Ok(notes)
}

fn refuse(
    connection: &mut SqliteConnection,
    table: &str,
    condition: &str,
    what: &str,
) -> Result<(), AdoptionError> {
    let found =
        ids(connection, &format!("SELECT CAST(id AS TEXT) AS id FROM {table} WHERE {condition}"))?;
    if found.is_empty() {
        return Ok(());
    }
    Err(AdoptionError::refuse(format!("there are {what}, for example {}", found.join(", "))))
}

const REFERENCES: &str = "FROM sqlite_master AS t, pragma_foreign_key_list(t.name) AS f
    WHERE t.type = 'table' AND lower(t.name) NOT IN ('users', 'practice_sessions')";

/// Other tables may refer to an id that would be written in another way.
fn refuse_changed_ids(connection: &mut SqliteConnection) -> Result<(), AdoptionError> {
    let tables = ids(
        connection,
        &format!(
            "SELECT DISTINCT t.name AS id {REFERENCES} AND lower(f.\"table\") = 'practice_sessions'"
        ),
    )?;
    if tables.is_empty() {
        return Ok(());
    }
    refuse(
        connection,
        "practice_sessions",
        "coach_practice_id(id) <> id",
        &format!(
            "ids of practice sessions in another form than a0f58c69-85ba-4cb4-90e1-675b2d66aaa3, to which the table {} refers",
            tables.join(", ")
        ),
    )
}

/// Reports tables whose rows would keep an account from being deleted.
fn tables_that_keep_accounts(connection: &mut SqliteConnection) -> QueryResult<Option<Note>> {
    let from = format!(
        "{REFERENCES} AND lower(f.\"table\") IN ('users', 'practice_sessions')
         AND f.on_delete NOT IN ('CASCADE', 'SET NULL', 'SET DEFAULT')"
    );
    let counted = sql_query(format!("SELECT count(DISTINCT t.name) AS count {from}"));
    let count = counted.get_result::<Count>(connection)?.count.unsigned_abs();
    let tables = ids(connection, &format!("SELECT DISTINCT t.name AS id {from}"))?;
    Ok((count > 0).then_some(Note { finding: text::KEEPS_USERS, count, ids: tables }))
}
