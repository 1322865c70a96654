//! Removes what has expired in small batches, so that other work does not wait.

use std::{sync::Arc, time::Duration};

use coach_core::{ports::RepositoryError, services::AuthService};
use tokio::time::{MissedTickBehavior, interval};

const INTERVAL: Duration = Duration::from_secs(600);
const BATCH: u32 = 500;
/// The maximum number of batches in one run. The rest waits for the next run, on this or another server.
const BATCHES: usize = 100;

/// Removes expired sessions and old audit events, at once and then every [`INTERVAL`]. Never completes.
pub(crate) async fn purge(auth: Arc<AuthService>) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        in_batches("expired sessions", async || auth.purge_expired_sessions(BATCH).await).await;
        in_batches("old audit events", async || auth.purge_audit_trail(BATCH).await).await;
    }
}

async fn in_batches(what: &str, remove: impl AsyncFn() -> Result<usize, RepositoryError>) {
    for _ in 0..BATCHES {
        match remove().await {
            Ok(count) if count >= BATCH as usize => tokio::task::yield_now().await,
            Ok(_) => return,
            Err(error) => return tracing::warn!(%error, "{what} not removed"),
        }
    }
}
