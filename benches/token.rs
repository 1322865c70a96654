//! Issuing and verifying access tokens in each format, and refresh tokens.

use chrono::{DateTime, TimeDelta};
use coach_core::{
    domain::{AccessClaims, AccessToken, RefreshClaims, SessionId, TokenId, UserId},
    ports::{AccessTokens, RefreshTokens},
};
use coach_tokens::{
    HmacAlgorithm, HmacRefreshTokens, JwtSettings, JwtTokens, KeyRing, PasetoPurpose,
    PasetoSettings, PasetoTokens, PrivateKey, PublicKeyAlgorithm, SigningSecret,
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const ISSUER: &str = "pm-interview-coach";

fn hmac() -> KeyRing {
    KeyRing::hmac(&SigningSecret::new((0..32).collect()).unwrap(), HmacAlgorithm::HS256)
}

fn key_pair(algorithm: PublicKeyAlgorithm) -> KeyRing {
    KeyRing::private(&PrivateKey::generate(algorithm).unwrap())
}

fn jwt(keys: &KeyRing) -> Box<dyn AccessTokens> {
    let settings = JwtSettings { keys, issuer: ISSUER.to_owned(), audience: None };
    Box::new(JwtTokens::new(settings).unwrap())
}

fn paseto(keys: &KeyRing, purpose: PasetoPurpose) -> Box<dyn AccessTokens> {
    let settings = PasetoSettings { keys, purpose, issuer: ISSUER.to_owned(), audience: None };
    Box::new(PasetoTokens::new(settings).unwrap())
}

fn access_tokens(criterion: &mut Criterion) {
    let issued_at = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let claims = AccessClaims {
        user_id: UserId(1_000_000),
        session_id: SessionId::from_random([1; 16]),
        token_id: TokenId::from_random([2; 16]),
        issued_at,
        expires_at: issued_at + TimeDelta::minutes(30),
        not_before: None,
    };
    let ed25519 = key_pair(PublicKeyAlgorithm::EdDSA);
    for (name, tokens) in [
        ("JWT HS256", jwt(&hmac())),
        ("JWT ES256", jwt(&key_pair(PublicKeyAlgorithm::ES256))),
        ("JWT EdDSA", jwt(&ed25519)),
        ("PASETO v4.local", paseto(&hmac(), PasetoPurpose::Local)),
        ("PASETO v4.public", paseto(&ed25519, PasetoPurpose::Public)),
    ] {
        let mut group = criterion.benchmark_group(name);
        let token = tokens.issue(&claims).unwrap();
        group.bench_function("issue", |bencher| bencher.iter(|| tokens.issue(&claims)));
        // A token that no one has sent before: its claims differ.
        let mut serial = 0;
        let mut new = || {
            serial += 1;
            let issued_at = issued_at - TimeDelta::seconds(serial);
            tokens.issue(&AccessClaims { issued_at, ..claims }).unwrap()
        };
        group.bench_function("verify", |bencher| {
            let verify = |token: AccessToken| tokens.verify(token.expose()).unwrap();
            bencher.iter_batched(&mut new, verify, BatchSize::SmallInput);
        });
        group.bench_function("verify again", |bencher| {
            bencher.iter(|| tokens.verify(token.expose()).unwrap());
        });
        group.finish();
    }
}

fn refresh_tokens(criterion: &mut Criterion) {
    let tokens = HmacRefreshTokens::new(&hmac());
    let claims = RefreshClaims { session_id: SessionId::from_random([1; 16]), generation: 7 };
    let token = tokens.issue(claims);
    let mut group = criterion.benchmark_group("refresh token");
    group.bench_function("issue", |bencher| bencher.iter(|| tokens.issue(claims)));
    group.bench_function("verify", |bencher| {
        bencher.iter(|| tokens.verify(token.expose()).unwrap());
    });
    group.finish();
}

criterion_group!(benches, access_tokens, refresh_tokens);
criterion_main!(benches);
