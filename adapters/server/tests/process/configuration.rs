use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use crate::server::{RunningServer, command, run};

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn bad_value_ends_the_start_with_exit_code_2_and_one_sentence() {
    for (name, value) in [
        ("PORT", "http"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/x"),
        ("JWT_SECRET", "hunter2"),
        ("JWT_ALGORITHM", "none"),
        ("CORS_ORIGINS", "*"),
        ("DEBUG", "maybe"),
        ("SESSION_MAX_AGE", "0"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hunter2@collector"),
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
fn database_or_certificate_that_is_a_pipe_does_not_block_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let secret = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");
    let database = format!("sqlite:///{}", fifo.display());
    let certificate = format!("postgres://u:hunter2@127.0.0.1:1/x?sslrootcert={}", fifo.display());
    for (url, status) in [(database, 1), (certificate, 2)] {
        // Opening a FIFO without a writer would block.
        let output = run(directory.path(), &[("DATABASE_URL", &url), secret], &[]);
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{sentence}");
        assert!(sentence.contains(fifo.to_str().unwrap()), "{sentence}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        assert!(!sentence.contains("hunter2"), "{sentence}");
    }
    assert_eq!(files(directory.path()), ["fifo"]);
}

#[test]
fn dotenv_that_is_large_or_not_a_plain_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let dotenv = directory.path().join(".env");
    for make in [
        |file: &Path| fs::create_dir(file),
        |file: &Path| fs::write(file, "#".repeat(70_000)),
        |file: &Path| Command::new("mkfifo").arg(file).status().map(|_| ()),
    ] {
        make(&dotenv).unwrap();
        let output = run(directory.path(), &[], &[]);
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{sentence}");
        assert!(sentence.contains(".env must be a plain file"), "{sentence}");
        assert!(fs::remove_file(&dotenv).or_else(|_| fs::remove_dir(&dotenv)).is_ok());
    }
}

#[test]
fn postgres_without_a_secret_is_refused_before_connecting() {
    let directory = tempfile::tempdir().unwrap();
    let output =
        run(directory.path(), &[("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/x")], &[]);
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{sentence}");
    assert!(sentence.contains("JWT_SECRET") && !sentence.contains("hunter2"), "{sentence}");
}

#[test]
fn unusable_database_or_port_ends_the_start_with_exit_code_1_and_one_sentence() {
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
fn retries_for_an_unreachable_database_slow_down_and_log_the_cause() {
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
fn version_contains_the_name_of_the_product() {
    let output = run(Path::new("/tmp"), &[], &["--version"]);
    let version = String::from_utf8(output.stdout).unwrap();
    assert_eq!(version, format!("pm-interview-coach {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn misspelled_variable_causes_a_warning_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[("JWT_SECRT", "hunter2")]);
    let log = server.into_log().join("\n");
    assert!(log.contains("JWT_SECRT is not a known variable; did you mean JWT_SECRET?"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn environment_overrides_the_dotenv_file() {
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
async fn server_without_auto_migrate_starts_after_migrate() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(directory.path(), &[], &["migrate"]).status.code(), Some(0));
    assert_eq!(run(directory.path(), &[], &["migrate"]).status.code(), Some(0));
    assert_eq!(files(directory.path()).iter().filter(|file| file.ends_with("secret")).count(), 0);
    let server = RunningServer::start(directory.path(), &[("AUTO_MIGRATE", "false")]);
    assert_eq!(server.anonymous.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn only_the_owner_can_read_the_files_of_the_server() {
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
