//! Connects the spans of `coach-opentelemetry` to the other adapters.

use std::sync::Arc;

use coach_argon2::Argon2PasswordHasher;
use coach_core::ports::PasswordStrength;
use coach_diesel::{DatabaseUrl, Repositories};
use coach_http::Surrounding;
use coach_opentelemetry::{RequestTrace, Traces};
use futures_util::{FutureExt, future::BoxFuture};
use poem::Response;

/// Adds a span to each call of a storage port.
pub(crate) fn repositories(
    traces: &Traces,
    database: &DatabaseUrl,
    repositories: Repositories,
) -> Repositories {
    let database = match database {
        DatabaseUrl::Sqlite(_) => "sqlite",
        DatabaseUrl::Postgres(_) => "postgresql",
    };
    Repositories {
        users: traces.storage(database, repositories.users),
        sessions: traces.storage(database, repositories.sessions),
        password_codes: traces.storage(database, repositories.password_codes),
        practice_sessions: traces.storage(database, repositories.practice_sessions),
        audit_trail: traces.storage(database, repositories.audit_trail),
        health: traces.storage(database, repositories.health),
        ..repositories
    }
}

/// Adds spans to password work.
pub(crate) fn password_work(
    traces: &Traces,
    hasher: Argon2PasswordHasher,
    strength: Arc<dyn PasswordStrength>,
) -> (Argon2PasswordHasher, Arc<dyn PasswordStrength>) {
    let recorder = traces.clone();
    let hasher = hasher.observed_by(Arc::new(move |times| {
        recorder.password_work(times.waited, times.worked);
    }));
    (hasher, traces.port(strength))
}

/// Makes the span of a request the parent of the spans of its work.
pub(crate) struct InTrace(pub(crate) RequestTrace);

impl Surrounding for InTrace {
    fn surround<'a>(self: Box<Self>, work: BoxFuture<'a, Response>) -> BoxFuture<'a, Response> {
        self.0.run(work).boxed()
    }
}
