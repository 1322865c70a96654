use std::io;

use coach_core::{
    ports::{RepositoryError, SaveUserError},
    services::{AccountError, CreateAccountError},
};

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
    /// A signal stopped a transaction.
    #[error("Interrupted. Run the command again.")]
    Interrupted,
    #[error("{0}.")]
    Repository(#[from] RepositoryError),
    #[error("Standard output cannot be written: {0}.")]
    Output(#[from] io::Error),
}

impl CommandError {
    /// The command cannot do what it was asked to do.
    pub(super) fn refused(message: impl AsRef<str>) -> Self {
        Self::Refused(message.as_ref().trim_end_matches('.').to_owned())
    }

    /// Returns the exit code of the process.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Start(error) if error.is_misconfiguration() => 2,
            _ => 1,
        }
    }
}

impl From<AccountError> for CommandError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound => Self::refused("The account no longer exists"),
            AccountError::Repository(error) => error.into(),
        }
    }
}

impl From<CreateAccountError> for CommandError {
    fn from(error: CreateAccountError) -> Self {
        match error {
            CreateAccountError::Choose(error) => Self::refused(error.to_string()),
            CreateAccountError::Save(SaveUserError::EmailTaken) => {
                Self::refused("An account has this email address already")
            }
            CreateAccountError::Save(SaveUserError::Repository(error)) => error.into(),
        }
    }
}
