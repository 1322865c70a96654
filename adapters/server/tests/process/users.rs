//! The commands that manage accounts, beside a running server.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Command, Output, Stdio},
};

use coach_tests::PASSWORD;
use serde_json::{Value, json};

use crate::{
    server::{RunningServer, command, run},
    several::new_postgres_database,
};

type Environment<'a> = &'a [(&'a str, &'a str)];

/// Runs `users` with these arguments and returns the exit code, standard output and the last line of standard error.
pub(crate) fn users(
    directory: &Path,
    environment: Environment<'_>,
    arguments: &[&str],
) -> (i32, String, String) {
    outcome(&run(directory, environment, &[&["users"], arguments].concat()))
}

fn outcome(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let error = text(&output.stderr).lines().last().unwrap_or_default().to_owned();
    (output.status.code().unwrap(), text(&output.stdout), error)
}

/// Runs a command that succeeds and returns its JSON document.
pub(crate) fn users_json(
    directory: &Path,
    environment: Environment<'_>,
    arguments: &[&str],
) -> Value {
    let (code, out, error) = users(directory, environment, &[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{arguments:?}: {error}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: {out}"))
}

/// Runs `users create` with a password on standard input.
pub(crate) fn create(
    directory: &Path,
    environment: Environment<'_>,
    email: &str,
    password: &str,
) -> (i32, String, String) {
    let mut command = command(directory, environment);
    command.args(["users", "create", email, "--password-stdin", "--name", "Test User"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    // The command may refuse its arguments without reading.
    let _ = process.stdin.take().unwrap().write_all(password.as_bytes());
    outcome(&process.wait_with_output().unwrap())
}

pub(crate) fn migrate(directory: &Path, environment: Environment<'_>) {
    assert!(run(directory, environment, &["migrate"]).status.success());
}

#[tokio::test]
async fn commands_take_effect_on_the_next_request_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    commands_take_effect(directory.path(), &[], &[]).await;
}

/// The commands need no key.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn commands_take_effect_on_the_next_request_on_postgres() {
    let directory = tempfile::tempdir().unwrap();
    let url = new_postgres_database("users");
    let database = ("DATABASE_URL", url.as_str());
    let secret = ("JWT_SECRET", "a secret of at least thirty-two bytes");
    commands_take_effect(directory.path(), &[database, secret], &[database]).await;
}

async fn commands_take_effect(path: &Path, server: Environment<'_>, commands: Environment<'_>) {
    let server = RunningServer::start(path, server);
    let anonymous = &server.anonymous;
    let user = anonymous.registered("test@example.com").await;
    let run = |arguments: &[&str]| users_json(path, commands, arguments);

    let shown = run(&["show", "Test@Example.com"]);
    let id = shown["id"].as_i64().unwrap().to_string();
    assert_eq!((&shown["is_active"], &shown["live_sessions"]), (&json!(true), &json!(1)));
    assert_eq!(run(&["show", &id]), shown);

    assert_eq!(run(&["deactivate", &id])["changed"], true);
    assert_eq!(user.me().await.status, 401);
    assert_eq!(run(&["deactivate", &id])["changed"], false);
    assert_eq!(anonymous.login("test@example.com", PASSWORD).await.status, 403);
    assert_eq!(run(&["list", "--inactive"])["users"][0]["email"], "test@example.com");
    assert_eq!(run(&["activate", "test@example.com"])["changed"], true);
    assert_eq!(run(&["activate", "test@example.com"])["changed"], false);
    assert_eq!(run(&["list", "--inactive"]), json!({ "users": [] }));

    let token = anonymous.login("test@example.com", PASSWORD).await.token();
    let user = anonymous.with_token(&token);
    assert_eq!(user.me().await.status, 200);
    assert_eq!(run(&["sign-out", &id])["ended_sessions"], 1);
    assert_eq!(user.me().await.status, 401);
    assert_eq!(run(&["sign-out", &id])["ended_sessions"], 0);

    let issued = run(&["password-code", &id]);
    let (code, new) = (issued["code"].as_str().unwrap(), "another long passphrase");
    assert_eq!((code.len(), code.matches('-').count()), (39, 7));
    let body = json!({ "email": "test@example.com", "code": code, "new_password": new });
    assert_eq!(anonymous.post("/auth/new-password", body.clone()).await.status, 200);
    assert_eq!(anonymous.post("/auth/new-password", body).await.problem(), "invalid-code");
    let token = anonymous.login("test@example.com", new).await.token();

    assert_eq!(run(&["delete", &id, "--yes"])["deleted"], true);
    assert_eq!(anonymous.with_token(&token).me().await.status, 401);
    assert_eq!(users(path, commands, &["show", &id]).0, 1);
    let (code, _, error) = create(path, commands, "test@example.com", PASSWORD);
    assert_eq!(code, 0, "{error}");
    assert_eq!(anonymous.login("test@example.com", PASSWORD).await.status, 200);
}

/// ASVS 6.4.1, 6.4.3.
#[tokio::test]
async fn account_without_a_password_gets_one_with_the_printed_code() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let server = RunningServer::start(path, &[]);
    let created = users_json(path, &[], &["create", "new@example.com", "--name", "New User"]);
    assert_eq!((&created["full_name"], &created["live_sessions"]), (&json!("New User"), &json!(0)));
    let refused = server.anonymous.login("new@example.com", "!").await;
    assert_eq!(refused.problem(), "invalid-credentials");
    let code = created["code"].as_str().unwrap().replace('-', " ").to_lowercase();
    let body = json!({ "email": "new@example.com", "code": code, "new_password": PASSWORD });
    assert_eq!(server.anonymous.post("/auth/new-password", body).await.status, 200);
    assert_eq!(server.anonymous.login("new@example.com", PASSWORD).await.status, 200);
    let log = server.into_log().join("\n");
    assert!(!log.contains(created["code"].as_str().unwrap()), "{log}");
}

#[test]
fn password_is_read_from_standard_input_without_its_line_break() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    migrate(path, &[]);
    for (email, password, expected) in [
        ("a@example.com", "TestPass123!\n", 0),
        ("b@example.com", "TestPass123!\r\n", 0),
        ("c@example.com", " TestPass123! ", 0),
        ("a@example.com", "TestPass123!\n", 1),
        ("d@example.com", "", 1),
        ("d@example.com", "short\n", 1),
        ("d@example.com", "password1\n", 1),
        ("d@example.com", &"x".repeat(2000), 1),
        ("no address", "TestPass123!\n", 2),
    ] {
        let (code, out, error) = create(path, &[], email, password);
        assert_eq!(code, expected, "{email}: {error}");
        assert_eq!(out.is_empty(), code != 0, "{out}");
        assert!(!error.contains("TestPass"), "{error}");
    }
    assert_eq!(users_json(path, &[], &["list"])["users"].as_array().unwrap().len(), 3);
}

