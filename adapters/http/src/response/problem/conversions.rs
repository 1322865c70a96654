//! Conversions of errors into problems.

use coach_core::{
    domain::InvalidRegistration,
    ports::{AccessTokensError, PasswordHasherError, RepositoryError, SaveUserError},
    services::{
        AuthenticateError, ChangePasswordError, ChoosePasswordError, ConfirmPasswordError,
        FindPracticeError, LoginError, RedeemCodeError, RefreshError, RegisterError,
        StartPracticeError, UpdateProfileError,
    },
};
use poem::error::{CorsError, NotFoundError, ParsePathError, ReadBodyError};

use super::{FieldError, Problem, ProblemType};

/// Converts an error of the framework. Its text may reveal internals, so the response has a text of ours.
impl From<poem::Error> for Problem {
    fn from(error: poem::Error) -> Self {
        // The path of a `ParsePathError` is not UTF-8.
        if error.is::<NotFoundError>() || error.is::<ParsePathError>() {
            return Self::not_found();
        }
        if error.is::<CorsError>() {
            return ProblemType::CrossSite.into();
        }
        if let Some(error) = error.downcast_ref::<ReadBodyError>() {
            return error.into();
        }
        error.downcast::<Self>().unwrap_or_else(|error| {
            tracing::error!(?error, "request failed");
            Self::internal()
        })
    }
}

impl From<&ReadBodyError> for Problem {
    fn from(error: &ReadBodyError) -> Self {
        match error {
            ReadBodyError::PayloadTooLarge => ProblemType::PayloadTooLarge.into(),
            _ => Self::new(
                ProblemType::MalformedBody,
                "The request body was cut off. Send it again.",
            ),
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

/// Returns the problem of a new password in `field`.
fn new_password(field: &'static str, error: ChoosePasswordError) -> Problem {
    match error {
        ChoosePasswordError::Weak(error) => {
            Problem::invalid_input(vec![FieldError::new(field, error.to_string())])
        }
        ChoosePasswordError::PasswordHasher(error) => error.into(),
    }
}

impl From<RedeemCodeError> for Problem {
    fn from(error: RedeemCodeError) -> Self {
        match error {
            RedeemCodeError::Choose(error) => new_password("new_password", error),
            RedeemCodeError::InvalidCode => ProblemType::InvalidCode.into(),
            RedeemCodeError::Inactive => ProblemType::AccountInactive.into(),
            RedeemCodeError::Repository(error) => error.into(),
            RedeemCodeError::AccessTokens(error) => error.into(),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Choose(error) => new_password("password", error),
            RegisterError::Save(error) => error.into(),
            RegisterError::AccessTokens(error) => error.into(),
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
            LoginError::AccessTokens(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::InvalidToken => ProblemType::InvalidRefreshToken.into(),
            RefreshError::Repository(error) => error.into(),
            RefreshError::AccessTokens(error) => error.into(),
        }
    }
}

impl From<ConfirmPasswordError> for Problem {
    fn from(error: ConfirmPasswordError) -> Self {
        match error {
            ConfirmPasswordError::WrongPassword => ProblemType::WrongPassword.into(),
            ConfirmPasswordError::SessionEnded => Self::session_ended(),
            ConfirmPasswordError::PasswordHasher(error) => error.into(),
            ConfirmPasswordError::Repository(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::Choose(error) => new_password("new_password", error),
            ChangePasswordError::Confirm(error) => error.into(),
            ChangePasswordError::AccessTokens(error) => error.into(),
        }
    }
}

impl From<UpdateProfileError> for Problem {
    fn from(error: UpdateProfileError) -> Self {
        match error {
            UpdateProfileError::Confirm(error) => error.into(),
            UpdateProfileError::Save(error) => error.into(),
        }
    }
}

impl From<SaveUserError> for Problem {
    fn from(error: SaveUserError) -> Self {
        match error {
            SaveUserError::EmailTaken => ProblemType::EmailTaken.into(),
            SaveUserError::Repository(error) => error.into(),
        }
    }
}

impl From<StartPracticeError> for Problem {
    fn from(error: StartPracticeError) -> Self {
        match error {
            StartPracticeError::SessionEnded => Self::session_ended(),
            StartPracticeError::Repository(error) => error.into(),
        }
    }
}

impl From<FindPracticeError> for Problem {
    fn from(error: FindPracticeError) -> Self {
        match error {
            FindPracticeError::NotFound => Self::not_found(),
            FindPracticeError::Repository(error) => error.into(),
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

impl From<PasswordHasherError> for Problem {
    fn from(error: PasswordHasherError) -> Self {
        match error {
            PasswordHasherError::Busy { retry_after } => Self::busy(retry_after),
            PasswordHasherError::Failed(_) => failed(&error),
        }
    }
}

impl From<RepositoryError> for Problem {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Unavailable(cause) => {
                tracing::warn!(%cause, "database unavailable");
                ProblemType::DatabaseUnavailable.into()
            }
            RepositoryError::Failed(_) => failed(&error),
        }
    }
}

impl From<AccessTokensError> for Problem {
    fn from(error: AccessTokensError) -> Self {
        failed(&error)
    }
}

fn failed(error: &dyn std::error::Error) -> Problem {
    tracing::error!(cause = error.source(), "{error}");
    Problem::internal()
}
