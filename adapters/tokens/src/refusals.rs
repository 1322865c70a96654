//! Why each adapter refuses a token, for the log of operators.

use coach_core::{
    domain::Refusal::{Forged, Malformed, UnknownKey, WrongClaims},
    ports::{AccessTokens, InvalidToken},
};

use crate::{
    HmacAlgorithm, JwtSettings, JwtTokens, KeyRing, PasetoPurpose, PasetoSettings, PasetoTokens,
    SigningSecret, claims::claims,
};

type Make = fn(&KeyRing, &str) -> Box<dyn AccessTokens>;

fn keys(first: u8) -> KeyRing {
    KeyRing::hmac(&SigningSecret::new((first..first + 32).collect()).unwrap(), HmacAlgorithm::HS256)
}

fn jwt(keys: &KeyRing, issuer: &str) -> Box<dyn AccessTokens> {
    let settings = JwtSettings { keys, issuer: issuer.to_owned(), audience: None };
    Box::new(JwtTokens::new(settings).unwrap())
}

fn paseto(keys: &KeyRing, issuer: &str) -> Box<dyn AccessTokens> {
    let (purpose, issuer) = (PasetoPurpose::Local, issuer.to_owned());
    let settings = PasetoSettings { keys, purpose, issuer, audience: None };
    Box::new(PasetoTokens::new(settings).unwrap())
}

/// Returns the token with another character in its last segment, or in the last one before the dot `after`, counted from the
/// end.
fn damaged(token: &str, after: usize) -> String {
    let end = token.rmatch_indices('.').nth(after).map_or(token.len(), |(dot, _)| dot);
    let mut bytes = token.as_bytes().to_vec();
    bytes[end - 20] = if bytes[end - 20] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn refusal_has_its_reason() {
    for (tokens, after) in [(jwt as Make, usize::MAX), (paseto as Make, 0)] {
        let ours = tokens(&keys(1), "us");
        let issued = |by: Box<dyn AccessTokens>| by.issue(&claims()).unwrap().expose().to_owned();
        let token = issued(tokens(&keys(1), "us"));
        for (refused, reason) in [
            (String::new(), Malformed),
            ("no token".to_owned(), Malformed),
            ("x".repeat(5000), Malformed),
            (issued(tokens(&keys(2), "us")), UnknownKey),
            (damaged(&token, after), Forged),
            (issued(tokens(&keys(1), "them")), WrongClaims),
        ] {
            assert_eq!(ours.verify(&refused), Err(InvalidToken(reason)), "{refused}");
        }
    }
}
