//! The values of the home page of a signed-in user.

use chrono::TimeDelta;
use coach_core::{
    domain::{
        CategoryFilter, PracticeFilter, PracticeMode, PracticeQuery, PracticeScore,
        PracticeSession, PracticeState, TimerMinutes,
    },
    services::PracticeHistory,
};
use serde::Serialize;
use url::form_urlencoded;

use super::{
    super::view::{FormErrors, Time},
    chart::{Chart, points},
};
use crate::{html::View, response::Problem};

const ANY_CATEGORY: &str = "All categories";

/// The practice history of a signed-in user.
#[derive(Serialize)]
pub(in crate::pages) struct PracticePage {
    start: StartForm,
    filter: FilterView,
    sessions: Vec<SessionRow>,
    /// The address of these sessions.
    address: String,
    /// The address of the following sessions.
    next: Option<String>,
    /// Whether newer sessions come before these.
    is_continued: bool,
    /// What HTMX has changed in the page, in words. The first session then gets the focus.
    said: Option<String>,
    /// Whether the address selects no sessions, because it is not valid.
    is_refused: bool,
    scores: Option<Chart>,
}

/// The form that starts a session.
#[derive(Serialize)]
struct StartForm {
    categories: Vec<Choice>,
    modes: Vec<Choice>,
    timers: Vec<Choice>,
    errors: FormErrors,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    text: String,
    is_selected: bool,
}

#[derive(Serialize)]
struct FilterView {
    categories: Vec<Choice>,
    states: Vec<StateLink>,
    state: Option<&'static str>,
    /// The address of the newest sessions that the filter selects.
    url: String,
    is_set: bool,
}

#[derive(Serialize)]
struct StateLink {
    text: &'static str,
    url: String,
    is_current: bool,
}

#[derive(Serialize)]
struct SessionRow {
    id: String,
    category: String,
    mode: String,
    timer_minutes: Option<u8>,
    started_at: Time,
    /// The time from start to end, or `None` while the session is open.
    duration: Option<String>,
    score: Option<String>,
}

impl View for PracticePage {
    const TEMPLATE: &'static str = "practice/home.html";
}

impl PracticePage {
    pub(in crate::pages) fn new(
        query: &PracticeQuery,
        history: PracticeHistory,
        scores: &[PracticeScore],
    ) -> Self {
        let next = history.next_cursor.map(|cursor| url(&query.filter, Some(&cursor)));
        Self {
            start: StartForm::new(["", PracticeMode::default().as_str(), ""]),
            filter: FilterView::new(&query.filter),
            sessions: history.sessions.iter().map(SessionRow::from).collect(),
            address: url(&query.filter, None),
            next,
            is_continued: query.after.is_some(),
            said: None,
            is_refused: false,
            scores: Chart::new(scores),
        }
    }

    /// Creates the page of an address that is not valid.
    pub(in crate::pages) fn refused(filter: PracticeFilter) -> Self {
        let query = PracticeQuery { filter, ..PracticeQuery::default() };
        let nothing = PracticeHistory { sessions: Vec::new(), next_cursor: None };
        Self { is_refused: true, ..Self::new(&query, nothing, &[]) }
    }

    /// Creates the page from which HTMX takes the row of a session that has just ended, and the scores. The row stays where
    /// it is, even in a list of open sessions: nothing moves under the eyes of the person.
    pub(in crate::pages) fn ended(session: PracticeSession, scores: &[PracticeScore]) -> Self {
        let history = PracticeHistory { sessions: vec![session], next_cursor: None };
        let said = Some("Practice session ended.".to_owned());
        Self { said, ..Self::new(&PracticeQuery::default(), history, scores) }
    }

    /// Notes the cursor in the address of the page.
    pub(in crate::pages) fn at(self, filter: &PracticeFilter, cursor: Option<&str>) -> Self {
        Self { address: url(filter, cursor), ..self }
    }

    /// Says how many sessions HTMX appends to those that the browser shows.
    pub(in crate::pages) fn append(self) -> Self {
        let said = match self.sessions.len() {
            1 => "1 earlier session loaded.".to_owned(),
            number => format!("{number} earlier sessions loaded."),
        };
        Self { said: Some(said), ..self }
    }

    /// Adds the errors of the form that starts a session, with the values that it had.
    pub(in crate::pages) fn refuse_start(self, typed: [String; 3], problem: &Problem) -> Self {
        let typed = typed.each_ref().map(String::as_str);
        let errors = FormErrors::new(problem, &["category_filter", "mode", "timer_minutes"]);
        Self { start: StartForm { errors, ..StartForm::new(typed) }, ..self }
    }
}

