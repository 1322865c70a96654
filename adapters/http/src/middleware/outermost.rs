use poem::{Endpoint, Middleware, Request, Response, Result};
use tracing::{Instrument, field};

use super::request_id::{X_REQUEST_ID, request_id};
use crate::response::{AcceptsGzip, complete, compress_page};

/// Gives every request an id and a log span, completes the headers of every response, and compresses pages.
pub(crate) struct Outermost {
    pub(crate) https: bool,
}

pub(crate) struct OutermostEndpoint<E> {
    inner: E,
    https: bool,
}

impl<E: Endpoint> Middleware<E> for Outermost {
    type Output = OutermostEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        OutermostEndpoint { inner, https: self.https }
    }
}

impl<E: Endpoint> Endpoint for OutermostEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let id = request_id(request.headers().get(X_REQUEST_ID));
        let accepts_gzip = AcceptsGzip::of(request.headers());
        let client = request.remote_addr().as_socket_addr().map(|address| address.ip());
        let span = tracing::info_span!(
            "request",
            id = id.to_str().unwrap_or_default(),
            client = client.map(field::display),
        );
        let asked = tracing::enabled!(tracing::Level::DEBUG)
            .then(|| (request.method().clone(), request.uri().path().to_owned()));
        let mut response = self.inner.get_response(request).instrument(span.clone()).await;
        if let Some((method, path)) = asked {
            let status = response.status().as_u16();
            span.in_scope(|| tracing::debug!(%method, ?path, status, "answered"));
        }
        compress_page(&mut response, accepts_gzip).await;
        let headers = response.headers_mut();
        headers.reserve(16);
        headers.insert(X_REQUEST_ID, id);
        complete(headers, self.https);
        Ok(response)
    }
}
