//! The bodies of requests. Each is declared once for JSON, forms and the OpenAPI document.

use coach_core::domain::{
    EmailAddress, EmailUpdate, FullName, NewPassword, Password, PasswordCode, ProfileUpdate,
    Registration,
};
use poem_openapi::{Object, types::Example};

use super::body::{Fields, ReadFields};
use crate::response::{
    Problem,
    formatted::{AnyText, EmailText, NameText, NewPasswordText, PasswordText},
};

const EMAIL: &str = "test@example.com";
const PASSWORD: &str = "TestPass123!";

/// A registration.
#[derive(Object)]
#[oai(example)]
#[allow(dead_code, reason = "only describes the body, which is read field by field")]
pub(crate) struct RegisterRequest {
    /// The email address of the new account. Case does not matter.
    email: EmailText,
    /// At least 8 characters, and not easy to guess.
    password: NewPasswordText,
    /// The name of the user, or null.
    #[oai(nullable)]
    full_name: Option<NameText>,
}

impl Example for RegisterRequest {
    fn example() -> Self {
        Self { email: EMAIL.into(), password: PASSWORD.into(), full_name: Some("Test User".into()) }
    }
}

impl ReadFields for RegisterRequest {
    type Read = Registration;

    fn read(mut fields: Fields) -> Result<Registration, Problem> {
        let email = fields.required_text("email");
        let password = fields.required_text("password");
        let full_name = fields.optional_text("full_name").unwrap_or_default();
        let registration = Registration::parse(&email, &password, &full_name);
        let registration = registration.map_err(|invalid| fields.refuse_registration(invalid));
        fields.finish(registration.ok())
    }
}

/// A login.
#[derive(Object)]
#[oai(example)]
#[allow(dead_code, reason = "only describes the body, which is read field by field")]
pub(crate) struct LoginRequest {
    /// The email address of the account.
    email: AnyText,
    /// The password of the account.
    password: PasswordText,
}

impl Example for LoginRequest {
    fn example() -> Self {
        Self { email: EMAIL.into(), password: PASSWORD.into() }
    }
}

/// Checks only types and the length of the password. A malformed email address is treated like an unknown one.
impl ReadFields for LoginRequest {
    type Read = (String, Password);

    fn read(mut fields: Fields) -> Result<(String, Password), Problem> {
        let email = fields.required_text("email");
        let password = fields.required_text("password");
        let password = fields.accept("password", Password::parse(&password));
        fields.finish(password.map(|password| (email, password)))
    }
}

/// A request for new tokens.
#[derive(Object)]
#[oai(example)]
#[allow(dead_code, reason = "only describes the body, which is read field by field")]
pub(crate) struct RefreshRequest {
    /// The newest refresh token of the session.
    refresh_token: AnyText,
}

impl Example for RefreshRequest {
    fn example() -> Self {
        Self { refresh_token: crate::response::EXAMPLE_REFRESH_TOKEN.into() }
    }
}

impl ReadFields for RefreshRequest {
    type Read = String;

    fn read(mut fields: Fields) -> Result<String, Problem> {
        let token = fields.required_text("refresh_token");
        fields.finish(Some(token))
    }
}

/// Reads the password with which a signed-in user confirms a change.
fn current_password(fields: &mut Fields) -> Option<Password> {
    let current = fields.required_text("current_password");
    fields.accept("current_password", Password::parse_current(&current))
}

/// A password change.
#[derive(Object)]
#[oai(example)]
#[allow(dead_code, reason = "only describes the body, which is read field by field")]
pub(crate) struct PasswordRequest {
    /// The current password.
    current_password: PasswordText,
    /// At least 8 characters, and not easy to guess.
    new_password: NewPasswordText,
}

impl Example for PasswordRequest {
    fn example() -> Self {
        Self { current_password: PASSWORD.into(), new_password: "another long passphrase".into() }
    }
}

