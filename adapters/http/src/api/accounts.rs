use std::sync::Arc;

use coach_core::services::{LoginError, LogoutError, RegisterError};
use poem::{Request, web::Data};
use poem_openapi::{ApiResponse, OpenApi};

use super::{
    ApiTags,
    documented_problems::problems,
    json::Json,
    schema::{LoginRequest, RegisterRequest, TokenBody, UserBody},
};
use crate::{
    State,
    body::{AnyBody, ApiBody},
    credential::{CurrentUser, SentCredentials, client},
    problem::Problem,
    read_account,
    session_cookie::SentCookie,
};

pub(crate) struct AccountsApi;

#[derive(ApiResponse)]
enum Registered {
    /// The account exists and is logged in.
    #[oai(status = 201)]
    Created(Json<TokenBody>, #[oai(header = "Location")] String),
}

#[derive(ApiResponse)]
enum LoggedIn {
    /// The user is logged in.
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
    /// Every session that was presented has ended.
    #[oai(status = 204)]
    NoContent,
}

problems!(RegisterProblem: MalformedBody MalformedHost CrossSite RequestTimeout EmailTaken PayloadTooLarge
    UnsupportedMediaType InvalidInput Busy DatabaseUnavailable, from Problem RegisterError);
problems!(LoginProblem: MalformedBody MalformedHost InvalidCredentials AccountInactive CrossSite RequestTimeout
    PayloadTooLarge UnsupportedMediaType InvalidInput Busy DatabaseUnavailable, from Problem LoginError);
problems!(MeProblem: MalformedAuthorization MalformedHost AuthenticationRequired InvalidToken
    DatabaseUnavailable, from Problem);
problems!(LogoutProblem: MalformedAuthorization MalformedBody MalformedHost CrossSite RequestTimeout
    PayloadTooLarge UnsupportedMediaType DatabaseUnavailable, from LogoutError);

#[OpenApi(prefix_path = "/auth", tag = "ApiTags::Accounts")]
impl AccountsApi {
    /// Register
    ///
    /// Creates an account and opens its first session.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: ApiBody<RegisterRequest>,
    ) -> Result<Registered, RegisterProblem> {
        let registration = read_account::registration(&state.auth, body.fields).await?;
        let signed_in = state.auth.register(registration, client(request)).await?;
        Ok(Registered::Created(Json(signed_in.into()), "/auth/me".to_owned()))
    }

    /// Log in
    ///
    /// Opens a session. A wrong password and an unknown address get the same response.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: ApiBody<LoginRequest>,
    ) -> Result<LoggedIn, LoginProblem> {
        let login = read_account::login(body.fields)?;
        let signed_in = state.auth.login(&login.email, &login.password, client(request)).await?;
        Ok(LoggedIn::Ok(Json(signed_in.into())))
    }

    /// Log out
    ///
    /// Ends the session of every credential that is sent, valid or not, for good.
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
    ///
    /// Returns the account that the credential belongs to.
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, user: CurrentUser<'_>) -> Result<Me, MeProblem> {
        Ok(Me::Ok(Json(user.authenticated.user.into())))
    }
}
