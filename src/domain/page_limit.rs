/// The maximum number of items in a page, from 1 to [`PageLimit::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u8);

/// A page cannot have this many items. The message is shown to the person who asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a whole number from 1 to {}.", PageLimit::MAX)]
pub struct PageLimitError;

impl PageLimit {
    /// Maximum number of items in a page. It bounds the work and the memory of a request.
    pub const MAX: u8 = 100;

    /// Parses a limit in decimal digits.
    ///
    /// # Errors
    ///
    /// [`PageLimitError`] if it is not a number from 1 to [`PageLimit::MAX`].
    pub fn parse(input: &str) -> Result<Self, PageLimitError> {
        // `str::parse` also accepts a plus sign.
        let digits = input.bytes().all(|byte| byte.is_ascii_digit());
        let number = input.parse().ok().filter(|number| digits && (1..=Self::MAX).contains(number));
        number.map(Self).ok_or(PageLimitError)
    }

    /// Returns the number of items.
    #[must_use]
    pub fn get(self) -> usize {
        self.0.into()
    }
}

/// 20 items, about one screen.
impl Default for PageLimit {
    fn default() -> Self {
        Self(20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_a_whole_number_from_1_to_100() {
        for (text, number) in [("1", 1), ("20", 20), ("100", 100), ("007", 7)] {
            assert_eq!(PageLimit::parse(text).map(PageLimit::get), Ok(number), "{text}");
        }
        for text in ["", "0", "101", "256", "-1", "+5", " 5", "1.5", "1e1", "x", "٥", "99999999999"]
        {
            assert_eq!(PageLimit::parse(text), Err(PageLimitError), "{text}");
        }
        assert_eq!(PageLimit::default().get(), 20);
    }
}
