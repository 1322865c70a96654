use chrono::{DateTime, Utc};

/// Tells the time.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// Returns the current time. It MUST be in whole microseconds, the precision of the databases, so that a stored
    /// time is read back unchanged.
    fn now(&self) -> DateTime<Utc>;
}
