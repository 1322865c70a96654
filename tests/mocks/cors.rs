//! CORS: calls from pages of other origins.

use coach_http::HttpSettings;
use coach_tests::{Answer, Persona, http_settings};
use reqwest::Method;

use crate::headers::serve_with_settings;

const LISTED: &str = "http://localhost:8002";

async fn anonymous() -> Persona {
    serve_with_settings(HttpSettings { cors_origins: vec![LISTED.to_owned()], ..http_settings() })
        .await
}

async fn preflight(persona: &Persona, origin: &str, method: &str, headers: &str) -> Answer {
    let request = persona
        .request(Method::OPTIONS, "/auth/login")
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers);
    Answer::of(request).await
}

/// ASVS 3.4.2.
#[tokio::test]
async fn listed_origin_may_send_credentials() {
    let anonymous = anonymous().await;
    let answer = preflight(&anonymous, LISTED, "POST", "authorization, content-type").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(LISTED));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    let allowed = answer.header("access-control-allow-headers").unwrap().to_lowercase();
    assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
    assert!(answer.header("access-control-allow-methods").unwrap().contains("POST"));
    assert!(answer.header("vary").unwrap().contains("Origin"));
}

#[tokio::test]
async fn errors_for_a_listed_origin_have_cors_headers() {
    let anonymous = anonymous().await;
    for (method, path, status) in [
        (Method::GET, "/auth/me", 401),
        (Method::GET, "/nothing", 404),
        (Method::PUT, "/auth/me", 405),
        (Method::POST, "/auth/login", 415),
        (Method::GET, "/readyz", 500),
    ] {
        let answer = Answer::of(anonymous.request(method, path).header("origin", LISTED)).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(LISTED), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{path}");
        let exposed = answer.header("access-control-expose-headers").unwrap().to_lowercase();
        assert!(exposed.contains("x-request-id") && exposed.contains("retry-after"), "{exposed}");
    }
}

/// ASVS 3.4.2.
#[tokio::test]
async fn unlisted_origins_are_not_allowed() {
    let anonymous = anonymous().await;
    for origin in [
        "http://evil.example",
        "http://localhost:8002.evil.example",
        "http://localhost:80023",
        "http://localhost",
        "https://localhost:8002",
        "http://LOCALHOST:8002",
        "http://localhost:8002/",
        "xhttp://localhost:8002",
        "null",
        "*",
        "",
    ] {
        let simple = anonymous.request(Method::GET, "/healthz").header("origin", origin);
        for answer in
            [Answer::of(simple).await, preflight(&anonymous, origin, "POST", "content-type").await]
        {
            assert!(matches!(answer.status, 200 | 405), "{origin}: {answer:?}");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{origin}");
            assert!(answer.header("vary").unwrap().contains("Origin"), "{origin}");
        }
    }
}

#[tokio::test]
async fn response_without_an_origin_varies_by_origin() {
    assert_eq!(anonymous().await.get("/healthz").await.header("vary"), Some("Origin"));
}

#[tokio::test]
async fn refused_preflight_is_a_problem_and_plain_options_is_not_allowed() {
    let anonymous = anonymous().await;
    for (method, headers) in [("PUT", "content-type"), ("POST", "x-other"), ("nonsense", "")] {
        let answer = preflight(&anonymous, LISTED, method, headers).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "cross-site"), "{method}");
        assert!(answer.header("vary").unwrap().contains("Origin"));
    }
    let options = anonymous.request(Method::OPTIONS, "/auth/login").header("origin", LISTED);
    let answer = Answer::of(options).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, POST")));
}
