use chrono::TimeDelta;
use coach_core::{
    domain::{PasswordCode, User, UserId},
    ports::{CodeTry, PasswordChange, Redemption},
};

use super::{attempt, code, new_code};
use crate::{
    Storage, at, browser_session, email, id, minutes, new_user, on_every_storage, password_hash,
    secret, storage::Repositories,
};

on_every_storage! {
    right_code_sets_the_password_and_replaces_every_session
    code_is_used_once
    typed_code_is_right_in_any_spelling
    wrong_code_and_other_addresses_change_nothing
    expired_code_is_refused
    newer_code_replaces_the_former_one
    code_of_an_inactive_account_is_not_used
    code_of_a_missing_account_is_not_stored
    changed_password_ends_the_code
    right_code_with_a_taken_session_id_changes_nothing
}

async fn with_code(storage: &Storage) -> (Repositories, User) {
    let (repositories, user) = storage.with_user().await;
    assert!(repositories.codes.issue(user.id, new_code(1)).await.unwrap());
    (repositories, user)
}

async fn hash(repositories: &Repositories) -> String {
    repositories.account("test@example.com").await.unwrap().password_hash.expose().to_owned()
}

async fn right_code_sets_the_password_and_replaces_every_session(storage: Storage) {
    let (repositories, user) = with_code(&storage).await;
    repositories.users.create(new_user("b@example.com"), browser_session(8, &[])).await.unwrap();
    repositories.register("c@example.com", 9).await;
    let session =
        coach_core::domain::NewAuthSession { created_at: minutes(1), ..browser_session(5, &[8]) };
    let redeemed = repositories.codes.redeem(CodeTry { session, ..attempt(1, 5) }).await.unwrap();
    let expected = User { last_login: Some(minutes(1)), ..user };
    assert_eq!(redeemed, Redemption::Redeemed(expected.clone()));
    let elsewhere = storage.open().await;
    assert_eq!(elsewhere.account("test@example.com").await.unwrap().user, expected);
    assert_eq!(hash(&elsewhere).await, "new");
    assert_eq!(elsewhere.existing(0..10).await, [5, 9]);
    assert!(elsewhere.sessions.find_by_secret(&secret(5)).await.unwrap().is_some());
    let session = elsewhere.session(5).await.unwrap();
    assert_eq!((session.user_id, session.created_at), (expected.id, minutes(1)));
    assert_eq!(session.previous_login, None);
    repositories.codes.issue(expected.id, new_code(2)).await.unwrap();
    let next = CodeTry { session: at(2, 6), ..attempt(2, 6) };
    repositories.codes.redeem(next).await.unwrap();
    assert_eq!(repositories.session(6).await.unwrap().previous_login, Some(minutes(1)));
}

async fn code_is_used_once(storage: Storage) {
    let (repositories, user) = with_code(&storage).await;
    let redeemed = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
    assert!(matches!(redeemed, Redemption::Redeemed(_)), "{redeemed:?}");
    let again = storage.open().await.codes.redeem(attempt(1, 6)).await.unwrap();
    assert_eq!(again, Redemption::Refused(Some(user.id)));
    assert_eq!(repositories.existing(0..10).await, [5]);
}

async fn typed_code_is_right_in_any_spelling(storage: Storage) {
    let (repositories, _) = with_code(&storage).await;
    let typed = code(1).expose_grouped().to_lowercase().replace('-', " ");
    let typed = CodeTry { code: PasswordCode::read(&typed), ..attempt(1, 5) };
    let redeemed = repositories.codes.redeem(typed).await.unwrap();
    assert!(matches!(redeemed, Redemption::Redeemed(_)), "{redeemed:?}");
}

