use coach_core::domain::{PracticeFilter, PracticePage, PracticeQuery, PracticeState, User};

use super::{filter, in_category, numbers, page, practice, practice_id};
use crate::{Storage, minutes, on_every_storage, race, storage::Repositories};

on_every_storage! {
    sessions_are_listed_newest_first_and_then_by_id
    account_without_sessions_has_an_empty_page
    page_says_whether_more_follow
    filters_select_by_category_and_state
    every_filter_pages_through_all_that_it_selects
    category_is_compared_exactly
    page_stays_right_while_sessions_are_added_and_ended
    pages_that_race_with_starts_repeat_and_skip_nothing
    sessions_of_others_are_not_listed
}

const STATES: [Option<PracticeState>; 3] =
    [None, Some(PracticeState::Open), Some(PracticeState::Ended)];

/// Starts sessions 0 to 29. Several start at the same time. Each third one is in `a`, each third one in `b`, and each
/// second one has ended.
async fn with_history(storage: &Storage) -> (Repositories, User) {
    let (repositories, user) = storage.with_user().await;
    for number in 0..30 {
        let session = practice(user.id, number, i64::from(number / 4));
        let category = ["a", "b", ""][usize::from(number % 3)];
        repositories.start(&in_category(category, session)).await;
        if number % 2 == 0 {
            repositories.practice.end(user.id, practice_id(number), minutes(60)).await.unwrap();
        }
    }
    (repositories, user)
}

/// The numbers from `with_history` that the filter selects.
fn expected(category: &str, state: Option<PracticeState>) -> Vec<u8> {
    let selected = (0..30).rev().filter(|number| {
        let is_in_category =
            category.is_empty() || category == ["a", "b", ""][usize::from(number % 3)];
        let actual = if number % 2 == 0 { PracticeState::Ended } else { PracticeState::Open };
        is_in_category && state.is_none_or(|state| state == actual)
    });
    // The first bytes of the ids have the order of the numbers.
    selected.collect()
}

async fn sessions_are_listed_newest_first_and_then_by_id(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for (number, after_noon) in [(2, 0), (9, -5), (3, 0), (1, 7), (200, 0)] {
        repositories.start(&practice(user.id, number, after_noon)).await;
    }
    let listed = storage.open().await.history(&user, &PracticeQuery::default()).await;
    assert_eq!(numbers(&listed.sessions), [1, 200, 3, 2, 9]);
    assert_eq!(listed.sessions[1], practice(user.id, 200, 0));
}

async fn account_without_sessions_has_an_empty_page(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    let listed = repositories.history(&user, &PracticeQuery::default()).await;
    assert_eq!(listed, PracticePage::default());
    assert_eq!(listed.next(), None);
}

async fn page_says_whether_more_follow(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for number in 0..3 {
        repositories.start(&practice(user.id, number, number.into())).await;
    }
    for (limit, expected, has_more) in
        [(1, &[2][..], true), (2, &[2, 1], true), (3, &[2, 1, 0], false), (100, &[2, 1, 0], false)]
    {
        let found =
            repositories.history(&user, &page(limit, None, PracticeFilter::default())).await;
        assert_eq!((numbers(&found.sessions).as_slice(), found.has_more), (expected, has_more));
        let last = found.sessions.last().unwrap().position();
        assert_eq!(found.next(), has_more.then_some(last));
        let rest = page(3, Some(last), PracticeFilter::default());
        let rest = repositories.history(&user, &rest).await;
        assert_eq!(numbers(&rest.sessions), [2, 1, 0][expected.len()..]);
    }
}

async fn filters_select_by_category_and_state(storage: Storage) {
    let (repositories, user) = with_history(&storage).await;
    for category in ["", "a", "b"] {
        for state in STATES {
            let query = page(100, None, filter(category, state));
            let found = repositories.history(&user, &query).await;
            assert_eq!(numbers(&found.sessions), expected(category, state), "{category} {state:?}");
            assert!(found.sessions.iter().all(|session| query.filter.selects(session)));
        }
    }
    let nothing = repositories.history(&user, &page(100, None, filter("c", None))).await;
    assert_eq!(nothing, PracticePage::default());
}

async fn every_filter_pages_through_all_that_it_selects(storage: Storage) {
    let (repositories, user) = with_history(&storage).await;
    for limit in [1, 2, 3, 7] {
        for category in ["", "a"] {
            for state in STATES {
                let paged = repositories.paged(&user, limit, &filter(category, state)).await;
                assert_eq!(paged, expected(category, state), "{limit} {category} {state:?}");
            }
        }
    }
}

async fn category_is_compared_exactly(storage: Storage) {
    let (repositories, user) = storage.with_user().await;
    for (number, category) in (0..).zip(["Strategy", "strategy", "Strateg_", "Stratégie", "%"]) {
        repositories.start(&in_category(category, practice(user.id, number, 0))).await;
        let found = repositories.paged(&user, 10, &filter(category, None)).await;
        assert_eq!(found, [number], "{category}");
    }
}

async fn page_stays_right_while_sessions_are_added_and_ended(storage: Storage) {
    let (repositories, user) = with_history(&storage).await;
    let open = filter("", Some(PracticeState::Open));
    let first = repositories.history(&user, &page(5, None, open.clone())).await;
    assert_eq!(numbers(&first.sessions), [29, 27, 25, 23, 21]);
    // Two of the first page end, one of the next page ends, and two more start: one now, one with a clock that is behind.
    for number in [29, 21, 17] {
        repositories.practice.end(user.id, practice_id(number), minutes(61)).await.unwrap();
    }
    repositories.start(&practice(user.id, 40, 99)).await;
    repositories.start(&practice(user.id, 41, 6)).await;
    let second = repositories.history(&user, &page(5, first.next(), open)).await;
    assert_eq!(numbers(&second.sessions), [19, 15, 13, 11, 9]);
}

async fn pages_that_race_with_starts_repeat_and_skip_nothing(storage: Storage) {
    let (_, user) = with_history(&storage).await;
    let pagers = race(&storage, 20, move |repositories, number| {
        let user = user.clone();
        async move {
            if number % 2 == 0 {
                repositories.start(&practice(user.id, number + 100, 100 + i64::from(number))).await;
                return None;
            }
            Some(repositories.paged(&user, 3, &PracticeFilter::default()).await)
        }
    })
    .await;
    for listed in pagers.into_iter().flatten() {
        let old: Vec<u8> = listed.iter().copied().filter(|number| *number < 100).collect();
        assert_eq!(old, expected("", None));
    }
}

async fn sessions_of_others_are_not_listed(storage: Storage) {
    let (repositories, user) = with_history(&storage).await;
    let other = repositories.register("b@example.com", 9).await;
    assert_eq!(repositories.paged(&other, 10, &PracticeFilter::default()).await, [0; 0]);
    repositories.start(&practice(other.id, 99, 3)).await;
    assert_eq!(repositories.paged(&other, 10, &PracticeFilter::default()).await, [99]);
    assert_eq!(repositories.paged(&user, 10, &PracticeFilter::default()).await, expected("", None));
}
