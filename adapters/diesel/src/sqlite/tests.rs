use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta};
use coach_core::domain::{
    Client, Cutoffs, EmailAddress, NewAuthSession, NewUser, PasswordHash, SessionId, SessionSecret,
    UserId,
};
use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation},
    sql_types::Text,
};

use super::{connect, connection::SETUP, run_migrations};

/// Every statement that the connections of this process have started.
static STATEMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

fn watch() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let statement = query.to_string();
            STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
        }
    }))
}

/// Returns the statements since the last call. Leaves out the setup of connections, which reader threads open at any
/// time.
fn take_statements() -> Vec<String> {
    let mut statements = std::mem::take(&mut *STATEMENTS.lock().unwrap());
    statements.retain(|statement| statement != SETUP);
    statements
}

#[tokio::test(flavor = "multi_thread")]
async fn frequent_lookups_are_one_indexed_statement() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("test.db");
    run_migrations(&file).await.unwrap();
    set_default_instrumentation(watch).unwrap();
    let repositories = connect(&file).await.unwrap();
    let secret = SessionSecret::from_random([1; 32]);
    let session = NewAuthSession {
        id: SessionId::from_random([1; 16]),
        created_at: DateTime::UNIX_EPOCH,
        client: Client::default(),
        secret: Some(secret.clone()),
        replaces: Vec::new(),
    };
    let user = NewUser {
        email: EmailAddress::parse("test@example.com").unwrap(),
        full_name: None,
        password_hash: PasswordHash::new(String::new()),
        created_at: DateTime::UNIX_EPOCH,
    };
    repositories.users.create(user, session.clone()).await.unwrap();
    take_statements();

    assert!(repositories.sessions.find(session.id).await.unwrap().is_some());
    let by_id = take_statements();
    assert!(repositories.sessions.find_by_secret(&secret).await.unwrap().is_some());
    let by_secret = take_statements();
    assert_eq!(repositories.sessions.list(UserId(1)).await.unwrap().len(), 1);
    let list = take_statements();
    let long_ago = DateTime::UNIX_EPOCH - TimeDelta::days(1);
    assert_eq!(
        repositories
            .sessions
            .purge(Cutoffs { begun_by: long_ago, used_by: long_ago }, 10)
            .await
            .unwrap(),
        0
    );
    let purge = take_statements();

    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let mut searches = |statements: Vec<String>| {
        let [statement] = statements.as_slice() else { panic!("{statements:?}") };
        let sql = statement.split(" -- ").next().unwrap();
        let plan = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"));
        let plan: Vec<Step> = plan.load(&mut connection).unwrap();
        assert!(plan.iter().all(|step| !step.detail.starts_with("SCAN")), "{statements:?}");
        let search =
            |step: &&Step| step.detail.starts_with("SEARCH ") && step.detail.contains("USING");
        plan.iter().filter(search).count()
    };
    // One search for each table or index.
    assert_eq!((searches(by_id), searches(by_secret), searches(list)), (2, 2, 1));
    assert!(searches(purge) >= 3);
}
