use chrono::TimeDelta;
use coach_core::domain::UserId;

use super::{POLICY, live_at};
use crate::{
    Storage, at, id, minutes, new_session, new_user, noon, on_every_storage, password_hash,
    storage::Repositories,
};

on_every_storage! {
    accounts_are_listed_in_order_page_by_page
    accounts_are_listed_with_their_hashes
    only_live_sessions_are_counted
}

async fn accounts_are_listed_in_order_page_by_page(storage: Storage) {
    let repositories = storage.open().await;
    let mut expected = Vec::new();
    for number in 0..7 {
        let user = new_user(&format!("{}@example.com", 7 - number));
        expected.push(repositories.accounts.add(user, None).await.unwrap().id.0);
    }
    repositories.users.set_active(UserId(expected[3]), false).await.unwrap();
    for limit in [1, 3, 7, 100] {
        assert_eq!(repositories.account_ids(limit).await, expected, "{limit}");
    }
    assert_eq!(repositories.accounts.list(None, 0, live_at(noon())).await.unwrap(), []);
}

async fn accounts_are_listed_with_their_hashes(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.register("b@example.com", 1).await;
    let page = repositories.accounts.list_credentials(None, 1).await.unwrap();
    let [account] = &page[..] else { panic!("{page:?}") };
    assert_eq!((&account.user, account.password_hash.expose()), (&user, password_hash().expose()));
    let rest = repositories.accounts.list_credentials(Some(user.id), 5).await.unwrap();
    assert_eq!(rest.len(), 1);
    let after = rest[0].user.id;
    assert!(repositories.accounts.list_credentials(Some(after), 5).await.unwrap().is_empty());
}

/// The numbers of live sessions at a time, by account.
async fn live(repositories: &Repositories, minute: i64) -> Vec<u64> {
    let page = repositories.accounts.list(None, 10, live_at(minutes(minute))).await.unwrap();
    page.iter().map(|account| account.live_sessions).collect()
}

async fn only_live_sessions_are_counted(storage: Storage) {
    let repositories = storage.open().await;
    let first = repositories.users.create(new_user("a@example.com"), at(-100, 0)).await.unwrap();
    repositories.register("b@example.com", 9).await;
    for session in [at(-59, 1), at(-60, 2), new_session(3), at(1, 4), at(2, 5)] {
        repositories.sessions.begin(first.id, &password_hash().into(), session).await.unwrap();
    }
    // Sessions 0 and 2 are idle. Session 5 is further in the future than clocks differ.
    assert_eq!(live(&repositories, 0).await, [3, 1]);
    repositories.sessions.touch(id(0), minutes(-1)).await.unwrap();
    assert_eq!(live(&repositories, 0).await, [4, 1]);
    let late = noon() + POLICY.max_age - TimeDelta::minutes(100);
    repositories.sessions.touch(id(0), late).await.unwrap();
    repositories.sessions.touch(id(1), late).await.unwrap();
    // Session 0 is too old.
    assert_eq!(live(&repositories, 24 * 60 - 100).await, [1, 0]);
}
