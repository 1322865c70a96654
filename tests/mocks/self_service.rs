//! Session lists and password changes, as JSON and as pages.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use coach_core::domain::{
    AuthEvent, AuthSession, Client, SessionDetails, SessionId, UserAgent, UserId, UserSession,
};
use coach_tests::{Answer, PASSWORD, Persona};
use reqwest::Method;
use serde_json::json;

use crate::fixture::{Mocks, SECRET, session, user};

const NEW: &str = "another long passphrase";

fn other(mocks: &Mocks) -> AuthSession {
    AuthSession { id: SessionId::from_random([0xab; 16]), ..session(&mocks.clock) }
}

async fn delete(persona: &Persona, path: &str) -> Answer {
    Answer::of(persona.request(Method::DELETE, path)).await
}

#[tokio::test]
async fn session_list_shows_clients_and_marks_the_current_session() {
    let mut mocks = Mocks::new();
    let (mine, other) = (session(&mocks.clock), other(&mocks));
    let client =
        Client { user_agent: UserAgent::read("curl/8"), ip: Some([203, 0, 113, 7].into()) };
    mocks.sessions.expect_list().returning(move |user_id| {
        assert_eq!(user_id, UserId(1));
        let known = SessionDetails { session: mine, client: client.clone() };
        Ok(vec![known, SessionDetails { session: other, client: Client::default() }])
    });
    let anonymous = mocks.permissive().serve().await;
    for caller in [anonymous.with_token("valid"), anonymous.with_cookie(SECRET)] {
        let answer = caller.get("/auth/sessions").await;
        let expected = json!({"sessions": [
            {
                "id": mine.id.to_string(), "created_at": "2026-02-13T12:00:00Z",
                "last_seen_at": "2026-02-13T12:00:00Z", "expires_at": "2026-02-20T12:00:00Z",
                "user_agent": "curl/8", "ip": "203.0.113.7", "current": true,
            },
            {
                "id": other.id.to_string(), "created_at": "2026-02-13T12:00:00Z",
                "last_seen_at": "2026-02-13T12:00:00Z", "expires_at": "2026-02-20T12:00:00Z",
                "user_agent": null, "ip": null, "current": false,
            },
        ]});
        assert_eq!((answer.status, answer.json()), (200, expected));
    }
    assert_eq!(anonymous.get("/auth/sessions").await.problem(), "authentication-required");
}

