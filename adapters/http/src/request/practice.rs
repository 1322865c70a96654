//! The body and the query of requests about practice sessions.

use coach_core::{
    domain::{
        CategoryFilter, PageLimit, PracticeFilter, PracticeMode, PracticeQuery, PracticeSettings,
        TimerMinutes, UserSession,
    },
    services::AuthService,
};
use poem_openapi::{Object, types::Example};

use super::body::{Fields, ReadFields};
use crate::response::{
    Problem,
    formatted::{AnyText, CategoryText, LimitNumber, ModeText, StateText, TimerNumber},
};

/// The choices for a new practice session. All are optional.
#[derive(Object)]
#[oai(rename = "PracticeSessionRequest", example)]
#[allow(dead_code, reason = "only describes the body, which is read field by field")]
pub(crate) struct StartPracticeRequest {
    /// The category of questions, or null for all.
    #[oai(nullable)]
    category_filter: Option<CategoryText>,
    /// The kind of practice. The default is `standard`.
    #[oai(nullable)]
    mode: Option<ModeText>,
    /// The time for each question, in minutes, or null for any time.
    #[oai(nullable)]
    timer_minutes: Option<TimerNumber>,
}

impl Example for StartPracticeRequest {
    fn example() -> Self {
        Self {
            category_filter: Some("Product sense".into()),
            mode: Some("standard".into()),
            timer_minutes: Some(TimerNumber(25)),
        }
    }
}

impl ReadFields for StartPracticeRequest {
    type Read = PracticeSettings;

    fn read(mut fields: Fields) -> Result<PracticeSettings, Problem> {
        let category = fields.optional_text("category_filter").unwrap_or_default();
        let mode = fields.optional_text("mode").unwrap_or_default();
        let timer = fields.optional_integer("timer_minutes").map(TimerMinutes::new);
        let category_filter = fields.accept("category_filter", CategoryFilter::parse(&category));
        let mode = fields.accept("mode", PracticeMode::parse(&mode));
        let timer_minutes = fields.accept("timer_minutes", timer.transpose());
        let settings = category_filter.zip(mode).zip(timer_minutes);
        fields.finish(settings.map(|((category_filter, mode), timer_minutes)| PracticeSettings {
            category_filter,
            mode,
            timer_minutes,
        }))
    }
}

/// A page of practice sessions.
#[derive(Object)]
#[allow(dead_code, reason = "only describes the query, which is read field by field")]
pub(crate) struct ListPracticeRequest {
    /// The maximum number of sessions in the page.
    limit: Option<LimitNumber>,
    /// The `next_cursor` of the page before. The filters must be the same as for that page.
    cursor: Option<AnyText>,
    /// Only sessions with exactly this category. An empty one selects all.
    category: Option<CategoryText>,
    /// Only open or only ended sessions.
    state: Option<StateText>,
}

/// The page that a client asks for. Only the caller's history tells whether its cursor is valid.
pub(crate) struct PracticeList {
    /// Without the parts that are not valid.
    pub(crate) filter: PracticeFilter,
    pub(crate) cursor: Option<String>,
    limit: PageLimit,
    fields: Fields,
}

impl ReadFields for ListPracticeRequest {
    type Read = PracticeList;

    /// Keeps the errors for [`PracticeList::query`].
    fn read(mut fields: Fields) -> Result<PracticeList, Problem> {
        let limit = fields.optional_text("limit").map(|limit| PageLimit::parse(&limit));
        let limit = fields.accept("limit", limit.transpose()).flatten().unwrap_or_default();
        let cursor = fields.optional_text("cursor");
        let category = fields.optional_text("category").unwrap_or_default();
        let category = fields.accept("category", CategoryFilter::parse(&category)).flatten();
        let category = category.filter(|_| !fields.is_refused("category"));
        let state = fields.optional_text("state").map(|state| state.parse());
        let state = fields.accept("state", state.transpose()).flatten();
        let state = state.filter(|_| !fields.is_refused("state"));
        Ok(PracticeList { filter: PracticeFilter { category, state }, cursor, limit, fields })
    }
}

impl PracticeList {
    /// Returns the query of the caller's history.
    ///
    /// # Errors
    ///
    /// Returns a problem that names every bad parameter.
    pub(crate) fn query(
        self,
        auth: &AuthService,
        caller: &UserSession,
    ) -> Result<PracticeQuery, Problem> {
        let Self { filter, cursor, limit, mut fields } = self;
        let has_filter = !fields.is_refused("category") && !fields.is_refused("state");
        let after = cursor.map(|cursor| match has_filter {
            true => auth.practice_position(caller, &filter, &cursor).map(Some),
            false => auth.check_cursor_form(&cursor).map(|()| None),
        });
        let after = fields.accept("cursor", after.transpose()).flatten().flatten();
        fields.finish(Some(PracticeQuery { filter, after, limit }))
    }
}
