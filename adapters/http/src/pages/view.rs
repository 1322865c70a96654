//! The values of each template.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use coach_core::domain::EmailAddress;
use serde::Serialize;

use crate::{
    html::View,
    request::LocalPath,
    response::{Notice, Problem, ProblemType},
};

/// A page with a form that signs a visitor in.
pub(super) trait FormPage: View {
    /// Tells the visitor that the form was accepted.
    const DONE: Option<Notice> = None;

    /// Returns the page after the sign-in.
    fn next(&self) -> &LocalPath;

    /// Adds the errors of the form.
    fn refuse(&mut self, problem: &Problem);
}

/// The form to sign in.
#[derive(Serialize)]
pub(super) struct LoginPage {
    pub(super) email: String,
    pub(super) next: LocalPath,
    pub(super) errors: FormErrors,
}

/// The form to create an account.
#[derive(Serialize)]
pub(super) struct RegisterPage {
    pub(super) email: String,
    pub(super) full_name: String,
    pub(super) next: LocalPath,
    pub(super) errors: FormErrors,
}

/// The form to choose a new password with a code.
#[derive(Serialize)]
pub(super) struct NewPasswordPage {
    pub(super) email: String,
    /// The code that was typed. It is shown again, because 32 symbols are hard to type twice.
    pub(super) code: String,
    pub(super) next: LocalPath,
    pub(super) errors: FormErrors,
}

/// The errors of a form and its fields.
#[derive(Default, Serialize)]
pub(super) struct FormErrors {
    fields: BTreeMap<&'static str, String>,
    form: Option<String>,
    /// Marks all fields as wrong, because the response does not reveal which one is.
    wrong_credentials: bool,
    /// Whether the template says whom to ask.
    is_inactive: bool,
    /// Whether the template offers to sign in.
    is_email_taken: bool,
    /// The field that gets the focus: the first one with an error.
    focus: Option<&'static str>,
}

/// The product, for a visitor.
#[derive(Serialize)]
pub(super) struct HomePage {}

/// A time in ISO 8601 and in words. The script shows it in the reader's zone.
#[derive(Serialize)]
pub(super) struct Time {
    iso: String,
    pub(super) text: String,
}

impl View for LoginPage {
    const TEMPLATE: &'static str = "auth/login.html";
}

impl View for RegisterPage {
    const TEMPLATE: &'static str = "auth/register.html";
}

impl View for NewPasswordPage {
    const TEMPLATE: &'static str = "auth/new_password.html";
}

impl View for HomePage {
    const TEMPLATE: &'static str = "home.html";
}

impl LoginPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self { email: String::new(), next, errors: FormErrors::none("email") }
    }

    /// Fills in the address and moves the focus to the password.
    pub(super) fn fill_in(&mut self, email: &EmailAddress) {
        self.email = email.to_string();
        self.errors = FormErrors::none("password");
    }
}

impl RegisterPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self {
            email: String::new(),
            full_name: String::new(),
            next,
            errors: FormErrors::none("email"),
        }
    }
}

impl NewPasswordPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self { email: String::new(), code: String::new(), next, errors: FormErrors::none("email") }
    }
}

impl FormPage for LoginPage {
    fn next(&self) -> &LocalPath {
        &self.next
    }

    fn refuse(&mut self, problem: &Problem) {
        self.errors = FormErrors::new(problem, &["email", "password"]);
    }
}

impl FormPage for RegisterPage {
    const DONE: Option<Notice> = Some(Notice::AccountCreated);

    fn next(&self) -> &LocalPath {
        &self.next
    }

    fn refuse(&mut self, problem: &Problem) {
        self.errors = FormErrors::new(problem, &["email", "full_name", "password"]);
    }
}

impl FormPage for NewPasswordPage {
    const DONE: Option<Notice> = Some(Notice::PasswordChanged);

    fn next(&self) -> &LocalPath {
        &self.next
    }

    fn refuse(&mut self, problem: &Problem) {
        self.errors = FormErrors::new(problem, &["email", "code", "new_password"]);
        if problem.kind() == ProblemType::InvalidCode {
            self.errors.focus = Some("code");
        }
    }
}

impl FormErrors {
    /// Returns the state of an empty form. `focus` is the field that gets the focus.
    fn none(focus: &'static str) -> Self {
        Self { focus: Some(focus), ..Self::default() }
    }

    /// Returns the errors of a form with these fields, in order. If no field has an error, the last one gets the focus.
    pub(super) fn new(problem: &Problem, fields: &[&'static str]) -> Self {
        let mut errors = Self {
            wrong_credentials: problem.kind() == ProblemType::InvalidCredentials,
            is_inactive: problem.kind() == ProblemType::AccountInactive,
            is_email_taken: problem.kind() == ProblemType::EmailTaken,
            ..Self::default()
        };
        for field in fields {
            let found = problem.errors().iter().find(|error| error.field == *field);
            errors.fields.extend(found.map(|error| (*field, error.message.clone())));
        }
        let detail = problem.detail().to_owned();
        match problem.kind() {
            ProblemType::AccountInactive => errors.form = Some("This account is inactive.".into()),
            ProblemType::EmailTaken => {
                errors.fields.insert("email", "This email is already registered.".into());
            }
            ProblemType::WrongPassword => errors.fields.extend([("current_password", detail)]),
            ProblemType::InvalidInput if !errors.fields.is_empty() => {}
            _ => errors.form = Some(detail),
        }
        let first = fields.iter().find(|field| errors.fields.contains_key(*field));
        errors.focus = first.or(fields.last()).copied();
        errors
    }
}

impl Time {
    /// Returns the time with only its day in words.
    pub(super) fn day(time: DateTime<Utc>) -> Self {
        Self { text: time.format("%-d %b %Y").to_string(), ..time.into() }
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(time: DateTime<Utc>) -> Self {
        Self {
            iso: time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            text: time.format("%-d %b %Y, %H:%M UTC").to_string(),
        }
    }
}
