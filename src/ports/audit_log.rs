use crate::domain::AuthEvent;

/// Records who was let in and who was not (ASVS 5.0, 16.3.1 to 16.3.3).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AuditLog: Send + Sync {
    /// Records one event. It MUST NOT fail or wait.
    fn record(&self, event: AuthEvent);
}
