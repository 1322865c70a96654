use std::sync::Arc;

use poem::{Response, handler, http::StatusCode, web::Data};

use super::view::HomePage;
use crate::{State, credential::Visitor};

/// What the product is, or who is signed in.
#[handler]
pub(super) fn home(state: Data<&Arc<State>>, visitor: Visitor<'_>) -> Response {
    let page = match visitor.0 {
        Some(user) => HomePage::signed_in(&user.authenticated.user),
        None => HomePage::signed_out(),
    };
    state.pages.respond(&page, StatusCode::OK)
}
