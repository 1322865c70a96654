use std::io;

use coach_core::ports::RepositoryError;

use crate::StartError;

/// A command failed. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error(transparent)]
    Start(#[from] StartError),
    /// The command line or the configuration is wrong.
    #[error("{0}.")]
    Usage(String),
    /// The command cannot do what it was asked to do.
    #[error("{0}.")]
    Refused(String),
    #[error("{0}.")]
    Repository(#[from] RepositoryError),
    #[error("Standard output cannot be written: {0}.")]
    Output(#[from] io::Error),
}

impl CommandError {
    /// Returns the exit code of the process.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Start(error) if error.is_misconfiguration() => 2,
            _ => 1,
        }
    }
}
