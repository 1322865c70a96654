//! Credentials that are missing, repeated or in the wrong place, and requests of other sites.

use coach_tests::{Answer, PASSWORD};
use reqwest::Method;
use serde_json::json;

use super::anonymous;
use crate::fixture::EMAIL;

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
