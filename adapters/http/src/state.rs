use std::sync::LazyLock;

use crate::{html::Pages, response::Constant};

/// State that handlers share. They take it as `Data<&Arc<State>>`.
pub(crate) struct State {
    pub(crate) pages: Pages,
    pub(crate) jwks: Constant,
    pub(crate) openapi: LazyConstant,
    /// Returns whether a browser may be redirected to the path after a login.
    pub(crate) is_page: fn(&str) -> bool,
}

/// Built at the first request, because most processes never serve it.
pub(crate) type LazyConstant = LazyLock<Constant, Box<dyn FnOnce() -> Constant + Send>>;