#[tokio::test]
async fn user_ends_one_session_or_all_others() {
    let mut mocks = Mocks::new();
    let (mine, other) = (session(&mocks.clock), other(&mocks));
    let audit_log = mocks.audit_log.clone();
    mocks.sessions.expect_end().returning(move |user_id, id| {
        assert_eq!(user_id, UserId(1));
        Ok(id == other.id || id == mine.id)
    });
    mocks.sessions.expect_end_others().times(1).returning(move |user_id, kept| {
        assert_eq!((user_id, kept), (UserId(1), mine.id));
        Ok(3)
    });
    let anonymous = mocks.permissive().serve().await;
    let caller = anonymous.with_token("valid");
    assert_eq!(delete(&caller, &format!("/auth/sessions/{}", other.id)).await.status, 204);
    assert_eq!(delete(&caller, "/auth/sessions").await.status, 204);
    assert_eq!(
        audit_log.take(),
        [
            AuthEvent::SessionEnded { user_id: UserId(1), session_id: other.id },
            AuthEvent::OtherSessionsEnded { user_id: UserId(1), count: 3 },
        ]
    );
    let unknown = SessionId::from_random([3; 16]).to_string();
    for id in [unknown.as_str(), "1", "x", &other.id.to_string().to_uppercase(), "%ff", "%00"] {
        let answer = delete(&caller, &format!("/auth/sessions/{id}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{id}");
    }
    let present = format!("/auth/sessions/{}", mine.id);
    let by_cookie = delete(&anonymous.with_cookie(SECRET), &present).await;
    assert_eq!((by_cookie.status, by_cookie.session_cookie().unwrap().0.as_str()), (204, ""));
    for path in ["/auth/sessions", &present] {
        assert_eq!(delete(&anonymous, path).await.status, 401);
    }
}

/// Expects password changes and returns the hashes that they store.
fn expect_password_changes(mocks: &mut Mocks) -> Arc<Mutex<Vec<String>>> {
    let (stored, clock) = (Arc::new(Mutex::new(Vec::new())), mocks.clock.clone());
    let kept = stored.clone();
    mocks.users.expect_change_password().returning(move |user_id, change| {
        assert_eq!((user_id, change.made_in), (UserId(1), session(&clock).id));
        assert_eq!(change.verified.expose(), PASSWORD);
        assert_ne!(change.session.id, session(&clock).id);
        kept.lock().unwrap().push(change.new.expose().to_owned());
        Ok(Some(user(&clock)))
    });
    stored
}

#[tokio::test]
async fn password_change_gives_the_caller_new_credentials() {
    let mut mocks = Mocks::new();
    let stored = expect_password_changes(&mut mocks);
    let anonymous = mocks.permissive().serve().await;
    let body = json!({"current_password": PASSWORD, "new_password": NEW});
    let by_token = anonymous.with_token("valid").post("/auth/password", body.clone()).await;
    assert_eq!((by_token.status, by_token.session_cookie()), (200, None));
    assert!(
        by_token.json()["refresh_token"].is_string() && by_token.json()["access_token"].is_string()
    );

    // A JSON request gets tokens and clears the cookie, whose session has ended.
    let by_cookie = anonymous.with_cookie(SECRET).post("/auth/password", body).await;
    assert_eq!((by_cookie.status, by_cookie.session_cookie().unwrap().0.as_str()), (200, ""));
    assert!(by_cookie.json()["access_token"].is_string());

    let fields = [("current_password", PASSWORD), ("new_password", NEW)];
    let by_form = anonymous.with_cookie(SECRET).submit("/auth/password", &fields).await;
    let (secret, attributes) = by_form.session_cookie().unwrap();
    assert_eq!((by_form.status, secret.len()), (303, 64));
    assert!(secret != SECRET && attributes.contains("HttpOnly"));
    assert_eq!(*stored.lock().unwrap(), [NEW, NEW, NEW]);
}

/// ASVS 6.2.3.
#[tokio::test]
async fn wrong_current_password_changes_nothing() {
    let mocks = Mocks::new();
    let audit_log = mocks.audit_log.clone();
    // An unexpected change would panic, and the status would be 500.
    let anonymous = mocks.permissive().serve().await;
    let body = json!({"current_password": "wrong", "new_password": NEW});
    let answer = anonymous.with_token("valid").post("/auth/password", body).await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "wrong-password"));
    assert_eq!(audit_log.take(), [AuthEvent::ConfirmationFailed { user_id: UserId(1) }]);
    let fields = [("current_password", "wrong"), ("new_password", NEW)];
    let page = anonymous.with_cookie(SECRET).submit("/auth/password", &fields).await;
    page.assert_page(403);
    assert!(page.text.contains("The current password is wrong.") && !page.text.contains(NEW));
}

/// ASVS 6.2.3.
#[tokio::test]
async fn json_and_form_password_changes_have_the_same_errors() {
    let mut mocks = Mocks::new();
    expect_password_changes(&mut mocks);
    let anonymous = mocks.permissive().serve().await;
    for (current, new, bad) in [
        (PASSWORD, "short", &["new_password"][..]),
        (PASSWORD, "", &["new_password"]),
        (&"x".repeat(1025), "short", &["current_password", "new_password"]),
        (PASSWORD, NEW, &[]),
    ] {
        let body = json!({"current_password": current, "new_password": new});
        let by_json = anonymous.with_token("valid").post("/auth/password", body).await;
        let fields = [("current_password", current), ("new_password", new)];
        let by_form = anonymous.with_cookie(SECRET).submit("/auth/password", &fields).await;
        if bad.is_empty() {
            assert_eq!((by_json.status, by_form.status), (200, 303));
            assert_eq!(by_form.header("location"), Some("/account"));
            continue;
        }
        assert_eq!(
            (by_json.status, by_form.status, by_json.bad_fields()),
            (422, 422, bad.iter().map(ToString::to_string).collect())
        );
        for error in by_json.json()["errors"].as_array().unwrap() {
            assert!(by_form.text.contains(error["message"].as_str().unwrap()));
        }
    }
    let nothing = anonymous.with_token("valid").post("/auth/password", json!({})).await;
    assert_eq!(nothing.bad_fields(), ["current_password", "new_password"]);
    assert_eq!(anonymous.post("/auth/password", json!({})).await.status, 401);
}

