use std::time::Duration;

use async_trait::async_trait;
use coach_core::ports::{HealthCheck, RepositoryError};
use deadpool::{Runtime, Status};
use diesel::{IntoSql, OptionalExtension, sql_types::Integer};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, SetupCallback, deadpool::Pool,
};

use super::super::{Readers, SessionLookups, Writer, Writers};
use crate::{
    ConnectError, PoolStatus,
    error::{DEADLINE, within_deadline},
};

/// The connections to a database.
pub(crate) struct Database {
    pub(crate) readers: Readers,
    pub(crate) sessions: SessionLookups,
    pub(crate) writers: Writers,
}

impl Database {
    pub(super) fn pool_status(&self) -> PoolStatus {
        let Status { size, available, waiting, .. } = self.writers.status();
        PoolStatus { open: size, idle: available, waiting }
    }
}

/// Creates a pool that opens connections on demand. `wait` limits how long a call waits for one.
pub(crate) fn pool(
    url: &str,
    size: usize,
    wait: Duration,
    setup: SetupCallback<Writer>,
) -> Result<Pool<Writer>, ConnectError> {
    let mut config = ManagerConfig::<Writer>::default();
    // This avoids a test query per checkout. Connections that are known to be broken are still replaced.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = setup;
    Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(wait))
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
