//! Failures of PostgreSQL that are repeated, and those that are not. Each is raised by a trigger.

use std::time::{Duration, Instant};

use coach_core::ports::{RepositoryError, SaveUserError};
use coach_diesel::Repositories;

use crate::{databases::Database, id, new_session, new_user};

/// A database on which the first `failures` insertions of an account run `failure`, at the insertion or at the commit.
async fn failing(failures: i64, failure: &str, at_commit: bool) -> (Database, Repositories) {
    let database = Database::postgres().await;
    let (constraint, time) = match at_commit {
        true => ("CONSTRAINT", "AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED"),
        false => ("", "BEFORE INSERT ON users"),
    };
    let trigger = format!(
        "CREATE SEQUENCE attempts;
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('attempts') <= {failures} THEN {failure}; END IF;
             RETURN NEW;
         END $$;
         CREATE {constraint} TRIGGER fail {time} FOR EACH ROW EXECUTE FUNCTION fail();"
    );
    database.execute(&trigger).await;
    let repositories = database.open().await;
    (database, repositories)
}

async fn attempts(database: &Database) -> i64 {
    database.count("generate_series(1, (SELECT last_value FROM attempts))").await
}

const SERIALIZATION: &str = "RAISE EXCEPTION 'again' USING ERRCODE = '40001'";
const DEADLOCK: &str = "RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'";
/// A deadlock as a server reports it that speaks German.
const GERMAN_DEADLOCK: &str = "RAISE EXCEPTION 'Verklemmung (Deadlock) entdeckt' USING ERRCODE = '40P01',
    DETAIL = E'Prozess 1 wartet auf ShareLock-Sperre auf Transaktion 2; blockiert von Prozess 3.\nProzess 3 wartet auf ShareLock-Sperre auf Transaktion 4; blockiert von Prozess 1.'";
const BREAK: &str = "PERFORM pg_terminate_backend(pg_backend_pid())";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn transaction_is_repeated_after_contention_and_applied_once() {
    for (failure, at_commit) in [
        (SERIALIZATION, false),
        (SERIALIZATION, true),
        (DEADLOCK, false),
        (DEADLOCK, true),
        (GERMAN_DEADLOCK, true),
    ] {
        let (database, repositories) = failing(2, failure, at_commit).await;
        repositories.users.create(new_user("test@example.com"), new_session(1)).await.unwrap();
        assert_eq!(attempts(&database).await, 3, "{failure} {at_commit}");
        assert_eq!(database.count("users").await, 1);
        assert!(repositories.sessions.find(id(1)).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn transaction_is_repeated_if_its_connection_breaks_before_the_commit() {
    let (database, repositories) = failing(2, BREAK, false).await;
    repositories.users.create(new_user("test@example.com"), new_session(1)).await.unwrap();
    assert_eq!((attempts(&database).await, database.count("users").await), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn transaction_is_not_repeated_if_its_connection_breaks_during_the_commit() {
    let (database, repositories) = failing(1, BREAK, true).await;
    let created = repositories.users.create(new_user("test@example.com"), new_session(1)).await;
    let unavailable = SaveUserError::Repository(RepositoryError::Unavailable("".into()));
    let error = created.unwrap_err();
    assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&unavailable), "{error}");
    assert_eq!(attempts(&database).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn attempts_are_bounded() {
    let (database, repositories) = failing(i64::MAX, SERIALIZATION, false).await;
    let begun = Instant::now();
    let created = repositories.users.create(new_user("test@example.com"), new_session(1)).await;
    assert!(matches!(created, Err(SaveUserError::Repository(RepositoryError::Unavailable(_)))));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!((2..=5).contains(&attempts(&database).await));
    assert_eq!(database.count("users").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn reads_are_repeated_on_a_new_connection() {
    let database = Database::postgres().await;
    let repositories = database.open().await;
    repositories.users.create(new_user("test@example.com"), new_session(1)).await.unwrap();
    for _ in 0..5 {
        database
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await;
        // The server may not have noticed yet that its connections have ended.
        repositories.health.check().await.unwrap();
        assert!(repositories.sessions.find(id(1)).await.unwrap().is_some());
    }
}

/// Under SERIALIZABLE, concurrent logins of one account fail with 40001 unless they are repeated.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn concurrent_logins_succeed_under_serializable_isolation() {
    let database = Database::postgres().await;
    let serializable =
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation
        TO serializable', current_database()); END $$";
    database.execute(serializable).await;
    let repositories = database.open().await;
    let user = repositories.users.create(new_user("test@example.com"), new_session(0)).await;
    let user = user.unwrap();
    let mut logins = tokio::task::JoinSet::new();
    for number in 1..=4 {
        let sessions = repositories.sessions.clone();
        logins.spawn(async move {
            let verified = crate::password_hash().into();
            sessions.begin(user.id, &verified, new_session(number)).await
        });
    }
    for login in logins.join_all().await {
        assert!(login.unwrap().is_some());
    }
    assert_eq!(database.count("auth_sessions").await, 5);
}
