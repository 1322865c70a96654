use secrecy::{ExposeSecret, SecretString};

/// A password hash as text that names its algorithm and parameters: a PHC string, or the older crypt format such as
/// bcrypt's. It is a secret, because it can be attacked offline.
#[derive(Clone, Debug)]
pub struct PasswordHash(SecretString);

/// An algorithm with its parameters: the start of a [`PasswordHash`], without salt and output. Two hashes of one scheme
/// take the same time to compute.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PasswordScheme(String);

impl PasswordHash {
    const NONE: &str = "!";

    /// Wraps a hash from a [`PasswordHasher`](crate::ports::PasswordHasher).
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// Returns the text of an account without a password. No password matches it: no scheme begins like this, as in
    /// shadow(5).
    #[must_use]
    pub fn none() -> Self {
        Self::new(Self::NONE.to_owned())
    }

    /// Returns whether the account has no password.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.expose() == Self::NONE
    }

    /// Returns the text, for the adapters that verify and store it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns the scheme of the hash, or `None` if the text does not begin with one.
    ///
    /// The scheme is the name and every following segment that can only be a version, parameters or a cost. A salt has
    /// more than two characters and no `=`.
    #[must_use]
    pub fn scheme(&self) -> Option<PasswordScheme> {
        let text = self.expose();
        let (name, mut rest) = text.strip_prefix('$')?.split_once('$')?;
        if name.is_empty() {
            return None;
        }
        while let Some((segment, after)) = rest.split_once('$')
            && (segment.len() <= 2 || segment.contains('='))
        {
            rest = after;
        }
        Some(PasswordScheme(text.strip_suffix(rest)?.to_owned()))
    }
}

impl PasswordScheme {
    /// Returns the start of every hash of this scheme, such as `$2b$12$`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(hash: &str) -> Option<String> {
        let scheme = PasswordHash::new(hash.to_owned()).scheme();
        scheme.map(|scheme| scheme.as_str().to_owned())
    }

    #[test]
    fn scheme_has_the_parameters_but_neither_salt_nor_output() {
        for (expected, rest) in [
            ("$argon2id$v=19$m=19456,t=2,p=1$", "c29tZXNhbHQ$K13EBUiG7JV"),
            ("$argon2i$m=4096,t=3,p=1$", "c29tZXNhbHQ$K13EBUiG7JV"),
            ("$2b$12$", "R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"),
            ("$6$", "saltsalt$K13EBUiG7JV"),
            ("$6$rounds=5000$", "saltsalt$K13EBUiG7JV"),
            ("$argon2id$v=19$m=19456,t=2,p=1$", ""),
        ] {
            assert_eq!(scheme(&format!("{expected}{rest}")).as_deref(), Some(expected));
        }
    }

    #[test]
    fn text_without_a_scheme_has_none() {
        assert!(PasswordHash::none().is_none());
        for text in ["!", "", "$", "$$", "$2b", "plain text", "5f4dcc3b5aa765d61d8327deb882cf99"] {
            assert_eq!(scheme(text), None, "{text}");
        }
    }

    #[test]
    fn debug_output_shows_no_hash() {
        let hash = PasswordHash::new("$argon2id$secret".to_owned());
        assert!(!format!("{hash:?}").contains("argon2id"));
    }
}
