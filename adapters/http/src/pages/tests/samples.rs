use chrono::{DateTime, TimeDelta, Utc};
use coach_core::{
    domain::{
        AuditEntry, AuditEntryId, AuthSession, Client, EmailAddress, EventName, EventOrigin,
        FullName, InvalidRegistration, NewPassword, OperatorName, SessionDetails, SessionId,
        SessionPolicy, User, UserAgent, UserId, UserSession, WeakPassword,
    },
    services::{
        ChangePasswordError, ChoosePasswordError, ConfirmPasswordError, LoginError,
        RedeemCodeError, RegisterError,
    },
};
use minijinja::{Value, value::Serde};

use super::{
    super::{
        account::{
            sessions::{Clock, SessionList, Shown},
            view::{AccountForm, AccountPage},
        },
        docs::DocsPage,
        problem_page::ProblemPage,
        view::{FormPage, HomePage, LoginPage, NewPasswordPage, RegisterPage},
    },
    practice::practice_samples,
};
use crate::{
    html::{Assets, ErrorPage, Frame, Templates, View},
    request::{CurrentUser, LocalPath, Visitor},
    response::{FieldError, Notice, Problem, ProblemType, field_errors},
    support::{SupportContact, SupportView},
};

/// A template with the values of one state.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) template: &'static str,
    frame: Frame,
    view: Value,
}

impl Sample {
    pub(super) fn render(&self, templates: &Templates) -> String {
        templates.render(self.template, &self.frame, &self.view).unwrap()
    }
}

fn sample<V: View>(name: &'static str, view: V) -> Sample {
    sample_for(&Visitor::signed_out(), name, view)
}

/// A page of a signed-in user.
pub(super) fn signed_in<V: View>(name: &'static str, user: User, view: V) -> Sample {
    let caller = UserSession { user, session: session(0).session };
    let user = CurrentUser { caller, by_cookie: true };
    sample_for(&Visitor::signed_in(user), name, view)
}

fn sample_with<V: View>(notice: Notice, name: &'static str, view: V) -> Sample {
    let mut visitor = Visitor::signed_out();
    visitor.tell(notice);
    sample_for(&visitor, name, view)
}

fn sample_for<V: View>(visitor: &Visitor, name: &'static str, view: V) -> Sample {
    let frame = Frame::new(visitor);
    Sample { name, template: V::TEMPLATE, frame, view: Value::from(Serde(view)) }
}

/// Returns the templates with asset names without hashes, so that snapshots do not depend on the content of assets.
pub(super) fn templates(cdn: bool) -> Templates {
    templates_with(cdn, &SupportContact::Operator)
}

pub(super) fn templates_with(cdn: bool, support: &SupportContact) -> Templates {
    let assets = Assets::new(cdn.then_some("https://cdn.example"));
    let assets = Assets {
        stylesheet: "/assets/style.css".to_owned(),
        theme_script: "/assets/theme.js".to_owned(),
        script: "/assets/pages.js".to_owned(),
        icon: "/assets/icon.svg".to_owned(),
        picture: "/assets/icon-512.png".to_owned(),
        ..assets
    };
    Templates::new(assets, "https://coach.example", &SupportView::from(support))
}

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = practice_samples();
    samples.extend(other_samples());
    samples
}

