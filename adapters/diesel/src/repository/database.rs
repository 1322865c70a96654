use async_trait::async_trait;
use coach_core::ports::{HealthCheck, RepositoryError};
use diesel::{IntoSql, OptionalExtension, sql_types::Integer};

use super::super::{Readers, SessionLookups, Writers};
use crate::{PoolStatus, error::within_deadline};

/// The connections to a database.
pub(crate) struct Database {
    pub(crate) readers: Readers,
    pub(crate) sessions: SessionLookups,
    pub(crate) writers: Writers,
}

impl Database {
    pub(super) fn pool_status(&self) -> PoolStatus {
        self.writers.status()
    }
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
