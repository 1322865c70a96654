//! Each practice session has a number. Session 7 has the id `practice_id(7)`.

mod end;
mod find;
mod list;
mod scores;
mod start;

use coach_core::domain::{
    CategoryFilter, PageLimit, PracticeFilter, PracticePage, PracticePosition, PracticeQuery,
    PracticeSession, PracticeSessionId, PracticeSettings, PracticeState, User, UserId,
};

use crate::{minutes, storage::Repositories};

pub fn practice_id(number: u8) -> PracticeSessionId {
    PracticeSessionId::from_random([number; 16])
}

/// A session that starts this many minutes after noon.
pub fn practice(user_id: UserId, number: u8, after_noon: i64) -> PracticeSession {
    let settings = PracticeSettings::default();
    PracticeSession::start(practice_id(number), user_id, settings, minutes(after_noon))
}

pub fn in_category(category: &str, session: PracticeSession) -> PracticeSession {
    let category_filter = CategoryFilter::parse(category).unwrap();
    let settings = PracticeSettings { category_filter, ..session.settings };
    PracticeSession { settings, ..session }
}

pub fn filter(category: &str, state: Option<PracticeState>) -> PracticeFilter {
    PracticeFilter { category: CategoryFilter::parse(category).unwrap(), state }
}

/// A page of this many sessions.
pub fn page(
    limit: usize,
    after: Option<PracticePosition>,
    filter: PracticeFilter,
) -> PracticeQuery {
    PracticeQuery { filter, after, limit: PageLimit::parse(&limit.to_string()).unwrap() }
}

/// The numbers of the sessions.
pub fn numbers(sessions: &[PracticeSession]) -> Vec<u8> {
    sessions.iter().map(|session| session.id.to_bytes()[0]).collect()
}

impl Repositories {
    pub async fn start(&self, session: &PracticeSession) {
        assert!(self.practice.start(session).await.unwrap());
    }

    pub async fn history(&self, user: &User, query: &PracticeQuery) -> PracticePage {
        self.practice.list(user.id, query).await.unwrap()
    }

    /// The numbers of all sessions that the filter selects, page by page.
    pub async fn paged(&self, user: &User, limit: usize, filter: &PracticeFilter) -> Vec<u8> {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let found = self.history(user, &page(limit, after, filter.clone())).await;
            assert!(found.sessions.len() <= limit);
            assert!(found.sessions.len() == limit || !found.has_more);
            listed.extend(numbers(&found.sessions));
            after = found.next();
            if after.is_none() {
                return listed;
            }
        }
    }
}
