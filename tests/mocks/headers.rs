//! Headers that every response carries.

use coach_http::HttpSettings;
use coach_tests::{Answer, Persona, http_settings};
use reqwest::Method;

use crate::fixture::Mocks;

/// A server on mocks that expect nothing, with settings of its own.
pub async fn serve_unexpecting(http: HttpSettings) -> Persona {
    Mocks { http, ..Mocks::new() }.serve().await
}

#[tokio::test]
async fn every_response_carries_the_strict_headers() {
    let persona = Mocks::new().permissive().serve().await.with_token("valid");
    for (method, path) in [
        (Method::GET, "/auth/me"),
        (Method::GET, "/nothing"),
        (Method::POST, "/auth/me"),
        (Method::POST, "/auth/login"),
        (Method::GET, "/openapi.json"),
        (Method::GET, "/docs"),
    ] {
        let answer = Answer::of(persona.request(method, path)).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert!(answer.header("permissions-policy").is_some(), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert_eq!(answer.header("strict-transport-security"), None);
    }
}

#[tokio::test]
async fn https_is_insisted_on_where_it_is_used() {
    let settings =
        HttpSettings { public_origin: "https://coach.example".to_owned(), ..http_settings() };
    let answer = serve_unexpecting(settings).await.get("/healthz").await;
    let hsts = answer.header("strict-transport-security");
    assert_eq!(hsts, Some("max-age=31536000; includeSubDomains"));
}

#[tokio::test]
async fn a_sane_request_id_comes_back_and_any_other_is_replaced() {
    let anonymous = Mocks::new().permissive().serve().await;
    let longest = "x".repeat(64);
    for (sent, kept) in [
        ("abc-123", true),
        (longest.as_str(), true),
        ("with space", false),
        ("tab\there", false),
        (&format!("{longest}x"), false),
    ] {
        for path in ["/healthz", "/nothing"] {
            let request = anonymous.request(Method::GET, path).header("x-request-id", sent);
            let answer = Answer::of(request).await;
            let id = answer.header("x-request-id").unwrap();
            assert_eq!(id == sent, kept, "{sent:?}");
            assert!(kept || id.len() == 36, "{id}");
        }
    }
}
