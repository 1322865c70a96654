//! Chooses between a page and JSON by the request.

use mime::Mime;
use poem::{
    FromRequest, Request, RequestBody,
    http::{Method, header},
};

use super::body::{is_form, is_json};

/// The header of requests from HTMX.
pub(crate) const HX_REQUEST: &str = "hx-request";

/// A request of a browser for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageRequest {
    /// The browser shows the response as a page.
    Navigation,
    /// HTMX swaps the response into the current page.
    Htmx,
}

impl PageRequest {
    /// Returns the kind of page request, or `None` for an API client. API clients send JSON, or a form that accepts JSON but not
    /// HTML, or do not prefer HTML.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let wants_page = match is_form(request) {
            true => !accepts(request, mime::APPLICATION_JSON) || accepts(request, mime::TEXT_HTML),
            false => !is_json(request) && prefers_html(request),
        };
        wants_page.then(|| match request.headers().contains_key(HX_REQUEST) {
            true => Self::Htmx,
            false => Self::Navigation,
        })
    }
}

/// Treats API clients as browsers, for handlers that only have pages.
impl<'a> FromRequest<'a> for PageRequest {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request).unwrap_or(Self::Navigation))
    }
}

/// Returns whether the method is `GET` or `HEAD`.
pub(crate) fn is_read(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// Returns whether the client lists the media type with a weight above 0.
fn accepts(request: &Request, media_type: Mime) -> bool {
    media_ranges(request)
        .any(|(quality, range)| quality > 0.0 && range.essence_str() == media_type.essence_str())
}

/// Returns the accepted media ranges in their order, with weights.
fn media_ranges(request: &Request) -> impl Iterator<Item = (f32, Mime)> {
    let values = request.headers().get_all(header::ACCEPT).iter();
    let ranges = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let ranges = ranges.filter_map(|range| range.trim().parse::<Mime>().ok());
    ranges.map(|range| (quality(&range), range))
}

/// Returns whether HTML has the highest weight (RFC 9110, section 12.5.1). `*/*` alone means an API client.
pub(crate) fn prefers_html(request: &Request) -> bool {
    // The first of equal ranges wins. `max_by` would return the last.
    let best = media_ranges(request)
        .filter(|(quality, _)| *quality > 0.0)
        .reduce(|best, range| if range.0 > best.0 { range } else { best });
    best.is_some_and(|(_, range)| range.essence_str() == mime::TEXT_HTML.as_ref())
}

/// Returns the weight of a media range. A missing or malformed weight counts as 1.
fn quality(range: &Mime) -> f32 {
    range.get_param("q").and_then(|weight| weight.as_str().parse().ok()).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(method: Method, headers: &[(&str, &str)]) -> Option<PageRequest> {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        PageRequest::of(&request.finish())
    }

    #[test]
    fn client_that_prefers_html_gets_a_page() {
        for accept in [
            "text/html",
            "TEXT/HTML",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            "application/json;q=0.5, text/html",
            "*/*;q=0.1, text/html;q=0.2",
        ] {
            let asked = asks(Method::GET, &[("accept", accept)]);
            assert_eq!(asked, Some(PageRequest::Navigation), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/json",
            "application/json, text/html",
            "text/html;q=0",
            "text/html;q=0.5, application/json",
            "text/htmlx",
            "text/html;Q=0.5, application/json",
        ] {
            assert_eq!(asks(Method::GET, &[("accept", accept)]), None, "{accept}");
        }
        assert_eq!(asks(Method::GET, &[]), None);
    }

    #[test]
    fn media_type_of_the_body_decides_first() {
        let html = ("accept", "text/html");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let json = ("content-type", "application/json");
        assert_eq!(asks(Method::POST, &[form]), Some(PageRequest::Navigation));
        assert_eq!(asks(Method::POST, &[form, ("accept", "*/*")]), Some(PageRequest::Navigation));
        assert_eq!(asks(Method::POST, &[json, html]), None);
        let text = ("content-type", "text/plain");
        assert_eq!(asks(Method::POST, &[text, html]), Some(PageRequest::Navigation));
        assert_eq!(asks(Method::POST, &[text]), None);
        assert_eq!(asks(Method::POST, &[form, (HX_REQUEST, "true")]), Some(PageRequest::Htmx));
    }

    #[test]
    fn form_that_accepts_json_and_not_html_gets_json() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        for accept in ["application/json", "*/*, application/json", "application/json;q=0.1"] {
            assert_eq!(asks(Method::POST, &[form, ("accept", accept)]), None, "{accept}");
        }
        for accept in ["application/json, text/html;q=0.1", "application/json;q=0", "text/html"] {
            let asked = asks(Method::POST, &[form, ("accept", accept)]);
            assert_eq!(asked, Some(PageRequest::Navigation), "{accept}");
        }
    }
}
