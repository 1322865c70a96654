//! The account page: profile, password, sessions, recent events and deletion.

mod events;
pub(in crate::pages) mod sessions;
pub(in crate::pages) mod view;

use std::sync::Arc;

use coach_core::domain::{Grant, SessionId};
use futures_util::future;
use poem::{Request, Response, error::ResponseError, handler, http::StatusCode, web::Data};

use self::{
    sessions::{Clock, SessionList, Shown},
    view::{AccountForm, AccountPage},
};
use super::{ACCOUNT, LOGIN};
use crate::{
    html::{redirect, redirect_with},
    request::{
        CurrentUser, DeleteRequest, FormBody, PageRequest, PasswordRequest, ProfileRequest,
        ReadFields, SentCookies, Visitor, client,
    },
    response::{CookieSlot, Notice, Problem},
    state::{Auth, State},
};

#[handler]
pub(crate) async fn account(
    state: Data<&Arc<State>>,
    visitor: Visitor,
    asked: PageRequest,
    request: &Request,
) -> poem::Result<Response> {
    let Some(user) = &visitor.user else { return Ok(sign_in_first(asked)) };
    show(&state, &visitor, user, Shown::asked(request, asked), None).await
}

/// Redirects to the page that changes the password (W3C, A Well-Known URL for Changing Passwords).
#[handler]
pub(crate) fn change_password_url(asked: PageRequest) -> Response {
    redirect(ACCOUNT, asked)
}

#[handler]
pub(crate) async fn update_profile(
    state: Data<&Arc<State>>,
    auth: Auth<'_>,
    visitor: Visitor,
    cookie: &CookieSlot,
    asked: PageRequest,
    FormBody(mut fields): FormBody,
) -> poem::Result<Response> {
    let Some(user) = &visitor.user else { return Ok(sign_in_first(asked)) };
    let form = AccountForm::profile(fields.typed("full_name"), fields.typed("email"));
    // The form always sends the address. An unchanged one needs no password.
    if fields.typed("email").trim() == user.caller.user.email.as_str() {
        fields.remove("email");
    }
    let tried = async {
        let update = ProfileRequest::read(fields)?;
        Ok(auth.update_profile(&user.caller, update).await?)
    };
    match tried.await {
        Ok(_) => Ok(redirect_with(ACCOUNT, Notice::ProfileSaved, asked, cookie)),
        Err(problem) => refuse(&state, &visitor, user, asked, (form, &problem)).await,
    }
}

#[handler]
pub(crate) async fn change_password(
    state: Data<&Arc<State>>,
    auth: Auth<'_>,
    visitor: Visitor,
    cookie: &CookieSlot,
    asked: PageRequest,
    request: &Request,
    FormBody(fields): FormBody,
) -> poem::Result<Response> {
    let Some(user) = &visitor.user else { return Ok(sign_in_first(asked)) };
    let channel = SentCookies::of(request).channel();
    let tried = async {
        let (current, new) = PasswordRequest::read(fields)?;
        let client = client(request);
        Ok(auth.change_password(&user.caller, &current, new, channel, client).await?)
    };
    match tried.await {
        Ok(changed) => {
            if let Grant::SessionSecret(secret) = changed.grant {
                cookie.set(secret);
            }
            Ok(redirect_with(ACCOUNT, Notice::PasswordChanged, asked, cookie))
        }
        Err(problem) => {
            refuse(&state, &visitor, user, asked, (AccountForm::Password, &problem)).await
        }
    }
}

/// Ends one session, or all except the current one.
#[handler]
pub(crate) async fn end_sessions(
    auth: Auth<'_>,
    visitor: Visitor,
    cookie: &CookieSlot,
    asked: PageRequest,
    FormBody(mut fields): FormBody,
) -> poem::Result<Response> {
    let Some(CurrentUser { caller, .. }) = &visitor.user else { return Ok(sign_in_first(asked)) };
    let list = Shown::read(&fields.typed("shown")).address();
    let which = fields.required_text("session");
    let which = fields.finish(Some(which))?;
    if which == "others" {
        auth.end_other_sessions(caller).await.map_err(Problem::from)?;
        return Ok(redirect_with(&list, Notice::OtherSessionsEnded, asked, cookie));
    }
    let id = SessionId::parse(&which);
    // An unknown session has already ended.
    if let Some(id) = id {
        auth.end_session(caller, id).await.map_err(Problem::from)?;
    }
    if id != Some(caller.session.id) {
        return Ok(redirect_with(&list, Notice::SessionEnded, asked, cookie));
    }
    cookie.clear();
    Ok(redirect_with(LOGIN, Notice::SignedOut, asked, cookie))
}

#[handler]
pub(crate) async fn delete_account(
    state: Data<&Arc<State>>,
    auth: Auth<'_>,
    visitor: Visitor,
    cookie: &CookieSlot,
    asked: PageRequest,
    FormBody(fields): FormBody,
) -> poem::Result<Response> {
    let Some(user) = &visitor.user else { return Ok(sign_in_first(asked)) };
    let tried = async {
        let current = DeleteRequest::read(fields)?;
        Ok(auth.delete_account(&user.caller, &current).await?)
    };
    match tried.await {
        // The next page clears the cookie of the session, which proves the notice until then.
        Ok(()) => Ok(redirect_with("/", Notice::AccountDeleted, asked, cookie)),
        Err(problem) => {
            refuse(&state, &visitor, user, asked, (AccountForm::Delete, &problem)).await
        }
    }
}

/// Shows the page again with the errors of a form.
async fn refuse(
    state: &State,
    visitor: &Visitor,
    user: &CurrentUser,
    asked: PageRequest,
    refused: (AccountForm, &Problem),
) -> poem::Result<Response> {
    if refused.1.status() == StatusCode::UNAUTHORIZED {
        return Ok(sign_in_first(asked));
    }
    show(state, visitor, user, Shown::default(), Some(refused)).await
}

async fn show(
    state: &State,
    visitor: &Visitor,
    user: &CurrentUser,
    shown: Shown,
    refused: Option<(AccountForm, &Problem)>,
) -> poem::Result<Response> {
    let (auth, caller) = (&state.auth, &user.caller);
    let id = caller.user.id;
    let loaded = future::try_join(auth.sessions(id), auth.recent_events(id)).await;
    let (sessions, events) = loaded.map_err(Problem::from)?;
    let clock = Clock { now: auth.now(), policy: auth.session_policy() };
    let sessions = SessionList::new(&sessions, &caller.session, shown, clock);
    let problem = refused.as_ref().map(|(_, problem)| *problem);
    let page = AccountPage::new(caller, sessions, &events, refused);
    Ok(match problem {
        Some(problem) => state.pages.refuse(visitor, &page, problem),
        None => state.pages.respond(visitor, &page, StatusCode::OK),
    })
}

fn sign_in_first(asked: PageRequest) -> Response {
    redirect(&format!("{LOGIN}?next={ACCOUNT}"), asked)
}
