use coach_core::domain::{Client, UserAgent};
use poem::{Request, http::header};

use super::RequestContext;

/// Returns the client of a request.
pub(crate) fn client(request: &Request) -> Client {
    let user_agent = request.headers().get(header::USER_AGENT);
    let user_agent = user_agent.map(|name| String::from_utf8_lossy(name.as_bytes()));
    let ip = RequestContext::with_current(RequestContext::client).flatten();
    Client { user_agent: user_agent.and_then(|name| UserAgent::read(&name)), ip }
}
