use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use coach_tests::PASSWORD;

use crate::server::{RunningServer, command, run};

fn database(directory: &Path) -> PathBuf {
    directory.join("pm_interview_coach.db")
}

fn partial_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|file| file.extension().is_some_and(|name| name == "partial")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn restored_backup_has_every_account_that_it_was_made_with() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    server.anonymous.registered("before@example.com").await;
    let backup = run(directory.path(), &[], &["backup", "copy.db", "--json"]);
    assert_eq!(backup.status.code(), Some(0), "{backup:?}");
    let result: serde_json::Value = serde_json::from_slice(&backup.stdout).unwrap();
    let copy = directory.path().join("copy.db");
    let metadata = fs::metadata(&copy).unwrap();
    assert_eq!(result["bytes"], metadata.len());
    assert_eq!(result["signing_key_not_included"], "pm_interview_coach.db.jwt-secret");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    server.anonymous.registered("after@example.com").await;
    server.kill();

    // As docs/operations.md says.
    for journal in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{journal}", database(directory.path()).display()));
    }
    fs::copy(&copy, database(directory.path())).unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    assert_eq!(server.anonymous.login("before@example.com", PASSWORD).await.status, 200);
    assert_eq!(server.anonymous.login("after@example.com", PASSWORD).await.status, 401);
}

#[test]
fn existing_file_is_not_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(directory.path(), &[], &["migrate"]).status.code(), Some(0));
    fs::write(directory.path().join("copy.db"), "precious").unwrap();
    let backup = run(directory.path(), &[], &["backup", "copy.db"]);
    let error = String::from_utf8(backup.stderr).unwrap();
    assert_eq!(backup.status.code(), Some(1), "{error}");
    assert!(error.contains("copy.db") && error.contains("exists already"), "{error}");
    assert_eq!(fs::read(directory.path().join("copy.db")).unwrap(), b"precious");
    assert!(partial_files(directory.path()).is_empty());
}

#[test]
#[ignore = "needs sqlite3: scripts/test installs it"]
fn interrupted_backup_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(directory.path(), &[], &["migrate"]).status.code(), Some(0));
    // Large enough to be interrupted. The rows end up in pages that SQLite has to copy.
    let fill = "CREATE TABLE large (content BLOB); WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers
        WHERE n < 200) INSERT INTO large SELECT zeroblob(1000000) FROM numbers;";
    let filled =
        Command::new("sqlite3").arg(database(directory.path())).arg(fill).status().unwrap();
    assert!(filled.success());
    let mut backup = command(directory.path(), &[])
        .args(["backup", "copy.db"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let is_copying = || {
        let partial = partial_files(directory.path());
        let mut copies = partial.iter().map(|directory| directory.join("copy.db"));
        copies.any(|file| fs::metadata(file).is_ok_and(|metadata| metadata.len() > 0))
    };
    while !is_copying() {
        assert!(backup.try_wait().unwrap().is_none(), "the backup was faster than the test");
        thread::sleep(Duration::from_millis(1));
    }
    let process = backup.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &process]).status().unwrap().success());
    let output = backup.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(!directory.path().join("copy.db").exists());
    assert!(partial_files(directory.path()).is_empty());
}

#[test]
fn backup_of_postgres_names_pg_dump() {
    let environment = [
        ("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/x"),
        ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
    ];
    let backup = run(Path::new("/tmp"), &environment, &["backup", "never.db"]);
    let error = String::from_utf8(backup.stderr).unwrap();
    assert_eq!(backup.status.code(), Some(1), "{error}");
    assert!(error.contains("pg_dump") && !error.contains("hunter2"), "{error}");
}
