use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coach_core::{
    domain::{
        PracticePage, PracticeQuery, PracticeScore, PracticeSession, PracticeSessionId,
        PracticeState, TimerMinutes, UserId,
    },
    ports::{PracticeSessionRepository, RepositoryError},
};
use diesel::{
    IntoSql,
    dsl::{SqlTypeOf, case_when, sql},
    prelude::*,
    result::{DatabaseErrorKind, Error as DieselError},
    sql_types::Bool,
};

use super::{
    super::schema::{practice_sessions, users},
    database::Database,
    rows::PracticeSessionRow,
};
use crate::error::{FromDiesel, within_deadline};

pub(super) struct DieselPracticeSessionRepository(pub(super) Arc<Database>);

/// Selects a session of the account.
macro_rules! own_session {
    ($user_id:expr, $id:expr) => {
        practice_sessions::table
            .find($id.to_string())
            .filter(practice_sessions::user_id.eq($user_id.0))
    };
}

#[async_trait]
impl PracticeSessionRepository for DieselPracticeSessionRepository {
    async fn start(&self, session: &PracticeSession) -> Result<bool, RepositoryError> {
        let &PracticeSession { ref settings, started_at, ended_at, avg_score, .. } = session;
        let category =
            settings.category_filter.as_ref().map(|category| category.as_str().to_owned());
        let timer = settings.timer_minutes.map(TimerMinutes::get).map(i32::from);
        let ended_at = ended_at.map(|at| at.naive_utc());
        let questions_count = i32::try_from(session.questions_count).unwrap_or(i32::MAX);
        // One statement checks the account and stores the session.
        let values = || {
            users::table
                .find(session.user_id.0)
                .filter(users::is_active.eq(true))
                .select((
                    session.id.to_string().into_sql::<SqlTypeOf<practice_sessions::id>>(),
                    users::id.nullable(),
                    category.clone().into_sql::<SqlTypeOf<practice_sessions::category_filter>>(),
                    settings
                        .mode
                        .as_str()
                        .to_owned()
                        .into_sql::<SqlTypeOf<practice_sessions::mode>>(),
                    timer.into_sql::<SqlTypeOf<practice_sessions::timer_minutes>>(),
                    started_at.naive_utc().into_sql::<SqlTypeOf<practice_sessions::started_at>>(),
                    ended_at.into_sql::<SqlTypeOf<practice_sessions::ended_at>>(),
                    questions_count.into_sql::<SqlTypeOf<practice_sessions::questions_count>>(),
                    avg_score.into_sql::<SqlTypeOf<practice_sessions::avg_score>>(),
                ))
                .insert_into(practice_sessions::table)
                .into_columns((
                    practice_sessions::id,
                    practice_sessions::user_id,
                    practice_sessions::category_filter,
                    practice_sessions::mode,
                    practice_sessions::timer_minutes,
                    practice_sessions::started_at,
                    practice_sessions::ended_at,
                    practice_sessions::questions_count,
                    practice_sessions::avg_score,
                ))
        };
        within_deadline(async {
            match run_statement!(self.0, execute, values()) {
                Ok(stored) => Ok(stored > 0),
                // The account was deleted after the statement had read it.
                Err(DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {
                    Ok(false)
                }
                Err(error) => Err(RepositoryError::from_diesel(error)),
            }
        })
        .await
    }

    async fn list(
        &self,
        user_id: UserId,
        query: &PracticeQuery,
    ) -> Result<PracticePage, RepositoryError> {
        let limit = query.limit.get();
        let page = || {
            let mut page = practice_sessions::table
                .filter(practice_sessions::user_id.eq(user_id.0))
                .order((practice_sessions::started_at.desc(), practice_sessions::id.desc()))
                // One more than the page shows whether more follow.
                .limit(limit as i64 + 1)
                .select(PracticeSessionRow::as_select())
                .into_boxed();
            // The literal conditions are those of the partial indexes.
            page = match &query.filter.category {
                None => page.filter(sql::<Bool>("practice_sessions.id <> ''")),
                Some(category) => {
                    page.filter(practice_sessions::category_filter.eq(category.as_str().to_owned()))
                }
            };
            page = match query.filter.state {
                None => page,
                Some(PracticeState::Open) => page.filter(practice_sessions::ended_at.is_null()),
                Some(PracticeState::Ended) => {
                    page.filter(practice_sessions::ended_at.is_not_null())
                }
            };
            if let Some(after) = query.after {
                // Diesel has no comparison of rows. Only that is one search of an index.
                let comes_after =
                    sql::<Bool>("(practice_sessions.started_at, practice_sessions.id) < (")
                        .bind::<SqlTypeOf<practice_sessions::started_at>, _>(
                            after.started_at.naive_utc(),
                        )
                        .sql(", ")
                        .bind::<SqlTypeOf<practice_sessions::id>, _>(after.id.to_string())
                        .sql(")");
                page = page.filter(comes_after);
            }
            page
        };
        within_deadline(async {
            let rows: Vec<PracticeSessionRow> = find_all!(self.0, page())?;
            let has_more = rows.len() > limit;
            // Skip rows whose id is not valid: another program wrote them.
            let sessions = rows.into_iter().take(limit).filter_map(|row| row.try_into().ok());
            Ok(PracticePage { sessions: sessions.collect(), has_more })
        })
        .await
    }

    async fn scores(&self, user_id: UserId) -> Result<Vec<PracticeScore>, RepositoryError> {
        let latest = || {
            practice_sessions::table
                .filter(practice_sessions::user_id.eq(user_id.0))
                // The condition of the partial index.
                .filter(practice_sessions::avg_score.is_not_null())
                .order((practice_sessions::started_at.desc(), practice_sessions::id.desc()))
                .limit(PracticeScore::MAX_LISTED.into())
                .select(PracticeSessionRow::as_select())
        };
        within_deadline(async {
            let rows: Vec<PracticeSessionRow> = find_all!(self.0, latest())?;
            // Skip rows whose id or score is not valid: another program wrote them.
            let sessions = rows.into_iter().filter_map(|row| PracticeSession::try_from(row).ok());
            Ok(sessions.filter_map(|session| PracticeScore::of(&session)).collect())
        })
        .await
    }

    async fn find(
        &self,
        user_id: UserId,
        id: PracticeSessionId,
    ) -> Result<Option<PracticeSession>, RepositoryError> {
        within_deadline(async {
            let found: Option<PracticeSessionRow> = find_one!(
                self.0,
                own_session!(user_id, id).select(PracticeSessionRow::as_select())
            )?;
            found.map(PracticeSession::try_from).transpose()
        })
        .await
    }

    async fn end(
        &self,
        user_id: UserId,
        id: PracticeSessionId,
        at: DateTime<Utc>,
    ) -> Result<Option<PracticeSession>, RepositoryError> {
        let at = at.naive_utc().into_sql::<SqlTypeOf<practice_sessions::started_at>>();
        let never_before_start =
            case_when(practice_sessions::started_at.gt(at), practice_sessions::started_at)
                .otherwise(at);
        // One statement, so that racing calls agree: the later one sees the time that the first one set.
        let once = case_when(practice_sessions::ended_at.is_null(), never_before_start.nullable())
            .otherwise(practice_sessions::ended_at);
        let end = || {
            diesel::update(own_session!(user_id, id))
                .set(practice_sessions::ended_at.eq(once))
                .returning(PracticeSessionRow::as_returning())
        };
        let ended: Vec<PracticeSessionRow> = write_statement!(self, get_results, end())?;
        ended.into_iter().next().map(PracticeSession::try_from).transpose()
    }
}
