use super::{AuthService, BrowserSession, CheckPasswordError, SignedIn};
use crate::{
    domain::{
        Client, EmailAddress, FullName, InvalidRegistration, NewAuthSession, NewPassword, NewUser,
        PasswordHash, Registration, RegistrationForm, User,
    },
    ports::{AuthEvent, CreateUserError, PasswordHasherError, RepositoryError, TokenIssuerError},
};

/// Why there is no [`Registration`].
#[derive(Debug, thiserror::Error)]
pub enum CheckRegistrationError {
    /// Something is wrong with what was typed.
    #[error("the registration is not valid")]
    Invalid(InvalidRegistration),
    /// More password work is waiting than can be done in reasonable time.
    #[error("too much password work is waiting")]
    Busy,
}

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Another account has the address.
    #[error("the e-mail address is already registered")]
    EmailTaken,
    /// The password could not be worked on.
    #[error(transparent)]
    PasswordHasher(#[from] PasswordHasherError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The session began, but no token could be made for it.
    #[error(transparent)]
    TokenIssuer(#[from] TokenIssuerError),
}

impl AuthService {
    /// Reads a registration, and names every bad field at once, so that a person mends them in one go.
    ///
    /// # Errors
    ///
    /// See [`CheckRegistrationError`].
    pub async fn check_registration(
        &self,
        form: RegistrationForm<'_>,
    ) -> Result<Registration, CheckRegistrationError> {
        let email = EmailAddress::parse(form.email);
        let full_name = FullName::parse(form.full_name);
        let mut password = NewPassword::parse(form.password);
        if let Ok(chosen) = &password {
            let mut personal = Vec::new();
            personal.extend(email.iter().map(ToString::to_string));
            personal.extend(full_name.iter().flatten().map(|name| name.as_str().to_owned()));
            match self.check_strength(chosen, personal).await {
                Ok(()) => {}
                Err(CheckPasswordError::Invalid(error)) => password = Err(error),
                Err(CheckPasswordError::Busy) => return Err(CheckRegistrationError::Busy),
            }
        }
        match (email, password, full_name) {
            (Ok(email), Ok(password), Ok(full_name)) => {
                Ok(Registration { email, password, full_name })
            }
            (email, password, full_name) => {
                Err(CheckRegistrationError::Invalid(InvalidRegistration {
                    email: email.err(),
                    password: password.err(),
                    full_name: full_name.err(),
                }))
            }
        }
    }

    /// Registers an account and signs it in with an access token.
    ///
    /// The password is hashed before anybody looks whether the address is taken: both answers cost the same.
    ///
    /// # Errors
    ///
    /// See [`RegisterError`]. If the token alone could not be signed, the account exists.
    pub async fn register(
        &self,
        registration: Registration,
        client: Client,
    ) -> Result<SignedIn, RegisterError> {
        let password_hash = self.hash_password(&registration).await?;
        let session = self.new_session(client);
        let (id, now) = (session.id, session.created_at);
        let user = self.create_account(registration, password_hash, session).await?;
        Ok(self.issue_tokens(user, id, now, 0, now)?)
    }

    /// Registers an account and signs a browser in, which presented `previous` until now.
    ///
    /// # Errors
    ///
    /// See [`RegisterError`].
    pub async fn register_browser(
        &self,
        registration: Registration,
        previous: Option<&str>,
        client: Client,
    ) -> Result<BrowserSession, RegisterError> {
        let password_hash = self.hash_password(&registration).await?;
        let (session, secret) = self.new_browser_session(previous, client);
        self.create_account(registration, password_hash, session).await?;
        Ok(self.browser_session(secret))
    }

    async fn hash_password(
        &self,
        registration: &Registration,
    ) -> Result<PasswordHash, PasswordHasherError> {
        let hashed = self.ports.password_hasher.hash(registration.password.as_ref()).await;
        hashed.map_err(|error| self.note_refusal(error))
    }

    async fn create_account(
        &self,
        registration: Registration,
        password_hash: PasswordHash,
        session: NewAuthSession,
    ) -> Result<User, RegisterError> {
        let Registration { email, full_name, .. } = registration;
        let session_id = session.id;
        let user = NewUser { email, full_name, password_hash, created_at: session.created_at };
        match self.ports.users.create(user, session).await {
            Ok(user) => {
                self.record(AuthEvent::Registered { user_id: user.id, session_id });
                Ok(user)
            }
            Err(CreateUserError::EmailTaken) => {
                self.record(AuthEvent::RegistrationRefused);
                Err(RegisterError::EmailTaken)
            }
            Err(CreateUserError::Repository(error)) => Err(error.into()),
        }
    }
}
