//! What every request passes: [`Outermost`] gives it an id, a span and the headers of its response; [`ListedOrigins`]
//! answers CORS; [`Problems`] refuses what comes from other sites, and turns every error into a problem. Few layers, because each moves the whole request.

mod allow;
mod cors;
mod cross_site;
mod default_headers;
mod host;
mod outermost;
mod problems;
mod request_id;

pub(crate) use cors::ListedOrigins;
pub(crate) use cross_site::CrossSite;
pub(crate) use outermost::Outermost;
pub(crate) use problems::Problems;
