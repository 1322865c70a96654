use async_trait::async_trait;

use super::RepositoryError;

/// Tells whether what is behind the repositories works.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait HealthCheck: Send + Sync {
    /// Succeeds only when the database answers now. It MUST answer within 5 seconds.
    async fn check(&self) -> Result<(), RepositoryError>;
}
