//! Who gets a page and who gets JSON: the kind of answer follows the kind of request.

use mime::Mime;
use poem::{
    FromRequest, Request, RequestBody,
    http::{Method, header},
};

use super::body::{is_form, is_json};

/// HTMX marks its requests, and swaps what they are answered with into the page.
pub(crate) const HX_REQUEST: &str = "hx-request";

/// How a person's browser asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageRequest {
    /// It shows the answer as a page.
    Navigation,
    /// HTMX swaps the answer into the page that is shown.
    Htmx,
}

impl PageRequest {
    /// None for a client of the API: one that sends JSON, sends a form and lists JSON but not HTML, or does not ask for
    /// HTML first.
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

/// For a handler of a page: who asks for one in no particular way gets it as a browser does.
impl<'a> FromRequest<'a> for PageRequest {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request).unwrap_or(Self::Navigation))
    }
}

/// `HEAD` asks what `GET` does.
pub(crate) fn is_read(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// Whether the client lists the media type and gives it a weight.
fn accepts(request: &Request, media_type: Mime) -> bool {
    media_ranges(request)
        .any(|(quality, range)| quality > 0.0 && range.essence_str() == media_type.essence_str())
}

/// What the client accepts, in its order, with weights.
fn media_ranges(request: &Request) -> impl Iterator<Item = (f32, Mime)> {
    let values = request.headers().get_all(header::ACCEPT).iter();
    let ranges = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let ranges = ranges.filter_map(|range| range.trim().parse::<Mime>().ok());
    ranges.map(|range| (quality(&range), range))
}

/// Whether HTML is what the client would like best (RFC 9110, section 12.5.1). A client that takes anything is one of the
/// API.
pub(crate) fn prefers_html(request: &Request) -> bool {
    // The first of the best: `max_by` would take the last.
    let best = media_ranges(request)
        .filter(|(quality, _)| *quality > 0.0)
        .reduce(|best, range| if range.0 > best.0 { range } else { best });
    best.is_some_and(|(_, range)| range.essence_str() == mime::TEXT_HTML.as_ref())
}

/// The weight of a media range; all of it where none is given or it makes no sense.
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
    fn a_client_that_would_like_html_best_gets_a_page() {
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
    fn the_kind_of_a_body_decides_before_anything_else() {
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
    fn a_form_whose_sender_lists_json_and_not_html_gets_json() {
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
