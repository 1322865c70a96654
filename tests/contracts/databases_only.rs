//! Contracts that need SQL to test: stored rows, rows of other programs, and the triggers and limits of the schema.

use std::num::NonZeroUsize;

use chrono::TimeDelta;
use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::{
    domain::{NewUser, Password, PracticeQuery, SessionPolicy, User, UserId},
    ports::{PasswordHasher as _, Spend},
};
use coach_diesel::Repositories;

use crate::{
    Storage, browser_session, databases::Database, email, id, new_session, new_user, noon,
    on_both_databases, password_hash, practice_session_repository::practice_id, race, secret,
};

on_both_databases! {
    only_a_digest_of_a_secret_is_stored
    racing_registrations_of_one_address_store_one_account_and_one_session
    failed_registration_stores_neither_account_nor_session
    invalid_stored_name_or_address_locks_no_user_out
    unreadable_stored_times_and_ids_lock_no_user_out
    sessions_beyond_the_limit_are_not_listed_and_end_at_the_next_login
    deactivation_by_an_operator_ends_every_session_for_good
    deletion_by_an_operator_ends_every_session_and_frees_no_id
    deleted_account_leaves_no_rows
    practice_sessions_without_a_user_show_to_no_one
    stored_practice_that_breaks_the_rules_is_cleaned_or_skipped
    stored_score_that_is_not_finite_is_skipped
    ended_session_leaves_no_spent_tokens
    time_since_a_token_was_spent_does_not_depend_on_the_callers_clock
    spent_token_is_forgotten_only_after_the_grace_time
    scheme_of_new_hashes_is_not_in_the_index_of_outdated_ones
}

async fn with_user(database: &Database) -> (Repositories, User) {
    let repositories = database.open().await;
    let user = repositories.users.create(new_user("test@example.com"), new_session(0)).await;
    (repositories, user.unwrap())
}

async fn only_a_digest_of_a_secret_is_stored(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let session = browser_session(1, &[]);
    repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    assert_eq!(database.count("auth_sessions WHERE length(secret_digest) = 64").await, 1);
    let stored = format!("auth_sessions WHERE secret_digest = '{}'", secret(1).expose());
    assert_eq!(database.count(&stored).await, 0);
}

async fn racing_registrations_of_one_address_store_one_account_and_one_session(database: Database) {
    let storage = Storage::Database(database);
    race(&storage, 40, |repositories, number| async move {
        let _ = repositories.users.create(new_user("test@example.com"), new_session(number)).await;
    })
    .await;
    let Storage::Database(database) = storage else { unreachable!() };
    assert_eq!((database.count("users").await, database.count("auth_sessions").await), (1, 1));
}

/// ASVS 2.3.3.
async fn failed_registration_stores_neither_account_nor_session(database: Database) {
    let (repositories, _) = with_user(&database).await;
    // The account is valid, but the id of its session is taken.
    let result = repositories.users.create(new_user("b@example.com"), new_session(0)).await;
    assert!(result.is_err());
    assert_eq!((database.count("users").await, database.count("auth_sessions").await), (1, 1));
}

async fn invalid_stored_name_or_address_locks_no_user_out(database: Database) {
    let (repositories, _) = with_user(&database).await;
    database
        .execute("UPDATE users SET full_name = '\u{202e}Bell\u{7}a \n\u{1b}[31m\u{2066}'")
        .await;
    let found = repositories.users.find_credentials(&email("test@example.com")).await.unwrap();
    assert_eq!(found.unwrap().user.full_name.unwrap().as_str(), "Bella [31m");
    database.execute("UPDATE users SET email = 'a\n\u{202e}b', full_name = '\n'").await;
    let user = repositories.sessions.find(id(0)).await.unwrap().unwrap().user;
    assert_eq!((user.email.as_str(), user.full_name), ("ab", None));
}

/// SQLite accepts any value in any column.
async fn unreadable_stored_times_and_ids_lock_no_user_out(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let changes = [
        "UPDATE users SET last_login = 'yesterday', created_at = 'never'",
        "UPDATE auth_sessions SET last_seen_at = x'00ff'",
        "DELETE FROM spent_refresh_tokens; UPDATE auth_sessions SET id = 'no id'",
        "UPDATE auth_sessions SET refresh_generation = -1",
    ];
    for change in changes.iter().skip(if database.has_a_clock() { 2 } else { 0 }) {
        database.execute(change).await;
        let found = repositories.users.find_credentials(&email("test@example.com")).await.unwrap();
        assert_eq!(found.unwrap().user.id, user.id, "{change}");
        repositories.sessions.find(id(0)).await.unwrap();
        repositories.sessions.list(user.id).await.unwrap();
        repositories.sessions.spend(id(0), 0, noon()).await.unwrap();
    }
    // A login still works although the account has an unreadable session.
    let begun = repositories.sessions.begin(user.id, &password_hash().into(), new_session(7)).await;
    assert!(begun.unwrap().is_some());
    assert!(repositories.sessions.find(id(7)).await.unwrap().is_some());
}

