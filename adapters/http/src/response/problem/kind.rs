use poem::http::StatusCode;

/// The kinds of problems. Their names in the `type` member are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemType {
    MalformedBody,
    MalformedAuthorization,
    MalformedHost,
    AuthenticationRequired,
    InvalidToken,
    InvalidCredentials,
    InvalidRefreshToken,
    InvalidCode,
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

/// The texts of a kind of problem.
pub(crate) struct Description {
    pub(crate) status: StatusCode,
    /// The last segment of the problem's `type`.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The default `detail`.
    pub(crate) detail: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) action: &'static str,
}

impl ProblemType {
    pub(crate) const ALL: [Self; 21] = [
        Self::MalformedBody,
        Self::MalformedAuthorization,
        Self::MalformedHost,
        Self::AuthenticationRequired,
        Self::InvalidToken,
        Self::InvalidCredentials,
        Self::InvalidRefreshToken,
        Self::InvalidCode,
        Self::AccountInactive,
        Self::WrongPassword,
        Self::CrossSite,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::EmailTaken,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidInput,
        Self::InternalError,
        Self::Busy,
        Self::DatabaseUnavailable,
    ];

    /// Returns the kind with this name, if there is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.describe().name == name)
    }

    pub(crate) const fn describe(self) -> Description {
        match self {
            Self::MalformedBody => Description {
                status: StatusCode::BAD_REQUEST,
                name: "malformed-body",
                title: "Malformed body",
                detail: "The request body is not well-formed. Send valid JSON or form data.",
                meaning: "The request body is not well-formed JSON or form data.",
                action: "Check that the body is complete, is encoded in UTF-8 and matches its Content-Type.",
            },
            Self::MalformedAuthorization => Description {
                status: StatusCode::BAD_REQUEST,
                name: "malformed-authorization",
                title: "Malformed authorization",
                detail: "Send one Authorization header.",
                meaning: "The request has more than one Authorization header.",
                action: "Send exactly one: Authorization: Bearer, followed by the access token.",
            },
            Self::MalformedHost => Description {
                status: StatusCode::BAD_REQUEST,
                name: "malformed-host",
                title: "Malformed host",
                detail: "Send exactly one Host header with the name of the server.",
                meaning: "The Host header is missing, malformed or repeated.",
                action: "Send exactly one Host header, as HTTP/1.1 requires (RFC 9112, section 3.2).",
            },
            Self::AuthenticationRequired => Description {
                status: StatusCode::UNAUTHORIZED,
                name: "authentication-required",
                title: "Authentication required",
                detail: "Send an access token as Authorization: Bearer.",
                meaning: "The request has no credential, or its session has ended.",
                action: "Log in and send the access token as Authorization: Bearer.",
            },
            Self::InvalidToken => Description {
                status: StatusCode::UNAUTHORIZED,
                name: "invalid-token",
                title: "Invalid token",
                detail: "The access token is invalid or expired, or its session has ended. Log in again.",
                meaning: "The access token is invalid or expired, or its session has ended.",
                action: "Get a new access token from POST /auth/refresh. If that fails, log in again.",
            },
            Self::InvalidCredentials => Description {
                status: StatusCode::UNAUTHORIZED,
                name: "invalid-credentials",
                title: "Invalid credentials",
                detail: "The email address or the password is wrong.",
                meaning: "The email address is unknown or the password is wrong. The response does not reveal which.",
                action: "Check both and try again.",
            },
            Self::InvalidRefreshToken => Description {
                status: StatusCode::UNAUTHORIZED,
                name: "invalid-refresh-token",
                title: "Invalid refresh token",
                detail: "The refresh token is invalid or was used before, or its session has ended. Log in again.",
                meaning: "The refresh token is invalid or was used before, or its session has ended. A reused token \
                          ends its session, because it may be stolen.",
                action: "Log in again. Keep only the newest refresh token and use it once.",
            },
            Self::InvalidCode => Description {
                status: StatusCode::UNAUTHORIZED,
                name: "invalid-code",
                title: "Invalid code",
                detail: "The code is not valid for this email address. Check both, or ask the operator for a new code.",
                meaning: "The code is wrong, was used, was replaced or has expired, or it belongs to another email \
                          address. The response does not reveal which. A code works once and for one hour, and ten \
                          wrong tries end it.",
                action: "Check the email address and the code. If they are right, ask the operator for a new code.",
            },
            Self::AccountInactive => Description {
                status: StatusCode::FORBIDDEN,
                name: "account-inactive",
                title: "Account inactive",
                detail: "This account is inactive. Ask the operator to activate it.",
                meaning: "The password or code is right, but an operator deactivated the account.",
                action: "Ask the operator of this service to activate the account.",
            },
            Self::WrongPassword => Description {
                status: StatusCode::FORBIDDEN,
                name: "wrong-password",
                title: "Wrong password",
                detail: "The current password is wrong. Nothing was changed.",
                meaning: "The current password in the request is wrong.",
                action: "Check the current password and try again.",
            },
            Self::CrossSite => Description {
                status: StatusCode::FORBIDDEN,
                name: "cross-site",
                title: "Cross-site request",
                detail: "This request came from another site and was refused. Open this site and try again there.",
                meaning: "A page of another site made the browser send the request. That site is not in CORS_ORIGINS.",
                action: "Open this site and repeat the action there. The operator can add trusted sites to CORS_ORIGINS.",
            },
            Self::NotFound => Description {
                status: StatusCode::NOT_FOUND,
                name: "not-found",
                title: "Not found",
                detail: "Nothing was found at this path. Check the path.",
                meaning: "Nothing exists at this path, or it belongs to another user.",
                action: "Check the path. /docs lists every route.",
            },
            Self::MethodNotAllowed => Description {
                status: StatusCode::METHOD_NOT_ALLOWED,
                name: "method-not-allowed",
                title: "Method not allowed",
                detail: "This path does not support this method. Use one that the Allow header lists.",
                meaning: "The path exists but does not support the method of the request.",
                action: "Use one of the methods in the Allow header.",
            },
            Self::RequestTimeout => Description {
                status: StatusCode::REQUEST_TIMEOUT,
                name: "request-timeout",
                title: "Request timeout",
                detail: "The request body did not arrive in time. Try again.",
                meaning: "The request took too long to arrive.",
                action: "Try again over a better connection.",
            },
            Self::EmailTaken => Description {
                status: StatusCode::CONFLICT,
                name: "email-taken",
                title: "Email address taken",
                detail: "This email address is already registered. Sign in to that account, or use another address.",
                meaning: "Another account has this email address. Upper and lower case do not matter.",
                action: "Log in to that account, or use another address.",
            },
            Self::PayloadTooLarge => Description {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                name: "payload-too-large",
                title: "Payload too large",
                detail: "The request body is larger than 64 KiB. Send a smaller one.",
                meaning: "The request body is larger than 64 KiB.",
                action: "Send a smaller body.",
            },
            Self::UnsupportedMediaType => Description {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                name: "unsupported-media-type",
                title: "Unsupported media type",
                detail: "Send the body as JSON, with Content-Type: application/json.",
                meaning: "The body has a Content-Encoding or no Content-Type, or is neither JSON nor form data.",
                action: "Send JSON with Content-Type: application/json, without a Content-Encoding.",
            },
            Self::InvalidInput => Description {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                name: "invalid-input",
                title: "Invalid input",
                detail: "Enter an email address like name@example.com.",
                meaning: "A field is missing, repeated, invalid or of the wrong type.",
                action: "Correct every field that the errors member names and try again.",
            },
            Self::InternalError => Description {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                name: "internal-error",
                title: "Internal error",
                detail: "Something went wrong on our side. Try again in a moment.",
                meaning: "The server failed. Its log has the cause under the X-Request-Id of the response.",
                action: "Try again in a moment. If it fails again, send the X-Request-Id to the operator.",
            },
            Self::Busy => Description {
                status: StatusCode::SERVICE_UNAVAILABLE,
                name: "busy",
                title: "Busy",
                detail: "Too many people are signing in right now. Try again in a moment.",
                meaning: "The queue of passwords to check is full.",
                action: "Try again after the number of seconds in the Retry-After header.",
            },
            Self::DatabaseUnavailable => Description {
                status: StatusCode::SERVICE_UNAVAILABLE,
                name: "database-unavailable",
                title: "Database unavailable",
                detail: "The service cannot reach its database right now. Try again in a moment.",
                meaning: "The server cannot reach its database, or the database does not answer in time.",
                action: "Try again after the number of seconds in the Retry-After header.",
            },
        }
    }

    /// Returns the challenge of a 401. It names an error only if a token was sent (RFC 6750, section 3).
    pub(crate) const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::AuthenticationRequired
            | Self::InvalidCredentials
            | Self::InvalidRefreshToken
            | Self::InvalidCode => Some("Bearer"),
            Self::InvalidToken => Some(r#"Bearer error="invalid_token""#),
            _ => None,
        }
    }

    /// Returns the default number of seconds after which to try again. The password queue gives its own estimate; a
    /// database takes longer to recover.
    pub(crate) const fn retry_after(self) -> Option<u64> {
        match self {
            Self::Busy => Some(1),
            Self::DatabaseUnavailable => Some(5),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_in_all_and_found_by_its_name() {
        for kind in ProblemType::ALL {
            assert_eq!(ProblemType::named(kind.describe().name), Some(kind));
        }
        // The last variant's number shows that the list is complete.
        assert_eq!(ProblemType::DatabaseUnavailable as usize + 1, ProblemType::ALL.len());
        assert_eq!(ProblemType::named("nothing"), None);
    }
}
