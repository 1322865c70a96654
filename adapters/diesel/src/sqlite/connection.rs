use std::{
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use diesel::{
    Connection as _, ConnectionError, ConnectionResult, SqliteConnection,
    connection::SimpleConnection, result::Error as DieselError,
};

use crate::ConnectError;

/// The busy timeout, which is [`BUSY_TIMEOUT`], comes first, so that it also applies to the switch to WAL.
pub(super) const SETUP: &str = "
    PRAGMA busy_timeout = 2000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
";

/// How long a statement waits for another connection's lock, and how long the setup is retried.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_millis(2000);
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// Checks that the file is a plain file that can be written, if it exists, and that its directory exists and is writable.
/// SQLite would block on a pipe, open a read-only file without an error, and it writes its journals to the directory.
///
/// # Errors
///
/// [`ConnectError`] names the file or directory and the problem.
pub fn check_directory(file: &Path) -> Result<(), ConnectError> {
    if file.exists() && !file.is_file() {
        return Err(error(file, "it is not a plain file"));
    }
    // Opening the file would be dangerous: closing any descriptor of it drops SQLite's locks in this process.
    if file.exists()
        && let Err(cause) = rustix::fs::access(file, rustix::fs::Access::WRITE_OK)
    {
        return Err(error(file, format_args!("it cannot be written: {cause}")));
    }
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let shown = directory.display();
    if !directory.is_dir() {
        return Err(error(file, format_args!("the directory {shown} does not exist")));
    }
    // Permissions do not reveal a read-only file system, so try to write.
    tempfile::tempfile_in(directory).map(|_| ()).map_err(|cause| {
        error(file, format_args!("the directory {shown} cannot be written: {cause}"))
    })
}

/// Returns the path for SQLite. A relative path gets a `./`, so that it is never a `file:` URI.
pub(super) fn path(file: &Path) -> Result<String, ConnectError> {
    check_directory(file)?;
    let path = file.to_str().ok_or_else(|| error(file, "the path is not UTF-8"))?;
    Ok(if file.is_absolute() { path.to_owned() } else { format!("./{path}") })
}

pub(super) fn establish(path: &str) -> ConnectionResult<SqliteConnection> {
    let mut connection = SqliteConnection::establish(path)?;
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match connection.batch_execute(SETUP) {
            Ok(()) => return Ok(connection),
            Err(error) if is_locked(&error) && Instant::now() < deadline => sleep(BETWEEN_TRIES),
            Err(error) => return Err(ConnectionError::CouldntSetupConfiguration(error)),
        }
    }
}

/// Returns whether SQLite gave up on a lock. If two connections switch a new file to WAL at the same time, they can
/// deadlock. SQLite then fails one of them immediately, regardless of the busy timeout.
fn is_locked(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(_, info) if info.message() == "database is locked")
}

pub(super) fn error(file: &Path, error: impl std::fmt::Display) -> ConnectError {
    ConnectError(format!("the SQLite file {} cannot be used: {error}", file.display()))
}
