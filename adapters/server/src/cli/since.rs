use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

/// The start of a period that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    Time(DateTime<Utc>),
    Ago(TimeDelta),
}

/// The text is not a time. The message completes a sentence of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("enter a time such as 2026-02-13T12:00:00Z, a date, or a duration such as 30m, 2h or 7d")]
pub(super) struct NotATime;

impl Since {
    /// Returns the start. A duration that reaches too far back is everything.
    pub(super) fn at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Time(time) => time,
            Self::Ago(duration) => now.checked_sub_signed(duration).unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

impl FromStr for Since {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::Time(time.to_utc()));
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(Self::Time(date.and_time(NaiveTime::MIN).and_utc()));
        }
        let unit = text.chars().last().ok_or(NotATime)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            _ => return Err(NotATime),
        };
        let number = &text[..text.len() - 1];
        let number = number.parse::<u32>().ok().filter(|_| !number.starts_with('+'));
        number
            .map(|number| Self::Ago(TimeDelta::seconds(i64::from(number) * seconds)))
            .ok_or(NotATime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_a_time_a_date_or_a_duration() {
        let now = "2026-02-13T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-02-01T01:00:00+01:00", "2026-02-01T00:00:00Z"),
            ("2026-02-01", "2026-02-01T00:00:00Z"),
            ("90s", "2026-02-13T11:58:30Z"),
            ("30m", "2026-02-13T11:30:00Z"),
            ("2h", "2026-02-13T10:00:00Z"),
            ("7d", "2026-02-06T12:00:00Z"),
        ] {
            let expected: DateTime<Utc> = expected.parse().unwrap();
            assert_eq!(text.parse::<Since>().unwrap().at(now), expected, "{text}");
        }
        for text in
            ["", "h", "2", "+2h", "-2h", "2 h", "2hé", "yesterday", "2026-02-30", "99999999999d"]
        {
            assert_eq!(text.parse::<Since>(), Err(NotATime), "{text}");
        }
        assert!("4294967295d".parse::<Since>().unwrap().at(now) < now);
    }
}
