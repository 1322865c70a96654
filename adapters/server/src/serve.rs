use std::{future::pending, pin::pin, sync::Arc};

use coach_core::ports::Clock as _;
use coach_http::HttpSettings;
use coach_opentelemetry::Traces;
use coach_tokens::KeyRing;
use futures_util::future::{OptionFuture, join};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    Config, StartError, compose,
    config::{ListenAddress, TokenFormat},
    database,
    http::{self, Counts, Workers},
    logging::Log,
    metrics::{self, MetricsListener, RequestMetrics, Sources},
    observer::RequestObserver,
    operating_system::SystemClock,
    purge::purge,
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
    let traces = config.traces.as_ref().map(Traces::start).transpose()?;
    let signal = stop_signal()?;
    let mut stop = pin!(async move {
        signal.await;
        tracing::info!("shutting down");
    });
    let repositories = tokio::select! {
        opened = database::open(&config.database_url, config.auto_migrate) => opened?,
        () = &mut stop => return Ok(()),
    };
    let core = compose::core(&config, &keys, repositories, None, traces.as_ref())?;
    let (auth, counts) = (Arc::new(core.auth), Arc::new(Counts::default()));
    let requests = config.metrics_listen.as_ref().map(|_| RequestMetrics::new());
    let sources = Sources {
        connections: counts.clone(),
        hasher: core.hasher,
        pool: core.pool,
        audit: core.audit.counts(),
        dropped_log_lines: log.dropped_lines(),
        traces: traces.as_ref().map(Traces::counts),
        started: SystemClock.now(),
    };
    let metrics = serve_metrics(config.metrics_listen.as_ref(), requests.clone(), sources).await?;
    let max_connections = http::max_connections(config.max_connections);
    let workers = Workers::start()?;
    let listener = listen(config.listen.to_string()).await?;
    let app =
        coach_http::app(auth.clone(), &http_settings(config, &keys, requests, traces.clone()));
    tokio::select! {
        () = http::serve(listener, &workers, app, max_connections, counts, stop) => {}
        () = purge(auth) => {}
        () = log.report_dropped_lines() => {}
        () = metrics => {}
    }
    let finish_traces = OptionFuture::from(traces.map(Traces::finish));
    // The threads of `workers` end later, because connections to PostgreSQL belong to them.
    let (stored, _) = join(core.audit.finish(), finish_traces).await;
    if let Err(lost) = stored {
        tracing::error!("{lost}");
    }
    Ok(())
}

fn http_settings(
    config: Config,
    keys: &KeyRing,
    metrics: Option<RequestMetrics>,
    traces: Option<Traces>,
) -> HttpSettings {
    let scheme = if config.public_url.is_https() { "https" } else { "http" };
    HttpSettings {
        public_origin: config.public_url.origin(),
        cors_origins: config.cors_origins,
        session_cookie_name: config.session_cookie_name,
        cdn_url: config.cdn_url,
        trusted_proxies: config.trusted_proxies,
        support_contact: config.support_contact,
        token_format: match config.token_format {
            TokenFormat::Jwt => "JWT",
            TokenFormat::Paseto(_) => "PASETO",
        },
        jwks: keys.jwks(),
        observer: Some(Arc::new(RequestObserver { metrics, traces, scheme })),
    }
}

/// Listens for readers of the metrics if an address is configured. Returns a future that serves them and never completes.
async fn serve_metrics(
    address: Option<&ListenAddress>,
    requests: Option<RequestMetrics>,
    sources: Sources,
) -> Result<impl Future<Output = ()> + use<>, StartError> {
    let listener = match address.map(ToString::to_string) {
        Some(address) => {
            let bound = MetricsListener::bind(&address).await;
            Some(bound.map_err(|error| StartError::MetricsListen { address, error })?)
        }
        None => None,
    };
    Ok(async {
        match (listener, requests) {
            (Some(listener), Some(requests)) => {
                listener.serve(metrics::registry(requests, sources)).await;
            }
            _ => pending().await,
        }
    })
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
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