async fn sessions_beyond_the_limit_are_not_listed_and_end_at_the_next_login(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let rows = (1..=120).map(|number| {
        let time = format!("'2020-01-01 00:{:02}:{:02}'", number / 60, number % 60);
        format!("('{}', {}, {time}, {time})", id(number), user.id.0)
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    let columns = "id, user_id, created_at, last_seen_at";
    database.execute(&format!("INSERT INTO auth_sessions ({columns}) VALUES {rows}")).await;
    let listed = repositories.sessions.list(user.id).await.unwrap();
    assert_eq!(listed.len(), SessionPolicy::MAX_SESSIONS);
    assert_eq!(listed[0].session.id, id(0));
    let begun =
        repositories.sessions.begin(user.id, &password_hash().into(), new_session(200)).await;
    assert!(begun.unwrap().is_some());
    assert_eq!(database.count("auth_sessions").await, SessionPolicy::MAX_SESSIONS as i64);
    // The latest sessions remain.
    assert_eq!(database.count("auth_sessions WHERE created_at < '2020-01-01 00:00:23'").await, 0);
}

/// ASVS 7.4.5.
async fn deactivation_by_an_operator_ends_every_session_for_good(database: Database) {
    let (repositories, user) = with_user(&database).await;
    repositories.users.create(new_user("b@example.com"), new_session(9)).await.unwrap();
    let session = browser_session(1, &[]);
    repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    database.execute("UPDATE users SET is_active = FALSE WHERE email = 'test@example.com'").await;
    assert_eq!(repositories.sessions.list(user.id).await.unwrap(), []);
    database.execute("UPDATE users SET is_active = TRUE").await;
    assert_eq!(database.count("auth_sessions").await, 1);
    assert!(repositories.sessions.find(id(9)).await.unwrap().is_some());
}

/// ASVS 7.4.2.
async fn deletion_by_an_operator_ends_every_session_and_frees_no_id(database: Database) {
    let (repositories, user) = with_user(&database).await;
    database.execute("DELETE FROM users").await;
    assert_eq!(database.count("auth_sessions").await, 0);
    let next = repositories.users.create(new_user("b@example.com"), new_session(2)).await.unwrap();
    assert!(next.id > user.id);
}

async fn deleted_account_leaves_no_rows(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let other = repositories.users.create(new_user("b@example.com"), new_session(9)).await.unwrap();
    repositories.sessions.spend(id(0), 0, noon()).await.unwrap();
    let practise = async |name: &str, owner: Option<UserId>| {
        let owner = owner.map_or("NULL".to_owned(), |id| id.0.to_string());
        let columns = "practice_sessions (id, user_id)";
        database.execute(&format!("INSERT INTO {columns} VALUES ('{name}', {owner})")).await;
    };
    practise("own 1", Some(user.id)).await;
    practise("own 2", Some(user.id)).await;
    practise("another", Some(other.id)).await;
    practise("nobody", None).await;
    assert!(repositories.users.delete(user.id, &password_hash()).await.unwrap());
    assert_eq!(database.count("users").await, 1);
    assert_eq!(database.count("auth_sessions").await, 1);
    assert_eq!(database.count("spent_refresh_tokens").await, 0);
    assert_eq!(database.count("practice_sessions").await, 2);
    assert_eq!(database.count("practice_sessions WHERE id LIKE 'own%'").await, 0);
}

/// The table is older than accounts.
async fn practice_sessions_without_a_user_show_to_no_one(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let id = practice_id(1);
    database.execute(&format!("INSERT INTO practice_sessions (id) VALUES ('{id}')")).await;
    let sessions = &repositories.practice_sessions;
    assert_eq!(sessions.list(user.id, &PracticeQuery::default()).await.unwrap().sessions, []);
    for user_id in [user.id, UserId(0), UserId(-1)] {
        assert_eq!(sessions.find(user_id, id).await.unwrap(), None);
        assert_eq!(sessions.end(user_id, id, noon()).await.unwrap(), None);
    }
    assert_eq!(database.count("practice_sessions WHERE ended_at IS NULL").await, 1);
}

async fn stored_practice_that_breaks_the_rules_is_cleaned_or_skipped(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let id = practice_id(1);
    let columns = "id, user_id, category_filter, mode, timer_minutes, questions_count, avg_score";
    let rows = format!(
        "('{id}', {user}, '\u{1b}[31m', ' ', 61, -1, 7.25), ('no id', {user}, NULL, 'x', NULL, 0, NULL)",
        user = user.id.0
    );
    database.execute(&format!("INSERT INTO practice_sessions ({columns}) VALUES {rows}")).await;
    let sessions = &repositories.practice_sessions;
    let page = sessions.list(user.id, &PracticeQuery::default()).await.unwrap();
    let [session] = page.sessions.as_slice() else { panic!("{page:?}") };
    let settings = &session.settings;
    assert_eq!(settings.category_filter.as_ref().unwrap().as_str(), "[31m");
    assert_eq!((settings.mode.as_str(), settings.timer_minutes), ("standard", None));
    assert_eq!((session.questions_count, session.avg_score), (0, Some(7.25)));
    assert_eq!(sessions.find(user.id, id).await.unwrap().as_ref(), Some(session));
}

async fn stored_score_that_is_not_finite_is_skipped(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let infinity = if database.has_a_clock() { "'Infinity'" } else { "9e999" };
    let rows = [(practice_id(1).to_string(), infinity), ("no id".to_owned(), "2")];
    for (id, score) in rows.into_iter().chain([(practice_id(2).to_string(), "7.25")]) {
        let columns = "practice_sessions (id, user_id, avg_score)";
        let row = format!("('{id}', {}, {score})", user.id.0);
        database.execute(&format!("INSERT INTO {columns} VALUES {row}")).await;
    }
    let scores = repositories.practice_sessions.scores(user.id).await.unwrap();
    assert_eq!(scores.iter().map(|score| score.points).collect::<Vec<_>>(), [7.25]);
}

async fn ended_session_leaves_no_spent_tokens(database: Database) {
    let (repositories, user) = with_user(&database).await;
    repositories.sessions.spend(id(0), 0, noon()).await.unwrap();
    assert_eq!(database.count("spent_refresh_tokens").await, 1);
    repositories.sessions.end(user.id, id(0)).await.unwrap();
    assert_eq!(database.count("spent_refresh_tokens").await, 0);
}

/// Server clocks differ. PostgreSQL has its own clock. The processes of an SQLite file share the clock of their machine.
async fn time_since_a_token_was_spent_does_not_depend_on_the_callers_clock(database: Database) {
    let (repositories, _) = with_user(&database).await;
    repositories.sessions.spend(id(0), 0, noon()).await.unwrap();
    let elsewhere = database.open().await.sessions;
    let skew = TimeDelta::days(if database.has_a_clock() { 365 } else { 0 });
    let spend = elsewhere.spend(id(0), 0, noon() + skew).await.unwrap();
    let Spend::SpentAt(time) = spend else { panic!("it was spent: {spend:?}") };
    assert!(SessionPolicy::is_in_grace(time, noon() + skew), "{time}");
}

async fn spent_token_is_forgotten_only_after_the_grace_time(database: Database) {
    let (repositories, _) = with_user(&database).await;
    let sessions = &repositories.sessions;
    for generation in 0..3 {
        assert_eq!(sessions.spend(id(0), generation, noon()).await.unwrap(), Spend::First);
    }
    assert_eq!(database.count("spent_refresh_tokens").await, 3);
    let long_ago = "UPDATE spent_refresh_tokens SET spent_at = '2020-01-01 00:00:00'";
    database.execute(&format!("{long_ago} WHERE generation < 2")).await;
    assert_eq!(sessions.spend(id(0), 3, noon()).await.unwrap(), Spend::First);
    assert_eq!(database.count("spent_refresh_tokens").await, 2);
    for (generation, in_grace) in [(0, false), (1, false), (2, true), (3, true)] {
        let spend = sessions.spend(id(0), generation, noon()).await.unwrap();
        let Spend::SpentAt(time) = spend else { panic!("{generation} was spent: {spend:?}") };
        assert_eq!(SessionPolicy::is_in_grace(time, noon()), in_grace, "{generation}: {time}");
    }
}

/// The index is empty if there are no outdated hashes, so it must name the scheme that the hasher uses.
async fn scheme_of_new_hashes_is_not_in_the_index_of_outdated_ones(database: Database) {
    let settings = Argon2Settings::recommended(NonZeroUsize::MIN);
    let hasher = Argon2PasswordHasher::start(settings).unwrap();
    let password = Password::parse("TestPass123!").unwrap();
    let password_hash = hasher.hash(&password).await.unwrap();
    let repositories = database.open().await;
    let user = NewUser { password_hash, ..new_user("test@example.com") };
    repositories.users.create(user, new_session(1)).await.unwrap();
    assert_eq!(repositories.users.find_for_login(None).await.unwrap().schemes, []);
}
