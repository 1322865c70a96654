//! Profile changes and account deletion, as JSON and as pages.

use coach_core::domain::{AuthEvent, UserId};
use coach_tests::{Answer, PASSWORD, Persona, TestAuditLog};
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{EMAIL, Mocks, SECRET};

const NEW: &str = "new@example.com";
const USER: UserId = UserId(1);

async fn patch(persona: &Persona, body: Value) -> Answer {
    Answer::of(persona.request(Method::PATCH, "/auth/me").json(&body)).await
}

async fn delete(persona: &Persona, body: Value) -> Answer {
    Answer::of(persona.request(Method::DELETE, "/auth/me").json(&body)).await
}

/// Registers a user in a browser, on repositories in memory. The id of the user is 1.
async fn signed_in() -> (Persona, TestAuditLog) {
    let mocks = Mocks::new();
    let audit_log = mocks.audit_log.clone();
    let anonymous = mocks.permissive().serve_on_memory().await;
    let fields = [("email", EMAIL), ("password", PASSWORD), ("full_name", "Test User")];
    let registered = anonymous.submit("/auth/register", &fields).await;
    let browser = anonymous.with_cookie(&registered.session_cookie().unwrap().0);
    assert_eq!(anonymous.register("taken@example.com").await.status, 201);
    audit_log.take();
    (browser, audit_log)
}

#[tokio::test]
async fn name_is_set_cleared_and_kept_if_absent() {
    let (browser, audit_log) = signed_in().await;
    for (body, name) in [
        (json!({}), json!("Test User")),
        (json!({"full_name": " Another Name "}), json!("Another Name")),
        (json!({"email": null}), json!("Another Name")),
        (json!({"full_name": null}), Value::Null),
        (json!({"full_name": "Third"}), json!("Third")),
        (json!({"full_name": ""}), Value::Null),
    ] {
        let answer = patch(&browser, body.clone()).await;
        assert_eq!((answer.status, &answer.json()["full_name"]), (200, &name), "{body}");
        assert_eq!(answer.json(), browser.me().await.json(), "{body}");
        assert_eq!(answer.json()["email"], EMAIL);
    }
    let changed = AuthEvent::ProfileChanged { user_id: USER, email: false };
    assert_eq!(audit_log.take(), [changed; 4]);
}

