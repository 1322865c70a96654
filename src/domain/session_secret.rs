use std::fmt::Write as _;

use secrecy::{ExposeSecret, SecretString};

/// The secret of a session: 256 random bits as 64 hexadecimal digits (ASVS 5.0, 7.2.3). A client that uses no tokens
/// sends it with every request. Repositories store only a digest of it.
#[derive(Debug, Clone)]
pub struct SessionSecret(SecretString);

impl SessionSecret {
    const DIGITS: usize = 64;

    /// Creates a secret from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; Self::DIGITS / 2]) -> Self {
        let mut text = String::with_capacity(Self::DIGITS);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text.into())
    }

    /// Parses a secret that a client sent. Returns `None` if the format is wrong.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == Self::DIGITS && text.bytes().all(is_digit)).then(|| Self(text.into()))
    }

    /// Returns the secret itself, for the response that delivers it and for the digest.
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