impl StartForm {
    /// Creates the form with its category, mode and timer.
    fn new([category, mode, timer]: [&str; 3]) -> Self {
        let minutes =
            |minutes: u8| Choice::new(&minutes.to_string(), format!("{minutes} min"), timer);
        let timers = TimerMinutes::OFFERED.into_iter().map(minutes);
        Self {
            categories: categories(category),
            modes: PracticeMode::OFFERED.map(|name| Choice::new(name, label(name), mode)).into(),
            timers: [Choice::new("", "No timer".to_owned(), timer)]
                .into_iter()
                .chain(timers)
                .collect(),
            errors: FormErrors::default(),
        }
    }
}

impl Choice {
    fn new(value: &str, text: String, chosen: &str) -> Self {
        Self { value: value.to_owned(), text, is_selected: value == chosen }
    }
}

impl FilterView {
    fn new(filter: &PracticeFilter) -> Self {
        let chosen = filter.category.as_ref().map_or("", CategoryFilter::as_str);
        let mut categories = categories(chosen);
        // The API accepts other categories.
        if categories.iter().all(|choice| !choice.is_selected) {
            categories.push(Choice::new(chosen, chosen.to_owned(), chosen));
        }
        let states = [
            ("All", None),
            ("Open", Some(PracticeState::Open)),
            ("Ended", Some(PracticeState::Ended)),
        ];
        let link = |(text, state)| StateLink {
            text,
            url: url(&PracticeFilter { state, ..filter.clone() }, None),
            is_current: state == filter.state,
        };
        Self {
            categories,
            states: states.map(link).into(),
            state: filter.state.map(PracticeState::as_str),
            url: url(filter, None),
            is_set: *filter != PracticeFilter::default(),
        }
    }
}

impl From<&PracticeSession> for SessionRow {
    fn from(session: &PracticeSession) -> Self {
        let settings = &session.settings;
        Self {
            id: session.id.to_string(),
            category: category(settings.category_filter.as_ref()),
            mode: label(settings.mode.as_str()),
            timer_minutes: settings.timer_minutes.map(TimerMinutes::get),
            started_at: session.started_at.into(),
            duration: session.ended_at.map(|end| duration(end - session.started_at)),
            score: PracticeScore::of(session).map(|score| points(score.points)),
        }
    }
}

/// Returns the categories that the pages offer. The first choice is every category.
fn categories(chosen: &str) -> Vec<Choice> {
    let offered = CategoryFilter::OFFERED.map(|name| Choice::new(name, name.to_owned(), chosen));
    [Choice::new("", ANY_CATEGORY.to_owned(), chosen)].into_iter().chain(offered).collect()
}

pub(super) fn category(category: Option<&CategoryFilter>) -> String {
    category.map_or(ANY_CATEGORY, CategoryFilter::as_str).to_owned()
}

/// Returns the name of a mode with an initial capital letter.
fn label(mode: &str) -> String {
    let mut rest = mode.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}

fn duration(time: TimeDelta) -> String {
    match (time.num_hours(), time.num_minutes() % 60) {
        (0, 0) => "under 1 min".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours @ 48.., _) => format!("{} days", hours / 24),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Returns the address of the sessions that the filter selects.
fn url(filter: &PracticeFilter, cursor: Option<&str>) -> String {
    let category = filter.category.as_ref().map(CategoryFilter::as_str);
    let state = filter.state.map(PracticeState::as_str);
    let fields = [("category", category), ("state", state), ("cursor", cursor)];
    let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    if query.is_empty() { "/".to_owned() } else { format!("/?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_has_only_what_is_set() {
        let category = CategoryFilter::parse("A & B?").unwrap();
        let filter = PracticeFilter { category, state: Some(PracticeState::Open) };
        assert_eq!(url(&PracticeFilter::default(), None), "/");
        assert_eq!(url(&PracticeFilter::default(), Some("a-b_")), "/?cursor=a-b_");
        assert_eq!(url(&filter, None), "/?category=A+%26+B%3F&state=open");
    }

    #[test]
    fn duration_is_in_hours_and_minutes() {
        for (seconds, text) in [
            (-1, "under 1 min"),
            (0, "under 1 min"),
            (59, "under 1 min"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (100_000, "27 h 46 min"),
            (172_799, "47 h 59 min"),
            (172_800, "2 days"),
            (1_000_000, "11 days"),
        ] {
            assert_eq!(duration(TimeDelta::seconds(seconds)), text);
        }
    }

    #[test]
    fn category_that_is_not_offered_can_be_filtered() {
        let category = CategoryFilter::parse("estimation").unwrap();
        let view = FilterView::new(&PracticeFilter { category, state: None });
        let selected: Vec<_> = view.categories.iter().filter(|choice| choice.is_selected).collect();
        assert_eq!((selected.len(), selected[0].text.as_str()), (1, "estimation"));
        assert_eq!(FilterView::new(&PracticeFilter::default()).categories.len(), 7);
    }

    #[test]
    fn mode_begins_with_a_capital_letter() {
        assert_eq!(label("mock interview"), "Mock interview");
        assert_eq!((label("été"), label("")), ("Été".to_owned(), String::new()));
    }
}
