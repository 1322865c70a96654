use std::{
    ops::Deref,
    sync::{Arc, LazyLock},
};

use coach_core::services::AuthService;
use poem::{FromRequest, Request, RequestBody};

use crate::{
    html::Pages,
    response::{Constant, Cookies, Problem},
};

/// State that handlers share. They take it as `Data<&Arc<State>>`, and its use cases as [`Auth`].
pub(crate) struct State {
    pub(crate) auth: Arc<AuthService>,
    pub(crate) cookies: Cookies,
    pub(crate) pages: Pages,
    pub(crate) jwks: Constant,
    pub(crate) openapi: LazyConstant,
    /// Returns whether a browser may be redirected to the path after a login.
    pub(crate) is_page: fn(&str) -> bool,
}

/// Built at the first request, because most processes never serve it.
pub(crate) type LazyConstant = LazyLock<Constant, Box<dyn FnOnce() -> Constant + Send>>;

impl State {
    pub(crate) fn of(request: &Request) -> Result<&Self, Problem> {
        request.data::<Arc<Self>>().map(AsRef::as_ref).ok_or_else(Problem::internal)
    }
}

/// The use cases, as an argument of a handler.
pub(crate) struct Auth<'a>(&'a AuthService);

impl Deref for Auth<'_> {
    type Target = AuthService;

    fn deref(&self) -> &AuthService {
        self.0
    }
}

impl<'a> FromRequest<'a> for Auth<'a> {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(&State::of(request)?.auth))
    }
}
