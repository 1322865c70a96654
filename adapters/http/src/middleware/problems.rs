use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use poem::{
    Endpoint, Request, Response, Result,
    error::ResponseError,
    http::{HeaderValue, header},
};

use super::CrossSite;
use crate::{
    request::{PageRequest, SentCookies, Visitor, host, read_ahead},
    response::{Problem, ProblemType},
    routes::Routes,
    state::State,
};

/// Turns errors and panics into problems, or into error pages for browsers. Refuses cross-site requests and malformed hosts.
pub(crate) struct Problems {
    routes: Routes,
    cross_site: CrossSite,
    state: Arc<State>,
}

impl Problems {
    pub(crate) fn new(
        routes: Routes,
        state: Arc<State>,
        listed_origins: &[String],
        public_origin: &str,
    ) -> Self {
        Self { routes, cross_site: CrossSite::new(listed_origins, public_origin), state }
    }

    pub(super) async fn respond(&self, mut request: Request) -> Response {
        let page = PageRequest::of(&request)
            .map(|asked| (asked, SentCookies::read(&request, &self.state.cookies)));
        let refuse = async |problem: Problem| match &page {
            // Boxed, because this large future is rarely needed.
            Some((asked, sent)) => self.error_page(&problem, *asked, sent).boxed().await,
            None => problem.as_response(),
        };
        // Read the body before any refusal, so that the connection can be reused.
        if let Err(problem) = read_ahead(&mut request).await {
            let mut response = refuse(problem).await;
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            return response;
        }
        if !host::is_valid(&request) {
            return refuse(ProblemType::MalformedHost.into()).await;
        }
        if self.cross_site.refuses(&request) {
            tracing::warn!(target: "auth", "cross-site request refused");
            return refuse(ProblemType::CrossSite.into()).await;
        }
        match AssertUnwindSafe(self.routes.respond(request)).catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => refuse(error.into()).await,
            // The panic hook has logged it.
            Err(_panic) => refuse(Problem::internal()).await,
        }
    }

    /// Shows an error with the menu of the visitor. A notice waits for the next page, because it does not belong to an error.
    async fn error_page(
        &self,
        problem: &Problem,
        asked: PageRequest,
        sent: &SentCookies,
    ) -> Response {
        let visitor = match problem.kind() {
            // A second attempt would wait for the database again, or fail again.
            ProblemType::DatabaseUnavailable | ProblemType::InternalError => Visitor::unknown(),
            _ => Visitor::if_known(&self.state.auth, sent).await,
        };
        self.state.pages.problem(&visitor, problem, asked)
    }
}

/// The endpoint that Poem's CORS wraps.
impl Endpoint for Problems {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        Ok(self.respond(request).await)
    }
}
