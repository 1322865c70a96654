use chrono::{DateTime, Utc};

/// Tells the time.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// Returns the present time. It MUST be in whole microseconds, the precision of databases, so that a stored time equals
    /// the time that is read back.
    fn now(&self) -> DateTime<Utc>;
}
