use coach_core::{
    domain::{PasswordCode, UserId},
    ports::Redemption,
};

use super::{attempt, new_code};
use crate::{Storage, on_every_storage, race, storage::Repositories};

on_every_storage! {
    tenth_wrong_try_ends_the_code
    racing_wrong_tries_are_counted_exactly
    new_code_has_all_its_tries
}

async fn refuse(repositories: &Repositories, number: u8, user_id: UserId) {
    let refused = repositories.codes.redeem(attempt(number, 5)).await.unwrap();
    assert_eq!(refused, Redemption::Refused(Some(user_id)));
}

async fn tenth_wrong_try_ends_the_code(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for (wrong, is_right) in [(PasswordCode::MAX_TRIES, false), (PasswordCode::MAX_TRIES - 1, true)]
    {
        repositories.codes.issue(user.id, new_code(1)).await.unwrap();
        for _ in 0..wrong {
            refuse(&repositories, 2, user.id).await;
        }
        let last = storage.open().await.codes.redeem(attempt(1, 5)).await.unwrap();
        assert_eq!(matches!(last, Redemption::Redeemed(_)), is_right, "{last:?}");
    }
}

async fn racing_wrong_tries_are_counted_exactly(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for (racers, is_right) in [(9, true), (10, false), (30, false)] {
        repositories.codes.issue(user.id, new_code(1)).await.unwrap();
        race(&storage, racers, move |repositories, _| async move {
            refuse(&repositories, 2, user.id).await;
        })
        .await;
        let last = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
        assert_eq!(matches!(last, Redemption::Redeemed(_)), is_right, "{racers}");
    }
}

async fn new_code_has_all_its_tries(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    repositories.codes.issue(user.id, new_code(1)).await.unwrap();
    for _ in 0..PasswordCode::MAX_TRIES {
        refuse(&repositories, 2, user.id).await;
    }
    repositories.codes.issue(user.id, new_code(1)).await.unwrap();
    for _ in 1..PasswordCode::MAX_TRIES {
        refuse(&repositories, 2, user.id).await;
    }
    let redeemed = repositories.codes.redeem(attempt(1, 5)).await.unwrap();
    assert!(matches!(redeemed, Redemption::Redeemed(_)), "{redeemed:?}");
}
