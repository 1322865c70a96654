//! Invalid requests: each gets a specific 4xx status, and none a 500.

use coach_tests::{Answer, PASSWORD, Persona};
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{EMAIL, Mocks};

async fn anonymous() -> Persona {
    Mocks::new().permissive().serve().await
}

async fn send(
    persona: &Persona,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Answer {
    let mut request = persona.request(Method::POST, path).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn malformed_json_is_refused() {
    let anonymous = anonymous().await;
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [&[u8]; 10] = [
        b"",
        b"{",
        b"{\"email\":}",
        b"{\"email\": NaN}",
        b"{'email': 1}",
        b"\xef\xbb\xbf{}",
        b"{\"email\": \"\xff\"}",
        b"{\"email\": \"\\ud800\"}",
        b"{} {}",
        nested.as_bytes(),
    ];
    for path in ["/auth/register", "/auth/login"] {
        for body in bodies {
            let answer = send(&anonymous, path, &[JSON], body.to_vec()).await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]);
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (400, "malformed-body"),
                "{shown}"
            );
        }
    }
}

#[tokio::test]
async fn json_other_than_an_object_is_invalid() {
    let anonymous = anonymous().await;
    for path in ["/auth/register", "/auth/login"] {
        for body in
            [json!(null), json!([]), json!([EMAIL, PASSWORD]), json!("text"), json!(1), json!(true)]
        {
            let answer = anonymous.post(path, body.clone()).await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (422, "invalid-input"),
                "{body}"
            );
        }
    }
}