fn other_samples() -> Vec<Sample> {
    let home = LocalPath::parse("/", |_| true);
    let next = LocalPath::parse("/account?tab=sessions", |_| true);
    let markup = r#""><script>alert('x')</script>&amp;"#;
    vec![
        sample("docs", DocsPage::new(["swagger-ui.css", "docs.css", "swagger-ui.js", "docs.js"])),
        sample("problem_email_taken", ProblemPage::new(ProblemType::EmailTaken)),
        sample("login", LoginPage::new(next.clone())),
        sample("login_refused", {
            let mut page = LoginPage::new(next.clone());
            page.email = "test@example.com".to_owned();
            page.refuse(&Problem::from(LoginError::InvalidCredentials));
            page
        }),
        sample("login_filled_in", {
            let mut page = LoginPage::new(home.clone());
            page.fill_in(&EmailAddress::parse("test@example.com").unwrap());
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
        sample("new_password", NewPasswordPage::new(next.clone())),
        sample("new_password_invalid_code", {
            let mut page = NewPasswordPage::new(home.clone());
            (page.email, page.code) = ("test@example.com".to_owned(), markup.to_owned());
            page.refuse(&Problem::from(RedeemCodeError::InvalidCode));
            page
        }),
        sample("new_password_weak", {
            let mut page = NewPasswordPage::new(home.clone());
            (page.email, page.code) = (markup.to_owned(), "7Q2M 9XKD".to_owned());
            page.refuse(&Problem::from(RedeemCodeError::Choose(weak().into())));
            page
        }),
        sample("register", RegisterPage::new(home.clone())),
        sample("register_invalid", {
            let mut page = RegisterPage::new(next);
            page.email = "nobody".to_owned();
            page.full_name = "Test User".to_owned();
            page.refuse(&Problem::invalid_input(field_errors(InvalidRegistration {
                email: EmailAddress::parse("nobody").err(),
                password: NewPassword::parse("short").err(),
                full_name: FullName::parse(&"x".repeat(101)).err(),
            })));
            page
        }),
        sample("register_weak_password", {
            let mut page = RegisterPage::new(home.clone());
            page.email = "test@example.com".to_owned();
            page.refuse(&Problem::from(RegisterError::Choose(weak().into())));
            page
        }),
        sample("register_email_taken", {
            let mut page = RegisterPage::new(home.clone());
            page.email = "test@example.com".to_owned();
            page.refuse(&Problem::from(ProblemType::EmailTaken));
            page
        }),
        sample("register_with_markup", {
            let mut page = RegisterPage::new(home.clone());
            (page.email, page.full_name) = (markup.to_owned(), markup.to_owned());
            page.refuse(&Problem::new(ProblemType::Busy, markup));
            page
        }),
        sample("home_signed_out", HomePage {}),
        sample_with(Notice::SignedOut, "login_after_signing_out", LoginPage::new(home.clone())),
        sample_with(Notice::YourSessionEnded, "login_session_ended", LoginPage::new(home.clone())),
        signed_in("account", user(None, None), {
            let sessions: Vec<_> = (0..3).map(session).collect();
            account(&user(Some("Test User"), Some(noon())), &sessions, None)
        }),
        signed_in("account_many_sessions", user(None, None), {
            let sessions: Vec<_> = (0..25).map(session).collect();
            account_showing(Shown::read("20"), &user(None, None), &sessions, None)
        }),
        signed_in("account_wrong_password", user(None, None), {
            let problem = Problem::from(ConfirmPasswordError::WrongPassword);
            account(&user(None, None), &[session(0)], Some((AccountForm::Password, &problem)))
        }),
        signed_in("account_weak_password", user(None, None), {
            let weak = ChangePasswordError::from(ChoosePasswordError::from(weak()));
            let problem = Problem::from(weak);
            account(&user(None, None), &[session(0)], Some((AccountForm::Password, &problem)))
        }),
        signed_in("account_busy_with_markup", user(Some(markup), None), {
            let problem = Problem::new(ProblemType::Busy, markup);
            let mut sessions = [session(0), session(1)];
            sessions[1].client.user_agent = UserAgent::read(markup);
            let form = AccountForm::profile(markup.to_owned(), markup.to_owned());
            account(&user(Some(markup), None), &sessions, Some((form, &problem)))
        }),
        signed_in("account_email_taken", user(None, None), {
            let form = AccountForm::profile(String::new(), "taken@example.com".to_owned());
            let problem = ProblemType::EmailTaken.into();
            account(&user(None, None), &[session(0)], Some((form, &problem)))
        }),
        signed_in("account_deletion_refused", user(None, None), {
            let problem = Problem::from(ConfirmPasswordError::WrongPassword);
            account(&user(None, None), &[session(0)], Some((AccountForm::Delete, &problem)))
        }),
        sample("error_not_found", ErrorPage::new(&Problem::not_found())),
        signed_in(
            "error_signed_in",
            user(Some("Test User"), None),
            ErrorPage::new(&Problem::not_found()),
        ),
        sample_for(
            &Visitor::unknown(),
            "error_database_unavailable",
            ErrorPage::new(&ProblemType::DatabaseUnavailable.into()),
        ),
        sample("error_cross_site", ErrorPage::new(&ProblemType::CrossSite.into())),
        sample("error_internal", ErrorPage::new(&Problem::internal())),
        sample(
            "error_with_markup",
            ErrorPage::new(&Problem::new(ProblemType::InvalidInput, markup)),
        ),
    ]
}

fn weak() -> WeakPassword {
    let advice = "This is a top-10 common password. Add another word or two.".to_owned();
    WeakPassword { advice }
}

fn missing(fields: &[&'static str]) -> Problem {
    let error = |field: &&'static str| FieldError::new(field, "This field is required.");
    Problem::invalid_input(fields.iter().map(error).collect())
}

pub(super) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_984_000, 0).unwrap()
}

fn session(number: u8) -> SessionDetails {
    let session = AuthSession {
        id: SessionId::from_random([number; 16]),
        user_id: UserId(1),
        created_at: noon() - TimeDelta::hours(i64::from(number)),
        last_seen_at: noon() - TimeDelta::minutes(i64::from(number) * 40),
        refresh_generation: 0,
        previous_login: Some(noon() - TimeDelta::days(2)),
    };
    let user_agent = UserAgent::read(USER_AGENTS[usize::from(number) % USER_AGENTS.len()]);
    let known = Client { user_agent, ip: Some([203, 0, 113, number].into()) };
    SessionDetails { session, client: if number == 2 { Client::default() } else { known } }
}

/// One for each icon.
const USER_AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) Version/26.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Android 16; Tablet; rv:145.0) Gecko/145.0 Firefox/145.0",
    "curl/8.5.0",
];

