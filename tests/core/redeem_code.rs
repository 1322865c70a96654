use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use coach_core::{
    domain::{AuthEvent, Channel, Client, NewPassword, PasswordCode},
    ports::PasswordHasherError,
    services::{ChoosePasswordError, LoginError, RedeemCodeError, SignedIn},
};
use coach_tests::PASSWORD;

use crate::{
    fakes::{self, RETRY_AFTER, WEAK},
    fixture::{EMAIL, INSTANT, NEW_PASSWORD, OTHER_EMAIL, World, now, replacing},
};

const TOKENS: Channel = Channel::Tokens;

/// A world with an account, signed in with tokens, and its code.
async fn with_code() -> (World, SignedIn, PasswordCode) {
    let (world, user) = World::with_user().await;
    let code = world.operator().issue_code(user.user.id).await.unwrap().code;
    world.events();
    (world, user, code)
}

async fn redeem(
    world: &World,
    email: &str,
    code: &PasswordCode,
    new: &str,
) -> Result<SignedIn, RedeemCodeError> {
    let new = NewPassword::parse(new).unwrap();
    world.auth().redeem_code(email, code.clone(), new, TOKENS, Client::default()).await
}

#[tokio::test]
async fn right_code_sets_the_password_and_logs_in_once() {
    let (world, user, code) = with_code().await;
    let browser = world.browser().await;
    let signed_in = redeem(&world, "TEST@example.com", &code, NEW_PASSWORD).await.unwrap();
    let (user_id, session_id) = (user.user.id, world.session_id(&signed_in).await);
    assert_eq!(signed_in.user.id, user_id);
    assert_eq!(world.events(), [AuthEvent::CodeUsed { user_id, session_id }]);
    assert!(world.is_live(&signed_in).await);
    assert!(!world.is_live(&user).await && !world.is_live(&browser).await);
    let old = world.log_in(EMAIL, PASSWORD, TOKENS).await;
    assert_refused!(old, LoginError::InvalidCredentials);
    assert!(world.log_in(EMAIL, NEW_PASSWORD, TOKENS).await.is_ok());
    world.events();
    let again = redeem(&world, EMAIL, &code, NEW_PASSWORD).await;
    assert_refused!(again, RedeemCodeError::InvalidCode);
    assert_eq!(world.events(), [AuthEvent::CodeRefused { user_id: Some(user_id) }]);
}

#[tokio::test]
async fn session_of_the_browser_is_replaced() {
    let (world, _, code) = with_code().await;
    let stranger = world.user(OTHER_EMAIL).await;
    let presented = world.log_in(OTHER_EMAIL, PASSWORD, replacing(&[])).await.unwrap();
    let new = NewPassword::parse(NEW_PASSWORD).unwrap();
    let channel = replacing(&[&presented]);
    let signed_in = world.auth().redeem_code(EMAIL, code, new, channel, Client::default()).await;
    assert!(world.is_live(&signed_in.unwrap()).await && world.is_live(&stranger).await);
    assert!(!world.is_live(&presented).await);
}

#[tokio::test]
async fn every_refused_code_is_the_same_error() {
    let (world, user, code) = with_code().await;
    let other = world.user(OTHER_EMAIL).await;
    let wrong = PasswordCode::from_random([9; 20]);
    for (email, code, account) in [
        (EMAIL, &wrong, Some(user.user.id)),
        (EMAIL, &PasswordCode::read("no code"), Some(user.user.id)),
        (OTHER_EMAIL, &code, Some(other.user.id)),
        ("nobody@example.com", &code, None),
        ("no address", &code, None),
        ("", &code, None),
    ] {
        let refused = redeem(&world, email, code, NEW_PASSWORD).await;
        assert_refused!(refused, RedeemCodeError::InvalidCode);
        assert_eq!(world.events(), [AuthEvent::CodeRefused { user_id: account }], "{email}");
    }
    world.clock.advance(PasswordCode::LIFETIME);
    let expired = redeem(&world, EMAIL, &code, NEW_PASSWORD).await;
    assert_refused!(expired, RedeemCodeError::InvalidCode);
    world.clock.advance(-INSTANT);
    assert!(redeem(&world, EMAIL, &code, NEW_PASSWORD).await.is_ok());
}