#[tokio::test]
async fn new_address_needs_the_password_which_is_checked_first() {
    let (browser, audit_log) = signed_in().await;
    for (email, password, status, problem) in [
        (NEW, "wrong", 403, "wrong-password"),
        ("taken@example.com", "wrong", 403, "wrong-password"),
        ("Taken@Example.com", PASSWORD, 409, "email-taken"),
        ("no address", PASSWORD, 422, "invalid-input"),
    ] {
        let body = json!({"email": email, "current_password": password, "full_name": "Lost"});
        let answer = patch(&browser, body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{email}");
    }
    for body in [
        json!({"current_password": 5}),
        json!({"current_password": []}),
        json!({"email": NEW, "current_password": null}),
        json!({"current_password": "x".repeat(1025)}),
    ] {
        let answer = patch(&browser, body.clone()).await;
        let bad = vec!["current_password".to_owned()];
        assert_eq!((answer.status, answer.bad_fields()), (422, bad), "{body}");
    }
    let without = patch(&browser, json!({ "email": NEW })).await;
    assert_eq!((without.status, without.bad_fields()), (422, vec!["current_password".to_owned()]));
    let refused = AuthEvent::ConfirmationFailed { user_id: USER };
    assert_eq!(audit_log.take(), [refused; 2]);
    // The refused changes also kept the name.
    assert_eq!(browser.me().await.json()["full_name"], "Test User");

    let answer =
        patch(&browser, json!({"email": " New@Example.com ", "current_password": PASSWORD})).await;
    assert_eq!((answer.status, &answer.json()["email"]), (200, &json!(NEW)));
    assert_eq!(audit_log.take(), [AuthEvent::ProfileChanged { user_id: USER, email: true }]);
    assert_eq!(browser.login(NEW, PASSWORD).await.status, 200);
    assert_eq!(browser.login(EMAIL, PASSWORD).await.problem(), "invalid-credentials");
    // The old address is free again.
    assert_eq!(browser.register(EMAIL).await.status, 201);
}

#[tokio::test]
async fn json_and_form_profile_changes_have_the_same_errors() {
    let (browser, _) = signed_in().await;
    let long = "x".repeat(1025);
    for (name, email, password, bad) in [
        (&long[..300], EMAIL, "", &["full_name"][..]),
        ("a\u{7}b", EMAIL, "", &["full_name"]),
        ("Name", "no address", PASSWORD, &["email"]),
        ("Name", "", PASSWORD, &["email"]),
        ("Name", NEW, &long, &["current_password"]),
        (&long[..300], "no address", &long, &["full_name", "email", "current_password"]),
    ] {
        let mut body = json!({"full_name": name, "current_password": password});
        if email != EMAIL {
            body["email"] = json!(email);
        }
        let by_json = patch(&browser, body).await;
        let fields = [("full_name", name), ("email", email), ("current_password", password)];
        let by_form = browser.submit("/account/profile", &fields).await;
        by_form.assert_page(422);
        let mut found = by_json.bad_fields();
        found.sort();
        let mut bad: Vec<_> = bad.iter().map(ToString::to_string).collect();
        bad.sort();
        assert_eq!((by_json.status, found), (422, bad));
        for error in by_json.json()["errors"].as_array().unwrap() {
            assert!(by_form.text.contains(error["message"].as_str().unwrap()), "{error}");
        }
        assert!(!by_form.text.contains(PASSWORD));
    }
    assert_eq!(browser.me().await.json()["full_name"], "Test User");
}

#[tokio::test]
async fn profile_form_changes_the_profile_and_keeps_refused_input() {
    let (browser, _) = signed_in().await;
    // The form sends the unchanged address, which needs no password.
    let fields = [("full_name", "By Form"), ("email", EMAIL), ("current_password", "")];
    let changed = browser.submit("/account/profile", &fields).await;
    assert_eq!((changed.status, changed.header("location")), (303, Some("/account")));
    assert_eq!(browser.me().await.json()["full_name"], "By Form");

    for (email, password, status) in
        [(NEW, "wrong", 403), ("taken@example.com", PASSWORD, 409), (NEW, "", 422)]
    {
        let fields = [("full_name", "<Typed>"), ("email", email), ("current_password", password)];
        let page = browser.submit("/account/profile", &fields).await;
        page.assert_page(status);
        assert!(page.text.contains("&lt;Typed&gt;") && page.text.contains(email), "{}", page.text);
        assert!(!page.text.contains(PASSWORD));
    }
    let fields = [("full_name", ""), ("email", NEW), ("current_password", PASSWORD)];
    assert_eq!(browser.submit("/account/profile", &fields).await.status, 303);
    let me = browser.me().await.json();
    assert_eq!((&me["full_name"], &me["email"]), (&Value::Null, &json!(NEW)));
}

#[tokio::test]
async fn account_deletion_needs_the_password_and_ends_every_session() {
    for by_form in [false, true] {
        let (browser, audit_log) = signed_in().await;
        assert_eq!(browser.login(EMAIL, PASSWORD).await.status, 200);
        audit_log.take();
        let wrong = delete(&browser, json!({"current_password": "wrong"})).await;
        assert_eq!((wrong.status, wrong.problem().as_str()), (403, "wrong-password"));
        let page = browser.submit("/account/delete", &[("current_password", "wrong")]).await;
        page.assert_page(403);
        for nothing in [delete(&browser, json!({})).await, delete(&browser, json!(null)).await] {
            assert!([400, 422].contains(&nothing.status), "{nothing:?}");
        }
        let refused = AuthEvent::ConfirmationFailed { user_id: USER };
        assert_eq!(audit_log.take(), [refused; 2]);
        assert_eq!(browser.me().await.status, 200);

        let deleted = if by_form {
            let answer = browser.submit("/account/delete", &[("current_password", PASSWORD)]).await;
            assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
            answer
        } else {
            let answer = delete(&browser, json!({ "current_password": PASSWORD })).await;
            assert_eq!((answer.status, answer.text.as_str()), (204, ""));
            answer
        };
        assert_eq!(audit_log.take(), [AuthEvent::AccountDeleted { user_id: USER }]);
        // The page that says so clears the cookie.
        let cleared = if by_form { browser.visit("/").await } else { deleted };
        assert_eq!(cleared.session_cookie().unwrap().0, "");
        assert_eq!(browser.me().await.status, 401);
        assert_eq!(browser.login(EMAIL, PASSWORD).await.problem(), "invalid-credentials");
        assert_eq!(browser.login("taken@example.com", PASSWORD).await.status, 200);
        // The address is free again. The new account has a new id.
        let again = browser.register(EMAIL).await;
        assert_eq!((again.status, &again.json()["user"]["id"]), (201, &json!(3)));
    }
}

#[tokio::test]
async fn account_deletion_by_token_does_not_clear_the_cookie() {
    let mut mocks = Mocks::new();
    mocks.users.expect_delete().times(1).returning(|user_id, verified| {
        assert_eq!((user_id, verified.expose()), (USER, PASSWORD));
        Ok(true)
    });
    let persona = mocks.permissive().serve().await.with_token("valid").with_cookie(SECRET);
    let deleted = delete(&persona, json!({ "current_password": PASSWORD })).await;
    assert_eq!((deleted.status, deleted.session_cookie()), (204, None));
}

#[tokio::test]
async fn change_or_deletion_after_the_session_ended_needs_authentication() {
    let mut mocks = Mocks::new();
    mocks.users.expect_delete().returning(|_, _| Ok(false));
    mocks.users.expect_update_profile().returning(|_, _| Ok(None));
    let anonymous = mocks.permissive().serve().await;
    let browser = anonymous.with_cookie(SECRET);
    for (caller, problem) in
        [(&anonymous.with_token("valid"), "invalid-token"), (&browser, "authentication-required")]
    {
        for answer in [
            patch(caller, json!({"full_name": "Late"})).await,
            delete(caller, json!({ "current_password": PASSWORD })).await,
        ] {
            assert_eq!((answer.status, answer.problem().as_str()), (401, problem));
            let challenge = answer.header("www-authenticate").unwrap();
            assert_eq!(challenge.contains("invalid_token"), problem == "invalid-token");
        }
    }
    let page = browser.submit("/account/delete", &[("current_password", PASSWORD)]).await;
    let login = "/auth/login?next=/account";
    assert_eq!((page.status, page.header("location")), (303, Some(login)));
}

#[tokio::test]
async fn change_and_deletion_need_a_credential_and_a_request_from_this_site() {
    let (browser, audit_log) = signed_in().await;
    let nobody = Persona::anonymous(browser.base_url.clone());
    for body in [json!({}), json!({"full_name": 1}), json!({ "current_password": PASSWORD })] {
        assert_eq!(patch(&nobody, body.clone()).await.problem(), "authentication-required");
        assert_eq!(delete(&nobody, body).await.problem(), "authentication-required");
    }
    for path in ["/account/profile", "/account/delete"] {
        let sent = nobody.submit(path, &[("current_password", PASSWORD)]).await;
        let login = "/auth/login?next=/account";
        assert_eq!((sent.status, sent.header("location")), (303, Some(login)), "{path}");
        let from_elsewhere = browser
            .request(Method::POST, path)
            .header("origin", "https://evil.example")
            .form(&[("current_password", PASSWORD)]);
        assert_eq!(Answer::of(from_elsewhere).await.status, 403, "{path}");
    }
    for method in [Method::PATCH, Method::DELETE] {
        let body = json!({ "current_password": PASSWORD });
        let from_elsewhere =
            browser.request(method, "/auth/me").header("sec-fetch-site", "cross-site").json(&body);
        assert_eq!(Answer::of(from_elsewhere).await.problem(), "cross-site");
    }
    assert!(audit_log.take().is_empty());
    assert_eq!(browser.me().await.status, 200);
}

/// An empty password is a field that was forgotten, not a wrong password.
#[tokio::test]
async fn empty_current_password_is_asked_for_and_not_compared() {
    let (browser, audit_log) = signed_in().await;
    let errors = json!([{"field": "current_password", "message": "Enter your current password."}]);
    let change = json!({"current_password": "", "new_password": "another long passphrase"});
    for answer in [
        patch(&browser, json!({"email": NEW, "current_password": ""})).await,
        delete(&browser, json!({"current_password": ""})).await,
        browser.post("/auth/password", change).await,
    ] {
        assert_eq!((answer.status, &answer.json()["errors"]), (422, &errors), "{answer:?}");
    }
    for (path, id, fields) in [
        ("/account/profile", "profile-current_password", &[("email", NEW), ("full_name", "a")][..]),
        ("/account/delete", "delete-current_password", &[]),
        ("/auth/password", "current_password", &[("new_password", "another long passphrase")]),
    ] {
        let fields = [fields, &[("current_password", "")]].concat();
        let page = browser.submit(path, &fields).await;
        page.assert_page(422);
        let html = scraper::Html::parse_document(&page.text);
        let error = scraper::Selector::parse(&format!("#{id}-error")).unwrap();
        let error: String = html.select(&error).next().unwrap().text().collect();
        assert_eq!(error.trim(), "Error: Enter your current password.", "{path}");
        let input = scraper::Selector::parse(&format!("#{id}[autofocus]")).unwrap();
        assert!(html.select(&input).next().is_some(), "{path}");
    }
    assert_eq!(audit_log.take(), []);
    assert_eq!(browser.me().await.json()["email"], EMAIL);
}
