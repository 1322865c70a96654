use chrono::{DateTime, Utc};

/// Tells the time.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// Now. It MUST have no more than microseconds, which is what databases keep: a time that was stored equals
    /// the time that is read.
    fn now(&self) -> DateTime<Utc>;
}
