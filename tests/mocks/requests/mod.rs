//! Invalid requests: each gets a specific 4xx status, and none a 500.

mod bodies;
mod credentials;
mod fields;
mod paths;

use coach_tests::{Answer, Persona};
use reqwest::Method;

use crate::fixture::Mocks;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn anonymous() -> Persona {
    Mocks::new().permissive().serve().await
}

async fn send(
    persona: &Persona,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Answer {
    let mut request = persona.request(Method::POST, path).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request).await
}
