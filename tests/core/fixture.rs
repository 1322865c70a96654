//! The use cases without HTTP: repositories in memory, a clock that the test sets, tokens that the test can read.

use std::sync::Arc;

use chrono::TimeDelta;
use coach_core::{
    domain::{
        AccessClaims, AuthEvent, Channel, Client, EmailAddress, Grant, IssuedTokens, NewPassword,
        Password, Registration, SessionId, SessionSecret, UserId, UserSession,
    },
    ports::{AuthSessionRepository as _, Clock as _, UserRepository as _},
    services::{
        AuthService, AuthSettings, AuthenticateError, ChangePasswordError, Credential, LoginError,
        Operator, OperatorPorts, Ports, RefreshError, RegisterError, SignedIn,
    },
};
use coach_memory::MemoryStorage;
use coach_tests::{PASSWORD, SETTINGS, TestAuditLog, TestClock, TestRandom};
use futures_util::FutureExt as _;

use crate::fakes;

pub const EMAIL: &str = "test@example.com";
pub const OTHER_EMAIL: &str = "other@example.com";
pub const NEW_PASSWORD: &str = "AnotherPass456!";
pub const WRONG: &str = "WrongPass123!";
/// The resolution of a clock.
pub const INSTANT: TimeDelta = TimeDelta::microseconds(1);

/// Asserts that a result is an error of this form.
macro_rules! assert_refused {
    ($result:expr, $error:pat) => {{
        let result = $result;
        assert!(matches!(result, Err($error)), "{result:?}");
    }};
}

/// A service and everything around it. A test replaces ports and settings before it acts.
pub struct World {
    pub ports: Ports,
    pub settings: AuthSettings,
    pub memory: Arc<MemoryStorage>,
    pub clock: TestClock,
    pub audit_log: TestAuditLog,
}

impl World {
    pub fn new() -> Self {
        let memory = Arc::new(MemoryStorage::new());
        let (clock, audit_log) = (TestClock::default(), TestAuditLog::default());
        let ports = Ports {
            users: memory.clone(),
            sessions: memory.clone(),
            password_codes: memory.clone(),
            practice_sessions: memory.clone(),
            health: memory.clone(),
            password_hasher: Arc::new(fakes::password_hasher()),
            password_strength: Arc::new(fakes::password_strength()),
            access_tokens: Arc::new(fakes::access_tokens()),
            refresh_tokens: Arc::new(fakes::refresh_tokens()),
            practice_cursors: Arc::new(fakes::practice_cursors()),
            clock: Arc::new(clock.clone()),
            random: Arc::new(TestRandom::new(1)),
            audit_log: Arc::new(audit_log.clone()),
            audit_trail: memory.clone(),
        };
        Self { ports, settings: SETTINGS, memory, clock, audit_log }
    }

    /// A world with the account [`EMAIL`], signed in with tokens.
    pub async fn with_user() -> (Self, SignedIn) {
        let world = Self::new();
        let user = world.user(EMAIL).await;
        (world, user)
    }

    pub fn auth(&self) -> AuthService {
        AuthService::new(self.ports.clone(), self.settings)
    }

    pub fn operator(&self) -> Operator {
        let Ports { users, sessions, password_codes, audit_trail, .. } = self.ports.clone();
        let Ports { password_hasher, password_strength, clock, random, audit_log, .. } =
            self.ports.clone();
        let accounts = self.memory.clone();
        let ports = OperatorPorts {
            users,
            accounts,
            sessions,
            password_codes,
            password_hasher,
            password_strength,
            clock,
            random,
            audit_log,
            audit_trail,
        };
        Operator::new(ports, self.settings.session)
    }

    /// Does something else through the service while the next password is verified.
    pub fn while_verifying(&mut self, act: impl FnOnce(&AuthService) + Send + 'static) {
        let auth = self.auth();
        let verifier = self.ports.password_hasher.clone();
        let hasher = verifier.clone();
        let mut act = Some(act);
        let mut mock = fakes::idle_hasher();
        mock.expect_hash().returning(move |password| now(hasher.hash(password)));
        mock.expect_verify().returning(move |password, hash, schemes| {
            if let Some(act) = act.take() {
                act(&auth);
            }
            now(verifier.verify(password, hash, schemes))
        });
        self.ports.password_hasher = Arc::new(mock);
    }
}

/// Arrangements. They leave no event.
impl World {
    /// A world with the account [`EMAIL`], whose password hash is outdated, signed in with tokens.
    pub async fn with_outdated_hash() -> (Self, SignedIn) {
        let mut world = Self::new();
        world.ports.password_hasher = Arc::new(fakes::outdated_hasher());
        let user = world.user(EMAIL).await;
        world.ports.password_hasher = Arc::new(fakes::password_hasher());
        (world, user)
    }

    /// A new account, signed in with tokens.
    pub async fn user(&self, email: &str) -> SignedIn {
        let signed_in = self.register(email, PASSWORD, Channel::Tokens).await.unwrap();
        self.events();
        signed_in
    }

