//! The forms: log in, register, log out.

use std::sync::Arc;

use coach_core::services::{AuthService, BrowserSession, Credential};
use poem::{Request, Response, error::ResponseError, handler, http::StatusCode, web::Data};
use url::form_urlencoded;

use super::{
    LOGIN,
    local_path::LocalPath,
    redirect,
    view::{FormPage, LoginPage, RegisterPage, View},
};
use crate::{
    State,
    body::{AnyBody, Fields, FormBody},
    credential::{Visitor, client, sent_credentials},
    negotiation::PageRequest,
    problem::Problem,
    read_account,
    session_cookie::SentCookie,
};

#[handler]
pub(super) fn login_form(
    state: Data<&Arc<State>>,
    visitor: Visitor<'_>,
    asked: PageRequest,
    request: &Request,
) -> Response {
    empty_form(&state, &visitor, asked, &LoginPage::new(next_in_query(request)))
}

#[handler]
pub(super) fn register_form(
    state: Data<&Arc<State>>,
    visitor: Visitor<'_>,
    asked: PageRequest,
    request: &Request,
) -> Response {
    empty_form(&state, &visitor, asked, &RegisterPage::new(next_in_query(request)))
}

/// Somebody who is signed in has no use for a form.
fn empty_form(
    state: &State,
    visitor: &Visitor<'_>,
    asked: PageRequest,
    page: &impl View,
) -> Response {
    match visitor.0 {
        Some(_) => redirect("/", asked),
        None => state.pages.respond(page, StatusCode::OK),
    }
}

#[handler]
pub(super) async fn log_in(
    state: Data<&Arc<State>>,
    asked: PageRequest,
    request: &Request,
    FormBody(mut fields): FormBody,
) -> Response {
    let mut page = LoginPage::new(LocalPath::parse(&fields.optional_text("next")));
    page.email = fields.typed("email");
    answer(&state, page, try_log_in(&state.auth, fields, request).await, asked)
}

async fn try_log_in(
    auth: &AuthService,
    fields: Fields,
    request: &Request,
) -> Result<BrowserSession, Problem> {
    let login = read_account::login(fields)?;
    let (previous, client) = (previous_secret(request), client(request));
    let session = auth.login_browser(&login.email, &login.password, previous, client).await?;
    end_unclear(auth, request).await?;
    Ok(session)
}

#[handler]
pub(super) async fn register(
    state: Data<&Arc<State>>,
    asked: PageRequest,
    request: &Request,
    FormBody(mut fields): FormBody,
) -> Response {
    let mut page = RegisterPage::new(LocalPath::parse(&fields.optional_text("next")));
    (page.email, page.full_name) = (fields.typed("email"), fields.typed("full_name"));
    answer(&state, page, try_register(&state.auth, fields, request).await, asked)
}

async fn try_register(
    auth: &AuthService,
    fields: Fields,
    request: &Request,
) -> Result<BrowserSession, Problem> {
    let registration = read_account::registration(auth, fields).await?;
    let (previous, client) = (previous_secret(request), client(request));
    let session = auth.register_browser(registration, previous, client).await?;
    end_unclear(auth, request).await?;
    Ok(session)
}

/// What the browser presented until now, and shall no longer.
fn previous_secret(request: &Request) -> Option<&str> {
    SentCookie::of(request)?.secret()
}

/// Of several cookies nobody can tell which was ours: none of them outlives the login that takes their place.
async fn end_unclear(auth: &AuthService, request: &Request) -> Result<(), Problem> {
    let secrets = SentCookie::of(request).map(SentCookie::secrets).unwrap_or_default();
    for secret in secrets.iter().filter(|_| secrets.len() > 1) {
        auth.logout(Credential::SessionSecret(secret)).await?;
    }
    Ok(())
}

/// Onwards with a session, or the form again, with what is wrong.
fn answer<P: FormPage>(
    state: &State,
    mut page: P,
    outcome: Result<BrowserSession, Problem>,
    asked: PageRequest,
) -> Response {
    match outcome {
        Ok(session) => {
            let mut response = redirect(page.next().as_str(), asked);
            state.cookie.set(response.headers_mut(), session.secret.expose(), session.max_age);
            response
        }
        Err(problem) => {
            page.refuse(&problem);
            let mut response = state.pages.respond(&page, problem.status());
            problem.add_headers(response.headers_mut());
            response
        }
    }
}

/// Works with and without a session, so that nobody is left with a button that does nothing.
#[handler]
pub(super) async fn log_out(
    state: Data<&Arc<State>>,
    asked: PageRequest,
    request: &Request,
    _body: AnyBody,
) -> poem::Result<Response> {
    for credential in sent_credentials(request)? {
        state.auth.logout(credential).await.map_err(Problem::from)?;
    }
    let mut response = redirect(LOGIN, asked);
    state.cookie.clear(response.headers_mut());
    Ok(response)
}

/// The `next` of a query; of two, neither is anybody's wish.
fn next_in_query(request: &Request) -> LocalPath {
    let query = request.uri().query().unwrap_or_default();
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "next");
    let next = values.next().filter(|_| values.next().is_none());
    LocalPath::parse(&next.map(|(_, value)| value).unwrap_or_default())
}
