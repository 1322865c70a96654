//! The credential of a request: `Authorization: Bearer` (RFC 6750, section 2.1) or the cookie of the pages, and nothing
//! else.

use std::sync::Arc;

use coach_core::{
    domain::{Client, UserAgent},
    services::{AuthenticateError, Authenticated, Credential},
};
use poem::{
    FromRequest, Request, RequestBody,
    error::ResponseError,
    http::{HeaderMap, StatusCode, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

use crate::{
    State,
    problem::{Problem, ProblemType},
    session_cookie::SentCookie,
};

pub(crate) const BEARER: &str = "BearerAuth";
pub(crate) const COOKIE: &str = "CookieAuth";

/// The token of a request; none if there is no bearer token in it.
fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(ProblemType::MalformedAuthorization.into());
    }
    // What is not ASCII is a token too, though never a valid one.
    let value = value.to_str().unwrap_or("Bearer ?");
    let (scheme, token) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let token = token.trim();
    Ok((scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token))
}

/// The credential of a request, not checked. If both are sent, the header decides.
fn sent_credential(request: &Request) -> Result<Option<Credential<'_>>, Problem> {
    let token = bearer_token(request.headers())?.map(Credential::AccessToken);
    let cookie = || SentCookie::of(request)?.secret().map(Credential::SessionSecret);
    Ok(token.or_else(cookie))
}

/// Every credential of a request, for a logout: whichever of them would have decided, none outlives it.
pub(crate) fn sent_credentials(request: &Request) -> Result<Vec<Credential<'_>>, Problem> {
    let token = bearer_token(request.headers())?.map(Credential::AccessToken);
    let cookies = SentCookie::of(request).map(SentCookie::secrets).unwrap_or_default();
    let secrets = cookies.iter().map(|secret| Credential::SessionSecret(secret));
    Ok(token.into_iter().chain(secrets).collect())
}

/// From where a request comes. The address is the peer's: what a header says of it, anybody can say.
pub(crate) fn client(request: &Request) -> Client {
    let user_agent = request.headers().get(header::USER_AGENT);
    let user_agent = user_agent.map(|name| String::from_utf8_lossy(name.as_bytes()));
    let ip = request.remote_addr().as_socket_addr().map(|address| address.ip());
    Client { user_agent: user_agent.and_then(|name| UserAgent::read(&name)), ip }
}

fn register(registry: &mut Registry) {
    registry.create_security_scheme(
        BEARER,
        MetaSecurityScheme {
            ty: "http",
            description: Some("The access token of a login, registration or refresh."),
            name: None,
            key_in: None,
            scheme: Some("bearer"),
            bearer_format: Some("JWT"),
            flows: None,
            openid_connect_url: None,
        },
    );
    registry.create_security_scheme(
        COOKIE,
        MetaSecurityScheme {
            ty: "apiKey",
            description: Some("The session cookie of a browser that signed in on the pages."),
            name: Some("pm_coach_session"),
            key_in: Some("cookie"),
            scheme: None,
            bearer_format: None,
            flows: None,
            openid_connect_url: None,
        },
    );
}

/// Who makes the request. A handler that takes one answers 401 to everybody else.
pub(crate) struct CurrentUser<'a> {
    pub(crate) authenticated: Authenticated,
    /// What they presented, if that was a cookie.
    pub(crate) cookie: Option<&'a SentCookie>,
}

impl<'a> CurrentUser<'a> {
    async fn of(request: &'a Request) -> Result<Self, Problem> {
        let credential = sent_credential(request)?.ok_or(ProblemType::AuthenticationRequired)?;
        let state = request.data::<Arc<State>>().ok_or_else(Problem::internal)?;
        let authenticated = state.auth.authenticate(credential).await.map_err(|error| {
            match (error, credential) {
                (AuthenticateError::InvalidCredential, Credential::SessionSecret(_)) => {
                    Problem::session_over()
                }
                (error, _) => error.into(),
            }
        })?;
        let cookie =
            SentCookie::of(request).filter(|_| matches!(credential, Credential::SessionSecret(_)));
        if let (Some(cookie), Some(max_age)) = (cookie, authenticated.renewed) {
            cookie.keep_for(max_age);
        }
        Ok(Self { authenticated, cookie })
    }
}

impl<'a> ApiExtractor<'a> for CurrentUser<'a> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![BEARER, COOKIE]
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self::of(request).await?)
    }
}

/// Who looks at a page: somebody who is signed in, or nobody.
pub(crate) struct Visitor<'a>(pub(crate) Option<CurrentUser<'a>>);

impl<'a> FromRequest<'a> for Visitor<'a> {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        match CurrentUser::of(request).await {
            Ok(user) => Ok(Self(Some(user))),
            Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => Ok(Self(None)),
            Err(problem) => Err(problem.into()),
        }
    }
}

/// Every credential of the request, not checked.
pub(crate) struct SentCredentials<'a>(pub(crate) Vec<Credential<'a>>);

impl<'a> ApiExtractor<'a> for SentCredentials<'a> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![BEARER, COOKIE]
    }

    fn has_security_fallback() -> bool {
        true
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self(sent_credentials(request)?))
    }
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn token(values: &[&str]) -> Result<Option<String>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers
                .append(header::AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        bearer_token(&headers).map(|token| token.map(str::to_owned)).map_err(|_| ())
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c", " Bearer a.b.c "] {
            assert_eq!(token(&[value]), Ok(Some("a.b.c".to_owned())), "{value:?}");
        }
    }

    #[test]
    fn another_scheme_or_no_token_is_no_credential() {
        for value in ["", "Bearer", "Bearer ", "Basic dTpw", "a.b.c", "Bearera.b.c"] {
            assert_eq!(token(&[value]), Ok(None), "{value:?}");
        }
        assert_eq!(token(&[]), Ok(None));
    }

    #[test]
    fn two_headers_are_malformed() {
        assert_eq!(token(&["Bearer a", "Bearer a"]), Err(()));
        assert_eq!(token(&["Basic a", "Bearer a"]), Err(()));
    }

    #[test]
    fn what_is_not_ascii_is_a_token_that_nobody_has() {
        assert_eq!(token(&["Bearer é"]), Ok(Some("?".to_owned())));
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(value in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
                if let Ok(Some(token)) = bearer_token(&headers) {
                    prop_assert!(!token.is_empty() && token == token.trim());
                }
            }
        }

        #[test]
        fn any_token_is_read_as_it_was_sent(sent in "[!-~]{1,80}") {
            prop_assert_eq!(token(&[&format!("Bearer {sent}")]), Ok(Some(sent)));
        }
    }
}
