use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response, Result,
    error::{MethodNotAllowedError, ResponseError},
};

use super::allow::allowed_methods;
use crate::problem::Problem;

/// Turns every error, and every panic, into a problem.
pub(crate) struct Problems;

pub(crate) struct ProblemsEndpoint<E>(E);

impl<E: Endpoint> Middleware<E> for Problems {
    type Output = ProblemsEndpoint<E>;

    fn transform(&self, endpoint: E) -> Self::Output {
        ProblemsEndpoint(endpoint)
    }
}

impl<E: Endpoint> Endpoint for ProblemsEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let uri = request.uri().clone();
        // The panic hook has written it to the log.
        let problem = match AssertUnwindSafe(self.0.call(request)).catch_unwind().await {
            Ok(Ok(response)) => return Ok(response.into_response()),
            Ok(Err(error)) if error.is::<MethodNotAllowedError>() => {
                Problem::method_not_allowed(allowed_methods(uri.path()))
            }
            Ok(Err(error)) => error.into(),
            Err(_panic) => Problem::internal(),
        };
        Ok(problem.as_response())
    }
}
