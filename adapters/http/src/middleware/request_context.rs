use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response, Result,
    http::{HeaderName, HeaderValue},
};
use tracing::Instrument;
use uuid::Uuid;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_ID_BYTES: usize = 64;

/// Gives every request an id, which its response carries, and a span, which its log lines carry.
pub(crate) struct RequestContext;

pub(crate) struct RequestContextEndpoint<E>(E);

impl<E: Endpoint> Middleware<E> for RequestContext {
    type Output = RequestContextEndpoint<E>;

    fn transform(&self, endpoint: E) -> Self::Output {
        RequestContextEndpoint(endpoint)
    }
}

impl<E: Endpoint> Endpoint for RequestContextEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let id = request_id(request.headers().get(X_REQUEST_ID));
        let span = tracing::info_span!(
            "request",
            // Visible ASCII, or ours.
            id = id.to_str().unwrap_or_default(),
            client = request
                .remote_addr()
                .as_socket_addr()
                .map(|address| tracing::field::display(address.ip())),
        );
        let mut response = self.0.get_response(request).instrument(span).await.into_response();
        response.headers_mut().insert(X_REQUEST_ID, id);
        Ok(response)
    }
}

/// The caller's id if it is a sane one; it ends up in logs.
fn request_id(sent: Option<&HeaderValue>) -> HeaderValue {
    let is_sane = |id: &&HeaderValue| {
        (1..=MAX_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    sent.filter(is_sane).cloned().unwrap_or_else(new_request_id)
}

#[allow(clippy::disallowed_methods, reason = "an id for logs, which no rule depends on")]
fn new_request_id() -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    let id = Uuid::new_v4().hyphenated().encode_lower(&mut buffer);
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_id_is_kept() {
        for id in ["1", "a-B_3.~", &"x".repeat(64)] {
            let id = HeaderValue::from_str(id).unwrap();
            assert_eq!(request_id(Some(&id)), id);
        }
    }

    #[test]
    fn any_other_id_is_replaced() {
        for id in ["", "with space", "tab\there", "caf\u{e9}", &"x".repeat(65)] {
            let id = HeaderValue::from_bytes(id.as_bytes()).unwrap();
            assert_eq!(request_id(Some(&id)).len(), 36, "{id:?}");
        }
        assert_ne!(request_id(None), request_id(None));
    }
}
