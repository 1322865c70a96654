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
        let cdn_url = cdn_url.map(|url| url.parse().unwrap());
        let settings = HttpSettings { cdn_url, ..http_settings() };
        let client = server_with(&database, audit_log.clone(), settings).await;
        Self { client, audit_log, database }
    }

    /// Registers an account.
    pub async fn with_account(self) -> Self {
        let fields = [("email", EMAIL), ("password", PASSWORD), ("full_name", "Test User")];
        assert_eq!(self.client.submit("/auth/register", &fields).await.status, 303);
        self.audit_log.take();
        self
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
