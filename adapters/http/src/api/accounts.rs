use std::sync::Arc;

use coach_core::services::{LoginError, LogoutError, RegisterError};
use poem::{Request, web::Data};
use poem_openapi::{ApiResponse, OpenApi, payload::Json};

use super::{
    ApiTags,
    documented_problems::problems,
    schema::{LoginRequest, RegisterRequest, TokenBody, UserBody},
};
use crate::{
    State,
    body::{AnyBody, JsonBody},
    credential::{CurrentUser, SentCredentials, client},
    problem::Problem,
    read_account,
    session_cookie::SentCookie,
};

pub(crate) struct AccountsApi;

#[derive(ApiResponse)]
enum Registered {
    /// Registered and logged in.
    #[oai(status = 201)]
    Created(Json<TokenBody>, #[oai(header = "Location")] String),
}

#[derive(ApiResponse)]
enum LoggedIn {
    /// Logged in.
    #[oai(status = 200)]
    Ok(Json<TokenBody>),
}

#[derive(ApiResponse)]
enum Me {
    /// The account behind the credential.
    #[oai(status = 200)]
    Ok(Json<UserBody>),
}

#[derive(ApiResponse)]
enum LoggedOut {
    /// The session behind the credential is over, if there was one.
    #[oai(status = 204)]
    NoContent,
}

problems!(RegisterProblem: 400 403 408 409 413 415 422 503, from Problem RegisterError);
problems!(LoginProblem: 400 401 403 408 413 415 422 503, from Problem LoginError);
problems!(MeProblem: 400 401 503, from Problem);
problems!(LogoutProblem: 400 403 413 415 503, from LogoutError);

#[OpenApi(prefix_path = "/auth", tag = "ApiTags::Accounts")]
impl AccountsApi {
    /// Register
    ///
    /// Opens an account and logs it in.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: JsonBody<RegisterRequest>,
    ) -> Result<Registered, RegisterProblem> {
        let registration = read_account::registration(&state.auth, body.fields).await?;
        let signed_in = state.auth.register(registration, client(request)).await?;
        Ok(Registered::Created(Json(signed_in.into()), "/auth/me".to_owned()))
    }

    /// Log in
    ///
    /// A wrong password and an unknown address get the same answer.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: JsonBody<LoginRequest>,
    ) -> Result<LoggedIn, LoginProblem> {
        let login = read_account::login(body.fields)?;
        let signed_in = state.auth.login(&login.email, &login.password, client(request)).await?;
        Ok(LoggedIn::Ok(Json(signed_in.into())))
    }

    /// Log out
    ///
    /// Ends the session behind each credential for good, whether the credential is still valid or not.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(
        &self,
        state: Data<&Arc<State>>,
        credentials: SentCredentials<'_>,
        request: &Request,
        _body: AnyBody,
    ) -> Result<LoggedOut, LogoutProblem> {
        for credential in credentials.0 {
            state.auth.logout(credential).await?;
        }
        if let Some(cookie) = SentCookie::of(request) {
            cookie.forget();
        }
        Ok(LoggedOut::NoContent)
    }

    /// Who am I
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, user: CurrentUser<'_>) -> Result<Me, MeProblem> {
        Ok(Me::Ok(Json(user.authenticated.user.into())))
    }
}
