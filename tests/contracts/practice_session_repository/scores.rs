use coach_core::domain::{PracticeScore, PracticeSession};

use super::{in_category, practice};
use crate::{Storage, minutes, on_every_storage};

on_every_storage! {
    scores_are_newest_first_and_then_by_id
    sessions_without_a_score_are_left_out
    only_the_latest_scores_are_returned
    scores_of_others_are_left_out
}

fn scored(session: PracticeSession, points: f64) -> PracticeSession {
    PracticeSession { avg_score: Some(points), ..session }
}

async fn scores_are_newest_first_and_then_by_id(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for (number, after_noon, points) in [(2, 0, 2.0), (9, -5, 9.5), (3, 0, 3.0), (1, 7, -1.25)] {
        let session = in_category("Strategy", practice(user.id, number, after_noon));
        repositories.start(&scored(session, points)).await;
    }
    let scores = storage.open().await.practice.scores(user.id).await.unwrap();
    let points: Vec<_> = scores.iter().map(|score| score.points).collect();
    assert_eq!(points, [-1.25, 3.0, 2.0, 9.5]);
    let newest = scored(in_category("Strategy", practice(user.id, 1, 7)), -1.25);
    assert_eq!(scores.first(), PracticeScore::of(&newest).as_ref());
}

async fn sessions_without_a_score_are_left_out(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    assert_eq!(repositories.practice.scores(user.id).await.unwrap(), []);
    for number in 0..3 {
        repositories.start(&practice(user.id, number, number.into())).await;
    }
    assert_eq!(repositories.practice.scores(user.id).await.unwrap(), []);
    // A score of 0 is a score.
    let zero = scored(practice(user.id, 4, -9), 0.0);
    repositories.start(&zero).await;
    let scores = repositories.practice.scores(user.id).await.unwrap();
    assert_eq!(scores, [PracticeScore::of(&zero).unwrap()]);
}

async fn only_the_latest_scores_are_returned(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for number in 0..PracticeScore::MAX_LISTED + 5 {
        let session = practice(user.id, number, number.into());
        repositories.start(&scored(session, number.into())).await;
        // Newer sessions without a score take no place.
        repositories.start(&practice(user.id, number + 100, 60)).await;
    }
    let scores = repositories.practice.scores(user.id).await.unwrap();
    let points: Vec<_> = scores.iter().map(|score| score.points).collect();
    let expected = (5..PracticeScore::MAX_LISTED + 5).rev().map(f64::from);
    assert_eq!(points, expected.collect::<Vec<_>>());
    assert_eq!(scores[0].started_at, minutes((PracticeScore::MAX_LISTED + 4).into()));
}

async fn scores_of_others_are_left_out(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let other = repositories.register("b@example.com", 9).await;
    repositories.start(&scored(practice(other.id, 1, 0), 5.0)).await;
    assert_eq!(repositories.practice.scores(user.id).await.unwrap(), []);
    assert_eq!(repositories.practice.scores(other.id).await.unwrap().len(), 1);
}
