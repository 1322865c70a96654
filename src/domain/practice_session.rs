use std::fmt;

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

use super::{PracticePosition, PracticeSettings, UserId};

/// Identifies a practice session: a UUID (RFC 9562). New ones are random. It is not a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PracticeSessionId(Uuid);

impl PracticeSessionId {
    /// Creates an id from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }

    /// Returns the id with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Returns the 16 bytes of the id. Ids are ordered like their bytes and like their texts.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// Parses an id in the format that [`Display`](fmt::Display) writes. Returns `None` for any other format.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(Uuid::try_parse(text).ok()?);
        let mut buffer = Uuid::encode_buffer();
        (id.0.hyphenated().encode_lower(&mut buffer) == text).then_some(id)
    }
}

impl fmt::Display for PracticeSessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// A person's practice for interviews. Only its owner can see it.
#[derive(Debug, Clone, PartialEq)]
pub struct PracticeSession {
    /// The id of the session.
    pub id: PracticeSessionId,
    /// The owner.
    pub user_id: UserId,
    /// The choices of the owner.
    pub settings: PracticeSettings,
    /// When the session started.
    pub started_at: DateTime<Utc>,
    /// When the session ended, or `None` while it is open.
    pub ended_at: Option<DateTime<Utc>>,
    /// The number of questions that were asked.
    pub questions_count: u32,
    /// The average score of the answers, if there is one.
    pub avg_score: Option<f64>,
}

impl PracticeSession {
    /// Starts a session, without any questions yet.
    #[must_use]
    pub fn start(
        id: PracticeSessionId,
        user_id: UserId,
        settings: PracticeSettings,
        started_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            user_id,
            settings,
            started_at,
            ended_at: None,
            questions_count: 0,
            avg_score: None,
        }
    }

    /// Ends the session at `at`, or at its start if the clock of another server was ahead. A session that has ended
    /// stays unchanged.
    pub fn end(&mut self, at: DateTime<Utc>) {
        self.ended_at.get_or_insert(at.max(self.started_at));
    }

    /// Returns the place of the session in the history of its owner.
    #[must_use]
    pub fn position(&self) -> PracticePosition {
        PracticePosition { started_at: self.started_at, id: self.id }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn id_has_one_spelling() {
        let id = PracticeSessionId::from_random([0xab; 16]);
        assert_eq!(id.to_string(), "abababab-abab-4bab-abab-abababababab");
        assert_eq!(PracticeSessionId::parse(&id.to_string()), Some(id));
        assert_eq!(PracticeSessionId::from_bytes(id.to_bytes()), id);
        for other in [
            "ABABABAB-ABAB-4BAB-ABAB-ABABABABABAB",
            "abababababab4bababababababababab",
            "{abababab-abab-4bab-abab-abababababab}",
            "abababab-abab-4bab-abab-abababababab ",
            "",
        ] {
            assert_eq!(PracticeSessionId::parse(other), None, "{other:?}");
        }
    }

    #[test]
    fn session_ends_once_and_never_before_its_start() {
        let (start, id) = (DateTime::UNIX_EPOCH, PracticeSessionId::from_random([1; 16]));
        let new = || PracticeSession::start(id, UserId(1), PracticeSettings::default(), start);
        let mut session = new();
        session.end(start + TimeDelta::minutes(5));
        session.end(start + TimeDelta::minutes(9));
        assert_eq!(session.ended_at, Some(start + TimeDelta::minutes(5)));
        let mut session = new();
        session.end(start - TimeDelta::seconds(1));
        assert_eq!(session.ended_at, Some(start));
    }
}
