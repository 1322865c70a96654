//! The page that shows the OpenAPI document in Swagger UI.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use poem::{
    Request, Response, handler,
    http::{HeaderValue, StatusCode, header},
    web::{Data, Path},
};
use poem_openapi::OpenApiService;
use serde::Serialize;

use crate::{
    html::View,
    request::{SentCookies, Visitor},
    response::{AcceptsGzip, Constant, Problem},
    state::State,
};

const PREFIX: &str = "/docs/";

/// Allows only files of this server and `data:` images, which the stylesheet of Swagger UI contains.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'none'; \
     connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page with Swagger UI.
#[derive(Serialize)]
pub(super) struct DocsPage {
    styles: [String; 2],
    scripts: [String; 2],
}

impl View for DocsPage {
    const TEMPLATE: &'static str = "docs.html";
}

impl DocsPage {
    pub(super) fn new([swagger_css, docs_css, swagger_js, docs_js]: [&str; 4]) -> Self {
        let path = |name| format!("{PREFIX}{name}");
        Self { styles: [swagger_css, docs_css].map(path), scripts: [swagger_js, docs_js].map(path) }
    }
}

/// The files of the page. Built at the first request, because they are large and most processes never serve them.
static FILES: LazyLock<[(String, Constant); 4]> = LazyLock::new(|| {
    let (style, script) = swagger_ui();
    let css = "text/css; charset=utf-8";
    let js = "text/javascript; charset=utf-8";
    let file = |stem: &str, extension: &str, content_type, content: Bytes| {
        let constant = Constant::new(content_type, content);
        (constant.hashed_name(stem, extension), constant)
    };
    [
        file("swagger-ui", "css", css, style),
        file("docs", "css", css, Bytes::from_static(include_bytes!("docs.css"))),
        file("swagger-ui", "js", js, script),
        file("docs", "js", js, Bytes::from_static(include_bytes!("docs.js"))),
    ]
});

/// Returns the style and the script of Swagger UI as slices of the page in `poem-openapi`. The script contains the text
/// `<script`, but not `</script>`.
fn swagger_ui() -> (Bytes, Bytes) {
    let page = Bytes::from(OpenApiService::new((), "", "").swagger_ui_html());
    let text = std::str::from_utf8(&page).unwrap_or_default();
    let between = |start: &str, end: &str| {
        let found = text.split_once(start).and_then(|(_, rest)| rest.split_once(end));
        page.slice_ref(found.map_or("", |(content, _)| content).as_bytes())
    };
    let attributes = r#" charset="UTF-8">"#;
    (
        between(&format!("<style{attributes}"), "</style>"),
        between(&format!("<script{attributes}"), "</script>"),
    )
}

/// Shows the page, also to someone whose session cannot be looked up.
#[handler]
pub(crate) async fn docs_page(state: Data<&Arc<State>>, request: &Request) -> Response {
    let visitor = Visitor::if_known(&state.auth, &SentCookies::of(request)).await;
    let page = DocsPage::new(FILES.each_ref().map(|(name, _)| name.as_str()));
    let mut response = state.pages.respond(&visitor, &page, StatusCode::OK);
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

#[handler]
pub(crate) fn docs_file(name: Path<String>, accepts: AcceptsGzip) -> poem::Result<Response> {
    let file = FILES.iter().find(|(known, _)| *known == *name);
    let (_, constant) = file.ok_or_else(Problem::not_found)?;
    Ok(constant.respond_forever(accepts))
}

#[handler]
pub(crate) fn openapi_json(state: Data<&Arc<State>>, accepts: AcceptsGzip) -> Response {
    state.openapi.respond(accepts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swagger_ui_is_extracted_completely() {
        let (style, script) = swagger_ui();
        let script = std::str::from_utf8(&script).unwrap();
        assert!(script.contains("SwaggerUIBundle") && script.contains("<script"));
        assert!(script.len() > 1_000_000 && script.trim_end().ends_with("})()));"));
        assert!(style.starts_with(b".swagger-ui") && style.len() > 100_000);
    }
}
