//! The OpenAPI document is part of the interface and must not change by accident.

use std::{fs, path::Path};

use coach_core::ports::RepositoryError;
use coach_http::HttpSettings;
use coach_tests::{Persona, http_settings};
use serde_json::{Value, json};

use crate::{
    fixture::{Mocks, SECRET},
    headers::serve_with_settings,
};

async fn anonymous() -> Persona {
    Mocks::new().serve().await
}

/// To update the file, run `UPDATE_OPENAPI=1 cargo test -p coach-tests --test mocks openapi` and review the diff.
#[tokio::test]
async fn document_matches_the_committed_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let served = anonymous().await.get("/openapi.json").await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.text, coach_http::openapi_document());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&file, format!("{}\n", served.text)).unwrap();
    }
    let committed = fs::read_to_string(file).unwrap();
    // `assert_eq` would print both documents.
    assert!(
        committed.trim_end() == served.text,
        "docs/openapi.json is out of date. Set UPDATE_OPENAPI=1 to update it."
    );
}

#[tokio::test]
async fn every_operation_documents_its_statuses_and_credentials() {
    let document: Value = serde_json::from_str(coach_http::openapi_document()).unwrap();
    let statuses = |path: &str, method: &str| {
        let responses = document["paths"][path][method]["responses"].as_object().unwrap();
        responses.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    for (path, method, expected) in [
        ("/auth/register", "post", "201 400 403 408 409 413 415 422 503"),
        ("/auth/login", "post", "200 400 401 403 408 413 415 422 503"),
        ("/auth/logout", "post", "204 400 403 408 413 415 503"),
        ("/auth/me", "get", "200 400 401 503"),
        ("/auth/refresh", "post", "200 400 401 403 408 413 415 422 503"),
        ("/auth/sessions", "get", "200 400 401 503"),
        ("/auth/sessions", "delete", "204 400 401 403 503"),
        ("/auth/sessions/{id}", "delete", "204 400 401 403 404 503"),
        ("/auth/password", "post", "200 400 401 403 408 413 415 422 503"),
        ("/api/sessions", "post", "201 400 401 403 408 413 415 422 503"),
        ("/api/sessions", "get", "200 400 401 422 503"),
        ("/api/sessions/{id}", "get", "200 400 401 404 503"),
        ("/api/sessions/{id}/end", "post", "200 400 401 403 404 408 413 415 503"),
        ("/.well-known/jwks.json", "get", "200 400"),
        ("/healthz", "get", "200 400"),
        ("/readyz", "get", "200 400 503"),
        ("/problems/{name}", "get", "200 400 404"),
        ("/", "get", "200 400"),
    ] {
        assert_eq!(statuses(path, method), expected, "{path}");
    }
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    assert_eq!(security("/auth/me", "get"), json!([{"BearerAuth": []}, {"CookieAuth": []}]));
    // `{}`: logout needs no credential.
    let optional = json!([{"BearerAuth": []}, {"CookieAuth": []}, {}]);
    assert_eq!(security("/auth/logout", "post"), optional);
    assert_eq!(security("/auth/login", "post"), json!([]));
}

#[tokio::test]
async fn document_names_the_configured_cookie_and_token_format() {
    let http = HttpSettings {
        public_origin: "https://coach.example".to_owned(),
        session_cookie_name: "sid".to_owned(),
        token_format: "PASETO",
        ..http_settings()
    };
    let document = serve_with_settings(http).await.get("/openapi.json").await.json();
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["CookieAuth"]["name"], "__Host-sid");
    assert_eq!(schemes["BearerAuth"]["bearerFormat"], "PASETO");
}

#[tokio::test]
async fn every_operation_schema_and_response_has_a_description_and_an_example() {
    let document: Value = serde_json::from_str(coach_http::openapi_document()).unwrap();
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(text(&schema["description"]), "{name}");
        assert!(schema["enum"].is_array() || schema["example"].is_object(), "{name}");
    }
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let named = format!("{method} {path}");
            assert!(text(&operation["summary"]) && text(&operation["description"]), "{named}");
            let body = &operation["requestBody"];
            assert!(body.is_null() || body["content"]["application/json"]["example"].is_object());
            for (status, response) in operation["responses"].as_object().unwrap() {
                let named = format!("{named} {status}");
                assert!(text(&response["description"]), "{named}");
                let headers = &response["headers"];
                assert!(headers["X-Request-Id"].is_object(), "{named}");
                assert_eq!(headers["WWW-Authenticate"].is_object(), status == "401", "{named}");
                assert_eq!(headers["Retry-After"].is_object(), status == "503", "{named}");
                for (media_type, content) in response["content"].as_object().into_iter().flatten() {
                    let plain = ["application/json", "application/problem+json"];
                    assert!(plain.contains(&media_type.as_str()), "{named}");
                    assert!(content["example"].is_object() != content["examples"].is_object());
                    assert!(text(&content["schema"]["$ref"]), "{named}");
                }
            }
        }
    }
}

