//! The tables of the Python application: what they have, and what of it has no place in ours.

use diesel::{
    QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{Bool, Nullable, Text},
};

use super::{notes::ids, number};
use crate::adoption::{
    AdoptionError, Column, Layout, Table,
    layout::{PRACTICE_SESSIONS, USERS},
};

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    not_null: bool,
    #[diesel(sql_type = Nullable<Text>)]
    default_value: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reference: Option<String>,
}

#[derive(QueryableByName)]
struct IndexRow {
    #[diesel(sql_type = Text)]
    name: String,
    /// Absent if the index belongs to a constraint of the table.
    #[diesel(sql_type = Nullable<Text>)]
    sql: Option<String>,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    /// The columns, separated by line breaks. An expression is blank.
    #[diesel(sql_type = Text)]
    columns: String,
}

/// Quotes a name for a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns the name of a table while its rows are moved.
pub(super) fn set_aside(table: &str) -> String {
    format!("adopted_{table}")
}

fn columns_of(connection: &mut SqliteConnection, table: &str) -> QueryResult<Vec<ColumnRow>> {
    sql_query(
        "SELECT c.name, c.type AS kind, c.\"notnull\" AS not_null, c.dflt_value AS default_value,
             (SELECT f.\"table\" || coalesce('(\"' || f.\"to\" || '\")', '') || ' ON DELETE ' || f.on_delete
              FROM pragma_foreign_key_list(?1) AS f WHERE f.\"from\" = c.name) AS reference
         FROM pragma_table_info(?1) AS c ORDER BY c.cid",
    )
    .bind::<Text, _>(table)
    .load(connection)
}

/// Describes the tables to adopt.
pub(super) fn layout(connection: &mut SqliteConnection) -> QueryResult<Layout> {
    Ok(Layout {
        users: table(connection, "users")?,
        practice_sessions: table(connection, "practice_sessions")?,
    })
}

fn table(connection: &mut SqliteConnection, name: &str) -> QueryResult<Option<Table>> {
    let column = |row: ColumnRow| Column {
        name: row.name,
        kind: row.kind,
        not_null: row.not_null,
        default: row.default_value,
    };
    let columns: Vec<_> = columns_of(connection, name)?.into_iter().map(column).collect();
    Ok(if columns.is_empty() { None } else { Some(Table(columns)) })
}

/// Refuses what would be lost with the old tables.
pub(super) fn refuse_unknown(
    connection: &mut SqliteConnection,
    layout: &Layout,
) -> Result<(), AdoptionError> {
    let triggers = ids(
        connection,
        "SELECT name AS id FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('users', 'practice_sessions')",
    )?;
    if !triggers.is_empty() {
        return Err(AdoptionError::refuse(format!(
            "the tables have triggers; drop them first and create them again afterwards: {}",
            triggers.join(", ")
        )));
    }
    let is_rowid = "SELECT count(*) FROM pragma_table_info('users') WHERE pk > 0 AND name = 'id' AND upper(type) = 'INTEGER'";
    if layout.users.is_some() && number(connection, is_rowid)? == 0 {
        return Err(AdoptionError::refuse("users.id is not an INTEGER PRIMARY KEY"));
    }
    Ok(())
}

/// Returns the highest id that an account has or had.
pub(super) fn highest_id(connection: &mut SqliteConnection, layout: &Layout) -> QueryResult<i64> {
    let mut sources = vec!["SELECT 0 AS id".to_owned()];
    if layout.users.is_some() {
        sources.push("SELECT max(id) FROM users".to_owned());
    }
    if layout.practice_sessions.as_ref().is_some_and(|table| table.has("user_id")) {
        sources.push("SELECT max(user_id) FROM practice_sessions".to_owned());
    }
    if number(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'")? > 0
    {
        sources.push("SELECT max(seq) FROM sqlite_sequence WHERE name = 'users'".to_owned());
    }
    number(connection, &format!("SELECT max(id) FROM ({})", sources.join(" UNION ALL ")))
}

/// What the tables have beyond ours.
pub(super) struct Extras {
    /// Table, name and definition of columns.
    columns: Vec<(&'static str, String, String)>,
    indexes: Vec<String>,
}

impl Extras {
    /// Notes what is extra, drops the indexes and gives the tables another name.
    pub(super) fn take(connection: &mut SqliteConnection, layout: &Layout) -> QueryResult<Self> {
        let mut extras = Self { columns: Vec::new(), indexes: Vec::new() };
        let tables = [
            ("users", &layout.users, &USERS[..]),
            ("practice_sessions", &layout.practice_sessions, &PRACTICE_SESSIONS[..]),
        ];
        for (table, found, ours) in tables {
            let Some(found) = found else { continue };
            let names: Vec<&str> = found.extra(ours).map(|column| column.name.as_str()).collect();
            for row in columns_of(connection, table)? {
                if names.contains(&row.name.as_str()) {
                    extras.columns.push((table, row.name.clone(), definition(&row)));
                }
            }
            for index in indexes_of(connection, table)? {
                extras.note_index(table, &index, &names);
                if index.sql.is_some() {
                    connection.batch_execute(&format!("DROP INDEX {}", quoted(&index.name)))?;
                }
            }
            let rename = format!("ALTER TABLE {table} RENAME TO {}", set_aside(table));
            connection.batch_execute(&rename)?;
        }
        Ok(extras)
    }

    /// Notes an index of an extra column. Our tables have their own indexes of the others.
    fn note_index(&mut self, table: &str, index: &IndexRow, extra: &[&str]) {
        if !index.columns.lines().any(|column| column.is_empty() || extra.contains(&column)) {
            return;
        }
        match &index.sql {
            Some(sql) => self.indexes.push(sql.clone()),
            None if index.is_unique => {
                let columns: Vec<_> = index.columns.lines().map(quoted).collect();
                let name = format!("uq_{table}_{}", index.columns.replace('\n', "_"));
                let columns = columns.join(", ");
                self.indexes
                    .push(format!("CREATE UNIQUE INDEX {} ON {table} ({columns})", quoted(&name)));
            }
            None => {}
        }
    }

    /// Adds the extra columns to our tables, which are empty.
    pub(super) fn add_columns(&self, connection: &mut SqliteConnection) -> QueryResult<()> {
        for (table, _, definition) in &self.columns {
            connection.batch_execute(&format!("ALTER TABLE {table} ADD COLUMN {definition}"))?;
        }
        Ok(())
    }

    pub(super) fn restore_indexes(&self, connection: &mut SqliteConnection) -> QueryResult<()> {
        self.indexes.iter().try_for_each(|sql| connection.batch_execute(sql))
    }
}

/// Returns the definition of an extra column. New rows do not set it, so without a default it can be null.
fn definition(row: &ColumnRow) -> String {
    let mut definition = format!("{} {}", quoted(&row.name), row.kind);
    if let Some(default) = &row.default_value {
        definition.push_str(&format!(" DEFAULT ({default})"));
        if row.not_null {
            definition.push_str(" NOT NULL");
        }
    }
    if let Some(reference) = &row.reference {
        definition.push_str(&format!(" REFERENCES {reference}"));
    }
    definition
}

fn indexes_of(connection: &mut SqliteConnection, table: &str) -> QueryResult<Vec<IndexRow>> {
    sql_query(
        "SELECT l.name, m.sql, l.\"unique\" AS is_unique,
             (SELECT group_concat(coalesce(i.name, ''), char(10)) FROM pragma_index_info(l.name) AS i) AS columns
         FROM pragma_index_list(?) AS l LEFT JOIN sqlite_master AS m ON m.type = 'index' AND m.name = l.name
         WHERE l.origin <> 'pk'",
    )
    .bind::<Text, _>(table)
    .load(connection)
}

/// Returns the columns of our table and the expressions for them, each as a list, if there are rows to move.
pub(super) fn columns(table: &str, layout: &Layout, extras: &Extras) -> Option<(String, String)> {
    let (found, ours) = match table {
        "users" => (layout.users.as_ref()?, &USERS[..]),
        _ => (layout.practice_sessions.as_ref()?, &PRACTICE_SESSIONS[..]),
    };
    let mut targets = Vec::new();
    let mut sources = Vec::new();
    for name in ours.iter().copied().filter(|name| found.has(name)) {
        targets.push(name.to_owned());
        sources.push(expression(table, name));
    }
    if let Some(hash) = found.hash().filter(|_| table == "users") {
        targets.push("password_hash".to_owned());
        // No password matches `!`.
        sources.push(format!("coalesce(nullif({hash}, ''), '!')"));
    }
    for (_, name, _) in extras.columns.iter().filter(|(of, ..)| *of == table) {
        targets.push(quoted(name));
        sources.push(quoted(name));
    }
    Some((targets.join(", "), sources.join(", ")))
}

/// Returns the SQL that makes a value of ours of the column of this name. A value that is not understood is kept.
fn expression(table: &str, name: &str) -> String {
    const EPOCH: &str = "'1970-01-01 00:00:00'";
    match (table, name) {
        ("users", "email") => "coalesce(coach_email(email), email)".to_owned(),
        ("users", "is_active") => "coalesce(is_active, 0)".to_owned(),
        ("practice_sessions", "id") => "coach_practice_id(id)".to_owned(),
        ("practice_sessions", "user_id") => {
            "CASE WHEN user_id IN (SELECT id FROM users) THEN user_id END".to_owned()
        }
        ("practice_sessions", "mode") => "coalesce(mode, 'standard')".to_owned(),
        ("practice_sessions", "questions_count") => "coalesce(questions_count, 0)".to_owned(),
        (_, "created_at" | "started_at") => {
            format!("coalesce(coach_time({name}), {name}, {EPOCH})")
        }
        (_, "last_login" | "ended_at") => format!("coalesce(coach_time({name}), {name})"),
        _ => name.to_owned(),
    }
}
