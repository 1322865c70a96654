use std::{net::IpAddr, path::PathBuf, str::FromStr};

use secrecy::SecretString;
use tokio_postgres::config::Host;

/// The kind and location of a database.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// The file of an SQLite database.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(PostgresUrl),
}

/// The location of a PostgreSQL database, and how to connect to it.
#[derive(Debug, Clone)]
pub struct PostgresUrl {
    /// Secret, because it may contain a password.
    pub(crate) url: SecretString,
    pub(crate) tls: Tls,
    /// Detected if it is not set.
    pub(crate) pool_mode: Option<PoolMode>,
    is_remote: bool,
}

impl PostgresUrl {
    /// Returns whether passwords and rows cross a network unencrypted.
    #[must_use]
    pub fn is_clear_text_over_network(&self) -> bool {
        self.tls == Tls::Off && self.is_remote
    }
}

/// The encryption of a connection. An encrypted connection is always verified against the system's root certificates,
/// and against one more if it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tls {
    Off,
    Verified { root_certificate: Option<PathBuf> },
}

/// What a connection to a pooler such as PgBouncer stands for, by the names of its `pool_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PoolMode {
    /// One connection to the server, as without a pooler.
    Session,
    /// Another connection to the server for each transaction.
    Transaction,
}

/// The text is not a database URL. No message repeats the text, which may contain a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// The scheme is neither SQLite nor PostgreSQL.
    #[error("it must start with sqlite:// or postgres://")]
    Scheme,
    /// The SQLite URL names no file.
    #[error("it must name a file, because a database in memory loses every account at exit")]
    NoFile,
    /// The PostgreSQL client cannot use the URL.
    #[error("it is not a valid PostgreSQL URL: {0}")]
    Postgres(String),
}

/// Parses a URL in the format of Diesel or SQLAlchemy. A driver after a `+` is ignored. After `sqlite:`, two or three
/// slashes precede a relative path, and four slashes an absolute one.
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
    // The slash separates an empty host from the path.
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() || path == ":memory:" || path.contains('\0') {
        return Err(DatabaseUrlError::NoFile);
    }
    Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
}

/// Reads libpq's `sslmode` (`ssl` in asyncpg) and `sslrootcert`. `allow` and `prefer` guarantee nothing, so they mean
/// no encryption. `require` verifies like `verify-full`, and so does `sslrootcert` alone. `pool_mode` is our own.
fn parse_postgres(rest: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut url = format!("postgres:{address}?");
    let (mut encrypted, mut disabled, mut root_certificate) = (false, false, None);
    let mut pool_mode = None;
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=').unwrap_or((parameter, "")) {
            ("sslmode" | "ssl", mode @ ("disable" | "allow" | "prefer")) => {
                (encrypted, disabled) = (false, mode == "disable");
            }
            ("sslmode" | "ssl", "require" | "verify-ca" | "verify-full") => {
                (encrypted, disabled) = (true, false);
            }
            ("pool_mode", "session") => pool_mode = Some(PoolMode::Session),
            ("pool_mode", "transaction") => pool_mode = Some(PoolMode::Transaction),
            ("sslrootcert", path) => root_certificate = Some(PathBuf::from(path)),
            _ => url.extend([parameter, "&"]),
        }
    }
    if disabled && root_certificate.is_some() {
        let contradiction = "sslmode=disable contradicts sslrootcert";
        return Err(DatabaseUrlError::Postgres(contradiction.to_owned()));
    }
    encrypted |= root_certificate.is_some();
    url.push_str(if encrypted { "sslmode=require" } else { "sslmode=disable" });
    let config = tokio_postgres::Config::from_str(&url)
        .map_err(|error| DatabaseUrlError::Postgres(error.to_string()))?;
    if config.get_hosts().is_empty() {
        return Err(DatabaseUrlError::Postgres("it names no host".to_owned()));
    }
    let tls = if encrypted { Tls::Verified { root_certificate } } else { Tls::Off };
    let is_remote = config.get_hosts().iter().any(is_remote);
    Ok(DatabaseUrl::Postgres(PostgresUrl { url: url.into(), tls, pool_mode, is_remote }))
}

