//! Sessions that were read, remembered while the database does not change.

use coach_core::{domain::UserSession, ports::RepositoryError};
use diesel::{ConnectionResult, prelude::*};
use quick_cache::sync::Cache;

use super::{
    repository::{
        Database,
        rows::{SessionKey, UserSessionRow},
    },
    schema::{auth_sessions, users},
    wal_index::{DatabaseState, WalIndex},
};
use crate::error::{FromDiesel, within_deadline};

/// Maximum number of remembered sessions, of about half a kilobyte each.
const MAX_REMEMBERED: usize = 10_000;

/// The sessions that were read, each with the state of the database before the read.
pub(crate) struct SessionLookups {
    index: WalIndex,
    remembered: Cache<SessionKey, (DatabaseState, UserSession)>,
}

impl SessionLookups {
    pub(super) fn open(path: &str) -> ConnectionResult<Self> {
        Ok(Self { index: WalIndex::open(path)?, remembered: Cache::new(MAX_REMEMBERED) })
    }
}

impl Database {
    /// Returns the session with this key and its user. A remembered session is returned only if nothing was committed
    /// since it was read, so it is what a read would return now.
    pub(super) async fn find_session(
        &self,
        key: SessionKey,
    ) -> Result<Option<UserSession>, RepositoryError> {
        let SessionLookups { index, remembered } = &self.sessions;
        // The state before the read: a commit during the read makes the result count as outdated.
        let state = index.state().await;
        if let Some((read_in, found)) = remembered.get(&key)
            && state == Some(read_in)
        {
            return Ok(Some(found));
        }
        let found = within_deadline(self.read_session(key.clone())).await?;
        if let (Some(state), Some(found)) = (state, &found) {
            remembered.insert(key, (state, found.clone()));
        }
        Ok(found)
    }

    async fn read_session(&self, key: SessionKey) -> Result<Option<UserSession>, RepositoryError> {
        let read = move |connection: &mut SqliteConnection| {
            let all =
                auth_sessions::table.inner_join(users::table).select(UserSessionRow::as_select());
            match key {
                SessionKey::Id(id) => {
                    all.filter(auth_sessions::id.eq(id.to_string())).get_result(connection)
                }
                SessionKey::Digest(digest) => {
                    all.filter(auth_sessions::secret_digest.eq(digest)).get_result(connection)
                }
            }
            .optional()
        };
        let found = self.readers.run(read).await.map_err(RepositoryError::from_diesel)?;
        found.map(UserSession::try_from).transpose()
    }
}
