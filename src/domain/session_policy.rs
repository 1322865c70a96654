use chrono::{DateTime, TimeDelta, Utc};

use super::{AuthSession, LiveTimes, Refusal, UserSession};

/// The lifetime of sessions (ASVS 5.0, 7.3.1 and 7.3.2).
#[derive(Debug, Clone, Copy)]
pub struct SessionPolicy {
    /// Maximum lifetime of a session, however much it is used.
    pub max_age: TimeDelta,
    /// Maximum time without use.
    pub idle_timeout: TimeDelta,
}

/// The times that separate expired sessions from live ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoffs {
    /// Sessions that began at or before this time have expired.
    pub begun_by: DateTime<Utc>,
    /// Sessions that were last used at or before this time have expired.
    pub used_by: DateTime<Utc>,
}

impl SessionPolicy {
    /// Maximum number of sessions of an account. Another login ends the session that was unused for longest. Uses are
    /// stored at [`touch_interval`](Self::touch_interval), so sessions used since then count as used equally long ago.
    pub const MAX_SESSIONS: usize = 100;

    /// How long a spent refresh token can still be exchanged for its successor. Retries arrive earlier, thieves usually
    /// later.
    pub const REFRESH_GRACE: TimeDelta = TimeDelta::seconds(10);

    /// How far in the future the times of a session may be. The clocks of servers that share a database differ a
    /// little.
    pub const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

    /// Returns the session if its user may use it at `now`.
    ///
    /// # Errors
    ///
    /// [`Refusal::AccountInactive`] or [`Refusal::SessionExpired`].
    pub fn admit(&self, found: UserSession, now: DateTime<Utc>) -> Result<UserSession, Refusal> {
        if !found.user.is_active {
            return Err(Refusal::AccountInactive);
        }
        match self.is_live(&found.session, now) {
            true => Ok(found),
            false => Err(Refusal::SessionExpired),
        }
    }

    /// Returns whether the session can be used at `now`. A session with times more than [`Self::CLOCK_SKEW`] in the
    /// future cannot, because it would outlive its limits.
    #[must_use]
    pub fn is_live(&self, session: &AuthSession, now: DateTime<Utc>) -> bool {
        let age = now.signed_duration_since(session.created_at);
        let idle = now.signed_duration_since(session.last_seen_at);
        let limits = [(age, self.max_age), (idle, self.idle_timeout)];
        limits.iter().all(|(time, limit)| (-Self::CLOCK_SKEW..*limit).contains(time))
    }

    /// Returns the times that separate live sessions from expired ones at `now`.
    #[must_use]
    pub fn cutoffs(&self, now: DateTime<Utc>) -> Cutoffs {
        let earlier = |time| now.checked_sub_signed(time).unwrap_or(DateTime::<Utc>::MIN_UTC);
        Cutoffs { begun_by: earlier(self.max_age), used_by: earlier(self.idle_timeout) }
    }

    /// Returns the times of sessions that can be used at `now`.
    #[must_use]
    pub fn live_times(&self, now: DateTime<Utc>) -> LiveTimes {
        let until = now.checked_add_signed(Self::CLOCK_SKEW).unwrap_or(DateTime::<Utc>::MAX_UTC);
        LiveTimes { cutoffs: self.cutoffs(now), until }
    }

