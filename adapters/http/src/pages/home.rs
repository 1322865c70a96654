use std::sync::Arc;

use poem::{Response, handler, http::StatusCode, web::Data};

use super::view::HomePage;
use crate::{request::Visitor, state::State};

/// Shows the product, or the profile of a signed-in user.
#[handler]
pub(crate) fn home(state: Data<&Arc<State>>, visitor: Visitor) -> Response {
    let page = match &visitor.user {
        Some(user) => HomePage::signed_in(&user.caller.user),
        None => HomePage::signed_out(),
    };
    state.pages.respond(&visitor, &page, StatusCode::OK)
}
