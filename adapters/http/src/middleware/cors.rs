use std::{collections::HashSet, sync::Arc};

use futures_util::FutureExt;
use poem::{
    Endpoint, Middleware, Request, Response,
    error::ResponseError,
    http::{HeaderValue, Method, header},
    middleware::{Cors, CorsEndpoint},
};

use super::Problems;
use crate::response::Problem;

/// Applies Poem's CORS to requests from the listed origins only. Poem would refuse every other `Origin`, including forms of
/// our own pages under another host name. Such requests pass without CORS headers, so browsers hide the response from
/// pages of other origins.
pub(crate) struct ListedOrigins {
    origins: HashSet<HeaderValue>,
    cors: CorsEndpoint<Arc<Problems>>,
    inner: Arc<Problems>,
}

impl ListedOrigins {
    /// Wraps the application. Ignores origins that are not valid header values.
    pub(crate) fn new(inner: Problems, origins: &[String]) -> Self {
        let origins: HashSet<HeaderValue> =
            origins.iter().filter_map(|origin| origin.parse().ok()).collect();
        let inner = Arc::new(inner);
        let cors = Cors::new()
            .allow_origins(&origins)
            .allow_credentials(true)
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
            .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
            .expose_headers(["Location", "Retry-After", "WWW-Authenticate", "X-Request-Id"])
            .max_age(600)
            .transform(inner.clone());
        Self { origins, cors, inner }
    }

    /// Returns whether CORS applies. Poem treats every `OPTIONS` as a preflight, but one without a requested method is an
    /// ordinary request.
    fn is_listed(&self, request: &Request) -> bool {
        let headers = request.headers();
        let is_listed =
            headers.get(header::ORIGIN).is_some_and(|origin| self.origins.contains(origin));
        let asks = || headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        is_listed && (request.method() != Method::OPTIONS || asks())
    }

    pub(super) async fn respond(&self, request: Request) -> Response {
        let mut response = if self.is_listed(&request) {
            // Boxed, because this large future is rarely needed.
            match self.cors.call(request).boxed().await {
                Ok(response) => response,
                Err(refused) => Problem::from(refused).as_response(),
            }
        } else {
            self.inner.respond(request).await
        };
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
        response
    }
}
