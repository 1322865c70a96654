use std::{
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use diesel::{
    Connection as _, ConnectionError, ConnectionResult, SqliteConnection,
    connection::SimpleConnection, result::Error as DieselError,
};

use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

use super::Writer;
use crate::ConnectError;

/// The busy timeout comes first, so that the switch to WAL waits for a lock too. It is below the deadline of a call.
const SETUP: &str = "
    PRAGMA busy_timeout = 4000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
";

/// As long as the busy timeout.
const PATIENCE: Duration = Duration::from_secs(4);
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// Checks that the file, if it exists, is a plain file (a pipe would make SQLite wait), and that its directory exists and can
/// be written: SQLite keeps its journals there.
///
/// # Errors
///
/// [`ConnectError`] names what is wrong.
pub fn check_directory(file: &Path) -> Result<(), ConnectError> {
    if file.exists() && !file.is_file() {
        return Err(error(file, "it is not a plain file"));
    }
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let shown = directory.display();
    if !directory.is_dir() {
        return Err(error(file, format_args!("the directory {shown} does not exist")));
    }
    // Only a try tells: permissions say nothing about a read-only file system.
    tempfile::tempfile_in(directory).map(|_| ()).map_err(|cause| {
        error(file, format_args!("the directory {shown} cannot be written: {cause}"))
    })
}

/// The path as SQLite takes it: plain, never one of its `file:` URIs.
pub(super) fn path(file: &Path) -> Result<String, ConnectError> {
    check_directory(file)?;
    let path = file.to_str().ok_or_else(|| error(file, "the path is not UTF-8"))?;
    Ok(if file.is_absolute() { path.to_owned() } else { format!("./{path}") })
}

pub(super) fn establish_blocking(path: &str) -> ConnectionResult<SqliteConnection> {
    let mut connection = SqliteConnection::establish(path)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match connection.batch_execute(SETUP) {
            Ok(()) => return Ok(connection),
            Err(error) if is_locked(&error) && Instant::now() < deadline => sleep(BETWEEN_TRIES),
            Err(error) => return Err(ConnectionError::CouldntSetupConfiguration(error)),
        }
    }
}

/// Two who switch a new file to WAL at once may each hold what the other waits for. SQLite then refuses one of them at once,
/// whatever the busy timeout is.
fn is_locked(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(_, info) if info.message() == "database is locked")
}

pub(super) async fn establish(path: &str) -> ConnectionResult<Writer> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || establish_blocking(&path))
        .await
        .unwrap_or_else(|error| Err(ConnectionError::BadConnection(error.to_string())))
        .map(SyncConnectionWrapper::new)
}

pub(super) fn error(file: &Path, error: impl std::fmt::Display) -> ConnectError {
    ConnectError(format!("the SQLite file {} cannot be used: {error}", file.display()))
}
