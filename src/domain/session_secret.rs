use std::fmt::Write as _;

use secrecy::{ExposeSecret, SecretString};

/// What a browser presents to use a session: 256 random bits as 64 hexadecimal digits (ASVS 5.0, 7.2.3). A secret of its
/// own: no session id, token id or token is one. Repositories keep a digest of it alone.
#[derive(Debug, Clone)]
pub struct SessionSecret(SecretString);

impl SessionSecret {
    const DIGITS: usize = 64;

    /// Makes a secret out of random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; Self::DIGITS / 2]) -> Self {
        let mut text = String::with_capacity(Self::DIGITS);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text.into())
    }

    /// Reads what a browser presents; none if it cannot be a secret of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == Self::DIGITS && text.bytes().all(is_digit)).then(|| Self(text.into()))
    }

    /// The secret itself, for the one cookie that hands it over and for the digest.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_one_spelling() {
        let secret = SessionSecret::from_random([0xab; 32]);
        assert_eq!(secret.expose(), "ab".repeat(32));
        assert!(SessionSecret::parse(secret.expose()).is_some());
        for other in [
            "",
            &"AB".repeat(32),
            &"ab".repeat(31),
            &"ab".repeat(33),
            &"zz".repeat(32),
            &"é".repeat(32),
        ] {
            assert!(SessionSecret::parse(other).is_none(), "{other:?}");
        }
        assert!(!format!("{secret:?}").contains("abab"));
    }
}
