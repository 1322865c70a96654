use std::sync::Arc;

use poem::{Request, Response, handler, http::StatusCode, web::Data};

use super::{practice, view::HomePage};
use crate::{
    request::{PageRequest, Visitor},
    response::CookieSlot,
    state::State,
};

/// Shows the product, or the practice history of a signed-in user.
#[handler]
pub(crate) async fn home(
    state: Data<&Arc<State>>,
    mut visitor: Visitor,
    cookie: &CookieSlot,
    asked: PageRequest,
    request: &Request,
) -> poem::Result<Response> {
    match (&visitor.user, asked) {
        (Some(user), _) => practice::history(&state, &visitor, user, asked, request).await,
        (None, PageRequest::Navigation) => {
            visitor.explain_ended_session(cookie);
            Ok(state.pages.respond(&visitor, &HomePage {}, StatusCode::OK))
        }
        // The session ended while its page was open.
        (None, PageRequest::Htmx) => Ok(practice::sign_in_first(asked)),
    }
}
