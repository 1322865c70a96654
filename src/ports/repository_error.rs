/// The cause of an error, of whatever type the adapter has.
pub type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// A repository could not do its work. Refusals that follow from a rule, such as a taken address, have errors of their own.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The storage cannot be reached or did not answer in time. Trying again later may help.
    #[error("the database is not available")]
    Unavailable(#[source] BoxedError),
    /// Anything else.
    #[error("the database failed")]
    Failed(#[source] BoxedError),
}
