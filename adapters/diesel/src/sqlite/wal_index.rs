use std::{fs::File, os::unix::fs::FileExt, sync::Mutex};

use diesel::{ConnectionError, ConnectionResult, SqliteConnection};

use super::connection::establish;

/// The first copy of the header of the wal-index (<https://sqlite.org/walformat.html#the_wal_index_header>).
const HEADER_BYTES: usize = 48;
/// The format version, which the header begins with.
const VERSION: [u8; 4] = 3_007_000_u32.to_ne_bytes();

/// Identifies a state of the database. Every commit of any process changes it before it is acknowledged: the header has
/// a counter of changes, and checksums of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DatabaseState([u8; HEADER_BYTES]);

/// The wal-index, which every process with an open connection shares as the file `-shm`.
pub(super) struct WalIndex {
    /// Never closed: closing any descriptor of the file would drop the locks that SQLite holds on it in this process
    /// (<https://sqlite.org/howtocorrupt.html>, section 2.2).
    file: &'static File,
    /// Keeps the file from being replaced: the last process to close the database deletes it.
    _connection: Mutex<SqliteConnection>,
}

impl WalIndex {
    /// Opens the wal-index of a database in WAL mode.
    pub(super) fn open(path: &str) -> ConnectionResult<Self> {
        // The connection has read the database, so the file exists.
        let connection = establish(path)?;
        let file = File::open(format!("{path}-shm"))
            .map_err(|error| ConnectionError::BadConnection(format!("{path}-shm: {error}")))?;
        Ok(Self { file: Box::leak(Box::new(file)), _connection: Mutex::new(connection) })
    }

    /// Returns the state of the database now, or `None` if it cannot be told. This reads 48 bytes of memory that SQLite
    /// shares, so it does not wait for a disk. A header that is being written is the state of no reader, so it compares
    /// equal to none.
    pub(super) fn state(&self) -> Option<DatabaseState> {
        let mut header = [0; HEADER_BYTES];
        self.file.read_exact_at(&mut header, 0).ok()?;
        header.starts_with(&VERSION).then_some(DatabaseState(header))
    }
}
