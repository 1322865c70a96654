use secrecy::{ExposeSecret, SecretString};

use super::text::nfc;

/// A password that is compared with a stored hash.
///
/// It is in NFC (NIST SP 800-63B-4, section 3.1.1.2), so that keyboards that compose `é` differently type the same
/// password. It is never trimmed or truncated.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// The password is longer than [`Password::MAX_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a password of at most {} bytes.", Password::MAX_BYTES)]
pub struct PasswordTooLong;

/// The reason why a current password was refused before it was compared. The messages are shown to the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CurrentPasswordError {
    /// The input is empty.
    #[error("Enter your current password.")]
    Missing,
    /// The password is longer than [`Password::MAX_BYTES`].
    #[error(transparent)]
    TooLong(#[from] PasswordTooLong),
}

impl Password {
    /// Maximum length in bytes of UTF-8, as sent. This is more than password managers generate, and cheap to process.
    pub const MAX_BYTES: usize = 1024;

    /// Parses a password that is to be verified. Only its length is limited, because an old password may break the
    /// rules of today.
    ///
    /// # Errors
    ///
    /// [`PasswordTooLong`] above [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn parse(input: &str) -> Result<Self, PasswordTooLong> {
        if input.len() > Self::MAX_BYTES {
            return Err(PasswordTooLong);
        }
        Ok(Self(nfc(input).into_owned().into()))
    }

    /// Parses the password with which a signed-in user confirms a change.
    ///
    /// # Errors
    ///
    /// See [`CurrentPasswordError`].
    pub fn parse_current(input: &str) -> Result<Self, CurrentPasswordError> {
        if input.is_empty() {
            return Err(CurrentPasswordError::Missing);
        }
        Ok(Self::parse(input)?)
    }

    /// Returns the password itself, for the adapter that hashes it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A new password of acceptable length.
///
/// There are no composition rules and no expiry, because they make passwords worse (NIST SP 800-63B-4, section
/// 3.1.1.2). [`PasswordStrength`](crate::ports::PasswordStrength) judges whether it is easy to guess.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

/// The reason why a new password was refused. The messages are shown to the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The input is empty.
    #[error("Enter a password.")]
    Missing,
    /// The password is shorter than [`NewPassword::MIN_CHARACTERS`].
    #[error("Enter a password of at least {} characters.", NewPassword::MIN_CHARACTERS)]
    TooShort,
    /// The password is longer than [`Password::MAX_BYTES`].
    #[error(transparent)]
    TooLong(#[from] PasswordTooLong),
}

/// The password is too easy to guess. The message gives the reason, as NIST SP 800-63B-4, section 3.1.1.2 requires.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("That password is too easy to guess. {advice}")]
pub struct WeakPassword {
    /// The reason and what would help, in whole sentences.
    pub advice: String,
}

impl NewPassword {
    /// Minimum length in Unicode code points, after NFC (ASVS 5.0, 6.2.1; NIST SP 800-63B-4, section 3.1.1.2).
    pub const MIN_CHARACTERS: usize = 8;

    /// Parses a new password.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(password: &str) -> Result<(), PasswordError> {
        NewPassword::parse(password).map(|_| ())
    }

    /// ASVS 6.2.1.
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

    /// ASVS 6.2.8.
    #[test]
    fn composed_and_decomposed_letters_are_one_password() {
        let composed = Password::parse("caf\u{e9} au lait").unwrap();
        let decomposed = Password::parse("cafe\u{301} au lait").unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let password = NewPassword::parse("TestPass123!").unwrap();
        assert!(!format!("{password:?}").contains("TestPass"));
    }
}
