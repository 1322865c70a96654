//! Which error becomes which problem.

use coach_core::{
    domain::InvalidRegistration,
    ports::{PasswordHasherError, RepositoryError, TokenIssuerError},
    services::{
        AuthenticateError, ChangePasswordError, CheckPasswordError, CheckRegistrationError,
        LoginError, LogoutError, RefreshError, RegisterError,
    },
};
use poem::{
    error::{CorsError, MethodNotAllowedError, NotFoundError, ParsePathError, ReadBodyError},
    http::HeaderValue,
};

use super::{FieldError, Problem, ProblemType};

/// Reads an error of the framework. What it says is for us: the client gets a sentence of ours.
impl From<poem::Error> for Problem {
    fn from(error: poem::Error) -> Self {
        // A path that is not UTF-8 names nothing.
        if error.is::<NotFoundError>() || error.is::<ParsePathError>() {
            return Self::not_found();
        }
        if error.is::<MethodNotAllowedError>() {
            return Self::method_not_allowed(HeaderValue::from_static(""));
        }
        if error.is::<CorsError>() {
            let detail = "Pages of this origin may not send such a request.";
            return Self::new(ProblemType::CrossSite, detail);
        }
        if let Some(error) = error.downcast_ref::<ReadBodyError>() {
            return error.into();
        }
        error.downcast::<Self>().unwrap_or_else(|error| {
            tracing::error!(?error, "a request failed");
            Self::internal()
        })
    }
}

impl From<&ReadBodyError> for Problem {
    fn from(error: &ReadBodyError) -> Self {
        match error {
            ReadBodyError::PayloadTooLarge => Self::payload_too_large(),
            _ => Self::new(ProblemType::MalformedBody, "The body did not arrive whole."),
        }
    }
}

impl From<CheckRegistrationError> for Problem {
    fn from(error: CheckRegistrationError) -> Self {
        match error {
            CheckRegistrationError::Invalid(invalid) => Self::invalid_input(field_errors(invalid)),
            CheckRegistrationError::Busy => Self::busy(),
        }
    }
}

impl From<CheckPasswordError> for Problem {
    fn from(error: CheckPasswordError) -> Self {
        match error {
            CheckPasswordError::Invalid(error) => Self::invalid_input(vec![FieldError {
                field: "new_password",
                message: error.to_string(),
            }]),
            CheckPasswordError::Busy => Self::busy(),
        }
    }
}

pub(crate) fn field_errors(invalid: InvalidRegistration) -> Vec<FieldError> {
    let error =
        |field, message: Option<String>| message.map(|message| FieldError { field, message });
    [
        error("email", invalid.email.map(|error| error.to_string())),
        error("password", invalid.password.map(|error| error.to_string())),
        error("full_name", invalid.full_name.map(|error| error.to_string())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::EmailTaken => Self::new(
                ProblemType::EmailTaken,
                "There is an account with this e-mail address already. Log in instead.",
            ),
            RegisterError::PasswordHasher(error) => error.into(),
            RegisterError::Repository(error) => error.into(),
            RegisterError::TokenIssuer(error) => error.into(),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => Self::new(
                ProblemType::InvalidCredentials,
                "The e-mail address or the password is wrong.",
            ),
            LoginError::Inactive => {
                Self::new(ProblemType::AccountInactive, "This account is inactive.")
            }
            LoginError::PasswordHasher(error) => error.into(),
            LoginError::Repository(error) => error.into(),
            LoginError::TokenIssuer(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::InvalidToken => Self::new(
                ProblemType::InvalidRefreshToken,
                "The refresh token is not valid, was spent, or its session is over. Log in again.",
            ),
            RefreshError::Repository(error) => error.into(),
            RefreshError::TokenIssuer(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::WrongPassword => Self::new(
                ProblemType::WrongPassword,
                "The current password is wrong. Nothing was changed.",
            ),
            ChangePasswordError::SessionOver => Self::session_over(),
            ChangePasswordError::PasswordHasher(error) => error.into(),
            ChangePasswordError::Repository(error) => error.into(),
            ChangePasswordError::TokenIssuer(error) => error.into(),
        }
    }
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::InvalidCredential => Self::new(
                ProblemType::InvalidToken,
                "The access token is not valid, has expired, or its session is over. Log in again.",
            ),
            AuthenticateError::Repository(error) => error.into(),
        }
    }
}

impl From<LogoutError> for Problem {
    fn from(LogoutError(error): LogoutError) -> Self {
        error.into()
    }
}

impl From<PasswordHasherError> for Problem {
    fn from(error: PasswordHasherError) -> Self {
        match error {
            PasswordHasherError::Busy => Self::busy(),
            PasswordHasherError::Failed(_) => failed(&error),
        }
    }
}

impl From<RepositoryError> for Problem {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Unavailable(cause) => {
                tracing::warn!(%cause, "the database is not available");
                Self::new(
                    ProblemType::DatabaseUnavailable,
                    "The service cannot reach its database right now. Try again in a moment.",
                )
            }
            RepositoryError::Failed(_) => failed(&error),
        }
    }
}

impl From<TokenIssuerError> for Problem {
    fn from(error: TokenIssuerError) -> Self {
        failed(&error)
    }
}

fn failed(error: &dyn std::error::Error) -> Problem {
    tracing::error!(cause = error.source(), "{error}");
    Problem::internal()
}
