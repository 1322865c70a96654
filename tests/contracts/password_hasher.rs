//! `PasswordHasher` on Argon2, with parameters that are cheap to test with.

use std::num::NonZeroUsize;

use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::{
    domain::{Password, PasswordHash},
    ports::{PasswordHasher, Verdict},
};
use futures_util::FutureExt;

/// The hash of `U*U`.
const BCRYPT: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const BCRYPT_WITH_COST_15: &str = "$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const ARGON2_WITH_2_GIB: &str =
    "$argon2id$v=19$m=2097152,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

fn hasher() -> impl PasswordHasher {
    let settings = Argon2Settings {
        memory: 16,
        iterations: 1,
        parallelism: 1,
        ..Argon2Settings::recommended(NonZeroUsize::new(2).unwrap())
    };
    Argon2PasswordHasher::start(settings).unwrap()
}

async fn verify(hasher: &impl PasswordHasher, text: &str, hash: Option<&PasswordHash>) -> Verdict {
    hasher.verify(&password(text), hash, &[]).await.unwrap()
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

#[tokio::test]
async fn hash_is_supported_if_a_password_can_match_it() {
    let hasher = hasher();
    let new = hasher.hash(&password("TestPass123!")).await.unwrap();
    let supports = |text: &str| hasher.supports(&PasswordHash::new(text.to_owned()));
    assert!(supports(new.expose()) && supports(BCRYPT));
    for text in [BCRYPT_WITH_COST_15, ARGON2_WITH_2_GIB, "", "!", "plain text"] {
        assert!(!supports(text), "{text}");
    }
}

#[tokio::test]
async fn only_the_hashed_password_verifies() {
    let hasher = hasher();
    let long = "x".repeat(1024);
    for text in ["TestPass123!", " spaces ", "nul\0byte", "😀 e", long.as_str()] {
        let hash = hasher.hash(&password(text)).await.unwrap();
        assert_eq!(verify(&hasher, text, Some(&hash)).await, Verdict::Right, "{text:?}");
        for other in [&text[..text.len() - 1], text.trim(), &text.to_uppercase(), ""] {
            if let Ok(other) = Password::parse(other)
                && other.expose() != text
            {
                let verdict = verify(&hasher, other.expose(), Some(&hash)).await;
                assert_eq!(verdict, Verdict::Wrong, "{text:?}");
            }
        }
    }
}

/// ASVS 6.2.8, 6.2.9.
#[tokio::test]
async fn every_byte_of_a_long_password_counts() {
    let hasher = hasher();
    let hash = hasher.hash(&password(&"x".repeat(1024))).await.unwrap();
    for length in [72, 99, 1023] {
        assert_eq!(verify(&hasher, &"x".repeat(length), Some(&hash)).await, Verdict::Wrong);
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
    assert_eq!(verify(&hasher, "TestPass123!", None).await, Verdict::Wrong);
    for unreadable in
        ["", "TestPass123!", "$argon2id$", "$2b$12$abc", BCRYPT_WITH_COST_15, ARGON2_WITH_2_GIB]
    {
        let hash = PasswordHash::new(unreadable.to_owned());
        assert_eq!(verify(&hasher, "TestPass123!", Some(&hash)).await, Verdict::Wrong);
    }
}

/// The least that ASVS allows (appendix C).
///
/// ASVS 11.4.2.
#[tokio::test]
async fn new_hash_has_the_recommended_parameters_and_a_salt_of_its_own() {
    let settings = Argon2Settings::recommended(NonZeroUsize::MIN);
    let hasher = Argon2PasswordHasher::start(settings).unwrap();
    let mut hashes = Vec::new();
    for _ in 0..2 {
        let hash = hasher.hash(&password("TestPass123!")).await.unwrap();
        let rest = hash.expose().strip_prefix("$argon2id$v=19$m=19456,t=2,p=1$").unwrap();
        let (salt, output) = rest.split_once('$').unwrap();
        // 16 and 32 bytes in Base64.
        assert_eq!((salt.len(), output.len()), (22, 43));
        hashes.push((salt.to_owned(), output.to_owned()));
    }
    assert!(hashes[0].0 != hashes[1].0 && hashes[0].1 != hashes[1].1);
}

#[tokio::test]
async fn hashing_does_not_block_the_callers_thread() {
    // One thread computes ten expensive hashes. If the caller computed them, the last would be ready at the first poll.
    let settings = Argon2Settings::recommended(NonZeroUsize::MIN);
    let hasher = Argon2PasswordHasher::start(settings).unwrap();
    let password = password("TestPass123!");
    let mut hashes: Vec<_> = (0..10).map(|_| hasher.hash(&password)).collect();
    assert!(hasher.admit().is_ok());
    let ready = hashes.iter_mut().map(|hash| hash.now_or_never().is_some());
    assert_eq!(ready.last(), Some(false));
}

#[tokio::test]
async fn hash_of_another_scheme_verifies_and_is_outdated() {
    let hasher = hasher();
    let other = Argon2Settings {
        memory: 32,
        iterations: 1,
        parallelism: 2,
        ..Argon2Settings::recommended(NonZeroUsize::MIN)
    };
    let other = Argon2PasswordHasher::start(other).unwrap();
    let argon2 = other.hash(&password("U*U")).await.unwrap();
    for hash in [PasswordHash::new(BCRYPT.to_owned()), argon2] {
        let schemes = [hash.scheme().unwrap()];
        for schemes in [&schemes[..], &[]] {
            let right = hasher.verify(&password("U*U"), Some(&hash), schemes).await.unwrap();
            assert_eq!(right, Verdict::RightButOutdated);
            let wrong = hasher.verify(&password("U*V"), Some(&hash), schemes).await.unwrap();
            assert_eq!(wrong, Verdict::Wrong);
        }
    }
}
