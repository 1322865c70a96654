use secrecy::{ExposeSecret, SecretString};

use super::text::nfc;

/// A password as somebody presents it, to be compared with a stored hash. In NFC (NIST SP 800-63B-4, section
/// 3.1.1.2), so that two keyboards that compose `é` differently type one password; otherwise untouched, never
/// trimmed or cut.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// The password is over [`Password::MAX_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A password has at most {} bytes.", Password::MAX_BYTES)]
pub struct PasswordTooLong;

impl Password {
    /// In UTF-8, as sent. Far over any password manager's length, and small enough to cost nothing.
    pub const MAX_BYTES: usize = 1024;

    /// Reads a password to be checked. Nothing but its length matters here: an old password may be weaker than
    /// the rules of today.
    ///
    /// # Errors
    ///
    /// [`PasswordTooLong`].
    pub fn parse(input: &str) -> Result<Self, PasswordTooLong> {
        if input.len() > Self::MAX_BYTES {
            return Err(PasswordTooLong);
        }
        Ok(Self(nfc(input).into_owned().into()))
    }

    /// The password itself, for the adapter that hashes it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A password that somebody chooses, within the limits of length. No rules of composition and no expiry: they make
/// passwords worse (NIST SP 800-63B-4, section 3.1.1.2). Whether it is easy to guess is for the
/// [`PasswordStrength`](crate::ports::PasswordStrength) to say.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

/// Why a password cannot be chosen. Each reads as a sentence for the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing was given.
    #[error("Enter a password.")]
    Missing,
    /// Under [`NewPassword::MIN_CHARACTERS`].
    #[error("A password has at least {} characters.", NewPassword::MIN_CHARACTERS)]
    TooShort,
    /// Over [`Password::MAX_BYTES`].
    #[error(transparent)]
    TooLong(#[from] PasswordTooLong),
}

/// A password is too easy to guess; what makes it so and what would help (NIST SP 800-63B-4, section 3.1.1.2: the
/// reason shall be given).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("This password is too easy to guess. {advice}")]
pub struct WeakPassword {
    /// Whole sentences.
    pub advice: String,
}

impl NewPassword {
    /// In Unicode code points, after NFC (ASVS 5.0, 6.2.1; NIST SP 800-63B-4, section 3.1.1.2).
    pub const MIN_CHARACTERS: usize = 8;

    /// Reads a password that somebody chooses.
    ///
    /// # Errors
    ///
    /// The first [`PasswordError`] that applies.
    pub fn parse(input: &str) -> Result<Self, PasswordError> {
        if input.is_empty() {
            return Err(PasswordError::Missing);
        }
        let password = Password::parse(input)?;
        if password.expose().chars().count() < Self::MIN_CHARACTERS {
            return Err(PasswordError::TooShort);
        }
        Ok(Self(password))
    }
}

impl AsRef<Password> for NewPassword {
    fn as_ref(&self) -> &Password {
        &self.0
    }
}

/// A password's hash as a PHC string, which names its scheme and parameters. A secret: it can be attacked
/// offline.
#[derive(Clone, Debug)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// Wraps what a [`PasswordHasher`](crate::ports::PasswordHasher) made.
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc.into())
    }

    /// The PHC string, for the adapters that verify and store it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(password: &str) -> Result<(), PasswordError> {
        NewPassword::parse(password).map(|_| ())
    }

    #[test]
    fn eight_code_points_are_enough_and_seven_are_not() {
        assert_eq!(chosen("🦀🐙🦑🐡🐠🦈🐳🐬"), Ok(()));
        assert_eq!(chosen("🦀🐙🦑🐡🐠🦈🐳"), Err(PasswordError::TooShort));
        // Eight code points as typed, seven after NFC.
        assert_eq!(chosen("xkqe\u{301}zvw"), Err(PasswordError::TooShort));
        assert_eq!(chosen(""), Err(PasswordError::Missing));
    }

    #[test]
    fn up_to_1024_bytes_are_kept_whole_and_more_are_refused() {
        let long = format!(" {}\0 ", "é".repeat(510));
        assert_eq!(Password::parse(&long).unwrap().expose(), long);
        assert!(chosen(&"é".repeat(512)).is_ok());
        assert_eq!(chosen(&"é".repeat(513)), Err(PasswordTooLong.into()));
        assert!(Password::parse(&"x".repeat(1025)).is_err());
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_password() {
        let composed = Password::parse("caf\u{e9} au lait").unwrap();
        let decomposed = Password::parse("cafe\u{301} au lait").unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let password = NewPassword::parse("TestPass123!").unwrap();
        let hash = PasswordHash::new("$argon2id$secret".to_owned());
        let shown = format!("{password:?} {hash:?}");
        assert!(!shown.contains("TestPass") && !shown.contains("argon2id"), "{shown}");
    }
}
