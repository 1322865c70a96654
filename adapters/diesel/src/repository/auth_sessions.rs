use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coach_core::{
    domain::{AuthSession, NewAuthSession, SessionId, User, UserId},
    ports::{AuthSessionRepository, RepositoryError},
};
use diesel::{prelude::*, result::Error as DieselError};
use diesel_async::RunQueryDsl;

use super::{
    super::schema::{auth_sessions, users},
    database::Database,
    rows::{AuthSessionRow, NewAuthSessionRow, UserRow},
};
use crate::error::{from_diesel, within_deadline};

pub(super) struct DieselAuthSessionRepository(pub(super) Arc<Database>);

#[async_trait]
impl AuthSessionRepository for DieselAuthSessionRepository {
    async fn begin(
        &self,
        user_id: UserId,
        session: NewAuthSession,
    ) -> Result<Option<User>, RepositoryError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let user: Result<Option<UserRow>, DieselError> =
                write_transaction!(connection, async |connection| {
                    let active = users::table
                        .filter(users::id.eq(user_id.0))
                        .filter(users::is_active.eq(true));
                    let user = diesel::update(active)
                        .set(users::last_login.eq(session.created_at.naive_utc()))
                        .returning(UserRow::as_returning())
                        .get_result(connection)
                        .await
                        .optional()?;
                    if user.is_some() {
                        diesel::insert_into(auth_sessions::table)
                            .values(NewAuthSessionRow::new(&session, user_id.0))
                            .execute(connection)
                            .await?;
                    }
                    Ok(user)
                });
            user.map_err(from_diesel)?.map(User::try_from).transpose()
        })
        .await
    }

    async fn find(&self, id: SessionId) -> Result<Option<(AuthSession, User)>, RepositoryError> {
        within_deadline(async {
            let with_id = auth_sessions::table
                .inner_join(users::table)
                .filter(auth_sessions::id.eq(id.to_string()))
                .select((AuthSessionRow::as_select(), UserRow::as_select()));
            let found: Option<(AuthSessionRow, UserRow)> = find_one!(self.0, with_id)?;
            found.map(|(session, user)| Ok((session.try_into()?, user.try_into()?))).transpose()
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
}
