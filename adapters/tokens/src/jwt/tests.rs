use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, crypto, dangerous::insecure_decode};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::claims::claims;
use crate::{HmacAlgorithm, SigningSecret, WeakSecret};

const SECRET: &[u8; 32] = b"a secret of thirty-two bytes ok!";

fn secret() -> SigningSecret {
    SigningSecret::new(SECRET.to_vec()).unwrap()
}

fn keys(algorithm: HmacAlgorithm) -> KeyRing {
    KeyRing::hmac(&secret(), algorithm)
}

fn other_keys() -> KeyRing {
    let other = SigningSecret::new(b"another secret of 32 bytes, fine".to_vec()).unwrap();
    KeyRing::hmac(&other, HmacAlgorithm::HS256)
}

fn settings(keys: &KeyRing) -> JwtSettings<'_> {
    JwtSettings { keys, issuer: "pm-interview-coach".to_owned(), audience: None }
}

fn tokens() -> JwtTokens {
    JwtTokens::new(settings(&keys(HmacAlgorithm::HS256))).unwrap()
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs any header and claims with the right key, as an attacker cannot.
fn sign(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let key = EncodingKey::from_secret(SECRET);
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn parts() -> (Value, Value) {
    let token = tokens().issue(&claims()).unwrap();
    let parts = insecure_decode::<Value>(token.expose()).unwrap();
    (serde_json::to_value(parts.header).unwrap(), parts.claims)
}

/// Creates a valid token with some members changed, or removed if the new value is null.
fn altered(header_changes: Value, claim_changes: Value) -> String {
    let (mut header, mut claims) = parts();
    for (part, changes) in [(&mut header, header_changes), (&mut claims, claim_changes)] {
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => part.as_object_mut().unwrap().remove(name),
                value => part.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
    }
    sign(&header.to_string(), &claims.to_string())
}

/// ASVS 14.2.6.
#[test]
fn token_has_exactly_the_documented_members() {
    let (header, claims) = parts();
    let names = |part: &Value| part.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&header), ["alg", "kid", "typ"].map(str::to_owned).into());
    assert_eq!(
        names(&claims),
        ["exp", "iat", "iss", "jti", "sid", "sub"].map(str::to_owned).into()
    );
    assert_eq!(header["alg"], "HS256");
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(claims["sub"], "42");
    assert_eq!(claims["exp"], 20_000 * 86_400 + 1800);
}

#[test]
fn key_id_depends_only_on_the_key_and_its_algorithm() {
    let key_id = |settings: JwtSettings<'_>| JwtTokens::new(settings).unwrap().header.kid.unwrap();
    let ours = keys(HmacAlgorithm::HS256);
    let elsewhere = JwtSettings { issuer: "x".into(), ..settings(&ours) };
    assert_eq!(key_id(settings(&ours)), key_id(elsewhere));
    for other in [other_keys(), keys(HmacAlgorithm::HS384), keys(HmacAlgorithm::HS512)] {
        assert_ne!(key_id(settings(&ours)), key_id(settings(&other)));
    }
}

#[test]
fn token_signed_by_the_tests_without_changes_is_accepted() {
    // Without this, the next tests could pass because every token of `altered` is refused.
    assert_eq!(tokens().verify(&altered(json!({}), json!({}))), Ok(claims()));
}

/// ASVS 9.1.2, 9.1.3.
#[test]
fn token_with_another_header_is_refused_even_with_a_valid_signature() {
    for change in [
        json!({"typ": "JWT"}),
        json!({"typ": null}),
        json!({"typ": "application/at+jwt"}),
        json!({"alg": "HS384"}),
        json!({"alg": "none"}),
        json!({"alg": "RS256"}),
        json!({"alg": "EdDSA"}),
        json!({"alg": "hs256"}),
        json!({"alg": 256}),
        json!({"alg": null}),
        json!({"kid": null}),
        json!({"kid": ""}),
        json!({"kid": "../../etc/passwd"}),
        json!({"kid": "' OR 1=1 --"}),
        json!({"kid": 1}),
        json!({"crit": ["exp"]}),
        json!({"crit": []}),
        json!({"b64": false}),
        json!({"zip": "DEF"}),
        json!({"jku": "https://example.com/keys"}),
        json!({"x5u": "https://example.com/cert"}),
        json!({"jwk": {"kty": "oct", "k": "AAAA"}}),
        json!({"x5c": ["AAAA"]}),
    ] {
        assert!(tokens().verify(&altered(change.clone(), json!({}))).is_err(), "{change}");
    }
}

