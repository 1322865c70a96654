//! Sessions of browsers, on mocks. The same use cases with access tokens are tested through HTTP in `tests/mocks`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{AuthService, AuthSettings, AuthenticateError, Credential, Ports};
use crate::{
    domain::{
        AuthSession, Client, Credentials, EmailAddress, Password, PasswordHash, SessionDetails,
        SessionId, SessionPolicy, SessionSecret, User, UserId,
    },
    ports::{
        MockAuditLog, MockAuthSessionRepository, MockClock, MockPasswordHasher,
        MockPasswordStrength, MockRandomSource, MockRefreshTokens, MockTokenIssuer,
        MockTokenVerifier, MockUserRepository,
    },
};

const PREVIOUS: &str = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn user() -> User {
    User {
        id: UserId(1),
        email: EmailAddress::parse("test@example.com").unwrap(),
        full_name: None,
        is_active: true,
        last_login: None,
        created_at: now(),
    }
}

fn session(age: TimeDelta, idle: TimeDelta) -> AuthSession {
    AuthSession {
        id: SessionId::from_random([1; 16]),
        user_id: UserId(1),
        created_at: now() - age,
        last_seen_at: now() - idle,
        refresh_generation: 0,
    }
}

/// A service whose random bytes are all `0xab`, and whose other ports expect nothing.
fn service(users: MockUserRepository, sessions: MockAuthSessionRepository) -> AuthService {
    let (mut clock, mut random) = (MockClock::new(), MockRandomSource::new());
    let (mut hasher, mut audit_log) = (MockPasswordHasher::new(), MockAuditLog::new());
    clock.expect_now().returning(now);
    random.expect_fill().returning(|buffer| buffer.fill(0xab));
    hasher.expect_verify().returning(|_, hash| Ok(hash.is_some()));
    audit_log.expect_record().returning(|_| ());
    let ports = Ports {
        users: Arc::new(users),
        sessions: Arc::new(sessions),
        password_hasher: Arc::new(hasher),
        password_strength: Arc::new(MockPasswordStrength::new()),
        token_issuer: Arc::new(MockTokenIssuer::new()),
        token_verifier: Arc::new(MockTokenVerifier::new()),
        refresh_tokens: Arc::new(MockRefreshTokens::new()),
        clock: Arc::new(clock),
        random: Arc::new(random),
        audit_log: Arc::new(audit_log),
    };
    let session = SessionPolicy { max_age: TimeDelta::days(30), idle_timeout: TimeDelta::days(7) };
    AuthService::new(ports, AuthSettings { access_token_lifetime: TimeDelta::minutes(30), session })
}

#[tokio::test]
async fn a_browser_login_begins_a_session_of_a_new_secret_in_place_of_the_old_one() {
    for (previous, replaced) in
        [(None, None), (Some(PREVIOUS), Some(PREVIOUS)), (Some("planted"), None)]
    {
        let mut users = MockUserRepository::new();
        users.expect_find_credentials().returning(|_| {
            let password_hash = PasswordHash::new(String::new());
            Ok(Some(Credentials { user: user(), password_hash }))
        });
        let mut sessions = MockAuthSessionRepository::new();
        sessions
            .expect_begin()
            .withf(move |_, _, session| {
                let text = |secret: &Option<SessionSecret>| {
                    secret.as_ref().map(|secret| secret.expose().to_owned())
                };
                text(&session.secret) == Some("ab".repeat(32))
                    && text(&session.replaces).as_deref() == replaced
            })
            .times(1)
            .returning(|_, _, _| Ok(Some(user())));
        let password = Password::parse("TestPass123!").unwrap();
        let service = service(users, sessions);
        let begun = service
            .login_browser("test@example.com", &password, previous, Client::default())
            .await
            .unwrap();
        assert_eq!(begun.secret.expose(), "ab".repeat(32));
        assert_eq!(begun.max_age, TimeDelta::days(30));
    }
}

#[tokio::test]
async fn a_secret_authenticates_and_its_cookie_is_renewed_when_the_use_is_written_down() {
    for (idle, renewed) in
        [(TimeDelta::minutes(4), None), (TimeDelta::minutes(5), Some(TimeDelta::days(20)))]
    {
        let mut sessions = MockAuthSessionRepository::new();
        sessions
            .expect_find_by_secret()
            .withf(|secret| secret.expose() == PREVIOUS)
            .returning(move |_| Ok(Some((session(TimeDelta::days(10), idle), user()))));
        sessions.expect_touch().times(usize::from(renewed.is_some())).returning(|_, _| Ok(()));
        let service = service(MockUserRepository::new(), sessions);
        let found = service.authenticate(Credential::SessionSecret(PREVIOUS)).await.unwrap();
        assert_eq!((found.user, found.renewed), (user(), renewed));
    }
}

#[tokio::test]
async fn what_is_no_secret_is_refused_without_asking_the_repository() {
    let service = service(MockUserRepository::new(), MockAuthSessionRepository::new());
    for text in ["", "valid", "a.b.c", "11111111-1111-4111-8111-111111111111"] {
        let refused = service.authenticate(Credential::SessionSecret(text)).await;
        assert!(matches!(refused, Err(AuthenticateError::InvalidCredential)), "{text:?}");
        service.logout(Credential::SessionSecret(text)).await.unwrap();
    }
}

#[tokio::test]
async fn sessions_that_are_over_are_not_listed() {
    let mut sessions = MockAuthSessionRepository::new();
    let alive = session(TimeDelta::days(10), TimeDelta::days(1));
    let idle = session(TimeDelta::days(10), TimeDelta::days(7));
    let aged = session(TimeDelta::days(30), TimeDelta::zero());
    let details = |session| SessionDetails { session, client: Client::default() };
    sessions.expect_list().returning(move |_| Ok([aged, alive, idle].map(details).into()));
    let service = service(MockUserRepository::new(), sessions);
    assert_eq!(service.sessions(UserId(1)).await.unwrap(), [details(alive)]);
}

#[tokio::test]
async fn a_logout_by_a_secret_ends_its_session() {
    let mut sessions = MockAuthSessionRepository::new();
    sessions
        .expect_end_by_secret()
        .withf(|secret| secret.expose() == PREVIOUS)
        .times(1)
        .returning(|_| Ok(Some(SessionId::from_random([1; 16]))));
    let service = service(MockUserRepository::new(), sessions);
    service.logout(Credential::SessionSecret(PREVIOUS)).await.unwrap();
}

#[tokio::test]
async fn what_is_purged_is_over_by_its_age_or_its_last_use() {
    let mut sessions = MockAuthSessionRepository::new();
    sessions
        .expect_purge()
        .withf(|begun_by, used_by, limit| {
            let (age, idle) = (now() - *begun_by, now() - *used_by);
            (age, idle, *limit) == (TimeDelta::days(30), TimeDelta::days(7), 500)
        })
        .times(1)
        .returning(|_, _, _| Ok(3));
    let service = service(MockUserRepository::new(), sessions);
    assert_eq!(service.purge_expired_sessions(500).await.unwrap(), 3);
}
