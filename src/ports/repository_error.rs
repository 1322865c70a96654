/// The cause of an error, whatever the adapter's technology calls it.
pub type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// Why a repository could not do its work. Refusals that belong to the rules (an address that is taken) have
/// errors of their own.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The database cannot be reached or does not answer in time; trying again later may help.
    #[error("the database is not available")]
    Unavailable(#[source] BoxedError),
    /// Anything else: a stored value that breaks the rules, a statement that the database refuses.
    #[error("the database failed")]
    Failed(#[source] BoxedError),
}
