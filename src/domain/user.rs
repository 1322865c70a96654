use chrono::{DateTime, Utc};

use super::{EmailAddress, FullName, PasswordHash};

/// A user's number, given by the repository and never given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i64);

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The account's number.
    pub id: UserId,
    /// Unique among all accounts.
    pub email: EmailAddress,
    /// How to call the person, if they said.
    pub full_name: Option<FullName>,
    /// Whether the account may be used; an operator can turn it off.
    pub is_active: bool,
    /// The last login with a password, if there was one since the registration.
    pub last_login: Option<DateTime<Utc>>,
    /// When the account was registered.
    pub created_at: DateTime<Utc>,
}

/// An account to be stored. It begins active.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The account's address.
    pub email: EmailAddress,
    /// How to call the person, if they said.
    pub full_name: Option<FullName>,
    /// The hash of the account's password.
    pub password_hash: PasswordHash,
    /// The time of the registration.
    pub created_at: DateTime<Utc>,
}

/// An account with what its password is checked against.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// The stored hash.
    pub password_hash: PasswordHash,
}
