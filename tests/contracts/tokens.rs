//! `AccessTokens` in every format.

use chrono::{DateTime, TimeDelta, Utc};
use coach_core::{
    domain::{AccessClaims, SessionId, TokenId, UserId},
    ports::AccessTokens,
};
use coach_tokens::{
    HmacAlgorithm, JwtSettings, JwtTokens, KeyRing, PasetoPurpose, PasetoSettings, PasetoTokens,
    PrivateKey, PublicKeyAlgorithm, SigningSecret,
};

fn claims() -> AccessClaims {
    let issued_at: DateTime<Utc> = "2026-02-13T12:00:00Z".parse().unwrap();
    AccessClaims {
        user_id: UserId(i64::MAX),
        session_id: SessionId::from_random([1; 16]),
        token_id: TokenId::from_random([2; 16]),
        issued_at,
        expires_at: issued_at + TimeDelta::minutes(30),
        not_before: None,
    }
}

/// Runs the suite. `ours` and `others` have different keys.
fn check(ours: &dyn AccessTokens, others: &dyn AccessTokens) {
    let token = ours.issue(&claims()).unwrap();
    assert_eq!(ours.verify(token.expose()), Ok(claims()));
    let with_nbf = AccessClaims { not_before: Some(claims().issued_at), ..claims() };
    assert_eq!(ours.verify(ours.issue(&with_nbf).unwrap().expose()), Ok(with_nbf));

    // `verify` does not check the time.
    let expired = AccessClaims { expires_at: DateTime::UNIX_EPOCH, ..claims() };
    assert_eq!(ours.verify(ours.issue(&expired).unwrap().expose()), Ok(expired));

    assert!(others.verify(token.expose()).is_err());
    for position in 0..token.expose().len() {
        let mut changed = token.expose().as_bytes().to_vec();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(ours.verify(&changed).is_err(), "{position}");
        assert!(ours.verify(&token.expose()[..position]).is_err(), "{position}");
    }
    for text in [
        "",
        ".",
        "..",
        "...",
        "....",
        "\0",
        "é",
        &"a.".repeat(50_000),
        &format!("{}.", token.expose()),
    ] {
        assert!(ours.verify(text).is_err());
    }
}

#[test]
fn jwt_keeps_the_contract_with_every_kind_of_key() {
    for kind in 0..5 {
        let tokens = |number: u8| {
            let issuer = "pm-interview-coach".to_owned();
            JwtTokens::new(JwtSettings { keys: &ring(kind, number), issuer, audience: None })
                .unwrap()
        };
        check(&tokens(1), &tokens(2));
    }
}

#[test]
fn paseto_keeps_the_contract_with_every_kind_of_key() {
    for (purpose, kinds) in [(PasetoPurpose::Local, 0..5), (PasetoPurpose::Public, 3..4)] {
        for kind in kinds {
            let tokens = |number: u8| {
                let issuer = "pm-interview-coach".to_owned();
                let keys = &ring(kind, number);
                let settings = PasetoSettings { keys, purpose, issuer, audience: None };
                PasetoTokens::new(settings).unwrap()
            };
            check(&tokens(1), &tokens(2));
        }
    }
}

/// Creates a ring with one key of this kind.
fn ring(kind: usize, number: u8) -> KeyRing {
    let hmac = [HmacAlgorithm::HS256, HmacAlgorithm::HS384, HmacAlgorithm::HS512];
    let public = [PublicKeyAlgorithm::EdDSA, PublicKeyAlgorithm::ES256];
    match hmac.get(kind) {
        Some(algorithm) => {
            let secret = SigningSecret::new((number..number + 64).collect()).unwrap();
            KeyRing::hmac(&secret, *algorithm)
        }
        None => KeyRing::private(&PrivateKey::generate(public[kind - 3]).unwrap()),
    }
}
