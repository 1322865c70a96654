//! Database rows and their conversions to and from domain types. Stored times are UTC.

mod audit_trail;
mod auth_sessions;
mod password_codes;
mod practice_sessions;
mod users;

use chrono::{DateTime, NaiveDateTime, Utc};
use coach_core::ports::RepositoryError;
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
};

pub(super) use self::{
    audit_trail::AuditEntryRow,
    auth_sessions::{NewAuthSessionRow, SessionDetailsRow, digest, digests},
    password_codes::{NewPasswordCodeRow, PasswordCodeRow, code_digest},
    practice_sessions::PracticeSessionRow,
    users::{
        AccountSummaryRow, CredentialsRow, ImportedUserRow, NewUserRow, UserChangeset, UserRow,
        summary,
    },
};
pub(crate) use self::{
    audit_trail::NewAuditEntryRow,
    auth_sessions::{SessionKey, UserSessionRow},
};

/// A time that another program may have written. An unreadable time becomes 1970, which ends a session but does not
/// lock its user out.
#[derive(Debug, Clone, Copy, FromSqlRow)]
pub(crate) struct StoredTime(NaiveDateTime);

impl<ST, DB: Backend> FromSql<ST, DB> for StoredTime
where
    NaiveDateTime: FromSql<ST, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(NaiveDateTime::from_sql(bytes).unwrap_or_default()))
    }
}

impl StoredTime {
    pub(super) fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }
}

/// Reports a stored value that breaks a rule of the domain. Another program must have written it.
fn corrupt(what: &str) -> RepositoryError {
    RepositoryError::Failed(format!("a stored {what} is not valid").into())
}
