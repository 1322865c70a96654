#![doc = include_str!("../README.md")]

mod api;
mod body;
mod constant;
mod credential;
mod dispatcher;
mod docs;
mod middleware;
mod negotiation;
mod pages;
mod problem;
mod read_account;
mod session_cookie;

use std::sync::{Arc, LazyLock};

use coach_core::{ports::HealthCheck, services::AuthService};
use poem::{Endpoint, EndpointExt, Route, get};
use url::Url;

use self::{
    body::JSON, constant::Constant, dispatcher::Dispatcher, pages::Pages,
    session_cookie::SessionCookie,
};

pub use api::openapi_document;

/// What the HTTP adapter drives and how it is reached.
pub struct HttpSettings {
    /// What browsers call the server: scheme, host and perhaps port. By https they are told to insist on it (RFC 6797),
    /// and the session cookie is theirs by https alone.
    pub public_origin: String,
    /// Origins whose pages may call the API with credentials: exact, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// The name of the session cookie: a token (RFC 6265, section 4.1.1), without a prefix.
    pub session_cookie_name: String,
    /// Where pages load HTMX and fonts from: what serves npm packages below `/npm/`. None: from nowhere.
    pub cdn_url: Option<Url>,
    /// The format of access tokens: `JWT` or `PASETO`. The OpenAPI document names it.
    pub token_format: &'static str,
    /// The public keys that verify access tokens, as a JWK Set (RFC 7517, section 5).
    pub jwks: serde_json::Value,
}

/// What handlers drive. They take it as `Data<&Arc<State>>`.
struct State {
    auth: Arc<AuthService>,
    health: Arc<dyn HealthCheck>,
    pages: Pages,
    cookie: SessionCookie,
    jwks: Constant,
    openapi: LazyLock<Constant, Box<dyn FnOnce() -> Constant + Send>>,
}

/// The whole application as one endpoint.
pub fn app(
    auth: Arc<AuthService>,
    health: Arc<dyn HealthCheck>,
    settings: &HttpSettings,
) -> impl Endpoint + use<> {
    let (listed, public) = (&settings.cors_origins, &settings.public_origin);
    let cross_site = Arc::new(middleware::CrossSite::new(listed, public));
    let https = settings.public_origin.starts_with("https:");
    let cookie = SessionCookie::new(&settings.session_cookie_name, https);
    let state = Arc::new(State {
        auth,
        health,
        pages: Pages::new(settings.cdn_url.as_ref()),
        jwks: Constant::new(JSON, settings.jwks.to_string()),
        openapi: LazyLock::new(Box::new({
            let (cookie, format) = (cookie.name().to_owned(), settings.token_format);
            move || Constant::new(JSON, api::document(&cookie, format))
        })),
        cookie,
    });
    let api = Route::new()
        .at("/openapi.json", get(docs::openapi_json))
        .at("/docs", get(docs::docs_page))
        .at("/docs/:name", get(docs::docs_file))
        .nest_no_strip("/", api::service());
    Dispatcher { pages: pages::routes(), api, state: state.clone() }
        .data(state.clone())
        .with(middleware::Problems { cross_site, state })
        .with(middleware::ListedOrigins::new(listed))
        .with(middleware::Outermost { https })
}
