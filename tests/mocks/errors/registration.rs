//! Registrations.

use coach_core::{
    domain::WeakPassword,
    ports::{
        AccessTokensError, Admission, PasswordHasherError, PasswordStrengthError, SaveUserError,
    },
};
use serde_json::json;

use super::{Case, RETRY_AFTER, SECRET_CAUSE, check, failed, hasher_failed, unavailable};
use crate::fixture::Mocks;

#[tokio::test]
async fn registration_failures_become_problems() {
    let cases: [Case; 12] = [
        (
            |mocks| {
                mocks.password_strength.expect_check().returning(|_, _| {
                    Err(PasswordStrengthError::Busy { retry_after: RETRY_AFTER })
                });
            },
            503,
            "busy",
        ),
        (
            |mocks| {
                mocks
                    .password_strength
                    .expect_check()
                    .returning(|_, _| Err(WeakPassword { advice: "No.".into() }.into()));
            },
            422,
            "invalid-input",
        ),
        (
            |mocks| {
                mocks
                    .password_hasher
                    .expect_hash()
                    .returning(|_| Err(PasswordHasherError::Busy { retry_after: RETRY_AFTER }));
            },
            503,
            "busy",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_hash().returning(|_| Err(hasher_failed()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.password_hasher.expect_hash().returning(|_| panic!("secret"));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.users.expect_create().returning(|_, _| Err(SaveUserError::EmailTaken));
            },
            409,
            "email-taken",
        ),
        (
            |mocks| {
                mocks.users.expect_create().returning(|_, _| Err(unavailable().into()));
            },
            503,
            "database-unavailable",
        ),
        (
            |mocks| {
                mocks.users.expect_create().returning(|_, _| Err(failed().into()));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.users.expect_create().returning(|_, _| panic!("secret"));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks
                    .access_tokens
                    .expect_issue()
                    .returning(|_| Err(AccessTokensError(SECRET_CAUSE.into())));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.access_tokens.expect_issue().returning(|_| panic!("secret"));
            },
            500,
            "internal-error",
        ),
        (
            |mocks| {
                mocks.password_strength.expect_check().returning(|_, _| panic!("secret"));
            },
            500,
            "internal-error",
        ),
    ];
    check(&cases, async |anonymous| anonymous.register("test@example.com").await).await;
}

#[tokio::test]
async fn weak_password_is_refused_with_advice() {
    let mut mocks = Mocks::new();
    mocks.password_hasher.expect_admit().returning(|| Ok(Admission::default()));
    let advice = "Add another word or two. Uncommon words are better.";
    mocks
        .password_strength
        .expect_check()
        .withf(|password, personal| {
            password.as_ref().expose() == "Test User 1"
                && personal == &["test@example.com", "Test User"]
        })
        .returning(move |_, _| Err(WeakPassword { advice: advice.to_owned() }.into()));
    let body =
        json!({"email": "Test@example.com", "password": "Test User 1", "full_name": " Test User "});
    let answer = mocks.serve().await.post("/auth/register", body).await;
    assert_eq!(answer.problem(), "invalid-input");
    let message = format!("That password is too easy to guess. {advice}");
    assert_eq!(answer.json()["errors"], json!([{"field": "password", "message": message}]));
    assert_eq!(answer.json()["detail"], message);
}
