//! What every request passes. [`Outermost`] gives it an id and a span, and its response the headers; [`ListedOrigins`] answers
//! CORS; [`Problems`] turns errors into problems. There are few layers, because each moves the whole request.

mod cors;
mod cross_site;
mod outermost;
mod problems;
mod request_id;

pub(crate) use cors::ListedOrigins;
use cross_site::CrossSite;
pub(crate) use outermost::Outermost;
pub(crate) use problems::Problems;
