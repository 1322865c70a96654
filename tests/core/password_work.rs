//! Password hashing and strength checks that are busy or fail.

use std::sync::Arc;

use coach_core::{
    domain::{AuthEvent, Channel, EmailUpdate, PasswordHash, ProfileUpdate},
    ports::{
        Admission, MockPasswordHasher, MockPasswordStrength, MockUserRepository, PasswordHasher,
        PasswordHasherError, Verdict,
    },
    services::{
        ChangePasswordError, ChoosePasswordError, ConfirmPasswordError, LoginError, RegisterError,
        SignedIn, UpdateProfileError,
    },
};
use coach_tests::PASSWORD;

use crate::{
    fakes::{RETRY_AFTER, busy_strength, failing_hasher, hasher_failed, hasher_that_cannot_hash},
    fixture::{EMAIL, NEW_PASSWORD, OTHER_EMAIL, World, email, password},
};

const TOKENS: Channel = Channel::Tokens;
const REFUSED: [AuthEvent; 1] = [AuthEvent::PasswordWorkRefused];

fn busy() -> PasswordHasherError {
    PasswordHasherError::Busy { retry_after: RETRY_AFTER }
}

async fn with_hasher(hasher: impl PasswordHasher + 'static) -> (World, SignedIn) {
    let (mut world, user) = World::with_user().await;
    world.ports.password_hasher = Arc::new(hasher);
    (world, user)
}

#[tokio::test]
async fn busy_strength_check_refuses_new_passwords_and_is_recorded() {
    let (mut world, user) = World::with_user().await;
    world.ports.password_strength = Arc::new(busy_strength());
    let refused = world.register(OTHER_EMAIL, PASSWORD, TOKENS).await;
    let Err(RegisterError::Choose(ChoosePasswordError::PasswordHasher(error))) = refused else {
        panic!("{refused:?}")
    };
    assert!(matches!(error, PasswordHasherError::Busy { retry_after: RETRY_AFTER }));
    assert_eq!(world.events(), REFUSED);
    let refused = world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await;
    let Err(ChangePasswordError::Choose(ChoosePasswordError::PasswordHasher(error))) = refused
    else {
        panic!("{refused:?}")
    };
    assert!(matches!(error, PasswordHasherError::Busy { retry_after: RETRY_AFTER }));
    assert_eq!(world.events(), REFUSED);
}

#[tokio::test]
async fn busy_hasher_refuses_every_use_case_and_is_recorded() {
    let (world, user) = with_hasher(failing_hasher(busy)).await;
    for (use_case, refused) in every_use_case(&world, &user).await {
        assert!(
            matches!(refused, Some(PasswordHasherError::Busy { retry_after: RETRY_AFTER })),
            "{use_case}: {refused:?}"
        );
    }
    assert_eq!(world.events(), [AuthEvent::PasswordWorkRefused; 5]);
    assert!(world.is_live(&user).await);
}

/// ASVS 15.1.3.
#[tokio::test]
async fn place_is_kept_while_the_password_is_hashed() {
    let places = Arc::new(());
    let mut hasher = MockPasswordHasher::new();
    let weak = Arc::downgrade(&places);
    hasher.expect_admit().returning(move || Ok(Admission::holding(weak.upgrade())));
    let weak = Arc::downgrade(&places);
    hasher.expect_hash().returning(move |_| {
        assert_eq!(weak.strong_count(), 2);
        Ok(PasswordHash::new("hash".to_owned()))
    });
    let weak = Arc::downgrade(&places);
    hasher.expect_verify().returning(move |_, _, _| {
        assert_eq!(weak.strong_count(), 2);
        Ok(Verdict::Right)
    });
    let (world, user) = with_hasher(hasher).await;
    world.register(OTHER_EMAIL, PASSWORD, TOKENS).await.unwrap();
    world.log_in(EMAIL, PASSWORD, TOKENS).await.unwrap();
    world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await.unwrap();
    assert_eq!(Arc::strong_count(&places), 1);
}

#[tokio::test]
async fn failing_hasher_fails_every_use_case_without_an_event() {
    let (world, user) = with_hasher(failing_hasher(hasher_failed)).await;
    for (use_case, failed) in every_use_case(&world, &user).await {
        assert!(matches!(failed, Some(PasswordHasherError::Failed(_))), "{use_case}: {failed:?}");
    }
    assert_eq!(world.events(), []);
    assert!(world.is_live(&user).await);
}

