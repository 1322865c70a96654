//! The credential of a request: `Authorization: Bearer` (RFC 6750, section 2.1) or the session cookie of the pages.

use coach_core::{
    domain::UserSession,
    services::{AuthService, AuthenticateError, Credential},
};
use poem::{
    Request, RequestBody,
    http::{HeaderMap, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

use super::SentCookies;
use crate::{
    response::{Problem, ProblemType},
    state::State,
};

pub(crate) const BEARER: &str = "BearerAuth";
pub(crate) const COOKIE: &str = "CookieAuth";

/// Returns the bearer token of a request, if there is one.
fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(ProblemType::MalformedAuthorization.into());
    }
    // A value that is not ASCII counts as an invalid token, so that the response is `invalid_token`.
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
            description: Some("The access token from a registration, login or refresh."),
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
            description: Some("The session cookie that browsers get when they sign in."),
            name: Some("pm_coach_session"),
            key_in: Some("cookie"),
            scheme: None,
            bearer_format: None,
            flows: None,
            openid_connect_url: None,
        },
    );
}

/// The user of the request. A handler that takes one answers other requests with 401.
pub(crate) struct CurrentUser {
    pub(crate) caller: UserSession,
    /// Whether the credential was the session cookie.
    pub(crate) by_cookie: bool,
}

impl CurrentUser {
    /// Converts the error of a use case. A session that ended during the request makes its token an invalid one, which the
    /// challenge must say (RFC 6750, section 3.1). The challenge for a cookie must not.
    pub(crate) fn problem(&self, error: impl Into<Problem>) -> Problem {
        match error.into() {
            problem if self.by_cookie => problem,
            problem if problem.kind() == ProblemType::AuthenticationRequired => {
                ProblemType::InvalidToken.into()
            }
            problem => problem,
        }
    }

    /// Authenticates the request. The token decides if there is also a cookie.
    pub(super) async fn of(request: &Request) -> Result<Self, Problem> {
        let token = bearer_token(request.headers())?.map(Credential::AccessToken);
        let cookies = SentCookies::of(request);
        let credential = token.or_else(|| cookies.credential());
        Self::by(&State::of(request)?.auth, credential).await
    }

    /// Authenticates by a credential.
    pub(super) async fn by(
        auth: &AuthService,
        credential: Option<Credential<'_>>,
    ) -> Result<Self, Problem> {
        let credential = credential.ok_or(ProblemType::AuthenticationRequired)?;
        let by_cookie = matches!(credential, Credential::SessionSecret(_));
        match auth.authenticate(credential).await {
            Ok(caller) => Ok(Self { caller, by_cookie }),
            Err(AuthenticateError::InvalidCredential) if by_cookie => Err(Problem::session_ended()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Every credential of the request. A logout ends the sessions of all of them.
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
    fn scheme_is_case_insensitive() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c", " Bearer a.b.c "] {
            assert_eq!(token(&[value]), Ok(Some("a.b.c".to_owned())), "{value:?}");
        }
    }

    #[test]
    fn other_schemes_and_missing_tokens_are_ignored() {
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
    fn token_that_is_not_ascii_is_an_invalid_token() {
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
        fn any_token_is_read_unchanged(sent in "[!-~]{1,80}") {
            prop_assert_eq!(token(&[&format!("Bearer {sent}")]), Ok(Some(sent)));
        }
    }
}