async fn wrong_code_and_other_addresses_change_nothing(storage: Storage) {
    let (repositories, user) = with_code(&storage).await;
    let other = repositories.register("b@example.com", 9).await;
    let at_address = |address| CodeTry { email: email(address), ..attempt(1, 5) };
    for (attempt, account) in [
        (attempt(2, 5), Some(user.id)),
        (at_address("b@example.com"), Some(other.id)),
        (at_address("nobody@example.com"), None),
        (CodeTry { code: PasswordCode::read(""), ..attempt(1, 5) }, Some(user.id)),
    ] {
        let refused = repositories.codes.redeem(attempt).await.unwrap();
        assert_eq!(refused, Redemption::Refused(account));
    }
    assert_eq!(hash(&repositories).await, password_hash().expose());
    assert_eq!(repositories.existing(0..10).await, [0, 9]);
    let redeemed = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
    assert!(matches!(redeemed, Redemption::Redeemed(_)), "{redeemed:?}");
}

async fn expired_code_is_refused(storage: Storage) {
    let (repositories, user) = with_code(&storage).await;
    let late = CodeTry { session: at(10, 5), ..attempt(1, 5) };
    let refused = repositories.codes.redeem(late).await.unwrap();
    assert_eq!(refused, Redemption::Refused(Some(user.id)));
    let mut last = attempt(1, 5);
    last.session.created_at = minutes(10) - TimeDelta::microseconds(1);
    let redeemed = repositories.codes.redeem(last).await.unwrap();
    assert!(matches!(redeemed, Redemption::Redeemed(_)), "{redeemed:?}");
}

async fn newer_code_replaces_the_former_one(storage: Storage) {
    let (repositories, user) = with_code(&storage).await;
    assert!(repositories.codes.issue(user.id, new_code(2)).await.unwrap());
    let refused = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
    assert_eq!(refused, Redemption::Refused(Some(user.id)));
    let redeemed = repositories.codes.redeem(attempt(2, 5)).await.unwrap();
    assert!(matches!(redeemed, Redemption::Redeemed(_)), "{redeemed:?}");
}

async fn code_of_an_inactive_account_is_not_used(storage: Storage) {
    let (repositories, user) = with_code(&storage).await;
    repositories.users.set_active(user.id, false).await.unwrap();
    for _ in 0..PasswordCode::MAX_TRIES + 1 {
        let inactive = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
        assert_eq!(inactive, Redemption::Inactive(user.id));
    }
    let wrong = repositories.codes.redeem(attempt(2, 5)).await.unwrap();
    assert_eq!(wrong, Redemption::Refused(Some(user.id)));
    assert_eq!(hash(&repositories).await, password_hash().expose());
    assert!(repositories.existing(0..10).await.is_empty());
    repositories.users.set_active(user.id, true).await.unwrap();
    let redeemed = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
    assert!(matches!(redeemed, Redemption::Redeemed(_)), "{redeemed:?}");
}

async fn code_of_a_missing_account_is_not_stored(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let missing = UserId(user.id.0 + 1);
    assert!(!repositories.codes.issue(missing, new_code(1)).await.unwrap());
    let next = repositories.register("b@example.com", 9).await;
    let attempt = CodeTry { email: email("b@example.com"), ..attempt(1, 5) };
    let refused = repositories.codes.redeem(attempt).await.unwrap();
    assert_eq!(refused, Redemption::Refused(Some(next.id)));
}

async fn changed_password_ends_the_code(storage: Storage) {
    let (repositories, user) = with_code(&storage).await;
    let change = PasswordChange {
        verified: password_hash(),
        new: crate::another_hash(),
        made_in: id(0),
        session: at(1, 2),
    };
    assert!(repositories.users.change_password(user.id, change).await.unwrap().is_some());
    let refused = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
    assert_eq!(refused, Redemption::Refused(Some(user.id)));
    assert_eq!(repositories.existing(0..10).await, [2]);
}

async fn right_code_with_a_taken_session_id_changes_nothing(storage: Storage) {
    let (repositories, _) = with_code(&storage).await;
    repositories.register("b@example.com", 5).await;
    assert!(repositories.codes.redeem(attempt(1, 5)).await.is_err());
    assert_eq!(hash(&repositories).await, password_hash().expose());
    assert!(repositories.session(0).await.is_some());
    let redeemed = repositories.codes.redeem(attempt(1, 6)).await.unwrap();
    assert!(matches!(redeemed, Redemption::Redeemed(_)), "{redeemed:?}");
}
