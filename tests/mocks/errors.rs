//! The status and problem of every error of the core.

use std::time::Duration;

use coach_core::{
    domain::{AuthEvent, Credentials, User, UserSession, WeakPassword},
    ports::{
        AccessTokensError, Admission, LoginLookup, PasswordHasherError, PasswordStrengthError,
        RepositoryError, SaveUserError, Verdict,
    },
};
use coach_tests::{Answer, PASSWORD, Persona};
use serde_json::json;

use crate::fixture::{Mocks, credentials};

const SECRET_CAUSE: &str = "secret cause at /srv/db: SELECT password_hash";

const RETRY_AFTER: Duration = Duration::from_millis(3100);

fn unavailable() -> RepositoryError {
    RepositoryError::Unavailable(SECRET_CAUSE.into())
}

fn failed() -> RepositoryError {
    RepositoryError::Failed(SECRET_CAUSE.into())
}

fn hasher_failed() -> PasswordHasherError {
    PasswordHasherError::Failed(SECRET_CAUSE.into())
}

/// A failing mock, and the status and problem in the response.
type Case = (fn(&mut Mocks), u16, &'static str);

async fn check(cases: &[Case], send: impl AsyncFn(Persona) -> Answer) {
    for (number, (break_it, status, problem)) in cases.iter().enumerate() {
        let mut mocks = Mocks::new();
        break_it(&mut mocks);
        let answer = send(mocks.permissive().serve().await).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (*status, *problem),
            "case {number}"
        );
        assert!(!answer.text.contains("secret"), "{answer:?}");
        assert_eq!(answer.header("retry-after").is_some(), *status == 503, "{answer:?}");
        assert_eq!(answer.header("www-authenticate").is_some(), *status == 401, "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn registration_failures_become_problems() {
    let cases: [Case; 12] = [
        (
            |mocks| {
                mocks.password_strength.expect_check().returning(|_, _| {
                    Err(PasswordStrengthError::Busy { retry_after: RETRY_AFTER })
                });
            },
            503,
            "busy",
        ),
        (
            |mocks| {
                mocks
                    .password_strength
                    .expect_check()
                    .returning(|_, _| Err(WeakPassword { advice: "No.".into() }.into()));
            },
            422,
            "invalid-input",
        ),
        (
            |mocks| {
                mocks
                    .password_hasher
                    .expect_hash()
                    .returning(|_| Err(PasswordHasherError::Busy { retry_after: RETRY_AFTER }));
            },
            503,
            "busy",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_hash().returning(|_| Err(hasher_failed()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_hash().returning(|_| panic!("secret"));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.users.expect_create().returning(|_, _| Err(SaveUserError::EmailTaken));
            },
            409,
            "email-taken",
        ),
        (
            |mocks| {
                mocks.users.expect_create().returning(|_, _| Err(unavailable().into()));
            },
            503,
            "database-unavailable",
        ),
        (
            |mocks| {
                mocks.users.expect_create().returning(|_, _| Err(failed().into()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.users.expect_create().returning(|_, _| panic!("secret"));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks
                    .access_tokens
                    .expect_issue()
                    .returning(|_| Err(AccessTokensError(SECRET_CAUSE.into())));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.access_tokens.expect_issue().returning(|_| panic!("secret"));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.password_strength.expect_check().returning(|_, _| panic!("secret"));
            },
            500,
            "internal-error",
        ),
    ];
    check(&cases, async |anonymous| anonymous.register("test@example.com").await).await;
}

#[tokio::test]
async fn login_failures_become_problems() {
    let cases: [Case; 9] = [
        (
            |mocks| {
                mocks.users.expect_find_for_login().returning(|_| Ok(LoginLookup::default()));
            },
            401,
            "invalid-credentials",
        ),
        (
            |mocks| {
                mocks.users.expect_find_for_login().returning(|_| Err(unavailable()));
            },
            503,
            "database-unavailable",
        ),
        (
            |mocks| {
                mocks.users.expect_find_for_login().returning(|_| Err(failed()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_verify().returning(|_, _, _| Ok(Verdict::Wrong));
            },
            401,
            "invalid-credentials",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_verify().returning(|_, _, _| {
                    Err(PasswordHasherError::Busy { retry_after: RETRY_AFTER })
                });
            },
            503,
            "busy",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_verify().returning(|_, _, _| Err(hasher_failed()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                deactivate(mocks);
                mocks.sessions.expect_begin().returning(|_, _, _| Ok(None));
            },
            403,
            "account-inactive",
        ),
        (
            // The password changed after it was verified.
            |mocks| {
                mocks.sessions.expect_begin().returning(|_, _, _| Ok(None));
            },
            401,
            "invalid-credentials",
        ),
        (
            |mocks| {
                mocks.sessions.expect_begin().returning(|_, _, _| Err(unavailable()));
            },
            503,
            "database-unavailable",
        ),
    ];
    check(&cases, async |anonymous| anonymous.login("test@example.com", PASSWORD).await).await;
}

#[tokio::test]
async fn authentication_failures_become_problems() {
    let cases: [Case; 4] = [
        (
            |mocks| {
                mocks.sessions.expect_find().returning(|_| Ok(None));
            },
            401,
            "invalid-token",
        ),
        (
            |mocks| {
                mocks.sessions.expect_find().returning(|_| Err(unavailable()));
            },
            503,
            "database-unavailable",
        ),
        (
            |mocks| {
                mocks.sessions.expect_find().returning(|_| Err(failed()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.access_tokens.expect_verify().returning(|_| panic!("secret"));
            },
            500,
            "internal-error",
        ),
    ];
    check(&cases, async |anonymous| anonymous.with_token("valid").me().await).await;
}

#[tokio::test]
async fn logout_failures_become_problems() {
    // A 204 would claim that the session has ended.
    let cases: [Case; 2] = [
        (
            |mocks| {
                mocks.sessions.expect_end().returning(|_, _| Err(unavailable()));
            },
            503,
            "database-unavailable",
        ),
        (
            |mocks| {
                mocks.sessions.expect_end().returning(|_, _| Err(failed()));
            },
            500,
            "internal-error",
        ),
    ];
    check(&cases, async |anonymous| anonymous.with_token("valid").logout().await).await;
}

#[tokio::test]
async fn readiness_failure_becomes_a_problem() {
    let cases: [Case; 1] = [(
        |mocks| {
            mocks.health.expect_check().returning(|| Err(unavailable()));
        },
        503,
        "database-unavailable",
    )];
    check(&cases, async |anonymous| anonymous.get("/readyz").await).await;
}

/// ASVS 16.5.3.
#[tokio::test]
async fn healthz_succeeds_while_the_database_is_unavailable() {
    let mut mocks = Mocks::new();
    mocks.health.expect_check().returning(|| Err(unavailable()));
    let anonymous = mocks.serve().await;
    assert_eq!(anonymous.get("/healthz").await.status, 200);
    assert_eq!(anonymous.get("/readyz").await.status, 503);
}

#[tokio::test]
async fn refused_password_work_is_recorded_in_the_audit_log() {
    let mut mocks = Mocks::new();
    mocks
        .password_hasher
        .expect_verify()
        .returning(|_, _, _| Err(PasswordHasherError::Busy { retry_after: RETRY_AFTER }));
    let audit_log = mocks.audit_log.clone();
    let anonymous = mocks.permissive().serve().await;
    assert_eq!(anonymous.login("test@example.com", PASSWORD).await.status, 503);
    assert_eq!(audit_log.take(), [AuthEvent::PasswordWorkRefused]);
}

#[tokio::test]
async fn retry_after_is_the_estimate_in_whole_seconds_and_at_least_one() {
    for (retry_after, seconds) in
        [(Duration::ZERO, "1"), (Duration::from_millis(900), "1"), (RETRY_AFTER, "4")]
    {
        let mut mocks = Mocks::new();
        let busy = move || PasswordHasherError::Busy { retry_after };
        mocks.password_hasher.expect_verify().returning(move |_, _, _| Err(busy()));
        let anonymous = mocks.permissive().serve().await;
        let answer = anonymous.login("test@example.com", PASSWORD).await;
        assert_eq!(answer.header("retry-after"), Some(seconds));
        let page = anonymous.submit("/auth/login", &[("email", "a"), ("password", "b")]).await;
        assert_eq!((page.status, page.header("retry-after")), (503, Some(seconds)));
    }
}

/// ASVS 16.5.4.
#[tokio::test]
async fn panic_is_answered_with_500_and_the_server_keeps_running() {
    let mut mocks = Mocks::new();
    mocks.access_tokens.expect_verify().times(1).returning(|_| panic!("on purpose"));
    let persona = mocks.permissive().serve().await.with_token("valid");
    assert_eq!(persona.me().await.status, 500);
    assert_eq!(persona.me().await.status, 200);
}

#[tokio::test]
async fn weak_password_is_refused_with_advice() {
    let mut mocks = Mocks::new();
    mocks.password_hasher.expect_admit().returning(|| Ok(Admission::default()));
    let advice = "Add another word or two. Uncommon words are better.";
    mocks
        .password_strength
        .expect_check()
        .withf(|password, personal| {
            password.as_ref().expose() == "Test User 1"
                && personal == &["test@example.com", "Test User"]
        })
        .returning(move |_, _| Err(WeakPassword { advice: advice.to_owned() }.into()));
    let body =
        json!({"email": "Test@example.com", "password": "Test User 1", "full_name": " Test User "});
    let answer = mocks.serve().await.post("/auth/register", body).await;
    assert_eq!(answer.problem(), "invalid-input");
    let message = format!("That password is too easy to guess. {advice}");
    assert_eq!(answer.json()["errors"], json!([{"field": "password", "message": message}]));
    assert_eq!(answer.json()["detail"], message);
}

#[tokio::test]
async fn request_succeeds_even_if_its_use_cannot_be_stored() {
    let mut mocks = Mocks::new();
    mocks.sessions.expect_touch().times(1).returning(|_, _| Err(unavailable()));
    let clock = mocks.clock.clone();
    let old = crate::fixture::session(&clock);
    let user = crate::fixture::user(&clock);
    mocks
        .sessions
        .expect_find()
        .returning(move |_| Ok(Some(UserSession { session: old, user: user.clone() })));
    let claims = crate::fixture::claims(&clock);
    mocks.access_tokens.expect_verify().returning(move |_| Ok(claims));
    let persona = mocks.serve().await.with_token("valid");
    clock.advance(chrono::TimeDelta::minutes(5));
    assert_eq!(persona.me().await.status, 200);
}

/// Makes the user inactive.
pub fn deactivate(mocks: &mut Mocks) {
    let clock = mocks.clock.clone();
    mocks.users.expect_find_credentials().returning(move |_| {
        let active = credentials(&clock);
        Ok(Some(Credentials { user: User { is_active: false, ..active.user }, ..active }))
    });
}