#[test]
fn wrong_usage_ends_with_2_and_impossible_commands_with_1() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    migrate(path, &[]);
    users_json(path, &[], &["create", "test@example.com"]);
    for (arguments, expected, said) in [
        (
            &["show", "nobody@example.com"][..],
            1,
            "No account has the email address nobody@example.com.",
        ),
        (&["show", "4711"], 1, "No account has the id 4711."),
        (&["deactivate", "4711"], 1, "No account has the id 4711."),
        (&["create", "test@example.com"], 1, "An account has this email address already."),
        (&["delete", "test@example.com"], 2, "Add --yes"),
        (&["import", "missing.jsonl"], 1, "missing.jsonl cannot be read"),
        (&["export", "missing/file"], 1, "missing/file cannot be written: No such file"),
    ] {
        let (code, out, error) = users(path, &[], arguments);
        assert_eq!((code, out.as_str()), (expected, ""), "{arguments:?}: {error}");
        assert!(error.starts_with("pm-interview-coach: ") && error.contains(said), "{error}");
        assert!(!error.contains(".tmp"), "{error}");
    }
    for arguments in [
        &["show", "not an address"][..],
        &["show"],
        &["create", "test@example.com", "--name", &"x".repeat(101)],
        &["create", "test@example.com", "--password", "hunter2"],
        &["list", "--active", "--inactive"],
        &["nothing"],
    ] {
        assert_eq!(users(path, &[], arguments).0, 2, "{arguments:?}");
    }
    assert_eq!(users(path, &[("PORT", "http")], &["list"]).0, 2);
}

#[test]
fn command_neither_creates_nor_migrates_a_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    refused_by_every_command(path, &[], "does not exist");
    assert_eq!(fs::read_dir(path).unwrap().count(), 0);
    let database = path.join("pm_interview_coach.db");
    fs::write(&database, "").unwrap();
    refused_by_every_command(path, &[], "has no tables of this program yet");
    assert_eq!(fs::metadata(&database).unwrap().len(), 0);
    assert_eq!(fs::read_dir(path).unwrap().count(), 1);
    migrate(path, &[]);
    assert_eq!(users(path, &[], &["list"]).0, 0);
}

