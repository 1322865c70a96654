//! The cookies of the pages (RFC 6265bis): the session, an opaque secret, and two short-lived ones for the next page.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use coach_core::domain::{EmailAddress, SessionSecret};
use cookie::{Cookie, SameSite};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use poem::{
    FromRequest, Request, RequestBody,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

use super::{Notice, Problem};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The lifetime of a notice that no page shows.
const NOTICE_MAX_AGE: TimeDelta = TimeDelta::seconds(60);

/// The lifetime of an address that no sign-in form takes.
const EMAIL_MAX_AGE: TimeDelta = TimeDelta::minutes(5);

/// The names and the attributes of the cookies.
pub(crate) struct Cookies {
    session: String,
    notice: String,
    email: String,
    secure: bool,
    session_max_age: TimeDelta,
}

/// The changes of the cookies in a response. Handlers fill the slot and one layer writes it. The last change wins.
#[derive(Default)]
pub(crate) struct CookieSlot {
    /// The secret of the session in the request, if there is exactly one.
    sent: Option<String>,
    changes: Mutex<Changes>,
}

#[derive(Default)]
struct Changes {
    session: Option<Change<SessionSecret>>,
    notice: Option<Change<Notice>>,
    email: Option<Change<EmailAddress>>,
}

enum Change<T> {
    Set(T),
    Clear,
}

impl CookieSlot {
    pub(crate) fn new(sent: Option<String>) -> Self {
        Self { sent, ..Self::default() }
    }

    /// Signs the browser in.
    pub(crate) fn set(&self, secret: SessionSecret) {
        self.changes().session = Some(Change::Set(secret));
    }

    /// Signs the browser out.
    pub(crate) fn clear(&self) {
        self.changes().session = Some(Change::Clear);
    }

    /// Keeps a notice for the next page.
    pub(crate) fn announce(&self, notice: Notice) {
        self.changes().notice = Some(Change::Set(notice));
    }

    /// Forgets the notice, because a page shows it.
    pub(crate) fn clear_notice(&self) {
        self.changes().notice = Some(Change::Clear);
    }

    /// Keeps an address for the sign-in form. In the link, it would get into logs and histories.
    pub(crate) fn keep_email(&self, email: EmailAddress) {
        self.changes().email = Some(Change::Set(email));
    }

    /// Forgets the address, because the form shows it.
    pub(crate) fn clear_email(&self) {
        self.changes().email = Some(Change::Clear);
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> FromRequest<'a> for &'a CookieSlot {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let slot = request.data::<Arc<CookieSlot>>();
        Ok(slot.map(AsRef::as_ref).ok_or_else(Problem::internal)?)
    }
}

impl Cookies {
    /// With https, the names get the prefix `__Host-`. Browsers refuse such cookies from another host or an insecure page
    /// (ASVS 5.0, 3.3.3).
    pub(crate) fn new(session: &str, https: bool, session_max_age: TimeDelta) -> Self {
        let prefix = if https { "__Host-" } else { "" };
        let session = format!("{prefix}{session}");
        Self {
            notice: format!("{session}_notice"),
            email: format!("{session}_email"),
            session,
            secure: https,
            session_max_age,
        }
    }

    pub(crate) fn session_name(&self) -> &str {
        &self.session
    }

    pub(crate) fn notice_name(&self) -> &str {
        &self.notice
    }

    pub(crate) fn email_name(&self) -> &str {
        &self.email
    }

    /// Writes the changes of a slot.
    pub(crate) fn write(&self, slot: &CookieSlot, headers: &mut HeaderMap) {
        let changes = slot.changes();
        match &changes.session {
            Some(Change::Set(secret)) => {
                self.set(headers, &self.session, secret.expose(), self.session_max_age);
            }
            Some(Change::Clear) => {
                self.set(headers, &self.session, "", TimeDelta::zero());
                // Clears cached pages (ASVS 5.0, 14.3.1). `"cookies"` would also clear the cookies of every other host under
                // the same registrable domain.
                headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static(r#""cache""#));
            }
            None => {}
        }
        match changes.notice {
            Some(Change::Set(notice)) => {
                // The browser sends the notice back with this session.
                let secret = match &changes.session {
                    Some(Change::Set(secret)) => Some(secret.expose()),
                    _ => slot.sent.as_deref(),
                };
                if let Some(value) = notice.seal(secret) {
                    self.set(headers, &self.notice, &value, NOTICE_MAX_AGE);
                }
            }
            Some(Change::Clear) => self.set(headers, &self.notice, "", TimeDelta::zero()),
            None => {}
        }
        match &changes.email {
            Some(Change::Set(email)) => {
                let email = utf8_percent_encode(email.as_str(), NON_ALPHANUMERIC).to_string();
                self.set(headers, &self.email, &email, EMAIL_MAX_AGE);
            }
            Some(Change::Clear) => self.set(headers, &self.email, "", TimeDelta::zero()),
            None => {}
        }
    }

    fn set(&self, headers: &mut HeaderMap, name: &str, value: &str, max_age: TimeDelta) {
        let cookie = Cookie::build((name, value))
            .path("/")
            .max_age(cookie::time::Duration::seconds(max_age.num_seconds()))
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure);
        // Names and values are printable ASCII, so this cannot fail.
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(https: bool, fill: impl FnOnce(&CookieSlot)) -> HeaderMap {
        let (mut headers, slot) = (HeaderMap::new(), CookieSlot::default());
        fill(&slot);
        Cookies::new("sid", https, TimeDelta::days(30)).write(&slot, &mut headers);
        headers
    }

    fn cookie(headers: &HeaderMap) -> &str {
        headers[header::SET_COOKIE].to_str().unwrap()
    }

    /// ASVS 3.3.2, 3.3.4.
    #[test]
    fn cookie_is_hidden_from_scripts_and_other_sites() {
        let set = |https| {
            let headers = written(https, |slot| slot.set(SessionSecret::from_random([0xab; 32])));
            cookie(&headers).replace(&"ab".repeat(32), "abc")
        };
        assert_eq!(set(false), "sid=abc; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000");
        assert_eq!(
            set(true),
            "__Host-sid=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592000"
        );
    }

    #[test]
    fn cleared_cookie_expires_at_once() {
        let headers = written(false, CookieSlot::clear);
        assert_eq!(cookie(&headers), "sid=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
        assert_eq!(headers[CLEAR_SITE_DATA], r#""cache""#);
    }

    #[test]
    fn notice_lives_for_a_minute() {
        let headers = written(true, |slot| slot.announce(Notice::SignedOut));
        assert_eq!(
            cookie(&headers),
            "__Host-sid_notice=signed-out; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        let headers = written(false, CookieSlot::clear_notice);
        assert_eq!(cookie(&headers), "sid_notice=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
        assert!(!headers.contains_key(CLEAR_SITE_DATA));
    }

    #[test]
    fn notice_is_sealed_with_the_session_that_the_browser_then_has() {
        let sealed = |slot: CookieSlot| {
            let mut headers = HeaderMap::new();
            slot.announce(Notice::PasswordChanged);
            Cookies::new("sid", false, TimeDelta::days(30)).write(&slot, &mut headers);
            let mut cookies = headers.get_all(header::SET_COOKIE).iter();
            let value = cookies.next_back()?.to_str().unwrap().strip_prefix("sid_notice=")?;
            Some(value.split_once(';').unwrap().0.to_owned())
        };
        let of = |secret: &str| Notice::PasswordChanged.seal(Some(secret));
        assert_eq!(sealed(CookieSlot::new(Some("old".to_owned()))), of("old"));
        let replaced = CookieSlot::new(Some("old".to_owned()));
        replaced.set(SessionSecret::from_random([1; 32]));
        assert_eq!(sealed(replaced), of(&"01".repeat(32)));
        assert_eq!(sealed(CookieSlot::default()), None);
    }

    #[test]
    fn last_change_wins_and_no_change_writes_nothing() {
        let headers = written(false, |slot| {
            slot.clear();
            slot.set(SessionSecret::from_random([1; 32]));
        });
        assert_eq!(headers.get_all(header::SET_COOKIE).iter().count(), 1);
        assert!(!headers.contains_key(CLEAR_SITE_DATA));
        assert!(written(false, |_| {}).is_empty());
    }
}
