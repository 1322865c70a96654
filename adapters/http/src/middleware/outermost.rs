use std::{sync::Arc, time::Instant};

use futures_util::FutureExt;
use poem::{Endpoint, Request, Response, Result};

use super::{Answered, Asked, ListedOrigins, Observer, Surrounding, observer::method_name};
use crate::{
    request::{RequestContext, TrustedProxies, X_REQUEST_ID},
    response::{AcceptsGzip, DefaultHeaders, compress_page},
    routes,
};

/// Gives every request an id, completes the headers of every response, and compresses pages.
pub(crate) struct Outermost {
    inner: ListedOrigins,
    trusted_proxies: TrustedProxies,
    defaults: DefaultHeaders,
    observer: Option<Arc<dyn Observer>>,
}

impl Outermost {
    pub(crate) fn new(
        inner: ListedOrigins,
        trusted_proxies: TrustedProxies,
        https: bool,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        Self { inner, trusted_proxies, defaults: DefaultHeaders::new(https), observer }
    }

    fn asked(
        &self,
        request: &Request,
        route: Option<&'static str>,
        context: &RequestContext,
    ) -> Option<Box<dyn Surrounding>> {
        let (method, headers) = (request.method(), request.headers());
        let path = request.uri().path();
        self.observer.as_ref()?.asked(&Asked { method, route, path, headers, context })
    }
}

impl Endpoint for Outermost {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let context = RequestContext::of(&request, &self.trusted_proxies);
        let id = context.id.clone();
        let accepts_gzip = AcceptsGzip::of(request.headers());
        let asked = tracing::enabled!(tracing::Level::DEBUG)
            .then(|| (request.method().clone(), request.uri().path().to_owned()));
        let begun = Instant::now();
        let (method, route) =
            (method_name(request.method()), routes::template(request.uri().path()));
        let surrounding = self.asked(&request, route, &context);
        // Boxed, because every move of this large future would copy it.
        let respond = async {
            let mut response = self.inner.respond(request).await;
            if let Some((method, path)) = asked {
                let status = response.status().as_u16();
                tracing::debug!(%method, ?path, status, "answered");
            }
            compress_page(&mut response, accepts_gzip).await;
            if let Some(observer) = &self.observer {
                let (status, duration) = (response.status().as_u16(), begun.elapsed());
                observer.answered(&Answered { method, route, status, duration });
            }
            response
        };
        let work = respond.boxed();
        let work = match surrounding {
            Some(surrounding) => surrounding.surround(work),
            None => work,
        };
        let mut response = context.scope(work).await;
        let headers = response.headers_mut();
        self.defaults.complete(headers);
        headers.insert(X_REQUEST_ID, id);
        Ok(response)
    }
}