#[test]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
fn command_migrates_neither_an_empty_nor_an_older_postgres_database() {
    let directory = tempfile::tempdir().unwrap();
    let url = new_postgres_database("unmigrated");
    let (path, environment) = (directory.path(), [("DATABASE_URL", url.as_str())]);
    refused_by_every_command(path, &environment, "has no tables of this program yet");
    migrate(path, &environment);
    let run_sql = |sql: &str| {
        let output = Command::new("psql").args(["-qAt", &url, "-c", sql]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run_sql(
        "DELETE FROM __diesel_schema_migrations
         WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    let count = "SELECT count(*) FROM __diesel_schema_migrations";
    let older = run_sql(count);
    refused_by_every_command(path, &environment, "from an older version");
    assert_eq!(run_sql(count), older);
}

/// Each command ends with 1 and says what to do.
fn refused_by_every_command(path: &Path, environment: Environment<'_>, said: &str) {
    for arguments in [
        "audit",
        "users list",
        "users show 1",
        "users export accounts.jsonl",
        "users import accounts.jsonl",
        "users create test@example.com",
    ] {
        let words: Vec<_> = arguments.split(' ').collect();
        let (code, out, error) = outcome(&run(path, environment, &words));
        assert_eq!((code, out.as_str()), (1, ""), "{arguments}: {error}");
        let names_command = error.contains("Run `pm-interview-coach migrate`")
            || error.contains("or run `pm-interview-coach migrate`");
        assert!(error.contains(said) && names_command, "{arguments}: {error}");
    }
}

#[test]
fn texts_of_users_cannot_change_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    migrate(path, &[]);
    let refused = users(path, &[], &["create", "test@example.com", "--name", "a\u{202e}b"]);
    assert_eq!(refused.0, 2);
    users_json(path, &[], &["create", "test@example.com", "--name", "علی\u{200c}رضا"]);
    for arguments in [&["list"][..], &["show", "1"]] {
        let (_, out, _) = users(path, &[], arguments);
        assert!(out.contains(r"علی\u{200c}رضا"), "{out}");
        let (_, out, _) = users(path, &[], &[arguments, &["--json"]].concat());
        assert!(out.contains(r"علی\u200cرضا"), "{out}");
    }
    let (_, out, _) = users(path, &[], &["list"]);
    let lines: Vec<_> = out.lines().collect();
    let columns: Vec<_> = lines[0].split('\t').collect();
    assert_eq!((lines.len(), columns.len()), (1, 7), "{out}");
    assert_eq!((columns[1], columns[3], columns[5]), ("test@example.com", "yes", "-"));
}

/// Runs the binary on a terminal, and answers each prompt. Returns whether it succeeded and what the terminal showed.
pub(crate) fn on_terminal(
    path: &Path,
    arguments: &str,
    answers: &[(&str, &str)],
) -> (bool, String) {
    let binary = env!("CARGO_BIN_EXE_pm-interview-coach");
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{binary} users {arguments}"), "/dev/null"]);
    script.current_dir(path).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = script.spawn().unwrap();
    let (mut input, mut output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
    let mut shown = Vec::new();
    for (prompt, answer) in answers {
        while !shown.ends_with(prompt.as_bytes()) {
            let mut byte = [0];
            output.read_exact(&mut byte).unwrap();
            shown.push(byte[0]);
        }
        writeln!(input, "{answer}").unwrap();
    }
    drop(input);
    output.read_to_end(&mut shown).unwrap();
    (process.wait().unwrap().success(), String::from_utf8(shown).unwrap())
}

#[test]
fn terminal_gets_an_aligned_table_and_is_asked_before_a_deletion() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    migrate(path, &[]);
    users_json(path, &[], &["create", "test@example.com", "--name", "Test User"]);
    let (_, table) = on_terminal(path, "list", &[]);
    assert!(table.contains("1   test@example.com  Test User  yes"), "{table}");
    assert!(table.contains("LAST LOGIN") && !table.contains('\t'), "{table}");

    let (deleted, said) = on_terminal(path, "delete 1", &[("Type yes: ", "no")]);
    assert!(!deleted && said.contains("Nothing was deleted"), "{said}");
    let (exported, said) = on_terminal(path, "export", &[]);
    assert!(!exported && said.contains("password hashes"), "{said}");
    let (exported, said) = on_terminal(path, "export accounts.jsonl", &[]);
    assert!(exported && said.contains("Exporting: 1 account\r"), "{said}");
    let (deleted, said) = on_terminal(path, "delete 1", &[("Type yes: ", "yes")]);
    assert!(deleted && said.contains("Deleted test@example.com (id 1)."), "{said}");
}

#[tokio::test]
async fn password_can_be_typed_twice_on_a_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let server = RunningServer::start(path, &[]);
    let create = "create test@example.com --password-stdin";
    let differing = [("Password: ", PASSWORD), ("Again: ", "another password")];
    let (created, said) = on_terminal(path, create, &differing);
    assert!(!created && said.contains("The passwords differ."), "{said}");
    let (created, said) =
        on_terminal(path, create, &[("Password: ", PASSWORD), ("Again: ", PASSWORD)]);
    assert!(created && said.contains("Created test@example.com (id 1)."), "{said}");
    assert_eq!(server.anonymous.login("test@example.com", PASSWORD).await.status, 200);
}