#[tokio::test]
async fn password_change_after_the_session_ended_needs_authentication() {
    let mut mocks = Mocks::new();
    mocks.users.expect_change_password().returning(|_, _| Ok(None));
    let anonymous = mocks.permissive().serve().await;
    let body = json!({"current_password": PASSWORD, "new_password": NEW});
    let browser = anonymous.with_cookie(SECRET);
    for (caller, problem) in
        [(&anonymous.with_token("valid"), "invalid-token"), (&browser, "authentication-required")]
    {
        let answer = caller.post("/auth/password", body.clone()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, problem));
        let challenge = answer.header("www-authenticate").unwrap();
        assert_eq!(challenge.contains("invalid_token"), problem == "invalid-token");
    }
    let fields = [("current_password", PASSWORD), ("new_password", NEW)];
    let page = browser.submit("/auth/password", &fields).await;
    assert_eq!((page.status, page.header("location")), (303, Some("/auth/login?next=/account")));
}

#[tokio::test]
async fn account_page_and_its_forms_redirect_anonymous_visitors_to_sign_in() {
    let anonymous = Mocks::new().permissive().serve().await;
    let login = Some("/auth/login?next=/account");
    for nobody in [anonymous.clone(), anonymous.with_cookie("planted")] {
        for answer in [
            nobody.visit("/account").await,
            nobody.submit("/auth/password", &[]).await,
            nobody.submit("/account/sessions", &[]).await,
        ] {
            assert_eq!((answer.status, answer.header("location")), (303, login));
        }
    }
    let page = anonymous.with_cookie(SECRET).visit("/account").await;
    page.assert_page(200);
    assert!(page.text.contains("This session") && page.text.contains("Sign out"));
}

#[tokio::test]
async fn sessions_can_be_ended_from_the_account_page() {
    let mut mocks = Mocks::new();
    let (mine, other) = (session(&mocks.clock), other(&mocks));
    mocks.sessions.expect_end().times(2).returning(|_, _| Ok(true));
    mocks.sessions.expect_end_others().times(1).returning(|_, _| Ok(1));
    let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
    let end = async |which: &str| visitor.submit("/account/sessions", &[("session", which)]).await;
    for which in [other.id.to_string().as_str(), "others", "nonsense"] {
        let answer = end(which).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/account#sessions")),
            "{which}"
        );
    }
    let own = end(&mine.id.to_string()).await;
    assert_eq!((own.status, own.header("location")), (303, Some("/auth/login")));
    assert_eq!(own.session_cookie().unwrap().0, "");
    visitor.submit("/account/sessions", &[]).await.assert_page(422);
    let json = visitor.post("/account/sessions", json!({"session": "others"})).await;
    assert_eq!((json.status, json.problem().as_str()), (415, "unsupported-media-type"));
    for path in ["/account/sessions", "/auth/password"] {
        let fields = [("session", "others")];
        let request = visitor.request(Method::POST, path).form(&fields);
        Answer::of(request.header("sec-fetch-site", "cross-site")).await.assert_page(403);
    }
}

/// Each request counts as a use of the session and also ends it. Only the end may set a cookie.
#[tokio::test]
async fn change_after_five_minutes_sets_one_cookie() {
    let mut mocks = Mocks::new();
    let clock = mocks.clock.clone();
    let (idle, owner) = (session(&clock), user(&clock));
    mocks
        .sessions
        .expect_find_by_secret()
        .returning(move |_| Ok(Some(UserSession { session: idle, user: owner.clone() })));
    mocks.sessions.expect_touch().returning(|_, _| Ok(()));
    mocks.sessions.expect_end().returning(|_, _| Ok(true));
    mocks.users.expect_change_password().returning({
        let clock = clock.clone();
        move |_, _| Ok(Some(user(&clock)))
    });
    let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
    clock.advance(TimeDelta::minutes(6));
    let fields = [("current_password", PASSWORD), ("new_password", NEW)];
    let body = json!({"current_password": PASSWORD, "new_password": NEW});
    let own = format!("/auth/sessions/{}", idle.id);
    let this = [("session", idle.id.to_string())];
    let by_form = visitor.request(Method::POST, "/account/sessions").form(&this);
    for answer in [
        visitor.submit("/auth/password", &fields).await,
        visitor.post("/auth/password", body).await,
        delete(&visitor, &own).await,
        Answer::of(by_form).await,
    ] {
        assert!(answer.status < 400, "{answer:?}");
        let cookies = answer.headers.get_all("set-cookie").iter();
        let of_session = format!("{}=", coach_tests::COOKIE);
        let sessions = cookies.filter(|cookie| cookie.to_str().unwrap().starts_with(&of_session));
        assert_eq!(sessions.count(), 1, "{answer:?}");
        assert_ne!(answer.session_cookie().unwrap().0, SECRET, "{answer:?}");
    }
}
