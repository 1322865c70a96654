use std::collections::HashSet;

use poem::{
    Request,
    http::{HeaderMap, HeaderValue, Method, Uri, header},
};

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Tells requests that a page of another site made a browser send (OWASP, Cross-Site Request Forgery Prevention: fetch
/// metadata, then the origin). No token that expires while a person types.
pub(crate) struct CrossSite {
    trusted: HashSet<HeaderValue>,
}

impl CrossSite {
    /// Pages of the `trusted` origins may send anything.
    pub(crate) fn new<'a>(trusted: impl IntoIterator<Item = &'a String>) -> Self {
        Self { trusted: trusted.into_iter().filter_map(|origin| origin.parse().ok()).collect() }
    }

    /// Whether the request changes something and comes from a page that may not. What no browser sent, passes: it has
    /// neither header.
    pub(crate) fn refuses(&self, request: &Request) -> bool {
        let headers = request.headers();
        let origin = headers.get(header::ORIGIN);
        if is_safe(request.method()) || origin.is_some_and(|origin| self.trusted.contains(origin)) {
            return false;
        }
        match (headers.get(SEC_FETCH_SITE), origin) {
            (Some(site), _) => site != "same-origin" && site != "none",
            (None, Some(origin)) => !is_own(origin, request.uri(), headers),
            (None, None) => false,
        }
    }
}

/// RFC 9110, section 9.2.1.
fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE].contains(method)
}

/// Whether the origin is the host that the request was sent to. The scheme is left aside: a proxy may have taken TLS off.
fn is_own(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap) -> bool {
    let origin = Uri::try_from(origin.as_bytes()).ok();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(|authority| authority.as_str()));
    let origin = origin.filter(|origin| origin.scheme().is_some());
    let authority = origin.as_ref().and_then(Uri::authority).map(|authority| authority.as_str());
    authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(method: Method, headers: &[(&str, &str)]) -> bool {
        let trusted = ["https://coach.example".to_owned(), "https://app.example".to_owned()];
        let mut request = Request::builder().method(method).uri(Uri::from_static("/auth/login"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        CrossSite::new(&trusted).refuses(&request.finish())
    }

    #[test]
    fn fetch_metadata_decides_first() {
        for (site, refused) in [
            ("same-origin", false),
            ("none", false),
            ("same-site", true),
            ("cross-site", true),
            ("", true),
        ] {
            let headers = [("sec-fetch-site", site), ("origin", "http://own:1"), ("host", "own:1")];
            assert_eq!(refuses(Method::POST, &headers), refused, "{site}");
        }
    }

    #[test]
    fn then_the_origin_is_compared_with_the_own_host() {
        for (origin, refused) in [
            ("http://own:1", false),
            ("https://own:1", false),
            ("http://own", true),
            ("http://own:12", true),
            ("http://own:1.evil.example", true),
            ("http://evil.example", true),
            ("null", true),
            ("", true),
            ("own:1", true),
        ] {
            let headers = [("origin", origin), ("host", "own:1")];
            assert_eq!(refuses(Method::POST, &headers), refused, "{origin}");
        }
    }

    #[test]
    fn trusted_origins_clients_that_are_no_browsers_and_safe_methods_pass() {
        for origin in ["https://coach.example", "https://app.example"] {
            let headers = [("origin", origin), ("sec-fetch-site", "cross-site"), ("host", "own:1")];
            assert!(!refuses(Method::DELETE, &headers));
        }
        assert!(!refuses(Method::POST, &[("host", "own:1")]));
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert!(!refuses(method, &[("sec-fetch-site", "cross-site"), ("origin", "null")]));
        }
    }
}
