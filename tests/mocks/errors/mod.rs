//! The status and problem of every error of the core.

mod health;
mod passwords;
mod registration;
mod sessions;

use std::time::Duration;

use coach_core::{
    domain::{Credentials, User},
    ports::{PasswordHasherError, RepositoryError},
};
use coach_tests::{Answer, Persona};

use crate::fixture::{Mocks, credentials};

const SECRET_CAUSE: &str = "secret cause at /srv/db: SELECT password_hash";

const RETRY_AFTER: Duration = Duration::from_millis(3100);

fn unavailable() -> RepositoryError {
    RepositoryError::Unavailable(SECRET_CAUSE.into())
}

fn failed() -> RepositoryError {
    RepositoryError::Failed(SECRET_CAUSE.into())
}

fn hasher_failed() -> PasswordHasherError {
    PasswordHasherError::Failed(SECRET_CAUSE.into())
}

/// A failing mock, and the status and problem in the response.
type Case = (fn(&mut Mocks), u16, &'static str);

async fn check(cases: &[Case], send: impl AsyncFn(Persona) -> Answer) {
    for (number, (break_it, status, problem)) in cases.iter().enumerate() {
        let mut mocks = Mocks::new();
        break_it(&mut mocks);
        let answer = send(mocks.permissive().serve().await).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (*status, *problem),
            "case {number}"
        );
        assert!(!answer.text.contains("secret"), "{answer:?}");
        assert_eq!(answer.header("retry-after").is_some(), *status == 503, "{answer:?}");
        assert_eq!(answer.header("www-authenticate").is_some(), *status == 401, "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

/// Makes the user inactive.
pub fn deactivate(mocks: &mut Mocks) {
    let clock = mocks.clock.clone();
    mocks.users.expect_find_credentials().returning(move |_| {
        let active = credentials(&clock);
        Ok(Some(Credentials { user: User { is_active: false, ..active.user }, ..active }))
    });
}
