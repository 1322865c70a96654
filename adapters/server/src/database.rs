use std::time::Duration;

use coach_diesel::{ConnectError, DatabaseUrl, MigrationError, Repositories, postgres, sqlite};
use tokio::time::{Instant, sleep};

/// A database that is starting up beside us needs some seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// The first pause between two tries. Each pause is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// What the last try needs before the patience ends.
const LAST_TRY: Duration = Duration::from_secs(1);

/// Why the server does not run. Each is one sentence for an operator.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the sentences say it")]
pub enum StartError {
    #[error("{0}.")]
    Database(#[from] ConnectError),
    #[error("{0}. Run `pm-interview-coach migrate`, or start with AUTO_MIGRATE=true.")]
    Pending(MigrationError),
    #[error("{0}.")]
    Migration(MigrationError),
    #[error(
        "JWT_SECRET must be set when the database is PostgreSQL, so that every server signs with one key."
    )]
    NoSigningSecret,
    #[error("The signing key cannot be used: {0}.")]
    SigningSecret(String),
    #[error("The password hasher cannot start: {0}.")]
    PasswordHasher(#[from] coach_argon2::Argon2SettingsError),
    #[error("The signing key cannot be used: {0}.")]
    Key(#[from] coach_tokens::KeyError),
    #[error("The signing key cannot be used: {0}.")]
    Tokens(#[from] coach_core::ports::TokenIssuerError),
    #[error("Cannot listen on {address}: {error}.")]
    Listen { address: String, error: std::io::Error },
    #[error("The operating system refused: {0}.")]
    Io(#[from] std::io::Error),
}

impl StartError {
    /// Whether the configuration alone is to blame.
    #[must_use]
    pub fn is_misconfiguration(&self) -> bool {
        matches!(self, Self::NoSigningSecret | Self::SigningSecret(_))
    }
}

impl From<MigrationError> for StartError {
    fn from(error: MigrationError) -> Self {
        match error {
            MigrationError::Connect(error) => Self::Database(error),
            MigrationError::Pending(_) => Self::Pending(error),
            MigrationError::Failed(_) => Self::Migration(error),
        }
    }
}

/// Runs the migrations that are still to run.
///
/// # Errors
///
/// See [`StartError`].
pub async fn migrate(url: &DatabaseUrl) -> Result<(), StartError> {
    match url {
        DatabaseUrl::Sqlite(file) => {
            let existed = file.exists();
            sqlite::run_migrations(file).await?;
            if !existed {
                tracing::info!("created the database {}", file.display());
            }
            Ok(())
        }
        DatabaseUrl::Postgres(url) => {
            patiently(|| async { Ok(postgres::run_migrations(url).await?) }).await
        }
    }
}

/// Fails early where an SQLite file cannot be kept.
pub(crate) fn check_directory(url: &DatabaseUrl) -> Result<(), StartError> {
    match url {
        DatabaseUrl::Sqlite(file) => Ok(sqlite::check_directory(file)?),
        DatabaseUrl::Postgres(_) => Ok(()),
    }
}

/// Opens the database, migrated.
pub(crate) async fn open(
    url: &DatabaseUrl,
    auto_migrate: bool,
) -> Result<Repositories, StartError> {
    if auto_migrate {
        migrate(url).await?;
    }
    match url {
        DatabaseUrl::Sqlite(file) => {
            if !auto_migrate {
                sqlite::check_migrations(file).await?;
            }
            Ok(sqlite::connect(file).await?)
        }
        DatabaseUrl::Postgres(url) => {
            if !auto_migrate {
                patiently(|| async { Ok(postgres::check_migrations(url).await?) }).await?;
            }
            patiently(|| async { Ok(postgres::connect(url).await?) }).await
        }
    }
}

/// Tries again while the database cannot be reached, as long as [`PATIENCE`] lasts.
async fn patiently<T, F>(attempt: impl Fn() -> F) -> Result<T, StartError>
where
    F: Future<Output = Result<T, StartError>>,
{
    let deadline = Instant::now() + PATIENCE;
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match tokio::time::timeout_at(deadline, attempt()).await {
            Ok(Err(StartError::Database(error))) => error,
            Ok(result) => return result,
            Err(_) => return Err(ConnectError::new("PostgreSQL does not answer").into()),
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left <= LAST_TRY {
            return Err(error.into());
        }
        pause = pause.min(left - LAST_TRY);
        tracing::warn!("{error}; trying again in {:.1} s", pause.as_secs_f32());
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
