use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use coach_tests::PASSWORD;
use serde_json::Value;

use crate::server::{RunningServer, command, run};

const NAMES: [&str; 4] = ["registered", "login-failed", "logged-in", "logged-out"];

/// Causes the events [`NAMES`] of the account 1.
async fn cause_events(server: &RunningServer) {
    let anonymous = &server.anonymous;
    anonymous.registered("test@example.com").await;
    assert_eq!(anonymous.login("test@example.com", "wrong-password").await.status, 401);
    let token = anonymous.login("test@example.com", PASSWORD).await.token();
    assert_eq!(anonymous.with_token(&token).logout().await.status, 204);
    assert_eq!(anonymous.with_token(&token).me().await.status, 401);
}

fn names(document: &[u8]) -> Vec<String> {
    let document: Value = serde_json::from_slice(document).unwrap();
    let events = document["events"].as_array().unwrap().iter();
    events.map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn trail_has_every_event_after_a_shutdown() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    cause_events(&server).await;
    server.into_log();
    let shown = run(directory.path(), &[], &["audit", "--json"]);
    assert_eq!(
        (shown.status.code(), names(&shown.stdout)),
        (Some(0), NAMES.map(str::to_owned).into())
    );
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(text.contains(r#""ip":"127.0.0.1""#) && text.contains(r#""user_id":1"#), "{text}");
    for secret in [PASSWORD, "wrong-password", "test@example.com"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trail_is_filtered_by_account_and_time() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    cause_events(&server).await;
    server.anonymous.register("other@example.com").await;
    server.into_log();
    let show = |arguments: &str| {
        let arguments: Vec<_> = arguments.split(' ').collect();
        run(directory.path(), &[], &arguments)
    };
    for (arguments, expected) in [
        ("audit", 5),
        ("audit --user test@example.com", 4),
        ("audit --user 2", 1),
        ("audit --user 3", 0),
        ("audit --since 1h", 5),
        ("audit --since 2999-01-01", 0),
        ("audit --user 1 --since 2026-01-01T00:00:00Z", 4),
    ] {
        let shown = show(arguments);
        let lines = String::from_utf8(shown.stdout).unwrap().lines().count();
        assert_eq!((shown.status.code(), lines), (Some(0), expected), "{arguments}");
    }
    for (arguments, code) in [
        ("audit --user nobody@example.com", 1),
        ("audit --user nobody", 2),
        ("audit --since yesterday", 2),
    ] {
        let shown = show(arguments);
        assert_eq!((shown.status.code(), shown.stdout.is_empty()), (Some(code), true), "{shown:?}");
    }
}

#[test]
fn audit_creates_no_database() {
    let directory = tempfile::tempdir().unwrap();
    let shown = run(directory.path(), &[], &["audit"]);
    assert_eq!(shown.status.code(), Some(1), "{shown:?}");
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_shows_events_of_a_running_server_until_sigint() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    server.anonymous.register("test@example.com").await;
    let mut following = command(directory.path(), &[])
        .args(["audit", "--follow", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || {
        let event: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        event["event"].as_str().unwrap().to_owned()
    };
    assert_eq!(next(), "registered");
    server.anonymous.login("test@example.com", "wrong").await;
    assert_eq!(next(), "login-failed");
    let id = following.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
    assert_eq!(following.wait().unwrap().code(), Some(0));
}
