use std::{mem, sync::Arc};

use coach_core::{
    domain::{
        AccessClaims, AccessToken, AuthSession, Client, Credentials, EmailAddress, NewUser,
        PasswordHash, PracticePage, RefreshClaims, RefreshToken, Refusal, SessionDetails,
        SessionId, TokenId, User, UserId, UserSession,
    },
    ports::{
        Admission, AuthSessionRepository, Clock, InvalidToken, LoginLookup, MockAccessTokens,
        MockAuthSessionRepository, MockHealthCheck, MockPasswordCodeRepository, MockPasswordHasher,
        MockPasswordStrength, MockPracticeCursors, MockPracticeSessionRepository,
        MockRefreshTokens, MockUserRepository, PasswordCodeRepository, PracticeSessionRepository,
        Redemption, UserRepository, Verdict,
    },
    services::{AuthService, Ports},
};
use coach_http::HttpSettings;
use coach_memory::MemoryStorage;
use coach_tests::{Persona, SETTINGS, TestAuditLog, TestClock, TestRandom, http_settings, serve};

/// Mocks of every port. An unexpected call panics, and the server responds with 500.
pub struct Mocks {
    pub users: MockUserRepository,
    pub sessions: MockAuthSessionRepository,
    pub password_codes: MockPasswordCodeRepository,
    pub practice_sessions: MockPracticeSessionRepository,
    pub password_hasher: MockPasswordHasher,
    pub password_strength: MockPasswordStrength,
    pub access_tokens: MockAccessTokens,
    pub refresh_tokens: MockRefreshTokens,
    pub practice_cursors: MockPracticeCursors,
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
            password_codes: MockPasswordCodeRepository::new(),
            practice_sessions: MockPracticeSessionRepository::new(),
            password_hasher: MockPasswordHasher::new(),
            password_strength: MockPasswordStrength::new(),
            access_tokens: MockAccessTokens::new(),
            refresh_tokens: MockRefreshTokens::new(),
            practice_cursors: MockPracticeCursors::new(),
            health: MockHealthCheck::new(),
            clock: TestClock::default(),
            audit_log: TestAuditLog::default(),
            http: http_settings(),
        }
    }

    /// Makes refresh tokens contain their claims as plain text.
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

    /// Adds defaults for the calls of most tests. Earlier expectations take precedence. There is one user, with a live
    /// session. The access token is the text `valid`, the session cookie is `SECRET`, and passwords hash to themselves.
    pub fn permissive(self) -> Self {
        let mut mocks = self;
        let clock = mocks.clock.clone();
        mocks.password_strength.expect_check().returning(|_, _| Ok(()));
        mocks.password_hasher.expect_admit().returning(|| Ok(Admission::default()));
        mocks
            .password_hasher
            .expect_hash()
            .returning(|password| Ok(PasswordHash::new(password.expose().to_owned())));
        mocks.password_hasher.expect_verify().returning(|password, hash, _| {
            let matches = hash.is_some_and(|hash| hash.expose() == password.expose());
            Ok(if matches { Verdict::Right } else { Verdict::Wrong })
        });
        mocks.users.expect_create().returning(|user, _| Ok(stored(&user)));
        mocks.users.expect_find_credentials().returning({
            let clock = clock.clone();
            move |email| Ok((email.as_str() == EMAIL).then(|| credentials(&clock)))
        });
        mocks.users.expect_find_for_login().returning({
            let clock = clock.clone();
            move |email| {
                let found = email.is_some_and(|email| email.as_str() == EMAIL);
                let credentials = found.then(|| credentials(&clock));
                Ok(LoginLookup { credentials, ..LoginLookup::default() })
            }
        });
        mocks.sessions.expect_begin().returning({
            let clock = clock.clone();
            move |_, _, _| Ok(Some(user(&clock)))
        });
        mocks.sessions.expect_find().returning({
            let clock = clock.clone();
            move |_| Ok(Some(user_session(&clock)))
        });
        mocks.sessions.expect_end().returning(|_, _| Ok(true));
        mocks.sessions.expect_find_by_secret().returning({
            let clock = clock.clone();
            move |secret| {
                let found = secret.expose() == SECRET;
                Ok(found.then(|| user_session(&clock)))
            }
        });
        mocks.sessions.expect_end_by_secrets().returning({
            let clock = clock.clone();
            move |secrets| {
                let ours = secrets.iter().filter(|secret| secret.expose() == SECRET);
                Ok(ours.map(|_| (session(&clock).user_id, session(&clock).id)).collect())
            }
        });
        mocks.sessions.expect_list().returning({
            let clock = clock.clone();
            move |_| {
                let session = session(&clock);
                Ok(vec![SessionDetails { session, client: Client::default() }])
            }
        });
        mocks.practice_sessions.expect_list().returning(|_, _| Ok(PracticePage::default()));
        mocks.practice_sessions.expect_scores().returning(|_| Ok(Vec::new()));
        mocks.password_codes.expect_redeem().returning({
            let clock = clock.clone();
            move |attempt| {
                let is_right = attempt.email.as_str() == EMAIL && attempt.code.expose() == CODE;
                Ok(match is_right {
                    true => Redemption::Redeemed(user(&clock)),
                    false => Redemption::Refused(None),
                })
            }
        });
        mocks.access_tokens.expect_issue().returning(|_| Ok(AccessToken::new("valid".to_owned())));
        mocks.access_tokens.expect_verify().returning(move |token| match token {
            "valid" => Ok(claims(&clock)),
            _ => Err(InvalidToken(Refusal::Forged)),
        });
        mocks.plain_refresh_tokens();
        mocks.health.expect_check().returning(|| Ok(()));
        mocks
    }

    pub async fn serve(mut self) -> Persona {
        let users = Arc::new(mem::take(&mut self.users));
        let sessions = Arc::new(mem::take(&mut self.sessions));
        let codes = Arc::new(mem::take(&mut self.password_codes));
        let practice_sessions = Arc::new(mem::take(&mut self.practice_sessions));
        self.serve_with(users, sessions, codes, practice_sessions).await
    }

    /// Starts the server on repositories in memory.
    pub async fn serve_on_memory(self) -> Persona {
        let storage = Arc::new(MemoryStorage::default());
        self.serve_with(storage.clone(), storage.clone(), storage.clone(), storage).await
    }

    async fn serve_with(
        self,
        users: Arc<dyn UserRepository>,
        sessions: Arc<dyn AuthSessionRepository>,
        password_codes: Arc<dyn PasswordCodeRepository>,
        practice_sessions: Arc<dyn PracticeSessionRepository>,
    ) -> Persona {
        let ports = Ports {
            users,
            sessions,
            password_codes,
            practice_sessions,
            health: Arc::new(self.health),
            password_hasher: Arc::new(self.password_hasher),
            password_strength: Arc::new(self.password_strength),
            access_tokens: Arc::new(self.access_tokens),
            refresh_tokens: Arc::new(self.refresh_tokens),
            practice_cursors: Arc::new(self.practice_cursors),
            clock: Arc::new(self.clock),
            random: Arc::new(TestRandom::new(1)),
            audit_log: Arc::new(self.audit_log),
            audit_trail: Arc::new(MemoryStorage::default()),
        };
        serve(AuthService::new(ports, SETTINGS), self.http).await
    }
}

/// The session cookie of the user.
pub const SECRET: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4";
/// The user's one-time code.
pub const CODE: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
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
        previous_login: None,
    }
}

pub fn user_session(clock: &TestClock) -> UserSession {
    UserSession { user: user(clock), session: session(clock) }
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
