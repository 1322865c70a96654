#![doc = include_str!("../README.md")]

mod api;
mod html;
mod middleware;
mod pages;
mod request;
mod response;
mod routes;
mod state;
mod support;

use std::sync::{Arc, LazyLock};

use coach_core::services::AuthService;
use ipnet::IpNet;
use poem::Endpoint;
use url::Url;

pub use api::openapi_document;
pub use middleware::{Answered, Asked, Observer, Surrounding};
pub use request::RequestContext;
pub use support::SupportContact;

use self::{
    html::Pages,
    request::{JSON, TrustedProxies},
    response::{Constant, Cookies},
    routes::Routes,
    state::State,
};

/// The settings of [`app`].
pub struct HttpSettings {
    /// The origin that browsers see: scheme, host and optional port. With https, responses carry HSTS (RFC 6797) and the
    /// session cookie is `Secure`.
    pub public_origin: String,
    /// Exact origins, such as `https://app.example.com`, whose pages may call the API with credentials.
    pub cors_origins: Vec<String>,
    /// The name of the session cookie, a token (RFC 6265, section 4.1.1) without a prefix.
    pub session_cookie_name: String,
    /// The server of HTMX and the fonts, as npm packages below `/npm/`. Without one, pages use neither.
    pub cdn_url: Option<Url>,
    /// The proxies whose `X-Forwarded-For` is believed. Other headers never change the address of a client.
    pub trusted_proxies: Vec<IpNet>,
    /// Whom people ask when they cannot sign in.
    pub support_contact: SupportContact,
    /// The format of access tokens in the OpenAPI document, `JWT` or `PASETO`.
    pub token_format: &'static str,
    /// The public keys that verify access tokens, as a JWK Set (RFC 7517, section 5).
    pub jwks: serde_json::Value,
    /// Learns of every request.
    pub observer: Option<Arc<dyn Observer>>,
}

/// Builds the whole application as one endpoint.
pub fn app(auth: Arc<AuthService>, settings: &HttpSettings) -> impl Endpoint + use<> {
    let HttpSettings { public_origin, cors_origins, session_cookie_name, .. } = settings;
    let https = public_origin.starts_with("https:");
    let max_age = auth.session_policy().max_age;
    let cookies = Cookies::new(session_cookie_name, https, max_age);
    let (cookie_name, token_format) = (cookies.session_name().to_owned(), settings.token_format);
    let document = move || Constant::new(JSON, api::document(&cookie_name, token_format));
    let state = Arc::new(State {
        auth,
        cookies,
        pages: Pages::new(settings),
        jwks: Constant::new(JSON, settings.jwks.to_string()),
        openapi: LazyLock::new(Box::new(document)),
        is_page: routes::is_page,
    });
    let routes = Routes::new(state.clone());
    let problems = middleware::Problems::new(routes, state, cors_origins, public_origin);
    let listed = middleware::ListedOrigins::new(problems, cors_origins);
    let trusted_proxies = TrustedProxies::new(&settings.trusted_proxies);
    middleware::Outermost::new(listed, trusted_proxies, https, settings.observer.clone())
}
