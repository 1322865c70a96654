//! Decorators of the core's ports, which add a span to each call inside a traced request.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coach_core::{
    domain::{
        AuditEntry, AuditEntryId, AuditPosition, Credentials, Cutoffs, EmailAddress, NewAuditEntry,
        NewAuthSession, NewPassword, NewPasswordCode, NewUser, PasswordHash, PracticePage,
        PracticeQuery, PracticeScore, PracticeSession, PracticeSessionId, ProfileChange,
        SessionDetails, SessionId, SessionSecret, User, UserId, UserSession,
    },
    ports::{
        AuditTrail, AuthSessionRepository, CodeTry, HealthCheck, LoginLookup, PasswordChange,
        PasswordCodeRepository, PasswordStrength, PasswordStrengthError, PracticeSessionRepository,
        Redemption, RepositoryError, SaveUserError, Spend, UserRepository, VerifiedPassword,
    },
};
use opentelemetry::{
    Context, KeyValue,
    trace::{Span, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer},
};

use crate::Traces;

/// A port whose calls have spans.
pub struct Traced<P: ?Sized> {
    inner: Arc<P>,
    traces: Traces,
    /// The value of `db.system.name`, if the port is storage.
    database: Option<&'static str>,
}

impl Traces {
    /// Decorates a storage port. `database` is the `db.system.name` of the semantic conventions.
    #[must_use]
    pub fn storage<P: ?Sized>(&self, database: &'static str, inner: Arc<P>) -> Arc<Traced<P>> {
        Arc::new(Traced { inner, traces: self.clone(), database: Some(database) })
    }

    /// Decorates another port.
    #[must_use]
    pub fn port<P: ?Sized>(&self, inner: Arc<P>) -> Arc<Traced<P>> {
        Arc::new(Traced { inner, traces: self.clone(), database: None })
    }
}

impl<P: ?Sized> Traced<P> {
    /// Does the work of a call in a span, if there is a request that is traced.
    async fn trace<T, E: Failure>(
        &self,
        name: &'static str,
        operation: &'static str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        if !Context::map_current(Context::has_active_span) {
            return work.await;
        }
        let mut span = SpanBuilder::from_name(name);
        if let Some(database) = self.database {
            span = span.with_kind(SpanKind::Client).with_attributes([
                KeyValue::new("db.system.name", database),
                KeyValue::new("db.operation.name", operation),
            ]);
        }
        let mut span = self.traces.tracer.build(span);
        let result = work.await;
        if let Some(kind) = result.as_ref().err().and_then(Failure::kind) {
            span.set_attribute(KeyValue::new("error.type", kind));
            span.set_status(Status::error(""));
        }
        span.end();
        result
    }
}

/// An error of a port.
trait Failure {
    /// Names the failure of the technology, if it is one and not an answer of the port.
    fn kind(&self) -> Option<&'static str>;
}

impl Failure for RepositoryError {
    fn kind(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unavailable(_) => "unavailable",
            Self::Failed(_) => "failed",
        })
    }
}

impl Failure for SaveUserError {
    fn kind(&self) -> Option<&'static str> {
        match self {
            Self::EmailTaken => None,
            Self::Repository(error) => error.kind(),
        }
    }
}

impl Failure for PasswordStrengthError {
    fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Weak(_) => None,
            Self::Busy { .. } => Some("busy"),
        }
    }
}

/// Implements a port on [`Traced`]. Each method calls the one of the decorated port.
macro_rules! traced {
    ($port:ident { $(
        async fn $method:ident $(<$life:lifetime>)? ($($argument:ident: $type:ty),*)
            -> Result<$ok:ty, $error:ty>;
    )* }) => {
        #[async_trait]
        impl $port for Traced<dyn $port> {
            $(
                async fn $method $(<$life>)? (&self, $($argument: $type),*) -> Result<$ok, $error> {
                    let name = concat!(stringify!($port), ".", stringify!($method));
                    let work = self.inner.$method($($argument),*);
                    self.trace(name, stringify!($method), work).await
                }
            )*
        }
    };
}

