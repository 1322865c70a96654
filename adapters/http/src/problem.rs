//! The one place where errors become status codes and RFC 9457 problems.

mod conversions;

use std::borrow::Cow;

use poem::{
    IntoResponse, Response,
    error::ResponseError,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use serde::Serialize;

pub(crate) use self::conversions::field_errors;

/// Every kind of problem that a client can meet. Its name in the `type` member is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemType {
    MalformedBody,
    MalformedAuthorization,
    AuthenticationRequired,
    InvalidToken,
    InvalidCredentials,
    InvalidRefreshToken,
    AccountInactive,
    WrongPassword,
    CrossSite,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    EmailTaken,
    PayloadTooLarge,
    UnsupportedMediaType,
    InvalidInput,
    InternalError,
    Busy,
    DatabaseUnavailable,
}

/// A refusal, on its way to the client.
#[derive(Debug, thiserror::Error)]
#[error("{kind:?}: {detail}")]
pub(crate) struct Problem {
    kind: ProblemType,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    allow: Option<HeaderValue>,
}

/// A member of the request that is not valid, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    pub(crate) field: &'static str,
    pub(crate) message: String,
}

#[derive(Serialize)]
struct ProblemBody<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl ProblemType {
    /// Status, name and title.
    const fn describe(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::MalformedBody => (StatusCode::BAD_REQUEST, "malformed-body", "Malformed body"),
            Self::MalformedAuthorization => {
                (StatusCode::BAD_REQUEST, "malformed-authorization", "Malformed authorization")
            }
            Self::AuthenticationRequired => {
                (StatusCode::UNAUTHORIZED, "authentication-required", "Authentication required")
            }
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid-token", "Invalid token"),
            Self::InvalidCredentials => {
                (StatusCode::UNAUTHORIZED, "invalid-credentials", "Invalid credentials")
            }
            Self::InvalidRefreshToken => {
                (StatusCode::UNAUTHORIZED, "invalid-refresh-token", "Invalid refresh token")
            }
            Self::WrongPassword => (StatusCode::FORBIDDEN, "wrong-password", "Wrong password"),
            Self::AccountInactive => {
                (StatusCode::FORBIDDEN, "account-inactive", "Account inactive")
            }
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross-site", "Cross-site request"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed")
            }
            Self::RequestTimeout => {
                (StatusCode::REQUEST_TIMEOUT, "request-timeout", "Request timeout")
            }
            Self::EmailTaken => (StatusCode::CONFLICT, "email-taken", "E-mail address taken"),
            Self::PayloadTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "payload-too-large", "Payload too large")
            }
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "Unsupported media type",
            ),
            Self::InvalidInput => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid-input", "Invalid input")
            }
            Self::InternalError => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "Internal error")
            }
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy"),
            Self::DatabaseUnavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "database-unavailable", "Database unavailable")
            }
        }
    }

    /// RFC 6750, section 3: the challenge of a 401, with a reason only if a token was sent.
    const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::AuthenticationRequired | Self::InvalidCredentials | Self::InvalidRefreshToken => {
                Some("Bearer")
            }
            Self::InvalidToken => Some(r#"Bearer error="invalid_token""#),
            _ => None,
        }
    }

    /// In seconds. Password work drains in a second or two; a database takes longer to come back.
    const fn retry_after(self) -> Option<&'static str> {
        match self {
            Self::Busy => Some("2"),
            Self::DatabaseUnavailable => Some("5"),
            _ => None,
        }
    }
}

impl Problem {
    /// `detail` is a sentence that the person at the other end understands.
    pub(crate) fn new(kind: ProblemType, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), allow: None }
    }

    pub(crate) fn invalid_input(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [error] => error.message.clone(),
            errors => format!("{} fields are not valid.", errors.len()),
        };
        Self { errors, ..Self::new(ProblemType::InvalidInput, detail) }
    }

    pub(crate) fn method_not_allowed(allow: HeaderValue) -> Self {
        let detail = "This path does not answer to this method; Allow lists those it answers to.";
        Self { allow: Some(allow), ..Self::new(ProblemType::MethodNotAllowed, detail) }
    }

    /// Says nothing of what happened; the log does.
    pub(crate) fn internal() -> Self {
        Self::new(ProblemType::InternalError, "Something went wrong on our side.")
    }

    pub(crate) fn authentication_required() -> Self {
        let detail = "Send an access token as Authorization: Bearer.";
        Self::new(ProblemType::AuthenticationRequired, detail)
    }

    /// A cookie is no token: the challenge names no error of one.
    pub(crate) fn session_over() -> Self {
        Self::new(ProblemType::AuthenticationRequired, "Your session is over. Log in again.")
    }

    pub(crate) fn payload_too_large() -> Self {
        Self::new(ProblemType::PayloadTooLarge, "The body is over 64 KiB.")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(ProblemType::NotFound, "There is nothing at this path.")
    }

    pub(crate) fn cross_site() -> Self {
        let detail =
            "Pages of other sites may not send this. Open the page of this site and try again.";
        Self::new(ProblemType::CrossSite, detail)
    }

    fn busy() -> Self {
        Self::new(
            ProblemType::Busy,
            "Too many people are signing in right now. Try again in a moment.",
        )
    }

    pub(crate) fn kind(&self) -> ProblemType {
        self.kind
    }

    pub(crate) fn title(&self) -> &'static str {
        self.kind.describe().2
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The headers of a refusal, whatever its body is.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(challenge) = self.kind.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.kind.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        if let Some(allow) = &self.allow {
            headers.insert(header::ALLOW, allow.clone());
        }
    }
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.kind.describe().0
    }

    fn as_response(&self) -> Response {
        let (status, name, title) = self.kind.describe();
        let body = ProblemBody {
            r#type: format!("/problems/{name}"),
            title,
            status: status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        };
        let mut response = poem::web::Json(body).into_response();
        response.set_status(status);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        self.add_headers(headers);
        response
    }
}
