//! What registering and logging in read of a body, be it JSON or a form: one place for both.

use coach_core::{
    domain::{Password, Registration, RegistrationForm, User},
    services::{AuthService, CheckPasswordError, CheckRegistrationError, ChosenPassword},
};

use crate::{
    body::Fields,
    problem::{FieldError, Problem, field_errors},
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

/// A change of password that may be made, if the current one is right.
pub(crate) struct NewPasswords {
    pub(crate) current: Password,
    pub(crate) new: ChosenPassword,
}

/// Reads a change of password, with every bad field named at once.
pub(crate) async fn password_change(
    auth: &AuthService,
    user: &User,
    mut fields: Fields,
) -> Result<NewPasswords, Problem> {
    let current = fields.required_text("current_password");
    let new = fields.required_text("new_password");
    let current = fields.accept("current_password", Password::parse(&current));
    let new = match auth.check_new_password(user, &new).await {
        Ok(new) => Some(new),
        Err(CheckPasswordError::Invalid(error)) => {
            fields.refuse_all(vec![FieldError::new("new_password", error.to_string())]);
            None
        }
        Err(CheckPasswordError::Busy) => return Err(CheckPasswordError::Busy.into()),
    };
    fields.finish(current.zip(new).map(|(current, new)| NewPasswords { current, new }))
}
