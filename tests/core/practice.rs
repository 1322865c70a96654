//! Practice sessions. They leave no event, because they concern no one's security.

use std::sync::Arc;

use chrono::TimeDelta;
use coach_core::{
    domain::{
        CategoryFilter, PageLimit, PracticeFilter, PracticeQuery, PracticeScore, PracticeSession,
        PracticeSessionId, PracticeSettings, PracticeState, UserSession,
    },
    ports::{Clock as _, PracticeSessionRepository, RepositoryError, UserRepository as _},
    services::{FindPracticeError, InvalidCursor, PracticeHistory, SignedIn, StartPracticeError},
};

use crate::{
    fakes::broken_practice_sessions,
    fixture::{EMAIL, OTHER_EMAIL, World, email, now},
};

impl World {
    async fn start(&self, caller: &UserSession) -> PracticeSession {
        self.auth().start_practice(caller, PracticeSettings::default()).await.unwrap()
    }

    async fn history(
        &self,
        caller: &UserSession,
        filter: &PracticeFilter,
        cursor: Option<&str>,
    ) -> Result<PracticeHistory, RepositoryError> {
        let auth = self.auth();
        let position = |cursor| auth.practice_position(caller, filter, cursor).unwrap();
        let (filter, after) = (filter.clone(), cursor.map(position));
        let query = PracticeQuery { filter, after, limit: PageLimit::parse("2").unwrap() };
        auth.practice_sessions(caller, &query).await
    }
}

async fn with_caller() -> (World, UserSession) {
    let (world, user) = World::with_user().await;
    let caller = world.caller(&user).await;
    (world, caller)
}

/// Deletes or deactivates an account behind the caller's back.
fn remove(world: &World, user: &SignedIn, delete: bool) {
    if delete {
        let hash = now(world.memory.find_credentials(&email(EMAIL))).unwrap();
        let hash = hash.unwrap().password_hash;
        assert!(now(world.memory.delete(user.user.id, &hash)).unwrap());
    } else {
        assert_eq!(now(world.memory.set_active(user.user.id, false)).unwrap(), Some(true));
    }
}

