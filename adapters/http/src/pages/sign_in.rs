//! The forms to sign in, create an account, choose a new password with a code and sign out.

use coach_core::{
    domain::{Channel, Client, EmailAddress, Grant},
    services::{AuthService, SignedIn},
};
use poem::{FromRequest, Request, RequestBody, Response, handler, http::StatusCode};
use url::form_urlencoded;

use super::{
    LOGIN,
    view::{FormPage, LoginPage, NewPasswordPage, RegisterPage},
};
use crate::{
    html::{redirect, redirect_with},
    request::{
        AnyBody, Fields, FormBody, LocalPath, LoginRequest, NewPasswordRequest, PageRequest,
        ReadFields, RegisterRequest, SentCookies, SentCredentials, Visitor, client, kept_email,
    },
    response::{CookieSlot, Notice, Problem, ProblemType},
    state::{Auth, State},
};

#[handler]
pub(crate) fn login_form(exchange: Exchange<'_>, mut visitor: Visitor) -> Response {
    visitor.explain_ended_session(exchange.cookie);
    let mut page = LoginPage::new(exchange.next());
    if let Some(email) = kept_email(exchange.request).filter(|_| visitor.user.is_none()) {
        page.fill_in(&email);
        exchange.cookie.clear_email();
    }
    exchange.show(&visitor, &page)
}

#[handler]
pub(crate) fn register_form(exchange: Exchange<'_>, visitor: Visitor) -> Response {
    exchange.show(&visitor, &RegisterPage::new(exchange.next()))
}

#[handler]
pub(crate) fn new_password_form(exchange: Exchange<'_>, visitor: Visitor) -> Response {
    exchange.show(&visitor, &NewPasswordPage::new(exchange.next()))
}

#[handler]
pub(crate) async fn log_in(exchange: Exchange<'_>, FormBody(mut fields): FormBody) -> Response {
    let mut page = LoginPage::new(next_in_form(exchange.state, &mut fields));
    page.email = fields.typed("email");
    let tried = async {
        let (email, password) = LoginRequest::read(fields)?;
        let (channel, client) = exchange.channel_and_client();
        Ok(exchange.auth().log_in(&email, &password, channel, client).await?)
    };
    exchange.answer(page, tried.await)
}

#[handler]
pub(crate) async fn register(exchange: Exchange<'_>, FormBody(mut fields): FormBody) -> Response {
    let mut page = RegisterPage::new(next_in_form(exchange.state, &mut fields));
    (page.email, page.full_name) = (fields.typed("email"), fields.typed("full_name"));
    let tried = async {
        let registration = RegisterRequest::read(fields)?;
        let (channel, client) = exchange.channel_and_client();
        Ok(exchange.auth().register(registration, channel, client).await?)
    };
    let outcome = tried.await;
    let is_taken = |problem: &Problem| problem.kind() == ProblemType::EmailTaken;
    if outcome.as_ref().is_err_and(is_taken)
        && let Ok(email) = EmailAddress::parse(&page.email)
    {
        exchange.cookie.keep_email(email);
    }
    exchange.answer(page, outcome)
}

#[handler]
pub(crate) async fn set_new_password(
    exchange: Exchange<'_>,
    FormBody(mut fields): FormBody,
) -> Response {
    let mut page = NewPasswordPage::new(next_in_form(exchange.state, &mut fields));
    (page.email, page.code) = (fields.typed("email"), fields.typed("code"));
    let tried = async {
        let (email, code, new) = NewPasswordRequest::read(fields)?;
        let (channel, client) = exchange.channel_and_client();
        Ok(exchange.auth().redeem_code(&email, code, new, channel, client).await?)
    };
    exchange.answer(page, tried.await)
}

/// A request for a form that signs a visitor in, with what its response needs.
pub(crate) struct Exchange<'a> {
    state: &'a State,
    cookie: &'a CookieSlot,
    asked: PageRequest,
    request: &'a Request,
}

impl<'a> FromRequest<'a> for Exchange<'a> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let cookie = <&CookieSlot>::from_request(request, body).await?;
        let asked = PageRequest::from_request(request, body).await?;
        Ok(Self { state: State::of(request)?, cookie, asked, request })
    }
}

impl Exchange<'_> {
    fn auth(&self) -> &AuthService {
        &self.state.auth
    }

    fn channel_and_client(&self) -> (Channel, Client) {
        (SentCookies::of(self.request).channel(), client(self.request))
    }

    /// Returns the `next` of the query. Two values are ambiguous and both ignored.
    fn next(&self) -> LocalPath {
        let query = self.request.uri().query().unwrap_or_default();
        let mut values =
            form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "next");
        let next = values.next().filter(|_| values.next().is_none());
        LocalPath::parse(&next.map(|(_, value)| value).unwrap_or_default(), self.state.is_page)
    }

    /// Shows the empty form, or redirects a signed-in visitor.
    fn show(&self, visitor: &Visitor, page: &impl FormPage) -> Response {
        match visitor.user {
            Some(_) => redirect(page.next().as_str(), self.asked),
            None => self.state.pages.respond(visitor, page, StatusCode::OK),
        }
    }

    /// Redirects to `next` with the new session, or shows the form again with its errors.
    fn answer<P: FormPage>(&self, mut page: P, outcome: Result<SignedIn, Problem>) -> Response {
        match outcome {
            Ok(signed_in) => {
                if let Grant::SessionSecret(secret) = signed_in.grant {
                    self.cookie.set(secret);
                }
                if let Some(notice) = P::DONE {
                    self.cookie.announce(notice);
                }
                redirect(page.next().as_str(), self.asked)
            }
            Err(problem) => {
                page.refuse(&problem);
                self.state.pages.refuse(&Visitor::signed_out(), &page, &problem)
            }
        }
    }
}

/// Ends every session of the request. Succeeds without one too.
#[handler]
pub(crate) async fn log_out(
    auth: Auth<'_>,
    cookie: &CookieSlot,
    asked: PageRequest,
    request: &Request,
    _body: AnyBody,
) -> poem::Result<Response> {
    let credentials = SentCredentials::of(request)?;
    auth.log_out(&credentials.all()).await.map_err(Problem::from)?;
    cookie.clear();
    Ok(redirect_with(LOGIN, Notice::SignedOut, asked, cookie))
}

pub(super) fn next_in_form(state: &State, fields: &mut Fields) -> LocalPath {
    LocalPath::parse(&fields.optional_text("next").unwrap_or_default(), state.is_page)
}