fn account(
    user: &User,
    sessions: &[SessionDetails],
    refused: Option<(AccountForm, &Problem)>,
) -> AccountPage {
    account_showing(Shown::default(), user, sessions, refused)
}

fn account_showing(
    shown: Shown,
    user: &User,
    sessions: &[SessionDetails],
    refused: Option<(AccountForm, &Problem)>,
) -> AccountPage {
    let caller = UserSession { user: user.clone(), session: session(0).session };
    let policy = SessionPolicy { max_age: TimeDelta::days(30), idle_timeout: TimeDelta::days(7) };
    let clock = Clock { now: noon(), policy: &policy };
    let sessions = SessionList::new(sessions, &caller.session, shown, clock);
    AccountPage::new(&caller, sessions, &events(), refused)
}

/// Events of the person, of an operator, and of another version of the server.
fn events() -> [AuditEntry; 3] {
    let operator = OperatorName::read("deploy");
    let ip = "203.0.113.7".parse().ok();
    let events = [
        ("login-failed", EventOrigin { ip, operator: None }),
        ("code-issued", EventOrigin { ip: None, operator }),
        ("passkey-added", EventOrigin::default()),
    ];
    events.map(|(name, origin)| AuditEntry {
        id: AuditEntryId(1),
        at: noon(),
        event: EventName::restore(name),
        user_id: Some(UserId(1)),
        session_id: None,
        origin,
        details: None,
    })
}

pub(super) fn user(name: Option<&str>, last_login: Option<DateTime<Utc>>) -> User {
    User {
        id: UserId(1),
        email: EmailAddress::parse("test@example.com").unwrap(),
        full_name: FullName::parse(name.unwrap_or_default()).unwrap(),
        is_active: true,
        last_login,
        created_at: noon() - TimeDelta::days(30),
    }
}
