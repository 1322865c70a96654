//! The whole application on storage in memory. It refuses every request, and never with 500.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use chrono::{DateTime, TimeDelta};
use coach_core::{
    domain::{Refusal, SessionPolicy},
    ports::{
        Admission, InvalidToken, MockAccessTokens, MockAuditLog, MockClock, MockHealthCheck,
        MockPasswordHasher, MockPasswordStrength, MockPracticeCursors, MockRandomSource,
        MockRefreshTokens, PasswordStrengthError, Verdict,
    },
    services::{AuthService, AuthSettings, Ports},
};
use coach_http::{HttpSettings, SupportContact};
use coach_memory::MemoryStorage;
use poem::{Endpoint, EndpointExt, Request, RequestBuilder, Response, endpoint::BoxEndpoint};
use tokio::runtime::{Builder, Runtime};

static APP: LazyLock<(Runtime, BoxEndpoint<'static, Response>)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let settings = HttpSettings {
        public_origin: "http://127.0.0.1:8002".to_owned(),
        cors_origins: Vec::new(),
        session_cookie_name: "sid".to_owned(),
        cdn_url: None,
        trusted_proxies: Vec::new(),
        support_contact: SupportContact::Operator,
        token_format: "JWT",
        jwks: serde_json::json!({ "keys": [] }),
        observer: None,
    };
    (runtime, coach_http::app(service(), &settings).map_to_response().boxed())
});

/// Returns a service without accounts. No token is valid, and the password check of a registration is always busy.
fn service() -> Arc<AuthService> {
    let storage = Arc::new(MemoryStorage::default());
    let mut password_hasher = MockPasswordHasher::new();
    password_hasher.expect_admit().returning(|| Ok(Admission::default()));
    password_hasher.expect_verify().returning(|_, _, _| Ok(Verdict::Wrong));
    let mut password_strength = MockPasswordStrength::new();
    password_strength
        .expect_check()
        .returning(|_, _| Err(PasswordStrengthError::Busy { retry_after: Duration::ZERO }));
    let mut access_tokens = MockAccessTokens::new();
    access_tokens.expect_verify().returning(|_| Err(InvalidToken(Refusal::Forged)));
    let mut refresh_tokens = MockRefreshTokens::new();
    refresh_tokens.expect_verify().returning(|_| None);
    let mut health = MockHealthCheck::new();
    health.expect_check().returning(|| Ok(()));
    let mut clock = MockClock::new();
    clock.expect_now().returning(|| DateTime::UNIX_EPOCH);
    let mut audit_log = MockAuditLog::new();
    audit_log.expect_record().returning(|_| ());
    let ports = Ports {
        users: storage.clone(),
        sessions: storage.clone(),
        password_codes: storage.clone(),
        practice_sessions: storage.clone(),
        health: Arc::new(health),
        password_hasher: Arc::new(password_hasher),
        password_strength: Arc::new(password_strength),
        access_tokens: Arc::new(access_tokens),
        refresh_tokens: Arc::new(refresh_tokens),
        practice_cursors: Arc::new(MockPracticeCursors::new()),
        clock: Arc::new(clock),
        random: Arc::new(MockRandomSource::new()),
        audit_log: Arc::new(audit_log),
        audit_trail: storage,
    };
    let session = SessionPolicy { max_age: TimeDelta::days(30), idle_timeout: TimeDelta::days(7) };
    let access_token_lifetime = TimeDelta::minutes(30);
    let audit_retention = TimeDelta::days(365);
    Arc::new(AuthService::new(ports, AuthSettings { access_token_lifetime, session, audit_retention }))
}

/// Starts a request to the application.
pub fn request(path: &str) -> RequestBuilder {
    Request::builder().uri_str(path).header("host", "127.0.0.1:8002")
}

/// Sends a request and returns its status. Asserts that it is not 500.
pub fn send(request: Request) -> u16 {
    let (runtime, app) = &*APP;
    let response = runtime.block_on(app.call(request)).unwrap();
    let status = response.status().as_u16();
    assert_ne!(status, 500);
    status
}
