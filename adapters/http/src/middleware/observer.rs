use std::time::Duration;

use poem::http::Method;

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

/// Learns of every request that was answered, in the task of the request. It must not block.
pub trait Observer: Send + Sync {
    /// Notes an answered request.
    fn answered(&self, answered: &Answered);
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
