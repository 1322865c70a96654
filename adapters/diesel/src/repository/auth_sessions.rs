use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime, Utc};
use coach_core::{
    domain::{
        Cutoffs, NewAuthSession, PasswordHash, SessionDetails, SessionId, SessionPolicy,
        SessionSecret, User, UserId, UserSession,
    },
    ports::{AuthSessionRepository, RepositoryError, Spend, VerifiedPassword},
};
use diesel::{
    IntoSql,
    dsl::{SqlTypeOf, case_when},
    prelude::*,
};
use diesel_async::RunQueryDsl;

use super::{
    super::schema::{auth_sessions, spent_refresh_tokens, users},
    database::Database,
    rows::{self, SessionDetailsRow, SessionKey, StoredTime, UserRow},
};
use crate::error::{FromDiesel, within_deadline};

pub(super) struct DieselAuthSessionRepository(pub(super) Arc<Database>);

#[async_trait]
impl AuthSessionRepository for DieselAuthSessionRepository {
    async fn begin(
        &self,
        user_id: UserId,
        verified: &VerifiedPassword,
        session: NewAuthSession,
    ) -> Result<Option<User>, RepositoryError> {
        let verified = verified.clone();
        let user: Option<UserRow> = write_if_found!(self, async |connection| {
            // This locks the row of the account, so concurrent logins of one account run one after the other.
            let active = users::table
                .find(user_id.0)
                .filter(users::is_active.eq(true))
                .filter(users::password_hash.eq(verified.hash.expose()))
                .select(users::last_login);
            let previous_login: Option<StoredTime> =
                lock_row!(active).get_result(connection).await?;
            let rehashed = verified.rehashed.as_ref().map(PasswordHash::expose);
            let user = diesel::update(users::table.find(user_id.0))
                .set((
                    users::last_login.eq(session.created_at.naive_utc()),
                    rehashed.map(|hash| users::password_hash.eq(hash)),
                ))
                .returning(UserRow::as_returning())
                .get_result(connection)
                .await?;
            insert_session!(connection, &session, user_id.0, previous_login);
            let all = diesel::alias!(auth_sessions as all);
            let unused_for_longest = all
                .filter(all.field(auth_sessions::user_id).eq(user_id.0))
                .filter(all.field(auth_sessions::id).ne(session.id.to_string()))
                .order((
                    all.field(auth_sessions::last_seen_at).desc(),
                    all.field(auth_sessions::id),
                ))
                .offset(SessionPolicy::MAX_SESSIONS as i64 - 1)
                .select(all.field(auth_sessions::id));
            let excess = auth_sessions::id.eq_any(unused_for_longest);
            diesel::delete(auth_sessions::table.filter(excess)).execute(connection).await?;
            Ok(user)
        })?;
        Ok(user.map(User::from))
    }

    async fn find(&self, id: SessionId) -> Result<Option<UserSession>, RepositoryError> {
        self.0.find_session(SessionKey::Id(id)).await
    }

