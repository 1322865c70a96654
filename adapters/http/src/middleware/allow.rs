use std::sync::LazyLock;

use poem::http::HeaderValue;
use serde_json::Value;

use crate::{api::openapi_document, pages};

/// Paths of the OpenAPI document, and the methods of each; a form is also there to be read.
static METHODS: LazyLock<Vec<(String, HeaderValue)>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(openapi_document()).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .map(|(path, operations)| {
            let methods =
                operations.as_object().into_iter().flat_map(|operations| operations.keys());
            let page = pages::FORMS.contains(&path.as_str()).then(|| "GET".to_owned());
            (
                path.clone(),
                allow(page.into_iter().chain(methods.map(|method| method.to_uppercase()))),
            )
        })
        .collect()
});

/// The `Allow` of a path (RFC 9110, section 10.2.1). What is not in the document is there to be read.
pub(super) fn allowed_methods(path: &str) -> HeaderValue {
    let matches = |pattern: &str| {
        let is_parameter = |segment: &str| segment.starts_with('{');
        let (mut expected, mut actual) = (pattern.split('/'), path.split('/'));
        loop {
            match (expected.next(), actual.next()) {
                (None, None) => return true,
                (Some(expected), Some(actual)) if expected == actual || is_parameter(expected) => {}
                _ => return false,
            }
        }
    };
    if path == pages::END_SESSIONS {
        return HeaderValue::from_static("POST");
    }
    let known = METHODS.iter().find(|(pattern, _)| matches(pattern));
    known.map_or_else(|| HeaderValue::from_static("GET, HEAD"), |(_, methods)| methods.clone())
}

/// `HEAD` works wherever `GET` does.
fn allow(methods: impl Iterator<Item = String>) -> HeaderValue {
    let mut methods: Vec<String> = methods.collect();
    if methods.iter().any(|method| method == "GET") {
        methods.push("HEAD".to_owned());
    }
    methods.sort();
    methods.join(", ").parse().unwrap_or(HeaderValue::from_static(""))
}
