use super::{AuthService, Authenticated, BrowserSession, SignedIn};
use crate::{
    domain::{Client, NewPassword, Password, PasswordError, User},
    ports::{
        AuthEvent, PasswordChange, PasswordHasherError, PasswordStrengthError, RepositoryError,
        TokenIssuerError,
    },
};

/// A password that may be chosen. One exists only after [`AuthService::check_new_password`] found nothing wrong with it,
/// its strength included.
#[derive(Debug, Clone)]
pub struct ChosenPassword(NewPassword);

/// Why a password may not be chosen.
#[derive(Debug, thiserror::Error)]
pub enum CheckPasswordError {
    /// It breaks a rule.
    #[error(transparent)]
    Invalid(#[from] PasswordError),
    /// More password work is waiting than can be done in reasonable time.
    #[error("too much password work is waiting")]
    Busy,
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password is another one.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The account or the present session ended while this was under way.
    #[error("the session is over")]
    SessionOver,
    /// The password could not be worked on.
    #[error(transparent)]
    PasswordHasher(#[from] PasswordHasherError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The password is changed, but no token could be made.
    #[error(transparent)]
    TokenIssuer(#[from] TokenIssuerError),
}

/// What a change of password gives to the caller, whose former credentials are all over.
#[derive(Debug, Clone)]
pub struct PasswordChanged {
    /// For a client that uses tokens.
    pub signed_in: SignedIn,
    /// For a browser: the same session.
    pub browser_session: BrowserSession,
}

impl AuthService {
    /// Reads a password that a user chooses in place of the present one.
    ///
    /// # Errors
    ///
    /// See [`CheckPasswordError`].
    pub async fn check_new_password(
        &self,
        user: &User,
        password: &str,
    ) -> Result<ChosenPassword, CheckPasswordError> {
        let password = NewPassword::parse(password)?;
        let name = user.full_name.as_ref().map(|name| name.as_str().to_owned());
        let personal = [user.email.to_string()].into_iter().chain(name).collect();
        self.check_strength(&password, personal).await?;
        Ok(ChosenPassword(password))
    }

    /// The part of the check that takes work.
    pub(super) async fn check_strength(
        &self,
        password: &NewPassword,
        personal: Vec<String>,
    ) -> Result<(), CheckPasswordError> {
        match self.ports.password_strength.check(password, personal).await {
            Ok(()) => Ok(()),
            Err(PasswordStrengthError::Weak(weak)) => Err(PasswordError::Weak(weak).into()),
            Err(PasswordStrengthError::Busy) => {
                self.record(AuthEvent::PasswordWorkRefused);
                Err(CheckPasswordError::Busy)
            }
        }
    }

    /// Changes the caller's password. Every session of theirs ends, with all its credentials; a new one takes the place of
    /// the present one. Whoever got in with the old password is out (ASVS 5.0, 6.2.3 and 7.4.3).
    ///
    /// # Errors
    ///
    /// See [`ChangePasswordError`].
    pub async fn change_password(
        &self,
        caller: &Authenticated,
        current: &Password,
        new: ChosenPassword,
        client: Client,
    ) -> Result<PasswordChanged, ChangePasswordError> {
        let user_id = caller.user.id;
        let found = self.ports.users.find_credentials(&caller.user.email).await?;
        let verified = found.ok_or(ChangePasswordError::SessionOver)?.password_hash;
        let hasher = &self.ports.password_hasher;
        let verdict = hasher.verify(current, Some(&verified)).await;
        if !verdict.map_err(|error| self.note_refusal(error))? {
            self.record(AuthEvent::PasswordChangeRefused { user_id });
            return Err(ChangePasswordError::WrongPassword);
        }
        let hashed = hasher.hash(new.0.as_ref()).await;
        let new = hashed.map_err(|error| self.note_refusal(error))?;
        let (session, secret) = self.new_browser_session(None, client);
        let (session_id, now) = (session.id, session.created_at);
        let change = PasswordChange { verified, new, made_in: caller.session.id, session };
        let changed = self.ports.users.change_password(user_id, change).await?;
        let user = changed.ok_or(ChangePasswordError::SessionOver)?;
        self.record(AuthEvent::PasswordChanged { user_id, session_id });
        Ok(PasswordChanged {
            signed_in: self.issue_tokens(user, session_id, now, 0, now)?,
            browser_session: self.browser_session(secret),
        })
    }
}
