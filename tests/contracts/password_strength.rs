//! `PasswordStrength` on zxcvbn.

use std::num::NonZeroUsize;

use coach_core::{
    domain::NewPassword,
    ports::{PasswordStrength, PasswordStrengthError},
};
use coach_zxcvbn::{MinScore, ZxcvbnPasswordStrength};

async fn is_weak(password: &str, personal: &[&str]) -> bool {
    let strength = ZxcvbnPasswordStrength::new(MinScore::new(2).unwrap(), NonZeroUsize::MIN, 1);
    let password = NewPassword::parse(password).unwrap();
    let personal = personal.iter().map(ToString::to_string).collect();
    match strength.check(&password, personal).await {
        Ok(()) => false,
        Err(PasswordStrengthError::Weak(weak)) => {
            assert!(!weak.advice.is_empty());
            true
        }
        Err(PasswordStrengthError::Busy { .. }) => panic!("busy"),
    }
}

/// ASVS 6.2.4, 6.2.12.
#[tokio::test]
async fn common_passwords_are_refused() {
    for password in [
        "password",
        "12345678",
        "sunshine",
        "football",
        "princess",
        "trustno1",
        "superman1",
        "starwars",
    ] {
        assert!(is_weak(password, &[]).await, "{password}");
    }
}

#[tokio::test]
async fn passwords_made_of_personal_data_or_the_service_name_are_refused() {
    for password in [
        "zygmunt.o@example.com",
        "zygmuntzygmunt",
        "Okonkwo2026",
        "pminterviewcoach1",
        "PMInterviewCoach",
    ] {
        assert!(
            is_weak(password, &["zygmunt.o@example.com", "Zygmunt Okonkwo"]).await,
            "{password}"
        );
    }
    assert!(!is_weak("TestPass123!", &["test@example.com", "Test User"]).await);
}
