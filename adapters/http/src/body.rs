//! Request bodies: the rules that hold for all, and JSON objects.

use std::{marker::PhantomData, time::Duration};

use poem::{
    Request, RequestBody,
    http::{HeaderMap, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::Type,
};
use serde_json::{Map, Value};

use crate::problem::{FieldError, Problem, ProblemType};

const MAX_BYTES: usize = 64 * 1024;
/// Who needs longer for 64 KiB holds a connection open for something else.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A JSON object. `T` describes it in the OpenAPI document; what it holds is read member by member, so that every bad
/// one is named at once.
pub(crate) struct JsonBody<T> {
    object: Map<String, Value>,
    errors: Vec<FieldError>,
    described_by: PhantomData<T>,
}

impl<T> JsonBody<T> {
    /// The text of a member that must be there.
    pub(crate) fn required_text(&mut self, field: &'static str) -> String {
        match self.object.remove(field) {
            Some(Value::String(text)) => return text,
            None | Some(Value::Null) => self.refuse(field, "This field is required."),
            Some(_) => self.refuse(field, "This field must be a string."),
        }
        String::new()
    }

    /// The text of a member that may be absent or null, which reads as empty.
    pub(crate) fn optional_text(&mut self, field: &'static str) -> String {
        match self.object.remove(field) {
            Some(Value::String(text)) => return text,
            None | Some(Value::Null) => {}
            Some(_) => self.refuse(field, "This field must be a string or null."),
        }
        String::new()
    }

    fn refuse(&mut self, field: &'static str, message: impl Into<String>) {
        self.errors.push(FieldError { field, message: message.into() });
    }

    /// What was read of a member; none, and an error, if it is not valid.
    pub(crate) fn accept<V, E: ToString>(
        &mut self,
        field: &'static str,
        parsed: Result<V, E>,
    ) -> Option<V> {
        parsed.map_err(|error| self.refuse(field, error.to_string())).ok()
    }

    /// Adds errors of fields that have none yet: a missing field is not also an empty one.
    pub(crate) fn refuse_all(&mut self, errors: Vec<FieldError>) {
        for error in errors {
            if self.errors.iter().all(|known| known.field != error.field) {
                self.errors.push(error);
            }
        }
    }

    /// Ends the reading: what was read if nothing is wrong with any member, else every error.
    pub(crate) fn finish<V>(self, read: Option<V>) -> Result<V, Problem> {
        read.filter(|_| self.errors.is_empty()).ok_or_else(|| Problem::invalid_input(self.errors))
    }

    async fn read(request: &Request, body: &mut RequestBody) -> Result<Self, Problem> {
        check_headers(request.headers())?;
        if !is_media_type(request, "application/json") {
            let detail = "Send the body as JSON, with Content-Type: application/json.";
            return Err(Problem::new(ProblemType::UnsupportedMediaType, detail));
        }
        let body = body.take().map_err(|error| Problem::from(&error))?;
        let bytes = tokio::time::timeout(READ_TIMEOUT, body.into_bytes_limit(MAX_BYTES))
            .await
            .map_err(|_| {
                Problem::new(ProblemType::RequestTimeout, "The body did not arrive in time.")
            })?
            .map_err(|error| Problem::from(&error))?;
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            Problem::new(
                ProblemType::MalformedBody,
                format!("The body is not valid JSON: {error}."),
            )
        })?;
        match value {
            Value::Object(object) => {
                Ok(Self { object, errors: Vec::new(), described_by: PhantomData })
            }
            _ => Err(Problem::new(ProblemType::InvalidInput, "The body must be a JSON object.")),
        }
    }
}

/// What holds for every body, read or not.
pub(crate) struct AnyBody;

fn check_headers(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BYTES as u64) {
        return Err(Problem::new(ProblemType::PayloadTooLarge, "The body is over 64 KiB."));
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
    let Some((essence, parameters)) = request
        .content_type()
        .map(|content_type| content_type.split_once(';').unwrap_or((content_type, "")))
    else {
        return false;
    };
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    essence.trim().eq_ignore_ascii_case(media_type)
        && charset.is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"))
}

impl<'a> poem::FromRequest<'a> for AnyBody {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let headers = request.headers();
        check_headers(headers)?;
        let is_empty = headers.get(header::TRANSFER_ENCODING).is_none()
            && headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
        let is_known = || {
            is_media_type(request, "application/json")
                || is_media_type(request, "application/x-www-form-urlencoded")
        };
        if is_empty || is_known() {
            return Ok(Self);
        }
        let detail = "Send the body as JSON or form data, or send none.";
        Err(Problem::new(ProblemType::UnsupportedMediaType, detail).into())
    }
}

impl<'a, T: Type> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content =
            vec![MetaMediaType { content_type: "application/json", schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self::read(request, body).await?)
    }
}
