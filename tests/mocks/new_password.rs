//! Choosing a new password with a code, as JSON and as a page.

use std::time::Duration;

use coach_core::{
    domain::{AuthEvent, UserId, WeakPassword},
    ports::{PasswordHasherError, PasswordStrengthError, Redemption, RepositoryError},
};
use coach_tests::{Answer, Persona};
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{CODE, EMAIL, Mocks, SECRET};

const PATH: &str = "/auth/new-password";
const NEW: &str = "another long passphrase";

fn body(code: &str) -> Value {
    json!({ "email": EMAIL, "code": code, "new_password": NEW })
}

fn form<'a>(code: &'a str, next: &'a str) -> [(&'a str, &'a str); 4] {
    [("email", EMAIL), ("code", code), ("new_password", NEW), ("next", next)]
}

async fn anonymous() -> Persona {
    Mocks::new().permissive().serve().await
}

#[tokio::test]
async fn right_code_gets_the_token_response() {
    let mocks = Mocks::new();
    let audit_log = mocks.audit_log.clone();
    let anonymous = mocks.permissive().serve().await;
    let answer = anonymous.post(PATH, body("0123-4567-89ab-cdef-ghjk-mnpq-rstv-wxyz")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let login = anonymous.login(EMAIL, coach_tests::PASSWORD).await;
    let members = |answer: &Answer| -> Vec<String> {
        answer.json().as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(members(&answer), members(&login));
    assert_eq!(
        (answer.json()["user"]["email"].as_str(), answer.token()),
        (Some(EMAIL), "valid".to_owned())
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.session_cookie(), None);
    let events = audit_log.take();
    assert!(matches!(events[0], AuthEvent::CodeUsed { user_id: UserId(1), .. }), "{events:?}");
}

#[tokio::test]
async fn right_code_in_a_form_signs_in_and_leads_to_next() {
    let anonymous = anonymous().await;
    for (next, location) in [
        ("/account", "/account"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
    ] {
        let answer = anonymous.submit(PATH, &form(CODE, next)).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(location)));
        let (secret, attributes) = answer.session_cookie().unwrap();
        assert_eq!(secret.len(), 64);
        assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"));
    }
    let htmx = anonymous.request(Method::POST, PATH).form(&form(CODE, "/account"));
    let htmx = Answer::of(htmx.header("hx-request", "true")).await;
    assert_eq!(htmx.header("hx-redirect"), Some("/account"));
    let as_json = anonymous.request(Method::POST, PATH).form(&form(CODE, "/account"));
    let as_json = Answer::of(as_json.header("accept", "application/json")).await;
    assert_eq!((as_json.status, as_json.session_cookie()), (200, None));
    assert_eq!(as_json.token(), "valid");
}

#[tokio::test]
async fn every_refused_code_gets_the_same_401() {
    let anonymous = anonymous().await;
    let mut answers = Vec::new();
    for (email, code) in [
        (EMAIL, "0000-0000-0000-0000-0000-0000-0000-0000"),
        (EMAIL, ""),
        (EMAIL, "🦀"),
        ("nobody@example.com", CODE),
        ("no address", CODE),
        ("", CODE),
    ] {
        let body = json!({ "email": email, "code": code, "new_password": NEW });
        let answer = anonymous.post(PATH, body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "invalid-code"), "{email}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

#[tokio::test]
async fn refused_form_keeps_what_was_typed_but_not_the_password() {
    let anonymous = anonymous().await;
    let answer = anonymous.submit(PATH, &form("ABCD 1234", "/account")).await;
    answer.assert_page(401);
    assert!(answer.text.contains("The code is not valid for this email address."));
    assert!(answer.text.contains(r#"value="test@example.com""#));
    assert!(answer.text.contains(r#"value="ABCD 1234""#));
    assert!(answer.text.contains(r#"name="next" value="&#x2f;account""#));
    assert!(!answer.text.contains(NEW));
    assert_eq!(answer.session_cookie(), None);
}

#[tokio::test]
async fn every_bad_field_is_named_whoever_has_the_account() {
    let anonymous = anonymous().await;
    for (body, fields) in [
        (json!({}), &["email", "code", "new_password"][..]),
        (
            json!({ "email": 1, "code": [], "new_password": null }),
            &["email", "code", "new_password"],
        ),
        (json!({ "email": EMAIL, "code": CODE, "new_password": "short" }), &["new_password"]),
        (json!({ "email": "x", "code": "y", "new_password": "x".repeat(1025) }), &["new_password"]),
    ] {
        let answer = anonymous.post(PATH, body).await;
        assert_eq!(
            (answer.status, answer.bad_fields()),
            (422, fields.iter().map(|field| (*field).to_owned()).collect())
        );
    }
}

#[tokio::test]
async fn every_failure_becomes_a_problem() {
    type Arrange = fn(&mut Mocks);
    let cases: [(Arrange, u16, &str); 7] = [
        (
            |mocks| {
                mocks
                    .password_codes
                    .expect_redeem()
                    .returning(|_| Ok(Redemption::Inactive(UserId(1))));
            },
            403,
            "account-inactive",
        ),
        (
            |mocks| {
                mocks.password_strength.expect_check().returning(|_, personal| {
                    assert_eq!(personal, [EMAIL]);
                    Err(WeakPassword { advice: "Add a word.".to_owned() }.into())
                });
            },
            422,
            "invalid-input",
        ),
        (
            |mocks| {
                let busy = || PasswordStrengthError::Busy { retry_after: Duration::ZERO };
                mocks.password_strength.expect_check().returning(move |_, _| Err(busy()));
            },
            503,
            "busy",
        ),
        (
            |mocks| {
                let busy = || PasswordHasherError::Busy { retry_after: Duration::ZERO };
                mocks.password_hasher.expect_admit().returning(move || Err(busy()));
            },
            503,
            "busy",
        ),
        (
            |mocks| {
                let busy = || PasswordHasherError::Busy { retry_after: Duration::ZERO };
                mocks.password_hasher.expect_hash().returning(move |_| Err(busy()));
            },
            503,
            "busy",
        ),
        (
            |mocks| {
                let unavailable = || RepositoryError::Unavailable("connection refused".into());
                mocks.password_codes.expect_redeem().returning(move |_| Err(unavailable()));
            },
            503,
            "database-unavailable",
        ),
        (
            |mocks| {
                let failed = || RepositoryError::Failed("disk full".into());
                mocks.password_codes.expect_redeem().returning(move |_| Err(failed()));
            },
            500,
            "internal-error",
        ),
    ];
    for (arrange, status, problem) in cases {
        let mut mocks = Mocks::new();
        arrange(&mut mocks);
        // Only the last three cases may reach the repository.
        let anonymous = mocks.permissive().serve().await;
        let answer = anonymous.post(PATH, body(CODE)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{answer:?}");
        anonymous.submit(PATH, &form(CODE, "")).await.assert_page(status);
    }
}

#[tokio::test]
async fn busy_hasher_does_not_reach_the_codes() {
    let mut mocks = Mocks::new();
    mocks.password_codes.expect_redeem().never();
    let busy = || PasswordHasherError::Busy { retry_after: Duration::from_secs(7) };
    mocks.password_hasher.expect_hash().returning(move |_| Err(busy()));
    let answer = mocks.permissive().serve().await.post(PATH, body(CODE)).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
}

#[tokio::test]
async fn form_is_a_page_that_a_signed_in_visitor_does_not_see() {
    let anonymous = anonymous().await;
    let page = anonymous.visit(&format!("{PATH}?next=/account")).await;
    page.assert_page(200);
    for name in ["email", "code", "new_password"] {
        assert!(page.text.contains(&format!(r#"name="{name}""#)), "{name}");
    }
    assert!(page.text.contains(r#"name="next" value="&#x2f;account""#));
    let visitor = anonymous.with_cookie(SECRET).visit(&format!("{PATH}?next=/account")).await;
    assert_eq!((visitor.status, visitor.header("location")), (303, Some("/account")));
    let other = Answer::of(anonymous.request(Method::DELETE, PATH)).await;
    assert_eq!((other.status, other.header("allow")), (405, Some("GET, HEAD, POST")));
}

#[tokio::test]
async fn cross_site_request_is_refused() {
    let anonymous = anonymous().await;
    for request in [
        anonymous.request(Method::POST, PATH).json(&body(CODE)),
        anonymous.request(Method::POST, PATH).form(&form(CODE, "")),
    ] {
        let answer = Answer::of(request.header("sec-fetch-site", "cross-site")).await;
        assert_eq!((answer.status, answer.session_cookie()), (403, None));
    }
}

#[tokio::test]
async fn problem_is_explained() {
    let page = anonymous().await.visit("/problems/invalid-code").await;
    page.assert_page(200);
    assert!(page.text.contains("ten wrong tries end it"));
}
