use std::{borrow::Cow, fmt, net::IpAddr};

use chrono::{DateTime, Utc};

use super::{AuthEvent, SessionId, UserId, text};

/// An event in the audit trail: when, who, what, from where and in which session. It has no email address, password or
/// token, like [`AuthEvent`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The place in the order in which events were stored.
    pub id: AuditEntryId,
    /// When the event happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub event: EventName,
    /// The account that the event concerns, which may have been deleted since.
    pub user_id: Option<UserId>,
    /// The session that the event concerns, which may have ended since.
    pub session_id: Option<SessionId>,
    /// Who caused the event, and from where.
    pub origin: EventOrigin,
    /// What else the event says, such as `count=3`, in at most 100 characters.
    pub details: Option<String>,
}

/// An event to be stored in the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// When the event happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub event: AuthEvent,
    /// Who caused the event, and from where.
    pub origin: EventOrigin,
}

/// Identifies an entry. Entries that are stored later have greater ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuditEntryId(pub i64);

/// Who caused an event, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventOrigin {
    /// The address of the client.
    pub ip: Option<IpAddr>,
    /// The operator who ran a command. Without one, the person themselves or someone unknown caused the event.
    pub operator: Option<OperatorName>,
}

/// A place in the trail, oldest entry first. Equal times are ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPosition {
    /// The time of the entry at this place.
    pub at: DateTime<Utc>,
    /// The id of the entry at this place.
    pub id: AuditEntryId,
}

/// The name of an event, such as `logged-in`. It is a text, because another version of the server may have stored it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventName(Cow<'static, str>);

/// The system user name of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorName(String);

impl AuditEntry {
    /// Returns the place of the entry.
    #[must_use]
    pub fn position(&self) -> AuditPosition {
        AuditPosition { at: self.at, id: self.id }
    }
}

impl NewAuditEntry {
    /// Returns the entry as the trail stores it.
    #[must_use]
    pub fn stored_as(self, id: AuditEntryId) -> AuditEntry {
        let Self { at, event, origin } = self;
        AuditEntry {
            id,
            at,
            event: EventName::of(&event),
            user_id: event.user_id(),
            session_id: event.session_id(),
            origin,
            details: event.details(),
        }
    }
}

impl AuditPosition {
    /// Returns the place before the first entry of this time.
    #[must_use]
    pub fn before(at: DateTime<Utc>) -> Self {
        Self { at, id: AuditEntryId(0) }
    }

    /// The place before every entry.
    #[must_use]
    pub fn first() -> Self {
        Self::before(DateTime::UNIX_EPOCH)
    }
}

impl EventName {
    /// Maximum length in Unicode code points.
    pub const MAX_CHARACTERS: usize = 50;

    /// Returns the name of an event.
    #[must_use]
    pub fn of(event: &AuthEvent) -> Self {
        Self(Cow::Borrowed(event.name()))
    }

    /// Reads a stored name, removes its invisible characters and truncates it.
    #[must_use]
    pub fn restore(stored: &str) -> Self {
        Self(Cow::Owned(text::restore_line(stored, Self::MAX_CHARACTERS).unwrap_or_default()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl OperatorName {
    /// Maximum length in Unicode code points. Linux allows 32 bytes.
    pub const MAX_CHARACTERS: usize = 64;

    /// Reads a name, removes its invisible characters and truncates it. Returns `None` if nothing is left.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        text::restore_line(name, Self::MAX_CHARACTERS).map(Self)
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_texts_are_cleaned_and_truncated() {
        assert_eq!(EventName::restore("logged-in\u{1b}[31m\r\n").as_str(), "logged-in[31m");
        assert_eq!(EventName::restore(&"x".repeat(99)).as_str().len(), 50);
        assert_eq!(OperatorName::read(" root\n").unwrap().as_str(), "root");
        assert_eq!(OperatorName::read("\n"), None);
    }
}
