//! `PasswordHasher` on Argon2, with parameters that are cheap to test with.

use std::num::NonZeroUsize;

use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::{
    domain::{Password, PasswordHash},
    ports::PasswordHasher,
};
use futures_util::FutureExt;

fn hasher() -> impl PasswordHasher {
    let settings = Argon2Settings {
        memory: 16,
        iterations: 1,
        parallelism: 1,
        ..Argon2Settings::recommended(NonZeroUsize::new(2).unwrap())
    };
    Argon2PasswordHasher::start(settings).unwrap()
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

#[tokio::test]
async fn only_the_hashed_password_verifies() {
    let hasher = hasher();
    let long = "x".repeat(1024);
    for text in ["TestPass123!", " spaces ", "nul\0byte", "😀 e", long.as_str()] {
        let hash = hasher.hash(&password(text)).await.unwrap();
        assert!(hasher.verify(&password(text), Some(&hash)).await.unwrap(), "{text:?}");
        for other in [&text[..text.len() - 1], text.trim(), &text.to_uppercase(), ""] {
            if let Ok(other) = Password::parse(other)
                && other.expose() != text
            {
                assert!(!hasher.verify(&other, Some(&hash)).await.unwrap(), "{text:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_byte_of_a_long_password_counts() {
    let hasher = hasher();
    let hash = hasher.hash(&password(&"x".repeat(1024))).await.unwrap();
    for length in [72, 99, 1023] {
        assert!(!hasher.verify(&password(&"x".repeat(length)), Some(&hash)).await.unwrap());
    }
}

#[tokio::test]
async fn hashes_of_one_password_differ() {
    let hasher = hasher();
    let first = hasher.hash(&password("TestPass123!")).await.unwrap();
    let second = hasher.hash(&password("TestPass123!")).await.unwrap();
    assert_ne!(first.expose(), second.expose());
}

#[tokio::test]
async fn missing_or_unreadable_hash_verifies_no_password() {
    let hasher = hasher();
    assert!(!hasher.verify(&password("TestPass123!"), None).await.unwrap());
    for unreadable in ["", "TestPass123!", "$argon2id$", "$2b$12$abc"] {
        let hash = PasswordHash::new(unreadable.to_owned());
        assert!(!hasher.verify(&password("TestPass123!"), Some(&hash)).await.unwrap());
    }
}

#[tokio::test]
async fn hashing_does_not_block_the_callers_thread() {
    // One thread computes ten expensive hashes. If the caller computed them, the last would be ready at the first poll.
    let settings = Argon2Settings::recommended(NonZeroUsize::MIN);
    let hasher = Argon2PasswordHasher::start(settings).unwrap();
    let password = password("TestPass123!");
    let mut hashes: Vec<_> = (0..10).map(|_| hasher.hash(&password)).collect();
    let ready = hashes.iter_mut().map(|hash| hash.now_or_never().is_some());
    assert_eq!(ready.last(), Some(false));
}
