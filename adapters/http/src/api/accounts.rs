use coach_core::{
    domain::Channel,
    ports::RepositoryError,
    services::{LoginError, RedeemCodeError, RegisterError},
};
use poem::Request;
use poem_openapi::{ApiResponse, OpenApi};

use super::{ApiTags, documented_problems::problems, json::Json, schema::TokenBody};
use crate::{
    request::{
        AnyBody, ApiBody, LoginRequest, NewPasswordRequest, RegisterRequest, SentCredentials,
        client,
    },
    response::{CookieSlot, Problem},
    state::Auth,
};

pub(crate) struct AccountsApi;

#[derive(ApiResponse)]
enum Registered {
    /// The account was created and is logged in.
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
enum LoggedOut {
    /// Every session in the request has ended.
    #[oai(status = 204)]
    NoContent,
}

problems!(RegisterProblem: MalformedBody MalformedHost CrossSite RequestTimeout EmailTaken PayloadTooLarge
    UnsupportedMediaType InvalidInput Busy DatabaseUnavailable, from Problem RegisterError);
problems!(LoginProblem: MalformedBody MalformedHost InvalidCredentials AccountInactive CrossSite RequestTimeout
    PayloadTooLarge UnsupportedMediaType InvalidInput Busy DatabaseUnavailable, from Problem LoginError);
problems!(NewPasswordProblem: MalformedBody MalformedHost InvalidCode AccountInactive CrossSite RequestTimeout
    PayloadTooLarge UnsupportedMediaType InvalidInput Busy DatabaseUnavailable, from Problem RedeemCodeError);
problems!(LogoutProblem: MalformedAuthorization MalformedBody MalformedHost CrossSite RequestTimeout
    PayloadTooLarge UnsupportedMediaType DatabaseUnavailable, from RepositoryError);

#[OpenApi(prefix_path = "/auth", tag = "ApiTags::Accounts")]
impl AccountsApi {
    /// Register
    ///
    /// Creates an account and opens its first session.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        auth: Auth<'_>,
        request: &Request,
        ApiBody(registration): ApiBody<RegisterRequest>,
    ) -> Result<Registered, RegisterProblem> {
        let signed_in = auth.register(registration, Channel::Tokens, client(request)).await?;
        Ok(Registered::Created(Json(TokenBody::new(signed_in)?), "/auth/me".to_owned()))
    }

    /// Log in
    ///
    /// Opens a session. A wrong password and an unknown email address get the same response.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        auth: Auth<'_>,
        request: &Request,
        login: ApiBody<LoginRequest>,
    ) -> Result<LoggedIn, LoginProblem> {
        let (email, password) = login.0;
        let signed_in = auth.log_in(&email, &password, Channel::Tokens, client(request)).await?;
        Ok(LoggedIn::Ok(Json(TokenBody::new(signed_in)?)))
    }

    /// Choose a new password with a code
    ///
    /// Sets the password with a one-time code from the operator, ends every session of the user and opens a new one. A wrong,
    /// used or expired code and another email address get the same response. Ten wrong tries end a code.
    #[oai(path = "/new-password", method = "post", operation_id = "new_password")]
    async fn new_password(
        &self,
        auth: Auth<'_>,
        request: &Request,
        body: ApiBody<NewPasswordRequest>,
    ) -> Result<LoggedIn, NewPasswordProblem> {
        let (email, code, new) = body.0;
        let (channel, client) = (Channel::Tokens, client(request));
        let signed_in = auth.redeem_code(&email, code, new, channel, client).await?;
        Ok(LoggedIn::Ok(Json(TokenBody::new(signed_in)?)))
    }

    /// Log out
    ///
    /// Ends the session of every credential in the request, even of an expired one.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(
        &self,
        auth: Auth<'_>,
        credentials: SentCredentials<'_>,
        cookie: &CookieSlot,
        _body: AnyBody,
    ) -> Result<LoggedOut, LogoutProblem> {
        auth.log_out(&credentials.all()).await?;
        if credentials.has_cookie() {
            cookie.clear();
        }
        Ok(LoggedOut::NoContent)
    }
}
