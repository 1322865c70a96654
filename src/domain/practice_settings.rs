use super::text::{LineError, parse_line, restore_line};

/// The category of questions in a practice session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryFilter(String);

/// The kind of practice, such as `standard`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticeMode(String);

/// The time for each question, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerMinutes(u8);

/// The choices of a person who starts a practice session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PracticeSettings {
    /// The category of questions, or `None` for all.
    pub category_filter: Option<CategoryFilter>,
    /// The kind of practice.
    pub mode: PracticeMode,
    /// The time for each question, or `None` for any time.
    pub timer_minutes: Option<TimerMinutes>,
}

/// The reason why a choice was refused. The messages are shown to the person who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PracticeSettingsError {
    /// The category is longer than [`CategoryFilter::MAX_CHARACTERS`].
    #[error("Enter a category of at most {} characters.", CategoryFilter::MAX_CHARACTERS)]
    CategoryTooLong,
    /// The category contains a line break, or a control, format or bidirectional-control character.
    #[error("Remove the line breaks and invisible characters from the category.")]
    CategoryInvisibleCharacter,
    /// The mode is longer than [`PracticeMode::MAX_CHARACTERS`].
    #[error("Enter a mode of at most {} characters.", PracticeMode::MAX_CHARACTERS)]
    ModeTooLong,
    /// The mode contains a line break, or a control, format or bidirectional-control character.
    #[error("Remove the line breaks and invisible characters from the mode.")]
    ModeInvisibleCharacter,
    /// The timer is shorter than [`TimerMinutes::MIN`] or longer than [`TimerMinutes::MAX`].
    #[error("Enter a whole number from {} to {}.", TimerMinutes::MIN, TimerMinutes::MAX)]
    TimerOutOfRange,
}

impl CategoryFilter {
    /// Maximum length in Unicode code points.
    pub const MAX_CHARACTERS: usize = 50;

    /// The categories that the pages offer. The API also accepts others.
    pub const OFFERED: [&str; 6] =
        ["Product sense", "Execution", "Strategy", "Analytics", "Technical", "Behavioural"];

    /// Parses a category. Surrounding whitespace is ignored, and a blank category is `None`.
    ///
    /// # Errors
    ///
    /// See [`PracticeSettingsError`].
    pub fn parse(input: &str) -> Result<Option<Self>, PracticeSettingsError> {
        match parse_line(input, Self::MAX_CHARACTERS) {
            Ok(category) => Ok(category.map(Self)),
            Err(LineError::TooLong) => Err(PracticeSettingsError::CategoryTooLong),
            Err(LineError::InvisibleCharacter) => {
                Err(PracticeSettingsError::CategoryInvisibleCharacter)
            }
        }
    }

    /// Restores a stored category, which another program may have written. It is cleaned and truncated.
    #[must_use]
    pub fn restore(stored: &str) -> Option<Self> {
        restore_line(stored, Self::MAX_CHARACTERS).map(Self)
    }

    /// Returns the category.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PracticeMode {
    /// Maximum length in Unicode code points.
    pub const MAX_CHARACTERS: usize = 20;

    /// The modes that the pages offer, the default first. The API also accepts others.
    pub const OFFERED: [&str; 3] = ["standard", "rapid", "mock interview"];

    /// Parses a mode. Surrounding whitespace is ignored, and a blank mode is the default.
    ///
    /// # Errors
    ///
    /// See [`PracticeSettingsError`].
    pub fn parse(input: &str) -> Result<Self, PracticeSettingsError> {
        match parse_line(input, Self::MAX_CHARACTERS) {
            Ok(mode) => Ok(mode.map(Self).unwrap_or_default()),
            Err(LineError::TooLong) => Err(PracticeSettingsError::ModeTooLong),
            Err(LineError::InvisibleCharacter) => {
                Err(PracticeSettingsError::ModeInvisibleCharacter)
            }
        }
    }

    /// Restores a stored mode, which another program may have written. It is cleaned and truncated.
    #[must_use]
    pub fn restore(stored: &str) -> Self {
        restore_line(stored, Self::MAX_CHARACTERS).map(Self).unwrap_or_default()
    }

