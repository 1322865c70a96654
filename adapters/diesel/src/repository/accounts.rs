use std::sync::Arc;

use async_trait::async_trait;
use coach_core::{
    domain::{
        AccountKey, AccountSummary, Credentials, EmailAddress, ImportedAccount, LiveTimes,
        NewPasswordCode, NewUser, User, UserId,
    },
    ports::{AccountRepository, RepositoryError, SaveUserError},
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    super::schema::{auth_sessions, password_codes, users},
    database::Database,
    password_codes::replace_code,
    rows::{
        self, AccountSummaryRow, CredentialsRow, ImportedUserRow, NewPasswordCodeRow, NewUserRow,
        UserRow,
    },
};
use crate::error::{FromDiesel, within_deadline};

pub(super) struct DieselAccountRepository(pub(super) Arc<Database>);

/// The columns of an account, and the number of its sessions within `$live`.
macro_rules! summary {
    ($live:expr) => {{
        let LiveTimes { cutoffs, until } = $live;
        let until = until.naive_utc();
        let live = auth_sessions::table
            .filter(auth_sessions::user_id.eq(users::id))
            .filter(auth_sessions::created_at.gt(cutoffs.begun_by.naive_utc()))
            .filter(auth_sessions::created_at.le(until))
            .filter(auth_sessions::last_seen_at.gt(cutoffs.used_by.naive_utc()))
            .filter(auth_sessions::last_seen_at.le(until))
            .count()
            .single_value();
        (UserRow::as_select(), live)
    }};
}

/// The accounts with ids above `$after`, in the order of their ids.
macro_rules! page {
    ($after:expr, $limit:expr) => {
        users::table
            .filter(users::id.gt($after.map_or(i64::MIN, |after: UserId| after.0)))
            .order(users::id)
            .limit(i64::from($limit))
    };
}

#[async_trait]
impl AccountRepository for DieselAccountRepository {
    async fn add(
        &self,
        user: NewUser,
        code: Option<NewPasswordCode>,
    ) -> Result<User, SaveUserError> {
        let created: Result<UserRow, SaveUserError> = write!(self, async |connection| {
            let created: UserRow = diesel::insert_into(users::table)
                .values(NewUserRow::from(&user))
                .returning(UserRow::as_returning())
                .get_result(connection)
                .await?;
            if let Some(code) = &code {
                replace_code!(connection, created.id, code);
            }
            Ok(created)
        });
        created.map(User::from)
    }

    async fn find(
        &self,
        key: &AccountKey,
        live: LiveTimes,
    ) -> Result<Option<AccountSummary>, RepositoryError> {
        within_deadline(async {
            let found: Option<AccountSummaryRow> = match key {
                AccountKey::Id(id) => {
                    find_one!(self.0, users::table.find(id.0).select(summary!(live)))
                }
                AccountKey::Email(email) => {
                    let with_email = || users::table.filter(users::email.eq(email.to_string()));
                    find_one!(self.0, with_email().select(summary!(live)))
                }
            }?;
            Ok(found.map(rows::summary))
        })
        .await
    }

    async fn list(
        &self,
        after: Option<UserId>,
        limit: u32,
        live: LiveTimes,
    ) -> Result<Vec<AccountSummary>, RepositoryError> {
        within_deadline(async {
            let rows: Vec<AccountSummaryRow> =
                find_all!(self.0, page!(after, limit).select(summary!(live)))?;
            Ok(rows.into_iter().map(rows::summary).collect())
        })
        .await
    }

    async fn list_credentials(
        &self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Credentials>, RepositoryError> {
        within_deadline(async {
            let rows: Vec<CredentialsRow> =
                find_all!(self.0, page!(after, limit).select(CredentialsRow::as_select()))?;
            Ok(rows.into_iter().map(Credentials::from).collect())
        })
        .await
    }

    async fn import(&self, accounts: Vec<ImportedAccount>) -> Result<usize, RepositoryError> {
        write!(self, async |connection| {
            execute_batch!(
                connection,
                diesel::insert_into(users::table)
                    .values(accounts.iter().map(ImportedUserRow::from).collect::<Vec<_>>())
                    .on_conflict(users::email)
                    .do_nothing()
            )
        })
    }

    async fn count_known(&self, emails: Vec<EmailAddress>) -> Result<usize, RepositoryError> {
        within_deadline(async {
            let emails: Vec<String> = emails.iter().map(EmailAddress::to_string).collect();
            let known = || users::table.filter(users::email.eq_any(emails.clone())).count();
            let known: Option<i64> = find_one!(self.0, known())?;
            Ok(known.and_then(|known| known.try_into().ok()).unwrap_or_default())
        })
        .await
    }

    async fn remove(&self, user_id: UserId) -> Result<bool, RepositoryError> {
        let user = users::table.find(user_id.0);
        write_statement!(self, execute, diesel::delete(user)).map(|deleted: usize| deleted > 0)
    }
}
