//! The layers around all routes. [`Outermost`] adds the request id, the span and the headers. [`ListedOrigins`] handles CORS.
//! [`Problems`] turns errors into problems. There are few layers, because each one moves the whole request.

mod cors;
mod cross_site;
mod outermost;
mod problems;
mod request_id;

pub(crate) use cors::ListedOrigins;
use cross_site::CrossSite;
pub(crate) use outermost::Outermost;
pub(crate) use problems::Problems;
