use std::{io, path::PathBuf};

use coach_argon2::Argon2SettingsError;
use coach_diesel::{ConnectError, MigrationError};
use coach_opentelemetry::TracesError;
use coach_tokens::KeyError;

use crate::audit::EventsLost;

/// The start failed. Each message is one sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages describe the variants")]
pub enum StartError {
    #[error("{0}.")]
    Database(#[from] ConnectError),
    #[error(
        "the SQLite file {} does not exist. Correct DATABASE_URL, or run `pm-interview-coach migrate`.",
        .0.display()
    )]
    NoDatabase(PathBuf),
    #[error("{0}.")]
    Certificate(ConnectError),
    #[error("{0}. Run `pm-interview-coach migrate`, or start the server with AUTO_MIGRATE=true.")]
    Pending(MigrationError),
    #[error(
        "{0}. To take them over, stop that program, back the database up, and run `pm-interview-coach migrate --adopt`."
    )]
    Foreign(MigrationError),
    #[error("{0}.")]
    Migration(MigrationError),
    #[error(
        "JWT_SECRET must be set when the database is PostgreSQL, because all servers must share one key."
    )]
    NoSigningSecret,
    #[error("The signing key cannot be used: {0}.")]
    SigningSecret(String),
    #[error("The password hasher cannot start: {0}.")]
    PasswordHasher(#[from] Argon2SettingsError),
    #[error("Access tokens cannot be signed: {0}.")]
    Key(#[from] KeyError),
    #[error("Cannot listen on {address}: {error}.")]
    Listen { address: String, error: io::Error },
    #[error("METRICS_LISTEN cannot be used: cannot listen on {address}: {error}.")]
    MetricsListen { address: String, error: io::Error },
    #[error("Traces cannot be exported: {0}.")]
    Traces(#[from] TracesError),
    #[error("The work is done, but {0}.")]
    Audit(#[from] EventsLost),
    #[error("The server cannot run: {0}.")]
    Io(#[from] io::Error),
}

impl StartError {
    /// Returns whether the configuration is wrong. The exit code is 2 then.
    #[must_use]
    pub fn is_misconfiguration(&self) -> bool {
        match self {
            Self::Certificate(_)
            | Self::NoSigningSecret
            | Self::SigningSecret(_)
            | Self::Traces(_) => true,
            // The address is right if only another program has it.
            Self::MetricsListen { error, .. } => error.kind() != io::ErrorKind::AddrInUse,
            _ => false,
        }
    }
}

impl From<MigrationError> for StartError {
    fn from(error: MigrationError) -> Self {
        match error {
            MigrationError::Connect(error) => Self::Database(error),
            MigrationError::Empty | MigrationError::Pending(_) => Self::Pending(error),
            MigrationError::Foreign => Self::Foreign(error),
            MigrationError::Failed(_) => Self::Migration(error),
        }
    }
}
