//! The cookie of the pages (RFC 6265bis): an opaque secret, of which nothing but its digest is stored.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use coach_core::services::BrowserSession;
use cookie::{Cookie, SameSite};
use poem::{
    Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// How the session cookie is named and sent.
pub(crate) struct SessionCookie {
    name: String,
    secure: bool,
}

/// What a request carries under the cookie's name. Whoever reads it says what becomes of it.
pub(crate) struct SentCookie {
    secrets: Vec<String>,
    change: Mutex<Option<Change>>,
}

/// What becomes of the cookie that a request carries.
enum Change {
    KeepFor(TimeDelta),
    Replace(BrowserSession),
    Forget,
}

impl SessionCookie {
    /// By https the name gets the prefix by which browsers refuse a cookie that another host, or an insecure page, has
    /// set (ASVS 5.0, 3.3.3).
    pub(crate) fn new(name: &str, https: bool) -> Self {
        let prefix = if https { "__Host-" } else { "" };
        Self { name: format!("{prefix}{name}"), secure: https }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What a request carries under the name.
    pub(crate) fn find(&self, headers: &HeaderMap) -> Option<Arc<SentCookie>> {
        // Another site's cookie may hold any byte.
        let values = headers.get_all(header::COOKIE).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let mut secrets = Vec::new();
        for value in values {
            let named = Cookie::split_parse(&*value).filter_map(Result::ok);
            let named = named.filter(|cookie| cookie.name() == self.name);
            secrets.extend(named.map(|cookie| cookie.value().to_owned()));
        }
        (!secrets.is_empty()).then(|| Arc::new(SentCookie { secrets, change: Mutex::new(None) }))
    }

    /// Gives the browser a secret, which it keeps for `max_age`.
    pub(crate) fn set(&self, headers: &mut HeaderMap, secret: &str, max_age: TimeDelta) {
        let max_age = cookie::time::Duration::seconds(max_age.num_seconds());
        let cookie = Cookie::build((&*self.name, secret))
            .path("/")
            .max_age(max_age)
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure);
        // Name and secret are printable ASCII by now, and so a header value.
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            headers.append(header::SET_COOKIE, value);
        }
    }

    /// Makes the browser forget the cookie and the pages that it has kept (ASVS 5.0, 14.3.1). `"cookies"` would also
    /// clear those of every other host under the same registrable domain.
    pub(crate) fn clear(&self, headers: &mut HeaderMap) {
        self.set(headers, "", TimeDelta::zero());
        headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static(r#""cache""#));
    }

    /// Tells the browser what became of the cookie that it sent. That its session slid is no news where the response sets
    /// another cookie already.
    pub(crate) fn update(&self, headers: &mut HeaderMap, sent: &SentCookie) {
        match &*sent.change.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Change::KeepFor(_)) if headers.contains_key(header::SET_COOKIE) => {}
            Some(Change::KeepFor(max_age)) => {
                if let Some(secret) = sent.secret() {
                    self.set(headers, secret, *max_age);
                }
            }
            Some(Change::Replace(session)) => {
                self.set(headers, session.secret.expose(), session.max_age);
            }
            Some(Change::Forget) => self.clear(headers),
            None => {}
        }
    }
}

impl SentCookie {
    /// The cookie that [`SessionCookie::find`] found in the request.
    pub(crate) fn of(request: &Request) -> Option<&Self> {
        request.extensions().get::<Arc<Self>>().map(Arc::as_ref)
    }

    /// The secret that may sign somebody in. Of two cookies with the name nobody can tell which is ours: neither may.
    pub(crate) fn secret(&self) -> Option<&str> {
        match &*self.secrets {
            [secret] => Some(secret),
            _ => None,
        }
    }

    /// All that a logout ends.
    pub(crate) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// Has the response send the cookie again, to be kept for `max_age` from now: its session slid. Should the browser log
    /// in anew at the same moment and hear of that first, it is signed out, and safely so.
    pub(crate) fn keep_for(&self, max_age: TimeDelta) {
        self.becomes(Change::KeepFor(max_age));
    }

    /// Has the response put another session's cookie in its place.
    pub(crate) fn replace(&self, session: BrowserSession) {
        self.becomes(Change::Replace(session));
    }

    /// Has the response make the browser forget the cookie, after its sessions were ended.
    pub(crate) fn forget(&self) {
        self.becomes(Change::Forget);
    }

    /// The last word counts: a session may slide with the very request that ends it.
    fn becomes(&self, change: Change) {
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(https: bool, cookies: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in cookies {
            let value = value.chars().map(|character| character as u8).collect::<Vec<_>>();
            headers.append(header::COOKIE, HeaderValue::from_bytes(&value).unwrap());
        }
        SessionCookie::new("sid", https)
            .find(&headers)
            .and_then(|cookie| cookie.secret().map(str::to_owned))
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        for cookies in [
            &["sid=a"][..],
            &["x=1; sid=a; y=2"],
            &["theme=dark;sid=a"],
            &["x=1", "sid=a"],
            &["x=caf\u{e9}; sid=a"],
        ] {
            assert_eq!(found(false, cookies).as_deref(), Some("a"), "{cookies:?}");
        }
        for cookies in [&[][..], &["sidx=a"], &["sid"], &["SID=a"], &["__Host-sid=a"]] {
            assert_eq!(found(false, cookies), None, "{cookies:?}");
        }
        assert_eq!(found(true, &["__Host-sid=a; sid=b"]).as_deref(), Some("a"));
        assert_eq!(found(true, &["sid=a"]), None);
    }

    #[test]
    fn of_two_cookies_with_the_name_neither_counts() {
        assert_eq!(found(false, &["sid=a; sid=b"]), None);
        assert_eq!(found(false, &["sid=a; x=1; sid=a"]), None);
    }

    #[test]
    fn the_cookie_is_kept_from_scripts_and_other_sites() {
        let set = |https| {
            let mut headers = HeaderMap::new();
            SessionCookie::new("sid", https).set(&mut headers, "abc", TimeDelta::days(30));
            headers[header::SET_COOKIE].to_str().unwrap().to_owned()
        };
        assert_eq!(set(false), "sid=abc; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000");
        assert_eq!(
            set(true),
            "__Host-sid=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592000"
        );
    }

    #[test]
    fn a_cleared_cookie_is_over_at_once() {
        let mut headers = HeaderMap::new();
        SessionCookie::new("sid", false).clear(&mut headers);
        let cookie = headers[header::SET_COOKIE].to_str().unwrap();
        assert_eq!(cookie, "sid=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
        assert_eq!(headers[CLEAR_SITE_DATA], r#""cache""#);
    }
}
