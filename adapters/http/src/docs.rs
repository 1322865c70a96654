//! The OpenAPI document, and the page that shows it.

use std::sync::LazyLock;

use poem::{
    IntoResponse, Response, handler,
    http::{HeaderValue, header},
    web::Html,
};

use crate::api;

/// Made when somebody first asks: both are large, and most processes never need them.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| api::service().spec());
static PAGE: LazyLock<String> = LazyLock::new(|| api::service().swagger_ui_html());

/// Swagger UI comes as one page with its script and style inside, and styles its elements by attributes; nothing may
/// come from elsewhere, and it may talk to this server alone.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
    img-src 'self' data:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

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
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    response
}
