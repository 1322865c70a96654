use std::{array::from_fn, sync::LazyLock};

use coach_core::ports::AccessTokens;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, jwk::Jwk};
use serde_json::{Value, json};

use super::*;
use crate::{JwtSettings, JwtTokens, claims::claims};

const BOTH: [PublicKeyAlgorithm; 2] = [PublicKeyAlgorithm::EdDSA, PublicKeyAlgorithm::ES256];

/// Returns a different key for each number, the same in all tests.
fn key(algorithm: PublicKeyAlgorithm, number: usize) -> PrivateKey {
    type Keys = [PrivateKey; 3];
    static KEYS: LazyLock<[Keys; 2]> = LazyLock::new(|| {
        BOTH.map(|algorithm| from_fn(|_| PrivateKey::generate(algorithm).unwrap()))
    });
    KEYS[usize::from(algorithm == BOTH[1])][number].clone()
}

fn jwt_algorithm(algorithm: PublicKeyAlgorithm) -> Algorithm {
    match algorithm {
        PublicKeyAlgorithm::EdDSA => Algorithm::EdDSA,
        PublicKeyAlgorithm::ES256 => Algorithm::ES256,
    }
}

fn jwt_hmac(algorithm: HmacAlgorithm) -> Algorithm {
    format!("{algorithm:?}").parse().unwrap()
}

fn secret(byte: u8) -> SigningSecret {
    SigningSecret::new((byte..byte + 64).collect()).unwrap()
}

fn tokens(keys: &KeyRing) -> JwtTokens {
    let issuer = "pm-interview-coach".to_owned();
    JwtTokens::new(JwtSettings { keys, issuer, audience: None }).unwrap()
}

fn issued(keys: &KeyRing) -> String {
    tokens(keys).issue(&claims()).unwrap().expose().to_owned()
}

#[test]
fn generated_key_is_parsed_with_its_algorithm() {
    for algorithm in BOTH {
        let made = key(algorithm, 1);
        let pem = made.expose_pem();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{algorithm:?}");
        for text in [pem.to_owned(), format!("\n{pem}\n \n"), pem.replace('\n', "\r\n")] {
            assert_eq!(PrivateKey::from_pem(&text).unwrap().algorithm(), algorithm);
        }
        assert_ne!(key(algorithm, 2).expose_pem(), pem);
        assert!(!format!("{made:?}").contains("BEGIN"));
    }
}

#[test]
fn other_text_than_one_private_key_is_refused() {
    let pem = key(PublicKeyAlgorithm::EdDSA, 1).expose_pem().to_owned();
    for text in [
        "",
        "secret",
        &pem[..pem.len() / 2],
        &pem.replace("PRIVATE", "PUBLIC"),
        &pem.replace("PRIVATE", "EC PRIVATE"),
        &pem.replace('M', "N"),
    ] {
        assert_eq!(PrivateKey::from_pem(text).err(), Some(InvalidPrivateKey::Unknown), "{text}");
    }
    let other = key(PublicKeyAlgorithm::EdDSA, 2).expose_pem().to_owned();
    let with_public = pem.replace("PRIVATE", "PUBLIC") + &pem;
    for text in [pem.clone() + &other, pem.clone() + &pem, with_public] {
        assert_eq!(PrivateKey::from_pem(&text).err(), Some(InvalidPrivateKey::Several), "{text}");
    }
}

#[test]
fn every_algorithm_signs_and_verifies_with_its_key_id() {
    for algorithm in BOTH {
        let keys = KeyRing::private(&key(algorithm, 1));
        let token = issued(&keys);
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!(header.alg, jwt_algorithm(algorithm));
        assert_eq!(header.kid.as_ref(), Some(&keys.current.id));
        assert_eq!(tokens(&keys).verify(&token), Ok(claims()));
        for position in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(tokens(&keys).verify(&changed).is_err(), "{position}");
        }
        let others = KeyRing::private(&key(algorithm, 2));
        assert!(tokens(&others).verify(&token).is_err());
    }
}

#[test]
fn previous_key_verifies_until_it_is_removed_but_does_not_sign() {
    let old = [
        KeyRing::hmac(&secret(1), HmacAlgorithm::HS256),
        KeyRing::hmac(&secret(1), HmacAlgorithm::HS384),
        KeyRing::hmac(&secret(1), HmacAlgorithm::HS512),
        KeyRing::private(&key(PublicKeyAlgorithm::EdDSA, 1)),
        KeyRing::private(&key(PublicKeyAlgorithm::ES256, 1)),
    ];
    let mut rotated = KeyRing::private(&key(PublicKeyAlgorithm::EdDSA, 2));
    let without = KeyRing::private(&key(PublicKeyAlgorithm::EdDSA, 2));
    rotated.accept_secret(&secret(1));
    for algorithm in BOTH {
        rotated.accept_private(&key(algorithm, 1));
    }
    for keys in &old {
        assert_eq!(tokens(&rotated).verify(&issued(keys)), Ok(claims()));
        assert!(tokens(&without).verify(&issued(keys)).is_err());
    }
    assert_eq!(issued(&rotated).split('.').next(), issued(&without).split('.').next());
}