/// ASVS 2.2.1.
#[tokio::test]
async fn all_invalid_fields_are_named_together() {
    let anonymous = anonymous().await;
    for (body, fields) in [
        (json!({}), &["email", "password"][..]),
        (json!({"email": null, "password": null, "full_name": null}), &["email", "password"]),
        (json!({"email": 1, "password": [], "full_name": {}}), &["email", "password", "full_name"]),
        (
            json!({"email": "nobody", "password": "short", "full_name": "a\0"}),
            &["email", "password", "full_name"],
        ),
        (json!({"email": true, "password": "short"}), &["email", "password"]),
        (json!({"email": "", "password": PASSWORD}), &["email"]),
        (json!({"email": EMAIL, "password": ""}), &["password"]),
        (json!({"email": EMAIL, "password": "x".repeat(1025)}), &["password"]),
        (
            json!({"email": EMAIL, "password": PASSWORD, "full_name": "x".repeat(101)}),
            &["full_name"],
        ),
        (
            json!({"email": format!("{}@example.com", "x".repeat(65)), "password": PASSWORD}),
            &["email"],
        ),
    ] {
        let answer = anonymous.post("/auth/register", body.clone()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid-input"), "{body}");
        let mut named = answer.bad_fields();
        named.sort();
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        assert_eq!(named, fields, "{body}");
    }
}

#[tokio::test]
async fn login_checks_only_types_and_the_password_length() {
    let anonymous = anonymous().await;
    for (body, fields) in [
        (json!({}), &["email", "password"][..]),
        (json!({"email": 1, "password": {}}), &["email", "password"]),
        (json!({"email": EMAIL, "password": "x".repeat(1025)}), &["password"]),
    ] {
        let answer = anonymous.post("/auth/login", body.clone()).await;
        assert_eq!(
            (answer.status, answer.bad_fields()),
            (422, fields.iter().map(ToString::to_string).collect()),
            "{body}"
        );
    }
    for (email, password) in
        [("", ""), ("nobody", "x"), (EMAIL, "short"), (EMAIL, &"x".repeat(1024))]
    {
        assert_eq!(anonymous.login(email, password).await.problem(), "invalid-credentials");
    }
}

/// ASVS 15.3.3.
#[tokio::test]
async fn unknown_members_are_ignored_and_optional_ones_may_be_null() {
    let anonymous = anonymous().await;
    for full_name in [json!(null), json!(""), json!("   ")] {
        let body = json!({
            "email": EMAIL, "password": PASSWORD, "full_name": full_name,
            "id": 99, "is_active": false, "created_at": "1999-01-01T00:00:00Z", "password_hash": "x", "role": "admin",
        });
        let answer = anonymous.post("/auth/register", body).await;
        assert_eq!(answer.status, 201);
        let user = answer.json()["user"].clone();
        assert_eq!(
            (&user["id"], &user["is_active"], &user["full_name"]),
            (&json!(1), &json!(true), &Value::Null)
        );
        let mut members: Vec<_> = user.as_object().unwrap().keys().cloned().collect();
        members.sort();
        assert_eq!(members, ["created_at", "email", "full_name", "id", "is_active"]);
    }
}

#[tokio::test]
async fn body_in_another_format_is_an_unsupported_media_type() {
    let anonymous = anonymous().await;
    let body = json!({"email": EMAIL, "password": PASSWORD}).to_string();
    let cases: [&[(&str, &str)]; 9] = [
        &[],
        &[("content-type", "text/plain")],
        &[("content-type", "multipart/form-data; boundary=x")],
        &[("content-type", "application/xml")],
        &[("content-type", "application/json; charset=utf-16")],
        &[("content-type", "application/jsonp")],
        &[("content-type", "nonsense")],
        &[JSON, ("content-encoding", "gzip")],
        &[JSON, ("content-encoding", "br")],
    ];
    for path in ["/auth/register", "/auth/login", "/auth/logout"] {
        for headers in cases {
            let answer = send(&anonymous, path, headers, body.clone()).await;
            let problem = (answer.status, answer.problem());
            assert_eq!(problem, (415, "unsupported-media-type".to_owned()), "{path} {headers:?}");
        }
    }
    for content_type in [
        "application/json;charset=UTF-8",
        "Application/JSON",
        "application/json; charset=\"utf-8\"",
    ] {
        let answer =
            send(&anonymous, "/auth/login", &[("content-type", content_type)], body.clone()).await;
        assert_eq!(answer.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn body_over_64_kib_is_too_large_with_and_without_a_length() {
    let anonymous = anonymous().await;
    let body = |bytes: usize| {
        let empty = json!({"email": EMAIL, "password": PASSWORD, "x": ""}).to_string();
        json!({"email": EMAIL, "password": PASSWORD, "x": "x".repeat(bytes - empty.len())})
            .to_string()
    };
    let limit = 64 * 1024;
    assert_eq!(send(&anonymous, "/auth/login", &[JSON], body(limit)).await.status, 200);
    for path in ["/auth/register", "/auth/login", "/auth/logout"] {
        let answer = send(&anonymous, path, &[JSON], body(limit + 1)).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (413, "payload-too-large"),
            "{path}"
        );
    }
    let chunked = |body: String| {
        let chunks = body
            .into_bytes()
            .chunks(1000)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>();
        reqwest::Body::wrap_stream(futures_util::stream::iter(chunks))
    };
    assert_eq!(send(&anonymous, "/auth/login", &[JSON], chunked(body(limit))).await.status, 200);
    let answer = send(&anonymous, "/auth/login", &[JSON], chunked(body(limit + 1))).await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "payload-too-large"));
}

#[tokio::test]
async fn missing_credential_and_invalid_token_get_different_challenges() {
    let anonymous = anonymous().await;
    let challenge = |answer: &Answer| answer.header("www-authenticate").unwrap().to_owned();
    for authorization in [None, Some("Basic dGVzdDp0ZXN0"), Some("Bearer"), Some("valid")] {
        let mut request = anonymous.request(Method::GET, "/auth/me");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "authentication-required"));
        assert_eq!(challenge(&answer), "Bearer", "{authorization:?}");
    }
    for token in ["forged", "a.b.c", "valid valid", &"x".repeat(8000)] {
        let answer = anonymous.with_token(token).me().await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "invalid-token"));
        assert_eq!(challenge(&answer), r#"Bearer error="invalid_token""#);
    }
    let scheme = |scheme: &str| {
        anonymous
            .request(Method::GET, "/auth/me")
            .header("authorization", format!("{scheme} valid"))
    };
    for spelling in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(Answer::of(scheme(spelling)).await.status, 200);
    }
}

