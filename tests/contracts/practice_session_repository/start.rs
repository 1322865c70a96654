use coach_core::domain::{
    CategoryFilter, PracticeMode, PracticeQuery, PracticeSession, PracticeSettings, TimerMinutes,
    UserId,
};

use super::{practice, practice_id};
use crate::{Storage, minutes, noon, on_every_storage, password_hash, race};

on_every_storage! {
    started_session_is_stored_as_it_is
    longest_choices_are_stored_whole
    session_of_an_unknown_or_inactive_account_is_not_started
    taken_id_is_refused
    start_that_races_the_deletion_of_its_account_leaves_no_session
}

async fn started_session_is_stored_as_it_is(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let plain = practice(user.id, 1, 0);
    let settings = PracticeSettings {
        category_filter: CategoryFilter::parse("Product sense").unwrap(),
        mode: PracticeMode::parse("rapid").unwrap(),
        timer_minutes: Some(TimerMinutes::new(60).unwrap()),
    };
    let chosen = PracticeSession::start(practice_id(2), user.id, settings, noon());
    let mut scored = practice(user.id, 3, 0);
    scored.end(minutes(25));
    (scored.questions_count, scored.avg_score) = (7, Some(7.25));
    let elsewhere = storage.open().await;
    for session in [plain, chosen, scored] {
        repositories.start(&session).await;
        let found = elsewhere.practice.find(user.id, session.id).await.unwrap();
        assert_eq!(found, Some(session));
    }
}

async fn longest_choices_are_stored_whole(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let settings = PracticeSettings {
        category_filter: CategoryFilter::parse(&"😀".repeat(50)).unwrap(),
        mode: PracticeMode::parse(&"é".repeat(20)).unwrap(),
        timer_minutes: None,
    };
    let session = PracticeSession::start(practice_id(1), user.id, settings, noon());
    repositories.start(&session).await;
    assert_eq!(repositories.practice.find(user.id, session.id).await.unwrap(), Some(session));
}

async fn session_of_an_unknown_or_inactive_account_is_not_started(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let unknown = UserId(user.id.0 + 1);
    assert!(!repositories.practice.start(&practice(unknown, 1, 0)).await.unwrap());
    repositories.users.set_active(user.id, false).await.unwrap();
    assert!(!repositories.practice.start(&practice(user.id, 2, 0)).await.unwrap());
    for (user_id, number) in [(unknown, 1), (user.id, 2)] {
        let found = repositories.practice.find(user_id, practice_id(number)).await.unwrap();
        assert_eq!(found, None);
    }
}

async fn taken_id_is_refused(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    let first = practice(user.id, 1, 0);
    repositories.start(&first).await;
    for user_id in [user.id, other.id] {
        assert!(repositories.practice.start(&practice(user_id, 1, 5)).await.is_err());
    }
    assert_eq!(repositories.practice.find(user.id, first.id).await.unwrap(), Some(first));
    assert_eq!(repositories.practice.find(other.id, practice_id(1)).await.unwrap(), None);
}

async fn start_that_races_the_deletion_of_its_account_leaves_no_session(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let id = user.id;
    race(&storage, 20, move |repositories, number| async move {
        if number == 10 {
            assert!(repositories.users.delete(id, &password_hash()).await.unwrap());
        } else {
            repositories.practice.start(&practice(id, number, 0)).await.unwrap();
        }
    })
    .await;
    assert_eq!(repositories.history(&user, &PracticeQuery::default()).await.sessions, []);
}
