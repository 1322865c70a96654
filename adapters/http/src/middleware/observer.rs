use std::time::Duration;

use futures_util::future::BoxFuture;
use poem::{
    Response,
    http::{HeaderMap, Method},
};

use crate::request::RequestContext;

/// A request whose headers have arrived.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path in the table of routes, if the request has one of them.
    pub route: Option<&'static str>,
    /// The path, without the query.
    pub path: &'a str,
    /// The headers, credentials included.
    pub headers: &'a HeaderMap,
    /// The id of the request and the address of the client.
    pub context: &'a RequestContext,
}

/// A request that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// The method, or `other` for one that is not in the table of routes, so that clients cannot invent names.
    pub method: &'static str,
    /// The path in the table of routes, such as `/auth/sessions/:id`, if the request has one of them.
    pub route: Option<&'static str>,
    /// The status code.
    pub status: u16,
    /// From the end of the headers of the request to the beginning of the response.
    pub duration: Duration,
}

/// Learns of every request, in the task of the request. It must not block.
pub trait Observer: Send + Sync {
    /// Notes a request that begins. Returns what surrounds the work on it, if anything.
    fn asked(&self, _asked: &Asked<'_>) -> Option<Box<dyn Surrounding>> {
        None
    }

    /// Notes an answered request.
    fn answered(&self, answered: &Answered);
}

/// Surrounds the work on one request, for example with a context that the work can read.
pub trait Surrounding: Send {
    /// Returns a future that does the work.
    fn surround<'a>(self: Box<Self>, work: BoxFuture<'a, Response>) -> BoxFuture<'a, Response>;
}

/// Returns the name of a method.
pub(super) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
