//! The page that shows the OpenAPI document in Swagger UI.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use poem::{
    IntoResponse, Response, handler,
    http::{HeaderValue, header},
    web::{Data, Html, Path},
};
use poem_openapi::OpenApiService;

use crate::{
    response::{AcceptsGzip, Constant, Problem},
    state::State,
};

const PREFIX: &str = "/docs/";

/// Allows only files of this server and `data:` images, which the stylesheet of Swagger UI contains.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'none'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page and its files. Built at the first request, because they are large and most processes never serve them.
struct Docs {
    page: String,
    files: [(String, Constant); 4],
}

static DOCS: LazyLock<Docs> = LazyLock::new(|| {
    let (style, script) = swagger_ui();
    let css = "text/css; charset=utf-8";
    let js = "text/javascript; charset=utf-8";
    let file = |stem: &str, extension: &str, content_type, content: Bytes| {
        let constant = Constant::new(content_type, content);
        (constant.hashed_name(stem, extension), constant)
    };
    let files = [
        file("swagger-ui", "css", css, style),
        file("docs", "css", css, Bytes::from_static(include_bytes!("docs.css"))),
        file("swagger-ui", "js", js, script),
        file("docs", "js", js, Bytes::from_static(include_bytes!("docs.js"))),
    ];
    Docs { page: page(files.each_ref().map(|(name, _)| name.as_str())), files }
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

fn page([swagger_css, docs_css, swagger_js, docs_js]: [&str; 4]) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API documentation · PM Interview Coach</title>
<meta name="description" content="The JSON API of PM Interview Coach: every route with its parameters, responses and errors.">
<link rel="icon" href="/favicon.ico">
<link rel="stylesheet" href="{PREFIX}{swagger_css}">
<link rel="stylesheet" href="{PREFIX}{docs_css}">
<script defer src="{PREFIX}{swagger_js}"></script>
<script defer src="{PREFIX}{docs_js}"></script>
</head>
<body>
<header class="docs-header"><a href="/">Back to PM Interview Coach</a></header>
<main id="ui"></main>
<noscript>This page needs JavaScript. The OpenAPI document is at <a href="/openapi.json">/openapi.json</a>.</noscript>
</body>
</html>
"#
    )
}

#[handler]
pub(crate) fn docs_page() -> Response {
    let mut response = Html(DOCS.page.as_str()).into_response();
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

#[handler]
pub(crate) fn docs_file(name: Path<String>, accepts: AcceptsGzip) -> poem::Result<Response> {
    let file = DOCS.files.iter().find(|(known, _)| *known == *name);
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
