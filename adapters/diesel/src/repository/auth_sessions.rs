use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime, Utc};
use coach_core::{
    domain::{
        AuthSession, NewAuthSession, PasswordHash, SessionDetails, SessionId, SessionPolicy,
        SessionSecret, User, UserId,
    },
    ports::{AuthSessionRepository, RepositoryError, Spend},
};
use diesel::{prelude::*, result::Error as DieselError};
use diesel_async::RunQueryDsl;

use super::{
    super::schema::{auth_sessions, spent_refresh_tokens, users},
    database::Database,
    rows::{self, AuthSessionRow, SessionDetailsRow, UserRow},
};
use crate::error::{from_diesel, within_deadline};

pub(super) struct DieselAuthSessionRepository(pub(super) Arc<Database>);

/// The session that a condition on a unique column picks, with its account: one indexed statement.
macro_rules! find_session {
    ($repository:expr, $condition:expr) => {
        within_deadline(async {
            let query = auth_sessions::table
                .inner_join(users::table)
                .filter($condition)
                .select((AuthSessionRow::as_select(), UserRow::as_select()));
            let found: Option<(AuthSessionRow, UserRow)> = find_one!($repository.0, query)?;
            found.map(|(session, user)| Ok((session.try_into()?, user.into()))).transpose()
        })
        .await
    };
}

