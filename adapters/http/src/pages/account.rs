//! The account page: who I am, where I am signed in, and my password.

use std::sync::Arc;

use coach_core::{
    domain::SessionId,
    services::{BrowserSession, PasswordChanged},
};
use poem::{Request, Response, error::ResponseError, handler, http::StatusCode, web::Data};

use super::{ACCOUNT, LOGIN, redirect, view::AccountPage};
use crate::{
    State,
    body::{Fields, FormBody},
    credential::{CurrentUser, Visitor, client},
    negotiation::PageRequest,
    problem::Problem,
    read_account,
};

#[handler]
pub(super) async fn account(
    state: Data<&Arc<State>>,
    visitor: Visitor<'_>,
    asked: PageRequest,
) -> poem::Result<Response> {
    let Some(user) = visitor.0 else { return Ok(sign_in_first(asked)) };
    show(&state, &user, None).await
}

/// Redirects to the page on which a password is changed.
#[handler]
pub(super) fn change_password_url(asked: PageRequest) -> Response {
    redirect(ACCOUNT, asked)
}

#[handler]
pub(super) async fn change_password(
    state: Data<&Arc<State>>,
    visitor: Visitor<'_>,
    asked: PageRequest,
    request: &Request,
    FormBody(fields): FormBody,
) -> poem::Result<Response> {
    let Some(user) = visitor.0 else { return Ok(sign_in_first(asked)) };
    match try_change_password(&state, &user, fields, request).await {
        Ok(session) => {
            let mut response = redirect(ACCOUNT, asked);
            state.cookie.set(response.headers_mut(), session.secret.expose(), session.max_age);
            Ok(response)
        }
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => Ok(sign_in_first(asked)),
        Err(problem) => show(&state, &user, Some(&problem)).await,
    }
}

async fn try_change_password(
    state: &State,
    user: &CurrentUser<'_>,
    fields: Fields,
    request: &Request,
) -> Result<BrowserSession, Problem> {
    let caller = &user.authenticated;
    let passwords = read_account::password_change(&state.auth, &caller.user, fields).await?;
    let (current, new) = (&passwords.current, passwords.new);
    let PasswordChanged { browser_session, .. } =
        state.auth.change_password(caller, current, new, client(request)).await?;
    Ok(browser_session)
}

/// Ends one session, or all but the present one.
#[handler]
pub(super) async fn end_sessions(
    state: Data<&Arc<State>>,
    visitor: Visitor<'_>,
    asked: PageRequest,
    FormBody(mut fields): FormBody,
) -> poem::Result<Response> {
    let Some(user) = visitor.0 else { return Ok(sign_in_first(asked)) };
    let caller = &user.authenticated;
    let which = fields.required_text("session");
    let which = fields.finish(Some(which))?;
    if which == "others" {
        state.auth.end_other_sessions(caller).await.map_err(Problem::from)?;
        return Ok(redirect(ACCOUNT, asked));
    }
    // One that is gone already is what was asked for.
    let Some(id) = SessionId::parse(&which) else { return Ok(redirect(ACCOUNT, asked)) };
    state.auth.end_session(caller, id).await.map_err(Problem::from)?;
    if id != caller.session.id {
        return Ok(redirect(ACCOUNT, asked));
    }
    let mut response = redirect(LOGIN, asked);
    state.cookie.clear(response.headers_mut());
    Ok(response)
}

/// The page, perhaps with what is wrong with a change of password.
async fn show(
    state: &State,
    user: &CurrentUser<'_>,
    problem: Option<&Problem>,
) -> poem::Result<Response> {
    let caller = &user.authenticated;
    let sessions = state.auth.sessions(caller.user.id).await.map_err(Problem::from)?;
    let page = AccountPage::new(&caller.user, &sessions, caller.session.id, problem);
    let mut response =
        state.pages.respond(&page, problem.map_or(StatusCode::OK, ResponseError::status));
    if let Some(problem) = problem {
        problem.add_headers(response.headers_mut());
    }
    Ok(response)
}

fn sign_in_first(asked: PageRequest) -> Response {
    redirect(&format!("{LOGIN}?next={ACCOUNT}"), asked)
}
