use coach_core::{
    domain::{AuthEvent, Channel, EmailUpdate, FullName, ProfileUpdate, User, UserId, UserSession},
    ports::SaveUserError,
    services::{ConfirmPasswordError, UpdateProfileError},
};
use coach_tests::PASSWORD;

use crate::fixture::{EMAIL, OTHER_EMAIL, WRONG, World, email, now, password};

const NEW_EMAIL: &str = "new@example.com";

fn named(name: &str) -> ProfileUpdate {
    ProfileUpdate { full_name: Some(FullName::parse(name).unwrap()), email: None }
}

fn moved(address: &str, current: &str) -> ProfileUpdate {
    let (email, current_password) = (email(address), password(current));
    let email = Some(EmailUpdate { email, current_password });
    ProfileUpdate { full_name: None, email }
}

fn changed(user_id: UserId, email: bool) -> AuthEvent {
    AuthEvent::ProfileChanged { user_id, email }
}

impl World {
    async fn update(
        &self,
        caller: &UserSession,
        update: ProfileUpdate,
    ) -> Result<User, UpdateProfileError> {
        self.auth().update_profile(caller, update).await
    }
}

#[tokio::test]
async fn name_is_set_cleared_and_kept() {
    let (world, signed_in) = World::with_user().await;
    let caller = world.caller(&signed_in).await;
    let name_of = |user: &User| user.full_name.as_ref().map(|name| name.as_str().to_owned());

    let user = world.update(&caller, named(" New Name ")).await.unwrap();
    assert_eq!(name_of(&user).as_deref(), Some("New Name"));
    let user = world.update(&caller, moved(NEW_EMAIL, PASSWORD)).await.unwrap();
    assert_eq!(name_of(&user).as_deref(), Some("New Name"));
    // The caller of this request was read before the address changed.
    let user = world.update(&caller, named(" ")).await.unwrap();
    assert_eq!((name_of(&user), &user.email), (None, &email(NEW_EMAIL)));
    assert_eq!(world.caller(&signed_in).await.user, user);
    let events = [false, true, false].map(|email| changed(user.id, email));
    assert_eq!(world.events(), events);
}

#[tokio::test]
async fn empty_update_changes_and_records_nothing() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    let unchanged = world.update(&caller, ProfileUpdate::default()).await.unwrap();
    assert_eq!(unchanged, user.user);
    assert_eq!(world.caller(&user).await, caller);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn new_address_replaces_the_old_one_and_frees_it() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    let updated = world.update(&caller, moved(" NEW@Example.com", PASSWORD)).await.unwrap();
    assert_eq!(updated, User { email: email(NEW_EMAIL), ..user.user.clone() });
    assert_eq!(world.events(), [changed(user.user.id, true)]);
    assert!(world.is_live(&user).await);

    assert!(world.log_in(EMAIL, PASSWORD, Channel::Tokens).await.is_err());
    let again = world.log_in(NEW_EMAIL, PASSWORD, Channel::Tokens).await.unwrap();
    assert_eq!(again.user.id, user.user.id);
    assert_ne!(world.user(EMAIL).await.user.id, user.user.id);
}

#[tokio::test]
async fn name_and_address_change_together() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    let update = ProfileUpdate { full_name: Some(None), ..moved(NEW_EMAIL, PASSWORD) };
    let updated = world.update(&caller, update).await.unwrap();
    assert_eq!((updated.full_name, updated.email), (None, email(NEW_EMAIL)));
    assert_eq!(world.events(), [changed(user.user.id, true)]);
}

#[tokio::test]
async fn same_address_in_another_spelling_does_not_count_as_a_change_of_address() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    let updated = world.update(&caller, moved("TEST@example.com", PASSWORD)).await.unwrap();
    assert_eq!(updated, user.user);
    assert_eq!(world.events(), [changed(user.user.id, false)]);
}

/// ASVS 7.5.1.
#[tokio::test]
async fn new_address_needs_the_right_password() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    world.user(OTHER_EMAIL).await;
    // The wrong password is reported first, so that nobody without it learns which addresses are taken.
    for address in [NEW_EMAIL, OTHER_EMAIL, EMAIL] {
        let update = ProfileUpdate { full_name: Some(None), ..moved(address, WRONG) };
        let refused = world.update(&caller, update).await;
        assert_refused!(refused, UpdateProfileError::Confirm(ConfirmPasswordError::WrongPassword));
        let user_id = user.user.id;
        assert_eq!(world.events(), [AuthEvent::ConfirmationFailed { user_id }]);
    }
    assert_eq!(world.caller(&user).await, caller);
}

#[tokio::test]
async fn taken_address_changes_nothing() {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    world.user(OTHER_EMAIL).await;
    let update = ProfileUpdate { full_name: Some(None), ..moved(OTHER_EMAIL, PASSWORD) };
    assert_refused!(
        world.update(&caller, update).await,
        UpdateProfileError::Save(SaveUserError::EmailTaken)
    );
    assert_eq!(world.events(), []);
    assert_eq!(world.caller(&user).await, caller);
}

#[tokio::test]
async fn account_that_is_inactive_or_gone_cannot_change_its_profile() {
    let (world, user) = World::with_user().await;
    let (caller, stranger) = (world.caller(&user).await, world.user(OTHER_EMAIL).await);
    let gone = world.caller(&stranger).await;
    world.auth().delete_account(&gone, &password(PASSWORD)).await.unwrap();
    world.deactivate(&user).await;
    for caller in [&caller, &gone] {
        for update in [named("New Name"), moved(NEW_EMAIL, PASSWORD)] {
            let refused = world.update(caller, update).await;
            assert_refused!(
                refused,
                UpdateProfileError::Confirm(ConfirmPasswordError::SessionEnded)
            );
        }
    }
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn account_deactivated_meanwhile_keeps_its_address() {
    let (mut world, user) = World::with_user().await;
    let (user_id, caller) = (user.user.id, world.caller(&user).await);
    let operator = world.operator();
    world.while_verifying(move |_| {
        now(operator.deactivate(user_id)).unwrap();
    });
    let refused = world.update(&caller, moved(NEW_EMAIL, PASSWORD)).await;
    assert_refused!(refused, UpdateProfileError::Confirm(ConfirmPasswordError::SessionEnded));
    assert_eq!(world.events(), [AuthEvent::Deactivated { user_id }]);
    world.user(NEW_EMAIL).await;
}
