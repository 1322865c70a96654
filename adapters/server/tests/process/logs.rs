use coach_tests::{Answer, PASSWORD};
use reqwest::Method;
use serde_json::json;

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
            "credential refused",
            "logged out session",
            "credential refused session",
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

/// ASVS 16.4.1.
#[tokio::test(flavor = "multi_thread")]
async fn input_cannot_forge_log_lines() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
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
    assert!(log.iter().all(|line| line.starts_with("20") && !line.contains("user=1")), "{log:?}");
    assert!(log.iter().all(|line| !line.contains(|character: char| character.is_control())));
}
