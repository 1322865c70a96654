//! The forms to sign in, create an account, choose a new password with a code and sign out.

use std::sync::Arc;

use coach_core::{
    domain::{Channel, EmailAddress, Grant},
    services::SignedIn,
};
use poem::{Request, Response, handler, http::StatusCode, web::Data};
use url::form_urlencoded;

use super::{
    LOGIN,
    view::{FormPage, LoginPage, NewPasswordPage, RegisterPage},
};
use crate::{
    html::{redirect, redirect_with},
    request::{
        AnyBody, Fields, FormBody, LocalPath, LoginRequest, NewPasswordRequest, PageRequest,
        ReadFields, RegisterRequest, SentCookies, SentCredentials, Visitor, client, kept_email,
    },
    response::{CookieSlot, Notice, Problem, ProblemType},
    state::{Auth, State},
};

#[handler]
pub(crate) fn login_form(
    state: Data<&Arc<State>>,
    mut visitor: Visitor,
    cookie: &CookieSlot,
    asked: PageRequest,
    request: &Request,
) -> Response {
    visitor.explain_ended_session(cookie);
    let mut page = LoginPage::new(next_in_query(&state, request));
    if let Some(email) = kept_email(request).filter(|_| visitor.user.is_none()) {
        page.fill_in(&email);
        cookie.clear_email();
    }
    empty_form(&state, &visitor, asked, &page)
}

#[handler]
pub(crate) fn register_form(
    state: Data<&Arc<State>>,
    visitor: Visitor,
    asked: PageRequest,
    request: &Request,
) -> Response {
    empty_form(&state, &visitor, asked, &RegisterPage::new(next_in_query(&state, request)))
}

#[handler]
pub(crate) fn new_password_form(
    state: Data<&Arc<State>>,
    visitor: Visitor,
    asked: PageRequest,
    request: &Request,
) -> Response {
    empty_form(&state, &visitor, asked, &NewPasswordPage::new(next_in_query(&state, request)))
}

/// Shows the form, or redirects a signed-in visitor.
fn empty_form(
    state: &State,
    visitor: &Visitor,
    asked: PageRequest,
    page: &impl FormPage,
) -> Response {
    match visitor.user {
        Some(_) => redirect(page.next().as_str(), asked),
        None => state.pages.respond(visitor, page, StatusCode::OK),
    }
}

#[handler]
pub(crate) async fn log_in(
    state: Data<&Arc<State>>,
    auth: Auth<'_>,
    cookie: &CookieSlot,
    asked: PageRequest,
    request: &Request,
    FormBody(mut fields): FormBody,
) -> Response {
    let mut page = LoginPage::new(next_in_form(&state, &mut fields));
    page.email = fields.typed("email");
    let tried = async {
        let (email, password) = LoginRequest::read(fields)?;
        Ok(auth.log_in(&email, &password, channel(request), client(request)).await?)
    };
    let outcome = tried.await;
    answer(&state, cookie, asked, page, outcome)
}

#[handler]
pub(crate) async fn register(
    state: Data<&Arc<State>>,
    auth: Auth<'_>,
    cookie: &CookieSlot,
    asked: PageRequest,
    request: &Request,
    FormBody(mut fields): FormBody,
) -> Response {
    let mut page = RegisterPage::new(next_in_form(&state, &mut fields));
    (page.email, page.full_name) = (fields.typed("email"), fields.typed("full_name"));
    let tried = async {
        let registration = RegisterRequest::read(fields)?;
        Ok(auth.register(registration, channel(request), client(request)).await?)
    };
    let outcome = tried.await;
    let is_taken = |problem: &Problem| problem.kind() == ProblemType::EmailTaken;
    if outcome.as_ref().is_err_and(is_taken)
        && let Ok(email) = EmailAddress::parse(&page.email)
    {
        cookie.keep_email(email);
    }
    answer(&state, cookie, asked, page, outcome)
}

#[handler]
pub(crate) async fn set_new_password(
    state: Data<&Arc<State>>,
    auth: Auth<'_>,
    cookie: &CookieSlot,
    asked: PageRequest,
    request: &Request,
    FormBody(mut fields): FormBody,
) -> Response {
    let mut page = NewPasswordPage::new(next_in_form(&state, &mut fields));
    (page.email, page.code) = (fields.typed("email"), fields.typed("code"));
    let tried = async {
        let (email, code, new) = NewPasswordRequest::read(fields)?;
        Ok(auth.redeem_code(&email, code, new, channel(request), client(request)).await?)
    };
    let outcome = tried.await;
    answer(&state, cookie, asked, page, outcome)
}

fn channel(request: &Request) -> Channel {
    SentCookies::of(request).channel()
}

/// Redirects to `next` with the new session, or shows the form again with its errors.
fn answer<P: FormPage>(
    state: &State,
    cookie: &CookieSlot,
    asked: PageRequest,
    mut page: P,
    outcome: Result<SignedIn, Problem>,
) -> Response {
    match outcome {
        Ok(signed_in) => {
            if let Grant::SessionSecret(secret) = signed_in.grant {
                cookie.set(secret);
            }
            if let Some(notice) = P::DONE {
                cookie.announce(notice);
            }
            redirect(page.next().as_str(), asked)
        }
        Err(problem) => {
            page.refuse(&problem);
            state.pages.refuse(&Visitor::signed_out(), &page, &problem)
        }
    }
}

/// Ends every session of the request. Succeeds without one too.
#[handler]
pub(crate) async fn log_out(
    auth: Auth<'_>,
    cookie: &CookieSlot,
    asked: PageRequest,
    request: &Request,
    _body: AnyBody,
) -> poem::Result<Response> {
    let credentials = SentCredentials::of(request)?;
    auth.log_out(&credentials.all()).await.map_err(Problem::from)?;
    cookie.clear();
    Ok(redirect_with(LOGIN, Notice::SignedOut, asked, cookie))
}

pub(super) fn next_in_form(state: &State, fields: &mut Fields) -> LocalPath {
    LocalPath::parse(&fields.optional_text("next").unwrap_or_default(), state.is_page)
}

/// Returns the `next` of the query. Two values are ambiguous and both ignored.
fn next_in_query(state: &State, request: &Request) -> LocalPath {
    let query = request.uri().query().unwrap_or_default();
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "next");
    let next = values.next().filter(|_| values.next().is_none());
    LocalPath::parse(&next.map(|(_, value)| value).unwrap_or_default(), state.is_page)
}
