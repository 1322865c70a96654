use chrono::TimeDelta;
use coach_core::domain::{NewAuthSession, User, UserId};
use coach_diesel::Repositories;

use crate::{
    browser_session, databases::Database, new_session, new_user, noon, on_both_databases, secret,
};

on_both_databases! {
    a_begun_session_is_found_with_its_account
    beginning_a_session_sets_last_login
    no_session_begins_for_an_inactive_or_missing_account
    a_failed_beginning_changes_nothing
    the_sessions_of_an_account_are_listed_by_their_last_use
    a_touch_moves_the_last_use_forward_and_never_back
    an_ended_session_is_gone_for_every_process
    ending_is_idempotent
    a_session_that_is_gone_stays_gone
    of_many_logouts_at_once_one_ends_the_session
    a_browsers_session_is_found_by_its_secret_and_by_its_id
    a_session_without_a_secret_is_found_by_none
    what_a_session_replaces_is_gone
    a_session_that_fails_to_begin_replaces_nothing
    ending_by_a_secret_says_which_session_ended
    of_a_secret_a_digest_alone_is_stored
}

async fn with_user(database: &Database) -> (Repositories, User) {
    let repositories = database.open().await;
    let user =
        repositories.users.create(new_user("test@example.com"), new_session(0)).await.unwrap();
    (repositories, user)
}

async fn a_begun_session_is_found_with_its_account(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let begun = repositories.sessions.begin(user.id, new_session(1)).await.unwrap().unwrap();
    let elsewhere = database.open().await;
    let (session, owner) = elsewhere.sessions.find(new_session(1).id).await.unwrap().unwrap();
    assert_eq!(session.id, new_session(1).id);
    assert_eq!((session.user_id, owner), (user.id, begun));
    assert_eq!((session.created_at, session.last_seen_at), (noon(), noon()));
    assert!(elsewhere.sessions.find(new_session(2).id).await.unwrap().is_none());
}

async fn beginning_a_session_sets_last_login(database: Database) {
    let (repositories, user) = with_user(&database).await;
    assert_eq!(user.last_login, None);
    let later = NewAuthSession { created_at: noon() + TimeDelta::hours(1), ..new_session(1) };
    let user = repositories.sessions.begin(user.id, later.clone()).await.unwrap().unwrap();
    assert_eq!(user.last_login, Some(later.created_at));
}

async fn no_session_begins_for_an_inactive_or_missing_account(database: Database) {
    let (repositories, user) = with_user(&database).await;
    database.execute("UPDATE users SET is_active = FALSE").await;
    for id in [user.id, UserId(user.id.0 + 1)] {
        assert_eq!(repositories.sessions.begin(id, new_session(1)).await.unwrap(), None);
    }
    assert_eq!(database.count("auth_sessions").await, 0);
    assert_eq!(database.count("users WHERE last_login IS NOT NULL").await, 0);
}

async fn a_failed_beginning_changes_nothing(database: Database) {
    let (repositories, user) = with_user(&database).await;
    assert!(repositories.sessions.begin(user.id, new_session(0)).await.is_err());
    assert_eq!(database.count("users WHERE last_login IS NOT NULL").await, 0);
    assert!(repositories.sessions.begin(user.id, new_session(1)).await.unwrap().is_some());
}

async fn the_sessions_of_an_account_are_listed_by_their_last_use(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    let other = repositories.users.create(new_user("b@example.com"), new_session(9)).await.unwrap();
    for number in [1, 2] {
        sessions.begin(user.id, browser_session(number, None)).await.unwrap();
    }
    sessions.touch(new_session(1).id, noon() + TimeDelta::minutes(10)).await.unwrap();
    let listed = async |user: &User| {
        let sessions = database.open().await.sessions.list(user.id).await.unwrap();
        assert!(sessions.iter().all(|session| session.user_id == user.id));
        sessions.into_iter().map(|session| session.id).collect::<Vec<_>>()
    };
    let ids = |numbers: &[u8]| numbers.iter().map(|n| new_session(*n).id).collect::<Vec<_>>();
    assert_eq!(listed(&user).await, ids(&[1, 0, 2]));
    assert_eq!(listed(&other).await, ids(&[9]));
    sessions.end(new_session(1).id).await.unwrap();
    assert_eq!(listed(&user).await, ids(&[0, 2]));
    assert_eq!(sessions.list(UserId(other.id.0 + 1)).await.unwrap(), []);
}

async fn a_touch_moves_the_last_use_forward_and_never_back(database: Database) {
    let (repositories, _) = with_user(&database).await;
    let id = new_session(0).id;
    for (touch, last_seen) in [(10, 10), (5, 10), (11, 11)] {
        repositories.sessions.touch(id, noon() + TimeDelta::minutes(touch)).await.unwrap();
        let (session, _) = repositories.sessions.find(id).await.unwrap().unwrap();
        assert_eq!(session.last_seen_at, noon() + TimeDelta::minutes(last_seen));
        assert_eq!(session.created_at, noon());
    }
}