    async fn find_by_secret(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<UserSession>, RepositoryError> {
        self.0.find_session(SessionKey::Digest(rows::digest(secret))).await
    }

    async fn list(&self, user_id: UserId) -> Result<Vec<SessionDetails>, RepositoryError> {
        within_deadline(async {
            let query = || {
                auth_sessions::table
                    .filter(auth_sessions::user_id.eq(user_id.0))
                    .order((auth_sessions::last_seen_at.desc(), auth_sessions::id))
                    .limit(SessionPolicy::MAX_SESSIONS as i64)
                    .select(SessionDetailsRow::as_select())
            };
            let rows: Vec<SessionDetailsRow> = find_all!(self.0, query())?;
            // Skip rows whose id is not valid: another program wrote them.
            Ok(rows.into_iter().filter_map(|row| row.try_into().ok()).collect())
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
        let id = id.to_string();
        write!(self, async |connection| {
            let unspent = auth_sessions::table
                .find(&id)
                .filter(auth_sessions::refresh_generation.eq(current));
            let used_at = at.naive_utc().into_sql::<SqlTypeOf<auth_sessions::last_seen_at>>();
            let last_use = case_when(auth_sessions::last_seen_at.lt(used_at), used_at)
                .otherwise(auth_sessions::last_seen_at);
            let spent_once = (
                auth_sessions::refresh_generation.eq(next),
                auth_sessions::last_seen_at.eq(last_use),
            );
            if diesel::update(unspent).set(spent_once).execute(connection).await? == 0 {
                // This is one statement, because a logout between two would look like a spent token whose time is no
                // longer stored.
                let spent = spent_refresh_tokens::session_id
                    .eq(auth_sessions::id)
                    .and(spent_refresh_tokens::generation.eq(current));
                let found: Option<(i32, NaiveDateTime, Option<NaiveDateTime>)> =
                    auth_sessions::table
                        .left_join(spent_refresh_tokens::table.on(spent))
                        .filter(auth_sessions::id.eq(&id))
                        .select((
                            auth_sessions::refresh_generation,
                            database_now!(at),
                            spent_refresh_tokens::spent_at.nullable(),
                        ))
                        .get_result(connection)
                        .await
                        .optional()?;
                let found = found.filter(|(reached, ..)| *reached >= next);
                return Ok(found.map_or(Spend::Gone, |(_, now, spent_at)| {
                    let spent_at =
                        spent_at.and_then(|spent_at| at.checked_sub_signed(now - spent_at));
                    Spend::SpentAt(spent_at.unwrap_or(DateTime::<Utc>::MIN_UTC))
                }));
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
                .filter(spent_refresh_tokens::spent_at.lt(now - SessionPolicy::REFRESH_GRACE));
            diesel::delete(forgotten).execute(connection).await?;
            Ok(Spend::First)
        })
    }

    async fn touch(&self, id: SessionId, at: DateTime<Utc>) -> Result<(), RepositoryError> {
        let at = at.naive_utc();
        let used = || {
            let session = auth_sessions::table.find(id.to_string());
            let earlier = session.filter(auth_sessions::last_seen_at.lt(at));
            diesel::update(earlier).set(auth_sessions::last_seen_at.eq(at))
        };
        write_statement!(self, execute, used()).map(|_: usize| ())
    }

    async fn end(&self, user_id: UserId, id: SessionId) -> Result<bool, RepositoryError> {
        let own = || {
            auth_sessions::table.find(id.to_string()).filter(auth_sessions::user_id.eq(user_id.0))
        };
        write_statement!(self, execute, diesel::delete(own())).map(|ended: usize| ended > 0)
    }

    async fn end_by_secrets(
        &self,
        secrets: &[SessionSecret],
    ) -> Result<Vec<(UserId, SessionId)>, RepositoryError> {
        let with_secret = || auth_sessions::secret_digest.eq_any(rows::digests(secrets));
        let end = || {
            diesel::delete(auth_sessions::table.filter(with_secret()))
                .returning((auth_sessions::user_id, auth_sessions::id))
        };
        let ended: Vec<(i64, String)> = write_statement!(self, get_results, end())?;
        let ended = ended.into_iter();
        Ok(ended.filter_map(|(user, id)| Some((UserId(user), SessionId::parse(&id)?))).collect())
    }

    async fn end_others(&self, user_id: UserId, kept: SessionId) -> Result<usize, RepositoryError> {
        let others = || {
            auth_sessions::table
                .filter(auth_sessions::user_id.eq(user_id.0))
                .filter(auth_sessions::id.ne(kept.to_string()))
        };
        write_statement!(self, execute, diesel::delete(others()))
    }

    async fn end_all(&self, user_id: UserId) -> Result<usize, RepositoryError> {
        let own = auth_sessions::table.filter(auth_sessions::user_id.eq(user_id.0));
        write_statement!(self, execute, diesel::delete(own))
    }

    async fn purge(&self, cutoffs: Cutoffs, limit: u32) -> Result<usize, RepositoryError> {
        let all = diesel::alias!(auth_sessions as all);
        let too_old = all.field(auth_sessions::created_at).le(cutoffs.begun_by.naive_utc());
        let idle = all.field(auth_sessions::last_seen_at).le(cutoffs.used_by.naive_utc());
        let expired = || {
            let ids = all.filter(too_old.or(idle)).limit(limit.into());
            let ids = ids.select(all.field(auth_sessions::id));
            auth_sessions::table.filter(auth_sessions::id.eq_any(ids))
        };
        write_statement!(self, execute, diesel::delete(expired()))
    }
}
