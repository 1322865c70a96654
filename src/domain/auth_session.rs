use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::{Builder, Uuid};

use super::{Client, SessionSecret, UserId};

/// Names an auth session: a random UUID (RFC 9562, version 4). It names, it does not authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Makes an id out of random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The id of 16 bytes that [`to_bytes`](Self::to_bytes) gave; none for any others.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let id = Self(Uuid::from_bytes(bytes));
        (id == Self::from_random(bytes)).then_some(id)
    }

    /// Its 16 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// Reads an id in the one spelling that [`Display`](fmt::Display) writes; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(Uuid::try_parse(text).ok()?);
        let mut buffer = Uuid::encode_buffer();
        (id.0.hyphenated().encode_lower(&mut buffer) == text).then_some(id)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Somebody's being signed in, from a login or registration on. It exists while it may be used: what ends is
/// removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthSession {
    /// The session's name.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to within [`SessionPolicy::touch_interval`].
    pub last_seen_at: DateTime<Utc>,
    /// The how-manyth refresh token is the one to be spent next, from 0.
    pub refresh_generation: u32,
}

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDetails {
    /// The session.
    pub session: AuthSession,
    /// From where it began.
    pub client: Client,
}

/// A session to be stored.
#[derive(Debug, Clone)]
pub struct NewAuthSession {
    /// The session's name.
    pub id: SessionId,
    /// When it begins.
    pub created_at: DateTime<Utc>,
    /// From where it begins.
    pub client: Client,
    /// What the browser that uses it will present; none for a client that uses access tokens.
    pub secret: Option<SessionSecret>,
    /// What the browser presented before: that session ends where this one begins, so that no value that somebody
    /// planted in a browser is ever signed in (session fixation).
    pub replaces: Option<SessionSecret>,
}

/// How long a session lasts (ASVS 5.0, 7.3.1 and 7.3.2).
#[derive(Debug, Clone, Copy)]
pub struct SessionPolicy {
    /// After this time it is over, however much it is used.
    pub max_age: TimeDelta,
    /// After this time without use it is over.
    pub idle_timeout: TimeDelta,
}

impl SessionPolicy {
    /// How far ahead a session may be stamped: the clocks of servers that share a database differ a little.
    pub const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

    /// Whether `session` may be used at `now`. A session stamped further ahead than [`Self::CLOCK_SKEW`] may not: it
    /// would outlive its limits.
    #[must_use]
    pub fn is_live(&self, session: &AuthSession, now: DateTime<Utc>) -> bool {
        let age = now.signed_duration_since(session.created_at);
        let idle = now.signed_duration_since(session.last_seen_at);
        let limits = [(age, self.max_age), (idle, self.idle_timeout)];
        limits.iter().all(|(time, limit)| (-Self::CLOCK_SKEW..*limit).contains(time))
    }

