use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use coach_core::{
    domain::{RefreshClaims, RefreshToken, SessionId},
    ports::RefreshTokens,
};

use crate::{
    derive::DerivedKey,
    keys::{KeyRing, SigningKey},
};

/// Lets secret scanners and people recognise a leaked token.
const PREFIX: &str = "pmc_rt_";
const ID_BYTES: usize = 16;
const CLAIMS_BYTES: usize = ID_BYTES + 4;
const MAC_BYTES: usize = 32;
/// Length of the body in base64url without padding.
const BODY_CHARACTERS: usize = (CLAIMS_BYTES + MAC_BYTES) * 4 / 3 + 1;

/// Issues and verifies refresh tokens. A token consists of a prefix, the body and a checksum. The body is the session,
/// the generation and an HMAC-SHA256 of both, in base64url. The checksum is a CRC-32, with which secret scanners avoid
/// false positives.
///
/// After a key rotation, a token that was spent just before gets a successor with the new key. If its old successor
/// also exists, both have the same session and generation. A generation is spent once, so the second one counts as a
/// retry. A rotation therefore ends no session, and no session gets two chains of tokens.
pub struct HmacRefreshTokens {
    current: DerivedKey,
    previous: Vec<DerivedKey>,
}

impl HmacRefreshTokens {
    /// Creates the adapter. Its keys are derived from the keys for access tokens, so that both rotate together.
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        let derive = |key: &SigningKey| DerivedKey::new(key.material(), "refresh tokens");
        Self {
            current: derive(&keys.current),
            previous: keys.previous.iter().map(derive).collect(),
        }
    }

    fn keys(&self) -> impl Iterator<Item = &DerivedKey> {
        [&self.current].into_iter().chain(&self.previous)
    }
}

impl RefreshTokens for HmacRefreshTokens {
    fn issue(&self, claims: RefreshClaims) -> RefreshToken {
        let claims = bytes(claims);
        let body =
            BASE64_URL_SAFE_NO_PAD.encode([&claims[..], &self.current.mac(&claims)].concat());
        let checksum = crc32fast::hash(body.as_bytes());
        RefreshToken::new(format!("{PREFIX}{body}{checksum:08x}"))
    }

    fn verify(&self, token: &str) -> Option<RefreshClaims> {
        let (body, checksum) = token.strip_prefix(PREFIX)?.split_at_checked(BODY_CHARACTERS)?;
        if format!("{:08x}", crc32fast::hash(body.as_bytes())) != checksum {
            return None;
        }
        let body = BASE64_URL_SAFE_NO_PAD.decode(body).ok()?;
        let (claims, mac) = body.split_at_checked(CLAIMS_BYTES)?;
        let (id, generation) = claims.split_at_checked(ID_BYTES)?;
        let is_ours = self.keys().any(|key| key.verifies(claims, mac));
        is_ours.then_some(RefreshClaims {
            session_id: SessionId::from_bytes(id.try_into().ok()?)?,
            generation: u32::from_be_bytes(generation.try_into().ok()?),
        })
    }
}

fn bytes(claims: RefreshClaims) -> [u8; CLAIMS_BYTES] {
    let mut bytes = [0; CLAIMS_BYTES];
    let (id, generation) = bytes.split_at_mut(ID_BYTES);
    id.copy_from_slice(&claims.session_id.to_bytes());
    generation.copy_from_slice(&claims.generation.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{HmacAlgorithm, SigningSecret};

    fn tokens(current: u8, previous: &[u8]) -> HmacRefreshTokens {
        let secret = |byte: u8| SigningSecret::new((byte..byte + 32).collect()).unwrap();
        let mut keys = KeyRing::hmac(&secret(current), HmacAlgorithm::HS256);
        for byte in previous {
            keys.accept_secret(&secret(*byte));
        }
        HmacRefreshTokens::new(&keys)
    }

    fn claims() -> RefreshClaims {
        RefreshClaims { session_id: SessionId::from_random([0xab; 16]), generation: 7 }
    }

    fn issued() -> String {
        tokens(1, &[]).issue(claims()).expose().to_owned()
    }

    #[test]
    fn equal_claims_give_equal_tokens_and_verify_returns_them() {
        assert_eq!(issued(), issued());
        assert_eq!(tokens(1, &[]).verify(&issued()), Some(claims()));
        let next = RefreshClaims { generation: 8, ..claims() };
        assert_ne!(tokens(1, &[]).issue(next).expose(), issued());
    }

    #[test]
    fn scanner_recognises_a_token_by_its_format_and_checksum() {
        let token = issued();
        let (body, checksum) = token.strip_prefix("pmc_rt_").unwrap().split_at(70);
        assert!(body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(checksum, format!("{:08x}", crc32fast::hash(body.as_bytes())));
    }

    #[test]
    fn previous_keys_are_accepted_until_they_are_removed() {
        assert_eq!(tokens(2, &[3, 1]).verify(&issued()), Some(claims()));
        assert_eq!(tokens(2, &[3]).verify(&issued()), None);
    }

    #[test]
    fn successors_from_before_and_after_a_rotation_have_the_same_claims() {
        let (before, after) = (tokens(1, &[]), tokens(2, &[1]));
        let (old, new) = (before.issue(claims()), after.issue(claims()));
        assert_ne!(old.expose(), new.expose());
        assert_eq!(after.verify(old.expose()), after.verify(new.expose()));
    }

    /// The changed tokens have the right checksum, so that only the MAC can refuse them.
    #[test]
    fn token_with_a_changed_bit_is_refused() {
        let token = issued();
        let body = BASE64_URL_SAFE_NO_PAD.decode(&token[7..77]).unwrap();
        for at in 0..body.len() {
            let mut changed = body.clone();
            changed[at] ^= 1;
            let changed = BASE64_URL_SAFE_NO_PAD.encode(changed);
            let checksum = crc32fast::hash(changed.as_bytes());
            assert_eq!(tokens(1, &[]).verify(&format!("pmc_rt_{changed}{checksum:08x}")), None);
        }
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(tokens(1, &[]).verify(&changed), None, "{changed}");
        }
    }

    #[test]
    fn token_in_another_format_is_refused() {
        let token = issued();
        for other in [
            "".to_owned(),
            "pmc_rt_".to_owned(),
            token.to_uppercase(),
            format!(" {token}"),
            format!("{token} "),
            format!("{token}0"),
            format!("{}=", token),
            token[..token.len() - 1].to_owned(),
            token[7..].to_owned(),
            token.replace("pmc_rt_", "pmc_rt__"),
            format!("pmc_rt_{}", "é".repeat(50)),
        ] {
            assert_eq!(tokens(1, &[]).verify(&other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_refused_without_a_panic(text: String, body in "[A-Za-z0-9_-]{70}") {
            prop_assert_eq!(tokens(1, &[]).verify(&text), None);
            let checksum = crc32fast::hash(body.as_bytes());
            prop_assert_eq!(tokens(1, &[]).verify(&format!("pmc_rt_{body}{checksum:08x}")), None);
        }
    }
}
