use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta};
use coach_core::domain::{
    AuditEntryId, AuditPosition, CategoryFilter, Client, Cutoffs, EmailAddress, NewAuthSession,
    NewUser, PageLimit, PasswordHash, PracticeFilter, PracticeQuery, PracticeSession,
    PracticeSessionId, PracticeSettings, PracticeState, SessionId, SessionSecret, UserId,
};
use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation},
    sql_types::Text,
};

use super::{connect, connection::SETUP, run_migrations};
use crate::Repositories;

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
    let email = EmailAddress::parse("test@example.com").unwrap();
    for address in [Some(&email), None] {
        let found = repositories.users.find_for_login(address).await.unwrap();
        assert_eq!(found.credentials.is_some(), address.is_some());
    }
    let mut login = take_statements();
    login.dedup_by_key(|statement| statement.split(" -- ").next().unwrap().to_owned());
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

    let history = practice_statements(&repositories, UserId(1)).await;
    let audit = audit_statements(&repositories).await;
    assert_eq!(repositories.practice_sessions.scores(UserId(1)).await.unwrap(), []);
    let scores = take_statements();

    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let mut searches = |statements: Vec<String>| {
        let [statement] = statements.as_slice() else { panic!("{statements:?}") };
        let plan = plan(&mut connection, statement);
        assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{statements:?}");
        let search = |step: &&String| step.starts_with("SEARCH ") && step.contains("USING");
        plan.iter().filter(search).count()
    };
    // One search for each table or index.
    assert_eq!((searches(by_id), searches(by_secret), searches(list)), (2, 2, 1));
    // The account, the first outdated hash, and the row of that.
    assert_eq!(searches(login), 3);
    assert!(searches(purge) >= 3);

    let [scores] = scores.as_slice() else { panic!("{scores:?}") };
    let by_user = "SEARCH practice_sessions USING INDEX ix_practice_sessions_scored (user_id=?)";
    assert_eq!(plan(&mut connection, scores), [by_user], "{scores}");

    for (index, by_position, statements) in history {
        let [statement] = statements.as_slice() else { panic!("{statements:?}") };
        let plan = plan(&mut connection, statement);
        let [step] = plan.as_slice() else { panic!("{statement}: {plan:?}") };
        // The one search is by every condition and in the order of the page, so it reads no other row.
        let by = if index.contains("category") { " AND category_filter=?" } else { "" };
        let after = if by_position { " AND (started_at,id)<(?,?)" } else { "" };
        let conditions = format!("(user_id=?{by}{after})");
        assert_eq!(
            *step,
            format!("SEARCH practice_sessions USING INDEX {index} {conditions}"),
            "{statement}"
        );
    }

    for (search, statements) in audit {
        let [statement] = statements.as_slice() else { panic!("{statements:?}") };
        let plan = plan(&mut connection, statement);
        let is_search =
            |step: &String| step.starts_with(&format!("SEARCH audit_events USING {search} ("));
        assert!(plan.iter().any(is_search), "{statement}: {plan:?}");
        let is_slow = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
        assert!(!plan.iter().any(is_slow), "{statement}: {plan:?}");
    }
}

/// Returns how each read and the purge of the audit trail should search, and their statements.
async fn audit_statements(repositories: &Repositories) -> Vec<(&'static str, Vec<String>)> {
    let (trail, user) = (&repositories.audit_trail, UserId(1));
    let (by_time, by_user) = ("INDEX ix_audit_events_at", "INDEX ix_audit_events_user_id");
    let (first, by_id) = (AuditPosition::first(), "INTEGER PRIMARY KEY");
    let mut statements = Vec::new();
    take_statements();
    trail.list(None, first, 9).await.unwrap();
    statements.push((by_time, take_statements()));
    trail.list(Some(user), first, 9).await.unwrap();
    statements.push((by_user, take_statements()));
    trail.newest(user, 9).await.unwrap();
    statements.push((by_user, take_statements()));
    for user in [None, Some(user)] {
        trail.list_stored_after(user, AuditEntryId(1), 9).await.unwrap();
        statements.push((by_id, take_statements()));
    }
    trail.purge(DateTime::UNIX_EPOCH, 9).await.unwrap();
    statements.push((by_id, take_statements()));
    statements
}

fn plan(connection: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let sql = statement.split(" -- ").next().unwrap();
    let plan = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"));
    let plan: Vec<Step> = plan.load(connection).unwrap();
    plan.into_iter().map(|step| step.detail).collect()
}

/// Returns the statements of a page for each combination of filters, with the index that it should use and whether it begins
/// after a position.
async fn practice_statements(
    repositories: &Repositories,
    user_id: UserId,
) -> Vec<(String, bool, Vec<String>)> {
    let category = CategoryFilter::parse("Strategy").unwrap();
    let settings = PracticeSettings { category_filter: category.clone(), ..Default::default() };
    let id = PracticeSessionId::from_random([1; 16]);
    let session = PracticeSession::start(id, user_id, settings, DateTime::UNIX_EPOCH);
    assert!(repositories.practice_sessions.start(&session).await.unwrap());
    take_statements();
    let mut statements = Vec::new();
    let states =
        [("all", None), ("open", Some(PracticeState::Open)), ("ended", Some(PracticeState::Ended))];
    for (state_name, state) in states {
        for category in [None, category.clone()] {
            for after in [None, Some(session.position())] {
                let index = match (&category, state) {
                    (None, _) => state_name.to_owned(),
                    (Some(_), None) => "category".to_owned(),
                    (Some(_), Some(_)) => format!("category_{state_name}"),
                };
                let filter = PracticeFilter { category: category.clone(), state };
                let query = PracticeQuery { filter, after, limit: PageLimit::default() };
                repositories.practice_sessions.list(user_id, &query).await.unwrap();
                let index = format!("ix_practice_sessions_{index}");
                statements.push((index, after.is_some(), take_statements()));
            }
        }
    }
    statements
}
