use std::fmt;

use super::text::{LineError, parse_line, restore_line};

/// A person's name as they write it. Only its length and invisible characters are restricted, because names follow no
/// rules.
#[derive(Clone, PartialEq, Eq)]
pub struct FullName(String);

/// The reason why a name was refused. The messages are shown to the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FullNameError {
    /// The name is longer than [`FullName::MAX_CHARACTERS`].
    #[error("Enter a name of at most {} characters.", FullName::MAX_CHARACTERS)]
    TooLong,
    /// The name contains a line break, or a control, format or bidirectional-control character.
    #[error("Remove the line breaks and invisible characters from the name.")]
    InvisibleCharacter,
}

impl FullName {
    /// Maximum length in Unicode code points.
    pub const MAX_CHARACTERS: usize = 100;

    /// Parses a name. Surrounding whitespace is ignored, and a blank name is `None`.
    ///
    /// # Errors
    ///
    /// See [`FullNameError`].
    pub fn parse(input: &str) -> Result<Option<Self>, FullNameError> {
        match parse_line(input, Self::MAX_CHARACTERS) {
            Ok(name) => Ok(name.map(Self)),
            Err(LineError::TooLong) => Err(FullNameError::TooLong),
            Err(LineError::InvisibleCharacter) => Err(FullNameError::InvisibleCharacter),
        }
    }

    /// Restores a stored name, which another program may have written. Invisible characters are removed and a long name
    /// is truncated, so that no stored value locks its account out.
    #[must_use]
    pub fn restore(stored: &str) -> Option<Self> {
        restore_line(stored, Self::MAX_CHARACTERS).map(Self)
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hides the name, which is personal data.
impl fmt::Debug for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullName(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(input: &str) -> Result<Option<String>, FullNameError> {
        FullName::parse(input).map(|name| name.map(|name| name.as_str().to_owned()))
    }

    #[test]
    fn a_name_is_trimmed_and_kept_as_written() {
        for name in [
            "Test User",
            "O'Brien-Łukasz",
            "李小龍",
            "محمد علی‌رضا",
            "<b>Bobby</b>; DROP TABLE users",
        ] {
            assert_eq!(parsed(&format!(" {name}\u{a0}")), Ok(Some(name.to_owned())));
        }
    }

    #[test]
    fn a_blank_name_is_none() {
        for blank in ["", "   ", "\t\n", "\u{3000}"] {
            assert_eq!(parsed(blank), Ok(None));
        }
    }

    #[test]
    fn the_limit_is_100_code_points() {
        assert!(parsed(&"😀".repeat(100)).is_ok());
        assert_eq!(parsed(&"a".repeat(101)), Err(FullNameError::TooLong));
        assert!(parsed(&format!("{}{}", " ".repeat(50), "a".repeat(100))).is_ok());
    }

    #[test]
    fn a_stored_name_that_breaks_the_rules_is_cleaned() {
        let restored =
            |stored: &str| FullName::restore(stored).map(|name| name.as_str().to_owned());
        assert_eq!(restored("Test User").as_deref(), Some("Test User"));
        assert_eq!(restored("\tBell\u{7}a \u{1b}[31m\0").as_deref(), Some("Bella [31m"));
        assert_eq!(restored("\u{202e}nnA\u{202c}\u{3164}").as_deref(), Some("nnA"));
        assert_eq!(restored(&"é".repeat(150)), Some("é".repeat(100)));
        assert_eq!(restored(" \n\0"), None);
    }

    #[test]
    fn line_breaks_and_invisible_characters_are_refused() {
        for name in ["a\0b", "a\nb", "a\u{1b}[31mb", "a\u{85}b", "a\u{7f}b", "a\u{202e}b"] {
            assert_eq!(parsed(name), Err(FullNameError::InvisibleCharacter), "{name:?}");
        }
    }
}
