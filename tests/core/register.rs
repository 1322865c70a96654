use std::sync::Arc;

use coach_core::{
    domain::{
        AuthEvent, Channel, Client, EmailError, FullNameError, InvalidRegistration, PasswordError,
        Registration, UserAgent, WeakPassword,
    },
    ports::{Clock as _, MockPasswordStrength, SaveUserError, UserRepository as _},
    services::{ChoosePasswordError, RegisterError},
};
use coach_tests::PASSWORD;

use crate::{
    fakes::{ADVICE, WEAK},
    fixture::{EMAIL, World, claims, email, tokens},
};

#[tokio::test]
async fn registration_makes_an_active_account_and_signs_it_in() {
    let world = World::new();
    let new = world.register(" Test@Example.COM ", PASSWORD, Channel::Tokens).await.unwrap();
    let user = &new.user;
    assert_eq!(user.email, email(EMAIL));
    assert_eq!(user.full_name.as_ref().unwrap().as_str(), "Test User");
    assert_eq!((user.is_active, user.last_login), (true, None));
    assert_eq!(user.created_at, world.clock.now());
    let session_id = claims(&new).session_id;
    assert_eq!(world.events(), [AuthEvent::Registered { user_id: user.id, session_id }]);
    assert_eq!(world.authenticate(&new).await.unwrap().user, *user);
}

#[tokio::test]
async fn tokens_of_a_new_session_name_it_and_last_half_an_hour() {
    let (world, new) = World::with_user().await;
    let (claims, now) = (claims(&new), world.clock.now());
    let session = world.caller(&new).await.session;
    assert_eq!((claims.user_id, claims.session_id), (new.user.id, session.id));
    assert_eq!((claims.issued_at, claims.not_before), (now, None));
    assert_eq!(claims.expires_at, now + world.settings.access_token_lifetime);
    assert_eq!(tokens(&new).expires_in, world.settings.access_token_lifetime);
    assert_eq!(tokens(&new).refresh_token.expose(), format!("refresh {} 0", session.id));
    assert_eq!((session.created_at, session.last_seen_at), (now, now));
}

#[tokio::test]
async fn new_session_remembers_its_client() {
    let world = World::new();
    let user_agent = UserAgent::read("curl/8.5.0");
    let client = Client { user_agent, ip: Some("192.0.2.1".parse().unwrap()) };
    let registration = Registration::parse(EMAIL, PASSWORD, "").unwrap();
    let auth = world.auth();
    let new = auth.register(registration, Channel::Tokens, client.clone()).await.unwrap();
    assert_eq!(auth.sessions(new.user.id).await.unwrap()[0].client, client);
}

#[tokio::test]
async fn address_in_any_spelling_is_taken_once_registered() {
    let (world, first) = World::with_user().await;
    for spelling in [EMAIL, "TEST@EXAMPLE.COM", " test@Example.com\t"] {
        let refused = world.register(spelling, PASSWORD, Channel::Tokens).await;
        assert_refused!(refused, RegisterError::Save(SaveUserError::EmailTaken));
        assert_eq!(world.events(), [AuthEvent::RegistrationRefused]);
    }
    assert!(world.is_live(&first).await);
    assert_eq!(world.count_sessions(first.user.id).await, 1);
}

#[tokio::test]
async fn weak_password_is_refused_with_advice_and_leaves_no_account() {
    let world = World::new();
    let refused = world.register(EMAIL, WEAK, Channel::Tokens).await;
    let Err(RegisterError::Choose(ChoosePasswordError::Weak(WeakPassword { advice }))) = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!(advice, ADVICE);
    assert_eq!(world.events(), []);
    assert!(world.memory.find_credentials(&email(EMAIL)).await.unwrap().is_none());
}

#[tokio::test]
async fn weak_password_is_reported_before_a_taken_address() {
    let (world, _) = World::with_user().await;
    let refused = world.register(EMAIL, WEAK, Channel::Tokens).await;
    assert_refused!(refused, RegisterError::Choose(ChoosePasswordError::Weak(_)));
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn password_is_judged_in_the_context_of_address_and_name() {
    let mut world = World::new();
    let mut strength = MockPasswordStrength::new();
    strength
        .expect_check()
        .times(1)
        .withf(|password, personal| {
            password.as_ref().expose() == PASSWORD && *personal == [EMAIL, "Test User"]
        })
        .returning(|_, _| Ok(()));
    world.ports.password_strength = Arc::new(strength);
    world.register("TEST@example.com", PASSWORD, Channel::Tokens).await.unwrap();
}

#[tokio::test]
async fn name_is_optional() {
    let world = World::new();
    let registration = Registration::parse(EMAIL, PASSWORD, " \t").unwrap();
    let auth = world.auth();
    let new = auth.register(registration, Channel::Tokens, Client::default()).await.unwrap();
    assert_eq!(new.user.full_name, None);
}

#[test]
fn invalid_registration_names_every_bad_field() {
    let invalid = Registration::parse("test", "short", "line\nbreak").unwrap_err();
    assert_eq!(
        invalid,
        InvalidRegistration {
            email: Some(EmailError::Shape),
            password: Some(PasswordError::TooShort),
            full_name: Some(FullNameError::InvisibleCharacter),
        }
    );
    let invalid = Registration::parse(EMAIL, "", "").unwrap_err();
    let password = Some(PasswordError::Missing);
    assert_eq!(invalid, InvalidRegistration { password, ..InvalidRegistration::default() });
}
