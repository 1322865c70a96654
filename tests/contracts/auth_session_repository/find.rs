use coach_core::domain::{Client, NewAuthSession, User, UserAgent, UserId};

use crate::{
    Storage, browser_session, id, ids, minutes, new_session, on_every_storage, password_hash,
    secret,
};

on_every_storage! {
    session_is_found_by_its_secret_and_by_its_id
    session_without_a_secret_is_not_found_by_a_secret
    sessions_of_an_account_are_listed_by_their_last_use
    listed_session_has_its_client
    missing_account_has_no_sessions
}

async fn session_is_found_by_its_secret_and_by_its_id(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let session = browser_session(1, &[]);
    repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    let elsewhere = storage.open().await.sessions;
    let by_secret = elsewhere.find_by_secret(&secret(1)).await.unwrap().unwrap();
    assert_eq!((by_secret.session.id, by_secret.user.id), (id(1), user.id));
    assert_eq!(Some(by_secret), elsewhere.find(id(1)).await.unwrap());
    assert_eq!(elsewhere.find_by_secret(&secret(2)).await.unwrap(), None);
}

async fn session_without_a_secret_is_not_found_by_a_secret(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.log_in(&user, 1).await.unwrap();
    for number in 0..=255 {
        let found = repositories.sessions.find_by_secret(&secret(number)).await.unwrap();
        assert_eq!(found, None);
    }
}

async fn sessions_of_an_account_are_listed_by_their_last_use(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    for number in [1, 2] {
        let session = browser_session(number, &[]);
        repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    }
    repositories.sessions.touch(id(1), minutes(10)).await.unwrap();
    let elsewhere = storage.open().await;
    let listed = async |user: &User| {
        let sessions = elsewhere.list(user).await;
        assert!(sessions.iter().all(|details| details.session.user_id == user.id));
        sessions.into_iter().map(|details| details.session.id).collect::<Vec<_>>()
    };
    // Sessions 0 and 2 were last used at the same time. They are ordered by id.
    assert_eq!(listed(&user).await, ids(&[1, 0, 2]));
    assert_eq!(listed(&other).await, ids(&[9]));
    repositories.sessions.end(user.id, id(1)).await.unwrap();
    assert_eq!(listed(&user).await, ids(&[0, 2]));
    repositories.sessions.touch(id(2), minutes(11)).await.unwrap();
    assert_eq!(listed(&user).await, ids(&[2, 0]));
}

async fn listed_session_has_its_client(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let client = Client {
        user_agent: UserAgent::read(&"é".repeat(255)),
        ip: Some("2001:db8:1234:5678:9abc:def0:1234:5678".parse().unwrap()),
    };
    let session = NewAuthSession { client: client.clone(), ..new_session(1) };
    repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
    let elsewhere = storage.open().await;
    let listed = elsewhere.list(&user).await;
    let clients: Vec<_> = listed.iter().map(|details| details.client.clone()).collect();
    assert_eq!(clients, [Client::default(), client]);
    assert_eq!(elsewhere.session(1).await, Some(listed[1].session));
}

async fn missing_account_has_no_sessions(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    assert_eq!(repositories.sessions.list(UserId(user.id.0 + 1)).await.unwrap(), []);
}
