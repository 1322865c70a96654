use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use serde_json::Value;

use crate::server::{RunningServer, run};

/// Runs the checks and returns the exit code and the document.
fn examine(directory: &Path, environment: &[(&str, &str)]) -> (i32, Value) {
    let output = run(directory, environment, &["doctor", "--json"]);
    let document = String::from_utf8(output.stdout).unwrap();
    assert!(!document.contains("hunter2"), "{document}");
    (output.status.code().unwrap(), serde_json::from_str(&document).unwrap())
}

/// Returns the states and texts of a check.
fn found<'a>(document: &'a Value, check: &str) -> Vec<(&'a str, &'a str)> {
    let checks = document["checks"].as_array().unwrap().iter();
    checks
        .filter(|finding| finding["check"] == check)
        .map(|finding| (finding["state"].as_str().unwrap(), finding["found"].as_str().unwrap()))
        .collect()
}

#[test]
fn newcomer_has_no_problem_and_no_file_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let (code, document) = examine(directory.path(), &[]);
    assert_eq!((code, &document["problems"]), (0, &Value::from(0)), "{document}");
    assert!(found(&document, "database")[0].1.contains("does not exist yet"), "{document}");
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none());
    let text = String::from_utf8(run(directory.path(), &[], &["doctor"]).stdout).unwrap();
    assert!(text.contains("0 problems") && !text.contains('\x1b'), "{text}");
}

#[test]
fn every_bad_value_is_named_and_nothing_else_is_checked() {
    let directory = tempfile::tempdir().unwrap();
    let environment = [("JWT_SECRET", "hunter2"), ("PUBLIC_URL", "hunter2"), ("DEBUG", "maybe")];
    let (code, document) = examine(directory.path(), &environment);
    assert_eq!((code, &document["problems"]), (1, &Value::from(3)), "{document}");
    for name in ["JWT_SECRET", "PUBLIC_URL", "DEBUG"] {
        let named =
            found(&document, "configuration").iter().any(|(_, text)| text.starts_with(name));
        assert!(named, "{document}");
    }
    fs::write(directory.path().join(".env"), "JWT_SECRET hunter2\n").unwrap();
    assert_eq!(examine(directory.path(), &[]).0, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn running_server_is_recognised_and_its_database_is_sound() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    server.anonymous.registered("test@example.com").await;
    let log = server.log().join("\n");
    let address = log.split("listening on http://").nth(1).unwrap().split(',').next().unwrap();
    let port = address.rsplit(':').next().unwrap();
    let (code, document) = examine(directory.path(), &[("PORT", port)]);
    assert_eq!(code, 0, "{document}");
    assert!(found(&document, "port")[0].1.contains("server answers"), "{document}");
    assert!(found(&document, "database")[0].1.contains("is sound"), "{document}");
    assert_eq!(found(&document, "migrations")[0].0, "ok", "{document}");
    assert!(found(&document, "keys")[0].1.contains("jwt-secret"), "{document}");
}

#[test]
fn damaged_file_wide_modes_and_clear_text_are_found() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(directory.path(), &[], &["migrate"]).status.code(), Some(0));
    let database = directory.path().join("pm_interview_coach.db");
    let secret = directory.path().join("pm_interview_coach.db.jwt-secret");
    fs::write(&secret, "0123456789abcdef0123456789abcdef\n").unwrap();
    for file in [&database, &secret] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let public = ("PUBLIC_URL", "http://coach.example.com");
    let (code, document) = examine(directory.path(), &[public, ("JWT_SECRT", "hunter2")]);
    assert_eq!(code, 1, "{document}");
    let states =
        |check| found(&document, check).iter().map(|(state, _)| *state).collect::<Vec<_>>();
    assert_eq!(states("configuration"), ["ok", "warning"], "{document}");
    assert_eq!(states("database"), ["ok", "warning"], "{document}");
    assert_eq!(states("keys"), ["problem"], "{document}");
    assert_eq!(states("cookies"), ["warning"], "{document}");

    // The third page and everything after it.
    let mut file = fs::OpenOptions::new().write(true).open(&database).unwrap();
    file.seek(SeekFrom::Start(2 * 4096)).unwrap();
    file.write_all(&[0x5a; 4 * 4096]).unwrap();
    drop(file);
    let (code, document) = examine(directory.path(), &[]);
    assert_eq!(code, 1, "{document}");
    assert_eq!(found(&document, "database")[0].0, "problem", "{document}");
}

#[test]
fn pending_migrations_are_a_problem_only_if_the_start_does_not_run_them() {
    let directory = tempfile::tempdir().unwrap();
    fs::File::create(directory.path().join("pm_interview_coach.db")).unwrap();
    assert_eq!(examine(directory.path(), &[]).0, 0);
    let (code, document) = examine(directory.path(), &[("AUTO_MIGRATE", "false")]);
    assert_eq!((code, found(&document, "migrations")[0].0), (1, "problem"), "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_of_a_running_server_are_recognised() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[("METRICS_LISTEN", "127.0.0.1:0")]);
    let log = server.log().join("\n");
    let address = log.split("metrics at http://").nth(1).unwrap().split('/').next().unwrap();
    let (code, document) = examine(directory.path(), &[("METRICS_LISTEN", address)]);
    assert_eq!((code, found(&document, "metrics").len()), (0, 1), "{document}");
    assert!(found(&document, "metrics")[0].1.contains("server answers"), "{document}");
    drop(server);
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let (code, document) = examine(directory.path(), &[("METRICS_LISTEN", &taken)]);
    assert_eq!((code, found(&document, "metrics")[0].0), (1, "problem"), "{document}");
    let (code, document) = examine(directory.path(), &[("METRICS_LISTEN", "0.0.0.0:0")]);
    assert_eq!((code, found(&document, "metrics")[1].0), (0, "warning"), "{document}");
}

#[test]
fn unreachable_postgres_is_a_problem_without_its_password() {
    let directory = tempfile::tempdir().unwrap();
    let (code, document) =
        examine(directory.path(), &[("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/x")]);
    assert_eq!(code, 1);
    assert_eq!(found(&document, "database")[0].0, "problem", "{document}");
    assert_eq!(found(&document, "keys")[0].0, "problem", "{document}");
}
