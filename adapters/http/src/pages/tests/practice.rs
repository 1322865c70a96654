//! Samples of the home page of a signed-in user.

use chrono::TimeDelta;
use coach_core::{
    domain::{
        CategoryFilter, PracticeFilter, PracticeMode, PracticeQuery, PracticeScore,
        PracticeSession, PracticeSessionId, PracticeSettings, PracticeState, TimerMinutes, UserId,
    },
    services::PracticeHistory,
};

use super::{
    super::practice::PracticePage,
    samples::{Sample, noon, signed_in, user},
};
use crate::response::{FieldError, Problem};

fn sample(name: &'static str, page: PracticePage) -> Sample {
    signed_in(name, user(Some("Test User"), Some(noon())), page)
}

pub(super) fn practice_samples() -> Vec<Sample> {
    let markup = "\"><script>alert('x')</script>&amp;";
    let filter = |category: &str, state| PracticeFilter {
        category: CategoryFilter::parse(category).unwrap(),
        state,
    };
    let later = || PracticeQuery { after: Some(session(3).position()), ..PracticeQuery::default() };
    let at_cursor = |page: PracticePage| page.at(&PracticeFilter::default(), Some("a-b_c"));
    let of = |filter| PracticeQuery { filter, ..PracticeQuery::default() };
    vec![
        sample("practice_empty", page(&PracticeQuery::default(), 0, false)),
        sample("practice", page(&PracticeQuery::default(), 3, false)),
        sample("practice_scored", page(&PracticeQuery::default(), 4, true)),
        sample("practice_filtered", {
            page(&of(filter("Strategy", Some(PracticeState::Ended))), 2, false)
        }),
        sample("practice_no_match", {
            page(&of(filter("estimation", Some(PracticeState::Open))), 0, false)
        }),
        sample("practice_continued", at_cursor(page(&later(), 2, false))),
        sample("practice_appended", at_cursor(page(&later(), 2, true).append())),
        sample("practice_ended", PracticePage::ended(session(1), &[])),
        sample("practice_refused", PracticePage::refused(filter("Strategy", None))),
        sample("practice_start_refused", {
            let message = "Enter a whole number from 1 to 60.";
            let problem = Problem::invalid_input(vec![FieldError::new("timer_minutes", message)]);
            let typed = ["Strategy", "rapid", "61"].map(str::to_owned);
            page(&PracticeQuery::default(), 0, false).refuse_start(typed, &problem)
        }),
        sample("practice_with_markup", {
            let mut session = session(1);
            session.settings.category_filter = CategoryFilter::parse(markup).unwrap();
            session.settings.mode = PracticeMode::parse("<b>&amp;</b>").unwrap();
            let scores = [1.0, 2.0].map(|points| PracticeScore {
                started_at: noon(),
                category: session.settings.category_filter.clone(),
                points,
            });
            let list = of(filter(markup, None));
            let history = PracticeHistory { sessions: vec![session], next_cursor: None };
            PracticePage::new(&list, history, &scores)
        }),
    ]
}

/// A page with the first sessions. It has a next page if it has two sessions.
fn page(query: &PracticeQuery, count: u8, scored: bool) -> PracticePage {
    let mut sessions: Vec<_> = (0..count).map(session).collect();
    for (number, session) in sessions.iter_mut().enumerate().filter(|_| scored) {
        session.avg_score = (number > 0).then_some(8.5 - number as f64 * 1.25);
    }
    let scores: Vec<_> = sessions.iter().filter_map(PracticeScore::of).collect();
    let next_cursor = (count == 2).then(|| "d-e_f".to_owned());
    PracticePage::new(query, PracticeHistory { sessions, next_cursor }, &scores)
}

/// A session. Session 0 is open, and the others have ended.
fn session(number: u8) -> PracticeSession {
    let categories = ["Product sense", "Strategy", "", "estimation"];
    let settings = PracticeSettings {
        category_filter: CategoryFilter::parse(categories[usize::from(number)]).unwrap(),
        mode: PracticeMode::default(),
        timer_minutes: (number < 2).then(|| TimerMinutes::new(25).unwrap()),
    };
    let started_at = noon() - TimeDelta::days(number.into());
    let id = PracticeSessionId::from_random([number; 16]);
    let mut session = PracticeSession::start(id, UserId(1), settings, started_at);
    if number > 0 {
        session.end(started_at + TimeDelta::minutes(i64::from(number) * 40));
    }
    session
}
