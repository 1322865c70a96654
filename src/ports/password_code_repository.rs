use async_trait::async_trait;

use super::RepositoryError;
use crate::domain::{
    EmailAddress, NewAuthSession, NewPasswordCode, PasswordCode, PasswordHash, User, UserId,
};

/// A try to choose a new password with a code.
#[derive(Debug, Clone)]
pub struct CodeTry {
    /// The email address that was entered.
    pub email: EmailAddress,
    /// The code that was entered.
    pub code: PasswordCode,
    /// The hash of the new password.
    pub new: PasswordHash,
    /// The new session, which replaces all others. It begins at the time of the try.
    pub session: NewAuthSession,
}

/// The outcome of [`PasswordCodeRepository::redeem`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redemption {
    /// The password was changed.
    Redeemed(User),
    /// The code is right, but this account is inactive.
    Inactive(UserId),
    /// The code is wrong, used or expired, or no account has the email address. Contains the account, if it exists.
    Refused(Option<UserId>),
}

/// Stores one-time codes for new passwords. Every method MUST be atomic. Every process that shares the storage MUST see a
/// change immediately.
///
/// An account has at most one code. The code MUST NOT be stored, only a digest of it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordCodeRepository: Send + Sync {
    /// Stores a code, which replaces the account's former one. Returns `false` if the account does not exist.
    async fn issue(&self, user_id: UserId, code: NewPasswordCode) -> Result<bool, RepositoryError>;

    /// Uses the code of the account with this email address. Stores the new password hash and the session, sets the account's
    /// `last_login` to the start of the session, and ends every other session of the account and those that the new one
    /// replaces.
    ///
    /// - The session MUST store the `last_login` that it replaces as its `previous_login`.
    /// - Of any number of calls with the same code, even concurrent ones from several processes, at most one MUST return
    ///   [`Redemption::Redeemed`].
    /// - It MUST refuse a code at and after its expiry, and after [`PasswordCode::MAX_TRIES`] refused tries for the account,
    ///   which it MUST count exactly. A new code has all its tries.
    /// - If the account is inactive, a right code MUST change nothing.
    /// - A refused try MUST cost the same work whether or not the account and its code exist, and MUST compare codes in
    ///   constant time.
    async fn redeem(&self, attempt: CodeTry) -> Result<Redemption, RepositoryError>;
}