fn is_remote(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            let address = name.parse::<IpAddr>();
            name != "localhost" && !address.is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => false,
    }
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
            (
                "postgres://u:p%40ss@db:5433/coach",
                "postgres://u:p%40ss@db:5433/coach?sslmode=disable",
            ),
            (
                "postgresql+asyncpg://u:p@db/coach?ssl=prefer",
                "postgres://u:p@db/coach?sslmode=disable",
            ),
            (
                "postgresql://db/coach?sslmode=verify-full&connect_timeout=3",
                "postgres://db/coach?connect_timeout=3&sslmode=require",
            ),
        ] {
            assert_eq!(postgres(url).url.expose_secret(), plain);
        }
    }

    #[test]
    fn encrypted_connections_are_verified() {
        let verified =
            |path: Option<&str>| Tls::Verified { root_certificate: path.map(PathBuf::from) };
        for (query, tls) in [
            ("", Tls::Off),
            ("?sslmode=disable", Tls::Off),
            ("?sslmode=prefer", Tls::Off),
            ("?sslmode=require", verified(None)),
            ("?ssl=verify-full", verified(None)),
            ("?sslrootcert=/etc/ca.pem&sslmode=require", verified(Some("/etc/ca.pem"))),
            ("?sslrootcert=/etc/ca.pem", verified(Some("/etc/ca.pem"))),
            ("?sslmode=prefer&sslrootcert=/etc/ca.pem", verified(Some("/etc/ca.pem"))),
        ] {
            assert_eq!(postgres(&format!("postgres://db/coach{query}")).tls, tls, "{query}");
        }
    }

    #[test]
    fn clear_text_over_a_network_is_detected() {
        for (url, clear) in [
            ("postgres://db/coach", true),
            ("postgres://10.0.0.5/coach?sslmode=prefer", true),
            ("postgres://localhost,db.example.com/coach", true),
            ("postgres://db/coach?sslmode=require", false),
            ("postgres://db/coach?sslrootcert=/etc/ca.pem", false),
            ("postgres://localhost/coach", false),
            ("postgres://127.0.0.1:5433/coach", false),
            ("postgres://[::1]/coach", false),
            ("postgres:///coach?host=/var/run/postgresql", false),
        ] {
            assert_eq!(postgres(url).is_clear_text_over_network(), clear, "{url}");
        }
    }

    #[test]
    fn url_may_name_the_mode_of_a_pooler_and_several_hosts() {
        for (query, mode) in [
            ("", None),
            ("?pool_mode=session", Some(PoolMode::Session)),
            ("?pool_mode=transaction&sslmode=disable", Some(PoolMode::Transaction)),
        ] {
            assert_eq!(postgres(&format!("postgres://db/coach{query}")).pool_mode, mode, "{query}");
        }
        let hosts = "postgres://u@a:1,b:2/coach?target_session_attrs=read-write";
        let config: tokio_postgres::Config = postgres(hosts).url.expose_secret().parse().unwrap();
        assert_eq!((config.get_hosts().len(), config.get_ports()), (2, &[1, 2][..]));
    }

    fn postgres(url: &str) -> PostgresUrl {
        match url.parse() {
            Ok(DatabaseUrl::Postgres(url)) => url,
            other => panic!("{url}: {other:?}"),
        }
    }

    /// ASVS 13.3.1.
    #[test]
    fn other_urls_are_refused_without_repeating_them() {
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
            "postgres://u:hunter2@db/coach?sslmode=sometimes",
            "postgres://u:hunter2@db/coach?pool_mode=statement",
            "postgres://u:hunter2@db/coach?sslmode=disable&sslrootcert=/etc/ca.pem",
        ] {
            let error = url.parse::<DatabaseUrl>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{url}: {error}");
        }
    }
}
