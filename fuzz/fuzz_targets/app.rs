//! The whole application on mocks that know nobody: what arrives is parsed and refused, and no request is answered with 500.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, TimeDelta};
use coach_core::{
    domain::SessionPolicy,
    ports::{
        InvalidToken, MockAuditLog, MockAuthSessionRepository, MockClock, MockHealthCheck,
        MockPasswordHasher, MockPasswordStrength, MockRandomSource, MockRefreshTokens,
        MockTokenIssuer, MockTokenVerifier, MockUserRepository, PasswordStrengthError,
    },
    services::{AuthService, AuthSettings, Ports},
};
use coach_http::HttpSettings;
use poem::{Endpoint, Request, Response, endpoint::BoxEndpoint};
use tokio::runtime::{Builder, Runtime};

static APP: LazyLock<(Runtime, BoxEndpoint<'static, Response>)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let settings = HttpSettings {
        public_origin: "http://127.0.0.1:8002".to_owned(),
        cors_origins: Vec::new(),
        session_cookie_name: "sid".to_owned(),
        cdn_url: None,
        jwks: serde_json::json!({ "keys": [] }),
    };
    let app = coach_http::app(service(), Arc::new(MockHealthCheck::new()), &settings);
    (runtime, poem::EndpointExt::boxed(poem::EndpointExt::map_to_response(app)))
});

fn service() -> Arc<AuthService> {
    let mut users = MockUserRepository::new();
    users.expect_find_credentials().returning(|_| Ok(None));
    let mut sessions = MockAuthSessionRepository::new();
    sessions.expect_find_by_secret().returning(|_| Ok(None));
    sessions.expect_end_by_secret().returning(|_| Ok(None));
    let mut password_hasher = MockPasswordHasher::new();
    password_hasher.expect_verify().returning(|_, _| Ok(false));
    let mut password_strength = MockPasswordStrength::new();
    password_strength.expect_check().returning(|_, _| Err(PasswordStrengthError::Busy));
    let mut token_verifier = MockTokenVerifier::new();
    token_verifier.expect_verify().returning(|_| Err(InvalidToken));
    let mut clock = MockClock::new();
    clock.expect_now().returning(|| DateTime::UNIX_EPOCH);
    let mut audit_log = MockAuditLog::new();
    audit_log.expect_record().returning(|_| ());
    let ports = Ports {
        users: Arc::new(users),
        sessions: Arc::new(sessions),
        password_hasher: Arc::new(password_hasher),
        password_strength: Arc::new(password_strength),
        token_issuer: Arc::new(MockTokenIssuer::new()),
        token_verifier: Arc::new(token_verifier),
        refresh_tokens: Arc::new(MockRefreshTokens::new()),
        clock: Arc::new(clock),
        random: Arc::new(MockRandomSource::new()),
        audit_log: Arc::new(audit_log),
    };
    let session = SessionPolicy { max_age: TimeDelta::days(30), idle_timeout: TimeDelta::days(7) };
    let access_token_lifetime = TimeDelta::minutes(30);
    Arc::new(AuthService::new(ports, AuthSettings { access_token_lifetime, session }))
}

/// Sends a request; its status, which is no 500.
pub fn send(request: Request) -> u16 {
    let (runtime, app) = &*APP;
    let response = runtime.block_on(app.call(request)).unwrap();
    let status = response.status().as_u16();
    assert_ne!(status, 500);
    status
}
