//! Helpers for the black-box suites: a server on its own port, and its clients.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use coach_core::{
    domain::{AuthEvent, SessionPolicy},
    ports::{AuditLog, Clock, RandomSource},
    services::{AuthService, AuthSettings},
};
use coach_http::{HttpSettings, SupportContact};
use poem::{
    Server,
    listener::{Acceptor, Listener, TcpListener},
};
use reqwest::{Method, RequestBuilder, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};

pub const COOKIE: &str = "pm_coach_session";
pub const PASSWORD: &str = "TestPass123!";

pub const SETTINGS: AuthSettings = AuthSettings {
    access_token_lifetime: TimeDelta::minutes(30),
    session: SessionPolicy { max_age: TimeDelta::days(30), idle_timeout: TimeDelta::days(7) },
    audit_retention: TimeDelta::days(365),
};

pub fn http_settings() -> HttpSettings {
    HttpSettings {
        public_origin: "http://coach.example".to_owned(),
        cors_origins: Vec::new(),
        session_cookie_name: COOKIE.to_owned(),
        cdn_url: None,
        trusted_proxies: Vec::new(),
        support_contact: SupportContact::Operator,
        token_format: "JWT",
        jwks: json!({"keys": []}),
        observer: None,
    }
}

/// Starts a server on its own port. It stops with the runtime of the test.
pub async fn serve(auth: AuthService, settings: HttpSettings) -> Persona {
    let app = coach_http::app(Arc::new(auth), &settings);
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = acceptor.local_addr().remove(0).as_socket_addr().unwrap().to_owned();
    tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
    Persona::anonymous(format!("http://{address}"))
}

/// A client: anonymous, with an access token, or with a session cookie.
#[derive(Clone)]
pub struct Persona {
    pub base_url: String,
    pub token: Option<String>,
    /// The value of the session cookie.
    pub cookie: Option<String>,
    http: reqwest::Client,
}

/// A response of the server.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Persona {
    pub fn anonymous(base_url: String) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .redirect(Policy::none())
            .no_proxy();
        Self { base_url, token: None, cookie: None, http: http.build().unwrap() }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub fn with_cookie(&self, value: &str) -> Self {
        Self { cookie: Some(value.to_owned()), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base_url));
        if let Some(value) = &self.cookie {
            request = request.header("cookie", format!("{COOKIE}={value}"));
        }
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    /// Submits a form like a browser.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        Answer::of(self.request(Method::POST, path).form(fields)).await
    }

    /// Requests a page like a browser.
    pub async fn visit(&self, path: &str) -> Answer {
        let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        Answer::of(self.request(Method::GET, path).header("accept", accept)).await
    }

    pub async fn register(&self, email: &str) -> Answer {
        self.post("/auth/register", json!({ "email": email, "password": PASSWORD })).await
    }

    pub async fn login(&self, email: &str, password: &str) -> Answer {
        self.post("/auth/login", json!({ "email": email, "password": password })).await
    }

    pub async fn logout(&self) -> Answer {
        Answer::of(self.request(Method::POST, "/auth/logout")).await
    }

    pub async fn me(&self) -> Answer {
        self.get("/auth/me").await
    }

    /// Registers an account and returns a client with its access token.
    pub async fn registered(&self, email: &str) -> Self {
        let answer = self.register(email).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        self.with_token(&answer.token())
    }
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub fn token(&self) -> String {
        self.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Returns the value and the attributes of the session cookie in the response.
    pub fn session_cookie(&self) -> Option<(String, String)> {
        let cookie = self.header("set-cookie")?.strip_prefix(COOKIE)?.strip_prefix('=')?;
        let (value, attributes) = cookie.split_once("; ").unwrap();
        Some((value.to_owned(), attributes.to_owned()))
    }

    /// Asserts that the response is a page with this status.
    #[track_caller]
    pub fn assert_page(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("text/html; charset=utf-8"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        assert!(self.text.starts_with("<!doctype html>"), "{self:?}");
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the kind of problem. Asserts that the response is a problem (RFC 9457).
    pub fn problem(&self) -> String {
        let body = self.json();
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(body["status"], self.status, "{self:?}");
        let text = |member: &str| body[member].as_str().is_some_and(|text| !text.is_empty());
        assert!(text("title") && text("detail"), "{self:?}");
        assert!(self.header("x-request-id").is_some(), "{self:?}");
        body["type"].as_str().unwrap().strip_prefix("/problems/").unwrap().to_owned()
    }

    /// Returns the invalid fields in order.
    pub fn bad_fields(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        let named = |error: &Value| {
            assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
            error["field"].as_str().unwrap().to_owned()
        };
        errors.iter().map(named).collect()
    }
}

/// A clock that a test sets.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<DateTime<Utc>>>);

impl TestClock {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Default for TestClock {
    /// Returns the time in the examples of the API documentation.
    fn default() -> Self {
        Self::at("2026-02-13T12:00:00Z".parse().unwrap())
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A predictable source of bytes that differ between calls and between sources.
pub struct TestRandom {
    seed: u8,
    calls: AtomicU8,
}

impl TestRandom {
    pub const fn new(seed: u8) -> Self {
        Self { seed, calls: AtomicU8::new(0) }
    }
}

impl RandomSource for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.calls.fetch_add(1, Ordering::SeqCst));
        buffer[0] = self.seed;
    }
}

/// An audit log that keeps its events.
#[derive(Clone, Default)]
pub struct TestAuditLog(Arc<Mutex<Vec<AuthEvent>>>);

impl TestAuditLog {
    /// Returns the events since the last call.
    pub fn take(&self) -> Vec<AuthEvent> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl AuditLog for TestAuditLog {
    fn record(&self, event: AuthEvent) {
        self.0.lock().unwrap().push(event);
    }
}
