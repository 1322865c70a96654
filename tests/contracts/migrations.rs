use std::collections::BTreeSet;

use coach_diesel::{DatabaseUrl, MigrationError, postgres, sqlite};

use crate::{databases::Database, new_session, new_user};

async fn check(database: &Database) -> Result<(), MigrationError> {
    match database.url() {
        DatabaseUrl::Sqlite(file) => sqlite::check_migrations(&file).await,
        DatabaseUrl::Postgres(url) => postgres::check_migrations(&url).await,
    }
}

async fn run(url: DatabaseUrl) {
    coach_server::migrate(&url).await.unwrap();
}

/// ASVS 6.3.2.
async fn racing_migrations_of_an_empty_database_all_succeed(database: Database) {
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        racers.spawn(run(database.url()));
    }
    racers.join_all().await;
    check(&database).await.unwrap();
    assert_eq!(database.count("__diesel_schema_migrations").await, 13);
    assert_eq!(database.count("users").await, 0);
}

async fn empty_database_is_told_from_an_older_one_and_stays_empty(database: Database) {
    if let DatabaseUrl::Sqlite(file) = database.url() {
        std::fs::File::create(file).unwrap();
    }
    assert!(matches!(check(&database).await, Err(MigrationError::Empty)));
    match database.url() {
        DatabaseUrl::Sqlite(file) => assert_eq!(std::fs::metadata(file).unwrap().len(), 0),
        DatabaseUrl::Postgres(_) => {
            let tables = "pg_class WHERE relnamespace = 'public'::regnamespace";
            assert_eq!(database.count(tables).await, 0);
        }
    }
}

async fn pending_migrations_are_named(database: Database) {
    run(database.url()).await;
    database
        .execute("DELETE FROM __diesel_schema_migrations WHERE version LIKE '20260213130000'")
        .await;
    let error = check(&database).await.unwrap_err();
    assert!(matches!(error, MigrationError::Pending(_)));
    assert!(error.to_string().contains("users_and_auth_sessions"), "{error}");
}

async fn tables_of_another_program_are_refused_and_unchanged(database: Database) {
    let columns = "id INTEGER PRIMARY KEY, email VARCHAR(255), hashed_password VARCHAR(255)";
    database.execute(&format!("CREATE TABLE users ({columns})")).await;
    database.execute("INSERT INTO users VALUES (7, 'Test@Example.com', 'x')").await;
    assert!(matches!(check(&database).await, Err(MigrationError::Foreign)));
    let refused = coach_server::migrate(&database.url()).await.unwrap_err().to_string();
    assert!(refused.contains("migrate --adopt"), "{refused}");
    assert_eq!(database.count("users WHERE id = 7 AND email = 'Test@Example.com'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_another_program_are_refused_on_sqlite() {
    tables_of_another_program_are_refused_and_unchanged(Database::empty_sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn tables_of_another_program_are_refused_on_postgres() {
    tables_of_another_program_are_refused_and_unchanged(Database::empty_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_migrations_can_race_and_pending_ones_are_named() {
    empty_database_is_told_from_an_older_one_and_stays_empty(Database::empty_sqlite()).await;
    racing_migrations_of_an_empty_database_all_succeed(Database::empty_sqlite()).await;
    pending_migrations_are_named(Database::empty_sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn postgres_migrations_can_race_and_pending_ones_are_named() {
    empty_database_is_told_from_an_older_one_and_stays_empty(Database::empty_postgres().await)
        .await;
    racing_migrations_of_an_empty_database_all_succeed(Database::empty_postgres().await).await;
    pending_migrations_are_named(Database::empty_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn triggers_ignore_tables_in_other_schemas() {
    let database = Database::postgres().await;
    let repositories = database.open().await;
    repositories.users.create(new_user("test@example.com"), new_session(1)).await.unwrap();
    let shadow = "CREATE SCHEMA other; CREATE TABLE other.auth_sessions (user_id BIGINT);
        CREATE TEMPORARY TABLE auth_sessions (user_id BIGINT);
        SET search_path = pg_temp, other, public;";
    database.execute(&format!("{shadow} UPDATE public.users SET is_active = FALSE")).await;
    assert_eq!(database.count("public.auth_sessions").await, 0);
}

#[tokio::test]
async fn migration_check_does_not_create_an_sqlite_file() {
    let database = Database::empty_sqlite();
    assert!(matches!(check(&database).await, Err(MigrationError::Connect(_))));
    let DatabaseUrl::Sqlite(file) = database.url() else { unreachable!() };
    assert!(!file.exists());
}

#[test]
fn both_databases_have_the_same_reversible_migrations() {
    let versions = |database: &str| {
        let folder = format!("{}/../migrations/{database}", env!("CARGO_MANIFEST_DIR"));
        let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        folders
            .map(|folder| {
                assert!(folder.join("up.sql").exists() && folder.join("down.sql").exists());
                folder.file_name().unwrap().to_owned()
            })
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(versions("sqlite"), versions("postgres"));
    assert!(versions("sqlite").len() >= 2);
}
