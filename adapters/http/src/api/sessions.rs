use std::sync::Arc;

use coach_core::{
    domain::SessionId,
    ports::RepositoryError,
    services::{ChangePasswordError, RefreshError},
};
use poem::{Request, web::Data};
use poem_openapi::{ApiResponse, OpenApi, param::Path, types::Example};

use super::{
    ApiTags,
    documented_problems::problems,
    formatted::Uuid,
    json::Json,
    schema::{PasswordRequest, RefreshRequest, SessionBody, SessionsBody, TokenBody},
};
use crate::{
    State,
    body::ApiBody,
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
    /// The sessions that can still be used, the last used first.
    #[oai(status = 200)]
    Ok(Json<SessionsBody>),
}

#[derive(ApiResponse)]
enum Ended {
    /// The session has ended, or the sessions have.
    #[oai(status = 204)]
    NoContent,
}

problems!(RefreshProblem: MalformedBody MalformedHost InvalidRefreshToken CrossSite RequestTimeout PayloadTooLarge
    UnsupportedMediaType InvalidInput DatabaseUnavailable, from Problem RefreshError);
problems!(ListProblem: MalformedAuthorization MalformedHost AuthenticationRequired InvalidToken
    DatabaseUnavailable, from RepositoryError);
problems!(EndProblem: MalformedAuthorization MalformedHost AuthenticationRequired InvalidToken CrossSite NotFound
    DatabaseUnavailable, from Problem RepositoryError);
problems!(EndOthersProblem: MalformedAuthorization MalformedHost AuthenticationRequired InvalidToken CrossSite
    DatabaseUnavailable, from RepositoryError);
problems!(PasswordProblem: MalformedAuthorization MalformedBody MalformedHost AuthenticationRequired InvalidToken
    WrongPassword CrossSite RequestTimeout PayloadTooLarge UnsupportedMediaType InvalidInput Busy
    DatabaseUnavailable, from Problem ChangePasswordError);

fn session_id() -> Uuid {
    SessionBody::example().id
}

#[OpenApi(prefix_path = "/auth", tag = "ApiTags::Sessions")]
impl SessionsApi {
    /// Refresh
    ///
    /// Exchanges a refresh token for new tokens. A token is spent once. Presented again within 10 seconds it gets the same
    /// successor; after that its session ends.
    #[oai(path = "/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(
        &self,
        state: Data<&Arc<State>>,
        mut body: ApiBody<RefreshRequest>,
    ) -> Result<NewTokens, RefreshProblem> {
        let token = body.fields.required_text("refresh_token");
        let token = body.fields.finish(Some(token))?;
        Ok(NewTokens::Ok(Json(state.auth.refresh(&token).await?.into())))
    }

    /// List my sessions
    ///
    /// Returns where the user is signed in.
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
    ///
    /// The session may be the present one. The id of another user's session is not found.
    #[oai(path = "/sessions/:id", method = "delete", operation_id = "end_session")]
    async fn end_session(
        &self,
        state: Data<&Arc<State>>,
        user: CurrentUser<'_>,
        /// The id of a session, as `GET /auth/sessions` lists it.
        #[oai(example = "session_id")]
        id: Path<Uuid>,
    ) -> Result<Ended, EndProblem> {
        let id = SessionId::parse(id.0.as_ref()).ok_or_else(Problem::not_found)?;
        if !state.auth.end_session(&user.authenticated, id).await? {
            return Err(Problem::not_found().into());
        }
        if let Some(cookie) = user.cookie.filter(|_| id == user.authenticated.session.id) {
            cookie.forget();
        }
        Ok(Ended::NoContent)
    }

    /// End all my other sessions
    ///
    /// Ends every session of the user but the present one.
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
    /// Ends every session of the user. The response has the tokens of a new one.
    #[oai(path = "/password", method = "post", operation_id = "change_password")]
    async fn change_password(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        user: CurrentUser<'_>,
        body: ApiBody<PasswordRequest>,
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
