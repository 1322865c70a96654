use crate::domain::AuthEvent;

/// Records security events (ASVS 5.0, 16.3.1 to 16.3.3).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AuditLog: Send + Sync {
    /// Records one event. It MUST NOT fail or block.
    fn record(&self, event: AuthEvent);
}
