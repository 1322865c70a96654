use chrono::TimeDelta;
use coach_core::{
    domain::{Client, NewAuthSession, PasswordHash, SessionPolicy, User, UserAgent, UserId},
    ports::Spend,
};
use coach_diesel::Repositories;

use crate::{
    browser_session, databases::Database, new_session, new_user, noon, on_both_databases,
    password_hash, secret,
};

on_both_databases! {
    a_begun_session_is_found_with_its_account
    beginning_a_session_sets_last_login
    no_session_begins_for_an_inactive_or_missing_account
    a_failed_beginning_changes_nothing
    the_sessions_of_an_account_are_listed_by_their_last_use
    a_session_is_listed_with_its_client
    no_session_begins_with_a_password_that_was_changed
    of_32_at_once_who_spend_one_refresh_token_one_succeeds
    a_generation_is_spent_once_and_counts_as_a_use
    the_time_since_a_token_was_spent_does_not_depend_on_the_callers_clock
    when_a_token_was_spent_is_forgotten_only_after_the_grace_time
    an_account_ends_its_own_sessions_alone
    all_but_one_of_an_accounts_sessions_end_together
    sessions_that_are_over_are_purged_in_batches
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
    let begun = repositories
        .sessions
        .begin(user.id, &password_hash(), new_session(1))
        .await
        .unwrap()
        .unwrap();
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
    let user = repositories
        .sessions
        .begin(user.id, &password_hash(), later.clone())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.last_login, Some(later.created_at));
}

async fn no_session_begins_for_an_inactive_or_missing_account(database: Database) {
    let (repositories, user) = with_user(&database).await;
    database.execute("UPDATE users SET is_active = FALSE").await;
    for id in [user.id, UserId(user.id.0 + 1)] {
        assert_eq!(
            repositories.sessions.begin(id, &password_hash(), new_session(1)).await.unwrap(),
            None
        );
    }
    assert_eq!(database.count("auth_sessions").await, 0);
    assert_eq!(database.count("users WHERE last_login IS NOT NULL").await, 0);
}

async fn a_failed_beginning_changes_nothing(database: Database) {
    let (repositories, user) = with_user(&database).await;
    assert!(repositories.sessions.begin(user.id, &password_hash(), new_session(0)).await.is_err());
    assert_eq!(database.count("users WHERE last_login IS NOT NULL").await, 0);
    assert!(
        repositories
            .sessions
            .begin(user.id, &password_hash(), new_session(1))
            .await
            .unwrap()
            .is_some()
    );
}

