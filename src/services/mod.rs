//! What the core does, one use case a file, with its error enum beside it.

mod authenticate;
mod change_password;
mod login;
mod logout;
mod purge;
mod refresh;
mod register;
mod sessions;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

pub use authenticate::{AuthenticateError, Authenticated};
pub use change_password::{
    ChangePasswordError, CheckPasswordError, ChosenPassword, PasswordChanged,
};
pub use login::LoginError;
pub use logout::LogoutError;
pub use refresh::RefreshError;
pub use register::{CheckRegistrationError, RegisterError};

use crate::{
    domain::{
        AccessClaims, AccessToken, Client, NewAuthSession, RefreshClaims, RefreshToken, SessionId,
        SessionPolicy, SessionSecret, TokenId, User,
    },
    ports::{
        AuditLog, AuthEvent, AuthSessionRepository, Clock, PasswordHasher, PasswordHasherError,
        PasswordStrength, RandomSource, RefreshTokens, TokenIssuer, TokenIssuerError,
        TokenVerifier, UserRepository, random_bytes,
    },
};

/// Every port that the use cases drive. Which adapter stands behind each is the composition root's choice.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of its name")]
pub struct Ports {
    pub users: Arc<dyn UserRepository>,
    pub sessions: Arc<dyn AuthSessionRepository>,
    pub password_hasher: Arc<dyn PasswordHasher>,
    pub password_strength: Arc<dyn PasswordStrength>,
    pub token_issuer: Arc<dyn TokenIssuer>,
    pub token_verifier: Arc<dyn TokenVerifier>,
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub audit_log: Arc<dyn AuditLog>,
}

/// What an operator may choose.
#[derive(Debug, Clone, Copy)]
pub struct AuthSettings {
    /// How long an access token is accepted.
    pub access_token_lifetime: TimeDelta,
    /// How long a session lasts.
    pub session: SessionPolicy,
}

/// The use cases. Each method stands in the file of its name.
pub struct AuthService {
    ports: Ports,
    settings: AuthSettings,
}

/// A user who was just let in, and the tokens that say so.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account.
    pub user: User,
    /// Names the session.
    pub access_token: AccessToken,
    /// How long the access token is accepted.
    pub expires_in: TimeDelta,
    /// What to trade for the next tokens of the session.
    pub refresh_token: RefreshToken,
}

/// A session that a browser was just given.
#[derive(Debug, Clone)]
pub struct BrowserSession {
    /// What it will present.
    pub secret: SessionSecret,
    /// How long the session lasts at the most.
    pub max_age: TimeDelta,
}

/// What a request presents to say who makes it.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// A signed access token.
    AccessToken(&'a str),
    /// The secret of a browser's session.
    SessionSecret(&'a str),
}

impl AuthService {
    /// Plugs the ports in.
    #[must_use]
    pub fn new(ports: Ports, settings: AuthSettings) -> Self {
        Self { ports, settings }
    }

    fn new_session(&self, client: Client) -> NewAuthSession {
        NewAuthSession {
            id: SessionId::from_random(random_bytes(&*self.ports.random)),
            created_at: self.ports.clock.now(),
            client,
            secret: None,
            replaces: None,
        }
    }

    /// A session for a browser, which presented `previous`, and its secret.
    fn new_browser_session(
        &self,
        previous: Option<&str>,
        client: Client,
    ) -> (NewAuthSession, SessionSecret) {
        let secret = SessionSecret::from_random(random_bytes(&*self.ports.random));
        let session = NewAuthSession {
            secret: Some(secret.clone()),
            replaces: previous.and_then(SessionSecret::parse),
            ..self.new_session(client)
        };
        (session, secret)
    }

    fn issue_tokens(
        &self,
        user: User,
        session_id: SessionId,
        begun_at: DateTime<Utc>,
        generation: u32,
        now: DateTime<Utc>,
    ) -> Result<SignedIn, TokenIssuerError> {
        let issued_at = now.trunc_subsecs(0);
        let left = self.settings.session.time_left(begun_at, now);
        // No token promises more than its session has left.
        let expires_in = self.settings.access_token_lifetime.min(left);
        let expires_in = TimeDelta::seconds(expires_in.num_seconds());
        let access_token = self.ports.token_issuer.issue(&AccessClaims {
            user_id: user.id,
            session_id,
            token_id: TokenId::from_random(random_bytes(&*self.ports.random)),
            issued_at,
            expires_at: issued_at + expires_in,
            not_before: None,
        })?;
        let refresh_token =
            self.ports.refresh_tokens.issue(RefreshClaims { session_id, generation });
        Ok(SignedIn { user, access_token, expires_in, refresh_token })
    }

    fn browser_session(&self, secret: SessionSecret) -> BrowserSession {
        BrowserSession { secret, max_age: self.settings.session.max_age }
    }

    fn record(&self, event: AuthEvent) {
        self.ports.audit_log.record(event);
    }

    /// Passes an error of the hasher on, and writes it down if it is a refusal.
    fn note_refusal(&self, error: PasswordHasherError) -> PasswordHasherError {
        if matches!(error, PasswordHasherError::Busy) {
            self.record(AuthEvent::PasswordWorkRefused);
        }
        error
    }
}
