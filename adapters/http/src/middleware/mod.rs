//! What every request passes: [`Outermost`] gives it an id, a span and the headers of its response; [`ListedOrigins`]
//! answers CORS; [`Problems`] turns every error into a problem. Few layers, because each moves the whole request.

mod allow;
mod cors;
mod default_headers;
mod outermost;
mod problems;
mod request_id;

pub(crate) use cors::ListedOrigins;
pub(crate) use outermost::Outermost;
pub(crate) use problems::Problems;