async fn the_sessions_of_an_account_are_listed_by_their_last_use(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    let other = repositories.users.create(new_user("b@example.com"), new_session(9)).await.unwrap();
    for number in [1, 2] {
        sessions.begin(user.id, &password_hash(), browser_session(number, None)).await.unwrap();
    }
    sessions.touch(new_session(1).id, noon() + TimeDelta::minutes(10)).await.unwrap();
    let listed = async |user: &User| {
        let sessions = database.open().await.sessions.list(user.id).await.unwrap();
        assert!(sessions.iter().all(|details| details.session.user_id == user.id));
        sessions.into_iter().map(|details| details.session.id).collect::<Vec<_>>()
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
    repositories.sessions.begin(user.id, &password_hash(), browser_session(1, None)).await.unwrap();
    let elsewhere = database.open().await.sessions;
    let by_secret = elsewhere.find_by_secret(&secret(1)).await.unwrap().unwrap();
    assert_eq!(by_secret.0.id, new_session(1).id);
    assert_eq!(Some(by_secret), elsewhere.find(new_session(1).id).await.unwrap());
    assert_eq!(elsewhere.find_by_secret(&secret(2)).await.unwrap(), None);
}

async fn a_session_without_a_secret_is_found_by_none(database: Database) {
    let (repositories, user) = with_user(&database).await;
    repositories.sessions.begin(user.id, &password_hash(), new_session(1)).await.unwrap();
    for number in 0..=255 {
        assert_eq!(repositories.sessions.find_by_secret(&secret(number)).await.unwrap(), None);
    }
}

async fn what_a_session_replaces_is_gone(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    sessions.begin(user.id, &password_hash(), browser_session(1, None)).await.unwrap();
    sessions.begin(user.id, &password_hash(), browser_session(2, Some(1))).await.unwrap();
    assert_eq!(sessions.find_by_secret(&secret(1)).await.unwrap(), None);
    assert!(sessions.find_by_secret(&secret(2)).await.unwrap().is_some());
    // A registration replaces as a login does, and what is not there is no error.
    let other = repositories.users.create(new_user("b@example.com"), browser_session(3, Some(2)));
    other.await.unwrap();
    assert_eq!(sessions.find_by_secret(&secret(2)).await.unwrap(), None);
    sessions.begin(user.id, &password_hash(), browser_session(4, Some(99))).await.unwrap().unwrap();
}

async fn a_session_that_fails_to_begin_replaces_nothing(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    sessions.begin(user.id, &password_hash(), browser_session(1, None)).await.unwrap();
    assert!(
        sessions
            .begin(UserId(user.id.0 + 1), &password_hash(), browser_session(2, Some(1)))
            .await
            .unwrap()
            .is_none()
    );
    let taken =
        repositories.users.create(new_user("test@example.com"), browser_session(3, Some(1)));
    assert!(taken.await.is_err());
    assert!(sessions.find_by_secret(&secret(1)).await.unwrap().is_some());
}

async fn ending_by_a_secret_says_which_session_ended(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    sessions.begin(user.id, &password_hash(), browser_session(1, None)).await.unwrap();
    assert_eq!(sessions.end_by_secret(&secret(1)).await.unwrap(), Some(new_session(1).id));
    assert_eq!(sessions.end_by_secret(&secret(1)).await.unwrap(), None);
    assert_eq!(sessions.find(new_session(1).id).await.unwrap(), None);
}

async fn of_a_secret_a_digest_alone_is_stored(database: Database) {
    let (repositories, user) = with_user(&database).await;
    repositories.sessions.begin(user.id, &password_hash(), browser_session(1, None)).await.unwrap();
    assert_eq!(database.count("auth_sessions WHERE length(secret_digest) = 64").await, 1);
    let stored = format!("auth_sessions WHERE secret_digest = '{}'", secret(1).expose());
    assert_eq!(database.count(&stored).await, 0);
}

async fn a_session_is_listed_with_its_client(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let client = Client {
        user_agent: UserAgent::read(&"é".repeat(255)),
        ip: Some("2001:db8:1234:5678:9abc:def0:1234:5678".parse().unwrap()),
    };
    let session = NewAuthSession { client: client.clone(), ..new_session(1) };
    repositories.sessions.begin(user.id, &password_hash(), session).await.unwrap();
    let listed = database.open().await.sessions.list(user.id).await.unwrap();
    let clients: Vec<_> = listed.into_iter().map(|details| details.client).collect();
    assert_eq!(clients, [Client::default(), client]);
}

async fn no_session_begins_with_a_password_that_was_changed(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let old = PasswordHash::new("$argon2id$another".to_owned());
    assert!(repositories.sessions.begin(user.id, &old, new_session(1)).await.unwrap().is_none());
    assert_eq!(database.count("auth_sessions").await, 1);
    assert_eq!(database.count("users WHERE last_login IS NOT NULL").await, 0);
}

async fn of_32_at_once_who_spend_one_refresh_token_one_succeeds(database: Database) {
    let (repositories, _) = with_user(&database).await;
    let elsewhere = database.open().await;
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..32 {
        let sessions = [&repositories, &elsewhere][number % 2].sessions.clone();
        racers.spawn(async move { sessions.spend(new_session(0).id, 0, noon()).await.unwrap() });
    }
    let spends = racers.join_all().await;
    assert_eq!(spends.iter().filter(|spend| **spend == Spend::First).count(), 1);
    for spend in spends.iter().filter(|spend| **spend != Spend::First) {
        assert!(matches!(spend, Spend::SpentAt(_)), "{spend:?}");
    }
}

async fn a_generation_is_spent_once_and_counts_as_a_use(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let (sessions, id) = (&repositories.sessions, new_session(0).id);
    for generation in 0..3 {
        let at = noon() + TimeDelta::minutes(i64::from(generation));
        assert_eq!(sessions.spend(id, generation, at).await.unwrap(), Spend::First);
        let (session, owner) = sessions.find(id).await.unwrap().unwrap();
        assert_eq!((session.refresh_generation, session.last_seen_at), (generation + 1, at));
        assert_eq!(owner, user);
        let again = sessions.spend(id, generation, at).await.unwrap();
        assert!(matches!(again, Spend::SpentAt(_)), "{again:?}");
        for never in [generation + 2, i32::MAX as u32, u32::MAX] {
            assert_eq!(sessions.spend(id, never, at).await.unwrap(), Spend::Gone, "{never}");
        }
        assert_eq!(sessions.find(id).await.unwrap().unwrap().0, session);
    }
    sessions.end(id).await.unwrap();
    for generation in [2, 3] {
        assert_eq!(sessions.spend(id, generation, noon()).await.unwrap(), Spend::Gone);
    }
}

/// The caller's clock is off by a year: only the time in between counts.
async fn the_time_since_a_token_was_spent_does_not_depend_on_the_callers_clock(database: Database) {
    let (repositories, _) = with_user(&database).await;
    let (sessions, id) = (&repositories.sessions, new_session(0).id);
    let now = noon();
    sessions.spend(id, 0, now).await.unwrap();
    let elsewhere = database.open().await.sessions;
    // SQLite has no clock of its own; its processes share that of their machine.
    let skew = TimeDelta::days(if database.has_a_clock() { 365 } else { 0 });
    let Spend::SpentAt(time) = elsewhere.spend(id, 0, now + skew).await.unwrap() else {
        panic!("it was spent")
    };
    assert!(SessionPolicy::is_in_grace(time, now + skew), "{time}");
}

async fn when_a_token_was_spent_is_forgotten_only_after_the_grace_time(database: Database) {
    let (repositories, _) = with_user(&database).await;
    let (sessions, id) = (&repositories.sessions, new_session(0).id);
    for generation in 0..3 {
        assert_eq!(sessions.spend(id, generation, noon()).await.unwrap(), Spend::First);
    }
    assert_eq!(database.count("spent_refresh_tokens").await, 3);
    let long_ago = "UPDATE spent_refresh_tokens SET spent_at = '2020-01-01 00:00:00'";
    database.execute(&format!("{long_ago} WHERE generation < 2")).await;
    assert_eq!(sessions.spend(id, 3, noon()).await.unwrap(), Spend::First);
    assert_eq!(database.count("spent_refresh_tokens").await, 2);
    for (generation, in_grace) in [(0, false), (1, false), (2, true), (3, true)] {
        let Spend::SpentAt(time) = sessions.spend(id, generation, noon()).await.unwrap() else {
            panic!("{generation} was spent")
        };
        assert_eq!(SessionPolicy::is_in_grace(time, noon()), in_grace, "{generation}: {time}");
    }
}

async fn an_account_ends_its_own_sessions_alone(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    let other = repositories.users.create(new_user("b@example.com"), new_session(9)).await.unwrap();
    assert!(!sessions.end_own(user.id, new_session(9).id).await.unwrap());
    assert!(sessions.find(new_session(9).id).await.unwrap().is_some());
    assert!(sessions.end_own(other.id, new_session(9).id).await.unwrap());
    assert!(!sessions.end_own(other.id, new_session(9).id).await.unwrap());
    assert!(sessions.find(new_session(0).id).await.unwrap().is_some());
}

async fn all_but_one_of_an_accounts_sessions_end_together(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    repositories.users.create(new_user("b@example.com"), new_session(9)).await.unwrap();
    for number in [1, 2] {
        sessions.begin(user.id, &password_hash(), browser_session(number, None)).await.unwrap();
    }
    assert_eq!(sessions.end_others(user.id, new_session(1).id).await.unwrap(), 2);
    assert_eq!(sessions.end_others(user.id, new_session(1).id).await.unwrap(), 0);
    for (number, alive) in [(0, false), (1, true), (2, false), (9, true)] {
        let found = sessions.find(new_session(number).id).await.unwrap();
        assert_eq!(found.is_some(), alive, "{number}");
    }
}

async fn sessions_that_are_over_are_purged_in_batches(database: Database) {
    let (repositories, user) = with_user(&database).await;
    let sessions = &repositories.sessions;
    let after = |hours| noon() + TimeDelta::hours(hours);
    for number in 1..=6 {
        let created_at = after(number.into());
        let session = NewAuthSession { created_at, ..new_session(number) };
        sessions.begin(user.id, &password_hash(), session).await.unwrap();
    }
    // By its beginning sessions 0 to 2 are over, by its last use 3 too; 4 has been used since.
    sessions.touch(new_session(4).id, after(10)).await.unwrap();
    let purge = async |limit| sessions.purge(after(2), after(4), limit).await.unwrap();
    assert_eq!((purge(3).await, purge(3).await, purge(3).await), (3, 1, 0));
    for (number, alive) in [(2, false), (3, false), (4, true), (5, true)] {
        assert_eq!(
            sessions.find(new_session(number).id).await.unwrap().is_some(),
            alive,
            "{number}"
        );
    }
}
