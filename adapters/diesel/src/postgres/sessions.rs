//! Session lookups that share statements.

use std::{collections::HashMap, sync::Arc};

use coach_core::{domain::UserSession, ports::RepositoryError};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{
    Readers,
    repository::{
        Database,
        rows::{SessionKey, UserSessionRow},
    },
    schema::{auth_sessions, users},
};
use crate::error::{FromDiesel, from_pool, within_deadline};

/// Maximum number of lookups in one statement.
const MAX_BATCH: usize = 256;
/// Maximum number of waiting lookups.
const MAX_WAITING: usize = 1024;
/// Number of statements that run at the same time. With more, each would find fewer lookups.
const STATEMENTS: usize = 2;

struct Lookup {
    key: SessionKey,
    reply: oneshot::Sender<Result<Option<UserSession>, Arc<RepositoryError>>>,
}

/// A queue of lookups. While a statement runs, further lookups gather and become the next statement. A lookup is in a
/// statement that begins after it, so it sees every change before it.
pub(crate) struct SessionLookups {
    queue: mpsc::Sender<Lookup>,
}

impl SessionLookups {
    /// Starts the tasks, which end when this is dropped.
    pub(super) fn start(connections: &Readers) -> Self {
        let (queue, lookups) = mpsc::channel(MAX_WAITING);
        let lookups = Arc::new(Mutex::new(lookups));
        for _ in 0..STATEMENTS {
            tokio::spawn(serve(lookups.clone(), connections.clone()));
        }
        Self { queue }
    }
}

impl Database {
    /// Returns the session with this key and its user.
    pub(super) async fn find_session(
        &self,
        key: SessionKey,
    ) -> Result<Option<UserSession>, RepositoryError> {
        let (reply, answer) = oneshot::channel();
        self.sessions
            .queue
            .try_send(Lookup { key, reply })
            .map_err(|_| RepositoryError::Unavailable("too many reads are waiting".into()))?;
        let answer = async { Ok::<_, RepositoryError>(answer.await) };
        match within_deadline(answer).await? {
            Ok(found) => found.map_err(|error| match *error {
                RepositoryError::Unavailable(_) => RepositoryError::Unavailable(error.into()),
                RepositoryError::Failed(_) => RepositoryError::Failed(error.into()),
            }),
            Err(error) => Err(RepositoryError::Failed(error.into())),
        }
    }
}

async fn serve(queue: Arc<Mutex<mpsc::Receiver<Lookup>>>, connections: Readers) {
    let mut batch = Vec::new();
    while queue.lock().await.recv_many(&mut batch, MAX_BATCH).await > 0 {
        // Their callers may have gone while they waited.
        batch.retain(|lookup| !lookup.reply.is_closed());
        let found = within_deadline(find(&connections, &batch)).await.map_err(Arc::new);
        for Lookup { key, reply } in batch.drain(..) {
            let found = found.as_ref().map(|found| found.get(&key).cloned());
            let _ = reply.send(found.map_err(Arc::clone));
        }
    }
}

/// Finds the sessions of a batch. Skips a row that no id matches: another program wrote it.
async fn find(
    connections: &Readers,
    batch: &[Lookup],
) -> Result<HashMap<SessionKey, UserSession>, RepositoryError> {
    let (mut ids, mut digests) = (Vec::new(), Vec::new());
    for Lookup { key, .. } in batch {
        match key {
            SessionKey::Id(id) => ids.push(id.to_string()),
            SessionKey::Digest(digest) => digests.push(digest.clone()),
        }
    }
    let mut found = HashMap::new();
    let mut connection = connections.get().await.map_err(from_pool)?;
    let all = auth_sessions::table.inner_join(users::table);
    if !ids.is_empty() {
        ids.sort_unstable();
        ids.dedup();
        let rows: Vec<UserSessionRow> = all
            .filter(auth_sessions::id.eq_any(ids))
            .select(UserSessionRow::as_select())
            .load(&mut connection)
            .await
            .map_err(FromDiesel::from_diesel)?;
        let sessions = rows.into_iter().filter_map(|row| UserSession::try_from(row).ok());
        found.extend(sessions.map(|session| (SessionKey::Id(session.session.id), session)));
    }
    if !digests.is_empty() {
        let rows: Vec<(Option<String>, UserSessionRow)> = all
            .filter(auth_sessions::secret_digest.eq_any(digests))
            .select((auth_sessions::secret_digest, UserSessionRow::as_select()))
            .load(&mut connection)
            .await
            .map_err(FromDiesel::from_diesel)?;
        found.extend(rows.into_iter().filter_map(|(digest, row)| {
            Some((SessionKey::Digest(digest?), UserSession::try_from(row).ok()?))
        }));
    }
    Ok(found)
}
