use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, lookup_host},
    time::timeout,
};

use super::Finding;
use crate::Config;

/// How long a program on our port may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much of an answer is read, in bytes.
const MAX_ANSWER: u64 = 64 * 1024;

/// An address that the server listens on.
struct Listener<'a> {
    check: &'static str,
    address: &'a str,
    /// A path that answers with `sign`, in lower case, if the server listens.
    path: &'static str,
    sign: &'static str,
    /// What to do if another program listens, and if the address cannot be used.
    if_taken: &'static str,
    if_unusable: &'static str,
}

/// Checks the port of the server and that of its metrics.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let listen = config.listen.to_string();
    let mut findings = vec![port(&listen).await];
    if let Some(metrics) = &config.metrics_listen {
        findings.extend(self::metrics(&metrics.to_string(), &listen).await);
    }
    findings
}

async fn port(address: &str) -> Finding {
    let listener = Listener {
        check: "port",
        address,
        path: "/healthz",
        sign: "x-request-id:",
        if_taken: "Stop it, or set PORT to another number.",
        if_unusable: "Set HOST to an address of this machine, and PORT to a number above 1023.",
    };
    listener.examine().await
}

async fn metrics(address: &str, listen: &str) -> Vec<Finding> {
    const CHECK: &str = "metrics";
    let (ours, public) = (resolve(address).await, resolve(listen).await);
    if ours.iter().any(|ours| public.iter().any(|public| overlap(*ours, *public))) {
        let found = format!("METRICS_LISTEN is {address}, where the server itself listens.");
        return vec![Finding::problem(CHECK, found, "Set it to another port.")];
    }
    let listener = Listener {
        check: CHECK,
        address,
        path: "/metrics",
        sign: "build_info",
        if_taken: "Stop it, or set METRICS_LISTEN to another port.",
        if_unusable: "Set METRICS_LISTEN to an address of this machine and a port above 1023.",
    };
    let mut findings = vec![listener.examine().await];
    if !ours.iter().all(|address| address.ip().is_loopback()) {
        let found = format!(
            "Other machines may read the metrics at {address}, without authentication and encryption."
        );
        let advice = "Set METRICS_LISTEN to a loopback address, or let only Prometheus reach it.";
        findings.push(Finding::warning(CHECK, found, advice));
    }
    findings
}

async fn resolve(address: &str) -> Vec<SocketAddr> {
    match timeout(PATIENCE, lookup_host(address)).await {
        Ok(Ok(addresses)) => addresses.collect(),
        _ => Vec::new(),
    }
}

/// Returns whether only one of two programs can listen on these addresses. Port 0 is another one for each.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let covers = |ip: IpAddr, other: IpAddr| ip == other || ip.is_unspecified();
    one.port() == other.port()
        && one.port() != 0
        && (covers(one.ip(), other.ip()) || covers(other.ip(), one.ip()))
}

impl Listener<'_> {
    /// Checks that the address is free, or that a server answers on it.
    async fn examine(&self) -> Finding {
        let Self { check, address, if_taken, if_unusable, .. } = *self;
        match TcpListener::bind(address).await {
            Ok(_) => Finding::ok(check, format!("{address} is free.")),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                match timeout(PATIENCE, self.is_answered()).await {
                    Ok(Ok(true)) => Finding::ok(check, format!("A server answers on {address}.")),
                    _ => {
                        let found = format!("Another program listens on {address}.");
                        Finding::problem(check, found, if_taken)
                    }
                }
            }
            Err(error) => {
                let found = format!("The server cannot listen on {address}: {error}.");
                Finding::problem(check, found, if_unusable)
            }
        }
    }

    /// Returns whether the program at the address answers as this server does.
    async fn is_answered(&self) -> io::Result<bool> {
        let Self { address, path, sign, .. } = self;
        let mut server = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
        server.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        server.take(MAX_ANSWER).read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        let is_success = answer.starts_with("http/1.0 200") || answer.starts_with("http/1.1 200");
        Ok(is_success && answer.contains(sign))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    fn states(findings: &[Finding]) -> Vec<State> {
        findings.iter().map(|finding| finding.state).collect()
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
        assert_eq!(states(&metrics(&address, "127.0.0.1:1").await), [State::Problem]);
        answering.abort();
        let _ = answering.await;
        assert_eq!(port("127.0.0.1:0").await.state, State::Ok);
        assert_eq!(states(&metrics("127.0.0.1:0", "127.0.0.1:0").await), [State::Ok]);
    }

    #[tokio::test]
    async fn metrics_for_other_machines_are_a_warning() {
        for address in ["0.0.0.0:0", "[::]:0"] {
            let found = metrics(address, "127.0.0.1:8002").await;
            assert_eq!(
                found.last().map(|finding| finding.state),
                Some(State::Warning),
                "{address}"
            );
        }
    }

    #[tokio::test]
    async fn metrics_on_the_address_of_the_server_are_a_problem() {
        for (metrics, listen) in [
            ("127.0.0.1:8002", "127.0.0.1:8002"),
            ("127.0.0.1:8002", "0.0.0.0:8002"),
            ("[::]:8002", "127.0.0.1:8002"),
        ] {
            assert_eq!(
                states(&super::metrics(metrics, listen).await),
                [State::Problem],
                "{metrics}"
            );
        }
        let elsewhere = super::metrics("192.0.2.1:1", "127.0.0.1:8002").await;
        assert_eq!(states(&elsewhere), [State::Problem, State::Warning]);
    }
}
