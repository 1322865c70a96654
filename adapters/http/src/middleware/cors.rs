use std::{collections::HashSet, sync::Arc};

use futures_util::FutureExt;
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response, Result,
    error::ResponseError,
    http::{HeaderValue, Method, header},
    middleware::{Cors, CorsEndpoint},
};

use crate::response::Problem;

/// Applies Poem's CORS to requests from the listed origins only. Poem would refuse every other `Origin`, including forms of
/// our own pages under another host name. Such requests pass without CORS headers, so browsers hide the response from
/// pages of other origins.
pub(crate) struct ListedOrigins {
    origins: HashSet<HeaderValue>,
}

pub(crate) struct ListedOriginsEndpoint<E> {
    origins: HashSet<HeaderValue>,
    cors: CorsEndpoint<Arc<E>>,
    inner: Arc<E>,
}

impl ListedOrigins {
    /// Creates the middleware. Ignores origins that are not valid header values.
    pub(crate) fn new(origins: &[String]) -> Self {
        Self { origins: origins.iter().filter_map(|origin| origin.parse().ok()).collect() }
    }
}

impl<E: Endpoint> Middleware<E> for ListedOrigins {
    type Output = ListedOriginsEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        let inner = Arc::new(inner);
        let cors = Cors::new()
            .allow_origins(&self.origins)
            .allow_credentials(true)
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
            .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
            .expose_headers(["Location", "Retry-After", "WWW-Authenticate", "X-Request-Id"])
            .max_age(600);
        ListedOriginsEndpoint {
            origins: self.origins.clone(),
            cors: cors.transform(inner.clone()),
            inner,
        }
    }
}

impl<E> ListedOriginsEndpoint<E> {
    /// Returns whether CORS applies. Poem treats every `OPTIONS` as a preflight, but one without a requested method is an
    /// ordinary request.
    fn is_listed(&self, request: &Request) -> bool {
        let headers = request.headers();
        let is_listed =
            headers.get(header::ORIGIN).is_some_and(|origin| self.origins.contains(origin));
        let asks = || headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        is_listed && (request.method() != Method::OPTIONS || asks())
    }
}

impl<E: Endpoint> Endpoint for ListedOriginsEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let mut response = if self.is_listed(&request) {
            // Boxed, because this large future is rarely needed.
            match self.cors.call(request).boxed().await {
                Ok(response) => response,
                Err(refused) => Problem::from(refused).as_response(),
            }
        } else {
            self.inner.get_response(request).await.into_response()
        };
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
        Ok(response)
    }
}