/// ASVS 14.2.1.
#[tokio::test]
async fn token_outside_the_authorization_header_is_ignored() {
    let anonymous = anonymous().await;
    assert_eq!(anonymous.get("/auth/me?access_token=valid&token=valid").await.status, 401);
    let cookie =
        anonymous.request(Method::GET, "/auth/me").header("cookie", "pm_coach_session=valid");
    assert_eq!(Answer::of(cookie).await.status, 401);
}

#[tokio::test]
async fn two_authorization_headers_are_malformed() {
    let anonymous = anonymous().await;
    for (method, path) in [(Method::GET, "/auth/me"), (Method::POST, "/auth/logout")] {
        let request = anonymous
            .request(method, path)
            .header("authorization", "Bearer valid")
            .header("authorization", "Bearer valid");
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "malformed-authorization"));
    }
}

/// ASVS 3.5.3, 4.1.4, 13.4.4.
#[tokio::test]
async fn unknown_path_is_404_and_wrong_method_lists_the_allowed_ones() {
    let anonymous = anonymous().await;
    for path in [
        "/nothing",
        "/auth",
        "/auth/",
        "/auth/login/",
        "/auth/me/1",
        "/AUTH/ME",
        "//",
        "/%00",
        "/%ff",
        "/auth/me%ff",
        "/docs/%c3%28",
        "/..%2f..%2fetc/passwd",
    ] {
        let answer = anonymous.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{path}");
    }
    for (method, path, allow) in [
        (Method::PUT, "/auth/login", "GET, HEAD, POST"),
        (Method::DELETE, "/auth/register", "GET, HEAD, POST"),
        (Method::GET, "/account/sessions", "POST"),
        (Method::POST, "/account", "GET, HEAD"),
        (Method::PUT, "/auth/sessions", "DELETE, GET, HEAD"),
        (Method::GET, "/auth/sessions/1", "DELETE"),
        (Method::GET, "/auth/logout", "POST"),
        (Method::HEAD, "/auth/logout", "POST"),
        (Method::POST, "/assets/pages.js", "GET, HEAD"),
        (Method::POST, "/auth/me", "DELETE, GET, HEAD, PATCH"),
        (Method::OPTIONS, "/auth/me", "DELETE, GET, HEAD, PATCH"),
        (Method::GET, "/account/delete", "POST"),
        (Method::POST, "/auth/sessions", "DELETE, GET, HEAD"),
        (Method::TRACE, "/", "GET, HEAD"),
        (Method::PATCH, "/healthz", "GET, HEAD"),
        (Method::POST, "/docs", "GET, HEAD"),
        (Method::POST, "/openapi.json", "GET, HEAD"),
        (Method::from_bytes(b"BREW").unwrap(), "/auth/me", "DELETE, GET, HEAD, PATCH"),
    ] {
        let answer = Answer::of(anonymous.request(method.clone(), path)).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        if method != Method::HEAD {
            assert_eq!(answer.problem(), "method-not-allowed");
        }
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let anonymous = anonymous().await;
    let signed_in = anonymous.with_token("valid");
    for path in ["/", "/healthz", "/readyz", "/openapi.json", "/docs", "/auth/me"] {
        let answer = Answer::of(signed_in.request(Method::HEAD, path)).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{path}");
    }
    for path in ["/auth/login", "/auth/register"] {
        let answer = Answer::of(anonymous.request(Method::HEAD, path)).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{path}");
    }
}

#[tokio::test]
async fn cross_site_post_is_refused_and_cross_site_get_is_allowed() {
    let anonymous = anonymous().await;
    let login = json!({"email": EMAIL, "password": PASSWORD});
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "same-origin", 200),
        ("sec-fetch-site", "none", 200),
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("origin", anonymous.base_url.as_str(), 200),
        ("origin", "http://coach.example", 200),
    ] {
        let request =
            anonymous.request(Method::POST, "/auth/login").json(&login).header(name, value);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        if status == 403 {
            assert_eq!(answer.problem(), "cross-site");
        }
        let me = anonymous.with_token("valid").request(Method::GET, "/auth/me").header(name, value);
        assert_eq!(Answer::of(me).await.status, 200, "{name}: {value}");
    }
}
