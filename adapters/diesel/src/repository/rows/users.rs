//! The rows of accounts.

use chrono::NaiveDateTime;
use coach_core::domain::{
    AccountSummary, Credentials, EmailAddress, FullName, ImportedAccount, NewUser, PasswordHash,
    User, UserId,
};
use diesel::prelude::*;

use super::{super::super::schema::users, StoredTime};

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    pub(in super::super) id: i64,
    email: String,
    full_name: Option<String>,
    pub(in super::super) is_active: bool,
    pub(in super::super) last_login: Option<StoredTime>,
    created_at: StoredTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(in super::super) struct CredentialsRow {
    #[diesel(embed)]
    user: UserRow,
    password_hash: String,
}

#[derive(Insertable)]
#[diesel(table_name = users)]
pub(in super::super) struct NewUserRow<'a> {
    email: &'a str,
    full_name: Option<&'a str>,
    password_hash: &'a str,
    created_at: NaiveDateTime,
}

/// An account and the number of its live sessions.
pub(in super::super) type AccountSummaryRow = (UserRow, Option<i64>);

/// An account of another database. Every column has a value, so that many rows fit into one statement on SQLite too.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(in super::super) struct ImportedUserRow<'a> {
    email: &'a str,
    full_name: Option<&'a str>,
    password_hash: &'a str,
    is_active: bool,
    last_login: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
}

/// The changes to a row. `None` leaves a column unchanged.
#[derive(AsChangeset)]
#[diesel(table_name = users)]
pub(in super::super) struct UserChangeset {
    pub(in super::super) email: Option<String>,
    pub(in super::super) full_name: Option<Option<String>>,
    /// Always `true`, which the row already has. An update must set at least one column.
    pub(in super::super) is_active: bool,
}

/// Cleans values that break a rule instead of failing, because another program may have written them and no user must
/// be locked out.
impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId(row.id),
            email: EmailAddress::restore(&row.email),
            full_name: row.full_name.as_deref().and_then(FullName::restore),
            is_active: row.is_active,
            last_login: row.last_login.map(StoredTime::utc),
            created_at: row.created_at.utc(),
        }
    }
}

impl From<CredentialsRow> for Credentials {
    fn from(row: CredentialsRow) -> Self {
        Self { user: row.user.into(), password_hash: PasswordHash::new(row.password_hash) }
    }
}

impl<'a> From<&'a NewUser> for NewUserRow<'a> {
    fn from(user: &'a NewUser) -> Self {
        Self {
            email: user.email.as_str(),
            full_name: user.full_name.as_ref().map(FullName::as_str),
            password_hash: user.password_hash.expose(),
            created_at: user.created_at.naive_utc(),
        }
    }
}

impl<'a> From<&'a ImportedAccount> for ImportedUserRow<'a> {
    fn from(account: &'a ImportedAccount) -> Self {
        Self {
            email: account.email.as_str(),
            full_name: account.full_name.as_ref().map(FullName::as_str),
            password_hash: account.password_hash.expose(),
            is_active: account.is_active,
            last_login: account.last_login.map(|time| time.naive_utc()),
            created_at: account.created_at.naive_utc(),
        }
    }
}

pub(in super::super) fn summary((user, live): AccountSummaryRow) -> AccountSummary {
    let live_sessions = live.and_then(|live| live.try_into().ok()).unwrap_or_default();
    AccountSummary { user: user.into(), live_sessions }
}
