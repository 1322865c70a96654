//! The values of each template.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use coach_core::domain::{FullName, NewPassword, SessionDetails, SessionId, User, UserSession};
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
    min_characters: usize,
    max_name_characters: usize,
}

/// The form to choose a new password with a code.
#[derive(Serialize)]
pub(super) struct NewPasswordPage {
    pub(super) email: String,
    /// The code that was typed. It is shown again, because 32 symbols are hard to type twice.
    pub(super) code: String,
    pub(super) next: LocalPath,
    pub(super) errors: FormErrors,
    min_characters: usize,
}

/// The errors of a form and its fields.
#[derive(Default, Serialize)]
pub(super) struct FormErrors {
    fields: BTreeMap<&'static str, String>,
    form: Option<String>,
    /// Marks all fields as wrong, because the response does not reveal which one is.
    wrong_credentials: bool,
    /// The field that gets the focus: the first one with an error.
    focus: Option<&'static str>,
}

/// The home page, signed in or not.
#[derive(Serialize)]
pub(super) struct HomePage {
    user: Option<UserView>,
}

/// The account page.
#[derive(Serialize)]
pub(super) struct AccountPage {
    user: UserView,
    sessions: Vec<SessionView>,
    profile: ProfileView,
    errors: AccountErrors,
    min_characters: usize,
    max_name_characters: usize,
}

/// A form of the account page, with its text except passwords.
pub(super) enum AccountForm {
    Profile(ProfileView),
    Password,
    Delete,
}

/// The fields of the profile form.
#[derive(Serialize)]
pub(super) struct ProfileView {
    full_name: String,
    email: String,
}

/// The errors of each form of the account page.
#[derive(Default, Serialize)]
struct AccountErrors {
    profile: FormErrors,
    password: FormErrors,
    delete: FormErrors,
    any: bool,
}

#[derive(Serialize)]
struct UserView {
    name: Option<String>,
    email: String,
    last_login: Option<Time>,
    created_at: Time,
}

#[derive(Serialize)]
struct SessionView {
    id: String,
    is_current: bool,
    user_agent: Option<String>,
    ip: Option<String>,
    created_at: Time,
    last_seen_at: Time,
}

/// A time in ISO 8601 and in words.
#[derive(Serialize)]
struct Time {
    iso: String,
    text: String,
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

impl View for AccountPage {
    const TEMPLATE: &'static str = "account.html";
}

impl LoginPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self { email: String::new(), next, errors: FormErrors::none("email") }
    }
}

impl RegisterPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self {
            email: String::new(),
            full_name: String::new(),
            next,
            errors: FormErrors::none("email"),
            min_characters: NewPassword::MIN_CHARACTERS,
            max_name_characters: FullName::MAX_CHARACTERS,
        }
    }
}

impl NewPasswordPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self {
            email: String::new(),
            code: String::new(),
            next,
            errors: FormErrors::none("email"),
            min_characters: NewPassword::MIN_CHARACTERS,
        }
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
    fn new(problem: &Problem, fields: &[&'static str]) -> Self {
        let mut errors = Self {
            wrong_credentials: problem.kind() == ProblemType::InvalidCredentials,
            ..Self::default()
        };
        for field in fields {
            let found = problem.errors().iter().find(|error| error.field == *field);
            errors.fields.extend(found.map(|error| (*field, error.message.clone())));
        }
        let detail = problem.detail().to_owned();
        match problem.kind() {
            ProblemType::EmailTaken => errors.fields.extend([("email", detail)]),
            ProblemType::WrongPassword => errors.fields.extend([("current_password", detail)]),
            ProblemType::InvalidInput if !errors.fields.is_empty() => {}
            _ => errors.form = Some(detail),
        }
        let first = fields.iter().find(|field| errors.fields.contains_key(*field));
        errors.focus = first.or(fields.last()).copied();
        errors
    }
}

impl HomePage {
    pub(super) const fn signed_out() -> Self {
        Self { user: None }
    }

    pub(super) fn signed_in(user: &User) -> Self {
        Self { user: Some(user.into()) }
    }
}

impl AccountForm {
    pub(super) fn profile(full_name: String, email: String) -> Self {
        Self::Profile(ProfileView { full_name, email })
    }
}

impl AccountPage {
    pub(super) fn new(
        caller: &UserSession,
        sessions: &[SessionDetails],
        refused: Option<(AccountForm, &Problem)>,
    ) -> Self {
        let UserSession { user, session } = caller;
        let view = |details| SessionView::new(details, session.id);
        let mut page = Self {
            user: user.into(),
            sessions: sessions.iter().map(view).collect(),
            profile: ProfileView {
                full_name: user.full_name.as_ref().map_or("", FullName::as_str).to_owned(),
                email: user.email.to_string(),
            },
            errors: AccountErrors { any: refused.is_some(), ..AccountErrors::default() },
            min_characters: NewPassword::MIN_CHARACTERS,
            max_name_characters: FullName::MAX_CHARACTERS,
        };
        match refused {
            Some((AccountForm::Profile(typed), problem)) => {
                page.profile = typed;
                page.errors.profile =
                    FormErrors::new(problem, &["full_name", "email", "current_password"]);
            }
            Some((AccountForm::Password, problem)) => {
                page.errors.password =
                    FormErrors::new(problem, &["current_password", "new_password"]);
            }
            Some((AccountForm::Delete, problem)) => {
                page.errors.delete = FormErrors::new(problem, &["current_password"]);
            }
            None => {}
        }
        page
    }
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            name: user.full_name.as_ref().map(FullName::as_str).map(str::to_owned),
            email: user.email.to_string(),
            last_login: user.last_login.map(Time::from),
            created_at: user.created_at.into(),
        }
    }
}

impl SessionView {
    fn new(SessionDetails { session, client }: &SessionDetails, current: SessionId) -> Self {
        Self {
            id: session.id.to_string(),
            is_current: session.id == current,
            user_agent: client.user_agent.as_ref().map(|name| name.as_str().to_owned()),
            ip: client.ip.map(|ip| ip.to_string()),
            created_at: session.created_at.into(),
            last_seen_at: session.last_seen_at.into(),
        }
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(time: DateTime<Utc>) -> Self {
        Self {
            iso: time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            text: time.format("%-d %B %Y, %H:%M UTC").to_string(),
        }
    }
}
