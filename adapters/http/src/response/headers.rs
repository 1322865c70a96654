use std::mem;

use poem::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
        X_CONTENT_TYPE_OPTIONS,
    },
};

/// Defaults for every response that does not set them (ASVS 5.0, V3.4). JSON is not a document, so it may load nothing and may
/// not be framed. Caches store nothing, because most responses depend on the user.
const DEFAULTS: [(HeaderName, HeaderValue); 7] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];

/// One year (RFC 6797, section 6.1; ASVS 5.0, 3.4.1).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// The headers of every response, unless it sets them itself.
pub(crate) struct DefaultHeaders(HeaderMap);

impl DefaultHeaders {
    pub(crate) fn new(https: bool) -> Self {
        let hsts = https.then_some((STRICT_TRANSPORT_SECURITY, HSTS));
        Self(DEFAULTS.into_iter().chain(hsts).collect())
    }

    /// Adds the missing headers of a response.
    pub(crate) fn complete(&self, headers: &mut HeaderMap) {
        // A header of the response replaces the default.
        let own = mem::replace(headers, self.0.clone());
        headers.extend(own);
    }
}