impl ReadFields for PasswordRequest {
    type Read = (Password, NewPassword);

    fn read(mut fields: Fields) -> Result<(Password, NewPassword), Problem> {
        let current = current_password(&mut fields);
        let new = fields.required_text("new_password");
        let new = fields.accept("new_password", NewPassword::parse(&new));
        fields.finish(current.zip(new))
    }
}

/// A new password, chosen with a one-time code.
#[derive(Object)]
#[oai(example)]
#[allow(dead_code, reason = "only describes the body, which is read field by field")]
pub(crate) struct NewPasswordRequest {
    /// The email address of the account.
    email: AnyText,
    /// The code from the operator. Case, spaces and hyphens do not matter.
    code: AnyText,
    /// At least 8 characters, and not easy to guess.
    new_password: NewPasswordText,
}

impl Example for NewPasswordRequest {
    fn example() -> Self {
        Self {
            email: EMAIL.into(),
            code: "7Q2M-9XKD-0F4T-BW8N-3HVA-6ZJR-EC1P-5YGS".into(),
            new_password: PASSWORD.into(),
        }
    }
}

/// Checks only types and the new password. A malformed email address or code is treated like a wrong one.
impl ReadFields for NewPasswordRequest {
    type Read = (String, PasswordCode, NewPassword);

    fn read(mut fields: Fields) -> Result<Self::Read, Problem> {
        let email = fields.required_text("email");
        let code = fields.required_text("code");
        let new = fields.required_text("new_password");
        let new = fields.accept("new_password", NewPassword::parse(&new));
        fields.finish(new.map(|new| (email, PasswordCode::read(&code), new)))
    }
}

/// A profile change. Absent members keep their values.
#[derive(Object)]
#[oai(example)]
#[allow(dead_code, reason = "only describes the body, which is read field by field")]
pub(crate) struct ProfileRequest {
    /// The new name of the user. Null clears it.
    #[oai(nullable)]
    full_name: Option<NameText>,
    /// The new email address. It needs `current_password`.
    #[oai(nullable)]
    email: Option<EmailText>,
    /// The current password.
    #[oai(nullable)]
    current_password: Option<PasswordText>,
}

impl Example for ProfileRequest {
    fn example() -> Self {
        Self {
            full_name: Some("Test User".into()),
            email: Some("new@example.com".into()),
            current_password: Some(PASSWORD.into()),
        }
    }
}

impl ReadFields for ProfileRequest {
    type Read = ProfileUpdate;

    fn read(mut fields: Fields) -> Result<ProfileUpdate, Problem> {
        let full_name = fields.nullable_text("full_name").map(Option::unwrap_or_default);
        let full_name = full_name.map(|name| fields.accept("full_name", FullName::parse(&name)));
        let email = fields.optional_text("email");
        // Only a new address needs the password, but another type is an error in any case.
        let current = match email {
            Some(_) => current_password(&mut fields),
            None => {
                let current = fields.optional_text("current_password").unwrap_or_default();
                fields.accept("current_password", Password::parse(&current))
            }
        };
        let email = email.and_then(|email| fields.accept("email", EmailAddress::parse(&email)));
        let email = email
            .zip(current)
            .map(|(email, current_password)| EmailUpdate { email, current_password });
        fields.finish(Some(ProfileUpdate { full_name: full_name.flatten(), email }))
    }
}

/// The deletion of an account.
#[derive(Object)]
#[oai(example)]
#[allow(dead_code, reason = "only describes the body, which is read field by field")]
pub(crate) struct DeleteRequest {
    /// The current password.
    current_password: PasswordText,
}

impl Example for DeleteRequest {
    fn example() -> Self {
        Self { current_password: PASSWORD.into() }
    }
}

impl ReadFields for DeleteRequest {
    type Read = Password;

    fn read(mut fields: Fields) -> Result<Password, Problem> {
        let current = current_password(&mut fields);
        fields.finish(current)
    }
}
