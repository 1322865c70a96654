//! The rows of one-time codes.

use chrono::{DateTime, NaiveDateTime, Utc};
use coach_core::domain::{NewPasswordCode, PasswordCode};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{super::super::schema::password_codes, StoredTime};

#[derive(Queryable, Selectable)]
#[diesel(table_name = password_codes)]
pub(in super::super) struct PasswordCodeRow {
    digest: String,
    expires_at: StoredTime,
    tries_left: i32,
}

/// A code that replaces a former one.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = password_codes)]
pub(in super::super) struct NewPasswordCodeRow {
    user_id: i64,
    digest: String,
    expires_at: NaiveDateTime,
    tries_left: i32,
}

impl NewPasswordCodeRow {
    pub(in super::super) fn new(user_id: i64, new: &NewPasswordCode) -> Self {
        Self {
            user_id,
            digest: code_digest(&new.code),
            expires_at: new.expires_at.naive_utc(),
            tries_left: PasswordCode::MAX_TRIES.try_into().unwrap_or(i32::MAX),
        }
    }
}

impl PasswordCodeRow {
    /// Returns whether the code with this digest can be used at `now`.
    pub(in super::super) fn accepts(&self, digest: &str, now: DateTime<Utc>) -> bool {
        let is_right = bool::from(self.digest.as_bytes().ct_eq(digest.as_bytes()));
        is_right && now < self.expires_at.utc() && self.tries_left > 0
    }
}

/// Returns the SHA-256 of a code in hexadecimal. 160 random bits cannot be guessed either.
pub(in super::super) fn code_digest(code: &PasswordCode) -> String {
    base16ct::lower::encode_string(&Sha256::digest(code.expose()))
}