    /// [`EMAIL`], signed in with tokens once more.
    pub async fn device(&self) -> SignedIn {
        let signed_in = self.log_in(EMAIL, PASSWORD, Channel::Tokens).await.unwrap();
        self.events();
        signed_in
    }

    /// [`EMAIL`], signed in with a session secret.
    pub async fn browser(&self) -> SignedIn {
        let signed_in = self.log_in(EMAIL, PASSWORD, replacing(&[])).await.unwrap();
        self.events();
        signed_in
    }

    pub async fn deactivate(&self, user: &SignedIn) {
        assert!(self.operator().deactivate(user.user.id).await.unwrap());
        self.events();
    }
}

/// Use cases.
impl World {
    pub async fn register(
        &self,
        email: &str,
        password: &str,
        channel: Channel,
    ) -> Result<SignedIn, RegisterError> {
        let registration = Registration::parse(email, password, "Test User").unwrap();
        self.auth().register(registration, channel, Client::default()).await
    }

    pub async fn log_in(
        &self,
        email: &str,
        password: &str,
        channel: Channel,
    ) -> Result<SignedIn, LoginError> {
        self.auth().log_in(email, &self::password(password), channel, Client::default()).await
    }

    pub async fn authenticate(&self, user: &SignedIn) -> Result<UserSession, AuthenticateError> {
        self.auth().authenticate(credential(user)).await
    }

    pub async fn log_out(&self, user: &SignedIn) {
        self.auth().log_out(&[credential(user)]).await.unwrap();
    }

    pub async fn refresh(&self, user: &SignedIn) -> Result<SignedIn, RefreshError> {
        self.auth().refresh(tokens(user).refresh_token.expose()).await
    }

    pub async fn change_password(
        &self,
        user: &SignedIn,
        current: &str,
        new: &str,
        channel: Channel,
    ) -> Result<SignedIn, ChangePasswordError> {
        let caller = self.caller(user).await;
        let (current, new) = (password(current), NewPassword::parse(new).unwrap());
        self.auth().change_password(&caller, &current, new, channel, Client::default()).await
    }
}

/// Observations. They change nothing and leave no event.
impl World {
    /// What was recorded since the last call.
    pub fn events(&self) -> Vec<AuthEvent> {
        self.audit_log.take()
    }

    pub async fn session_id(&self, user: &SignedIn) -> SessionId {
        match &user.grant {
            Grant::Tokens(_) => claims(user).session_id,
            Grant::SessionSecret(secret) => {
                self.memory.find_by_secret(secret).await.unwrap().unwrap().session.id
            }
        }
    }

    /// The stored session, as a request of its user finds it.
    pub async fn caller(&self, user: &SignedIn) -> UserSession {
        let id = self.session_id(user).await;
        self.memory.find(id).await.unwrap().unwrap()
    }

    /// The stored password hash of [`EMAIL`].
    pub async fn stored_hash(&self) -> String {
        let found = self.memory.find_credentials(&email(EMAIL)).await.unwrap();
        found.unwrap().password_hash.expose().to_owned()
    }

    pub async fn is_live(&self, user: &SignedIn) -> bool {
        let found = match &user.grant {
            Grant::Tokens(_) => self.memory.find(claims(user).session_id).await,
            Grant::SessionSecret(secret) => self.memory.find_by_secret(secret).await,
        };
        let policy = self.settings.session;
        found.unwrap().is_some_and(|found| policy.admit(found, self.clock.now()).is_ok())
    }

    /// The number of stored sessions of an account, live or not.
    pub async fn count_sessions(&self, user_id: UserId) -> usize {
        self.memory.list(user_id).await.unwrap().len()
    }
}

/// Returns what a future that never waits returns.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

/// The channel of a browser that presented the secrets of these sessions.
pub fn replacing(presented: &[&SignedIn]) -> Channel {
    Channel::SessionSecret { replaces: presented.iter().map(|user| secret(user).clone()).collect() }
}

#[track_caller]
pub fn tokens(user: &SignedIn) -> &IssuedTokens {
    let Grant::Tokens(tokens) = &user.grant else { panic!("{user:?} has a secret") };
    tokens
}

#[track_caller]
pub fn secret(user: &SignedIn) -> &SessionSecret {
    let Grant::SessionSecret(secret) = &user.grant else { panic!("{user:?} has tokens") };
    secret
}

pub fn credential(user: &SignedIn) -> Credential<'_> {
    match &user.grant {
        Grant::Tokens(tokens) => Credential::AccessToken(tokens.access_token.expose()),
        Grant::SessionSecret(secret) => Credential::SessionSecret(secret.expose()),
    }
}

/// The claims of the access token.
#[track_caller]
pub fn claims(user: &SignedIn) -> AccessClaims {
    fakes::read_access_token(tokens(user).access_token.expose()).unwrap()
}
