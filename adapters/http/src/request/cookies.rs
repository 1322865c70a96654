use std::sync::Arc;

use coach_core::{
    domain::{Channel, SessionSecret},
    services::Credential,
};
use cookie::Cookie;
use poem::{
    Request,
    http::{HeaderMap, header},
};

use crate::response::SessionCookie;

/// The most cookies of our name that are read. A browser sends more than one only if another host or path has set them.
const MAX_COOKIES: usize = 4;

/// The values of the cookies with our name.
pub(crate) struct SentCookies(Vec<String>);

impl SentCookies {
    pub(crate) fn of(request: &Request) -> Self {
        let cookie = request.data::<Arc<SessionCookie>>();
        Self(cookie.map(|cookie| find(request.headers(), cookie.name())).unwrap_or_default())
    }

    /// The value that may authenticate. Of two cookies with our name, neither may: nobody can tell which one is ours.
    pub(crate) fn credential(&self) -> Option<Credential<'_>> {
        match &*self.0 {
            [value] => Some(Credential::SessionSecret(value)),
            _ => None,
        }
    }

    /// Everything that a logout ends.
    pub(crate) fn credentials(&self) -> impl Iterator<Item = Credential<'_>> {
        self.0.iter().map(|value| Credential::SessionSecret(value))
    }

    /// The channel of a browser whose new session replaces every one that it presents.
    pub(crate) fn channel(&self) -> Channel {
        let replaces = self.0.iter().filter_map(|value| SessionSecret::parse(value)).collect();
        Channel::SessionSecret { replaces }
    }
}

fn find(headers: &HeaderMap, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for value in headers.get_all(header::COOKIE) {
        // The cookie of another site may hold any byte.
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
    fn cookie_is_found_among_others() {
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
    fn of_two_cookies_with_the_name_neither_authenticates() {
        let cookies = SentCookies(found("sid", &["sid=a; x=1; sid=b"]));
        assert!(cookies.credential().is_none());
        assert_eq!(cookies.credentials().count(), 2);
    }

    #[test]
    fn at_most_four_cookies_are_read() {
        assert_eq!(found("sid", &["sid=a; ".repeat(5000).as_str()]).len(), 4);
    }
}
