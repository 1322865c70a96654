//! The credential of a request: `Authorization: Bearer` (RFC 6750, section 2.1) or the session cookie of the pages, and
//! nothing else.

use std::sync::Arc;

use coach_core::{
    domain::UserSession,
    services::{AuthService, AuthenticateError, Credential},
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

use super::SentCookies;
use crate::response::{Problem, ProblemType};

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

/// The user who makes the request. A handler that takes one answers 401 to everyone else.
pub(crate) struct CurrentUser {
    pub(crate) caller: UserSession,
    /// Whether the credential was the session cookie.
    pub(crate) by_cookie: bool,
}

impl CurrentUser {
    /// If a token and a cookie are sent, the token decides.
    async fn of(request: &Request) -> Result<Self, Problem> {
        let cookies = SentCookies::of(request);
        let token = bearer_token(request.headers())?.map(Credential::AccessToken);
        let credential = token.or_else(|| cookies.credential());
        let credential = credential.ok_or(ProblemType::AuthenticationRequired)?;
        let by_cookie = matches!(credential, Credential::SessionSecret(_));
        let auth = request.data::<Arc<AuthService>>().ok_or_else(Problem::internal)?;
        match auth.authenticate(credential).await {
            Ok(caller) => Ok(Self { caller, by_cookie }),
            // A cookie is not a token: the challenge names no error of one.
            Err(AuthenticateError::InvalidCredential) if by_cookie => Err(Problem::session_ended()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A visitor of a page, signed in or not.
pub(crate) struct Visitor(pub(crate) Option<CurrentUser>);

impl<'a> FromRequest<'a> for Visitor {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        match CurrentUser::of(request).await {
            Ok(user) => Ok(Self(Some(user))),
            Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => Ok(Self(None)),
            Err(problem) => Err(problem.into()),
        }
    }
}

/// Every credential of the request, for a logout: none outlives it, whichever would have decided.
pub(crate) struct SentCredentials<'a> {
    token: Option<&'a str>,
    cookies: SentCookies,
}

impl<'a> SentCredentials<'a> {
    pub(crate) fn of(request: &'a Request) -> Result<Self, Problem> {
        let token = bearer_token(request.headers())?;
        Ok(Self { token, cookies: SentCookies::of(request) })
    }

    pub(crate) fn has_cookie(&self) -> bool {
        self.cookies.credentials().next().is_some()
    }

    pub(crate) fn all(&self) -> Vec<Credential<'_>> {
        let token = self.token.map(Credential::AccessToken);
        token.into_iter().chain(self.cookies.credentials()).collect()
    }
}

macro_rules! api_credential {
    ($extractor:ty, optional: $optional:literal, $read:expr) => {
        impl<'a> ApiExtractor<'a> for $extractor {
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
                $optional
            }

            async fn from_request(
                request: &'a Request,
                _body: &mut RequestBody,
                _options: ExtractParamOptions<()>,
            ) -> poem::Result<Self> {
                Ok($read(request).await?)
            }
        }
    };
}
api_credential!(CurrentUser, optional: false, CurrentUser::of);
api_credential!(SentCredentials<'a>, optional: true, async |request| SentCredentials::of(request));

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
