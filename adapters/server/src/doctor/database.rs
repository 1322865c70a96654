use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use chrono::{DateTime, Utc};
use coach_diesel::{
    Contents, DatabaseUrl, PostgresInspection, PostgresUrl, SqliteInspection, postgres, sqlite,
};
use tokio::time::timeout;

use super::Finding;

const CHECK: &str = "database";
const MIGRATIONS: &str = "migrations";
/// How long a database may take to answer, or SQLite to look for damage.
const PATIENCE: Duration = Duration::from_secs(30);
/// The oldest supported version.
const OLDEST_POSTGRES: i32 = 130_000;
/// The largest file that is read as a whole, in bytes.
const MAX_READ: u64 = 1 << 30;

/// What was found, and times for the check of the clock.
#[derive(Default)]
pub(super) struct DatabaseCheck {
    pub(super) findings: Vec<Finding>,
    /// The time of the database server, and our time when it came.
    pub(super) server_time: Option<DateTime<Utc>>,
    pub(super) newest: Option<DateTime<Utc>>,
}

pub(super) async fn examine(url: &DatabaseUrl, auto_migrate: bool) -> DatabaseCheck {
    match url {
        DatabaseUrl::Sqlite(file) => examine_sqlite(file, auto_migrate).await,
        DatabaseUrl::Postgres(url) => examine_postgres(url, auto_migrate).await,
    }
}

async fn examine_sqlite(file: &Path, auto_migrate: bool) -> DatabaseCheck {
    let mut check = DatabaseCheck::default();
    let shown = file.display();
    if let Err(error) = sqlite::check_directory(file) {
        let advice = "Create the directory and give the server's user the right to write both, or change DATABASE_URL.";
        check.findings.push(Finding::problem(CHECK, sentence(&error), advice));
        return check;
    }
    let Ok(metadata) = fs::metadata(file) else {
        let found =
            format!("The SQLite file {shown} does not exist yet. The first start makes it.");
        check.findings.push(if auto_migrate {
            Finding::ok(CHECK, found)
        } else {
            let found =
                format!("The SQLite file {shown} does not exist, and AUTO_MIGRATE is false.");
            Finding::problem(CHECK, found, "Run `pm-interview-coach migrate`.")
        });
        return check;
    };
    let thoroughly = metadata.len() <= MAX_READ;
    match timeout(PATIENCE, sqlite::inspect(file, thoroughly)).await {
        Ok(Ok(SqliteInspection { contents, damage })) => {
            check.newest = contents.newest;
            check.findings.push(soundness(file, damage, thoroughly));
            check.findings.push(migrations(&contents, auto_migrate));
        }
        Ok(Err(error)) => {
            let advice = "Check that DATABASE_URL names the right file, or restore a backup.";
            check.findings.push(Finding::problem(CHECK, sentence(&error), advice));
        }
        Err(_) => {
            let found =
                format!("The SQLite file {shown} was not read within {} s.", PATIENCE.as_secs());
            check.findings.push(Finding::warning(
                CHECK,
                found,
                "Repeat this when the machine is less busy.",
            ));
        }
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let found =
            format!("Other users can read {shown} (mode {mode:04o}), which has password hashes.");
        check.findings.push(Finding::warning(CHECK, found, format!("Run `chmod 600 {shown}`.")));
    }
    check
}

fn soundness(file: &Path, damage: Option<String>, thoroughly: bool) -> Finding {
    let shown = file.display();
    match damage {
        Some(damage) => Finding::problem(
            CHECK,
            format!("The SQLite file {shown} is damaged: {damage}."),
            "Stop the server and restore a backup. `sqlite3 FILE .recover` may save more.",
        ),
        None if thoroughly => Finding::ok(CHECK, format!("The SQLite file {shown} is sound.")),
        None => Finding::ok(
            CHECK,
            format!(
                "The SQLite file {shown} can be read. It is above 1 GiB and was not checked for damage."
            ),
        ),
    }
}

async fn examine_postgres(url: &PostgresUrl, auto_migrate: bool) -> DatabaseCheck {
    let mut check = DatabaseCheck::default();
    let inspection = match timeout(PATIENCE, postgres::inspect(url)).await {
        Ok(Ok(inspection)) => inspection,
        failed => {
            let found = match failed {
                Ok(Err(error)) => sentence(&error),
                _ => format!("PostgreSQL did not answer within {} s.", PATIENCE.as_secs()),
            };
            let advice = "Check host, port, user, password and database in DATABASE_URL, that the server runs, and that the user owns the tables.";
            check.findings.push(Finding::problem(CHECK, found, advice));
            return check;
        }
    };
    let PostgresInspection { contents, version, is_encrypted, may_create, may_write, now } =
        inspection;
    let encrypted = if is_encrypted { "encrypted" } else { "not encrypted" };
    let major = version / 10_000;
    check.findings.push(if version < OLDEST_POSTGRES {
        let found = format!("PostgreSQL {major} is no longer maintained.");
        Finding::warning(CHECK, found, "Upgrade the database server.")
    } else {
        Finding::ok(CHECK, format!("PostgreSQL {major} answers. The connection is {encrypted}."))
    });
    if !may_write {
        let found = "The database user may not read and write every table.";
        let advice =
            "Make it the owner of the tables, or GRANT it SELECT, INSERT, UPDATE and DELETE.";
        check.findings.push(Finding::problem(CHECK, found, advice));
    }
    let needs_migrations = !contents.is_ours || !contents.pending.is_empty();
    if !may_create && needs_migrations {
        let found = "The database user may not create tables, which migrations do.";
        let advice =
            "GRANT CREATE ON SCHEMA to it, or run `pm-interview-coach migrate` as another user.";
        check.findings.push(Finding::problem(CHECK, found, advice));
    }
    check.findings.push(migrations(&contents, auto_migrate));
    check.newest = contents.newest;
    check.server_time = Some(now);
    check
}

fn migrations(contents: &Contents, auto_migrate: bool) -> Finding {
    let Contents { is_foreign, pending, unknown, .. } = contents;
    if *is_foreign {
        let advice = "Stop that program, back the database up, and run `pm-interview-coach migrate --adopt`.";
        let found = "The tables of the database were made by another program.";
        return Finding::problem(MIGRATIONS, found, advice);
    }
    if !unknown.is_empty() {
        let found = format!(
            "A newer version of the server ran migrations that this one does not know: {}.",
            unknown.join(", ")
        );
        return Finding::warning(MIGRATIONS, found, "Install that version here too.");
    }
    match (pending.len(), auto_migrate) {
        (0, _) => Finding::ok(MIGRATIONS, "All migrations were run."),
        (count, true) => Finding::ok(
            MIGRATIONS,
            format!("Pending migrations: {count}. The next start runs them."),
        ),
        (count, false) => Finding::problem(
            MIGRATIONS,
            format!("Pending migrations: {count}, and AUTO_MIGRATE is false."),
            "Run `pm-interview-coach migrate`.",
        ),
    }
}

/// Makes a sentence of an error, which begins in lower case.
fn sentence(error: &dyn std::fmt::Display) -> String {
    let error = error.to_string();
    let mut letters = error.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
