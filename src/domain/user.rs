use chrono::{DateTime, Utc};

use super::{EmailAddress, FullName, PasswordHash};

/// A user's number. The repository assigns it and never reuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i64);

/// An account, without its password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The account's number.
    pub id: UserId,
    /// The email address, unique among all accounts.
    pub email: EmailAddress,
    /// The user's name, if they gave one.
    pub full_name: Option<FullName>,
    /// Whether the account can be used. An operator can deactivate it.
    pub is_active: bool,
    /// The last login with a password, if there was one after the registration.
    pub last_login: Option<DateTime<Utc>>,
    /// When the account was registered.
    pub created_at: DateTime<Utc>,
}

/// An account to be stored. New accounts are active.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The account's email address.
    pub email: EmailAddress,
    /// The user's name, if they gave one.
    pub full_name: Option<FullName>,
    /// The hash of the account's password.
    pub password_hash: PasswordHash,
    /// The time of the registration.
    pub created_at: DateTime<Utc>,
}

/// An account and its password hash.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// The stored hash.
    pub password_hash: PasswordHash,
}
