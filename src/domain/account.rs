//! Accounts as an operator sees them.

use chrono::{DateTime, Utc};

use super::{
    Cutoffs, EmailAddress, EmailError, FullName, PasswordHash, User, UserId,
    text::{is_invisible, nfc},
};

/// Names an account: by its email address or its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountKey {
    /// The id of the account.
    Id(UserId),
    /// The email address of the account.
    Email(EmailAddress),
}

/// The text names no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountKeyError {
    /// The text has only digits, but is above the greatest id.
    #[error("Enter an id below {}.", i64::MAX)]
    Id,
    /// The text is not an email address.
    #[error("Enter an id or an email address. {0}")]
    Email(EmailError),
}

/// An account and the number of its live sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSummary {
    /// The account.
    pub user: User,
    /// The number of sessions that can be used.
    pub live_sessions: u64,
}

/// The times of live sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveTimes {
    /// Sessions with times at or before these have expired.
    pub cutoffs: Cutoffs,
    /// Sessions with a time after this are in the future and cannot be used.
    pub until: DateTime<Utc>,
}

/// Selects accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// A text that the email address or the name contains, in any case.
    pub search: Option<SearchText>,
    /// Whether the account is active.
    pub active: Option<bool>,
}

/// A text to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);

/// An account from another database.
#[derive(Debug, Clone)]
pub struct ImportedAccount {
    /// The account's email address.
    pub email: EmailAddress,
    /// The user's name, if there is one.
    pub full_name: Option<FullName>,
    /// The hash of the account's password.
    pub password_hash: PasswordHash,
    /// Whether the account can be used.
    pub is_active: bool,
    /// When the account was registered.
    pub created_at: DateTime<Utc>,
    /// The last login, if there was one.
    pub last_login: Option<DateTime<Utc>>,
}

impl AccountKey {
    /// Parses an id or an email address. Every email address contains an `@`, so a text of digits is an id.
    ///
    /// # Errors
    ///
    /// See [`AccountKeyError`].
    pub fn parse(input: &str) -> Result<Self, AccountKeyError> {
        let text = input.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let id = text.parse().map_err(|_| AccountKeyError::Id)?;
            return Ok(Self::Id(UserId(id)));
        }
        EmailAddress::parse(text).map(Self::Email).map_err(AccountKeyError::Email)
    }
}

impl SearchText {
    /// Reads a text. A blank text is `None`.
    #[must_use]
    pub fn read(input: &str) -> Option<Self> {
        let text = input.trim();
        (!text.is_empty()).then(|| Self(folded(text)))
    }

    fn is_in(&self, text: &str) -> bool {
        folded(text).contains(&self.0)
    }
}

/// Makes texts comparable that differ only in case or encoding.
fn folded(text: &str) -> String {
    nfc(&nfc(text).to_lowercase()).into_owned()
}

impl AccountFilter {
    /// Returns whether the filter selects the account.
    #[must_use]
    pub fn selects(&self, user: &User) -> bool {
        let name = user.full_name.as_ref().map(FullName::as_str);
        let texts = [Some(user.email.as_str()), name];
        let is_found =
            |search: &SearchText| texts.into_iter().flatten().any(|text| search.is_in(text));
        self.active.is_none_or(|active| user.is_active == active)
            && self.search.as_ref().is_none_or(is_found)
    }
}

/// Returns a text for a terminal: invisible characters, which could change how other text is displayed, and backslashes
/// are escaped as in Rust. Spaces are kept.
#[must_use]
pub fn escape_invisible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' ' => visible.push(' '),
            '\\' => visible.push_str("\\\\"),
            character if is_invisible(character) => visible.extend(character.escape_unicode()),
            character => visible.push(character),
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_an_id_and_anything_else_is_an_address() {
        assert_eq!(AccountKey::parse(" 42 "), Ok(AccountKey::Id(UserId(42))));
        let email = EmailAddress::parse("42@example.com").unwrap();
        assert_eq!(AccountKey::parse("42@Example.com"), Ok(AccountKey::Email(email)));
        for wrong in ["", "-1", "9223372036854775808", "1.5", "nobody", "٤"] {
            assert!(AccountKey::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn search_ignores_case_and_encoding() {
        let user = User {
            id: UserId(1),
            email: EmailAddress::parse("test@bücher.example").unwrap(),
            full_name: FullName::parse("Jose\u{301} Ångström").unwrap(),
            is_active: true,
            last_login: None,
            created_at: DateTime::UNIX_EPOCH,
        };
        let selects = |search: &str, active| {
            AccountFilter { search: SearchText::read(search), active }.selects(&user)
        };
        for found in ["TEST@", "BÜCHER", "josé", "JOSE\u{301} å", "  ", "%"] {
            let expected = found != "%";
            assert_eq!(selects(found, None), expected, "{found}");
        }
        assert!(selects("test", Some(true)) && !selects("test", Some(false)));
        assert!(!selects("other", Some(true)));
    }

    #[test]
    fn invisible_characters_are_escaped() {
        let text = "a b\\\u{1b}[31m\u{202e}\u{200b}\u{9b}\t李é";
        let escaped = r"a b\\\u{1b}[31m\u{202e}\u{200b}\u{9b}\u{9}李é";
        assert_eq!(escape_invisible(text), escaped);
    }
}