    /// When a session ends if it is not used again.
    #[must_use]
    pub fn expires_at(&self, session: &AuthSession) -> DateTime<Utc> {
        let oldest = session.created_at.checked_add_signed(self.max_age);
        let idlest = session.last_seen_at.checked_add_signed(self.idle_timeout);
        oldest.unwrap_or(DateTime::<Utc>::MAX_UTC).min(idlest.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// How long a spent refresh token still gets its successor: longer than a retry takes, and much shorter than a thief.
    pub const REFRESH_GRACE: TimeDelta = TimeDelta::seconds(10);

    /// Whether a refresh token that was spent at `spent_at` may be presented once more at `now`.
    #[must_use]
    pub fn is_in_grace(spent_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        now.signed_duration_since(spent_at) <= Self::REFRESH_GRACE
    }

    /// How much of its full age a session has left at `now`; none if it is over.
    #[must_use]
    pub fn remaining(&self, created_at: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
        let remaining = self.max_age - now.signed_duration_since(created_at);
        remaining.clamp(TimeDelta::zero(), self.max_age)
    }

    /// How long a session that is used at `now` lasts if it is not used again.
    #[must_use]
    pub fn time_left(&self, created_at: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
        self.remaining(created_at, now).min(self.idle_timeout)
    }

    /// Whether a use at `now` is worth writing down.
    #[must_use]
    pub fn touch_is_due(&self, session: &AuthSession, now: DateTime<Utc>) -> bool {
        now.signed_duration_since(session.last_seen_at) >= self.touch_interval()
    }

    /// How often a use is written down: at most once in five minutes, since a read should not cost a write; more
    /// often only where the idle timeout is too short to be kept that coarsely.
    #[must_use]
    pub fn touch_interval(&self) -> TimeDelta {
        TimeDelta::minutes(5).min(self.idle_timeout / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: SessionPolicy =
        SessionPolicy { max_age: TimeDelta::days(30), idle_timeout: TimeDelta::days(7) };

    fn session(last_seen_after: TimeDelta) -> AuthSession {
        AuthSession {
            id: SessionId::from_random([7; 16]),
            user_id: UserId(1),
            created_at: DateTime::UNIX_EPOCH,
            last_seen_at: DateTime::UNIX_EPOCH + last_seen_after,
            refresh_generation: 0,
        }
    }

    fn after(time: TimeDelta) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + time
    }

    #[test]
    fn an_unused_session_ends_at_the_idle_timeout() {
        let session = session(TimeDelta::zero());
        assert!(POLICY.is_live(&session, after(TimeDelta::days(7) - TimeDelta::microseconds(1))));
        assert!(!POLICY.is_live(&session, after(TimeDelta::days(7))));
    }

    #[test]
    fn a_used_session_ends_at_its_full_age() {
        let session = session(TimeDelta::days(29));
        assert!(POLICY.is_live(&session, after(TimeDelta::days(30) - TimeDelta::microseconds(1))));
        assert!(!POLICY.is_live(&session, after(TimeDelta::days(30))));
    }

    #[test]
    fn a_session_expires_at_whichever_end_comes_first() {
        let at = |days| POLICY.expires_at(&session(TimeDelta::days(days)));
        assert_eq!(at(0), after(TimeDelta::days(7)));
        assert_eq!(at(29), after(TimeDelta::days(30)));
        let endless = SessionPolicy { max_age: TimeDelta::MAX, idle_timeout: TimeDelta::MAX };
        assert_eq!(endless.expires_at(&session(TimeDelta::zero())), DateTime::<Utc>::MAX_UTC);
    }

    #[test]
    fn a_spent_refresh_token_is_in_grace_for_ten_seconds() {
        let spent_at = after(TimeDelta::days(1));
        let later = |time| SessionPolicy::is_in_grace(spent_at, spent_at + time);
        assert!(later(TimeDelta::seconds(10)));
        assert!(!later(TimeDelta::seconds(10) + TimeDelta::microseconds(1)));
    }

    #[test]
    fn a_use_is_written_down_every_five_minutes_or_ten_times_in_a_short_timeout() {
        let fresh = session(TimeDelta::zero());
        assert!(!POLICY.touch_is_due(&fresh, after(TimeDelta::seconds(299))));
        assert!(POLICY.touch_is_due(&fresh, after(TimeDelta::seconds(300))));
        let short = SessionPolicy { idle_timeout: TimeDelta::seconds(10), ..POLICY };
        assert!(short.touch_is_due(&fresh, after(TimeDelta::seconds(1))));
    }

    #[test]
    fn what_remains_of_a_session_is_never_negative_and_never_more_than_its_full_age() {
        let remaining =
            |days| POLICY.remaining(after(TimeDelta::zero()), after(TimeDelta::days(days)));
        assert_eq!(remaining(10), TimeDelta::days(20));
        assert_eq!(remaining(31), TimeDelta::zero());
        assert_eq!(remaining(-1), TimeDelta::days(30));
    }

    #[test]
    fn a_used_session_has_its_idle_timeout_left_or_the_rest_of_its_age() {
        let left = |days| POLICY.time_left(after(TimeDelta::zero()), after(TimeDelta::days(days)));
        assert_eq!(left(10), TimeDelta::days(7));
        assert_eq!(left(29), TimeDelta::days(1));
    }

    #[test]
    fn a_session_stamped_more_than_a_minute_in_the_future_is_not_live() {
        let (limit, instant) = (TimeDelta::minutes(1), TimeDelta::microseconds(1));
        let now = after(TimeDelta::zero());
        for (ahead, live) in
            [(limit, true), (limit + instant, false), (TimeDelta::days(3650), false)]
        {
            let seen_ahead = session(ahead);
            let begun_ahead = AuthSession { created_at: after(ahead), ..session(ahead) };
            for session in [seen_ahead, begun_ahead] {
                assert_eq!(POLICY.is_live(&session, now), live, "{session:?}");
            }
        }
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = SessionId::from_random([0xab; 16]);
        assert_eq!(id.to_string(), "abababab-abab-4bab-abab-abababababab");
        assert_eq!(SessionId::parse(&id.to_string()), Some(id));
        for other in [
            "ABABABAB-ABAB-4BAB-ABAB-ABABABABABAB",
            "abababababab4bababababababababab",
            "{abababab-abab-4bab-abab-abababababab}",
            "urn:uuid:abababab-abab-4bab-abab-abababababab",
            "abababab-abab-4bab-abab-abababababab ",
            "",
        ] {
            assert_eq!(SessionId::parse(other), None, "{other:?}");
        }
    }
}
