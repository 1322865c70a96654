//! Values of the Python application, as this application stores them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use coach_core::domain::{EmailAddress, FullName, PracticeSessionId};

/// Returns the canonical form of an address, or `None` if it is malformed.
pub(crate) fn email(stored: &str) -> Option<String> {
    EmailAddress::parse(stored).ok().map(|email| email.as_str().to_owned())
}

/// Returns whether a name follows the rules.
pub(crate) fn is_name(stored: &str) -> bool {
    FullName::parse(stored).is_ok()
}

/// Reads a time as SQLAlchemy, or ISO 8601, writes it. A time without an offset is UTC.
pub(crate) fn time(stored: &str) -> Option<NaiveDateTime> {
    let with_offset = DateTime::parse_from_rfc3339(stored)
        .or_else(|_| DateTime::parse_from_str(stored, "%Y-%m-%d %H:%M:%S%.f%z"));
    if let Ok(time) = with_offset {
        return Some(time.naive_utc());
    }
    let naive = stored.replacen('T', " ", 1);
    let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(&naive, format).ok());
    time.or_else(|| {
        let day = NaiveDate::parse_from_str(stored, "%Y-%m-%d").ok()?;
        Some(day.and_time(NaiveTime::MIN))
    })
}

/// Returns the text that the SQLite adapter writes for this time, so that times compare as texts.
pub(crate) fn sqlite_time(stored: &str) -> Option<String> {
    time(stored).map(|time| time.format("%Y-%m-%d %H:%M:%S%.f").to_string())
}

/// Returns the canonical form of the UUID of a practice session, with or without hyphens.
pub(crate) fn practice_session_id(stored: &str) -> Option<String> {
    let mut hexadecimal: String = stored.chars().filter(|&character| character != '-').collect();
    hexadecimal.make_ascii_lowercase();
    if hexadecimal.len() != 32 || !hexadecimal.is_ascii() {
        return None;
    }
    for position in [20, 16, 12, 8] {
        hexadecimal.insert(position, '-');
    }
    PracticeSessionId::parse(&hexadecimal).map(|id| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_sqlalchemy_become_utc_without_trailing_zeros() {
        for (stored, expected) in [
            ("2026-02-13 12:00:00.000000", "2026-02-13 12:00:00"),
            ("2026-02-13 12:00:00.123456", "2026-02-13 12:00:00.123456"),
            ("2026-02-13 12:00:00.500000", "2026-02-13 12:00:00.500"),
            ("2026-02-13 12:00:00", "2026-02-13 12:00:00"),
            ("2026-02-13T12:00:00Z", "2026-02-13 12:00:00"),
            ("2026-02-13T14:00:00.5+02:00", "2026-02-13 12:00:00.500"),
            ("2026-02-13 12:00:00+00:00", "2026-02-13 12:00:00"),
            ("2026-02-13 14:00:00.000001+0200", "2026-02-13 12:00:00.000001"),
            ("2026-02-13 12:00", "2026-02-13 12:00:00"),
            ("2026-02-13", "2026-02-13 00:00:00"),
        ] {
            assert_eq!(sqlite_time(stored).as_deref(), Some(expected), "{stored}");
        }
        for stored in ["", "yesterday", "1770984000", "13/02/2026", "2026-02-30 12:00:00"] {
            assert_eq!(sqlite_time(stored), None, "{stored}");
        }
    }

    #[test]
    fn session_ids_are_uuids_in_any_spelling() {
        let id = "a0f58c69-85ba-4cb4-90e1-675b2d66aaa3";
        for stored in
            [id, "A0F58C69-85BA-4CB4-90E1-675B2D66AAA3", "a0f58c6985ba4cb490e1675b2d66aaa3"]
        {
            assert_eq!(practice_session_id(stored).as_deref(), Some(id));
        }
        for stored in
            ["", "1", "é0f58c6985ba4cb490e1675b2d66aaa", "g0f58c6985ba4cb490e1675b2d66aaa3"]
        {
            assert_eq!(practice_session_id(stored), None);
        }
    }
}