#[test]
fn malformed_claims_are_refused_even_with_a_valid_signature() {
    for change in [
        json!({"iss": "someone-else"}),
        json!({"iss": null}),
        json!({"iss": ["pm-interview-coach"]}),
        json!({"sub": null}),
        json!({"sub": 42}),
        json!({"sub": "+42"}),
        json!({"sub": "042"}),
        json!({"sub": " 42"}),
        json!({"sub": "test@example.com"}),
        json!({"sub": "99999999999999999999"}),
        json!({"sid": null}),
        json!({"sid": "1"}),
        json!({"sid": "urn:uuid:01010101-0101-4101-8101-010101010101"}),
        json!({"jti": null}),
        json!({"jti": "x"}),
        json!({"iat": null}),
        json!({"exp": null}),
        json!({"exp": "1728001800"}),
        json!({"exp": 1_728_001_800.5}),
        json!({"exp": i64::MAX}),
        json!({"exp": 1e300}),
        json!({"exp": true}),
        json!({"nbf": "0"}),
        json!({"nbf": i64::MAX}),
        json!({"aud": "somebody"}),
        json!({"aud": ["somebody"]}),
        json!({"aud": 1}),
        json!({"aud": {}}),
        json!({"aud": []}),
    ] {
        assert!(tokens().verify(&altered(json!({}), change.clone())).is_err(), "{change}");
    }
}

#[test]
fn times_are_returned_without_a_check() {
    let read = tokens().verify(&altered(json!({}), json!({"exp": -1, "nbf": 5}))).unwrap();
    assert_eq!(read.expires_at.timestamp(), -1);
    assert_eq!(read.not_before.unwrap().timestamp(), 5);
}

/// ASVS 9.2.3, 9.2.4.
#[test]
fn configured_audience_is_issued_and_required() {
    let keys = keys(HmacAlgorithm::HS256);
    let settings = JwtSettings { audience: Some("api".into()), ..settings(&keys) };
    let tokens = JwtTokens::new(settings).unwrap();
    let token = tokens.issue(&claims()).unwrap();
    assert_eq!(insecure_decode::<Value>(token.expose()).unwrap().claims["aud"], "api");
    assert_eq!(tokens.verify(token.expose()), Ok(claims()));
    assert_eq!(tokens.verify(&altered(json!({}), json!({"aud": ["x", "api"]}))), Ok(claims()));
    for change in [json!({}), json!({"aud": "x"}), json!({"aud": ["x"]}), json!({"aud": 1})] {
        assert!(tokens.verify(&altered(json!({}), change.clone())).is_err(), "{change}");
    }
}

#[test]
fn tokens_of_another_key_or_algorithm_are_refused() {
    let issued = tokens().issue(&claims()).unwrap();
    for other in [other_keys(), keys(HmacAlgorithm::HS384), keys(HmacAlgorithm::HS512)] {
        let others = JwtTokens::new(settings(&other)).unwrap();
        assert!(others.verify(issued.expose()).is_err());
    }
}

#[test]
fn every_algorithm_round_trips() {
    for algorithm in [HmacAlgorithm::HS256, HmacAlgorithm::HS384, HmacAlgorithm::HS512] {
        let tokens = JwtTokens::new(settings(&keys(algorithm))).unwrap();
        assert_eq!(tokens.verify(tokens.issue(&claims()).unwrap().expose()), Ok(claims()));
    }
}

