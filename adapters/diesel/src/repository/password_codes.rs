use std::sync::Arc;

use async_trait::async_trait;
use coach_core::{
    domain::{NewPasswordCode, User, UserId},
    ports::{CodeTry, PasswordCodeRepository, Redemption, RepositoryError},
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    super::schema::{auth_sessions, password_code_refusals, password_codes, users},
    database::Database,
    rows::{self, NewPasswordCodeRow, PasswordCodeRow, UserRow},
};
use crate::error::{FromDiesel, within_deadline};

pub(super) struct DieselPasswordCodeRepository(pub(super) Arc<Database>);

/// An id that no account has. The work on it is that on the id of an account without a code.
const NOBODY: i64 = 0;

/// Stores a code inside a transaction, in place of a former one.
macro_rules! replace_code {
    ($connection:expr, $user_id:expr, $code:expr) => {{
        let row = NewPasswordCodeRow::new($user_id, $code);
        diesel::insert_into(password_codes::table)
            .values(&row)
            .on_conflict(password_codes::user_id)
            .do_update()
            .set(&row)
            .execute($connection)
            .await?
    }};
}
pub(super) use replace_code;

#[async_trait]
impl PasswordCodeRepository for DieselPasswordCodeRepository {
    async fn issue(&self, user_id: UserId, code: NewPasswordCode) -> Result<bool, RepositoryError> {
        write!(self, async |connection| {
            let account = lock_row!(users::table.find(user_id.0).select(users::id));
            let found: Option<i64> = account.get_result(connection).await.optional()?;
            if found.is_some() {
                replace_code!(connection, user_id.0, &code);
            }
            Ok(found.is_some())
        })
    }

    /// A refused try runs the same statements in every case: it reads an account and a code and changes one row that exists.
    ///
    /// The account is locked first, as in every other transaction on an account. Two of them therefore never wait for each
    /// other, and no other transaction uses or replaces the code.
    async fn redeem(&self, attempt: CodeTry) -> Result<Redemption, RepositoryError> {
        let CodeTry { email, code, new, session } = attempt;
        let (digest, now) = (rows::code_digest(&code), session.created_at);
        write!(self, async |connection| {
            let account = users::table.filter(users::email.eq(email.as_str()));
            let account = lock_row!(account.select(UserRow::as_select()));
            let user: Option<UserRow> = account.get_result(connection).await.optional()?;
            let user_id = user.as_ref().map(|user| user.id);
            let code = password_codes::table.find(user_id.unwrap_or(NOBODY));
            let stored: Option<PasswordCodeRow> = code
                .select(PasswordCodeRow::as_select())
                .get_result(connection)
                .await
                .optional()?;
            let accepted = stored.is_some_and(|stored| stored.accepts(&digest, now));
            let Some(user) = user.filter(|_| accepted) else {
                let one_less = password_codes::tries_left.eq(password_codes::tries_left - 1);
                let left = code.filter(password_codes::tries_left.gt(0));
                diesel::update(left).set(one_less).execute(connection).await?;
                let one_more =
                    password_code_refusals::refusals.eq(password_code_refusals::refusals + 1);
                let counter = password_code_refusals::table.find(1);
                diesel::update(counter).set(one_more).execute(connection).await?;
                return Ok(Redemption::Refused(user_id.map(UserId)));
            };
            if !user.is_active {
                return Ok(Redemption::Inactive(UserId(user.id)));
            }
            diesel::delete(code).execute(connection).await?;
            let own = auth_sessions::table.filter(auth_sessions::user_id.eq(user.id));
            diesel::delete(own).execute(connection).await?;
            let changes = (
                users::password_hash.eq(new.expose()),
                users::last_login.eq(session.created_at.naive_utc()),
            );
            let changed: UserRow = diesel::update(users::table.find(user.id))
                .set(changes)
                .returning(UserRow::as_returning())
                .get_result(connection)
                .await?;
            insert_session!(connection, &session, user.id, user.last_login);
            Ok(Redemption::Redeemed(User::from(changed)))
        })
    }
}
