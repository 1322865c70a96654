//! What every request passes, from the outside in: its context, CORS, default headers, problems.

mod cors;
mod default_headers;
mod problems;
mod request_context;

pub(crate) use cors::ListedOrigins;
pub(crate) use default_headers::DefaultHeaders;
pub(crate) use problems::Problems;
pub(crate) use request_context::RequestContext;
