use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Stdio,
};

use crate::server::{RunningServer, command, run};

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_bad_value_stops_the_start_with_2_and_one_sentence() {
    for (name, value) in [
        ("PORT", "http"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/x"),
        ("JWT_SECRET", "hunter2"),
        ("JWT_ALGORITHM", "none"),
        ("CORS_ORIGINS", "*"),
        ("DEBUG", "maybe"),
        ("SESSION_MAX_AGE", "0"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let output = run(directory.path(), &[(name, value)], &[]);
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {sentence}");
        assert!(sentence.starts_with(&format!("pm-interview-coach: {name} ")), "{sentence}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        assert!(!sentence.contains("hunter2") && !sentence.contains("backtrace"), "{sentence}");
        assert!(files(directory.path()).is_empty());
    }
}

#[test]
fn postgres_without_a_secret_is_refused_before_it_is_reached() {
    let directory = tempfile::tempdir().unwrap();
    let output =
        run(directory.path(), &[("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/x")], &[]);
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{sentence}");
    assert!(sentence.contains("JWT_SECRET") && !sentence.contains("hunter2"), "{sentence}");
}

#[test]
fn what_cannot_be_used_is_1_and_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = occupied.local_addr().unwrap().port().to_string();
    for (environment, named) in [
        (
            ("DATABASE_URL", "sqlite:////no/such/folder/x.db"),
            "the directory /no/such/folder does not exist",
        ),
        (("DATABASE_URL", "sqlite:////proc/x.db"), "the directory /proc cannot be written"),
        (("PORT", port.as_str()), port.as_str()),
        (("AUTO_MIGRATE", "false"), "pm_interview_coach.db"),
    ] {
        let directory = if named == port { directory.path() } else { Path::new("/tmp") };
        let scratch = tempfile::tempdir_in(directory).unwrap();
        let output = run(scratch.path(), &[environment], &[]);
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{environment:?}: {log}");
        assert!(log.lines().last().unwrap().contains(named), "{log}");
        assert!(!log.contains("backtrace") && !log.contains("panicked"), "{log}");
    }
}

#[test]
fn while_the_database_cannot_be_reached_pauses_grow_and_every_line_names_the_cause() {
    let directory = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u:hunter2@{}/x", closed.local_addr().unwrap());
    drop(closed);
    let secret = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");
    let mut server = command(directory.path(), &[("DATABASE_URL", &url), secret])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
    let lines: Vec<_> = lines.take(3).collect();
    server.kill().unwrap();
    server.wait().unwrap();
    for (line, pause) in lines.iter().zip(["0.5 s", "1.0 s", "2.0 s"]) {
        assert!(line.contains("Connection refused") && line.ends_with(pause), "{lines:?}");
        assert!(!line.contains("hunter2"), "{line}");
    }
}

#[test]
fn the_version_names_the_product() {
    let output = run(Path::new("/tmp"), &[], &["--version"]);
    let version = String::from_utf8(output.stdout).unwrap();
    assert_eq!(version, format!("pm-interview-coach {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_variable_that_is_probably_a_mistake_is_warned_about_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[("JWT_SECRT", "hunter2")]);
    let log = server.into_log().join("\n");
    assert!(log.contains("JWT_SECRT is not a known variable; did you mean JWT_SECRET?"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn a_dotenv_file_configures_and_the_environment_beats_it() {
    let directory = tempfile::tempdir().unwrap();
    let dotenv = "DATABASE_URL=sqlite://dotenv.db\nPORT=1\nJWT_EXPIRES_MINUTES=7\nUNKNOWN=x\n";
    fs::write(directory.path().join(".env"), dotenv).unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    assert!(directory.path().join("dotenv.db").exists());
    let registered = server.anonymous.register("test@example.com").await;
    assert_eq!(registered.json()["expires_in"], 7 * 60);

    fs::write(directory.path().join(".env"), "JWT_SECRET hunter2\n").unwrap();
    let output = run(directory.path(), &[], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!String::from_utf8(output.stderr).unwrap().contains("hunter2"));
}

#[test]
fn openapi_needs_no_configuration_and_touches_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let output =
        run(directory.path(), &[("PORT", "nonsense"), ("JWT_SECRET", "short")], &["openapi"]);
    assert_eq!(output.status.code(), Some(0));
    let document = String::from_utf8(output.stdout).unwrap();
    assert_eq!(document.trim_end(), coach_http::openapi_document());
    assert!(output.stderr.is_empty() && files(directory.path()).is_empty());
}

#[tokio::test]
async fn migrate_runs_the_migrations_that_a_start_without_auto_migrate_wants() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(directory.path(), &[], &["migrate"]).status.code(), Some(0));
    assert_eq!(run(directory.path(), &[], &["migrate"]).status.code(), Some(0));
    assert_eq!(files(directory.path()).iter().filter(|file| file.ends_with("secret")).count(), 0);
    let server = RunningServer::start(directory.path(), &[("AUTO_MIGRATE", "false")]);
    assert_eq!(server.anonymous.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn what_is_secret_on_disk_is_for_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    server.anonymous.registered("test@example.com").await;
    let files = files(directory.path());
    assert!(files.contains(&"pm_interview_coach.db.jwt-secret".to_owned()), "{files:?}");
    for file in files {
        let mode = fs::metadata(directory.path().join(&file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}