/// The attack of RFC 8725, section 2.1: the attacker uses the public key as an HMAC secret.
///
/// ASVS 9.1.2.
#[test]
fn public_key_is_not_accepted_as_an_hmac_secret() {
    for algorithm in BOTH {
        let keys = KeyRing::private(&key(algorithm, 1));
        let public = serde_json::to_vec(&keys.jwks()).unwrap();
        let jwk: Jwk = serde_json::from_value(keys.jwks()["keys"][0].clone()).unwrap();
        let key = DecodingKey::from_jwk(&jwk).unwrap();
        let raw = key.try_get_as_bytes().unwrap();
        for material in [raw, public.as_slice()] {
            for hmac in HmacAlgorithm::ALL {
                let mut header = jsonwebtoken::Header::new(jwt_hmac(hmac));
                header.typ = Some("at+jwt".to_owned());
                header.kid = Some(keys.current.id.clone());
                let body = json!({
                    "iss": "pm-interview-coach", "sub": "42", "iat": 0, "exp": 9_999_999_999_u64,
                    "sid": claims().session_id.to_string(), "jti": claims().token_id.to_string(),
                });
                let key = EncodingKey::from_secret(material);
                let forged = jsonwebtoken::encode(&header, &body, &key).unwrap();
                assert!(tokens(&keys).verify(&forged).is_err());
            }
        }
    }
}

#[test]
fn jwk_set_has_only_public_keys_and_the_current_one_first() {
    let mut keys = KeyRing::private(&key(PublicKeyAlgorithm::ES256, 2));
    keys.accept_secret(&secret(1));
    keys.accept_private(&key(PublicKeyAlgorithm::EdDSA, 1));
    let set = serde_json::to_value(keys.jwks()).unwrap();
    let members = |key: &Value| {
        let mut names: Vec<_> = key.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names.join(" ")
    };
    let listed = set["keys"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(members(&listed[0]), "alg crv kid kty use x y");
    assert_eq!(members(&listed[1]), "alg crv kid kty use x");
    assert_eq!((&listed[0]["alg"], &listed[1]["alg"]), (&json!("ES256"), &json!("EdDSA")));
    assert_eq!(listed[0]["kid"], keys.current.id);
    // The set is enough to verify tokens.
    for (algorithm, number) in [(PublicKeyAlgorithm::ES256, 0), (PublicKeyAlgorithm::EdDSA, 1)] {
        let token = issued(&KeyRing::private(&key(algorithm, 2 - number)));
        let jwk: Jwk = serde_json::from_value(listed[number].clone()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(jwt_algorithm(algorithm));
        validation.validate_exp = false;
        let key = DecodingKey::from_jwk(&jwk).unwrap();
        assert!(jsonwebtoken::decode::<Value>(&token, &key, &validation).is_ok());
    }
    let hmac = KeyRing::hmac(&secret(1), HmacAlgorithm::HS256);
    assert_eq!(serde_json::to_value(hmac.jwks()).unwrap(), json!({"keys": []}));
}

#[test]
fn key_that_is_also_a_previous_key_is_listed_once() {
    let current = key(PublicKeyAlgorithm::ES256, 1);
    let mut keys = KeyRing::private(&current);
    for former in [&current, &key(PublicKeyAlgorithm::EdDSA, 2), &key(PublicKeyAlgorithm::EdDSA, 2)]
    {
        keys.accept_private(former);
    }
    assert_eq!(keys.jwks()["keys"].as_array().unwrap().len(), 2);
    let mut secrets = KeyRing::hmac(&secret(1), HmacAlgorithm::HS256);
    secrets.accept_secret(&secret(1));
    assert_eq!(secrets.iter().count(), 3);
}

/// The key and its thumbprint come from RFC 8037, appendix A.3.
#[test]
fn id_of_a_public_key_is_its_thumbprint() {
    let seed = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{seed}\n-----END PRIVATE KEY-----\n");
    let key = PrivateKey::from_pem(&pem).unwrap();
    let keys = KeyRing::private(&key);
    assert_eq!(keys.current.id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}