traced! { UserRepository {
    async fn create(user: NewUser, session: NewAuthSession) -> Result<User, SaveUserError>;
    async fn find_credentials(email: &EmailAddress) -> Result<Option<Credentials>, RepositoryError>;
    async fn find_for_login<'a>(email: Option<&'a EmailAddress>) -> Result<LoginLookup, RepositoryError>;
    async fn change_password(user: UserId, change: PasswordChange) -> Result<Option<User>, RepositoryError>;
    async fn update_profile(user: UserId, change: ProfileChange) -> Result<Option<User>, SaveUserError>;
    async fn delete(user: UserId, verified: &PasswordHash) -> Result<bool, RepositoryError>;
    async fn set_active(user: UserId, active: bool) -> Result<Option<bool>, RepositoryError>;
}}

traced! { AuthSessionRepository {
    async fn begin(user: UserId, verified: &VerifiedPassword, session: NewAuthSession)
        -> Result<Option<User>, RepositoryError>;
    async fn find(id: SessionId) -> Result<Option<UserSession>, RepositoryError>;
    async fn find_by_secret(secret: &SessionSecret) -> Result<Option<UserSession>, RepositoryError>;
    async fn list(user: UserId) -> Result<Vec<SessionDetails>, RepositoryError>;
    async fn spend(id: SessionId, generation: u32, at: DateTime<Utc>) -> Result<Spend, RepositoryError>;
    async fn touch(id: SessionId, at: DateTime<Utc>) -> Result<(), RepositoryError>;
    async fn end(user: UserId, id: SessionId) -> Result<bool, RepositoryError>;
    async fn end_by_secrets(secrets: &[SessionSecret]) -> Result<Vec<(UserId, SessionId)>, RepositoryError>;
    async fn end_others(user: UserId, kept: SessionId) -> Result<usize, RepositoryError>;
    async fn end_all(user: UserId) -> Result<usize, RepositoryError>;
    async fn purge(cutoffs: Cutoffs, limit: u32) -> Result<usize, RepositoryError>;
}}

traced! { PasswordCodeRepository {
    async fn issue(user: UserId, code: NewPasswordCode) -> Result<bool, RepositoryError>;
    async fn redeem(attempt: CodeTry) -> Result<Redemption, RepositoryError>;
}}

traced! { PracticeSessionRepository {
    async fn start(session: &PracticeSession) -> Result<bool, RepositoryError>;
    async fn list(user: UserId, query: &PracticeQuery) -> Result<PracticePage, RepositoryError>;
    async fn scores(user: UserId) -> Result<Vec<PracticeScore>, RepositoryError>;
    async fn find(user: UserId, id: PracticeSessionId) -> Result<Option<PracticeSession>, RepositoryError>;
    async fn end(user: UserId, id: PracticeSessionId, at: DateTime<Utc>)
        -> Result<Option<PracticeSession>, RepositoryError>;
}}

traced! { AuditTrail {
    async fn append(entries: &[NewAuditEntry]) -> Result<(), RepositoryError>;
    async fn list(user: Option<UserId>, after: AuditPosition, limit: u32)
        -> Result<Vec<AuditEntry>, RepositoryError>;
    async fn list_stored_after(user: Option<UserId>, after: AuditEntryId, limit: u32)
        -> Result<Vec<AuditEntry>, RepositoryError>;
    async fn newest(user: UserId, limit: u32) -> Result<Vec<AuditEntry>, RepositoryError>;
    async fn last_id() -> Result<AuditEntryId, RepositoryError>;
    async fn purge(before: DateTime<Utc>, limit: u32) -> Result<usize, RepositoryError>;
}}

traced! { HealthCheck {
    async fn check() -> Result<(), RepositoryError>;
}}

traced! { PasswordStrength {
    async fn check(password: &NewPassword, personal: Vec<String>) -> Result<(), PasswordStrengthError>;
}}
