//! Use cases that run at once on several threads.

use std::sync::Arc;

use coach_core::{
    domain::{AuthEvent, Channel, Client, NewPassword, Refusal},
    ports::SaveUserError,
    services::{
        ChangePasswordError, ConfirmPasswordError, LoginError, RefreshError, RegisterError,
    },
};
use coach_tests::PASSWORD;
use tokio::{sync::Barrier, task::JoinSet};

use crate::fixture::{EMAIL, NEW_PASSWORD, World, claims, password, replacing, tokens};

const TOKENS: Channel = Channel::Tokens;

/// Runs `racer` for every number below `racers` at once. Returns what each returned, in no particular order.
pub async fn race<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    world: &Arc<World>,
    racers: usize,
    racer: impl Fn(Arc<World>, usize) -> F,
) -> Vec<T> {
    let start = Arc::new(Barrier::new(racers));
    let racers = (0..racers).map(|number| {
        let (start, run) = (start.clone(), racer(world.clone(), number));
        async move {
            start.wait().await;
            run.await
        }
    });
    racers.collect::<JoinSet<_>>().join_all().await
}

fn count(events: &[AuthEvent], matches: impl Fn(&AuthEvent) -> bool) -> usize {
    events.iter().filter(|event| matches(event)).count()
}

/// ASVS 15.4.2.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_forty_registrations_of_one_address_one_succeeds() {
    let world = Arc::new(World::new());
    let results = race(&world, 40, async |world: Arc<World>, number: usize| {
        let spelling = if number.is_multiple_of(2) { EMAIL } else { "TEST@Example.COM" };
        world.register(spelling, PASSWORD, replacing(&[])).await
    })
    .await;
    let (mut registered, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((registered.len(), refused.len()), (1, 39));
    for refused in refused {
        assert_refused!(refused, RegisterError::Save(SaveUserError::EmailTaken));
    }
    let user = registered.remove(0).unwrap();
    let (user_id, session_id) = (user.user.id, world.session_id(&user).await);
    let (registered, events) = (AuthEvent::Registered { user_id, session_id }, world.events());
    assert_eq!(count(&events, |event| *event == registered), 1);
    assert_eq!(count(&events, |event| *event == AuthEvent::RegistrationRefused), 39);
    assert_eq!((events.len(), world.count_sessions(user_id).await), (40, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_refreshes_of_one_token_get_one_successor() {
    let (world, user) = World::with_user().await;
    let (world, session_id) = (Arc::new(world), claims(&user).session_id);
    let spent = user.clone();
    let results = race(&world, 32, move |world, _| {
        let user = spent.clone();
        async move { world.refresh(&user).await.unwrap() }
    })
    .await;
    for next in &results {
        assert_eq!(tokens(next).refresh_token.expose(), format!("refresh {session_id} 1"));
        world.authenticate(next).await.unwrap();
    }
    let refreshed = AuthEvent::Refreshed { user_id: user.user.id, session_id };
    assert_eq!(world.events(), [refreshed; 32]);
    assert_eq!(world.caller(&user).await.session.refresh_generation, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_refresh_that_races_a_logout_revives_the_session_or_is_a_replay() {
    let (world, user) = World::with_user().await;
    let (user_id, session_id) = (user.user.id, claims(&user).session_id);
    let (world, ending) = (Arc::new(world), user.clone());
    let results = race(&world, 32, move |world, number| {
        let user = ending.clone();
        async move {
            match number {
                16 => {
                    world.log_out(&user).await;
                    None
                }
                _ => Some(world.refresh(&user).await),
            }
        }
    })
    .await;
    let mut refreshed = 0;
    for result in results.into_iter().flatten() {
        match result {
            Ok(next) => {
                refreshed += 1;
                assert!(!world.is_live(&next).await);
            }
            refused => assert_refused!(refused, RefreshError::InvalidToken),
        }
    }
    let events = world.events();
    let refused = AuthEvent::CredentialRefused {
        session_id: Some(session_id),
        reason: Refusal::SessionEnded,
    };
    let logged_out = AuthEvent::LoggedOut { user_id, session_id };
    assert_eq!(count(&events, |event| *event == logged_out), 1);
    let refresh = AuthEvent::Refreshed { user_id, session_id };
    assert_eq!(count(&events, |event| *event == refresh), refreshed);
    assert_eq!(count(&events, |event| *event == refused), 31 - refreshed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_login_outlives_a_deactivation() {
    let (world, user) = World::with_user().await;
    let (world, user_id) = (Arc::new(world), user.user.id);
    let results = race(&world, 32, move |world, number| async move {
        match number {
            16 => {
                assert!(world.operator().deactivate(user_id).await.unwrap());
                None
            }
            _ => Some(world.log_in(EMAIL, PASSWORD, TOKENS).await),
        }
    })
    .await;
    let mut logged_in = 0;
    for result in results.into_iter().flatten() {
        match result {
            Ok(_) => logged_in += 1,
            refused => assert_refused!(refused, LoginError::Inactive),
        }
    }
    assert_eq!(world.count_sessions(user_id).await, 0);
    let events = world.events();
    let inactive = AuthEvent::InactiveLogin { user_id };
    assert_eq!(count(&events, |event| matches!(event, AuthEvent::LoggedIn { .. })), logged_in);
    assert_eq!(count(&events, |event| *event == inactive), 31 - logged_in);
    assert_eq!(count(&events, |event| *event == AuthEvent::Deactivated { user_id }), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_login_with_the_old_password_outlives_its_change() {
    let (world, user) = World::with_user().await;
    let (world, user_id) = (Arc::new(world), user.user.id);
    let results = race(&world, 32, move |world, number| {
        let user = user.clone();
        async move {
            match number {
                16 => {
                    Ok(world.change_password(&user, PASSWORD, NEW_PASSWORD, TOKENS).await.unwrap())
                }
                _ => world.log_in(EMAIL, PASSWORD, TOKENS).await,
            }
        }
    })
    .await;
    let mut live = 0;
    for result in results {
        match result {
            Ok(signed_in) => live += usize::from(world.is_live(&signed_in).await),
            refused => assert_refused!(refused, LoginError::InvalidCredentials),
        }
    }
    assert_eq!((live, world.count_sessions(user_id).await), (1, 1));
    world.log_in(EMAIL, NEW_PASSWORD, TOKENS).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_changes_of_one_password_one_wins() {
    let (world, user) = World::with_user().await;
    let (user_id, caller) = (user.user.id, world.caller(&user).await);
    let world = Arc::new(world);
    let results = race(&world, 16, move |world, number| {
        let (caller, new) = (caller.clone(), format!("{NEW_PASSWORD} {number}"));
        async move {
            let new_password = NewPassword::parse(&new).unwrap();
            let (auth, current, client) = (world.auth(), password(PASSWORD), Client::default());
            auth.change_password(&caller, &current, new_password, TOKENS, client).await.map(|_| new)
        }
    })
    .await;
    let mut changed = Vec::new();
    for result in results {
        match result {
            Ok(new) => changed.push(new),
            // The loser read the account before or after the winner changed it.
            refused => assert_refused!(
                refused,
                ChangePasswordError::Confirm(
                    ConfirmPasswordError::SessionEnded | ConfirmPasswordError::WrongPassword
                )
            ),
        }
    }
    assert_eq!((changed.len(), world.count_sessions(user_id).await), (1, 1));
    world.log_in(EMAIL, &changed[0], TOKENS).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn account_is_deleted_by_one_of_racing_requests_and_no_login_outlives_it() {
    let (world, user) = World::with_user().await;
    let (user_id, caller) = (user.user.id, world.caller(&user).await);
    let world = Arc::new(world);
    let deletions = race(&world, 32, move |world, number| {
        let caller = caller.clone();
        async move {
            if number.is_multiple_of(2) {
                let _ = world.log_in(EMAIL, PASSWORD, TOKENS).await;
                return false;
            }
            world.auth().delete_account(&caller, &password(PASSWORD)).await.is_ok()
        }
    })
    .await;
    assert_eq!(deletions.into_iter().filter(|deleted| *deleted).count(), 1);
    let deleted = AuthEvent::AccountDeleted { user_id };
    assert_eq!(count(&world.events(), |event| *event == deleted), 1);
    assert_eq!(world.count_sessions(user_id).await, 0);
    world.user(EMAIL).await;
}
