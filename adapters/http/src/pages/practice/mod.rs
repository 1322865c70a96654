//! The home page of a signed-in user: the practice history, and the forms that start and end a session.

mod chart;
mod view;

use std::sync::Arc;

use coach_core::{
    domain::{PracticeQuery, PracticeSessionId},
    services::AuthService,
};
use futures_util::future;
use poem::{
    Request, Response,
    error::ResponseError,
    handler,
    http::StatusCode,
    web::{Data, Path},
};

pub(super) use self::view::PracticePage;
use super::{LOGIN, sign_in::next_in_form};
use crate::{
    html::{fill_content, redirect, redirect_with},
    request::{
        CurrentUser, FormBody, ListPracticeRequest, PageRequest, ReadFields, StartPracticeRequest,
        Visitor, query_fields,
    },
    response::{CookieSlot, Notice, Problem},
    state::State,
};

/// Shows the sessions that the query selects.
pub(super) async fn history(
    state: &State,
    visitor: &Visitor,
    user: &CurrentUser,
    asked: PageRequest,
    request: &Request,
) -> poem::Result<Response> {
    let refuse = |filter, problem: &Problem| {
        let response = state.pages.refuse(visitor, &PracticePage::refused(filter), problem);
        Ok(fill_content(response, asked))
    };
    let mut query = query_fields(request);
    query.remove("limit");
    let list = ListPracticeRequest::read(query)?;
    let (filter, cursor) = (list.filter.clone(), list.cursor.clone());
    let query = match list.query(&state.auth, &user.caller) {
        Ok(query) => query,
        Err(problem) => return refuse(filter, &problem),
    };
    let page = load(&state.auth, user, &query).await?;
    let is_appended = asked == PageRequest::Htmx && query.after.is_some();
    let page = if is_appended { page.append() } else { page };
    let page = page.at(&query.filter, cursor.as_deref());
    Ok(state.pages.respond(visitor, &page, StatusCode::OK))
}

/// The first page also has the scores.
async fn load(
    auth: &AuthService,
    user: &CurrentUser,
    query: &PracticeQuery,
) -> Result<PracticePage, Problem> {
    let caller = &user.caller;
    let history = async { Ok::<_, Problem>(auth.practice_sessions(caller, query).await?) };
    let scores = async {
        match query.after {
            None => Ok(auth.practice_scores(caller).await?),
            Some(_) => Ok(Vec::new()),
        }
    };
    let (history, scores) = future::try_join(history, scores).await?;
    Ok(PracticePage::new(query, history, &scores))
}

#[handler]
pub(crate) async fn start(
    state: Data<&Arc<State>>,
    visitor: Visitor,
    cookie: &CookieSlot,
    asked: PageRequest,
    FormBody(fields): FormBody,
) -> poem::Result<Response> {
    let Some(user) = &visitor.user else { return Ok(sign_in_first(asked)) };
    let typed = ["category_filter", "mode", "timer_minutes"].map(|field| fields.typed(field));
    let tried = async {
        let settings = StartPracticeRequest::read(fields)?;
        Ok(state.auth.start_practice(&user.caller, settings).await?)
    };
    match tried.await {
        Ok(_) => Ok(redirect_with("/", Notice::PracticeStarted, asked, cookie)),
        Err(problem) => refuse_start(&state, &visitor, user, asked, (typed, problem)).await,
    }
}

/// Shows the page again with the errors of the form. A problem that no other choice solves gets the error page.
async fn refuse_start(
    state: &State,
    visitor: &Visitor,
    user: &CurrentUser,
    asked: PageRequest,
    (typed, problem): ([String; 3], Problem),
) -> poem::Result<Response> {
    match problem.status() {
        StatusCode::UNAUTHORIZED => Ok(sign_in_first(asked)),
        StatusCode::UNPROCESSABLE_ENTITY => {
            let page = load(&state.auth, user, &PracticeQuery::default()).await?;
            let page = page.refuse_start(typed, &problem);
            Ok(state.pages.refuse(visitor, &page, &problem))
        }
        _ => Err(problem.into()),
    }
}

/// Ends a session. One that has ended stays unchanged. HTMX changes its row, and other browsers return to it.
#[handler]
pub(crate) async fn end(
    state: Data<&Arc<State>>,
    visitor: Visitor,
    cookie: &CookieSlot,
    asked: PageRequest,
    id: Path<String>,
    FormBody(mut fields): FormBody,
) -> poem::Result<Response> {
    let Some(user) = &visitor.user else { return Ok(sign_in_first(asked)) };
    let id = PracticeSessionId::parse(&id).ok_or_else(Problem::not_found)?;
    let ended = state.auth.end_practice(&user.caller, id).await.map_err(Problem::from)?;
    if asked == PageRequest::Navigation {
        let row = next_in_form(&state, &mut fields);
        return Ok(redirect_with(row.as_str(), Notice::PracticeEnded, asked, cookie));
    }
    let scores = state.auth.practice_scores(&user.caller).await.map_err(Problem::from)?;
    Ok(state.pages.respond(&visitor, &PracticePage::ended(ended, &scores), StatusCode::OK))
}

pub(super) fn sign_in_first(asked: PageRequest) -> Response {
    redirect(&format!("{LOGIN}?next=/"), asked)
}
