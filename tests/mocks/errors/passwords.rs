//! Password work that is refused.

use std::time::Duration;

use coach_core::{domain::AuthEvent, ports::PasswordHasherError};
use coach_tests::PASSWORD;

use super::RETRY_AFTER;
use crate::fixture::Mocks;

#[tokio::test]
async fn refused_password_work_is_recorded_in_the_audit_log() {
    let mut mocks = Mocks::new();
    mocks
        .password_hasher
        .expect_verify()
        .returning(|_, _, _| Err(PasswordHasherError::Busy { retry_after: RETRY_AFTER }));
    let audit_log = mocks.audit_log.clone();
    let anonymous = mocks.permissive().serve().await;
    assert_eq!(anonymous.login("test@example.com", PASSWORD).await.status, 503);
    assert_eq!(audit_log.take(), [AuthEvent::PasswordWorkRefused]);
}

#[tokio::test]
async fn retry_after_is_the_estimate_in_whole_seconds_and_at_least_one() {
    for (retry_after, seconds) in
        [(Duration::ZERO, "1"), (Duration::from_millis(900), "1"), (RETRY_AFTER, "4")]
    {
        let mut mocks = Mocks::new();
        let busy = move || PasswordHasherError::Busy { retry_after };
        mocks.password_hasher.expect_verify().returning(move |_, _, _| Err(busy()));
        let anonymous = mocks.permissive().serve().await;
        let answer = anonymous.login("test@example.com", PASSWORD).await;
        assert_eq!(answer.header("retry-after"), Some(seconds));
        let page = anonymous.submit("/auth/login", &[("email", "a"), ("password", "b")]).await;
        assert_eq!((page.status, page.header("retry-after")), (503, Some(seconds)));
    }
}
