use chrono::{DateTime, Utc};

use super::{CategoryFilter, PracticeSession};

/// The score of a practice session.
#[derive(Debug, Clone, PartialEq)]
pub struct PracticeScore {
    /// When the session started.
    pub started_at: DateTime<Utc>,
    /// The category of its questions, or `None` for all.
    pub category: Option<CategoryFilter>,
    /// The average score of its answers, in points. It is a finite number.
    pub points: f64,
}

impl PracticeScore {
    /// Maximum number of scores that are read together. More points than this would overlap in a chart on a phone.
    pub const MAX_LISTED: u8 = 30;

    /// Returns the score of a session, if it has one.
    #[must_use]
    pub fn of(session: &PracticeSession) -> Option<Self> {
        let points = session.avg_score.filter(|points| points.is_finite())?;
        let category = session.settings.category_filter.clone();
        Some(Self { started_at: session.started_at, category, points })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{PracticeSessionId, PracticeSettings, UserId};

    #[test]
    fn score_is_a_finite_number() {
        let id = PracticeSessionId::from_random([1; 16]);
        let start = DateTime::UNIX_EPOCH;
        let mut session = PracticeSession::start(id, UserId(1), PracticeSettings::default(), start);
        assert_eq!(PracticeScore::of(&session), None);
        for (stored, points) in
            [(7.25, Some(7.25)), (0.0, Some(0.0)), (f64::NAN, None), (f64::INFINITY, None)]
        {
            session.avg_score = Some(stored);
            assert_eq!(PracticeScore::of(&session).map(|score| score.points), points);
        }
    }
}
