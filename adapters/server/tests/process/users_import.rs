//! Exporting and importing accounts.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use coach_tests::PASSWORD;
use serde_json::{Value, json};

use crate::{
    server::{RunningServer, command},
    users::{create, migrate, on_terminal, users, users_json},
};

/// A bcrypt hash of `U*U`.
const BCRYPT: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

#[tokio::test]
async fn exported_accounts_log_in_on_another_database() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from, to) = (from.path(), to.path());
    migrate(from, &[]);
    for number in 0..3 {
        assert_eq!(create(from, &[], &format!("{number}@example.com"), PASSWORD).0, 0);
    }
    users_json(from, &[], &["create", "without@example.com"]);
    users_json(from, &[], &["deactivate", "2@example.com"]);
    let exported = users_json(from, &[], &["export", "accounts.jsonl"]);
    assert_eq!(exported["exported"], 4);
    let file = from.join("accounts.jsonl");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let lines = fs::read_to_string(&file).unwrap();
    let (code, _, error) = users(from, &[], &["export", "accounts.jsonl"]);
    assert!(code == 1 && error.contains("accounts.jsonl cannot be written"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), lines);
    assert_eq!(users(from, &[], &["export"]).1, lines);
    let array = users_json(from, &[], &["export"]);
    let members = ["email", "full_name", "password_hash", "is_active", "created_at", "last_login"];
    for (account, line) in array.as_array().unwrap().iter().zip(lines.lines()) {
        assert_eq!(*account, serde_json::from_str::<Value>(line).unwrap());
        assert!(account.as_object().unwrap().keys().eq(members), "{account}");
    }
    assert_eq!(array[3]["password_hash"], Value::Null);

    let server = RunningServer::start(to, &[]);
    server.anonymous.registered("1@example.com").await;
    let file = file.to_str().unwrap();
    let trial = users_json(to, &[], &["import", file, "--dry-run"]);
    assert_eq!((&trial["imported"], &trial["known"]), (&json!(3), &json!(1)));
    assert_eq!(users_json(to, &[], &["list"])["users"].as_array().unwrap().len(), 1);
    for (imported, known) in [(3, 1), (0, 4)] {
        let done = users_json(to, &[], &["import", file]);
        assert_eq!((&done["imported"], &done["known"]), (&json!(imported), &json!(known)));
        assert_eq!((&done["bad_lines"], &done["complete"]), (&json!(0), &json!(true)));
    }
    let login = async |email| server.anonymous.login(email, PASSWORD).await.status;
    assert_eq!(login("0@example.com").await, 200);
    assert_eq!(login("2@example.com").await, 403);
    assert_eq!(login("without@example.com").await, 401);
    let (_, again, _) = users(to, &[], &["export"]);
    let without = lines.lines().find(|line| line.contains("without")).unwrap();
    assert!(again.lines().any(|line| line == without), "{again}");
}

#[test]
fn bad_lines_are_named_and_the_others_imported() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    migrate(path, &[]);
    let good = json!({"email": "Good@Example.com", "password_hash": BCRYPT}).to_string();
    let long = format!("{{\"email\":\"{}\"}}", "x".repeat(200_000));
    let lines = [
        good.as_str(),
        "",
        "not json",
        "[]",
        r#"{"full_name": "No Address"}"#,
        r#"{"email": "nobody"}"#,
        r#"{"email": "a@example.com", "password_hash": "5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"email": "a@example.com", "is_active": "yes"}"#,
        r#"{"email": "a@example.com", "created_at": "yesterday"}"#,
        r#"{"email": "a@example.com", "full_name": 5}"#,
        &long,
        r#"{"email": "a@example.com", "em\u0061il": "b@example.com"}"#,
        r#"{"email": "last@example.com", "created_at": "2020-01-02T03:04:05+01:00", "other": 1}"#,
    ];
    fs::write(path.join("accounts.jsonl"), lines.join("\n")).unwrap();
    for (arguments, imported, known) in [
        (&["import", "accounts.jsonl", "--dry-run"][..], 2, 0),
        (&["import", "accounts.jsonl"], 2, 0),
        (&["import", "accounts.jsonl"], 0, 2),
    ] {
        let output =
            command(path, &[]).arg("users").args(arguments).arg("--json").output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        let done: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&done["imported"], &done["known"]),
            (&json!(imported), &json!(known)),
            "{done}"
        );
        let bad: Vec<_> =
            done["errors"].as_array().unwrap().iter().map(|bad| &bad["line"]).collect();
        assert_eq!(
            bad,
            [3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(|line| json!(line)).iter().collect::<Vec<_>>()
        );
        assert!(
            error.contains("line 7: The member password_hash is not a supported hash."),
            "{error}"
        );
        assert!(
            error.contains("10 lines could not be imported") && !error.contains("5f4dcc3b"),
            "{error}"
        );
        assert!(error.contains("line 12: The member email is repeated."), "{error}");
    }
    let last = users_json(path, &[], &["show", "last@example.com"]);
    assert_eq!(last["created_at"], "2020-01-02T02:04:05Z");
}

