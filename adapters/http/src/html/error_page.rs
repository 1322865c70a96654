//! A refusal as a page: what a person is told, where a client of the API gets a problem.

use std::borrow::Cow;

use poem::error::ResponseError;
use serde::Serialize;

use super::View;
use crate::response::{Problem, ProblemType};

/// A request that was refused.
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

/// A client of the API is told of sites, bodies and methods; a person is not.
fn title(problem: &Problem) -> &'static str {
    match problem.kind() {
        ProblemType::CrossSite => "This came from another site",
        ProblemType::NotFound | ProblemType::MethodNotAllowed => "No such page",
        ProblemType::PayloadTooLarge => "That was too long",
        ProblemType::MalformedBody | ProblemType::UnsupportedMediaType => "That could not be read",
        ProblemType::AuthenticationRequired | ProblemType::InvalidToken => "Log in first",
        ProblemType::InternalError => "Something went wrong",
        ProblemType::DatabaseUnavailable => "Not available right now",
        _ => problem.title(),
    }
}

fn detail(problem: &Problem) -> Cow<'static, str> {
    match problem.kind() {
        ProblemType::NotFound => "There is no page at this address.".into(),
        ProblemType::MethodNotAllowed => "This address is no page that can be opened.".into(),
        ProblemType::AuthenticationRequired => {
            "You are not signed in, or your session is over.".into()
        }
        ProblemType::PayloadTooLarge => "What was sent is over 64 KiB.".into(),
        _ => problem.detail().to_owned().into(),
    }
}

/// What a person can do about it.
const fn advice(kind: ProblemType) -> &'static str {
    match kind {
        ProblemType::CrossSite => {
            "Nothing was changed. If you were filling in a form, open this site in a new tab and fill it in there."
        }
        ProblemType::NotFound => "The address may be misspelt, or the page may be gone.",
        ProblemType::Busy | ProblemType::DatabaseUnavailable => {
            "Nothing was changed. Try again in a few seconds."
        }
        ProblemType::InternalError => {
            "It has been written down, and it is not your fault. Try again in a moment."
        }
        ProblemType::AuthenticationRequired | ProblemType::InvalidToken => "Log in and try again.",
        ProblemType::PayloadTooLarge | ProblemType::MalformedBody => {
            "Nothing was changed. Open the form again and shorten what you type."
        }
        _ => "Nothing was changed. Start again from the home page.",
    }
}
