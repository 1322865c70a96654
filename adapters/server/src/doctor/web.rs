use std::{io, net::IpAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use url::{Host, Url};

use super::Finding;
use crate::Config;

/// How long a program on our port may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

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

/// Checks that the port is free, or that a server answers on it.
pub(super) async fn port(address: &str) -> Finding {
    const CHECK: &str = "port";
    match TcpListener::bind(address).await {
        Ok(_) => Finding::ok(CHECK, format!("{address} is free.")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            match timeout(PATIENCE, is_alive(address)).await {
                Ok(Ok(true)) => Finding::ok(CHECK, format!("A server answers on {address}.")),
                _ => Finding::problem(
                    CHECK,
                    format!("Another program listens on {address}."),
                    "Stop it, or set PORT to another number.",
                ),
            }
        }
        Err(error) => Finding::problem(
            CHECK,
            format!("The server cannot listen on {address}: {error}."),
            "Set HOST to an address of this machine, and PORT to a number above 1023.",
        ),
    }
}

/// Returns whether `GET /healthz` answers as this server does.
async fn is_alive(address: &str) -> io::Result<bool> {
    let mut server = TcpStream::connect(address).await?;
    let request = format!("GET /healthz HTTP/1.0\r\nHost: {address}\r\n\r\n");
    server.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    server.take(4096).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    let is_success = answer.starts_with("http/1.0 200") || answer.starts_with("http/1.1 200");
    Ok(is_success && answer.contains("x-request-id:"))
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

    #[tokio::test]
    async fn port_of_another_program_is_a_problem() {
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = other.local_addr().unwrap().to_string();
        let answering = tokio::spawn(async move {
            while let Ok((mut client, _)) = other.accept().await {
                let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\nsomething else").await;
            }
        });
        assert_eq!(port(&address).await.state, State::Problem);
        answering.abort();
        let _ = answering.await;
        assert_eq!(port("127.0.0.1:0").await.state, State::Ok);
    }
}
