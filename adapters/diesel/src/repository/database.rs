use async_trait::async_trait;
use coach_core::ports::{HealthCheck, RepositoryError};
use deadpool::Runtime;
use diesel::{IntoSql, OptionalExtension, sql_types::Integer};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, SetupCallback,
    deadpool::{Object, Pool},
};

use super::super::{Readers, Writer};
use crate::{
    ConnectError,
    error::{DEADLINE, from_pool, within_deadline},
};

/// Where connections come from.
pub(crate) struct Database {
    pub(crate) readers: Readers,
    pub(crate) writers: Pool<Writer>,
}

impl Database {
    pub(super) async fn writer(&self) -> Result<Object<Writer>, RepositoryError> {
        self.writers.get().await.map_err(from_pool)
    }
}

/// A pool that opens a connection when one is first needed. Nobody waits for it longer than the deadline.
pub(crate) fn pool(
    url: &str,
    size: usize,
    setup: SetupCallback<Writer>,
) -> Result<Pool<Writer>, ConnectError> {
    let mut config = ManagerConfig::<Writer>::default();
    // No query on each checkout; a connection that is known to be broken is replaced all the same.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = setup;
    Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(DEADLINE))
        .create_timeout(Some(DEADLINE))
        .build()
        .map_err(|error| ConnectError::new(error.to_string()))
}

#[async_trait]
impl HealthCheck for Database {
    async fn check(&self) -> Result<(), RepositoryError> {
        within_deadline(async {
            find_one!(self, diesel::select(1.into_sql::<Integer>())).map(|_: Option<i32>| ())
        })
        .await
    }
}
