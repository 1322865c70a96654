use async_trait::async_trait;

use super::RepositoryError;

/// Checks whether the storage behind the repositories works.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait HealthCheck: Send + Sync {
    /// Succeeds only if the storage responds now. It MUST return within 5 seconds.
    async fn check(&self) -> Result<(), RepositoryError>;
}
