//! Paths and methods.

use coach_tests::Answer;
use reqwest::Method;

use super::anonymous;

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
async fn page_of_a_wrong_method_says_so_and_lists_the_allowed_ones() {
    let anonymous = anonymous().await;
    for path in ["/account/delete", "/auth/logout", "/account/sessions", "/practice"] {
        let answer = anonymous.visit(path).await;
        answer.assert_page(405);
        assert_eq!(answer.header("allow"), Some("POST"), "{path}");
        let heading = ">This page cannot be used this way</h1>";
        assert!(answer.text.contains(heading), "{}", answer.text);
        assert!(answer.text.contains("<title>This page cannot be used this way"), "{path}");
        assert!(!answer.text.contains("not found"), "{path}");
    }
    let answer = anonymous.submit("/account", &[("full_name", "a")]).await;
    answer.assert_page(405);
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
}
