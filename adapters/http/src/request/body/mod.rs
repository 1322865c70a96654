//! Request bodies: the rules that hold for all of them.

mod fields;
mod form;
mod json;

use std::time::Duration;

use bytes::Bytes;
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
/// A client that needs longer for 64 KiB holds a connection open for something else.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Whether the body is JSON. If so, the response is too.
pub(crate) fn is_json(request: &Request) -> bool {
    is_media_type(request, JSON)
}

/// Reads the body of a request to its end and keeps it in memory for the handler. A response that is sent before the
/// body has been read ends the connection, which surprises clients that keep connections in a pool.
///
/// # Errors
///
/// If the body is too large, too slow or cut off. The rest of it may still be on the connection, which cannot be used
/// again.
pub(crate) async fn read_ahead(request: &mut Request) -> Result<(), Problem> {
    let headers = request.headers();
    if !has_body(headers) {
        return Ok(());
    }
    if content_length(headers).is_some_and(|length| length > MAX_BYTES as u64) {
        return Err(ProblemType::PayloadTooLarge.into());
    }
    let body = request.take_body().into_bytes_limit(MAX_BYTES);
    let body = match tokio::time::timeout(READ_TIMEOUT, body).await {
        Ok(Ok(body)) => body,
        Ok(Err(ReadBodyError::PayloadTooLarge)) => return Err(ProblemType::PayloadTooLarge.into()),
        Ok(Err(_)) => {
            return Err(Problem::new(ProblemType::MalformedBody, "The body did not arrive whole."));
        }
        Err(_) => return Err(ProblemType::RequestTimeout.into()),
    };
    request.set_body(body);
    Ok(())
}

/// The bytes of a body that [`read_ahead`] has read.
async fn bytes(body: &mut RequestBody) -> Result<Bytes, Problem> {
    let body = body.take().map_err(|_| Problem::internal())?;
    body.into_bytes().await.map_err(|_| Problem::internal())
}

/// RFC 9112, section 6: a request has a body if either header announces one.
fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || content_length(headers).is_some_and(|length| length > 0)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    let is_encoded = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_encoded {
        let detail = "Send the body as it is, without a Content-Encoding.";
        return Err(Problem::new(ProblemType::UnsupportedMediaType, detail));
    }
    Ok(())
}

/// Whether the body is of the media type, in UTF-8.
fn is_media_type(request: &Request, media_type: &str) -> bool {
    let sent = request.content_type().and_then(|sent| sent.parse::<Mime>().ok());
    sent.is_some_and(|sent| {
        let charset = sent.get_param(mime::CHARSET);
        sent.essence_str() == media_type && charset.is_none_or(|charset| charset == mime::UTF_8)
    })
}

/// A body that is of a known kind or empty, and ignored.
pub(crate) struct AnyBody;

impl<'a> poem::FromRequest<'a> for AnyBody {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let headers = request.headers();
        refuse_encoded(headers)?;
        let is_known = || is_media_type(request, JSON) || is_media_type(request, FORM);
        if !has_body(headers) || is_known() {
            return Ok(Self);
        }
        let detail = "Send the body as JSON or form data, or send none.";
        Err(Problem::new(ProblemType::UnsupportedMediaType, detail).into())
    }
}
