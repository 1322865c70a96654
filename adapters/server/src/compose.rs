//! Connects the adapters to the core.

use std::{num::NonZeroUsize, sync::Arc};

use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::{
    domain::OperatorName,
    ports::{AccessTokens, PasswordStrength},
    services::{AuthService, AuthSettings, Operator, OperatorPorts, Ports},
};
use coach_diesel::{DatabaseUrl, PoolWatch, Repositories};
use coach_opentelemetry::Traces;
use coach_tokens::{
    HmacPracticeCursors, HmacRefreshTokens, JwtSettings, JwtTokens, KeyRing, PasetoSettings,
    PasetoTokens, SigningSecret,
};
use coach_zxcvbn::ZxcvbnPasswordStrength;

use crate::{
    Config, StartError,
    audit::{self, AuditWriter},
    config::TokenFormat,
    operating_system::{OsRandom, SystemClock},
    signing_secret, traces,
};

/// Returns the keys of the configuration. Beside an SQLite database, creates a secret if there is none.
pub(crate) fn keys(config: &Config) -> Result<KeyRing, StartError> {
    config.jwt_keys.ring(|| kept_secret(&config.database_url))
}

/// The core, the task that stores its events, and what the metrics watch.
pub(crate) struct Core {
    pub(crate) auth: AuthService,
    pub(crate) audit: AuditWriter,
    pub(crate) hasher: Arc<Argon2PasswordHasher>,
    pub(crate) pool: PoolWatch,
}

/// Builds the core on its adapters, on the current runtime. `operator` runs the command of this process, if it is one.
pub(crate) fn core(
    config: &Config,
    keys: &KeyRing,
    repositories: Repositories,
    operator: Option<OperatorName>,
    traces: Option<&Traces>,
) -> Result<Core, StartError> {
    let repositories = match traces {
        Some(traces) => traces::repositories(traces, &config.database_url, repositories),
        None => repositories,
    };
    let (issuer, audience) = (config.jwt_issuer.clone(), config.jwt_audience.clone());
    let access_tokens = access_tokens(config.token_format, keys, issuer, audience)?;
    let (threads, queue) = (config.hash_threads, config.hash_queue);
    let hashing = Argon2Settings { queue, ..Argon2Settings::recommended(threads) };
    let (audit_log, audit) = audit::start(repositories.audit_trail.clone(), operator);
    let hasher = Argon2PasswordHasher::start(hashing)?;
    let strength = ZxcvbnPasswordStrength::new(config.password_min_score, threads, queue);
    let strength: Arc<dyn PasswordStrength> = Arc::new(strength);
    let (hasher, password_strength) = match traces {
        Some(traces) => traces::password_work(traces, hasher, strength),
        None => (hasher, strength),
    };
    let hasher = Arc::new(hasher);
    let pool = repositories.pool;
    let ports = Ports {
        users: repositories.users,
        sessions: repositories.sessions,
        password_codes: repositories.password_codes,
        practice_sessions: repositories.practice_sessions,
        health: repositories.health,
        password_hasher: hasher.clone(),
        password_strength,
        access_tokens,
        refresh_tokens: Arc::new(HmacRefreshTokens::new(keys)),
        practice_cursors: Arc::new(HmacPracticeCursors::new(keys)),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        audit_log: Arc::new(audit_log),
        audit_trail: repositories.audit_trail,
    };
    let settings = AuthSettings {
        access_token_lifetime: config.access_token_lifetime,
        session: config.session,
        audit_retention: config.audit_retention,
    };
    Ok(Core { auth: AuthService::new(ports, settings), audit, hasher, pool })
}

/// Builds the use cases of an operator on their adapters, on the current runtime. They need no key.
pub(crate) fn operator(
    config: &Config,
    repositories: Repositories,
    name: Option<OperatorName>,
) -> Result<(Operator, AuditWriter), StartError> {
    // A command hashes one password at a time.
    let (threads, queue) = (NonZeroUsize::MIN, 1);
    let hashing = Argon2Settings { queue, ..Argon2Settings::recommended(threads) };
    let (audit_log, audit) = audit::start(repositories.audit_trail.clone(), name);
    let ports = OperatorPorts {
        users: repositories.users,
        accounts: repositories.accounts,
        sessions: repositories.sessions,
        password_codes: repositories.password_codes,
        password_hasher: Arc::new(Argon2PasswordHasher::start(hashing)?),
        password_strength: Arc::new(ZxcvbnPasswordStrength::new(
            config.password_min_score,
            threads,
            queue,
        )),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        audit_log: Arc::new(audit_log),
        audit_trail: repositories.audit_trail,
    };
    Ok((Operator::new(ports, config.session), audit))
}

fn access_tokens(
    format: TokenFormat,
    keys: &KeyRing,
    issuer: String,
    audience: Option<String>,
) -> Result<Arc<dyn AccessTokens>, StartError> {
    Ok(match format {
        TokenFormat::Jwt => Arc::new(JwtTokens::new(JwtSettings { keys, issuer, audience })?),
        TokenFormat::Paseto(purpose) => {
            Arc::new(PasetoTokens::new(PasetoSettings { keys, purpose, issuer, audience })?)
        }
    })
}

/// Warns if a configured key replaces the secret in the file beside the database, because its tokens become invalid.
pub(crate) fn warn_of_left_secret(config: &Config) {
    let DatabaseUrl::Sqlite(database) = &config.database_url else { return };
    if config.jwt_keys.need_kept_secret() {
        return;
    }
    let left = signing_secret::left_beside(database);
    if let Some((file, _)) = left.filter(|(_, secret)| !config.jwt_keys.accept_secret(secret)) {
        let file = file.display();
        tracing::warn!(
            "tokens signed with the secret in {file} are no longer accepted; to accept them, add its content to \
             JWT_PREVIOUS_SECRETS; otherwise delete the file"
        );
    }
}

/// Returns the secret in the file beside an SQLite database. PostgreSQL may have several servers, which need a shared secret.
fn kept_secret(database: &DatabaseUrl) -> Result<SigningSecret, StartError> {
    match database {
        DatabaseUrl::Sqlite(file) => signing_secret::beside(file),
        DatabaseUrl::Postgres(_) => Err(StartError::NoSigningSecret),
    }
}
