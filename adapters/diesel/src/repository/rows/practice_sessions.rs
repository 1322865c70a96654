//! The rows of practice sessions.

use coach_core::{
    domain::{
        CategoryFilter, PracticeMode, PracticeSession, PracticeSessionId, PracticeSettings,
        TimerMinutes, UserId,
    },
    ports::RepositoryError,
};
use diesel::prelude::*;

use super::{super::super::schema::practice_sessions, StoredTime, corrupt};

/// A row that has a user, because every query asks for one.
#[derive(Queryable, Selectable)]
#[diesel(table_name = practice_sessions)]
pub(in super::super) struct PracticeSessionRow {
    id: String,
    user_id: Option<i64>,
    category_filter: Option<String>,
    mode: String,
    timer_minutes: Option<i32>,
    started_at: StoredTime,
    ended_at: Option<StoredTime>,
    questions_count: i32,
    avg_score: Option<f64>,
}

/// Cleans choices that break a rule, like [`User::from`].
impl TryFrom<PracticeSessionRow> for PracticeSession {
    type Error = RepositoryError;

    fn try_from(row: PracticeSessionRow) -> Result<Self, RepositoryError> {
        let timer_minutes = row.timer_minutes.map(i64::from).map(TimerMinutes::new);
        Ok(Self {
            id: PracticeSessionId::parse(&row.id).ok_or_else(|| corrupt("practice session id"))?,
            user_id: UserId(row.user_id.ok_or_else(|| corrupt("practice session owner"))?),
            settings: PracticeSettings {
                category_filter: row.category_filter.as_deref().and_then(CategoryFilter::restore),
                mode: PracticeMode::restore(&row.mode),
                timer_minutes: timer_minutes.and_then(Result::ok),
            },
            started_at: row.started_at.utc(),
            ended_at: row.ended_at.map(StoredTime::utc),
            questions_count: row.questions_count.try_into().unwrap_or_default(),
            avg_score: row.avg_score.filter(|score| score.is_finite()),
        })
    }
}