#[test]
fn token_with_a_flipped_bit_truncation_or_extension_is_refused() {
    let tokens = tokens();
    let issued = tokens.issue(&claims()).unwrap();
    let bytes = issued.expose().as_bytes();
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.to_vec();
            flipped[position] ^= 1 << bit;
            if let Ok(flipped) = String::from_utf8(flipped) {
                assert!(tokens.verify(&flipped).is_err(), "{position}:{bit}");
            }
        }
        assert!(tokens.verify(&issued.expose()[..position]).is_err());
    }
    for extended in ["=", ".", "A", " ", "\n"] {
        assert!(tokens.verify(&format!("{}{extended}", issued.expose())).is_err(), "{extended:?}");
        assert!(tokens.verify(&format!("{extended}{}", issued.expose())).is_err(), "{extended:?}");
    }
}

#[test]
fn duplicate_members_are_refused() {
    let (header, claims) = parts();
    let (header, claims) = (header.to_string(), claims.to_string());
    assert!(tokens().verify(&sign(&header, &claims)).is_ok());
    let twice = |part: &str, member: &str| part.replacen('{', &format!("{{{member},"), 1);
    assert!(tokens().verify(&sign(&header, &twice(&claims, r#""sub":"1""#))).is_err());
    assert!(tokens().verify(&sign(&twice(&header, r#""alg":"none""#), &claims)).is_err());
}

#[test]
fn weak_secret_is_refused_and_debug_output_shows_no_secret() {
    let refused = |secret: &[u8]| SigningSecret::new(secret.to_vec()).err();
    assert_eq!(refused(b"0123456789abcdef0123456789abcde"), Some(WeakSecret::TooShort));
    assert_eq!(refused(&[b'x'; 64]), Some(WeakSecret::Repeated));
    assert!(!format!("{:?}", secret()).contains("thirty-two"));
}

/// Verifies the example of RFC 7515, appendix A.1 with the call that verifies tokens.
#[test]
fn example_of_rfc_7515_verifies() {
    let key = DecodingKey::from_jwk(
        &serde_json::from_value(json!({
            "kty": "oct",
            "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        }))
        .unwrap(),
    )
    .unwrap();
    let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let mut validation = tokens().verifiers.remove(0).validation;
    validation.set_issuer(&["joe"]);
    validation.set_required_spec_claims(&["iss"]);
    let verify =
        |message: &str| decode::<Value>(format!("{message}.{signature}"), &key, &validation);
    assert_eq!(verify(message).unwrap().claims["http://example.com/is_root"], true);
    assert!(verify(&message.replace("Qog", "Qoh")).is_err());
}

/// Checks Project Wycheproof's vectors for HMAC-SHA-2 with the call that verifies tokens. JWT does not allow truncated
/// tags, so even valid ones must be refused.
#[test]
fn wycheproof_vectors_hold() {
    use wycheproof::{TestResult, mac};
    provider::install();
    for (name, algorithm) in [
        (mac::TestName::HmacSha256, Algorithm::HS256),
        (mac::TestName::HmacSha384, Algorithm::HS384),
        (mac::TestName::HmacSha512, Algorithm::HS512),
    ] {
        let set = mac::TestSet::load(name).unwrap();
        let mut checked = 0;
        for group in &set.test_groups {
            let is_full = group.tag_size == output_bits(algorithm);
            for test in &group.tests {
                let key = DecodingKey::from_secret(&test.key);
                let verified =
                    crypto::verify(&base64url(&test.tag), &test.msg, &key, algorithm).unwrap();
                assert_eq!(verified, is_full && test.result == TestResult::Valid, "{}", test.tc_id);
                checked += 1;
            }
        }
        assert!(checked > 100, "{checked}");
    }
}

fn output_bits(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::HS384 => 384,
        Algorithm::HS512 => 512,
        _ => 256,
    }
}

proptest! {
    #[test]
    fn arbitrary_text_is_refused_without_a_panic(text in "\\PC*") {
        prop_assert!(tokens().verify(&text).is_err());
    }

    #[test]
    fn arbitrary_segments_are_refused(text in "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{43}") {
        prop_assert!(tokens().verify(&text).is_err());
    }
}
