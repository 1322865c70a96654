//! One address, two kinds of answer: pages for people, JSON for clients.

use std::sync::Arc;

use poem::{
    Endpoint, IntoResponse, Request, Response, Result,
    http::{HeaderValue, header},
};

use crate::{State, pages};

/// Sends a request to the pages or to the API, and the session's cookie with the answer where it changes.
pub(crate) struct Dispatcher<P, A> {
    pub(crate) pages: P,
    pub(crate) api: A,
    pub(crate) state: Arc<State>,
}

impl<P: Endpoint, A: Endpoint> Endpoint for Dispatcher<P, A> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let cookie = self.state.cookie.find(request.headers());
        if let Some(cookie) = &cookie {
            request.extensions_mut().insert(cookie.clone());
        }
        let path = request.uri().path();
        let varies = path == "/" || path.starts_with(pages::PROBLEMS);
        let mut response = if pages::are_asked_for(&request) {
            self.pages.call(request).await?.into_response()
        } else {
            self.api.call(request).await?.into_response()
        };
        if let Some(cookie) = cookie {
            self.state.cookie.update(response.headers_mut(), &cookie);
        }
        if varies {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
        }
        Ok(response)
    }
}