async fn an_ended_session_is_gone_for_every_process(database: Database) {
    let (repositories, _) = with_user(&database).await;
    let elsewhere = database.open().await;
    let id = new_session(0).id;
    assert!(elsewhere.sessions.find(id).await.unwrap().is_some());
    assert!(repositories.sessions.end(id).await.unwrap());
    assert!(elsewhere.sessions.find(id).await.unwrap().is_none());
}

async fn ending_is_idempotent(database: Database) {
    let (repositories, _) = with_user(&database).await;
    assert!(repositories.sessions.end(new_session(0).id).await.unwrap());
    assert!(!repositories.sessions.end(new_session(0).id).await.unwrap());
}

async fn a_session_that_is_gone_stays_gone(database: Database) {
    let (repositories, _) = with_user(&database).await;
    let id = new_session(0).id;
    repositories.sessions.end(id).await.unwrap();
    repositories.sessions.touch(id, noon()).await.unwrap();
    assert!(repositories.sessions.find(id).await.unwrap().is_none());
}

async fn of_many_logouts_at_once_one_ends_the_session(database: Database) {
    let (repositories, _) = with_user(&database).await;
    let elsewhere = database.open().await;
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..20 {
        let sessions = [&repositories, &elsewhere][number % 2].sessions.clone();
        racers.spawn(async move { sessions.end(new_session(0).id).await.unwrap() });
    }
    assert_eq!(racers.join_all().await.into_iter().filter(|ended| *ended).count(), 1);
}

async fn a_browsers_session_is_found_by_its_secret_and_by_its_id(database: Database) {
    let (repositories, user) = with_user(&database).await;
    repositories.sessions.begin(user.id, browser_session(1, None)).await.unwrap();
    let elsewhere = database.open().await.sessions;
    let by_secret = elsewhere.find_by_secret(&secret(1)).await.unwrap().unwrap();
    assert_eq!(by_secret.0.id, new_session(1).id);
    assert_eq!(Some(by_secret), elsewhere.find(new_session(1).id).await.unwrap());
    assert_eq!(elsewhere.find_by_secret(&secret(2)).await.unwrap(), None);
}

async fn a_session_without_a_secret_is_found_by_none(database: Database) {
    let (repositories, user) = with_user(&database).await;
    repositories.sessions.begin(user.id, new_session(1)).await.unwrap();
    for number in 0..=255 {
        assert_eq!(repositories.sessions.find_by_secret(&secret(number)).await.unwrap(), None);
    }
}

async fn what_a_session_replaces_is_gone(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    sessions.begin(user.id, browser_session(1, None)).await.unwrap();
    sessions.begin(user.id, browser_session(2, Some(1))).await.unwrap();
    assert_eq!(sessions.find_by_secret(&secret(1)).await.unwrap(), None);
    assert!(sessions.find_by_secret(&secret(2)).await.unwrap().is_some());
    // A registration replaces as a login does, and what is not there is no error.
    let other = repositories.users.create(new_user("b@example.com"), browser_session(3, Some(2)));
    other.await.unwrap();
    assert_eq!(sessions.find_by_secret(&secret(2)).await.unwrap(), None);
    sessions.begin(user.id, browser_session(4, Some(99))).await.unwrap().unwrap();
}

async fn a_session_that_fails_to_begin_replaces_nothing(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    sessions.begin(user.id, browser_session(1, None)).await.unwrap();
    assert!(
        sessions.begin(UserId(user.id.0 + 1), browser_session(2, Some(1))).await.unwrap().is_none()
    );
    let taken =
        repositories.users.create(new_user("test@example.com"), browser_session(3, Some(1)));
    assert!(taken.await.is_err());
    assert!(sessions.find_by_secret(&secret(1)).await.unwrap().is_some());
}

async fn ending_by_a_secret_says_which_session_ended(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    sessions.begin(user.id, browser_session(1, None)).await.unwrap();
    assert_eq!(sessions.end_by_secret(&secret(1)).await.unwrap(), Some(new_session(1).id));
    assert_eq!(sessions.end_by_secret(&secret(1)).await.unwrap(), None);
    assert_eq!(sessions.find(new_session(1).id).await.unwrap(), None);
}

async fn of_a_secret_a_digest_alone_is_stored(database: Database) {
    let (repositories, user) = with_user(&database).await;
    repositories.sessions.begin(user.id, browser_session(1, None)).await.unwrap();
    assert_eq!(database.count("auth_sessions WHERE length(secret_digest) = 64").await, 1);
    let stored = format!("auth_sessions WHERE secret_digest = '{}'", secret(1).expose());
    assert_eq!(database.count(&stored).await, 0);
}
