use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use coach_core::ports::{Clock, RandomSource};

/// The operating system's clock, to the microsecond.
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the adapter that reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        // A clock before 1970 is broken; every session is over by it, and nobody is let in.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_micros())
            .ok()
            .and_then(DateTime::from_timestamp_micros)
            .unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// The operating system's cryptographic generator.
pub struct OsRandom;

impl RandomSource for OsRandom {
    /// # Panics
    ///
    /// If the operating system has no randomness to give: nothing that needs it may go on.
    #[allow(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "this is the adapter that reads the generator, and input cannot make it fail"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives randomness");
    }
}