    /// Returns the mode.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The mode `standard`.
impl Default for PracticeMode {
    fn default() -> Self {
        Self(Self::OFFERED[0].to_owned())
    }
}

impl TimerMinutes {
    /// Minimum time.
    pub const MIN: u8 = 1;
    /// Maximum time.
    pub const MAX: u8 = 60;

    /// The times that the pages offer. The API also accepts the others.
    pub const OFFERED: [u8; 5] = [5, 10, 15, 25, 45];

    /// Checks a number of minutes.
    ///
    /// # Errors
    ///
    /// [`PracticeSettingsError::TimerOutOfRange`].
    pub fn new(minutes: i64) -> Result<Self, PracticeSettingsError> {
        let minutes = u8::try_from(minutes).ok();
        let minutes = minutes.filter(|minutes| (Self::MIN..=Self::MAX).contains(minutes));
        minutes.map(Self).ok_or(PracticeSettingsError::TimerOutOfRange)
    }

    /// Returns the number of minutes.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(input: &str) -> Result<Option<String>, PracticeSettingsError> {
        CategoryFilter::parse(input).map(|category| category.map(|category| category.0))
    }

    fn mode(input: &str) -> Result<String, PracticeSettingsError> {
        PracticeMode::parse(input).map(|mode| mode.0)
    }

    #[test]
    fn texts_are_trimmed_and_blank_ones_count_as_absent() {
        assert_eq!(category(" Product sense\u{a0}"), Ok(Some("Product sense".to_owned())));
        assert_eq!(mode(" rapid\n"), Ok("rapid".to_owned()));
        for blank in ["", "  ", "\t\n", "\u{3000}"] {
            assert_eq!(category(blank), Ok(None));
            assert_eq!(mode(blank), Ok("standard".to_owned()));
        }
    }

    #[test]
    fn limits_are_50_and_20_code_points() {
        assert_eq!(category(&"é".repeat(50)), Ok(Some("é".repeat(50))));
        assert_eq!(category(&"é".repeat(51)), Err(PracticeSettingsError::CategoryTooLong));
        assert_eq!(mode(&"😀".repeat(20)), Ok("😀".repeat(20)));
        assert_eq!(mode(&"a".repeat(21)), Err(PracticeSettingsError::ModeTooLong));
    }

    #[test]
    fn line_breaks_and_invisible_characters_are_refused() {
        for text in ["a\0b", "a\nb", "a\u{1b}b", "a\u{85}b", "a\u{7f}b", "a\u{202e}b"] {
            assert_eq!(category(text), Err(PracticeSettingsError::CategoryInvisibleCharacter));
            assert_eq!(mode(text), Err(PracticeSettingsError::ModeInvisibleCharacter));
        }
    }

    #[test]
    fn stored_texts_that_break_the_rules_are_cleaned() {
        let restored = CategoryFilter::restore(&format!("\ta\u{7}{}", "b".repeat(60))).unwrap();
        assert_eq!(restored.as_str(), format!("a{}", "b".repeat(49)));
        assert_eq!(CategoryFilter::restore(" \0"), None);
        assert_eq!(PracticeMode::restore("ra\0p\u{2066}id").as_str(), "rapid");
        assert_eq!(PracticeMode::restore(" "), PracticeMode::default());
    }

    #[test]
    fn offered_choices_are_valid() {
        for offered in CategoryFilter::OFFERED {
            assert_eq!(category(offered), Ok(Some(offered.to_owned())));
        }
        for offered in PracticeMode::OFFERED {
            assert_eq!(mode(offered), Ok(offered.to_owned()));
        }
        for offered in TimerMinutes::OFFERED {
            assert_eq!(TimerMinutes::new(offered.into()).map(TimerMinutes::get), Ok(offered));
        }
        assert_eq!(PracticeMode::default().as_str(), "standard");
    }

    #[test]
    fn timer_has_1_to_60_minutes() {
        for minutes in [1, 30, 60] {
            assert_eq!(TimerMinutes::new(minutes).map(TimerMinutes::get), Ok(minutes as u8));
        }
        for minutes in [i64::MIN, -1, 0, 61, 256, 257, i64::MAX] {
            assert_eq!(TimerMinutes::new(minutes), Err(PracticeSettingsError::TimerOutOfRange));
        }
    }
}
