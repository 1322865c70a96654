use std::time::Duration;

use coach_core::domain::NewAuditEntry;
use coach_diesel::{
    Adopted, Adopter, Adoption, AdoptionError, ConnectError, DatabaseUrl, Progress, Repositories,
    postgres, sqlite,
};
use tokio::time::{Instant, sleep};

use crate::StartError;

/// The time to wait for a database that may still be starting.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause after the first attempt. Each later pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// The time reserved for the last attempt.
const LAST_TRY: Duration = Duration::from_secs(1);

/// Runs pending migrations.
///
/// # Errors
///
/// See [`StartError`].
pub async fn migrate(url: &DatabaseUrl) -> Result<(), StartError> {
    check_files(url)?;
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

/// Takes over a database that a Python application made with SQLAlchemy and Alembic.
///
/// # Errors
///
/// [`AdoptionError`] says why nothing was changed.
pub(crate) async fn adopt(
    url: &DatabaseUrl,
    report: Box<dyn FnMut(&'static str, Progress) + Send>,
    entry: Box<dyn FnOnce(&Adopted) -> NewAuditEntry + Send>,
) -> Result<Adoption, AdoptionError> {
    let adopter = Adopter { supports: coach_argon2::supports, report, entry };
    match url {
        DatabaseUrl::Sqlite(file) => sqlite::adopt(file, adopter).await,
        DatabaseUrl::Postgres(url) => postgres::adopt(url, adopter).await,
    }
}

/// Checks the directory or the certificates in the URL.
pub(crate) fn check_files(url: &DatabaseUrl) -> Result<(), StartError> {
    match url {
        DatabaseUrl::Sqlite(file) => Ok(sqlite::check_directory(file)?),
        DatabaseUrl::Postgres(url) => {
            postgres::check_certificates(url).map_err(StartError::Certificate)
        }
    }
}

/// Opens the database for a command beside the server. It neither creates nor migrates it: that would hide a mistake in
/// `DATABASE_URL`, and change the tables of a running server of another version.
pub(crate) async fn open_existing(url: &DatabaseUrl) -> Result<Repositories, StartError> {
    check_files(url)?;
    if let DatabaseUrl::Sqlite(file) = url
        && !file.exists()
    {
        return Err(StartError::NoDatabase(file.clone()));
    }
    open(url, false).await
}

/// Opens the database. Runs or checks the migrations first.
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

/// Retries for up to [`PATIENCE`] while the database cannot be reached.
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
