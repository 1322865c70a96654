use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use coach_core::ports::{Clock, RandomSource};

/// The operating system's clock, in microseconds.
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this adapter reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        // A clock before 1970 is wrong. At the epoch, every session is in the future and therefore refused.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_micros())
            .ok()
            .and_then(DateTime::from_timestamp_micros)
            .unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// The operating system's cryptographic random number generator.
pub struct OsRandom;

impl RandomSource for OsRandom {
    /// # Panics
    ///
    /// Panics if the operating system cannot provide random bytes. Continuing without them would be insecure.
    #[allow(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "this adapter reads the generator, and no input can make it fail"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system provides random bytes");
    }
}
