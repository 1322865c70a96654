//! Maps errors to status codes and RFC 9457 problems.

mod conversions;
mod kind;

use std::{borrow::Cow, time::Duration};

use poem::{
    IntoResponse, Response,
    error::ResponseError,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use serde::Serialize;

pub(crate) use self::{
    conversions::field_errors,
    kind::{Description, ProblemType},
};

pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// An error response.
#[derive(Debug, thiserror::Error)]
#[error("{kind:?}: {detail}")]
pub(crate) struct Problem {
    kind: ProblemType,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    allow: Option<HeaderValue>,
    /// Seconds after which to try again.
    retry_after: Option<u64>,
}

/// An invalid member of the request, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    pub(crate) field: Cow<'static, str>,
    pub(crate) message: String,
}

#[derive(Serialize)]
pub(crate) struct ProblemBody<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl From<ProblemType> for Problem {
    fn from(kind: ProblemType) -> Self {
        Self::new(kind, kind.describe().detail)
    }
}

impl FieldError {
    pub(crate) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl Problem {
    /// Creates a problem. `detail` is a sentence for a person.
    pub(crate) fn new(kind: ProblemType, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            allow: None,
            retry_after: kind.retry_after(),
        }
    }

    pub(crate) fn invalid_input(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [error] => error.message.clone(),
            errors => format!("{} fields are not valid.", errors.len()),
        };
        Self { errors, ..Self::new(ProblemType::InvalidInput, detail) }
    }

    pub(crate) fn method_not_allowed(allow: HeaderValue) -> Self {
        Self { allow: Some(allow), ..ProblemType::MethodNotAllowed.into() }
    }

    /// Creates a problem with the time until a retry can succeed, in whole seconds, at least one.
    pub(crate) fn busy(retry_after: Duration) -> Self {
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        Self { retry_after: Some(seconds.max(1)), ..ProblemType::Busy.into() }
    }

    /// Returns a problem that does not reveal its cause. Only the log has it.
    pub(crate) fn internal() -> Self {
        ProblemType::InternalError.into()
    }

    pub(crate) fn session_ended() -> Self {
        Self::new(ProblemType::AuthenticationRequired, "Your session has ended. Log in again.")
    }

    pub(crate) fn not_found() -> Self {
        ProblemType::NotFound.into()
    }

    pub(crate) fn kind(&self) -> ProblemType {
        self.kind
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Adds the headers that the problem needs in any format.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(challenge) = self.kind.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(allow) = &self.allow {
            headers.insert(header::ALLOW, allow.clone());
        }
    }

    /// Returns the JSON body.
    pub(crate) fn body(&self) -> ProblemBody<'_> {
        let Description { status, name, title, .. } = self.kind.describe();
        ProblemBody {
            r#type: format!("/problems/{name}"),
            title,
            status: status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        }
    }
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.kind.describe().status
    }

    fn as_response(&self) -> Response {
        let mut response = poem::web::Json(self.body()).into_response();
        response.set_status(self.status());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        self.add_headers(headers);
        response
    }
}
