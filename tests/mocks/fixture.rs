use std::sync::{Arc, Mutex};

use coach_core::{
    domain::{
        AccessClaims, AccessToken, AuthSession, Client, Credentials, EmailAddress, NewAuthSession,
        NewUser, PasswordHash, RefreshClaims, RefreshToken, SessionDetails, SessionId, TokenId,
        User, UserId,
    },
    ports::{
        Clock, CreateUserError, InvalidToken, MockAuthSessionRepository, MockHealthCheck,
        MockPasswordHasher, MockPasswordStrength, MockRefreshTokens, MockTokenIssuer,
        MockTokenVerifier, MockUserRepository,
    },
    services::{AuthService, Ports},
};
use coach_http::HttpSettings;
use coach_tests::{Persona, SETTINGS, TestAuditLog, TestClock, TestRandom, http_settings, serve};

/// Mocks of every port. A call that a test did not expect panics, which the server answers with 500.
pub struct Mocks {
    pub users: MockUserRepository,
    pub sessions: MockAuthSessionRepository,
    pub password_hasher: MockPasswordHasher,
    pub password_strength: MockPasswordStrength,
    pub token_issuer: MockTokenIssuer,
    pub token_verifier: MockTokenVerifier,
    pub refresh_tokens: MockRefreshTokens,
    pub health: MockHealthCheck,
    pub clock: TestClock,
    pub audit_log: TestAuditLog,
    pub http: HttpSettings,
}

impl Mocks {
    pub fn new() -> Self {
        Self {
            users: MockUserRepository::new(),
            sessions: MockAuthSessionRepository::new(),
            password_hasher: MockPasswordHasher::new(),
            password_strength: MockPasswordStrength::new(),
            token_issuer: MockTokenIssuer::new(),
            token_verifier: MockTokenVerifier::new(),
            refresh_tokens: MockRefreshTokens::new(),
            health: MockHealthCheck::new(),
            clock: TestClock::default(),
            audit_log: TestAuditLog::default(),
            http: http_settings(),
        }
    }

    /// Refresh tokens are what they say, as text.
    pub fn plain_refresh_tokens(&mut self) {
        self.refresh_tokens.expect_issue().returning(|claims| {
            RefreshToken::new(format!("{}/{}", claims.session_id, claims.generation))
        });
        self.refresh_tokens.expect_verify().returning(|token| {
            let (session_id, generation) = token.split_once('/')?;
            let session_id = SessionId::parse(session_id)?;
            Some(RefreshClaims { session_id, generation: generation.parse().ok()? })
        });
    }

    /// Lets the test's one user in by token or by cookie, where the test did not expect otherwise before: passwords hash to themselves, a
    /// token is the text `valid`, and its session is alive.
    pub fn permissive(self) -> Self {
        let mut mocks = self;
        let clock = mocks.clock.clone();
        mocks.password_strength.expect_check().returning(|_, _| Ok(()));
        mocks
            .password_hasher
            .expect_hash()
            .returning(|password| Ok(PasswordHash::new(password.expose().to_owned())));
        mocks.password_hasher.expect_verify().returning(|password, hash| {
            Ok(hash.is_some_and(|hash| hash.expose() == password.expose()))
        });
        mocks.users.expect_create().returning(|user, _| Ok(stored(&user)));
        mocks.users.expect_find_credentials().returning({
            let clock = clock.clone();
            move |email| Ok((email.as_str() == EMAIL).then(|| credentials(&clock)))
        });
        mocks.sessions.expect_begin().returning({
            let clock = clock.clone();
            move |_, _, _| Ok(Some(user(&clock)))
        });
        mocks.sessions.expect_find().returning({
            let clock = clock.clone();
            move |_| Ok(Some((session(&clock), user(&clock))))
        });
        mocks.sessions.expect_end().returning(|_| Ok(true));
        mocks.sessions.expect_find_by_secret().returning({
            let clock = clock.clone();
            move |secret| {
                let found = secret.expose() == SECRET;
                Ok(found.then(|| (session(&clock), user(&clock))))
            }
        });
        mocks.sessions.expect_end_by_secret().returning({
            let clock = clock.clone();
            move |secret| Ok((secret.expose() == SECRET).then(|| session(&clock).id))
        });
        mocks.sessions.expect_list().returning({
            let clock = clock.clone();
            move |_| {
                let session = session(&clock);
                Ok(vec![SessionDetails { session, client: Client::default() }])
            }
        });
        mocks.token_issuer.expect_issue().returning(|_| Ok(AccessToken::new("valid".to_owned())));
        mocks.token_verifier.expect_verify().returning(move |token| match token {
            "valid" => Ok(claims(&clock)),
            _ => Err(InvalidToken),
        });
        mocks.plain_refresh_tokens();
        mocks.health.expect_check().returning(|| Ok(()));
        mocks
    }

