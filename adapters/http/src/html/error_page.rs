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
    /// What to do next.
    advice: &'static str,
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "error.html";
}

impl ErrorPage {
    pub(crate) fn new(problem: &Problem) -> Self {
        let (title, detail, advice) = words(problem.kind());
        let detail = match problem.kind() {
            // Names the field or the reason.
            ProblemType::InvalidInput => problem.detail().to_owned().into(),
            _ => detail.into(),
        };
        Self { status: problem.status().as_u16(), title, detail, advice }
    }
}

/// Returns title, detail and advice. The texts of the API speak of headers and bodies, which nobody sees in a browser.
const fn words(kind: ProblemType) -> (&'static str, &'static str, &'static str) {
    match kind {
        ProblemType::NotFound => (
            "Page not found",
            "There is no page at this address.",
            "Check the address, or start again from the home page.",
        ),
        ProblemType::MethodNotAllowed => (
            "This page cannot be used this way",
            "The address is right, but it does not work like that. Nothing was changed.",
            "Go to the home page, and use the links and buttons from there.",
        ),
        ProblemType::CrossSite => (
            "Request from another site",
            "Another site tried to send a form in your name. Nothing was changed.",
            "If you were filling in a form, open this site in a new tab and fill it in there.",
        ),
        ProblemType::AuthenticationRequired
        | ProblemType::InvalidToken
        | ProblemType::InvalidCredentials
        | ProblemType::InvalidRefreshToken => (
            "Sign in to continue",
            "You are not signed in, or your session has ended.",
            "Sign in and try again.",
        ),
        ProblemType::InvalidCode => (
            "Wrong code",
            "The code is wrong, used or expired. Nothing was changed.",
            "Check the email and the code, or ask for a new code.",
        ),
        ProblemType::AccountInactive | ProblemType::WrongPassword => (
            "Not allowed",
            "You are not allowed to do this. Nothing was changed.",
            "Go to the home page and try again from there.",
        ),
        ProblemType::EmailTaken => (
            "Email already registered",
            "Another account has this email. Nothing was changed.",
            "Sign in to that account, or use another email.",
        ),
        ProblemType::InvalidInput => (
            "Invalid input",
            "The form has a field that is not valid.",
            "Nothing was changed. Open the form again and correct it.",
        ),
        ProblemType::PayloadTooLarge => (
            "Too much text",
            "The form has more text than this site accepts. Nothing was changed.",
            "Open the form again and enter less.",
        ),
        ProblemType::MalformedBody
        | ProblemType::UnsupportedMediaType
        | ProblemType::RequestTimeout => (
            "Form not received",
            "The form did not arrive completely. Nothing was changed.",
            "Check your connection, open the form again and send it once more.",
        ),
        ProblemType::MalformedHost | ProblemType::MalformedAuthorization => (
            "Request not understood",
            "Your browser sent a request that this site does not understand.",
            "Type the address of this site again. A browser extension or a proxy may be the cause.",
        ),
        ProblemType::Busy => (
            "Too many people at once",
            "Too many people are signing in right now. Nothing was changed.",
            "Try again in a few seconds.",
        ),
        ProblemType::DatabaseUnavailable => (
            "Temporarily unavailable",
            "This site cannot reach its data right now. Nothing was changed.",
            "Try again in a few seconds.",
        ),
        ProblemType::InternalError => (
            "Something went wrong",
            "This is our mistake, and it was logged.",
            "Try again in a moment. If it happens again, ask the person who runs this server.",
        ),
    }
}
