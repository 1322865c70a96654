//! Health checks.

use super::{Case, check, unavailable};
use crate::fixture::Mocks;

#[tokio::test]
async fn readiness_failure_becomes_a_problem() {
    let cases: [Case; 1] = [(
        |mocks| {
            mocks.health.expect_check().returning(|| Err(unavailable()));
        },
        503,
        "database-unavailable",
    )];
    check(&cases, async |anonymous| anonymous.get("/readyz").await).await;
}

/// ASVS 16.5.3.
#[tokio::test]
async fn healthz_succeeds_while_the_database_is_unavailable() {
    let mut mocks = Mocks::new();
    mocks.health.expect_check().returning(|| Err(unavailable()));
    let anonymous = mocks.serve().await;
    assert_eq!(anonymous.get("/healthz").await.status, 200);
    assert_eq!(anonymous.get("/readyz").await.status, 503);
}
