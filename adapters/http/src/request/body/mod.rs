//! Request bodies: size, time limit, media type and parsing.

mod fields;
mod form;
mod json;
mod malformed;

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use mime::Mime;
use poem::{
    Request, RequestBody,
    error::ReadBodyError,
    http::{HeaderMap, header},
};

pub(crate) use self::{
    fields::Fields,
    form::{FormBody, is_form},
    json::{ApiBody, ReadFields},
};
use crate::response::{Problem, ProblemType};

const MAX_BYTES: usize = 64 * 1024;
/// With the ten seconds that the headers have, a request has thirty. Slower clients would only occupy connections.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Returns whether the body is JSON. If so, the response is too.
pub(crate) fn is_json(request: &Request) -> bool {
    is_media_type(request, JSON)
}

/// Reads the whole body of a request into memory. A response before the end of the body would close the connection, which
/// breaks clients with connection pools.
///
/// # Errors
///
/// Returns a problem if the body is too large, too slow or cut off. The connection cannot be reused then, because the rest of
/// the body may still arrive.
pub(crate) async fn read_ahead(request: &mut Request) -> Result<(), Problem> {
    let headers = request.headers();
    if !has_body(headers) {
        return Ok(());
    }
    if content_length(headers).is_some_and(|length| length > MAX_BYTES as u64) {
        return Err(ProblemType::PayloadTooLarge.into());
    }
    // Boxed, because this large future is not needed for most requests.
    let body = request.take_body().into_bytes_limit(MAX_BYTES).boxed();
    let body = match tokio::time::timeout(READ_TIMEOUT, body).await {
        Ok(Ok(body)) => body,
        Ok(Err(ReadBodyError::PayloadTooLarge)) => return Err(ProblemType::PayloadTooLarge.into()),
        Ok(Err(_)) => {
            return Err(Problem::new(
                ProblemType::MalformedBody,
                "The request body was cut off. Send it again.",
            ));
        }
        Err(_) => return Err(ProblemType::RequestTimeout.into()),
    };
    request.set_body(body);
    Ok(())
}

/// Returns the bytes of a body that [`read_ahead`] has read.
async fn bytes(body: &mut RequestBody) -> Result<Bytes, Problem> {
    let body = body.take().map_err(|_| Problem::internal())?;
    body.into_bytes().await.map_err(|_| Problem::internal())
}

/// Returns whether either header announces a body (RFC 9112, section 6).
fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || content_length(headers).is_some_and(|length| length > 0)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses a body with any `Content-Encoding`, even `identity`, which is reserved for `Accept-Encoding` (RFC 9110, section
/// 8.4.1).
fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        let detail = "Send the body uncompressed, without a Content-Encoding.";
        return Err(Problem::new(ProblemType::UnsupportedMediaType, detail));
    }
    Ok(())
}

/// Returns whether the body has the media type and is encoded in UTF-8.
fn is_media_type(request: &Request, media_type: &str) -> bool {
    let sent = request.content_type().and_then(|sent| sent.parse::<Mime>().ok());
    sent.is_some_and(|sent| {
        let charset = sent.get_param(mime::CHARSET);
        sent.essence_str() == media_type && charset.is_none_or(|charset| charset == mime::UTF_8)
    })
}

/// Ignores a body of JSON or form data, or an empty one. Refuses any other.
pub(crate) struct AnyBody;

impl<'a> poem::FromRequest<'a> for AnyBody {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let headers = request.headers();
        refuse_encoded(headers)?;
        let is_known = || is_media_type(request, JSON) || is_media_type(request, FORM);
        if !has_body(headers) || is_known() {
            return Ok(Self);
        }
        let detail = "Send JSON, form data or no body.";
        Err(Problem::new(ProblemType::UnsupportedMediaType, detail).into())
    }
}
