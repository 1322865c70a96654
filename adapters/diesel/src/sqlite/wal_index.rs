use std::{
    fs::File,
    os::unix::fs::FileExt,
    sync::{Mutex, PoisonError},
};

use diesel::{ConnectionError, ConnectionResult, SqliteConnection};
use thread_local::ThreadLocal;
use tokio::task::yield_now;

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
    /// One for each thread, so that threads seldom wait for each other.
    shared: ThreadLocal<Mutex<SharedReads>>,
}

/// Reads of the state that the tasks of one thread share. A read serves every task that asked before it began. Aligned so that
/// two threads use different cache lines.
#[derive(Default)]
#[repr(align(128))]
struct SharedReads {
    /// Number of reads.
    done: u64,
    last: Option<DatabaseState>,
}

impl WalIndex {
    /// Opens the wal-index of a database in WAL mode.
    pub(super) fn open(path: &str) -> ConnectionResult<Self> {
        // The connection has read the database, so the file exists.
        let connection = establish(path)?;
        let file = File::open(format!("{path}-shm"))
            .map_err(|error| ConnectionError::BadConnection(format!("{path}-shm: {error}")))?;
        let file = Box::leak(Box::new(file));
        Ok(Self { file, _connection: Mutex::new(connection), shared: ThreadLocal::new() })
    }

    /// Returns a state of the database that is read after the call, or `None` if it cannot be told. Tasks that are ready
    /// together share one read.
    pub(super) async fn state(&self) -> Option<DatabaseState> {
        // The task may continue on another thread. It keeps this counter, because those of two threads cannot be compared.
        let shared = self.shared.get_or_default();
        let reads = || shared.lock().unwrap_or_else(PoisonError::into_inner);
        let done_before = reads().done;
        yield_now().await;
        let mut reads = reads();
        if reads.done == done_before {
            reads.last = self.read();
            reads.done += 1;
        }
        reads.last
    }

    /// Reads 48 bytes of memory that SQLite shares, so this does not wait for a disk. A header that is being written is the
    /// state of no reader, so it compares equal to none.
    fn read(&self) -> Option<DatabaseState> {
        let mut header = [0; HEADER_BYTES];
        self.file.read_exact_at(&mut header, 0).ok()?;
        header.starts_with(&VERSION).then_some(DatabaseState(header))
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use futures_util::{FutureExt, future::join_all};

    use super::*;

    struct Database {
        index: WalIndex,
        connection: SqliteConnection,
        _directory: tempfile::TempDir,
    }

    impl Database {
        fn create() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("test.db").display().to_string();
            let mut connection = establish(&path).unwrap();
            connection.batch_execute("CREATE TABLE numbers (number INTEGER)").unwrap();
            let index = WalIndex::open(&path).unwrap();
            Self { index, connection, _directory: directory }
        }
    }

    const COMMIT: &str = "INSERT INTO numbers VALUES (1)";

    #[tokio::test]
    async fn tasks_that_ask_together_share_one_read() {
        let mut database = Database::create();
        let reads = |index: &WalIndex| index.shared.get_or_default().lock().unwrap().done;
        let states = join_all((0..10).map(|_| database.index.state())).await;
        assert!(states[0].is_some());
        assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
        assert_eq!(reads(&database.index), 1);
        database.connection.batch_execute(COMMIT).unwrap();
        assert_ne!(database.index.state().await, states[0]);
        assert_eq!(reads(&database.index), 2);
    }

    #[tokio::test]
    async fn a_state_is_not_older_than_the_question() {
        let mut database = Database::create();
        let index = &database.index;
        let mut early = Box::pin(index.state());
        assert!((&mut early).now_or_never().is_none());
        let mut abandoned = Box::pin(index.state());
        assert!((&mut abandoned).now_or_never().is_none());
        drop(abandoned);
        let before = early.await;
        // One asks between the read and the commit, and one after both.
        let mut late = Box::pin(index.state());
        assert!((&mut late).now_or_never().is_none());
        database.connection.batch_execute(COMMIT).unwrap();
        let after = index.state().await;
        assert_ne!(after, before);
        assert_eq!(late.await, after);
    }
}
