use std::net::IpAddr;

use url::{Host, Url};

use super::Finding;
use crate::Config;

/// Checks what browsers will do at the configured URL.
pub(super) fn cookies(config: &Config) -> Vec<Finding> {
    let url = config.public_url.origin();
    let mut findings = vec![cookie(&url)];
    let is_https = url.starts_with("https:");
    for origin in &config.cors_origins {
        findings.extend(cors(origin, is_https));
    }
    findings
}

fn cookie(public_url: &str) -> Finding {
    const CHECK: &str = "cookies";
    if public_url.starts_with("https:") {
        let found = format!(
            "PUBLIC_URL is {public_url}: session cookies are Secure and have the prefix __Host-."
        );
        return Finding::ok(CHECK, found);
    }
    if is_local(public_url) {
        let found = format!(
            "PUBLIC_URL is {public_url}, for this machine alone: session cookies are not Secure."
        );
        return Finding::ok(CHECK, found);
    }
    let found = format!(
        "PUBLIC_URL is {public_url}: passwords and session cookies cross the network in clear text."
    );
    let advice = "Put a reverse proxy with TLS in front, and set PUBLIC_URL to its https address.";
    Finding::warning(CHECK, found, advice)
}

fn cors(origin: &str, is_https: bool) -> Option<Finding> {
    (is_https && origin.starts_with("http:") && !is_local(origin)).then(|| {
        let found = format!(
            "CORS_ORIGINS lists {origin}, whose pages come without TLS: browsers do not send them the session cookie, \
             and anyone on the way can change them."
        );
        Finding::warning("cors", found, "List its https address, or remove it.")
    })
}

/// Returns whether a URL names this machine by a loopback address.
fn is_local(url: &str) -> bool {
    let url = Url::parse(url).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn clear_text_to_other_machines_is_a_warning() {
        for (url, state) in [
            ("https://coach.example.com", State::Ok),
            ("http://127.0.0.1:8002", State::Ok),
            ("http://[::1]:8002", State::Ok),
            ("http://localhost:8002", State::Ok),
            ("http://coach.example.com", State::Warning),
            ("http://0.0.0.0:8002", State::Warning),
        ] {
            assert_eq!(cookie(url).state, state, "{url}");
        }
    }

    #[test]
    fn origins_without_tls_beside_https_are_a_warning() {
        assert!(cors("http://app.example.com", true).is_some());
        assert!(cors("http://app.example.com", false).is_none());
        assert!(cors("https://app.example.com", true).is_none());
        assert!(cors("http://localhost:3000", true).is_none());
    }
}