/// Returns lines for this many accounts.
fn many(count: usize) -> String {
    let mut lines = String::new();
    for number in 0..count {
        let line = json!({"email": format!("user-{number}@example.com"), "password_hash": BCRYPT});
        writeln!(lines, "{line}").unwrap();
    }
    lines
}

#[test]
fn interrupted_import_stops_between_batches_and_continues_when_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    migrate(path, &[]);
    fs::write(path.join("accounts.jsonl"), many(20_000)).unwrap();
    let mut import = command(path, &[]);
    import.args(["users", "import", "accounts.jsonl", "--json"]);
    let mut process = import.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
    // The audit log has a line for each batch.
    assert!(log.any(|line| line.unwrap().contains("accounts imported")));
    let interrupt = ["-s", "INT", &process.id().to_string()];
    assert!(Command::new("kill").args(interrupt).status().unwrap().success());
    let rest: Vec<_> = log.map(Result::unwrap).collect();
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{rest:?}");
    assert!(rest.last().unwrap().contains("Run the command again"), "{rest:?}");
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    let imported = done["imported"].as_u64().unwrap();
    assert_eq!(done["complete"], false);
    assert!(imported > 0 && imported < 20_000 && imported.is_multiple_of(500), "{done}");
    let again = users_json(path, &[], &["import", "accounts.jsonl"]);
    assert_eq!(
        (again["imported"].as_u64(), again["known"].as_u64()),
        (Some(20_000 - imported), Some(imported))
    );
}

#[test]
fn progress_bar_and_log_lines_do_not_garble_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    migrate(path, &[]);
    fs::write(path.join("accounts.jsonl"), many(5_000) + "no account\n").unwrap();
    let (done, shown) = on_terminal(path, "import accounts.jsonl", &[]);
    assert!(!done && shown.contains("Importing [###"), "{shown}");
    let lines: Vec<_> = shown.split("\r\n").collect();
    let logged = lines.iter().filter(|line| line.contains("accounts imported")).count();
    assert_eq!(logged, 10, "{shown}");
    for line in lines {
        // What is left on the terminal after the bar was erased.
        let left = line.rsplit("\r\x1b[K").next().unwrap();
        assert!(!left.contains("Importing ["), "{line:?}");
        if line.contains("accounts imported") {
            assert!(left.starts_with("20") && left.ends_with("count=500"), "{line:?}");
        }
        if line.contains("line 5001") {
            assert_eq!(left, "line 5001: The line is not JSON (column 2).");
        }
    }
}

/// Returns the names and details of the events of operators.
fn audited(path: &Path) -> Vec<String> {
    let output = command(path, &[]).args(["audit", "--json"]).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let events = document["events"].as_array().unwrap().iter();
    events.map(|event| format!("{} {}", text(&event["event"]), text(&event["details"]))).collect()
}

#[test]
fn complete_export_is_audited_with_its_count_and_a_failed_one_as_begun() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    migrate(path, &[]);
    fs::write(path.join("accounts.jsonl"), many(3)).unwrap();
    users_json(path, &[], &["import", "accounts.jsonl"]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let failed = command(path, &[]).args(["users", "export"]).stdout(full).output().unwrap();
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert_eq!(users(path, &[], &["export", "accounts.jsonl"]).0, 1);
    let mut expected = vec!["accounts-imported count=3", "accounts-export-begun "];
    assert_eq!(audited(path), expected);
    for arguments in [&["export", "copy.jsonl"][..], &["export"]] {
        assert_eq!(users(path, &[], arguments).0, 0);
        expected.extend(["accounts-export-begun ", "accounts-exported count=3"]);
        assert_eq!(audited(path), expected);
    }
}

#[test]
fn interrupted_export_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    migrate(path, &[]);
    fs::write(path.join("accounts.jsonl"), many(20_000)).unwrap();
    users_json(path, &[], &["import", "accounts.jsonl"]);
    // SQLite may leave its journals, which the next command removes.
    let files = || {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
        names.sort();
        names
    };
    let before = files();
    for signal in ["INT", "TERM"] {
        let mut export = command(path, &[]);
        export.args(["users", "export", "copy.jsonl"]);
        let mut process = export.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        assert!(log.any(|line| line.unwrap().contains("export of accounts")));
        let kill = ["-s", signal, &process.id().to_string()];
        assert!(Command::new("kill").args(kill).status().unwrap().success());
        let rest: Vec<_> = log.map(Result::unwrap).collect();
        assert_eq!(process.wait().unwrap().code(), Some(1), "{rest:?}");
        assert!(rest.last().unwrap().contains("Interrupted"), "{rest:?}");
        assert_eq!(files(), before);
    }
    assert_eq!(users_json(path, &[], &["export", "copy.jsonl"])["exported"], 20_000);
}

#[tokio::test]
async fn server_answers_while_accounts_are_imported() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let server = RunningServer::start(path, &[]);
    fs::write(path.join("accounts.jsonl"), many(10_000)).unwrap();
    let mut import =
        command(path, &[]).args(["users", "import", "accounts.jsonl"]).spawn().unwrap();
    for number in 0..20 {
        let answer = server.anonymous.register(&format!("new-{number}@example.com")).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    assert!(import.wait().unwrap().success());
    let login = server.anonymous.login("user-9999@example.com", "U*U").await;
    assert_eq!(login.status, 200);
}
