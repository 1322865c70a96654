use std::sync::{Arc, Mutex};

use coach_core::{
    domain::{AccessClaims, AccessToken, AuthEvent, PasswordHash, Refusal},
    ports::{Admission, InvalidToken, Verdict},
};
use coach_tests::PASSWORD;
use serde_json::json;

use crate::fixture::Mocks;

/// Issues numbered tokens and accepts only issued ones.
fn remember_tokens(mocks: &mut Mocks) {
    let issued: Arc<Mutex<Vec<AccessClaims>>> = Arc::default();
    let known = issued.clone();
    mocks.access_tokens.expect_issue().returning(move |claims| {
        let mut issued = issued.lock().unwrap();
        issued.push(*claims);
        Ok(AccessToken::new(format!("token-{}", issued.len() - 1)))
    });
    mocks.access_tokens.expect_verify().returning(move |token| {
        let number = token.strip_prefix("token-").and_then(|number| number.parse::<usize>().ok());
        number
            .and_then(|number| known.lock().unwrap().get(number).copied())
            .ok_or(InvalidToken(Refusal::Forged))
    });
}

fn remembering() -> Mocks {
    let mut mocks = Mocks::new();
    mocks.plain_refresh_tokens();
    remember_tokens(&mut mocks);
    mocks.password_strength.expect_check().returning(|_, _| Ok(()));
    mocks.password_hasher.expect_admit().returning(|| Ok(Admission::default()));
    mocks
        .password_hasher
        .expect_hash()
        .returning(|password| Ok(PasswordHash::new(format!("hash of {}", password.expose()))));
    mocks.password_hasher.expect_verify().returning(|password, hash, _| {
        let expected = format!("hash of {}", password.expose());
        let matches = hash.is_some_and(|hash| hash.expose() == expected);
        Ok(if matches { Verdict::Right } else { Verdict::Wrong })
    });
    mocks
}

#[tokio::test]
async fn user_can_register_log_in_and_log_out() {
    let mocks = remembering();
    let audit_log = mocks.audit_log.clone();
    let anonymous = mocks.serve_on_memory().await;

    let body =
        json!({"email": " Test@Example.com ", "password": PASSWORD, "full_name": "Test User"});
    let registered = anonymous.post("/auth/register", body).await;
    let user = json!({
        "id": 1,
        "email": "test@example.com",
        "full_name": "Test User",
        "is_active": true,
        "created_at": "2026-02-13T12:00:00Z",
    });
    assert_eq!(registered.status, 201);
    assert_eq!(registered.header("location"), Some("/auth/me"));
    assert_eq!(registered.header("cache-control"), Some("no-store"));
    assert_eq!(
        registered.json(),
        json!({
            "user": user, "access_token": "token-0", "token_type": "bearer", "expires_in": 1800,
            "refresh_token": "01000000-0000-4000-8000-000000000000/0",
        })
    );
    assert!(matches!(audit_log.take()[..], [AuthEvent::Registered { .. }]));

    let logged_in = anonymous.login("TEST@EXAMPLE.COM", PASSWORD).await;
    assert_eq!(logged_in.status, 200);
    assert_eq!(logged_in.json()["user"], user);
    assert!(matches!(audit_log.take()[..], [AuthEvent::LoggedIn { .. }]));

    let persona = anonymous.with_token(&logged_in.token());
    let me = persona.me().await;
    assert_eq!((me.status, me.json()), (200, user));
    assert!(audit_log.take().is_empty());

    let logged_out = persona.logout().await;
    assert_eq!((logged_out.status, logged_out.text.as_str()), (204, ""));
    assert!(matches!(audit_log.take()[..], [AuthEvent::LoggedOut { .. }]));
    assert_eq!(persona.me().await.problem(), "invalid-token");
    assert!(matches!(
        audit_log.take()[..],
        [AuthEvent::CredentialRefused { session_id: Some(_), .. }]
    ));

    // The session of the registration is a separate one and stays live.
    assert_eq!(anonymous.with_token(&registered.token()).me().await.status, 200);
}

#[tokio::test]
async fn address_can_be_registered_once_in_any_spelling() {
    let mocks = remembering();
    let audit_log = mocks.audit_log.clone();
    let anonymous = mocks.serve_on_memory().await;
    assert_eq!(anonymous.register("a@bücher.example").await.status, 201);
    audit_log.take();
    let again = anonymous.register("A@XN--BCHER-KVA.example").await;
    assert_eq!((again.status, again.problem().as_str()), (409, "email-taken"));
    assert_eq!(audit_log.take(), [AuthEvent::RegistrationRefused]);
}

/// ASVS 6.3.8.
#[tokio::test]
async fn wrong_password_and_unknown_address_get_the_same_response() {
    let mocks = remembering();
    let audit_log = mocks.audit_log.clone();
    let anonymous = mocks.serve_on_memory().await;
    anonymous.register("test@example.com").await;
    audit_log.take();
    let wrong = anonymous.login("test@example.com", "another password").await;
    assert!(matches!(audit_log.take()[..], [AuthEvent::LoginFailed { user_id: Some(_) }]));
    for email in ["nobody@example.com", "no address", "", "a\0@example.com"] {
        let unknown = anonymous.login(email, PASSWORD).await;
        assert_eq!((unknown.status, &unknown.text), (401, &wrong.text), "{email:?}");
        assert_eq!(unknown.problem(), "invalid-credentials");
        assert_eq!(audit_log.take(), [AuthEvent::LoginFailed { user_id: None }]);
        let names = |answer: &coach_tests::Answer| {
            let except = ["x-request-id", "date"];
            let mut headers: Vec<_> = answer
                .headers
                .iter()
                .filter(|(name, _)| !except.contains(&name.as_str()))
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect();
            headers.sort();
            headers
        };
        assert_eq!(names(&unknown), names(&wrong));
    }
}

#[tokio::test]
async fn logout_is_idempotent_and_needs_no_valid_credential() {
    let mocks = remembering();
    let clock = mocks.clock.clone();
    let audit_log = mocks.audit_log.clone();
    let anonymous = mocks.serve_on_memory().await;
    let persona = anonymous.registered("test@example.com").await;
    assert_eq!(anonymous.logout().await.status, 204);
    assert_eq!(anonymous.with_token("forged").logout().await.status, 204);
    assert_eq!(persona.me().await.status, 200);
    audit_log.take();

    // An expired token still ends its session.
    clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(persona.me().await.status, 401);
    audit_log.take();
    assert_eq!(persona.logout().await.status, 204);
    assert!(matches!(audit_log.take()[..], [AuthEvent::LoggedOut { .. }]));
    assert_eq!(persona.logout().await.status, 204);
    assert!(audit_log.take().is_empty());
}

#[test]
fn no_database_is_linked_into_this_process() {
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    // Joined at run time, so that the search does not find this test's own literals.
    let contains = |words: [&str; 2]| {
        let text = words.join(" ").into_bytes();
        program.windows(text.len()).any(|window| window == text)
    };
    assert!(contains(["malformed", "body"]) || contains(["Malformed", "body"]));
    assert!(!contains(["SQLite format", "3"]));
    assert!(!contains(["BEGIN", "IMMEDIATE"]));
}
