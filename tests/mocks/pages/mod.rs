//! Pages and forms, without JavaScript and with HTMX.

mod cookies;
mod files;
mod forms;
mod log_out;
mod notices;
mod visits;

use coach_tests::{Answer, Persona};
use reqwest::Method;

use crate::fixture::{Mocks, SECRET};

const FORMS: [&str; 2] = ["/auth/login", "/auth/register"];

async fn anonymous() -> Persona {
    Mocks::new().permissive().serve().await
}

async fn visitor() -> Persona {
    anonymous().await.with_cookie(SECRET)
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.header(name).unwrap_or_else(|| panic!("no {name}: {answer:?}"))
}

/// Submits a form like HTMX.
async fn submit_by_htmx(persona: &Persona, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = persona.request(Method::POST, path).form(fields);
    Answer::of(request.header("hx-request", "true").header("accept", "text/html")).await
}
