use std::{pin::pin, sync::Arc};

use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::{
    ports::AccessTokens,
    services::{AuthService, AuthSettings, Ports},
};
use coach_diesel::DatabaseUrl;
use coach_http::HttpSettings;
use coach_tokens::{
    HmacPracticeCursors, HmacRefreshTokens, JwtSettings, JwtTokens, KeyRing, PasetoSettings,
    PasetoTokens, SigningSecret,
};
use coach_zxcvbn::ZxcvbnPasswordStrength;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    Config, StartError,
    config::TokenFormat,
    database, http,
    logging::{Log, TracingAuditLog},
    operating_system::{OsRandom, SystemClock},
    purge::purge_expired_sessions,
    signing_secret,
};

/// Connects the adapters to the core and serves until SIGTERM or SIGINT.
///
/// # Errors
///
/// See [`StartError`].
pub async fn serve(config: Config, log: &Log) -> Result<(), StartError> {
    database::check_files(&config.database_url)?;
    warn_of_left_secret(&config);
    let keys = config.jwt_keys.ring(|| kept_secret(&config.database_url))?;
    let mut stop = pin!(stop_signal()?);
    let repositories = tokio::select! {
        opened = database::open(&config.database_url, config.auto_migrate) => opened?,
        () = &mut stop => return Ok(()),
    };
    let (issuer, audience) = (config.jwt_issuer, config.jwt_audience);
    let access_tokens = access_tokens(config.token_format, &keys, issuer, audience)?;
    let (threads, queue) = (config.hash_threads, config.hash_queue);
    let hashing = Argon2Settings { queue, ..Argon2Settings::recommended(threads) };
    let ports = Ports {
        users: repositories.users,
        sessions: repositories.sessions,
        practice_sessions: repositories.practice_sessions,
        health: repositories.health,
        password_hasher: Arc::new(Argon2PasswordHasher::start(hashing)?),
        password_strength: Arc::new(ZxcvbnPasswordStrength::new(
            config.password_min_score,
            threads,
            queue,
        )),
        access_tokens,
        refresh_tokens: Arc::new(HmacRefreshTokens::new(&keys)),
        practice_cursors: Arc::new(HmacPracticeCursors::new(&keys)),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        audit_log: Arc::new(TracingAuditLog),
    };
    let settings = AuthSettings {
        access_token_lifetime: config.access_token_lifetime,
        session: config.session,
    };
    let auth = Arc::new(AuthService::new(ports, settings));
    let settings = HttpSettings {
        public_origin: config.public_url.origin(),
        cors_origins: config.cors_origins,
        session_cookie_name: config.session_cookie_name,
        cdn_url: config.cdn_url,
        token_format: match config.token_format {
            TokenFormat::Jwt => "JWT",
            TokenFormat::Paseto(_) => "PASETO",
        },
        jwks: keys.jwks(),
    };
    let app = coach_http::app(auth.clone(), &settings);
    let max_connections = http::max_connections(config.max_connections);
    let listener = listen(config.listen.to_string()).await?;
    tokio::select! {
        () = http::serve(listener, app, max_connections, stop) => {}
        () = purge_expired_sessions(auth) => {}
        () = log.report_dropped_lines() => {}
    }
    Ok(())
}

async fn listen(address: String) -> Result<TcpListener, StartError> {
    let bound = http::listen(&address).await.and_then(|listener| {
        let local = listener.local_addr()?;
        tracing::info!("listening on http://{local}, API documentation at http://{local}/docs");
        Ok(listener)
    });
    bound.map_err(|error| StartError::Listen { address, error })
}

/// Returns a future that completes at the first SIGTERM or SIGINT. Signals are caught from this call on.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("shutting down");
    })
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
fn warn_of_left_secret(config: &Config) {
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
