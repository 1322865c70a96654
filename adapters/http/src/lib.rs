#![doc = include_str!("../README.md")]

mod api;
mod body;
mod credential;
mod docs;
mod middleware;
mod problem;

use std::sync::Arc;

use coach_core::{ports::HealthCheck, services::AuthService};
use poem::{Endpoint, EndpointExt, Route, get};

pub use docs::openapi_document;

/// What the HTTP adapter drives and how it is reached.
pub struct HttpSettings {
    /// What browsers call the server: scheme, host and perhaps port. By https they are told to insist on it (RFC 6797).
    pub public_origin: String,
    /// Origins whose pages may call the API with credentials: exact, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
}

/// What handlers drive. They take it as `Data<&Arc<State>>`.
struct State {
    auth: AuthService,
    health: Arc<dyn HealthCheck>,
}

/// The whole application as one endpoint.
pub fn app(
    auth: AuthService,
    health: Arc<dyn HealthCheck>,
    settings: &HttpSettings,
) -> impl Endpoint + use<> {
    let trusted = settings.cors_origins.iter().chain([&settings.public_origin]);
    let cross_site = Arc::new(middleware::CrossSite::new(trusted));
    let https = settings.public_origin.starts_with("https:");
    Route::new()
        .at("/openapi.json", get(docs::openapi_json))
        .at("/docs", get(docs::docs_page))
        .nest_no_strip("/", api::service())
        .data(Arc::new(State { auth, health }))
        .with(middleware::Problems { cross_site })
        .with(middleware::ListedOrigins::new(&settings.cors_origins))
        .with(middleware::Outermost { https })
}
