//! Session lookups that share statements.

use std::{collections::HashMap, sync::Arc, time::Duration};

use coach_core::{domain::UserSession, ports::RepositoryError};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    Readers,
    repository::{
        Database,
        rows::{SessionKey, UserSessionRow},
    },
    schema::{auth_sessions, users},
};
use crate::error::{DEADLINE, FromDiesel};

/// Maximum number of waiting lookups. All of them fit into the next statement, so none waits for two.
const MAX_WAITING: usize = 1024;
/// Maximum duration of a statement. A lookup may wait for one and then for its own, and must end before the deadline of
/// a call. A timer for every lookup would cost more than the lookup.
const STATEMENT_DEADLINE: Duration = Duration::from_millis(2200);
const _: () = assert!(STATEMENT_DEADLINE.as_millis() * 2 < DEADLINE.as_millis());

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
    /// Starts the task that runs the statements, one at a time. It ends when this is dropped.
    pub(super) fn start(connections: Readers) -> Self {
        let (queue, lookups) = mpsc::channel(MAX_WAITING);
        tokio::spawn(serve(lookups, connections));
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
        match answer.await {
            Ok(found) => found.map_err(|error| match *error {
                RepositoryError::Unavailable(_) => RepositoryError::Unavailable(error.into()),
                RepositoryError::Failed(_) => RepositoryError::Failed(error.into()),
            }),
            Err(error) => Err(RepositoryError::Failed(error.into())),
        }
    }
}

async fn serve(mut queue: mpsc::Receiver<Lookup>, connections: Readers) {
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, MAX_WAITING).await > 0 {
        // Their callers may have gone while they waited.
        batch.retain(|lookup| !lookup.reply.is_closed());
        let found = timeout(STATEMENT_DEADLINE, find(&connections, &batch)).await;
        let late =
            |_| Err(RepositoryError::Unavailable("the database did not respond in time".into()));
        let found = found.unwrap_or_else(late).map_err(Arc::new);
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
    ids.sort_unstable();
    ids.dedup();
    let all = || auth_sessions::table.inner_join(users::table);
    let rows: (Vec<UserSessionRow>, Vec<(Option<String>, UserSessionRow)>) =
        attempt!(connections, Read, async |connection| {
            let mut by_id = Vec::new();
            if !ids.is_empty() {
                by_id = all()
                    .filter(auth_sessions::id.eq_any(&ids))
                    .select(UserSessionRow::as_select())
                    .load(connection)
                    .await?;
            }
            let mut by_digest = Vec::new();
            if !digests.is_empty() {
                by_digest = all()
                    .filter(auth_sessions::secret_digest.eq_any(&digests))
                    .select((auth_sessions::secret_digest, UserSessionRow::as_select()))
                    .load(connection)
                    .await?;
            }
            Ok((by_id, by_digest))
        })
        .map_err(RepositoryError::from_diesel)?;
    let mut found = HashMap::new();
    let sessions = rows.0.into_iter().filter_map(|row| UserSession::try_from(row).ok());
    found.extend(sessions.map(|session| (SessionKey::Id(session.session.id), session)));
    found.extend(rows.1.into_iter().filter_map(|(digest, row)| {
        Some((SessionKey::Digest(digest?), UserSession::try_from(row).ok()?))
    }));
    Ok(found)
}
