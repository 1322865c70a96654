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
            return ProblemType::CrossSite.into();
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
            ReadBodyError::PayloadTooLarge => ProblemType::PayloadTooLarge.into(),
            _ => Self::new(ProblemType::MalformedBody, "The body did not arrive whole."),
        }
    }
}

impl From<CheckRegistrationError> for Problem {
    fn from(error: CheckRegistrationError) -> Self {
        match error {
            CheckRegistrationError::Invalid(invalid) => Self::invalid_input(field_errors(invalid)),
            CheckRegistrationError::Busy => ProblemType::Busy.into(),
        }
    }
}

impl From<CheckPasswordError> for Problem {
    fn from(error: CheckPasswordError) -> Self {
        match error {
            CheckPasswordError::Invalid(error) => {
                Self::invalid_input(vec![FieldError::new("new_password", error.to_string())])
            }
            CheckPasswordError::Busy => ProblemType::Busy.into(),
        }
    }
}

pub(crate) fn field_errors(invalid: InvalidRegistration) -> Vec<FieldError> {
    let error =
        |field, message: Option<String>| message.map(|message| FieldError::new(field, message));
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
            RegisterError::EmailTaken => ProblemType::EmailTaken.into(),
            RegisterError::PasswordHasher(error) => error.into(),
            RegisterError::Repository(error) => error.into(),
            RegisterError::TokenIssuer(error) => error.into(),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => ProblemType::InvalidCredentials.into(),
            LoginError::Inactive => ProblemType::AccountInactive.into(),
            LoginError::PasswordHasher(error) => error.into(),
            LoginError::Repository(error) => error.into(),
            LoginError::TokenIssuer(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::InvalidToken => ProblemType::InvalidRefreshToken.into(),
            RefreshError::Repository(error) => error.into(),
            RefreshError::TokenIssuer(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::WrongPassword => ProblemType::WrongPassword.into(),
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
            AuthenticateError::InvalidCredential => ProblemType::InvalidToken.into(),
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
            PasswordHasherError::Busy => ProblemType::Busy.into(),
            PasswordHasherError::Failed(_) => failed(&error),
        }
    }
}

impl From<RepositoryError> for Problem {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Unavailable(cause) => {
                tracing::warn!(%cause, "the database is not available");
                ProblemType::DatabaseUnavailable.into()
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
