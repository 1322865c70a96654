//! Headers of every response.

use coach_http::HttpSettings;
use coach_tests::{Answer, Persona, http_settings};
use reqwest::Method;

use crate::fixture::Mocks;

/// Starts a server with these settings on mocks that expect no calls.
pub async fn serve_with_settings(http: HttpSettings) -> Persona {
    Mocks { http, ..Mocks::new() }.serve().await
}

/// ASVS 3.4.4, 3.4.5, 3.4.6, 3.4.8, 3.5.8, 14.3.2.
#[tokio::test]
async fn every_response_has_security_headers() {
    let persona = Mocks::new().permissive().serve().await.with_token("valid");
    for (method, path) in [
        (Method::GET, "/auth/me"),
        (Method::GET, "/nothing"),
        (Method::POST, "/auth/me"),
        (Method::POST, "/auth/login"),
        (Method::GET, "/openapi.json"),
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

/// ASVS 3.4.1.
#[tokio::test]
async fn hsts_is_sent_if_the_public_url_is_https() {
    let settings =
        HttpSettings { public_origin: "https://coach.example".to_owned(), ..http_settings() };
    let answer = serve_with_settings(settings).await.get("/healthz").await;
    let hsts = answer.header("strict-transport-security");
    assert_eq!(hsts, Some("max-age=31536000; includeSubDomains"));
}

#[tokio::test]
async fn valid_request_id_is_returned_and_any_other_is_replaced() {
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
