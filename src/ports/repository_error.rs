/// The cause of an error, in a type of the adapter.
pub type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// A repository failed. Refusals by a rule, such as a taken email address, have their own errors.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The storage cannot be reached or did not respond in time. A later retry may succeed.
    #[error("the database is not available")]
    Unavailable(#[source] BoxedError),
    /// Any other failure.
    #[error("the database failed")]
    Failed(#[source] BoxedError),
}
