use std::collections::HashSet;

use poem::{
    Request,
    http::{HeaderMap, HeaderValue, Method, Uri, header},
};

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Detects cross-site requests by fetch metadata, then by origin (OWASP, Cross-Site Request Forgery Prevention). Forms need no
/// token, so they do not expire while a person types.
pub(crate) struct CrossSite {
    listed: HashSet<HeaderValue>,
    public: Option<HeaderValue>,
    https: bool,
}

impl CrossSite {
    /// Trusts pages of the `listed` origins and of the `public` origin.
    pub(crate) fn new(listed: &[String], public: &str) -> Self {
        Self {
            listed: listed.iter().filter_map(|origin| origin.parse().ok()).collect(),
            public: public.parse().ok(),
            https: public.starts_with("https:"),
        }
    }

    /// Returns whether an unsafe request comes from a page of another site. Requests without either header pass, because
    /// browsers did not send them.
    pub(crate) fn refuses(&self, request: &Request) -> bool {
        let headers = request.headers();
        let origin = headers.get(header::ORIGIN);
        if is_safe(request.method()) || origin.is_some_and(|origin| self.listed.contains(origin)) {
            return false;
        }
        match (headers.get(SEC_FETCH_SITE), origin) {
            (Some(site), _) => site != "same-origin" && site != "none",
            (None, Some(origin)) => !self.is_own(origin, request.uri(), headers),
            (None, None) => false,
        }
    }

    /// Returns whether the origin is the public one, or the host of the request with the public scheme. The scheme of the
    /// request itself is unknown behind a proxy that terminates TLS.
    fn is_own(&self, origin: &HeaderValue, uri: &Uri, headers: &HeaderMap) -> bool {
        if self.public.as_ref() == Some(origin) {
            return true;
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| uri.authority().map(|authority| authority.as_str()));
        let Ok(origin) = origin.to_str() else { return false };
        let scheme = if self.https { "https" } else { "http" };
        match origin.split_once("://") {
            Some((sent, authority)) => sent == scheme && host == Some(authority),
            None => false,
        }
    }
}

/// Returns whether the method is safe (RFC 9110, section 9.2.1).
fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE].contains(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(method: Method, headers: &[(&str, &str)]) -> bool {
        refuses_at("http://coach.example", method, headers)
    }

    fn refuses_at(public: &str, method: Method, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri(Uri::from_static("/auth/login"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        CrossSite::new(&["https://app.example".to_owned()], public).refuses(&request.finish())
    }

    /// ASVS 3.5.1, 3.5.2.
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

    /// ASVS 3.5.1.
    #[test]
    fn without_fetch_metadata_the_origin_must_match_the_host() {
        for (origin, refused) in [
            ("http://own:1", false),
            ("https://own:1", true),
            ("http://own", true),
            ("http://own:12", true),
            ("http://own:1.evil.example", true),
            ("http://evil.example", true),
            ("null", true),
            ("", true),
            ("own:1", true),
            ("http://own:1/", true),
            ("http://own:1/auth/login", true),
            ("ftp://own:1", true),
            ("HTTP://own:1", true),
            ("chrome-extension://own:1", true),
        ] {
            let headers = [("origin", origin), ("host", "own:1")];
            assert_eq!(refuses(Method::POST, &headers), refused, "{origin}");
        }
    }

    #[test]
    fn public_origin_passes_with_any_host() {
        let headers = [("origin", "http://coach.example"), ("host", "10.0.0.1:8002")];
        assert!(!refuses(Method::POST, &headers));
        let cross_site = [("origin", "http://coach.example"), ("sec-fetch-site", "cross-site")];
        assert!(refuses(Method::POST, &cross_site));
    }

    #[test]
    fn http_origin_is_refused_when_the_public_url_is_https() {
        for (origin, refused) in [("https://coach.example", false), ("http://coach.example", true)]
        {
            let headers = [("origin", origin), ("host", "coach.example")];
            assert_eq!(refuses_at("https://coach.example", Method::POST, &headers), refused);
        }
    }

    #[test]
    fn listed_origins_other_clients_and_safe_methods_pass() {
        let headers = [("origin", "https://app.example"), ("sec-fetch-site", "cross-site")];
        assert!(!refuses(Method::DELETE, &headers));
        assert!(!refuses(Method::POST, &[("host", "own:1")]));
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert!(!refuses(method, &[("sec-fetch-site", "cross-site"), ("origin", "null")]));
        }
    }
}
