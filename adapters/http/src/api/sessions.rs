use std::sync::Arc;

use coach_core::{
    domain::SessionId,
    ports::RepositoryError,
    services::{ChangePasswordError, RefreshError},
};
use poem::{Request, web::Data};
use poem_openapi::{ApiResponse, OpenApi, param::Path, payload::Json};

use super::{
    ApiTags,
    documented_problems::problems,
    schema::{PasswordRequest, RefreshRequest, SessionBody, SessionsBody, TokenBody},
};
use crate::{
    State,
    body::JsonBody,
    credential::{CurrentUser, client},
    problem::Problem,
    read_account,
};

pub(crate) struct SessionsApi;

#[derive(ApiResponse)]
enum NewTokens {
    /// The next tokens of the session.
    #[oai(status = 200)]
    Ok(Json<TokenBody>),
}

#[derive(ApiResponse)]
enum Listed {
    /// The sessions that may still be used, the one that was used last first.
    #[oai(status = 200)]
    Ok(Json<SessionsBody>),
}

#[derive(ApiResponse)]
enum Ended {
    /// Over, for good.
    #[oai(status = 204)]
    NoContent,
}

problems!(RefreshProblem: 400 401 403 408 413 415 422 503, from Problem RefreshError);
problems!(ListProblem: 400 401 503, from RepositoryError);
problems!(EndProblem: 400 401 403 404 503, from Problem RepositoryError);
problems!(EndOthersProblem: 400 401 403 503, from RepositoryError);
problems!(PasswordProblem: 400 401 403 408 413 415 422 503, from Problem ChangePasswordError);

#[OpenApi(prefix_path = "/auth", tag = "ApiTags::Sessions")]
impl SessionsApi {
    /// Refresh
    ///
    /// Trades a refresh token for new tokens. A token is spent once; presented again within 10 seconds it gets the same
    /// successor, later its session ends.
    #[oai(path = "/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(
        &self,
        state: Data<&Arc<State>>,
        mut body: JsonBody<RefreshRequest>,
    ) -> Result<NewTokens, RefreshProblem> {
        let token = body.fields.required_text("refresh_token");
        let token = body.fields.finish(Some(token))?;
        Ok(NewTokens::Ok(Json(state.auth.refresh(&token).await?.into())))
    }

    /// My sessions
    #[oai(path = "/sessions", method = "get", operation_id = "sessions")]
    async fn sessions(
        &self,
        state: Data<&Arc<State>>,
        user: CurrentUser<'_>,
    ) -> Result<Listed, ListProblem> {
        let caller = user.authenticated;
        let sessions = state.auth.sessions(caller.user.id).await?;
        let body = |details| SessionBody::new(details, &state.auth, caller.session.id);
        Ok(Listed::Ok(Json(SessionsBody { sessions: sessions.into_iter().map(body).collect() })))
    }

    /// End one of my sessions
    #[oai(path = "/sessions/:id", method = "delete", operation_id = "end_session")]
    async fn end_session(
        &self,
        state: Data<&Arc<State>>,
        user: CurrentUser<'_>,
        /// As `GET /auth/sessions` lists it.
        id: Path<String>,
    ) -> Result<Ended, EndProblem> {
        let id = SessionId::parse(&id).ok_or_else(Problem::not_found)?;
        if !state.auth.end_session(&user.authenticated, id).await? {
            return Err(Problem::not_found().into());
        }
        if let Some(cookie) = user.cookie.filter(|_| id == user.authenticated.session.id) {
            cookie.forget();
        }
        Ok(Ended::NoContent)
    }

    /// End all my other sessions
    #[oai(path = "/sessions", method = "delete", operation_id = "end_other_sessions")]
    async fn end_other_sessions(
        &self,
        state: Data<&Arc<State>>,
        user: CurrentUser<'_>,
    ) -> Result<Ended, EndOthersProblem> {
        state.auth.end_other_sessions(&user.authenticated).await?;
        Ok(Ended::NoContent)
    }

    /// Change my password
    ///
    /// All sessions end; the answer has the tokens of the one that takes the place of the present one.
    #[oai(path = "/password", method = "post", operation_id = "change_password")]
    async fn change_password(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        user: CurrentUser<'_>,
        body: JsonBody<PasswordRequest>,
    ) -> Result<NewTokens, PasswordProblem> {
        let caller = &user.authenticated;
        let passwords =
            read_account::password_change(&state.auth, &caller.user, body.fields).await?;
        let (current, new) = (&passwords.current, passwords.new);
        let changed = state.auth.change_password(caller, current, new, client(request)).await?;
        if let Some(cookie) = user.cookie {
            cookie.replace(changed.browser_session);
        }
        Ok(NewTokens::Ok(Json(changed.signed_in.into())))
    }
}
