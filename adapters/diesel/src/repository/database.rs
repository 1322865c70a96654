use async_trait::async_trait;
use coach_core::ports::{HealthCheck, RepositoryError};
use deadpool::{Runtime, managed::Manager};
use diesel_async::{
    AsyncConnection, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod, SetupCallback,
        deadpool::{Object, Pool},
    },
};

use super::super::{Reader, Writer};
use crate::error::{DEADLINE, from_diesel, from_pool, within_deadline};

/// Where connections come from.
pub(crate) struct Database {
    pub(crate) readers: Pool<Reader>,
    pub(crate) writers: Pool<Writer>,
}

impl Database {
    pub(super) async fn reader(&self) -> Result<Object<Reader>, RepositoryError> {
        self.readers.get().await.map_err(from_pool)
    }

    pub(super) async fn writer(&self) -> Result<Object<Writer>, RepositoryError> {
        self.writers.get().await.map_err(from_pool)
    }
}

/// A pool that opens a connection when one is first needed. Nobody waits for it longer than the deadline.
pub(crate) fn pool<C>(
    url: &str,
    size: usize,
    setup: SetupCallback<C>,
) -> Result<Pool<C>, crate::ConnectError>
where
    C: AsyncConnection + 'static,
    AsyncDieselConnectionManager<C>: Manager<Type = C, Error = PoolError>,
{
    let mut config = ManagerConfig::<C>::default();
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
