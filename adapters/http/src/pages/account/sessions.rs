//! The sessions in the list of the account page.

use chrono::{DateTime, TimeDelta, Utc};
use coach_core::domain::{AuthSession, SessionDetails, SessionId, SessionPolicy};
use poem::Request;
use serde::Serialize;
use url::form_urlencoded;

use super::super::{
    client_name::{ClientName, Icon},
    view::Time,
};
use crate::request::PageRequest;

/// How many sessions are shown at first, and how many more at a time.
const STEP: usize = 10;

/// How many sessions the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) struct Shown {
    sessions: usize,
    /// Whether the visitor asked for a longer list, so that the first new session gets the focus.
    moves_focus: bool,
}

impl Default for Shown {
    fn default() -> Self {
        Self { sessions: STEP, moves_focus: false }
    }
}

impl Shown {
    /// Reads the number in the query. Without scripts, the fragment of the address moves the focus.
    pub(super) fn asked(request: &Request, asked: PageRequest) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let number = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "sessions");
        let shown = number.map_or(Self::default(), |(_, number)| Self::read(&number));
        Self { moves_focus: asked == PageRequest::Htmx, ..shown }
    }

    /// Reads a number. Any other text means the default.
    pub(in crate::pages) fn read(number: &str) -> Self {
        let sessions = number.parse().unwrap_or(STEP).clamp(STEP, SessionPolicy::MAX_SESSIONS);
        Self { sessions, moves_focus: false }
    }

    /// Returns the address of the list with this many sessions.
    pub(super) fn address(self) -> String {
        let query = match self.sessions {
            STEP => String::new(),
            number => format!("?sessions={number}"),
        };
        format!("{}{query}#sessions", super::ACCOUNT)
    }
}

/// The first sessions of an account, the current one before all others.
#[derive(Serialize)]
pub(in crate::pages) struct SessionList {
    items: Vec<SessionView>,
    shown: usize,
    moves_focus: bool,
    next: Option<Next>,
    has_others: bool,
    previous_login: Option<Time>,
}

/// The sessions that the list does not show yet.
#[derive(Serialize)]
struct Next {
    /// How many sessions the longer list may show.
    shown: usize,
    /// How many of them are not shown yet.
    more: usize,
}

#[derive(Serialize)]
struct SessionView {
    id: String,
    /// The place in the list, from 1.
    number: usize,
    is_current: bool,
    /// Whether the session is the first of those that the visitor just asked for.
    is_first_new: bool,
    name: String,
    icon: Icon,
    ip: Option<String>,
    created_at: Time,
    last_use: String,
    last_seen_at: Time,
}

/// The time at which the list is shown, and the rules by which times are stored.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Clock<'a> {
    pub(in crate::pages) now: DateTime<Utc>,
    pub(in crate::pages) policy: &'a SessionPolicy,
}

impl SessionList {
    /// Arranges the sessions, which are in the order of their last use.
    pub(in crate::pages) fn new(
        sessions: &[SessionDetails],
        current: &AuthSession,
        Shown { sessions: shown, moves_focus }: Shown,
        clock: Clock<'_>,
    ) -> Self {
        let is_current = |details: &&SessionDetails| details.session.id == current.id;
        let mine = sessions.iter().find(is_current);
        let others = sessions.iter().filter(|details| !is_current(details));
        let ordered = mine.into_iter().chain(others).take(shown).enumerate();
        let first_new = (shown > STEP).then_some(shown - STEP + 1);
        let items = ordered.map(|(index, details)| SessionView {
            is_first_new: first_new == Some(index + 1),
            ..SessionView::new(index + 1, details, current.id, clock)
        });
        let left = sessions.len().saturating_sub(shown);
        Self {
            items: items.collect(),
            shown,
            moves_focus,
            next: (left > 0).then_some(Next { shown: shown + STEP, more: left.min(STEP) }),
            has_others: sessions.len() > usize::from(mine.is_some()),
            previous_login: current.previous_login.map(Time::from),
        }
    }
}

impl SessionView {
    fn new(
        number: usize,
        SessionDetails { session, client }: &SessionDetails,
        current: SessionId,
        clock: Clock<'_>,
    ) -> Self {
        let is_current = session.id == current;
        let ClientName { text: name, icon } = ClientName::of(client.user_agent.as_ref());
        let unused = clock.now.signed_duration_since(session.last_seen_at);
        Self {
            id: session.id.to_string(),
            number,
            is_current,
            is_first_new: false,
            name,
            icon,
            ip: client.ip.map(|ip| ip.to_string()),
            created_at: session.created_at.into(),
            last_use: match is_current {
                true => "active now".to_owned(),
                false => last_use(unused, clock.policy.touch_interval()),
            },
            last_seen_at: session.last_seen_at.into(),
        }
    }
}

/// Says when a session was last used. The stored time can be earlier than the last use by `precision`, so minutes are
/// multiples of it: the last use was then, within that precision.
fn last_use(unused: TimeDelta, precision: TimeDelta) -> String {
    let precision = (precision.num_seconds().max(0) as u64).div_ceil(60).max(1);
    let minutes = u64::try_from(unused.num_minutes()).unwrap_or(0);
    let count = |number: u64, unit| match number {
        1 => format!("active 1 {unit} ago"),
        _ => format!("active {number} {unit}s ago"),
    };
    match (minutes, minutes / 60, minutes / (24 * 60)) {
        (..) if minutes < precision && precision == 1 => "active in the last minute".to_owned(),
        (..) if minutes < precision => format!("active in the last {precision} minutes"),
        (_, 0, _) => count(minutes / precision * precision, "minute"),
        (_, hours, 0) => count(hours, "hour"),
        (_, _, days) => count(days, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_use_is_as_exact_as_what_is_stored() {
        let five = TimeDelta::minutes(5);
        for (seconds, text) in [
            (-30, "active in the last 5 minutes"),
            (0, "active in the last 5 minutes"),
            (299, "active in the last 5 minutes"),
            (300, "active 5 minutes ago"),
            (14 * 60, "active 10 minutes ago"),
            (59 * 60, "active 55 minutes ago"),
            (60 * 60, "active 1 hour ago"),
            (23 * 60 * 60 + 3599, "active 23 hours ago"),
            (24 * 60 * 60, "active 1 day ago"),
            (6 * 24 * 60 * 60, "active 6 days ago"),
        ] {
            assert_eq!(last_use(TimeDelta::seconds(seconds), five), text, "{seconds}");
        }
        // A tenth of a short idle timeout.
        for (precision, seconds, text) in [
            (30, 10, "active in the last minute"),
            (30, 60, "active 1 minute ago"),
            (90, 70, "active in the last 2 minutes"),
            (90, 200, "active 2 minutes ago"),
            (0, 0, "active in the last minute"),
        ] {
            let precision = TimeDelta::seconds(precision);
            assert_eq!(last_use(TimeDelta::seconds(seconds), precision), text);
        }
    }

    #[test]
    fn number_of_sessions_is_within_bounds() {
        for (asked, shown) in [
            ("20", 20),
            ("100", 100),
            ("101", 100),
            ("18446744073709551616", 10),
            ("9", 10),
            ("0", 10),
            ("-1", 10),
            ("", 10),
            ("x", 10),
        ] {
            assert_eq!(Shown::read(asked).sessions, shown, "{asked}");
        }
        assert_eq!(Shown::read("20").address(), "/account?sessions=20#sessions");
        assert_eq!(Shown::default().address(), "/account#sessions");
    }
}
