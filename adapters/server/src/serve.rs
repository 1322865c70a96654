use std::{pin::pin, sync::Arc};

use coach_http::HttpSettings;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    Config, StartError, compose, config::TokenFormat, database, http, logging::Log, purge::purge,
};

/// Connects the adapters to the core and serves until SIGTERM or SIGINT.
///
/// # Errors
///
/// See [`StartError`].
pub async fn serve(config: Config, log: &Log) -> Result<(), StartError> {
    database::check_files(&config.database_url)?;
    compose::warn_of_left_secret(&config);
    let keys = compose::keys(&config)?;
    let mut stop = pin!(stop_signal()?);
    let repositories = tokio::select! {
        opened = database::open(&config.database_url, config.auto_migrate) => opened?,
        () = &mut stop => return Ok(()),
    };
    let compose::Core { auth, audit } = compose::core(&config, &keys, repositories, None)?;
    let auth = Arc::new(auth);
    let settings = HttpSettings {
        public_origin: config.public_url.origin(),
        cors_origins: config.cors_origins,
        session_cookie_name: config.session_cookie_name,
        cdn_url: config.cdn_url,
        trusted_proxies: config.trusted_proxies,
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
        () = purge(auth) => {}
        () = log.report_dropped_lines() => {}
    }
    if let Err(lost) = audit.finish().await {
        tracing::error!("{lost}");
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