#[tokio::test]
async fn every_refused_code_costs_one_hash() {
    let (mut world, _, code) = with_code().await;
    let other = world.user(OTHER_EMAIL).await;
    world.deactivate(&other).await;
    let hashes = Arc::new(AtomicUsize::new(0));
    let (counted, hasher) = (hashes.clone(), fakes::password_hasher());
    let mut counting = fakes::idle_hasher();
    counting.expect_hash().returning(move |password| {
        counted.fetch_add(1, Ordering::SeqCst);
        now(coach_core::ports::PasswordHasher::hash(&hasher, password))
    });
    world.ports.password_hasher = Arc::new(counting);
    let wrong = PasswordCode::from_random([9; 20]);
    for email in [EMAIL, OTHER_EMAIL, "nobody@example.com", "no address"] {
        assert!(redeem(&world, email, &wrong, NEW_PASSWORD).await.is_err());
        assert_eq!(hashes.swap(0, Ordering::SeqCst), 1, "{email}");
    }
    for _ in 0..2 {
        let _ = redeem(&world, EMAIL, &code, NEW_PASSWORD).await;
        assert_eq!(hashes.swap(0, Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn weak_password_and_busy_hasher_use_up_neither_code_nor_try() {
    let (mut world, _, code) = with_code().await;
    let wrong = PasswordCode::from_random([9; 20]);
    for _ in 0..PasswordCode::MAX_TRIES {
        for (email, code) in [(EMAIL, &code), (EMAIL, &wrong), ("nobody@example.com", &wrong)] {
            let weak = redeem(&world, email, code, WEAK).await;
            assert_refused!(weak, RedeemCodeError::Choose(ChoosePasswordError::Weak(_)));
        }
    }
    assert_eq!(world.events(), []);
    let idle = world.ports.password_hasher.clone();
    let busy = || PasswordHasherError::Busy { retry_after: RETRY_AFTER };
    world.ports.password_hasher = Arc::new(fakes::failing_hasher(busy));
    for code in [&code, &wrong].repeat(PasswordCode::MAX_TRIES as usize) {
        let busy = redeem(&world, EMAIL, code, NEW_PASSWORD).await;
        assert_refused!(busy, RedeemCodeError::Choose(ChoosePasswordError::PasswordHasher(_)));
    }
    world.ports.password_hasher = idle;
    assert!(redeem(&world, EMAIL, &code, NEW_PASSWORD).await.is_ok());
}

/// ASVS 6.4.1.
#[tokio::test]
async fn ten_wrong_tries_end_a_code() {
    let (world, _, code) = with_code().await;
    let wrong = PasswordCode::from_random([9; 20]);
    for _ in 0..PasswordCode::MAX_TRIES {
        assert!(redeem(&world, EMAIL, &wrong, NEW_PASSWORD).await.is_err());
    }
    let ended = redeem(&world, EMAIL, &code, NEW_PASSWORD).await;
    assert_refused!(ended, RedeemCodeError::InvalidCode);
    assert!(world.log_in(EMAIL, PASSWORD, TOKENS).await.is_ok());
}

#[tokio::test]
async fn inactive_account_learns_so_only_by_a_right_code_which_stays() {
    let (world, user, code) = with_code().await;
    world.deactivate(&user).await;
    let user_id = user.user.id;
    let inactive = redeem(&world, EMAIL, &code, NEW_PASSWORD).await;
    assert_refused!(inactive, RedeemCodeError::Inactive);
    assert_eq!(world.events(), [AuthEvent::InactiveLogin { user_id }]);
    let wrong = PasswordCode::from_random([9; 20]);
    let refused = redeem(&world, EMAIL, &wrong, NEW_PASSWORD).await;
    assert_refused!(refused, RedeemCodeError::InvalidCode);
    world.operator().activate(user_id).await.unwrap();
    assert!(redeem(&world, EMAIL, &code, NEW_PASSWORD).await.is_ok());
}

#[tokio::test]
async fn account_without_a_password_gets_one_with_its_code() {
    let world = World::new();
    let account = coach_core::services::NewAccount {
        email: crate::fixture::email(EMAIL),
        full_name: None,
        password: None,
    };
    let code = world.operator().create(account).await.unwrap().code.unwrap().code;
    assert!(redeem(&world, EMAIL, &code, NEW_PASSWORD).await.is_ok());
    assert!(world.log_in(EMAIL, NEW_PASSWORD, TOKENS).await.is_ok());
}
