//! Content negotiation: JSON or a page, plain or compressed.

use coach_tests::{Answer, PASSWORD, Persona};
use reqwest::Method;
use serde_json::json;

use crate::fixture::{EMAIL, Mocks};

async fn anonymous() -> Persona {
    Mocks::new().permissive().serve().await
}

/// ASVS 4.1.1.
#[tokio::test]
async fn form_that_accepts_json_gets_json_and_no_cookie() {
    let anonymous = anonymous().await;
    let submit = async |path: &str, fields: &[(&str, &str)], accept: &str| {
        let request = anonymous.request(Method::POST, path).form(fields).header("accept", accept);
        Answer::of(request).await
    };
    let login = [("email", EMAIL), ("password", PASSWORD)];
    let json = "application/json, text/plain, */*";
    for (path, status) in [("/auth/login", 200), ("/auth/register", 201)] {
        let answer = submit(path, &login, json).await;
        assert_eq!((answer.status, answer.token().as_str()), (status, "valid"), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.session_cookie().is_none(), "{path}");
        // A client that also accepts HTML gets the response for browsers.
        let page = submit(path, &login, "text/html, application/json").await;
        assert_eq!(page.status, 303, "{path}");
    }
    let refused = submit("/auth/login", &[("email", EMAIL)], json).await;
    assert_eq!((refused.status, refused.bad_fields()), (422, vec!["password".to_owned()]));
    assert_eq!(submit("/auth/logout", &[], json).await.status, 204);
    let token = submit("/auth/refresh", &[("refresh_token", "unknown")], json).await;
    assert_eq!(token.problem(), "invalid-refresh-token");
}

/// ASVS 15.3.7.
#[tokio::test]
async fn repeated_member_is_invalid_and_named() {
    let anonymous = anonymous().await;
    for (kind, body) in [
        (
            "application/json",
            r#"{"email": "a@b.example", "email": "c@d.example", "password": "x"}"#,
        ),
        (
            "application/json",
            r#"{"email": "a", "password": "x", "extra": {"email": 1, "email": 2}}"#,
        ),
        ("application/x-www-form-urlencoded", "email=a&email=b&password=x"),
    ] {
        let request = anonymous.request(Method::POST, "/auth/login").body(body);
        let request = request.header("content-type", kind).header("accept", "application/json");
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid-input"), "{body}");
        assert_eq!(answer.bad_fields(), ["email"], "{body}");
    }
}

#[tokio::test]
async fn problem_type_is_described_as_json_and_as_a_page() {
    let anonymous = anonymous().await;
    let answer = anonymous.login(EMAIL, "wrong").await;
    let kind = answer.json()["type"].as_str().unwrap().to_owned();
    let explained = anonymous.get(&kind).await;
    let body = explained.json();
    assert_eq!((explained.status, &body["type"]), (200, &json!(kind)));
    assert_eq!((&body["title"], &body["status"]), (&answer.json()["title"], &json!(401)));
    for member in ["meaning", "action"] {
        assert!(body[member].as_str().unwrap().ends_with('.'), "{body}");
    }
    let page = anonymous.visit(&kind).await;
    page.assert_page(200);
    assert!(page.text.contains(body["meaning"].as_str().unwrap()), "{}", page.text);
    for answer in [&explained, &page] {
        let vary = answer.headers.get_all("vary").iter();
        assert!(vary.map(|value| value.to_str().unwrap()).any(|value| value == "Accept"));
    }
    assert_eq!(anonymous.get("/problems/nothing").await.problem(), "not-found");
    anonymous.visit("/problems/nothing").await.assert_page(404);
    for kind in ["malformed-host", "database-unavailable", "wrong-password", "internal-error"] {
        assert_eq!(anonymous.get(&format!("/problems/{kind}")).await.status, 200, "{kind}");
    }
}

#[tokio::test]
async fn pages_and_static_files_are_compressed_and_api_responses_are_not() {
    let anonymous = anonymous().await;
    let compressed = async |path: &str, accept: &str| {
        let request = anonymous.request(Method::GET, path).header("accept", accept);
        let plain = Answer::of(request.try_clone().unwrap()).await;
        let response = request.header("accept-encoding", "gzip").send().await.unwrap();
        let encoding = response.headers().get("content-encoding").cloned();
        let varies = response.headers().get_all("vary").iter().any(|v| v == "Accept-Encoding");
        let bytes = response.bytes().await.unwrap();
        let is_gzip = encoding.is_some_and(|encoding| encoding == "gzip");
        assert_eq!(is_gzip, bytes.starts_with(&[0x1f, 0x8b]), "{path}");
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        is_gzip && varies && bytes.len() < plain.text.len()
    };
    let page = anonymous.visit("/").await.text.replace("&#x2f;", "/");
    let asset = |kind: &str| {
        let start = page.find(&format!("/assets/{kind}-")).unwrap();
        page[start..].split('"').next().unwrap().to_owned()
    };
    for path in ["/openapi.json", &asset("style"), &asset("pages")] {
        assert!(compressed(path, "*/*").await, "{path}");
    }
    for path in ["/", "/auth/login", "/nothing", "/problems/busy"] {
        assert!(compressed(path, "text/html").await, "{path}");
    }
    for path in ["/auth/me", "/healthz", "/.well-known/jwks.json"] {
        assert!(!compressed(path, "*/*").await, "{path}");
    }
    let login = json!({"email": EMAIL, "password": PASSWORD});
    let login = anonymous.request(Method::POST, "/auth/login").json(&login);
    let response = login.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers().get("content-encoding")),
        (200, None)
    );
}

#[tokio::test]
async fn change_password_url_redirects_to_the_account_page() {
    let answer = anonymous().await.get("/.well-known/change-password").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/account")));
}
