use coach_tests::{Answer, PASSWORD};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::server::RunningServer;

const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

/// Returns the audit events in the log without the values of their fields.
fn events(log: &[String]) -> Vec<String> {
    let of_auth = |line: &String| line.split_once(" auth: ").map(|(_, event)| event.to_owned());
    let without_values = |event: String| {
        let words = event.split(' ').map(|word| word.split('=').next().unwrap());
        words.collect::<Vec<_>>().join(" ")
    };
    log.iter().filter_map(of_auth).map(without_values).collect()
}

/// ASVS 13.3.1, 16.2.5, 16.3.1, 16.3.2, 16.3.3.
#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_is_logged_once_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let server =
        RunningServer::start(directory.path(), &[("JWT_SECRET", SECRET), ("DEBUG", "true")]);
    let anonymous = &server.anonymous;
    let persona = anonymous.registered("test@example.com").await;
    anonymous.register("test@example.com").await;
    let token = anonymous.login("test@example.com", PASSWORD).await.token();
    anonymous.login("test@example.com", "wrong-password-typed").await;
    anonymous.login("typed-into-the-wrong-field", PASSWORD).await;
    anonymous.with_token("forged-token").me().await;
    anonymous.with_token(&token).logout().await;
    anonymous.with_token(&token).me().await;

    let log = server.into_log();
    assert_eq!(
        events(&log),
        [
            "registered user session",
            "registration refused: address taken",
            "logged in user session",
            "login failed user",
            "login failed",
            "credential refused reason",
            "logged out user session",
            "credential refused session reason",
        ]
    );
    let log = log.join("\n");
    for secret in [
        PASSWORD,
        SECRET,
        "wrong-password-typed",
        "typed-into-the-wrong-field",
        "test@example.com",
        "forged-token",
        "$argon2id",
        "SELECT",
        &token,
        persona.token.as_ref().unwrap(),
    ] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

/// Returns the members of a line. Asserts that it is one JSON object with the members that every line has.
fn line_of(line: &str) -> Map<String, Value> {
    let Ok(Value::Object(members)) = serde_json::from_str(line) else {
        panic!("no object: {line}")
    };
    for member in ["timestamp", "level", "target", "message"] {
        assert!(members[member].as_str().is_some_and(|text| !text.is_empty()), "{line}");
    }
    members
}

/// ASVS 16.2.4.
#[tokio::test(flavor = "multi_thread")]
async fn json_log_has_a_line_for_each_request_with_its_route() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[("LOG_FORMAT", "json")]);
    let token = server.anonymous.registered("test@example.com").await;
    for path in ["/healthz", "/auth/sessions/secret", "/nowhere/secret?secret=1"] {
        let request = token.request(Method::GET, path).header("x-request-id", path.len());
        Answer::of(request).await;
    }
    server.anonymous.with_token("forged").me().await;
    let log: Vec<_> = server.into_log().iter().map(|line| line_of(line)).collect();
    let requests = log.iter().filter(|line| line["target"] == "access");
    let seen: Vec<_> = requests
        .map(|line| {
            assert!(line["duration_us"].is_u64() && line["client"] == "127.0.0.1", "{line:?}");
            assert!(line["request_id"].is_string());
            let route = line.get("route").and_then(Value::as_str).map(str::to_owned);
            (line["method"].as_str().unwrap().to_owned(), route, line["status"].as_u64().unwrap())
        })
        .collect();
    let expected = [
        ("POST", Some("/auth/register"), 201),
        ("GET", Some("/healthz"), 200),
        ("GET", Some("/auth/sessions/:id"), 405),
        ("GET", None, 404),
        ("GET", Some("/auth/me"), 401),
    ];
    let expected = expected
        .map(|(method, route, status)| (method.to_owned(), route.map(str::to_owned), status));
    assert_eq!(seen, expected);
    let refused = log.iter().find(|line| line["message"] == "credential refused").unwrap();
    assert_eq!((&refused["reason"], &refused["level"]), (&json!("malformed"), &json!("WARN")));
    assert!(log.iter().all(|line| !format!("{line:?}").contains("secret?")));
}

/// ASVS 16.4.1.
#[tokio::test(flavor = "multi_thread")]
async fn input_cannot_forge_log_lines() {
    for format in ["pretty", "json"] {
        forge_log_lines(format).await;
    }
}

async fn forge_log_lines(format: &str) {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[("LOG_FORMAT", format)]);
    let forged = "x\n2026-01-01T00:00:00Z  INFO auth: logged in user=1\u{1b}[31m";
    let body = json!({"email": forged, "password": forged, "full_name": forged});
    for path in ["/auth/register", "/auth/login"] {
        server.anonymous.post(path, body.clone()).await;
    }
    let request = server
        .anonymous
        .request(Method::GET, "/auth/me?x=%0A%1b[31m")
        .header("user-agent", "x\u{9b}31m")
        .header("x-request-id", "id\tauth:")
        .header("authorization", "Bearer \t\u{85}logged in");
    Answer::of(request).await;
    let log = server.into_log();
    match format {
        "json" => assert!(log.iter().all(|line| line_of(line)["target"] != "forged")),
        _ => assert!(log.iter().all(|line| line.starts_with("20") && !line.contains("user=1"))),
    }
    assert!(log.iter().all(|line| !line.contains(|character: char| character.is_control())));
}
