//! Removes expired sessions in small batches, so that other work does not wait.

use std::{sync::Arc, time::Duration};

use coach_core::services::AuthService;
use tokio::time::{MissedTickBehavior, interval};

const INTERVAL: Duration = Duration::from_secs(600);
const BATCH: u32 = 500;
/// The maximum number of batches in one run. The rest waits for the next run, on this or another server.
const BATCHES: usize = 100;

/// Removes expired sessions at once and then every [`INTERVAL`]. Never completes.
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
                    tracing::warn!(%error, "expired sessions not removed");
                    break;
                }
            }
        }
    }
}
