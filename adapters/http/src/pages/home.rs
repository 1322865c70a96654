use std::sync::Arc;

use poem::{Response, handler, http::StatusCode, web::Data};

use super::view::HomePage;
use crate::{State, credential::Visitor, problem::Problem};

/// What the product is, or who is signed in.
#[handler]
pub(super) async fn home(state: Data<&Arc<State>>, visitor: Visitor) -> poem::Result<Response> {
    let page = match visitor.0 {
        Some(visitor) => {
            let sessions = state.auth.sessions(visitor.user.id).await.map_err(Problem::from)?;
            HomePage::signed_in(&visitor, &sessions)
        }
        None => HomePage::signed_out(),
    };
    Ok(state.pages.respond(&page, StatusCode::OK))
}
