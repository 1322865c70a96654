use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response, Result,
    error::ResponseError,
    http::{HeaderValue, header},
};

use super::CrossSite;
use crate::{
    request::{PageRequest, host, read_ahead},
    response::{Problem, ProblemType},
    state::State,
};

/// Turns errors and panics into problems, or into error pages for browsers. Refuses cross-site requests and malformed hosts.
pub(crate) struct Problems {
    cross_site: Arc<CrossSite>,
    state: Arc<State>,
}

pub(crate) struct ProblemsEndpoint<E> {
    inner: E,
    cross_site: Arc<CrossSite>,
    state: Arc<State>,
}

impl Problems {
    pub(crate) fn new(state: Arc<State>, listed_origins: &[String], public_origin: &str) -> Self {
        Self { cross_site: Arc::new(CrossSite::new(listed_origins, public_origin)), state }
    }
}

impl<E: Endpoint> Middleware<E> for Problems {
    type Output = ProblemsEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        ProblemsEndpoint { inner, cross_site: self.cross_site.clone(), state: self.state.clone() }
    }
}

impl<E: Endpoint> Endpoint for ProblemsEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let page = PageRequest::of(&request);
        let refuse = |problem: Problem| match page {
            Some(asked) => self.state.pages.problem(&problem, asked),
            None => problem.as_response(),
        };
        // Read the body before any refusal, so that the connection can be reused.
        if let Err(problem) = read_ahead(&mut request).await {
            let mut response = refuse(problem);
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            return Ok(response);
        }
        if !host::is_valid(&request) {
            return Ok(refuse(ProblemType::MalformedHost.into()));
        }
        if self.cross_site.refuses(&request) {
            tracing::warn!(target: "auth", "cross-site request refused");
            return Ok(refuse(ProblemType::CrossSite.into()));
        }
        match AssertUnwindSafe(self.inner.call(request)).catch_unwind().await {
            Ok(Ok(response)) => Ok(response.into_response()),
            Ok(Err(error)) => Ok(refuse(error.into())),
            // The panic hook has logged it.
            Err(_panic) => Ok(refuse(Problem::internal())),
        }
    }
}