#[tokio::test]
async fn session_starts_now_with_the_choices_of_its_owner() {
    let (world, caller) = with_caller().await;
    let settings = PracticeSettings {
        category_filter: CategoryFilter::parse("Strategy").unwrap(),
        ..PracticeSettings::default()
    };
    let started = world.auth().start_practice(&caller, settings.clone()).await.unwrap();
    let expected = PracticeSession::start(started.id, caller.user.id, settings, world.clock.now());
    assert_eq!(started, expected);
    assert_eq!((started.ended_at, started.questions_count, started.avg_score), (None, 0, None));
    assert_eq!(world.auth().practice_session(&caller, started.id).await.unwrap(), started);
    assert_ne!(world.start(&caller).await.id, started.id);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn account_that_goes_during_the_request_starts_nothing() {
    for delete in [true, false] {
        let (world, user) = World::with_user().await;
        let caller = world.caller(&user).await;
        remove(&world, &user, delete);
        let started = world.auth().start_practice(&caller, PracticeSettings::default()).await;
        assert_refused!(started, StartPracticeError::SessionEnded);
        let any = PracticeFilter::default();
        assert_eq!(world.history(&caller, &any, None).await.unwrap().sessions, []);
    }
}

#[tokio::test]
async fn session_ends_once_at_the_time_of_the_first_request() {
    let (world, caller) = with_caller().await;
    let started = world.start(&caller).await;
    world.clock.advance(TimeDelta::minutes(5));
    let ended = world.auth().end_practice(&caller, started.id).await.unwrap();
    assert_eq!(ended.ended_at, Some(world.clock.now()));
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(world.auth().end_practice(&caller, started.id).await.unwrap(), ended);
    assert_eq!(world.auth().practice_session(&caller, started.id).await.unwrap(), ended);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn session_of_another_user_is_treated_like_an_unknown_one() {
    let (world, caller) = with_caller().await;
    let stranger = world.user(OTHER_EMAIL).await;
    let stranger = world.caller(&stranger).await;
    let theirs = world.start(&stranger).await;
    for id in [theirs.id, PracticeSessionId::from_random([0xee; 16])] {
        let auth = world.auth();
        assert_refused!(auth.practice_session(&caller, id).await, FindPracticeError::NotFound);
        assert_refused!(auth.end_practice(&caller, id).await, FindPracticeError::NotFound);
    }
    assert_eq!(world.auth().practice_session(&stranger, theirs.id).await.unwrap(), theirs);
    let any = PracticeFilter::default();
    assert_eq!(world.history(&caller, &any, None).await.unwrap().sessions, []);
}

#[tokio::test]
async fn cursor_leads_through_the_history_while_sessions_are_added() {
    let (world, caller) = with_caller().await;
    let mut started = Vec::new();
    for _ in 0..5 {
        world.clock.advance(TimeDelta::minutes(1));
        started.push(world.start(&caller).await);
    }
    let (any, mut cursor) = (PracticeFilter::default(), None);
    for expected in [&[4, 3][..], &[2, 1], &[0]] {
        let page = world.history(&caller, &any, cursor.as_deref()).await.unwrap();
        let expected = expected.iter().map(|number: &usize| started[*number].clone());
        assert_eq!(page.sessions, expected.collect::<Vec<_>>());
        world.clock.advance(TimeDelta::minutes(1));
        world.start(&caller).await;
        cursor = page.next_cursor;
    }
    assert_eq!(cursor, None);
}

#[tokio::test]
async fn filter_selects_and_its_cursor_is_for_the_same_user_and_filter_alone() {
    let (world, caller) = with_caller().await;
    let stranger = world.user(OTHER_EMAIL).await;
    let stranger = world.caller(&stranger).await;
    for _ in 0..3 {
        let session = world.start(&caller).await;
        world.auth().end_practice(&caller, session.id).await.unwrap();
        world.clock.advance(TimeDelta::minutes(1));
    }
    let open = world.start(&caller).await;
    let with = |state| PracticeFilter { state: Some(state), ..PracticeFilter::default() };
    let only_open = world.history(&caller, &with(PracticeState::Open), None).await.unwrap();
    assert_eq!(only_open, PracticeHistory { sessions: vec![open], next_cursor: None });
    let ended = with(PracticeState::Ended);
    let first = world.history(&caller, &ended, None).await.unwrap();
    let cursor = first.next_cursor.as_deref();
    assert_eq!(first.sessions.len(), 2);
    assert_eq!(world.history(&caller, &ended, cursor).await.unwrap().sessions.len(), 1);
    for (user, filter, cursor) in [
        (&caller, PracticeFilter::default(), cursor),
        (&caller, with(PracticeState::Open), cursor),
        (&stranger, ended.clone(), cursor),
        (&caller, ended, Some("nonsense")),
    ] {
        let refused = world.auth().practice_position(user, &filter, cursor.unwrap());
        assert_eq!(refused, Err(InvalidCursor));
    }
    assert_eq!(world.auth().check_cursor_form(cursor.unwrap()), Ok(()));
    assert_eq!(world.auth().check_cursor_form("nonsense"), Err(InvalidCursor));
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn scores_are_those_of_the_caller() {
    let (world, caller) = with_caller().await;
    let stranger = world.user(OTHER_EMAIL).await;
    let stranger = world.caller(&stranger).await;
    assert_eq!(world.auth().practice_scores(&caller).await.unwrap(), []);
    let mut session = world.start(&caller).await;
    session.id = PracticeSessionId::from_random([0xee; 16]);
    session.avg_score = Some(7.25);
    assert!(PracticeSessionRepository::start(&*world.memory, &session).await.unwrap());
    let scores = world.auth().practice_scores(&caller).await.unwrap();
    assert_eq!(scores, [PracticeScore::of(&session).unwrap()]);
    assert_eq!(world.auth().practice_scores(&stranger).await.unwrap(), []);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn failure_of_the_repository_is_passed_on() {
    let (mut world, caller) = with_caller().await;
    let id = world.start(&caller).await.id;
    world.ports.practice_sessions = Arc::new(broken_practice_sessions());
    let auth = world.auth();
    let started = auth.start_practice(&caller, PracticeSettings::default()).await;
    assert_refused!(started, StartPracticeError::Repository(RepositoryError::Unavailable(_)));
    let listed = world.history(&caller, &PracticeFilter::default(), None).await;
    assert_refused!(listed, RepositoryError::Unavailable(_));
    let scores = auth.practice_scores(&caller).await;
    assert_refused!(scores, RepositoryError::Unavailable(_));
    for found in [auth.practice_session(&caller, id).await, auth.end_practice(&caller, id).await] {
        assert_refused!(found, FindPracticeError::Repository(RepositoryError::Unavailable(_)));
    }
    assert_eq!(world.events(), []);
}
