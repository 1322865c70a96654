//! Request bodies: the rules that hold for all of them.

mod fields;
mod form;
mod json;

use std::time::Duration;

use mime::Mime;
use poem::{
    Request, RequestBody,
    http::{HeaderMap, header},
};

pub(crate) use self::{
    fields::Fields,
    form::{FormBody, is_form},
    json::JsonBody,
};
use crate::problem::{Problem, ProblemType};

const MAX_BYTES: usize = 64 * 1024;
/// Who needs longer for 64 KiB holds a connection open for something else.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Whether the body is JSON, and the answer therefore, too.
pub(crate) fn is_json(request: &Request) -> bool {
    is_media_type(request, JSON)
}

/// The bytes of a body, up to the limits of size and time.
async fn read(body: &mut RequestBody) -> Result<Vec<u8>, Problem> {
    let body = body.take().map_err(|error| Problem::from(&error))?;
    tokio::time::timeout(READ_TIMEOUT, body.into_bytes_limit(MAX_BYTES))
        .await
        .map_err(|_| Problem::new(ProblemType::RequestTimeout, "The body did not arrive in time."))?
        .map(Vec::from)
        .map_err(|error| Problem::from(&error))
}

/// What holds for every body, read or not.
pub(crate) struct AnyBody;

fn check_headers(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BYTES as u64) {
        return Err(Problem::payload_too_large());
    }
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

impl<'a> poem::FromRequest<'a> for AnyBody {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let headers = request.headers();
        check_headers(headers)?;
        let is_empty = headers.get(header::TRANSFER_ENCODING).is_none()
            && headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
        let is_known = || is_media_type(request, JSON) || is_media_type(request, FORM);
        if is_empty || is_known() {
            return Ok(Self);
        }
        let detail = "Send the body as JSON or form data, or send none.";
        Err(Problem::new(ProblemType::UnsupportedMediaType, detail).into())
    }
}
