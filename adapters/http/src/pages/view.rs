//! What each template is given, in words for a person.

use chrono::{DateTime, Utc};
use coach_core::domain::{FullName, NewPassword, SessionDetails, SessionId, User};
use serde::Serialize;

use super::local_path::LocalPath;
use crate::problem::{Problem, ProblemType};

/// A page: a template and what it is given.
pub(super) trait View: Serialize {
    const TEMPLATE: &'static str;
}

/// A page with a form that somebody submits to sign in.
pub(super) trait FormPage: View {
    /// Where they go then.
    fn next(&self) -> &LocalPath;

    /// Shows what is wrong with what they submitted.
    fn refuse(&mut self, problem: &Problem);
}

/// The form by which somebody logs in.
#[derive(Serialize)]
pub(super) struct LoginPage {
    pub(super) email: String,
    pub(super) next: LocalPath,
    pub(super) errors: FormErrors,
}

/// The form by which somebody registers.
#[derive(Serialize)]
pub(super) struct RegisterPage {
    pub(super) email: String,
    pub(super) full_name: String,
    pub(super) next: LocalPath,
    pub(super) errors: FormErrors,
    min_characters: usize,
    max_name_characters: usize,
}

/// What is wrong with a form: with fields, or with the whole.
#[derive(Serialize)]
pub(super) struct FormErrors {
    email: Option<String>,
    full_name: Option<String>,
    password: Option<String>,
    form: Option<String>,
    /// Nobody may know which of the two is wrong.
    wrong_credentials: bool,
    /// The field that the person goes on with: the first that is wrong.
    focus: &'static str,
}

/// The home page of somebody, or of nobody.
#[derive(Serialize)]
pub(super) struct HomePage {
    user: Option<UserView>,
}

/// All that somebody can see and do about their account.
#[derive(Serialize)]
pub(super) struct AccountPage {
    user: UserView,
    sessions: Vec<SessionView>,
    errors: PasswordErrors,
    min_characters: usize,
}

/// What is wrong with a change of password.
#[derive(Serialize)]
struct PasswordErrors {
    current_password: Option<String>,
    new_password: Option<String>,
    form: Option<String>,
    wrong_credentials: bool,
    focus: &'static str,
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

/// A time for machines and for people.
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

impl View for HomePage {
    const TEMPLATE: &'static str = "home.html";
}

impl View for AccountPage {
    const TEMPLATE: &'static str = "account.html";
}

impl LoginPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self { email: String::new(), next, errors: FormErrors::none() }
    }
}

impl RegisterPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self {
            email: String::new(),
            full_name: String::new(),
            next,
            errors: FormErrors::none(),
            min_characters: NewPassword::MIN_CHARACTERS,
            max_name_characters: FullName::MAX_CHARACTERS,
        }
    }
}

impl FormPage for LoginPage {
    fn next(&self) -> &LocalPath {
        &self.next
    }

    fn refuse(&mut self, problem: &Problem) {
        self.errors = FormErrors::new(problem, "password");
    }
}

impl FormPage for RegisterPage {
    fn next(&self) -> &LocalPath {
        &self.next
    }

    fn refuse(&mut self, problem: &Problem) {
        self.errors = FormErrors::new(problem, "email");
    }
}

impl FormErrors {
    const fn none() -> Self {
        Self {
            email: None,
            full_name: None,
            password: None,
            form: None,
            wrong_credentials: false,
            focus: "email",
        }
    }

    /// `otherwise` is the field to go on with where the whole form was refused.
    fn new(problem: &Problem, otherwise: &'static str) -> Self {
        let field = |name: &str| field_error(problem, name);
        let mut errors = Self {
            email: field("email"),
            full_name: field("full_name"),
            password: field("password"),
            wrong_credentials: problem.kind() == ProblemType::InvalidCredentials,
            ..Self::none()
        };
        match problem.kind() {
            ProblemType::EmailTaken => errors.email = Some(problem.detail().to_owned()),
            ProblemType::InvalidInput => {}
            _ => errors.form = Some(problem.detail().to_owned()),
        }
        let in_order = [
            ("email", &errors.email),
            ("full_name", &errors.full_name),
            ("password", &errors.password),
        ];
        let first = in_order.iter().find(|(_, error)| error.is_some());
        errors.focus = first.map_or(otherwise, |(name, _)| name);
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

impl AccountPage {
    /// `problem` is what a change of password was refused for.
    pub(super) fn new(
        user: &User,
        sessions: &[SessionDetails],
        current: SessionId,
        problem: Option<&Problem>,
    ) -> Self {
        Self {
            user: user.into(),
            sessions: sessions.iter().map(|session| SessionView::new(session, current)).collect(),
            errors: PasswordErrors::new(problem),
            min_characters: NewPassword::MIN_CHARACTERS,
        }
    }
}

impl PasswordErrors {
    fn new(problem: Option<&Problem>) -> Self {
        let mut errors = Self {
            current_password: problem.and_then(|problem| field_error(problem, "current_password")),
            new_password: problem.and_then(|problem| field_error(problem, "new_password")),
            form: None,
            wrong_credentials: false,
            focus: "",
        };
        let Some(problem) = problem else { return errors };
        let detail = || Some(problem.detail().to_owned());
        match problem.kind() {
            ProblemType::WrongPassword => errors.current_password = detail(),
            ProblemType::InvalidInput => {}
            _ => errors.form = detail(),
        }
        let only_new = errors.current_password.is_none() && errors.new_password.is_some();
        errors.focus = if only_new { "new_password" } else { "current_password" };
        errors
    }
}

/// What a problem says of a field.
fn field_error(problem: &Problem, field: &str) -> Option<String> {
    let error = problem.errors().iter().find(|error| error.field == field);
    error.map(|error| error.message.clone())
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
