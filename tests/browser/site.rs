//! A server with its own database.

use coach_core::{
    domain::{EmailAddress, NewPasswordCode, PasswordCode},
    ports::{Clock as _, random_bytes},
};
use coach_http::HttpSettings;
use coach_server::{OsRandom, SystemClock};
use coach_tests::{PASSWORD, Persona, TestAuditLog, http_settings};

use crate::{cdn, databases::Database, server::server_with};

pub const EMAIL: &str = "test@example.com";

pub struct Site {
    /// A client of the API.
    pub client: Persona,
    pub audit_log: TestAuditLog,
    pub database: Database,
    pub has_cdn: bool,
}

impl Site {
    /// Starts a server without a CDN.
    pub async fn alone() -> Self {
        Self::new(None).await
    }

    /// Starts a server with a CDN for HTMX and fonts.
    pub async fn with_cdn() -> Self {
        Self::new(Some(cdn::genuine().await)).await
    }

    pub async fn new(cdn_url: Option<String>) -> Self {
        let (database, audit_log) = (Database::sqlite().await, TestAuditLog::default());
        let has_cdn = cdn_url.is_some();
        let cdn_url = cdn_url.map(|url| url.parse().unwrap());
        let settings = HttpSettings { cdn_url, ..http_settings() };
        let client = server_with(&database, audit_log.clone(), settings).await;
        Self { client, audit_log, database, has_cdn }
    }

    /// Registers an account.
    pub async fn with_account(self) -> Self {
        let fields = [("email", EMAIL), ("password", PASSWORD), ("full_name", "Test User")];
        assert_eq!(self.client.submit("/auth/register", &fields).await.status, 303);
        self.audit_log.take();
        self
    }

    /// Adds ended practice sessions to the account, one an hour. The first of every three has a score.
    pub async fn add_practice(&self, count: u32) {
        let rows = format!(
            "WITH RECURSIVE numbers (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {count})
            SELECT printf('00000000-0000-4000-8000-%012x', n), (SELECT id FROM users),
                CASE n % 4 WHEN 0 THEN 'Strategy' WHEN 1 THEN 'Product sense' WHEN 2 THEN 'Execution' END,
                CASE n % 5 WHEN 0 THEN 'rapid' ELSE 'standard' END, CASE n % 2 WHEN 0 THEN 25 END,
                datetime('2026-02-13 12:00:00', (n - {count}) || ' hours'),
                datetime('2026-02-13 12:40:00', (n - {count}) || ' hours'),
                CASE n % 3 WHEN 0 THEN 5 + n % 7 * 0.5 END FROM numbers"
        );
        let columns =
            "id, user_id, category_filter, mode, timer_minutes, started_at, ended_at, avg_score";
        self.database.execute(&format!("INSERT INTO practice_sessions ({columns}) {rows}")).await;
    }

    /// Starts a practice session of the account, after all that [`add_practice`](Self::add_practice) adds.
    pub async fn start_practice(&self) {
        self.start_practice_at("2026-02-13 12:00:00").await;
    }

    /// Starts a practice session of the account, before all that [`add_practice`](Self::add_practice) adds.
    pub async fn start_practice_before_all(&self) {
        self.start_practice_at("2026-01-13 12:00:00").await;
    }

    async fn start_practice_at(&self, time: &str) {
        let id = "11111111-1111-4111-8111-111111111111";
        let row = format!("SELECT '{id}', id, 'Strategy', '{time}' FROM users");
        let columns = "id, user_id, category_filter, started_at";
        self.database.execute(&format!("INSERT INTO practice_sessions ({columns}) {row}")).await;
    }

    /// Makes a one-time code for the account, as an operator does.
    pub async fn issue_code(&self) -> String {
        let code = PasswordCode::from_random(random_bytes(&OsRandom));
        let text = code.expose_grouped();
        let expires_at = SystemClock.now() + PasswordCode::LIFETIME;
        let repositories = self.database.open().await;
        let email = EmailAddress::parse(EMAIL).unwrap();
        let account = repositories.users.find_credentials(&email).await.unwrap().unwrap();
        let code = NewPasswordCode { code, expires_at };
        assert!(repositories.password_codes.issue(account.user.id, code).await.unwrap());
        text
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.client.base_url)
    }
}
