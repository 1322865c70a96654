use coach_core::ports::Redemption;

use super::{attempt, new_code};
use crate::{Storage, new_session, on_every_storage, password_hash, race};

on_every_storage! {
    racing_uses_of_a_code_succeed_once
    code_used_while_the_account_is_deactivated_leaves_no_session
    code_used_while_the_account_is_deleted_leaves_nothing
    login_that_races_a_code_does_not_outlive_the_former_password
}

async fn racing_uses_of_a_code_succeed_once(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.codes.issue(user.id, new_code(1)).await.unwrap();
    let results = race(&storage, 16, |repositories, number| async move {
        repositories.codes.redeem(attempt(1, number + 1)).await.unwrap()
    })
    .await;
    let redeemed = results.iter().filter(|result| matches!(result, Redemption::Redeemed(_)));
    assert_eq!(redeemed.count(), 1, "{results:?}");
    assert_eq!(repositories.existing(0..20).await.len(), 1);
    assert!(repositories.session(0).await.is_none());
}

async fn code_used_while_the_account_is_deactivated_leaves_no_session(storage: Storage) {
    for round in 0..5 {
        let repositories = storage.open().await;
        let address = format!("{round}@example.com");
        let user = repositories.register(&address, 100 + round).await;
        repositories.codes.issue(user.id, new_code(1)).await.unwrap();
        race(&storage, 8, move |repositories, number| {
            let address = address.clone();
            async move {
                if number == 4 {
                    repositories.users.set_active(user.id, false).await.unwrap();
                } else {
                    let mut attempt = attempt(1, number + 1);
                    attempt.email = crate::email(&address);
                    repositories.codes.redeem(attempt).await.unwrap();
                }
            }
        })
        .await;
        assert!(repositories.list(&user).await.is_empty());
    }
}

async fn code_used_while_the_account_is_deleted_leaves_nothing(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.codes.issue(user.id, new_code(1)).await.unwrap();
    race(&storage, 8, move |repositories, number| async move {
        if number == 4 {
            assert!(repositories.accounts.remove(user.id).await.unwrap());
        } else {
            repositories.codes.redeem(attempt(1, number + 1)).await.unwrap();
        }
    })
    .await;
    assert!(repositories.account("test@example.com").await.is_none());
    assert!(repositories.existing(0..10).await.is_empty());
}

async fn login_that_races_a_code_does_not_outlive_the_former_password(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.codes.issue(user.id, new_code(1)).await.unwrap();
    race(&storage, 20, move |repositories, number| async move {
        if number == 10 {
            let redeemed = repositories.codes.redeem(attempt(1, 50)).await.unwrap();
            assert!(matches!(redeemed, Redemption::Redeemed(_)), "{redeemed:?}");
        } else {
            let session = new_session(number + 1);
            repositories.sessions.begin(user.id, &password_hash().into(), session).await.unwrap();
        }
    })
    .await;
    assert_eq!(repositories.existing(0..60).await, [50]);
}
