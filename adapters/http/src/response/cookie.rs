//! The session cookie of the pages (RFC 6265bis): an opaque secret.

use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use coach_core::domain::SessionSecret;
use cookie::{Cookie, SameSite};
use poem::{
    FromRequest, Request, RequestBody,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

use super::Problem;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The name and the attributes of the session cookie.
pub(crate) struct SessionCookie {
    name: String,
    secure: bool,
    max_age: TimeDelta,
}

/// The change of the session cookie in a response. Handlers fill the slot and one layer writes it. The last change wins.
#[derive(Default)]
pub(crate) struct CookieSlot(Mutex<Option<Change>>);

enum Change {
    Set(SessionSecret),
    Clear,
}

impl CookieSlot {
    pub(crate) fn set(&self, secret: SessionSecret) {
        self.fill(Change::Set(secret));
    }

    pub(crate) fn clear(&self) {
        self.fill(Change::Clear);
    }

    fn fill(&self, change: Change) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }
}

impl<'a> FromRequest<'a> for &'a CookieSlot {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let slot = request.data::<std::sync::Arc<CookieSlot>>();
        Ok(slot.map(AsRef::as_ref).ok_or_else(Problem::internal)?)
    }
}

impl SessionCookie {
    /// With https, the name gets the prefix `__Host-`. Browsers refuse such a cookie from another host or an insecure page
    /// (ASVS 5.0, 3.3.3).
    pub(crate) fn new(name: &str, https: bool, max_age: TimeDelta) -> Self {
        let prefix = if https { "__Host-" } else { "" };
        Self { name: format!("{prefix}{name}"), secure: https, max_age }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn write(&self, slot: &CookieSlot, headers: &mut HeaderMap) {
        match &*slot.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Change::Set(secret)) => self.set(headers, secret.expose(), self.max_age),
            Some(Change::Clear) => {
                self.set(headers, "", TimeDelta::zero());
                // Clears cached pages (ASVS 5.0, 14.3.1). `"cookies"` would also clear the cookies of every other host under
                // the same registrable domain.
                headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static(r#""cache""#));
            }
            None => {}
        }
    }

    fn set(&self, headers: &mut HeaderMap, secret: &str, max_age: TimeDelta) {
        let cookie = Cookie::build((&*self.name, secret))
            .path("/")
            .max_age(cookie::time::Duration::seconds(max_age.num_seconds()))
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure);
        // Name and secret are printable ASCII, so this cannot fail.
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
        SessionCookie::new("sid", https, TimeDelta::days(30)).write(&slot, &mut headers);
        headers
    }

    #[test]
    fn cookie_is_hidden_from_scripts_and_other_sites() {
        let set = |https| {
            let headers = written(https, |slot| slot.set(SessionSecret::from_random([0xab; 32])));
            headers[header::SET_COOKIE].to_str().unwrap().replace(&"ab".repeat(32), "abc")
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
        let cookie = headers[header::SET_COOKIE].to_str().unwrap();
        assert_eq!(cookie, "sid=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
        assert_eq!(headers[CLEAR_SITE_DATA], r#""cache""#);
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