#[tokio::test]
async fn nullable_members_are_documented() {
    let document: Value = serde_json::from_str(coach_http::openapi_document()).unwrap();
    for (schema, member, required) in [
        ("User", "full_name", true),
        ("Session", "user_agent", true),
        ("Session", "ip", true),
        ("RegisterRequest", "full_name", false),
        ("PracticeSession", "category_filter", true),
        ("PracticeSession", "timer_minutes", true),
        ("PracticeSession", "ended_at", true),
        ("PracticeSession", "avg_score", true),
        ("PracticeSessionList", "next_cursor", true),
        ("PracticeSessionRequest", "category_filter", false),
        ("PracticeSessionRequest", "timer_minutes", false),
    ] {
        let schema = &document["components"]["schemas"][schema];
        assert_eq!(schema["properties"][member]["nullable"], true, "{member}");
        // A schema without required members has no list.
        let listed = schema["required"].as_array();
        let is_required = listed.is_some_and(|listed| listed.contains(&json!(member)));
        assert_eq!(is_required, required, "{member}");
    }
}

#[tokio::test]
async fn query_parameters_are_documented_with_their_limits() {
    let document: Value = serde_json::from_str(coach_http::openapi_document()).unwrap();
    let list = &document["paths"]["/api/sessions"]["get"];
    assert!(list["requestBody"].is_null());
    assert!(document["components"]["schemas"]["ListPracticeRequest"].is_null());
    let parameters = list["parameters"].as_array().unwrap();
    let schemas: Vec<_> = parameters
        .iter()
        .map(|parameter| {
            assert_eq!(
                (&parameter["in"], &parameter["required"]),
                (&json!("query"), &json!(false))
            );
            assert!(parameter["description"].is_string(), "{parameter}");
            (parameter["name"].as_str().unwrap(), parameter["schema"].clone())
        })
        .collect();
    let limit = json!({"type": "integer", "default": 20, "maximum": 100.0, "minimum": 1.0});
    let expected = [
        ("limit", limit),
        ("cursor", json!({"type": "string"})),
        ("category", json!({"type": "string", "maxLength": 50})),
        ("state", json!({"type": "string", "enum": ["open", "ended"]})),
    ];
    assert_eq!(schemas, expected);
    let body = &document["components"]["schemas"]["PracticeSessionRequest"]["properties"];
    let timer = &body["timer_minutes"];
    assert_eq!((timer["minimum"].as_f64(), timer["maximum"].as_f64()), (Some(1.0), Some(60.0)));
    assert_eq!(
        (&body["category_filter"]["maxLength"], &body["mode"]["maxLength"]),
        (&json!(50), &json!(20))
    );
}

#[tokio::test]
async fn documentation_page_loads_only_files_of_this_server() {
    let anonymous = anonymous().await;
    let page = anonymous.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.text.starts_with("<!doctype html>") && page.text.contains("<title>API"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    let html = page.text.replace("&#x2f;", "/");
    let files: Vec<_> = html.split('"').filter(|text| text.starts_with("/docs/")).collect();
    assert_eq!(files.len(), 4, "{html}");
    for file in files {
        let answer = anonymous.get(file).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(answer.header("cache-control").unwrap().contains("immutable"), "{file}");
    }
    assert_eq!(anonymous.get("/docs/nothing.js").await.problem(), "not-found");
}

#[tokio::test]
async fn documentation_page_has_the_menu_of_the_visitor_and_needs_no_database() {
    let anonymous = Mocks::new().permissive().serve().await;
    let page = anonymous.visit("/docs").await;
    assert!(page.text.contains(r#"href="/auth/login""#) && page.text.contains("data-theme"));
    let page = anonymous.with_cookie(SECRET).visit("/docs").await;
    assert!(page.text.contains("Sign out") && !page.text.contains(r#"href="/auth/login""#));

    let mut mocks = Mocks::new();
    let gone = || Err(RepositoryError::Unavailable("gone".into()));
    mocks.sessions.expect_find_by_secret().times(1).returning(move |_| gone());
    let page = mocks.permissive().serve().await.with_cookie(SECRET).visit("/docs").await;
    page.assert_page(200);
    assert!(!page.text.contains("Sign out") && !page.text.contains(r#"href="/auth/login""#));
}
