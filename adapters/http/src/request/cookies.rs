use coach_core::{
    domain::{Channel, EmailAddress, SessionSecret},
    services::Credential,
};
use cookie::Cookie;
use percent_encoding::percent_decode_str;
use poem::{
    Request,
    http::{HeaderMap, header},
};

use crate::{
    response::{Cookies, Notice},
    state::State,
};

/// The maximum number of cookies of one name to read. Browsers send more than one only if another host or path has set them.
const MAX_COOKIES: usize = 4;

/// The values of the session cookies of a request.
pub(crate) struct SentCookies(Vec<String>);

impl SentCookies {
    pub(crate) fn of(request: &Request) -> Self {
        let state = State::of(request);
        Self(state.map(|state| Self::read(request, &state.cookies).0).unwrap_or_default())
    }

    /// Reads the cookies of a request that does not have the shared state yet.
    pub(crate) fn read(request: &Request, cookies: &Cookies) -> Self {
        Self(find(request.headers(), cookies.session_name()))
    }

    /// Returns the value if there is exactly one session cookie. Of two, the server cannot tell which one it has set.
    pub(crate) fn secret(&self) -> Option<&str> {
        match &*self.0 {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Returns the credential in the [secret](Self::secret).
    pub(crate) fn credential(&self) -> Option<Credential<'_>> {
        self.secret().map(Credential::SessionSecret)
    }

    /// Returns every session cookie, for a logout.
    pub(crate) fn credentials(&self) -> impl Iterator<Item = Credential<'_>> {
        self.0.iter().map(|value| Credential::SessionSecret(value))
    }

    /// Returns the channel for a new session that replaces every session in the request.
    pub(crate) fn channel(&self) -> Channel {
        let replaces = self.0.iter().filter_map(|value| SessionSecret::parse(value)).collect();
        Channel::SessionSecret { replaces }
    }
}

/// Returns the address that the registration form left for the sign-in form.
pub(crate) fn kept_email(request: &Request) -> Option<EmailAddress> {
    let state = State::of(request).ok()?;
    let values = find(request.headers(), state.cookies.email_name());
    values.iter().find_map(|value| {
        let decoded = percent_decode_str(value).decode_utf8().ok()?;
        EmailAddress::parse(&decoded).ok()
    })
}

/// Returns the notice that a former response left for this browser.
pub(super) fn notice(request: &Request, cookies: &Cookies) -> Option<Notice> {
    let sent = SentCookies::read(request, cookies);
    let values = find(request.headers(), cookies.notice_name());
    values.iter().find_map(|value| Notice::unseal(value, sent.secret()))
}

fn find(headers: &HeaderMap, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for value in headers.get_all(header::COOKIE) {
        // Other cookies may contain any byte.
        let value = String::from_utf8_lossy(value.as_bytes());
        let named = Cookie::split_parse(&*value).filter_map(Result::ok);
        let named = named.filter(|cookie| cookie.name() == name);
        found.extend(named.map(|cookie| cookie.value().to_owned()));
    }
    found.truncate(MAX_COOKIES);
    found
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn found(name: &str, cookies: &[&str]) -> Vec<String> {
        let values = cookies.iter().map(|value| {
            let bytes = value.chars().map(|character| character as u8).collect::<Vec<_>>();
            (header::COOKIE, HeaderValue::from_bytes(&bytes).unwrap())
        });
        find(&values.collect(), name)
    }

    #[test]
    fn session_cookie_is_found_among_others() {
        for cookies in [
            &["sid=a"][..],
            &["x=1; sid=a; y=2"],
            &["theme=dark;sid=a"],
            &["x=1", "sid=a"],
            &["x=caf\u{e9}; sid=a"],
        ] {
            assert_eq!(found("sid", cookies), ["a"], "{cookies:?}");
        }
        for cookies in [&[][..], &["sidx=a"], &["sid"], &["SID=a"], &["__Host-sid=a"]] {
            assert!(found("sid", cookies).is_empty(), "{cookies:?}");
        }
        assert_eq!(found("__Host-sid", &["__Host-sid=a; sid=b"]), ["a"]);
    }

    #[test]
    fn two_session_cookies_do_not_authenticate() {
        let cookies = SentCookies(found("sid", &["sid=a; x=1; sid=b"]));
        assert!(cookies.credential().is_none());
        assert_eq!(cookies.credentials().count(), 2);
    }

    #[test]
    fn at_most_four_cookies_are_read() {
        assert_eq!(found("sid", &["sid=a; ".repeat(5000).as_str()]).len(), 4);
    }
}
