use std::{path::PathBuf, str::FromStr};

use secrecy::SecretString;

/// Which database, and where it is.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// The file of an SQLite database.
    Sqlite(PathBuf),
    /// The URL of a PostgreSQL database, which may hold a password.
    Postgres(SecretString),
}

/// A text is no database URL. No variant repeats the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither SQLite nor PostgreSQL.
    #[error("it begins neither with sqlite:// nor with postgres://")]
    Scheme,
    /// SQLite without a file.
    #[error("it names no file; an SQLite database in memory would forget every account at the end")]
    NoFile,
    /// Not understood by the PostgreSQL client.
    #[error("it is no PostgreSQL URL: {0}")]
    Postgres(String),
}

/// Reads a URL, in the spellings of Diesel and of SQLAlchemy: a driver after a `+` is ignored, and after `sqlite:`
/// two or three slashes come before a relative path, four before an absolute one.
impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(url: &str) -> Result<Self, DatabaseUrlError> {
        let (scheme, rest) = url.split_once(':').ok_or(DatabaseUrlError::Scheme)?;
        let (dialect, _driver) = scheme.split_once('+').unwrap_or((scheme, ""));
        match dialect {
            "sqlite" => parse_sqlite(rest),
            "postgres" | "postgresql" => parse_postgres(rest),
            _ => Err(DatabaseUrlError::Scheme),
        }
    }
}

fn parse_sqlite(rest: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    let (path, _parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    // The slash between an empty host and the path.
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() || path == ":memory:" || path.contains('\0') {
        return Err(DatabaseUrlError::NoFile);
    }
    Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
}

fn parse_postgres(rest: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    // asyncpg's name for libpq's `sslmode`.
    let url =
        format!("postgres:{rest}").replace("?ssl=", "?sslmode=").replace("&ssl=", "&sslmode=");
    let config = tokio_postgres::Config::from_str(&url)
        .map_err(|error| DatabaseUrlError::Postgres(error.to_string()))?;
    if config.get_hosts().is_empty() {
        return Err(DatabaseUrlError::Postgres("it names no host".to_owned()));
    }
    Ok(DatabaseUrl::Postgres(url.into()))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn sqlite_paths_are_relative_after_two_or_three_slashes_and_absolute_after_four() {
        for (url, path) in [
            ("sqlite://pm_interview_coach.db", "pm_interview_coach.db"),
            ("sqlite:///x.db", "x.db"),
            ("sqlite:///./x.db", "./x.db"),
            ("sqlite+aiosqlite:///./x.db", "./x.db"),
            ("sqlite+pysqlite:///data/x.db?timeout=5", "data/x.db"),
            ("sqlite:////var/lib/coach/x.db", "/var/lib/coach/x.db"),
        ] {
            match url.parse::<DatabaseUrl>() {
                Ok(DatabaseUrl::Sqlite(parsed)) => assert_eq!(parsed, PathBuf::from(path), "{url}"),
                other => panic!("{url}: {other:?}"),
            }
        }
    }

    #[test]
    fn postgres_urls_keep_everything_but_the_driver() {
        for (url, plain) in [
            ("postgres://u:p%40ss@db:5433/coach", "postgres://u:p%40ss@db:5433/coach"),
            (
                "postgresql+asyncpg://u:p@db/coach?ssl=disable",
                "postgres://u:p@db/coach?sslmode=disable",
            ),
            ("postgresql://db/coach?connect_timeout=3", "postgres://db/coach?connect_timeout=3"),
        ] {
            match url.parse::<DatabaseUrl>() {
                Ok(DatabaseUrl::Postgres(parsed)) => assert_eq!(parsed.expose_secret(), plain),
                other => panic!("{url}: {other:?}"),
            }
        }
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        for url in [
            "",
            "pm.db",
            "mysql://u:hunter2@db/coach",
            "sqlite://",
            "sqlite:///",
            "sqlite://:memory:",
            "sqlite:///:memory:",
            "postgres://u:hunter2@db:port/coach",
            "postgres://u:hunter2@db/coach?no_such_option=1",
            "postgres:///coach",
        ] {
            let error = url.parse::<DatabaseUrl>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{url}: {error}");
        }
    }
}