/// Runs every use case that needs the hasher. Returns the hasher's error that each passed on.
async fn every_use_case(
    world: &World,
    user: &SignedIn,
) -> [(&'static str, Option<PasswordHasherError>); 5] {
    let (auth, caller) = (world.auth(), world.caller(user).await);
    let registered = world.register(OTHER_EMAIL, PASSWORD, TOKENS).await;
    let logged_in = world.log_in(EMAIL, PASSWORD, TOKENS).await;
    let changed = world.change_password(user, PASSWORD, NEW_PASSWORD, TOKENS).await;
    let update = EmailUpdate { email: email(OTHER_EMAIL), current_password: password(PASSWORD) };
    let update = ProfileUpdate { email: Some(update), full_name: None };
    let updated = auth.update_profile(&caller, update).await;
    let deleted = auth.delete_account(&caller, &password(PASSWORD)).await;
    [
        (
            "register",
            match registered {
                Err(RegisterError::Choose(ChoosePasswordError::PasswordHasher(error))) => {
                    Some(error)
                }
                _ => None,
            },
        ),
        (
            "log_in",
            match logged_in {
                Err(LoginError::PasswordHasher(error)) => Some(error),
                _ => None,
            },
        ),
        (
            "change_password",
            match changed {
                Err(ChangePasswordError::Confirm(ConfirmPasswordError::PasswordHasher(error))) => {
                    Some(error)
                }
                _ => None,
            },
        ),
        (
            "update_profile",
            match updated {
                Err(UpdateProfileError::Confirm(ConfirmPasswordError::PasswordHasher(error))) => {
                    Some(error)
                }
                _ => None,
            },
        ),
        (
            "delete_account",
            match deleted {
                Err(ConfirmPasswordError::PasswordHasher(error)) => Some(error),
                _ => None,
            },
        ),
    ]
}

#[tokio::test]
async fn new_password_that_cannot_be_hashed_is_not_stored() {
    for (error, events) in [(busy as fn() -> _, &REFUSED[..]), (hasher_failed, &[])] {
        let (world, user) = with_hasher(hasher_that_cannot_hash(error)).await;
        let refused = world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await;
        let Err(ChangePasswordError::Choose(ChoosePasswordError::PasswordHasher(_))) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(world.events(), events);
        assert!(world.is_live(&user).await);
    }
}

#[tokio::test]
async fn busy_hasher_refuses_known_and_unknown_accounts_alike() {
    let (world, _) = with_hasher(failing_hasher(busy)).await;
    for address in [EMAIL, OTHER_EMAIL, "no address"] {
        let refused = world.log_in(address, PASSWORD, TOKENS).await;
        assert_refused!(
            refused,
            LoginError::PasswordHasher(PasswordHasherError::Busy { retry_after: RETRY_AFTER })
        );
        assert_eq!(world.events(), REFUSED);
    }
}

#[tokio::test]
async fn full_queue_refuses_before_any_other_work() {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_admit().returning(|| Err(busy()));
    let (mut world, user) = with_hasher(hasher).await;
    let caller = world.caller(&user).await;
    // A call of any of them would panic.
    world.ports.users = Arc::new(MockUserRepository::new());
    world.ports.password_strength = Arc::new(MockPasswordStrength::new());
    for address in [EMAIL, OTHER_EMAIL, "no address"] {
        let refused = world.log_in(address, PASSWORD, TOKENS).await;
        assert_refused!(refused, LoginError::PasswordHasher(PasswordHasherError::Busy { .. }));
    }
    let refused = world.register(OTHER_EMAIL, PASSWORD, TOKENS).await;
    assert_refused!(
        refused,
        RegisterError::Choose(ChoosePasswordError::PasswordHasher(
            PasswordHasherError::Busy { .. }
        ))
    );
    let refused = world.auth().delete_account(&caller, &password(PASSWORD)).await;
    assert_refused!(
        refused,
        ConfirmPasswordError::PasswordHasher(PasswordHasherError::Busy { .. })
    );
    assert_eq!(world.events(), [AuthEvent::PasswordWorkRefused; 5]);
}
