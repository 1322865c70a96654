//! The OpenAPI document, and the page that shows it.

use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD};
use poem::{
    IntoResponse, Response, handler,
    http::{HeaderValue, header},
    web::Html,
};
use sha2::{Digest, Sha256};

use crate::api;

/// Made when somebody first asks: both are large, and most processes never need them.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| api::service().spec());
static PAGE: LazyLock<String> = LazyLock::new(|| api::service().swagger_ui_html());

/// Swagger UI comes as one page with its scripts and its style inside, and styles its elements by attributes. Its own
/// scripts run, known by their hashes, and no other; nothing comes from elsewhere, and it talks to this server alone.
static PAGE_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hashes: String = inline_scripts(&PAGE)
        .map(|script| format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script))))
        .collect();
    let policy = format!(
        "default-src 'none'; script-src{hashes}; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// What stands between `<script …>` and `</script>`.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (_attributes, rest) = rest.split_once('>')?;
        rest.split_once("</script>").map(|(script, _)| script)
    })
}

/// The OpenAPI document that `GET /openapi.json` serves.
#[must_use]
pub fn openapi_document() -> &'static str {
    &DOCUMENT
}

#[handler]
pub(crate) fn openapi_json() -> Response {
    Response::builder().content_type("application/json").body(openapi_document())
}

#[handler]
pub(crate) fn docs_page() -> Response {
    let mut response = Html(PAGE.as_str()).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY.clone());
    response
}
