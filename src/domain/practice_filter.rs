use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use super::{CategoryFilter, PageLimit, PracticeSession, PracticeSessionId};

/// Whether a practice session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PracticeState {
    /// The session has not ended.
    Open,
    /// The session has ended.
    Ended,
}

/// The text does not name a state. The message is shown to the person who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter open or ended.")]
pub struct UnknownState;

/// Selects practice sessions of a user. The default selects all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PracticeFilter {
    /// Selects the sessions with exactly this category.
    pub category: Option<CategoryFilter>,
    /// Selects the open or the ended sessions.
    pub state: Option<PracticeState>,
}

/// A place in the history of a user, newest session first. Sessions that start later come before it, so that it stays
/// right while sessions are added. Equal times are ordered by id, the greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PracticePosition {
    /// The start of the session at this place.
    pub started_at: DateTime<Utc>,
    /// The id of the session at this place.
    pub id: PracticeSessionId,
}

/// Selects a page of the history of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PracticeQuery {
    /// The sessions to select from.
    pub filter: PracticeFilter,
    /// The page begins after this place, or with the newest session.
    pub after: Option<PracticePosition>,
    /// Maximum number of sessions.
    pub limit: PageLimit,
}

/// A page of the history of a user.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PracticePage {
    /// The sessions, newest first.
    pub sessions: Vec<PracticeSession>,
    /// Whether more sessions follow.
    pub has_more: bool,
}

impl PracticeState {
    /// Every state.
    pub const ALL: [Self; 2] = [Self::Open, Self::Ended];

    /// Returns the name of the state, `open` or `ended`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
        }
    }
}

impl FromStr for PracticeState {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == name).ok_or(UnknownState)
    }
}

impl fmt::Display for PracticeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PracticeFilter {
    /// Returns whether the filter selects the session.
    #[must_use]
    pub fn selects(&self, session: &PracticeSession) -> bool {
        let state = match session.ended_at {
            None => PracticeState::Open,
            Some(_) => PracticeState::Ended,
        };
        let category = self.category.as_ref();
        category.is_none_or(|wanted| session.settings.category_filter.as_ref() == Some(wanted))
            && self.state.is_none_or(|wanted| wanted == state)
    }
}

impl PracticePage {
    /// Returns the place after which the next page begins, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<PracticePosition> {
        let last = self.sessions.last().filter(|_| self.has_more);
        last.map(PracticeSession::position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_has_one_spelling() {
        assert_eq!("open".parse(), Ok(PracticeState::Open));
        assert_eq!("ended".parse(), Ok(PracticeState::Ended));
        for other in ["", "Open", " open", "closed", "all"] {
            assert_eq!(other.parse::<PracticeState>(), Err(UnknownState), "{other:?}");
        }
    }
}