    /// Returns when the session ends if it is not used again.
    #[must_use]
    pub fn expires_at(&self, session: &AuthSession) -> DateTime<Utc> {
        let later = |start: DateTime<Utc>, time| {
            start.checked_add_signed(time).unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        later(session.created_at, self.max_age).min(later(session.last_seen_at, self.idle_timeout))
    }

    /// Returns how long a session that began at `created_at` and is used at `now` lasts without further use.
    #[must_use]
    pub fn time_left(&self, created_at: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
        let rest = self.max_age - now.signed_duration_since(created_at);
        rest.clamp(TimeDelta::zero(), self.max_age).min(self.idle_timeout)
    }

    /// Returns whether a refresh token that was spent at `spent_at` can still be exchanged for its successor at `now`.
    #[must_use]
    pub fn is_in_grace(spent_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        // A time far in the future was not stored by a refresh, so it gives no grace either.
        now.signed_duration_since(spent_at).abs() <= Self::REFRESH_GRACE
    }

    /// Returns whether a use at `now` must be stored.
    #[must_use]
    pub fn touch_is_due(&self, session: &AuthSession, now: DateTime<Utc>) -> bool {
        now.signed_duration_since(session.last_seen_at) >= self.touch_interval()
    }

    /// Returns the least time between two stored uses: five minutes, or a tenth of the idle timeout if that is shorter.
    /// Most requests then cost no write.
    #[must_use]
    pub fn touch_interval(&self) -> TimeDelta {
        TimeDelta::minutes(5).min(self.idle_timeout / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{SessionId, UserId};

    const POLICY: SessionPolicy =
        SessionPolicy { max_age: TimeDelta::days(30), idle_timeout: TimeDelta::days(7) };
    const INSTANT: TimeDelta = TimeDelta::microseconds(1);

    fn session(last_seen_after: TimeDelta) -> AuthSession {
        AuthSession {
            id: SessionId::from_random([7; 16]),
            user_id: UserId(1),
            created_at: DateTime::UNIX_EPOCH,
            last_seen_at: DateTime::UNIX_EPOCH + last_seen_after,
            refresh_generation: 0,
            previous_login: None,
        }
    }

    fn after(time: TimeDelta) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + time
    }

    #[test]
    fn unused_session_ends_at_the_idle_timeout() {
        let session = session(TimeDelta::zero());
        assert!(POLICY.is_live(&session, after(TimeDelta::days(7) - INSTANT)));
        assert!(!POLICY.is_live(&session, after(TimeDelta::days(7))));
    }

    #[test]
    fn used_session_ends_at_its_maximum_age() {
        let session = session(TimeDelta::days(29));
        assert!(POLICY.is_live(&session, after(TimeDelta::days(30) - INSTANT)));
        assert!(!POLICY.is_live(&session, after(TimeDelta::days(30))));
    }

    #[test]
    fn session_more_than_a_minute_in_the_future_is_not_live() {
        let limit = TimeDelta::minutes(1);
        let now = after(TimeDelta::zero());
        for (ahead, live) in
            [(limit, true), (limit + INSTANT, false), (TimeDelta::days(3650), false)]
        {
            let seen_ahead = session(ahead);
            let begun_ahead = AuthSession { created_at: after(ahead), ..session(ahead) };
            for session in [seen_ahead, begun_ahead] {
                assert_eq!(POLICY.is_live(&session, now), live, "{session:?}");
            }
        }
    }

    #[test]
    fn cutoffs_are_where_sessions_stop_being_live() {
        let now = after(TimeDelta::days(100));
        let Cutoffs { begun_by, used_by } = POLICY.cutoffs(now);
        let of = |created_at, last_seen_at| AuthSession {
            created_at,
            last_seen_at,
            ..session(TimeDelta::zero())
        };
        assert!(!POLICY.is_live(&of(begun_by, now), now));
        assert!(POLICY.is_live(&of(begun_by + INSTANT, now), now));
        assert!(!POLICY.is_live(&of(used_by, used_by), now));
        assert!(POLICY.is_live(&of(used_by, used_by + INSTANT), now));
    }

    #[test]
    fn session_expires_at_the_earlier_of_its_two_limits() {
        let at = |days| POLICY.expires_at(&session(TimeDelta::days(days)));
        assert_eq!(at(0), after(TimeDelta::days(7)));
        assert_eq!(at(29), after(TimeDelta::days(30)));
        let endless = SessionPolicy { max_age: TimeDelta::MAX, idle_timeout: TimeDelta::MAX };
        assert_eq!(endless.expires_at(&session(TimeDelta::zero())), DateTime::<Utc>::MAX_UTC);
        assert_eq!(endless.cutoffs(after(TimeDelta::zero())).used_by, DateTime::<Utc>::MIN_UTC);
    }

    #[test]
    fn used_session_has_its_idle_timeout_left_or_the_rest_of_its_age() {
        let left = |days| POLICY.time_left(after(TimeDelta::zero()), after(TimeDelta::days(days)));
        assert_eq!(left(10), TimeDelta::days(7));
        assert_eq!(left(29), TimeDelta::days(1));
        assert_eq!(left(31), TimeDelta::zero());
        assert_eq!(left(-1), TimeDelta::days(7));
    }

    #[test]
    fn spent_refresh_token_is_in_grace_for_ten_seconds() {
        let spent_at = after(TimeDelta::days(1));
        let later = |time| SessionPolicy::is_in_grace(spent_at, spent_at + time);
        assert!(later(TimeDelta::seconds(10)));
        assert!(!later(TimeDelta::seconds(10) + INSTANT));
        assert!(later(TimeDelta::seconds(-1)) && !later(TimeDelta::days(-1)));
    }

    #[test]
    fn use_is_stored_every_five_minutes_or_every_tenth_of_a_short_timeout() {
        let fresh = session(TimeDelta::zero());
        assert!(!POLICY.touch_is_due(&fresh, after(TimeDelta::seconds(299))));
        assert!(POLICY.touch_is_due(&fresh, after(TimeDelta::seconds(300))));
        let short = SessionPolicy { idle_timeout: TimeDelta::seconds(10), ..POLICY };
        assert!(short.touch_is_due(&fresh, after(TimeDelta::seconds(1))));
    }
}
