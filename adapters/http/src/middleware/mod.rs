//! The layers around all routes. [`Outermost`] adds the request id and the headers. [`ListedOrigins`] handles CORS.
//! [`Problems`] turns errors into problems. They name each other, because a generic layer copies the whole request.

mod cors;
mod cross_site;
mod observer;
mod outermost;
mod problems;

pub(crate) use cors::ListedOrigins;
use cross_site::CrossSite;
pub use observer::{Answered, Asked, Observer, Surrounding};
pub(crate) use outermost::Outermost;
pub(crate) use problems::Problems;
