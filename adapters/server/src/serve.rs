use std::{num::NonZeroUsize, pin::pin, sync::Arc, thread, time::Duration};

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
use poem::{
    Server,
    listener::{Acceptor, Listener, TcpListener},
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    Config, StartError,
    acceptor::PatientAcceptor,
    config::TokenFormat,
    database,
    logging::TracingAuditLog,
    operating_system::{OsRandom, SystemClock},
    purge::purge_expired_sessions,
    signing_secret,
};

/// The time for running requests to finish at a shutdown.
const GRACE: Duration = Duration::from_secs(10);
/// The maximum number of passwords that wait for a strength estimate.
const STRENGTH_QUEUE: usize = 64;

/// Connects the adapters to the core and serves until SIGTERM or SIGINT.
///
/// # Errors
///
/// See [`StartError`].
pub async fn serve(config: Config) -> Result<(), StartError> {
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
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let ports = Ports {
        users: repositories.users,
        sessions: repositories.sessions,
        practice_sessions: repositories.practice_sessions,
        health: repositories.health,
        password_hasher: Arc::new(Argon2PasswordHasher::start(Argon2Settings::recommended(cores))?),
        password_strength: Arc::new(ZxcvbnPasswordStrength::new(
            config.password_min_score,
            cores,
            STRENGTH_QUEUE,
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
    let http = HttpSettings {
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
    let app = coach_http::app(auth.clone(), &http);

    let address = config.listen.to_string();
    let acceptor = TcpListener::bind(address.clone())
        .into_acceptor()
        .await
        .map_err(|error| StartError::Listen { address, error })?;
    for address in acceptor.local_addr() {
        let address = address.to_string();
        let address = address.trim_start_matches("socket://");
        tracing::info!("listening on http://{address}, API documentation at http://{address}/docs");
    }
    let server = Server::new_with_acceptor(PatientAcceptor(acceptor));
    tokio::select! {
        served = server.run_with_graceful_shutdown(app, stop, Some(GRACE)) => Ok(served?),
        () = purge_expired_sessions(auth) => Ok(()),
    }
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
