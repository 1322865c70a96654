use async_trait::async_trait;
use coach_core::ports::{HealthCheck, RepositoryError};
use deadpool::Runtime;
use diesel_async::{
    SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, SetupCallback,
        deadpool::{Object, Pool},
    },
};

use super::super::Connection;
use crate::error::{DEADLINE, from_diesel, from_pool, within_deadline};

/// Where connections come from.
pub(crate) struct Database {
    pub(crate) readers: Pool<Connection>,
    pub(crate) writers: Pool<Connection>,
}

impl Database {
    pub(super) async fn reader(&self) -> Result<Object<Connection>, RepositoryError> {
        self.readers.get().await.map_err(from_pool)
    }

    pub(super) async fn writer(&self) -> Result<Object<Connection>, RepositoryError> {
        self.writers.get().await.map_err(from_pool)
    }
}

/// A pool that opens a connection when one is first needed. Nobody waits for it longer than the deadline.
pub(crate) fn pool(
    url: &str,
    size: usize,
    setup: SetupCallback<Connection>,
) -> Result<Pool<Connection>, crate::ConnectError> {
    let mut config = ManagerConfig::<Connection>::default();
    // No query on each checkout; a connection that is known to be broken is replaced all the same.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = setup;
    Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(DEADLINE))
        .create_timeout(Some(DEADLINE))
        .build()
        .map_err(|error| crate::ConnectError(error.to_string()))
}

#[async_trait]
impl HealthCheck for Database {
    async fn check(&self) -> Result<(), RepositoryError> {
        within_deadline(async {
            let mut connection = self.reader().await?;
            connection.batch_execute("SELECT 1").await.map_err(from_diesel)
        })
        .await
    }
}
