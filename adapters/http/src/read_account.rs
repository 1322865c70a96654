//! What registering and logging in read of a body, be it JSON or a form: one place for both.

use coach_core::{
    domain::{Password, Registration, RegistrationForm},
    services::{AuthService, CheckRegistrationError},
};

use crate::{
    body::Fields,
    problem::{Problem, field_errors},
};

/// Somebody who logs in: an address as it was typed, and a password.
pub(crate) struct Login {
    pub(crate) email: String,
    pub(crate) password: Password,
}

/// Reads a login. Nothing but the types and the password's length matters here: the rest is for the core to compare.
pub(crate) fn login(mut fields: Fields) -> Result<Login, Problem> {
    let email = fields.required_text("email");
    let password = fields.required_text("password");
    let password = fields.accept("password", Password::parse(&password));
    fields.finish(password.map(|password| Login { email, password }))
}

/// Reads a registration, with every bad field named at once.
pub(crate) async fn registration(
    auth: &AuthService,
    mut fields: Fields,
) -> Result<Registration, Problem> {
    let email = fields.required_text("email");
    let password = fields.required_text("password");
    let full_name = fields.optional_text("full_name");
    let form = RegistrationForm { email: &email, password: &password, full_name: &full_name };
    let registration = match auth.check_registration(form).await {
        Ok(registration) => Some(registration),
        Err(CheckRegistrationError::Invalid(invalid)) => {
            fields.refuse_all(field_errors(invalid));
            None
        }
        Err(busy) => return Err(busy.into()),
    };
    fields.finish(registration)
}
