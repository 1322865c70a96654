//! Any text sent as an access token or a refresh token is refused, and nothing panics.
#![no_main]

use std::sync::LazyLock;

use coach_core::ports::{AccessTokens, RefreshTokens};
use coach_tokens::{
    HmacAlgorithm, HmacRefreshTokens, JwtSettings, JwtTokens, KeyRing, PasetoPurpose,
    PasetoSettings, PasetoTokens, SigningSecret,
};
use libfuzzer_sys::fuzz_target;

struct Verifiers {
    jwt: JwtTokens,
    paseto: PasetoTokens,
    refresh: HmacRefreshTokens,
}

static VERIFIERS: LazyLock<Verifiers> = LazyLock::new(|| {
    let secret = SigningSecret::new((0..32).collect()).unwrap();
    let keys = &KeyRing::hmac(&secret, HmacAlgorithm::HS256);
    let issuer = || "pm-interview-coach".to_owned();
    let jwt = JwtSettings { keys, issuer: issuer(), audience: None };
    let purpose = PasetoPurpose::Local;
    let paseto = PasetoSettings { keys, purpose, issuer: issuer(), audience: None };
    Verifiers {
        jwt: JwtTokens::new(jwt).unwrap(),
        paseto: PasetoTokens::new(paseto).unwrap(),
        refresh: HmacRefreshTokens::new(keys),
    }
});

fuzz_target!(|token: &str| {
    assert!(VERIFIERS.jwt.verify(token).is_err());
    assert!(VERIFIERS.paseto.verify(token).is_err());
    assert!(VERIFIERS.refresh.verify(token).is_none());
});
