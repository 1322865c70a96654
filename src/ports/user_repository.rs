use async_trait::async_trait;

use super::RepositoryError;
use crate::domain::{
    Credentials, EmailAddress, NewAuthSession, NewUser, PasswordHash, PasswordScheme,
    ProfileChange, SessionId, User, UserId,
};

/// Maximum number of schemes that [`UserRepository::find_for_login`] returns. A table has one for each hasher that
/// ever filled it, and bcrypt has a scheme for each cost.
pub const MAX_SCHEMES: usize = 32;

/// Stores accounts. Every method MUST be atomic. Every process that shares the storage MUST see a change immediately.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Stores an account and its first session, under the rules of
    /// [`AuthSessionRepository::begin`](super::AuthSessionRepository::begin).
    ///
    /// - Of any number of calls with the same email address, even concurrent ones from several processes, exactly one
    ///   MUST succeed. The others MUST fail with [`SaveUserError::EmailTaken`] and change nothing.
    /// - The id MUST be one that no account ever had.
    async fn create(&self, user: NewUser, session: NewAuthSession) -> Result<User, SaveUserError>;

    /// Returns the account with this email address, active or not, and its password hash.
    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<Credentials>, RepositoryError>;

    /// Like [`find_credentials`](Self::find_credentials), and also returns the distinct schemes of all stored password
    /// hashes, at most [`MAX_SCHEMES`]. No account has the address `None`.
    ///
    /// It MAY leave out the scheme of new hashes, and texts without a scheme. It MUST take as long with many accounts as
    /// with few, and as long for an account as for none.
    // mockall needs the named lifetime.
    #[allow(clippy::needless_lifetimes)]
    async fn find_for_login<'a>(
        &self,
        email: Option<&'a EmailAddress>,
    ) -> Result<LoginLookup, RepositoryError>;

    /// Stores a new password hash and a new session. Ends every other session of the account, the sessions that the new
    /// one replaces, and the account's one-time code. Returns the account.
    ///
    /// The new session MUST have the `previous_login` of the session in which the change is made.
    ///
    /// If the account is inactive, has a password hash other than the verified one, or no longer has the session in
    /// which the change is made, it MUST change nothing and return `None`.
    async fn change_password(
        &self,
        user_id: UserId,
        change: PasswordChange,
    ) -> Result<Option<User>, RepositoryError>;

    /// Stores a change to the profile. Returns the account.
    ///
    /// - If another account has the new email address, it MUST fail with [`SaveUserError::EmailTaken`] and change
    ///   nothing.
    /// - If the account is inactive or deleted, it MUST change nothing and return `None`. The same applies if there is
    ///   a new email address and the account has a password hash other than the verified one. These checks come before
    ///   the check for a taken email address.
    async fn update_profile(
        &self,
        user_id: UserId,
        change: ProfileChange,
    ) -> Result<Option<User>, SaveUserError>;

    /// Deletes the account, its sessions and its practice sessions. Returns whether an account was deleted.
    ///
    /// If the account is inactive or has a password hash other than `verified`, it MUST change nothing and return
    /// `false`.
    async fn delete(
        &self,
        user_id: UserId,
        verified: &PasswordHash,
    ) -> Result<bool, RepositoryError>;

    /// Activates or deactivates the account. Returns whether that changed the account, or `None` if it does not exist.
    /// A deactivation MUST end every session of the account.
    async fn set_active(
        &self,
        user_id: UserId,
        active: bool,
    ) -> Result<Option<bool>, RepositoryError>;
}

/// What a login compares a password with.
#[derive(Debug, Clone, Default)]
pub struct LoginLookup {
    /// The account and its hash.
    pub credentials: Option<Credentials>,
    /// The schemes of all stored hashes, which the work for a wrong password depends on.
    pub schemes: Vec<PasswordScheme>,
}

/// A password change, after the current password was verified.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The hash that the current password was compared with.
    pub verified: PasswordHash,
    /// The hash of the new password.
    pub new: PasswordHash,
    /// The session in which the change is made.
    pub made_in: SessionId,
    /// The new session, which replaces all others.
    pub session: NewAuthSession,
}

/// An account could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum SaveUserError {
    /// Another account has the email address.
    #[error("the email address is already registered")]
    EmailTaken,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}
