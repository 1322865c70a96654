//! What each template is given. Nothing in here decides; a template shows all of it.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use coach_core::{
    domain::{AuthSession, FullName, NewPassword, SessionId, User},
    services::Authenticated,
};
use poem::error::ResponseError;
use serde::Serialize;

use super::local_path::LocalPath;
use crate::problem::{Problem, ProblemType};

/// A page: a template and what it is given.
pub(super) trait View: Serialize {
    const TEMPLATE: &'static str;
    /// The block that HTMX swaps.
    const SWAPPED: &'static str;
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
#[derive(Default, Serialize)]
pub(super) struct FormErrors {
    email: Option<String>,
    password: Option<String>,
    full_name: Option<String>,
    form: Option<String>,
}

/// The home page of somebody, or of nobody.
#[derive(Serialize)]
pub(super) struct HomePage {
    user: Option<UserView>,
}

#[derive(Serialize)]
struct UserView {
    name: Option<String>,
    email: String,
    last_login: Option<Time>,
    created_at: Time,
    sessions: Vec<SessionView>,
    more_sessions: usize,
}

#[derive(Serialize)]
struct SessionView {
    is_current: bool,
    created_at: Time,
    last_seen_at: Time,
}

/// A time for machines and for people.
#[derive(Serialize)]
struct Time {
    iso: String,
    text: String,
}

/// A request that was refused.
#[derive(Serialize)]
pub(super) struct ErrorPage {
    status: u16,
    title: &'static str,
    detail: Cow<'static, str>,
    advice: &'static str,
}

impl View for LoginPage {
    const TEMPLATE: &'static str = "auth/login.html";
    const SWAPPED: &'static str = "form";
}

impl View for RegisterPage {
    const TEMPLATE: &'static str = "auth/register.html";
    const SWAPPED: &'static str = "form";
}

impl View for HomePage {
    const TEMPLATE: &'static str = "home.html";
    const SWAPPED: &'static str = "content";
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "error.html";
    const SWAPPED: &'static str = "content";
}

impl LoginPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self { email: String::new(), next, errors: FormErrors::default() }
    }
}

impl RegisterPage {
    pub(super) fn new(next: LocalPath) -> Self {
        Self {
            email: String::new(),
            full_name: String::new(),
            next,
            errors: FormErrors::default(),
            min_characters: NewPassword::MIN_CHARACTERS,
            max_name_characters: FullName::MAX_CHARACTERS,
        }
    }
}

impl From<&Problem> for FormErrors {
    fn from(problem: &Problem) -> Self {
        let field = |name: &str| {
            let error = problem.errors().iter().find(|error| error.field == name);
            error.map(|error| error.message.clone())
        };
        let mut errors = Self {
            email: field("email"),
            password: field("password"),
            full_name: field("full_name"),
            form: None,
        };
        match problem.kind() {
            ProblemType::EmailTaken => errors.email = Some(problem.detail().to_owned()),
            ProblemType::InvalidInput => {}
            _ => errors.form = Some(problem.detail().to_owned()),
        }
        errors
    }
}

impl HomePage {
    pub(super) const fn signed_out() -> Self {
        Self { user: None }
    }

    pub(super) fn signed_in(visitor: Authenticated, sessions: &[AuthSession]) -> Self {
        /// More than that nobody reads here.
        const SHOWN: usize = 10;
        let current = visitor.session.id;
        Self {
            user: Some(UserView {
                sessions: sessions
                    .iter()
                    .take(SHOWN)
                    .map(|session| SessionView::new(session, current))
                    .collect(),
                more_sessions: sessions.len().saturating_sub(SHOWN),
                ..UserView::from(visitor.user)
            }),
        }
    }
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            name: user.full_name.as_ref().map(FullName::as_str).map(str::to_owned),
            email: user.email.to_string(),
            last_login: user.last_login.map(Time::from),
            created_at: user.created_at.into(),
            sessions: Vec::new(),
            more_sessions: 0,
        }
    }
}

impl SessionView {
    fn new(session: &AuthSession, current: SessionId) -> Self {
        Self {
            is_current: session.id == current,
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

impl ErrorPage {
    pub(super) fn new(problem: &Problem) -> Self {
        Self {
            status: problem.status().as_u16(),
            title: problem.title(),
            detail: detail(problem),
            advice: advice(problem.kind()),
        }
    }
}

/// What is wrong, for who looks at a page: where a client of the API is told of methods and headers, a person is not.
fn detail(problem: &Problem) -> Cow<'static, str> {
    match problem.kind() {
        ProblemType::NotFound => "There is no page at this address.".into(),
        ProblemType::MethodNotAllowed => "This address is no page that can be opened.".into(),
        ProblemType::AuthenticationRequired => "You are not signed in.".into(),
        _ => problem.detail().to_owned().into(),
    }
}

/// What a person can do about it.
const fn advice(kind: ProblemType) -> &'static str {
    match kind {
        ProblemType::CrossSite => {
            "Nothing was changed. If you were filling in a form, open this site in a new tab and fill it in there."
        }
        ProblemType::NotFound => "The address may be misspelt, or the page may be gone.",
        ProblemType::Busy | ProblemType::DatabaseUnavailable => {
            "Nothing that you sent was kept. Go back and try again in a few seconds."
        }
        ProblemType::InternalError => {
            "It has been written down, and it is not your fault. Try again in a moment."
        }
        ProblemType::AuthenticationRequired | ProblemType::InvalidToken => "Log in and try again.",
        ProblemType::PayloadTooLarge | ProblemType::MalformedBody => {
            "Nothing was changed. Go back, shorten what you typed and send it again."
        }
        _ => "Nothing was changed. Go back and try again, or start from the home page.",
    }
}
