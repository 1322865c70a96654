use std::{fmt, net::IpAddr};

use poem::{Request, http::HeaderValue};
use tokio::task_local;

use super::{
    client_address::TrustedProxies,
    request_id::{X_REQUEST_ID, request_id},
};

task_local! {
    static CURRENT: RequestContext;
}

/// What identifies a request: in the log, and in the session that it begins.
///
/// Logging reads it when a line is written. A span would be formatted with every request, and most requests write no
/// line.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The `X-Request-Id` of the response: visible ASCII.
    pub(crate) id: HeaderValue,
    client: Option<IpAddr>,
}

impl RequestContext {
    pub(crate) fn of(request: &Request, trusted_proxies: &TrustedProxies) -> Self {
        Self {
            id: request_id(request.headers().get(X_REQUEST_ID)),
            client: trusted_proxies.client_of(request),
        }
    }

    pub(crate) async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// Calls `read` with the request that the current task serves, if there is one.
    pub fn with_current<T>(read: impl FnOnce(&Self) -> T) -> Option<T> {
        CURRENT.try_with(read).ok()
    }

    /// Returns the `X-Request-Id` of the response.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }

    /// Returns the address of the client: the peer, or the address that a trusted proxy reported.
    #[must_use]
    pub fn client(&self) -> Option<IpAddr> {
        self.client
    }
}

/// Writes `request{id=… client=…}`.
impl fmt::Display for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request{{id={:?}", self.id())?;
        if let Some(client) = self.client {
            write!(f, " client={client}")?;
        }
        f.write_str("}")
    }
}
