//! The OpenAPI document is an interface: it changes on purpose or not at all.

use std::{fs, path::Path};

use coach_tests::Persona;
use serde_json::{Value, json};

use crate::fixture::Mocks;

async fn anonymous() -> Persona {
    Mocks::new().serve().await
}

/// `UPDATE_OPENAPI=1 cargo test -p coach-tests --test mocks openapi` writes it anew; read the difference.
#[tokio::test]
async fn the_document_is_the_pinned_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let served = anonymous().await.get("/openapi.json").await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.text, coach_http::openapi_document());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&file, format!("{}\n", served.text)).unwrap();
    }
    let pinned = fs::read_to_string(file).unwrap();
    // No `assert_eq`: it would print both.
    assert!(pinned.trim_end() == served.text, "the document is not the pinned one");
}

#[tokio::test]
async fn every_operation_documents_its_problems_and_needs_no_more_than_it_says() {
    let document: Value = serde_json::from_str(coach_http::openapi_document()).unwrap();
    let statuses = |path: &str, method: &str| {
        let responses = document["paths"][path][method]["responses"].as_object().unwrap();
        responses.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    for (path, method, expected) in [
        ("/auth/register", "post", "201 400 403 408 409 413 415 422 503"),
        ("/auth/login", "post", "200 400 401 403 408 413 415 422 503"),
        ("/auth/logout", "post", "204 400 403 413 415 503"),
        ("/auth/me", "get", "200 400 401 503"),
        ("/auth/refresh", "post", "200 400 401 403 408 413 415 422 503"),
        ("/auth/sessions", "get", "200 400 401 503"),
        ("/auth/sessions", "delete", "204 400 401 403 503"),
        ("/auth/sessions/{id}", "delete", "204 400 401 403 404 503"),
        ("/auth/password", "post", "200 400 401 403 408 413 415 422 503"),
        ("/.well-known/jwks.json", "get", "200"),
        ("/healthz", "get", "200"),
        ("/readyz", "get", "200 503"),
        ("/", "get", "200"),
    ] {
        assert_eq!(statuses(path, method), expected, "{path}");
    }
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    assert_eq!(security("/auth/me", "get"), json!([{"BearerAuth": []}, {"CookieAuth": []}]));
    // `{}`: a logout needs no credential at all.
    let optional = json!([{"BearerAuth": []}, {"CookieAuth": []}, {}]);
    assert_eq!(security("/auth/logout", "post"), optional);
    assert_eq!(security("/auth/login", "post"), Value::Null);
}

#[tokio::test]
async fn the_documentation_page_loads_nothing_from_elsewhere() {
    let page = anonymous().await.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.text.contains("SwaggerUIBundle") && page.text.contains("/auth/register"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("http"), "{policy}");
    let scripts = policy.split("script-src").nth(1).unwrap().split(';').next().unwrap();
    assert_eq!((scripts.matches("'sha256-").count(), scripts.contains("unsafe")), (2, false));
    for tag in ["<script src", "<link ", "<img ", "<iframe"] {
        let markup = page.text.split("<script").next().unwrap();
        assert!(!markup.contains(tag), "{tag}");
    }
}
