use chrono::{DateTime, TimeDelta, Utc};
use coach_core::{
    domain::{
        AuthSession, EmailAddress, FullName, InvalidRegistration, PasswordError, SessionId, User,
        UserId, WeakPassword,
    },
    services::{Authenticated, LoginError, RegisterError},
};
use minijinja::{Value, value::Serde};

use super::super::{
    assets::Assets,
    local_path::LocalPath,
    templates::Templates,
    view::{ErrorPage, FormPage, HomePage, LoginPage, RegisterPage, View},
};
use crate::problem::{Problem, ProblemType, field_errors};

/// A page as somebody sees it.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) template: &'static str,
    pub(super) context: Value,
}

fn sample<V: View>(name: &'static str, view: V) -> Sample {
    Sample { name, template: V::TEMPLATE, context: Value::from(Serde(view)) }
}

/// With names of assets that do not change with their content.
pub(super) fn templates(cdn: bool) -> Templates {
    let assets = Assets::new(cdn.then_some("https://cdn.example"));
    Templates::new(Assets {
        stylesheet: "/assets/style.css".to_owned(),
        script: "/assets/pages.js".to_owned(),
        icon: "/assets/icon.svg".to_owned(),
        ..assets
    })
}

pub(super) fn samples() -> Vec<Sample> {
    let home = LocalPath::parse("/");
    let account = LocalPath::parse("/account?tab=sessions");
    let markup = r#""><script>alert('x')</script>&amp;"#;
    vec![
        sample("login", LoginPage::new(account.clone())),
        sample("login_refused", {
            let mut page = LoginPage::new(account.clone());
            page.email = "test@example.com".to_owned();
            page.refuse(&Problem::from(LoginError::InvalidCredentials));
            page
        }),
        sample("login_missing_fields", {
            let mut page = LoginPage::new(home.clone());
            page.refuse(&missing(&["email", "password"]));
            page
        }),
        sample("login_with_markup", {
            let mut page = LoginPage::new(home.clone());
            page.email = markup.to_owned();
            page.refuse(&Problem::from(LoginError::Inactive));
            page
        }),
        sample("register", RegisterPage::new(home.clone())),
        sample("register_invalid", {
            let mut page = RegisterPage::new(account);
            page.email = "nobody".to_owned();
            page.full_name = "Test User".to_owned();
            page.refuse(&Problem::invalid_input(field_errors(InvalidRegistration {
                email: EmailAddress::parse("nobody").err(),
                password: Some(weak()),
                full_name: FullName::parse(&"x".repeat(101)).err(),
            })));
            page
        }),
        sample("register_weak_password", {
            let mut page = RegisterPage::new(home.clone());
            page.email = "test@example.com".to_owned();
            page.refuse(&Problem::invalid_input(field_errors(InvalidRegistration {
                password: Some(weak()),
                ..InvalidRegistration::default()
            })));
            page
        }),
        sample("register_email_taken", {
            let mut page = RegisterPage::new(home.clone());
            page.email = "test@example.com".to_owned();
            page.refuse(&Problem::from(RegisterError::EmailTaken));
            page
        }),
        sample("register_with_markup", {
            let mut page = RegisterPage::new(home);
            (page.email, page.full_name) = (markup.to_owned(), markup.to_owned());
            page.refuse(&Problem::new(ProblemType::Busy, markup));
            page
        }),
        sample("home_signed_out", HomePage::signed_out()),
        sample("home_first_session", HomePage::signed_in(&visitor(None, None), &[session(0)])),
        sample("home_signed_in", {
            let sessions: Vec<_> = (0..12).map(session).collect();
            HomePage::signed_in(&visitor(Some("Test User"), Some(noon())), &sessions)
        }),
        sample(
            "home_with_markup",
            HomePage::signed_in(&visitor(Some(markup), None), &[session(0)]),
        ),
        sample("error_not_found", ErrorPage::new(&Problem::not_found())),
        sample("error_cross_site", ErrorPage::new(&Problem::cross_site())),
        sample("error_internal", ErrorPage::new(&Problem::internal())),
        sample(
            "error_with_markup",
            ErrorPage::new(&Problem::new(ProblemType::MalformedBody, markup)),
        ),
    ]
}

fn weak() -> PasswordError {
    let advice = "This is a top-10 common password. Add another word or two.".to_owned();
    PasswordError::Weak(WeakPassword { advice })
}

fn missing(fields: &[&'static str]) -> Problem {
    let error = |field: &&'static str| crate::problem::FieldError {
        field,
        message: "This field is required.".to_owned(),
    };
    Problem::invalid_input(fields.iter().map(error).collect())
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_984_000, 0).unwrap()
}

fn session(number: u8) -> AuthSession {
    AuthSession {
        id: SessionId::from_random([number; 16]),
        user_id: UserId(1),
        created_at: noon() - TimeDelta::hours(i64::from(number)),
        last_seen_at: noon() - TimeDelta::minutes(i64::from(number)),
    }
}

fn visitor(name: Option<&str>, last_login: Option<DateTime<Utc>>) -> Authenticated {
    let user = User {
        id: UserId(1),
        email: EmailAddress::parse("test@example.com").unwrap(),
        full_name: FullName::parse(name.unwrap_or_default()).unwrap(),
        is_active: true,
        last_login,
        created_at: noon() - TimeDelta::days(30),
    };
    Authenticated { user, session: session(0), renewed: None }
}
