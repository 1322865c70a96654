use std::{array::from_fn, path::PathBuf, process::Command, sync::LazyLock};

use pasetors::token::{Local, Public};
use serde_json::{Value, json};

use super::*;

use crate::{
    HmacAlgorithm, JwtSettings, JwtTokens, PrivateKey, PublicKeyAlgorithm, SigningSecret,
    claims::claims,
};

const BOTH: [PasetoPurpose; 2] = [PasetoPurpose::Local, PasetoPurpose::Public];

/// Creates a ring with an Ed25519 key, which works for both purposes.
fn ring(number: usize) -> KeyRing {
    KeyRing::private(&key(number))
}

/// Returns a different key for each number.
fn key(number: usize) -> PrivateKey {
    static KEYS: LazyLock<[PrivateKey; 10]> =
        LazyLock::new(|| from_fn(|_| PrivateKey::generate(PublicKeyAlgorithm::EdDSA).unwrap()));
    KEYS[number].clone()
}

fn settings(keys: &KeyRing, purpose: PasetoPurpose) -> PasetoSettings<'_> {
    PasetoSettings { keys, purpose, issuer: "pm-interview-coach".to_owned(), audience: None }
}

fn tokens(keys: &KeyRing, purpose: PasetoPurpose) -> PasetoTokens {
    PasetoTokens::new(settings(keys, purpose)).unwrap()
}

fn issued(tokens: &PasetoTokens) -> String {
    tokens.issue(&claims()).unwrap().expose().to_owned()
}

