//! The thread that writes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{
    ConnectionResult, QueryResult, SqliteConnection,
    connection::{AnsiTransactionManager, TransactionManager},
    result::Error as DieselError,
};
use diesel_async::{
    pooled_connection::PoolableConnection,
    sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper},
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, ready},
};

use super::{
    connection::{BUSY_TIMEOUT, establish},
    threads::{ThreadConnection, Threads},
};
use crate::error::{DEADLINE, unavailable};

/// How long a write waits for the thread. It may then wait for another process's lock until the busy timeout, and still
/// end before the deadline: at the deadline it could not stop, because SQLite cannot cancel a statement.
const MAX_WAIT: Duration = Duration::from_millis(2400);
const _: () = assert!(MAX_WAIT.as_millis() + BUSY_TIMEOUT.as_millis() < DEADLINE.as_millis());

/// The one connection of the process that writes. Its futures are always ready, because each statement runs at once on
/// the thread that asks for it.
pub(crate) type Writer = SyncConnectionWrapper<SqliteConnection, Inline>;

/// One thread does all writes of the process, so that they queue instead of polling for the lock.
pub(crate) type Writers = Threads<Writer>;

/// Runs a blocking task where it is started.
pub(crate) struct Inline;

impl SpawnBlocking for Inline {
    fn spawn_blocking<'a, R: Send + 'static>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn std::error::Error + Send + Sync>>> {
        ready(Ok(task())).boxed()
    }

    fn get_runtime() -> Self {
        Self
    }
}

impl ThreadConnection for Writer {
    fn open(path: &str) -> ConnectionResult<Self> {
        establish(path).map(|connection| Self::with_runtime(connection, Inline))
    }

    fn is_broken(&mut self) -> bool {
        PoolableConnection::is_broken(self)
    }
}

impl Writers {
    /// Runs statements without a transaction.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Writer) -> QueryResult<T> + Send + 'static,
    ) -> QueryResult<T> {
        let asked = Instant::now();
        self.run(move |connection| {
            check_wait(asked)?;
            at_once(work(connection))
        })
        .await
    }

    /// Runs `work` in a transaction that takes the write lock at the start. Rolls it back after an error, and if the
    /// caller was cancelled.
    pub(super) async fn transaction<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Writer) -> QueryResult<T> + Send + 'static,
    ) -> QueryResult<T> {
        let asked = Instant::now();
        // Dropped with this future.
        let caller = Arc::new(());
        let cancelled = Arc::downgrade(&caller);
        let result = self
            .run(move |connection| {
                check_wait(asked)?;
                let begin = |connection: &mut SqliteConnection| {
                    AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
                };
                at_once(connection.spawn_blocking(begin))?;
                let mut done = at_once(work(connection));
                if cancelled.strong_count() == 0 {
                    done = Err(DieselError::RollbackTransaction);
                }
                at_once(connection.spawn_blocking(|connection| match done {
                    Ok(done) => {
                        AnsiTransactionManager::commit_transaction(connection).map(|()| done)
                    }
                    Err(error) => {
                        AnsiTransactionManager::rollback_transaction(connection).and(Err(error))
                    }
                }))
            })
            .await;
        drop(caller);
        result
    }
}

fn check_wait(asked: Instant) -> QueryResult<()> {
    if asked.elapsed() > MAX_WAIT {
        return Err(unavailable("the write waited too long for those before it"));
    }
    Ok(())
}

/// Returns the result of a future of [`Writer`].
fn at_once<T>(work: impl Future<Output = QueryResult<T>>) -> QueryResult<T> {
    let waited =
        || Err(DieselError::QueryBuilderError("a statement waited for something else".into()));
    work.now_or_never().unwrap_or_else(waited)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use diesel::sql_query;
    use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
    use tokio::sync::oneshot;

    use super::*;

    async fn writers() -> (tempfile::TempDir, Writers) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let writers = Writers::start("test", path.to_str().unwrap(), NonZeroUsize::MIN).unwrap();
        let create = async |connection: &mut Writer| {
            connection.batch_execute("CREATE TABLE numbers (number INTEGER NOT NULL)").await
        };
        writers.write(create).await.unwrap();
        (directory, writers)
    }

    async fn insert(connection: &mut Writer) -> QueryResult<usize> {
        sql_query("INSERT INTO numbers VALUES (1)").execute(connection).await
    }

    /// Returns how many rows there are, by how many a statement changes.
    async fn rows(writers: &Writers) -> usize {
        let all = "UPDATE numbers SET number = number";
        let count = async move |connection: &mut Writer| sql_query(all).execute(connection).await;
        writers.write(count).await.unwrap()
    }

    #[tokio::test]
    async fn transaction_whose_caller_was_cancelled_is_rolled_back() {
        let (_directory, writers) = writers().await;
        writers.transaction(insert).await.unwrap();
        assert_eq!(rows(&writers).await, 1);
        let (started, running) = oneshot::channel();
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let cancelled = writers.transaction(async move |connection: &mut Writer| {
            insert(connection).await?;
            let _ = started.send(());
            let _ = blocked.recv();
            Ok(())
        });
        tokio::select! {
            _ = cancelled => panic!("it is blocked"),
            running = running => running.unwrap(),
        }
        release.send(()).unwrap();
        assert_eq!(rows(&writers).await, 1);
    }

    #[tokio::test]
    async fn transaction_that_fails_is_rolled_back_and_panics_replace_the_connection() {
        let (_directory, writers) = writers().await;
        let failed = writers
            .transaction(async |connection: &mut Writer| {
                insert(connection).await?;
                Err::<(), _>(DieselError::NotFound)
            })
            .await;
        assert_eq!(failed, Err(DieselError::NotFound));
        let panicked = writers
            .transaction(async |connection: &mut Writer| -> QueryResult<()> {
                insert(connection).await?;
                panic!("a bug")
            })
            .await;
        assert!(matches!(panicked, Err(DieselError::QueryBuilderError(_))), "{panicked:?}");
        assert_eq!(rows(&writers).await, 0);
    }

    #[tokio::test]
    async fn connection_with_an_open_transaction_is_replaced() {
        let (_directory, writers) = writers().await;
        let left_open = async |connection: &mut Writer| {
            connection.spawn_blocking(AnsiTransactionManager::begin_transaction).await?;
            insert(connection).await
        };
        writers.write(left_open).await.unwrap();
        assert_eq!(writers.transaction(insert).await, Ok(1));
        assert_eq!(rows(&writers).await, 1);
    }

    #[test]
    fn write_that_waited_too_long_is_refused() {
        let long_ago = Instant::now().checked_sub(MAX_WAIT + Duration::from_millis(1)).unwrap();
        assert!(check_wait(long_ago).is_err());
        assert_eq!(check_wait(Instant::now()), Ok(()));
    }
}
