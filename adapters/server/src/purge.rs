//! Sessions that are over are removed, a few at a time, so that nobody has to wait for it.

use std::{sync::Arc, time::Duration};

use coach_core::services::AuthService;
use tokio::time::{MissedTickBehavior, interval};

const INTERVAL: Duration = Duration::from_secs(600);
const BATCH: u32 = 500;
/// What is left then can wait for the next run. Several servers share the work.
const BATCHES: usize = 100;

/// Removes what is over, now and from time to time, until it is dropped.
pub(crate) async fn purge_expired_sessions(auth: Arc<AuthService>) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for _ in 0..BATCHES {
            match auth.purge_expired_sessions(BATCH).await {
                Ok(count) if count >= BATCH as usize => tokio::task::yield_now().await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "expired sessions could not be removed");
                    break;
                }
            }
        }
    }
}
