use std::sync::LazyLock;

use crate::{html::Pages, response::Constant};

/// What handlers share. They take it as `Data<&Arc<State>>`.
pub(crate) struct State {
    pub(crate) pages: Pages,
    pub(crate) jwks: Constant,
    pub(crate) openapi: LazyConstant,
    /// Whether a browser can be sent to the path after a login.
    pub(crate) is_page: fn(&str) -> bool,
}

/// Made at the first request: most processes never need it.
pub(crate) type LazyConstant = LazyLock<Constant, Box<dyn FnOnce() -> Constant + Send>>;
