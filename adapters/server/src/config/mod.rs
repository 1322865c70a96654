//! The configuration: environment variables, which override `.env` in the working directory.

mod keys;
#[cfg(test)]
mod tests;
mod traces;
mod values;
mod variables;

use std::{
    io::{IsTerminal, stderr},
    num::NonZeroUsize,
    thread,
};

use chrono::TimeDelta;
use coach_core::domain::SessionPolicy;
use coach_diesel::DatabaseUrl;
use coach_http::SupportContact;
use coach_opentelemetry::TraceSettings;
use coach_zxcvbn::MinScore;
use ipnet::IpNet;
use url::Url;

pub(crate) use self::keys::{JwtKey, TokenFormat};
pub(crate) use self::values::ListenAddress;
use self::{keys::JwtKeys, values::PublicUrl, variables::Variables};
pub use self::{values::LogFormat, variables::ConfigError};

const DEFAULT_CDN_URL: &str = "https://cdn.jsdelivr.net";

/// The upper limit of lifetimes. It does not overflow any type.
const TEN_YEARS_IN_DAYS: i64 = 10 * 365;
const TEN_YEARS_IN_SECONDS: i64 = TEN_YEARS_IN_DAYS * 24 * 60 * 60;
const TEN_YEARS_IN_MINUTES: i64 = TEN_YEARS_IN_SECONDS / 60;

/// The settings of the server.
#[derive(Debug, Clone)]
#[allow(
    missing_docs,
    reason = "each field has the name of its variable; .env.example describes them"
)]
pub struct Config {
    pub database_url: DatabaseUrl,
    pub auto_migrate: bool,
    pub listen: ListenAddress,
    pub public_url: PublicUrl,
    pub jwt_keys: JwtKeys,
    pub token_format: TokenFormat,
    pub access_token_lifetime: TimeDelta,
    pub jwt_issuer: String,
    pub jwt_audience: Option<String>,
    pub session: SessionPolicy,
    pub session_cookie_name: String,
    pub cdn_url: Option<Url>,
    pub cors_origins: Vec<String>,
    pub trusted_proxies: Vec<IpNet>,
    pub support_contact: SupportContact,
    pub password_min_score: MinScore,
    pub max_connections: usize,
    pub hash_threads: NonZeroUsize,
    pub hash_queue: usize,
    pub audit_retention: TimeDelta,
    pub metrics_listen: Option<ListenAddress>,
    pub traces: Option<TraceSettings>,
    pub log_format: LogFormat,
    pub debug: bool,
    /// Probable mistakes that do not prevent a start, one sentence each.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads the environment of the process and `.env`.
    ///
    /// # Errors
    ///
    /// Returns a [`ConfigError`] that names the first variable with a bad value.
    pub fn load() -> Result<Self, ConfigError> {
        Self::read(&Variables::load()?)
    }

    /// Does the same, but goes on after an error as if its variable was not set, to find every error. Returns no configuration
    /// if one remains.
    pub(crate) fn diagnose() -> (Option<Self>, Vec<ConfigError>) {
        match Variables::load() {
            Ok(variables) => Self::diagnose_variables(variables),
            Err(error) => (None, vec![error]),
        }
    }

    fn diagnose_variables(mut variables: Variables) -> (Option<Self>, Vec<ConfigError>) {
        let mut errors = Vec::new();
        loop {
            match Self::read(&variables) {
                Ok(config) => return (Some(config), errors),
                Err(error) => {
                    // A sentence begins with the name of its variable.
                    let is_set = variables.remove(error.variable());
                    errors.push(error);
                    if !is_set {
                        return (None, errors);
                    }
                }
            }
        }
    }

    fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let listen = ListenAddress {
            host: variables.parse("HOST", "127.0.0.1", values::host)?,
            port: variables.parse("PORT", "8002", values::port)?,
        };
        let public_url = format!("http://{listen}");
        let seconds =
            |text: &str| values::number(text, TEN_YEARS_IN_SECONDS).map(TimeDelta::seconds);
        let minutes =
            |text: &str| values::number(text, TEN_YEARS_IN_MINUTES).map(TimeDelta::minutes);
        let days = |text: &str| values::number(text, TEN_YEARS_IN_DAYS).map(TimeDelta::days);
        let up_to_1024 = |text: &str| values::count(text, 1024);
        let jwt_keys = JwtKeys::read(variables)?;
        let public_url = variables.parse_secret("PUBLIC_URL", &public_url, values::public_url)?;
        // In production, pages on a developer's machine must not call the API.
        let cors_origins = match public_url.is_https() {
            true => "",
            false => "http://localhost:8002,http://127.0.0.1:8002",
        };
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).to_string();
        let log_format = if stderr().is_terminal() { "pretty" } else { "json" };
        let mut config = Self {
            token_format: TokenFormat::read(variables, &jwt_keys)?,
            jwt_keys,
            database_url: variables.parse_secret(
                "DATABASE_URL",
                "sqlite://pm_interview_coach.db",
                values::database_url,
            )?,
            auto_migrate: variables.parse("AUTO_MIGRATE", "true", values::boolean)?,
            public_url,
            access_token_lifetime: variables.parse("JWT_EXPIRES_MINUTES", "30", minutes)?,
            jwt_issuer: variables.parse("JWT_ISSUER", "pm-interview-coach", values::name)?,
            jwt_audience: variables.parse("JWT_AUDIENCE", "", values::optional_name)?,
            session: SessionPolicy {
                max_age: variables.parse("SESSION_MAX_AGE", "2592000", seconds)?,
                idle_timeout: variables.parse("SESSION_IDLE_TIMEOUT", "604800", seconds)?,
            },
            session_cookie_name: variables.parse(
                "SESSION_COOKIE_NAME",
                "pm_coach_session",
                values::cookie_name,
            )?,
            cdn_url: variables.parse_secret("CDN_URL", DEFAULT_CDN_URL, values::cdn_url)?,
            cors_origins: variables.parse_secret("CORS_ORIGINS", cors_origins, values::origins)?,
            trusted_proxies: variables.parse("TRUSTED_PROXIES", "", values::networks)?,
            support_contact: variables.parse_secret(
                "SUPPORT_CONTACT",
                "",
                values::support_contact,
            )?,
            password_min_score: variables.parse("PASSWORD_MIN_SCORE", "2", values::score)?,
            max_connections: variables
                .parse("MAX_CONNECTIONS", "10000", |text| values::count(text, 1_000_000))?
                .get(),
            hash_threads: variables.parse("HASH_THREADS", &cores, up_to_1024)?,
            hash_queue: variables.parse("HASH_QUEUE", "64", up_to_1024)?.get(),
            metrics_listen: variables.parse("METRICS_LISTEN", "", values::listen_address)?,
            traces: traces::read(variables)?,
            log_format: variables.parse("LOG_FORMAT", log_format, values::log_format)?,
            audit_retention: variables.parse("AUDIT_RETENTION_DAYS", "365", days)?,
            debug: variables.parse("DEBUG", "false", values::boolean)?,
            listen,
            warnings: Vec::new(),
        };
        config.warnings = variables.near_misses();
        config.warnings.extend(config.clear_text_warning());
        config.warnings.extend(traces::clear_text_warning(config.traces.as_ref()));
        config.warnings.extend(config.jwt_keys.warning());
        Ok(config)
    }

    fn clear_text_warning(&self) -> Option<String> {
        let DatabaseUrl::Postgres(url) = &self.database_url else { return None };
        let warning = "the connection to PostgreSQL is not encrypted; \
                       add sslmode=verify-full or sslrootcert=FILE to DATABASE_URL";
        url.is_clear_text_over_network().then(|| warning.to_owned())
    }
}