#[async_trait]
impl AuthSessionRepository for DieselAuthSessionRepository {
    async fn begin(
        &self,
        user_id: UserId,
        verified: &PasswordHash,
        session: NewAuthSession,
    ) -> Result<Option<User>, RepositoryError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let user: Result<Option<UserRow>, DieselError> =
                write_transaction!(connection, async |connection| {
                    let active = users::table
                        .filter(users::id.eq(user_id.0))
                        .filter(users::is_active.eq(true))
                        .filter(users::password_hash.eq(verified.expose()));
                    let user = diesel::update(active)
                        .set(users::last_login.eq(session.created_at.naive_utc()))
                        .returning(UserRow::as_returning())
                        .get_result(connection)
                        .await
                        .optional()?;
                    if user.is_some() {
                        insert_session!(connection, &session, user_id.0);
                    }
                    Ok(user)
                });
            Ok(user.map_err(from_diesel)?.map(User::from))
        })
        .await
    }

    async fn find(&self, id: SessionId) -> Result<Option<(AuthSession, User)>, RepositoryError> {
        find_session!(self, auth_sessions::id.eq(id.to_string()))
    }

    async fn find_by_secret(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<(AuthSession, User)>, RepositoryError> {
        find_session!(self, auth_sessions::secret_digest.eq(rows::digest(secret)))
    }

    async fn list(&self, user_id: UserId) -> Result<Vec<SessionDetails>, RepositoryError> {
        within_deadline(async {
            let query = auth_sessions::table
                .filter(auth_sessions::user_id.eq(user_id.0))
                .order((auth_sessions::last_seen_at.desc(), auth_sessions::id))
                .select(SessionDetailsRow::as_select());
            let rows: Vec<SessionDetailsRow> = find_all!(self.0, query)?;
            rows.into_iter().map(SessionDetails::try_from).collect()
        })
        .await
    }

    async fn spend(
        &self,
        id: SessionId,
        generation: u32,
        at: DateTime<Utc>,
    ) -> Result<Spend, RepositoryError> {
        // A generation that does not fit in the column cannot exist.
        let Some((current, next)) = i32::try_from(generation)
            .ok()
            .and_then(|current| Some((current, current.checked_add(1)?)))
        else {
            return Ok(Spend::Gone);
        };
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let id = id.to_string();
            let spend: Result<Spend, DieselError> =
                write_transaction!(connection, async |connection| {
                    let unspent = auth_sessions::table
                        .find(&id)
                        .filter(auth_sessions::refresh_generation.eq(current));
                    let use_ = (
                        auth_sessions::refresh_generation.eq(next),
                        auth_sessions::last_seen_at.eq(at.naive_utc()),
                    );
                    let spent = spent_refresh_tokens::table.find((&id, current));
                    if diesel::update(unspent).set(use_).execute(connection).await? == 0 {
                        let reached: Option<i32> = auth_sessions::table
                            .find(&id)
                            .select(auth_sessions::refresh_generation)
                            .get_result(connection)
                            .await
                            .optional()?;
                        if reached.is_none_or(|reached| reached < next) {
                            return Ok(Spend::Gone);
                        }
                        let times: Option<(NaiveDateTime, NaiveDateTime)> = spent
                            .select((spent_refresh_tokens::spent_at, database_now!(at)))
                            .get_result(connection)
                            .await
                            .optional()?;
                        let spent_at = times.map(|(spent_at, now)| at - (now - spent_at));
                        return Ok(Spend::SpentAt(spent_at.unwrap_or(DateTime::<Utc>::MIN_UTC)));
                    }
                    let now: NaiveDateTime = diesel::insert_into(spent_refresh_tokens::table)
                        .values((
                            spent_refresh_tokens::session_id.eq(&id),
                            spent_refresh_tokens::generation.eq(current),
                            spent_refresh_tokens::spent_at.eq(database_now!(at)),
                        ))
                        .returning(spent_refresh_tokens::spent_at)
                        .get_result(connection)
                        .await?;
                    let forgotten = spent_refresh_tokens::table
                        .filter(spent_refresh_tokens::session_id.eq(&id))
                        .filter(
                            spent_refresh_tokens::spent_at.lt(now - SessionPolicy::REFRESH_GRACE),
                        );
                    diesel::delete(forgotten).execute(connection).await?;
                    Ok(Spend::First)
                });
            spend.map_err(from_diesel)
        })
        .await
    }

    async fn touch(&self, id: SessionId, at: DateTime<Utc>) -> Result<(), RepositoryError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let at = at.naive_utc();
            let earlier = auth_sessions::table
                .filter(auth_sessions::id.eq(id.to_string()))
                .filter(auth_sessions::last_seen_at.lt(at));
            diesel::update(earlier)
                .set(auth_sessions::last_seen_at.eq(at))
                .execute(&mut connection)
                .await
                .map(|_| ())
                .map_err(from_diesel)
        })
        .await
    }

    async fn end(&self, id: SessionId) -> Result<bool, RepositoryError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            diesel::delete(auth_sessions::table.find(id.to_string()))
                .execute(&mut connection)
                .await
                .map(|ended| ended > 0)
                .map_err(from_diesel)
        })
        .await
    }

    async fn end_by_secret(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<SessionId>, RepositoryError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let with_secret = auth_sessions::secret_digest.eq(rows::digest(secret));
            let ended: Option<String> = diesel::delete(auth_sessions::table.filter(with_secret))
                .returning(auth_sessions::id)
                .get_result(&mut connection)
                .await
                .optional()
                .map_err(from_diesel)?;
            Ok(ended.as_deref().and_then(SessionId::parse))
        })
        .await
    }

    async fn end_own(&self, user_id: UserId, id: SessionId) -> Result<bool, RepositoryError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let own = auth_sessions::table
                .filter(auth_sessions::id.eq(id.to_string()))
                .filter(auth_sessions::user_id.eq(user_id.0));
            let ended = diesel::delete(own).execute(&mut connection).await;
            ended.map(|ended| ended > 0).map_err(from_diesel)
        })
        .await
    }

    async fn end_others(&self, user_id: UserId, kept: SessionId) -> Result<usize, RepositoryError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let others = auth_sessions::table
                .filter(auth_sessions::user_id.eq(user_id.0))
                .filter(auth_sessions::id.ne(kept.to_string()));
            diesel::delete(others).execute(&mut connection).await.map_err(from_diesel)
        })
        .await
    }

    async fn purge(
        &self,
        begun_by: DateTime<Utc>,
        used_by: DateTime<Utc>,
        limit: u32,
    ) -> Result<usize, RepositoryError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let over = diesel::alias!(auth_sessions as over);
            let expired = over
                .filter(
                    over.field(auth_sessions::created_at)
                        .le(begun_by.naive_utc())
                        .or(over.field(auth_sessions::last_seen_at).le(used_by.naive_utc())),
                )
                .limit(limit.into())
                .select(over.field(auth_sessions::id));
            diesel::delete(auth_sessions::table.filter(auth_sessions::id.eq_any(expired)))
                .execute(&mut connection)
                .await
                .map_err(from_diesel)
        })
        .await
    }
}
