use super::{AuthService, SignedIn};
use crate::{
    domain::{
        AuthEvent, Channel, Client, Credentials, EmailAddress, NewAuthSession, Password,
        PasswordHash, PasswordScheme, User, UserId,
    },
    ports::{
        AccessTokensError, LoginLookup, PasswordHasherError, RepositoryError, Verdict,
        VerifiedPassword,
    },
};

/// A login failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The account does not exist, or the password is wrong. The caller does not learn which (OWASP Authentication
    /// Cheat Sheet).
    #[error("wrong email address or password")]
    InvalidCredentials,
    /// The password is correct, but the account is inactive.
    #[error("the account is inactive")]
    Inactive,
    /// The password could not be verified.
    #[error(transparent)]
    PasswordHasher(#[from] PasswordHasherError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The session began, but its tokens could not be created.
    #[error(transparent)]
    AccessTokens(#[from] AccessTokensError),
}

/// A login with the right password, before its session begins.
struct CheckedLogin {
    user: User,
    password: VerifiedPassword,
    was_outdated: bool,
}

impl AuthService {
    /// Logs a user in. An outdated password hash is replaced. A malformed `email` is treated like an unknown one.
    ///
    /// # Errors
    ///
    /// See [`LoginError`].
    pub async fn log_in(
        &self,
        email: &str,
        password: &Password,
        channel: Channel,
        client: Client,
    ) -> Result<SignedIn, LoginError> {
        let login = self.check_password(email, password).await?;
        let begin = async |session| self.begin_session(login, password, session).await;
        self.open_session(channel, client, begin).await
    }

    async fn check_password(
        &self,
        email: &str,
        password: &Password,
    ) -> Result<CheckedLogin, LoginError> {
        let _place = self.admit()?;
        let email = EmailAddress::parse(email).ok();
        let LoginLookup { credentials: found, schemes } =
            self.ports.users.find_for_login(email.as_ref()).await?;
        let hash = found.as_ref().map(|credentials| &credentials.password_hash);
        // No password is right for an account without one, at the cost of an unknown account.
        let hash = hash.filter(|hash| !hash.is_none());
        match (self.verify(password, hash, &schemes).await?, found) {
            (Verdict::Right, Some(Credentials { user, password_hash })) => {
                let password = password_hash.into();
                Ok(CheckedLogin { user, password, was_outdated: false })
            }
            (Verdict::RightButOutdated, Some(Credentials { user, password_hash: hash })) => {
                let rehashed = self.rehash(&user, password).await;
                let password = VerifiedPassword { hash, rehashed };
                Ok(CheckedLogin { user, password, was_outdated: true })
            }
            (_, found) => {
                let user_id = found.map(|credentials| credentials.user.id);
                self.record(AuthEvent::LoginFailed { user_id });
                Err(LoginError::InvalidCredentials)
            }
        }
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        schemes: &[PasswordScheme],
    ) -> Result<Verdict, LoginError> {
        let verdict = self.ports.password_hasher.verify(password, hash, schemes).await;
        Ok(verdict.map_err(|error| self.note_refusal(error))?)
    }

    /// Hashes the password anew. Returns `None` if that is not possible now, because the login can do without.
    async fn rehash(&self, user: &User, password: &Password) -> Option<PasswordHash> {
        if !user.is_active {
            return None;
        }
        let rehashed = self.ports.password_hasher.hash(password).await;
        rehashed.map_err(|error| self.note_refusal(error)).ok()
    }

    /// Begins a session. The repository checks again that the account is active and its password unchanged, because
    /// both may have changed since the account was read.
    ///
    /// If a concurrent login replaced an outdated hash, the password is compared with the new one. That happens at most
    /// once, because a current hash is not replaced again.
    async fn begin_session(
        &self,
        CheckedLogin { user, password: verified, was_outdated }: CheckedLogin,
        password: &Password,
        session: NewAuthSession,
    ) -> Result<User, LoginError> {
        if let Some(user) = self.try_begin(user.id, &verified, session.clone()).await? {
            return Ok(user);
        }
        let found = self.ports.users.find_credentials(&user.email).await?;
        let found = found.filter(|found| found.user.id == user.id);
        if found.as_ref().is_some_and(|found| !found.user.is_active) {
            self.record(AuthEvent::InactiveLogin { user_id: user.id });
            return Err(LoginError::Inactive);
        }
        if let Some(Credentials { password_hash, .. }) = found.filter(|_| was_outdated)
            && self.verify(password, Some(&password_hash), &[]).await? != Verdict::Wrong
            && let Some(user) = self.try_begin(user.id, &password_hash.into(), session).await?
        {
            return Ok(user);
        }
        self.record(AuthEvent::LoginFailed { user_id: Some(user.id) });
        Err(LoginError::InvalidCredentials)
    }

    /// Begins a session unless the account has changed since its password was verified.
    async fn try_begin(
        &self,
        user_id: UserId,
        verified: &VerifiedPassword,
        session: NewAuthSession,
    ) -> Result<Option<User>, RepositoryError> {
        let session_id = session.id;
        let begun = self.ports.sessions.begin(user_id, verified, session).await?;
        if begun.is_some() {
            if verified.rehashed.is_some() {
                self.record(AuthEvent::PasswordRehashed { user_id });
            }
            self.record(AuthEvent::LoggedIn { user_id, session_id });
        }
        Ok(begun)
    }
}