    pub async fn serve(self) -> Persona {
        let ports = Ports {
            users: Arc::new(self.users),
            sessions: Arc::new(self.sessions),
            password_hasher: Arc::new(self.password_hasher),
            password_strength: Arc::new(self.password_strength),
            token_issuer: Arc::new(self.token_issuer),
            token_verifier: Arc::new(self.token_verifier),
            refresh_tokens: Arc::new(self.refresh_tokens),
            clock: Arc::new(self.clock),
            random: Arc::new(TestRandom::new(1)),
            audit_log: Arc::new(self.audit_log),
        };
        serve(AuthService::new(ports, SETTINGS), Arc::new(self.health), self.http).await
    }
}

/// The session cookie of the test's one user.
pub const SECRET: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4";
pub const EMAIL: &str = "test@example.com";

pub fn user(clock: &TestClock) -> User {
    User {
        id: UserId(1),
        email: EmailAddress::parse(EMAIL).unwrap(),
        full_name: None,
        is_active: true,
        last_login: None,
        created_at: clock.now(),
    }
}

pub fn credentials(clock: &TestClock) -> Credentials {
    let password_hash = PasswordHash::new(coach_tests::PASSWORD.to_owned());
    Credentials { user: user(clock), password_hash }
}

pub fn session(clock: &TestClock) -> AuthSession {
    AuthSession {
        id: SessionId::from_random([7; 16]),
        user_id: UserId(1),
        created_at: clock.now(),
        last_seen_at: clock.now(),
        refresh_generation: 0,
    }
}

pub fn claims(clock: &TestClock) -> AccessClaims {
    AccessClaims {
        user_id: UserId(1),
        session_id: session(clock).id,
        token_id: TokenId::from_random([8; 16]),
        issued_at: clock.now(),
        expires_at: clock.now() + SETTINGS.access_token_lifetime,
        not_before: None,
    }
}

pub fn stored(user: &NewUser) -> User {
    User {
        id: UserId(1),
        email: user.email.clone(),
        full_name: user.full_name.clone(),
        is_active: true,
        last_login: None,
        created_at: user.created_at,
    }
}

/// Accounts and sessions in memory, for mocks that remember.
#[derive(Default)]
pub struct Memory {
    users: Vec<(User, PasswordHash)>,
    sessions: Vec<AuthSession>,
}

impl Memory {
    /// Makes the repositories of `mocks` remember what they are told.
    pub fn remember(mocks: &mut Mocks) {
        mocks.plain_refresh_tokens();
        let memory = Arc::new(Mutex::new(Self::default()));
        let shared = || memory.clone();
        mocks.users.expect_create().returning({
            let memory = shared();
            move |user, session| memory.lock().unwrap().create(&user, session)
        });
        mocks.users.expect_find_credentials().returning({
            let memory = shared();
            move |email| {
                let memory = memory.lock().unwrap();
                let found = memory.users.iter().find(|(user, _)| user.email == *email).cloned();
                Ok(found.map(|(user, password_hash)| Credentials { user, password_hash }))
            }
        });
        mocks.sessions.expect_begin().returning({
            let memory = shared();
            move |user_id, _, session| Ok(memory.lock().unwrap().begin(user_id, session))
        });
        mocks.sessions.expect_find().returning({
            let memory = shared();
            move |id| {
                let memory = memory.lock().unwrap();
                let session = memory.sessions.iter().find(|session| session.id == id).copied();
                let user =
                    |id| memory.users.iter().find(|(user, _)| user.id == id).unwrap().0.clone();
                Ok(session.map(|session| (session, user(session.user_id))))
            }
        });
        mocks.sessions.expect_end().returning({
            let memory = shared();
            move |id| {
                let sessions = &mut memory.lock().unwrap().sessions;
                let before = sessions.len();
                sessions.retain(|session| session.id != id);
                Ok(sessions.len() < before)
            }
        });
    }

    fn create(&mut self, user: &NewUser, session: NewAuthSession) -> Result<User, CreateUserError> {
        if self.users.iter().any(|(known, _)| known.email == user.email) {
            return Err(CreateUserError::EmailTaken);
        }
        let id = UserId(self.users.len() as i64 + 1);
        let stored = User { id, ..stored(user) };
        self.users.push((stored.clone(), user.password_hash.clone()));
        self.begin(id, session);
        Ok(stored)
    }

    fn begin(&mut self, user_id: UserId, session: NewAuthSession) -> Option<User> {
        self.sessions.push(AuthSession {
            id: session.id,
            user_id,
            created_at: session.created_at,
            last_seen_at: session.created_at,
            refresh_generation: 0,
        });
        self.users.iter().find(|(user, _)| user.id == user_id).map(|(user, _)| user.clone())
    }
}
