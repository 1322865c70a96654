//! The page that shows an error to a person. API clients get a problem instead.

use std::borrow::Cow;

use poem::error::ResponseError;
use serde::Serialize;

use super::View;
use crate::response::{Problem, ProblemType};

#[derive(Serialize)]
pub(crate) struct ErrorPage {
    status: u16,
    title: &'static str,
    detail: Cow<'static, str>,
    advice: &'static str,
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "error.html";
}

impl ErrorPage {
    pub(crate) fn new(problem: &Problem) -> Self {
        Self {
            status: problem.status().as_u16(),
            title: title(problem),
            detail: detail(problem),
            advice: advice(problem.kind()),
        }
    }
}

/// Replaces API titles about HTTP with titles for a person.
fn title(problem: &Problem) -> &'static str {
    match problem.kind() {
        ProblemType::CrossSite => "Request from another site",
        ProblemType::NotFound | ProblemType::MethodNotAllowed => "Page not found",
        ProblemType::PayloadTooLarge => "Input too long",
        ProblemType::MalformedBody | ProblemType::UnsupportedMediaType => "Unreadable input",
        ProblemType::AuthenticationRequired | ProblemType::InvalidToken => "Sign in to continue",
        ProblemType::InternalError => "Something went wrong",
        ProblemType::DatabaseUnavailable => "Temporarily unavailable",
        _ => problem.title(),
    }
}

fn detail(problem: &Problem) -> Cow<'static, str> {
    match problem.kind() {
        ProblemType::NotFound | ProblemType::MethodNotAllowed => "This page does not exist.".into(),
        ProblemType::AuthenticationRequired => {
            "You are not signed in, or your session has ended.".into()
        }
        ProblemType::PayloadTooLarge => "Your input is larger than 64 KiB.".into(),
        _ => problem.detail().to_owned().into(),
    }
}

const fn advice(kind: ProblemType) -> &'static str {
    match kind {
        ProblemType::CrossSite => {
            "Nothing was changed. If you were filling in a form, open this site in a new tab and fill it in there."
        }
        ProblemType::NotFound | ProblemType::MethodNotAllowed => {
            "Check the address, or start again from the home page."
        }
        ProblemType::Busy | ProblemType::DatabaseUnavailable => {
            "Nothing was changed. Try again in a few seconds."
        }
        ProblemType::InternalError => "The error was logged. Try again in a moment.",
        ProblemType::AuthenticationRequired | ProblemType::InvalidToken => "Sign in and try again.",
        ProblemType::PayloadTooLarge | ProblemType::MalformedBody => {
            "Nothing was changed. Open the form again and enter less text."
        }
        _ => "Nothing was changed. Start again from the home page.",
    }
}
