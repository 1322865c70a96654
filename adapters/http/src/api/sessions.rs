use coach_core::{
    domain::{Channel, SessionId},
    ports::RepositoryError,
    services::RefreshError,
};
use poem::Request;
use poem_openapi::{ApiResponse, OpenApi, param::Path, types::Example};

use super::{
    ApiTags,
    documented_problems::problems,
    json::Json,
    schema::{SessionBody, SessionsBody, TokenBody},
};
use crate::{
    request::{ApiBody, CurrentUser, PasswordRequest, RefreshRequest, client},
    response::{CookieSlot, Problem, formatted::Uuid},
    state::Auth,
};

pub(crate) struct SessionsApi;

#[derive(ApiResponse)]
enum NewTokens {
    /// The new tokens.
    #[oai(status = 200)]
    Ok(Json<TokenBody>),
}

#[derive(ApiResponse)]
enum Listed {
    /// The live sessions, most recently used first.
    #[oai(status = 200)]
    Ok(Json<SessionsBody>),
}

#[derive(ApiResponse)]
enum Ended {
    /// The session or sessions have ended.
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
    DatabaseUnavailable, from Problem);

fn session_id() -> Uuid {
    SessionBody::example().id
}

#[OpenApi(prefix_path = "/auth", tag = "ApiTags::Sessions")]
impl SessionsApi {
    /// Refresh
    ///
    /// Exchanges a refresh token for new tokens. Each refresh token works once. A retry within 10 seconds gets the same new
    /// refresh token. A later reuse ends the session.
    #[oai(path = "/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(
        &self,
        auth: Auth<'_>,
        ApiBody(token): ApiBody<RefreshRequest>,
    ) -> Result<NewTokens, RefreshProblem> {
        Ok(NewTokens::Ok(Json(TokenBody::new(auth.refresh(&token).await?)?)))
    }

    /// List my sessions
    ///
    /// Returns the live sessions of the user.
    #[oai(path = "/sessions", method = "get", operation_id = "sessions")]
    async fn sessions(&self, auth: Auth<'_>, user: CurrentUser) -> Result<Listed, ListProblem> {
        let sessions = auth.sessions(user.caller.user.id).await?;
        let (policy, current) = (auth.session_policy(), user.caller.session.id);
        let body = |details| SessionBody::new(details, policy, current);
        Ok(Listed::Ok(Json(SessionsBody { sessions: sessions.into_iter().map(body).collect() })))
    }

    /// End one of my sessions
    ///
    /// Ends any session of the user, including the current one. Sessions of other users are not found.
    #[oai(path = "/sessions/:id", method = "delete", operation_id = "end_session")]
    async fn end_session(
        &self,
        auth: Auth<'_>,
        user: CurrentUser,
        cookie: &CookieSlot,
        /// The id of a session from `GET /auth/sessions`.
        #[oai(example = "session_id")]
        id: Path<Uuid>,
    ) -> Result<Ended, EndProblem> {
        let id = SessionId::parse(&id.0.0).ok_or_else(Problem::not_found)?;
        if !auth.end_session(&user.caller, id).await? {
            return Err(Problem::not_found().into());
        }
        if user.by_cookie && id == user.caller.session.id {
            cookie.clear();
        }
        Ok(Ended::NoContent)
    }

    /// End all my other sessions
    ///
    /// Ends every session of the user except the current one.
    #[oai(path = "/sessions", method = "delete", operation_id = "end_other_sessions")]
    async fn end_other_sessions(
        &self,
        auth: Auth<'_>,
        user: CurrentUser,
    ) -> Result<Ended, EndOthersProblem> {
        auth.end_other_sessions(&user.caller).await?;
        Ok(Ended::NoContent)
    }

    /// Change my password
    ///
    /// Ends every session of the user and starts a new one. The response has its tokens.
    #[oai(path = "/password", method = "post", operation_id = "change_password")]
    async fn change_password(
        &self,
        auth: Auth<'_>,
        request: &Request,
        user: CurrentUser,
        cookie: &CookieSlot,
        passwords: ApiBody<PasswordRequest>,
    ) -> Result<NewTokens, PasswordProblem> {
        let (current, new) = passwords.0;
        let (channel, client) = (Channel::Tokens, client(request));
        let changed = auth.change_password(&user.caller, &current, new, channel, client).await;
        let changed = changed.map_err(|error| user.problem(error))?;
        // The session of the cookie has ended. The client uses the tokens from now on.
        if user.by_cookie {
            cookie.clear();
        }
        Ok(NewTokens::Ok(Json(TokenBody::new(changed)?)))
    }
}