/// Creates a token with changed claims and the right key, as an attacker cannot.
fn made_of(tokens: &PasetoTokens, changes: &Value) -> String {
    let mut payload = json!({
        "iss": "pm-interview-coach", "sub": "42", "sid": claims().session_id.to_string(),
        "jti": claims().token_id.to_string(), "iat": "2024-10-04T00:00:00Z",
        "exp": "2024-10-04T00:30:00Z",
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => payload.as_object_mut().unwrap().remove(name),
            value => payload.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    tokens.current.issue(payload.to_string().as_bytes()).unwrap()
}

#[test]
fn token_contains_its_version_purpose_and_key_id() {
    let keys = ring(1);
    let jwks = serde_json::to_value(keys.jwks()).unwrap();
    for (purpose, header) in [(BOTH[0], "v4.local."), (BOTH[1], "v4.public.")] {
        let tokens = tokens(&keys, purpose);
        let token = issued(&tokens);
        assert!(token.starts_with(header), "{token}");
        let footer: Value = serde_json::from_str(&tokens.current.footer).unwrap();
        assert_eq!(footer["kid"], jwks["keys"][0]["kid"]);
        assert_eq!(tokens.verify(&token), Ok(claims()));
    }
    let local = issued(&tokens(&keys, PasetoPurpose::Local));
    assert_ne!(local, issued(&tokens(&keys, PasetoPurpose::Local)), "each token has its own nonce");
}

/// ASVS 9.1.1.
#[test]
fn token_with_a_changed_byte_or_a_truncation_is_refused() {
    for purpose in BOTH {
        let tokens = tokens(&ring(1), purpose);
        let token = issued(&tokens);
        for position in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(tokens.verify(&changed).is_err(), "{position}");
            assert!(tokens.verify(&token[..position]).is_err(), "{position}");
        }
        let without_footer = token.rsplit_once('.').unwrap().0;
        for other in [without_footer, &format!("{token}A"), &format!("{token}."), &"x".repeat(5000)]
        {
            assert!(tokens.verify(other).is_err(), "{other}");
        }
    }
}

#[test]
fn token_of_another_key_purpose_issuer_or_format_is_refused() {
    let keys = ring(1);
    for purpose in BOTH {
        let ours = tokens(&keys, purpose);
        let jwt = JwtSettings { keys: &keys, issuer: "pm-interview-coach".into(), audience: None };
        let jwt = JwtTokens::new(jwt).unwrap();
        let elsewhere = PasetoSettings { issuer: "elsewhere".into(), ..settings(&keys, purpose) };
        for other in [
            issued(&tokens(&ring(2), purpose)),
            issued(&tokens(&keys, if purpose == BOTH[0] { BOTH[1] } else { BOTH[0] })),
            issued(&PasetoTokens::new(elsewhere).unwrap()),
            jwt.issue(&claims()).unwrap().expose().to_owned(),
        ] {
            assert!(ours.verify(&other).is_err(), "{other}");
        }
        assert!(jwt.verify(&issued(&ours)).is_err());
    }
}

#[test]
fn previous_key_verifies_until_it_is_removed() {
    let old = KeyRing::hmac(&SigningSecret::new((7..39).collect()).unwrap(), HmacAlgorithm::HS256);
    let mut rotated = ring(2);
    rotated.accept_secret(&SigningSecret::new((7..39).collect()).unwrap());
    rotated.accept_private(&key(1));
    let token = issued(&tokens(&old, PasetoPurpose::Local));
    assert_eq!(tokens(&rotated, PasetoPurpose::Local).verify(&token), Ok(claims()));
    assert!(tokens(&ring(2), PasetoPurpose::Local).verify(&token).is_err());
    let token = issued(&tokens(&ring(1), PasetoPurpose::Public));
    assert_eq!(tokens(&rotated, PasetoPurpose::Public).verify(&token), Ok(claims()));
    assert!(tokens(&ring(2), PasetoPurpose::Public).verify(&token).is_err());
    assert!(PasetoTokens::new(settings(&old, PasetoPurpose::Public)).is_err());
    // A change of purpose keeps the tokens of the previous key valid.
    let (local, public) = (BOTH[0], BOTH[1]);
    let token = issued(&tokens(&old, local));
    assert_eq!(tokens(&rotated, public).verify(&token), Ok(claims()));
    let token = issued(&tokens(&ring(1), public));
    assert_eq!(tokens(&rotated, local).verify(&token), Ok(claims()));
}

#[test]
fn malformed_claims_are_refused() {
    for purpose in BOTH {
        let tokens = tokens(&ring(1), purpose);
        assert!(tokens.verify(&made_of(&tokens, &json!({}))).is_ok());
        for change in [
            json!({"iss": null}),
            json!({"iss": "x"}),
            json!({"sub": 42}),
            json!({"sub": "042"}),
            json!({"sub": "+42"}),
            json!({"sub": ""}),
            json!({"sid": "x"}),
            json!({"jti": null}),
            json!({"exp": null}),
            json!({"exp": 9_999_999_999_u64}),
            json!({"exp": "tomorrow"}),
            json!({"exp": "2024-10-04"}),
            json!({"iat": null}),
            json!({"nbf": 0}),
        ] {
            let verified = tokens.verify(&made_of(&tokens, &change));
            assert!(verified.is_err(), "{change}");
        }
        let text = tokens.current.issue(b"no JSON").unwrap();
        assert!(tokens.verify(&text).is_err());
    }
}

#[test]
fn audience_is_refused_if_none_is_configured() {
    for purpose in BOTH {
        let tokens = tokens(&ring(1), purpose);
        assert!(tokens.verify(&made_of(&tokens, &json!({"aud": "api"}))).is_err());
    }
}

/// ASVS 9.2.3, 9.2.4.
#[test]
fn configured_audience_is_issued_and_required() {
    let keys = ring(1);
    for purpose in BOTH {
        let settings = PasetoSettings { audience: Some("api".into()), ..settings(&keys, purpose) };
        let tokens = PasetoTokens::new(settings).unwrap();
        assert_eq!(tokens.verify(&issued(&tokens)), Ok(claims()));
        for change in [json!({}), json!({"aud": "x"}), json!({"aud": 1})] {
            assert!(tokens.verify(&made_of(&tokens, &change)).is_err(), "{change}");
        }
    }
}

/// Checks the official test vectors of version 4, which the library contains, with the calls that create and verify
/// tokens.
#[test]
fn official_vectors_hold() {
    let vectors: Value = serde_json::from_slice(&std::fs::read(vectors()).unwrap()).unwrap();
    let mut checked = 0;
    for vector in vectors["tests"].as_array().unwrap() {
        let text = |member: &str| vector[member].as_str().unwrap_or_default();
        let bytes = |member: &str| {
            let hex = text(member).as_bytes().chunks(2);
            hex.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect::<Vec<_>>()
        };
        let footer = Some(text("footer").as_bytes()).filter(|footer| !footer.is_empty());
        let token = text("token");
        let assertion = Some(text("implicit-assertion").as_bytes());
        let read = if vector["key"].is_string() {
            UntrustedToken::<Local, V4>::try_from(token).ok().and_then(|token| {
                let key = SymmetricKey::<V4>::from(&bytes("key")).unwrap();
                LocalToken::decrypt(&key, &token, footer, assertion).ok()
            })
        } else {
            let secret = AsymmetricSecretKey::<V4>::from(&bytes("secret-key")).unwrap();
            if let Some(payload) = vector["payload"].as_str() {
                let signed = PublicToken::sign(&secret, payload.as_bytes(), footer, assertion);
                assert_eq!(signed.unwrap(), token, "{}", vector["name"]);
            }
            UntrustedToken::<Public, V4>::try_from(token).ok().and_then(|token| {
                let key = AsymmetricPublicKey::<V4>::from(&bytes("public-key")).unwrap();
                PublicToken::verify(&key, &token, footer, assertion).ok()
            })
        };
        let expected = vector["payload"].as_str().filter(|_| vector["expect-fail"] == false);
        assert_eq!(read.as_ref().map(TrustedToken::payload), expected, "{}", vector["name"]);
        checked += 1;
    }
    assert_eq!(checked, 18);
}

/// Returns the path of the vectors in the library's source, where cargo keeps it.
fn vectors() -> PathBuf {
    // Packages for other platforms may never have been downloaded.
    let platform = ["--filter-platform", "host-tuple"];
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(platform)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let library = packages.find(|package| package["name"] == "pasetors").unwrap();
    let manifest = PathBuf::from(library["manifest_path"].as_str().unwrap());
    manifest.with_file_name("test_vectors").join("v4.json")
}
