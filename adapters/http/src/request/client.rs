use coach_core::domain::{Client, UserAgent};
use poem::{Request, http::header};

/// Returns the client of a request. The address is the peer's, because headers with addresses can be forged.
pub(crate) fn client(request: &Request) -> Client {
    let user_agent = request.headers().get(header::USER_AGENT);
    let user_agent = user_agent.map(|name| String::from_utf8_lossy(name.as_bytes()));
    let ip = request.remote_addr().as_socket_addr().map(|address| address.ip());
    Client { user_agent: user_agent.and_then(|name| UserAgent::read(&name)), ip }
}
