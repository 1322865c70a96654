//! HTTP/1 on raw connections, with requests that a client library would not send.

use coach_tests::Persona;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::fixture::Mocks;

/// A connection that is kept open.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A response. Its header lines are in lower case.
struct Response {
    status: u16,
    headers: Vec<String>,
    body: String,
}

impl Response {
    fn problem(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned()
    }
}

impl Connection {
    async fn to(server: &Persona) -> Self {
        let address = server.base_url.strip_prefix("http://").unwrap();
        Self { stream: TcpStream::connect(address).await.unwrap(), received: Vec::new() }
    }

    async fn read(&mut self) -> usize {
        self.stream.read_buf(&mut self.received).await.unwrap()
    }

    /// Sends a request and reads its response.
    ///
    /// # Panics
    ///
    /// If the server closes the connection before the end of the response.
    async fn send(&mut self, request: &str) -> Response {
        self.stream.write_all(request.replace('\n', "\r\n").as_bytes()).await.unwrap();
        let end = loop {
            if let Some(end) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            assert!(
                self.read().await > 0,
                "the connection closed before the response to {request:?}"
            );
        };
        let head = String::from_utf8(self.received.drain(..end + 4).collect()).unwrap();
        let mut lines = head.lines().map(str::to_ascii_lowercase);
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<_> = lines.collect();
        let length = headers.iter().find_map(|header| header.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        while self.received.len() < length {
            assert!(
                self.read().await > 0,
                "the connection closed during the response to {request:?}"
            );
        }
        let body = String::from_utf8(self.received.drain(..length).collect()).unwrap();
        Response { status, headers, body }
    }
}

async fn server() -> Persona {
    Mocks::new().permissive().serve().await
}

#[tokio::test]
async fn refusal_keeps_the_connection_open() {
    let server = server().await;
    let mut connection = Connection::to(&server).await;
    let body = "x".repeat(20_000);
    let chunked = format!("{:x}\n{body}\n0\n\n", body.len());
    let plain = format!("Content-Length: {}\n\n{body}", body.len());
    let chunked = format!("Transfer-Encoding: chunked\n\n{chunked}");
    for (line, headers, status) in [
        ("POST /auth/password", "Content-Type: application/json\n", 401),
        ("DELETE /auth/sessions", "", 401),
        ("GET /auth/me", "", 401),
        ("POST /nothing", "", 404),
        ("PUT /auth/login", "", 405),
        ("POST /auth/login", "Content-Type: text/plain\n", 415),
        ("POST /auth/login", "Content-Type: application/json\nContent-Encoding: br\n", 415),
        ("POST /auth/login", "Content-Type: application/json\nOrigin: null\n", 403),
        ("POST /auth/logout", "Content-Type: text/plain\n", 415),
        ("POST /auth/login", "Content-Type: application/json\n", 400),
    ] {
        for body in [&plain, &chunked] {
            let request = format!("{line} HTTP/1.1\nHost: a\n{headers}{body}");
            let response = connection.send(&request).await;
            assert_eq!(response.status, status, "{line} {headers}");
            assert!(!response.headers.iter().any(|header| header == "connection: close"));
        }
    }
    let health = connection.send("GET /healthz HTTP/1.1\nHost: a\n\n").await;
    assert_eq!(health.status, 200);
}

#[tokio::test]
async fn body_too_large_to_read_is_refused_and_closes_the_connection() {
    let server = server().await;
    let mut connection = Connection::to(&server).await;
    let request = "POST /auth/me HTTP/1.1\nHost: a\nContent-Length: 70000\n\n";
    let response = connection.send(request).await;
    assert_eq!((response.status, response.problem().as_str()), (413, "payload-too-large"));
    assert!(response.headers.iter().any(|header| header == "connection: close"));
    assert_eq!(connection.read().await, 0);
}

#[tokio::test]
async fn http_1_1_request_needs_exactly_one_valid_host() {
    let server = server().await;
    for (request, status) in [
        ("GET /healthz HTTP/1.1\n\n", 400),
        ("GET /healthz HTTP/1.1\nHost: \n\n", 400),
        ("GET /healthz HTTP/1.1\nHost: a\nHost: a\n\n", 400),
        ("GET /healthz HTTP/1.1\nHost: a b\n\n", 400),
        ("GET /healthz HTTP/1.1\nHost: u@a\n\n", 400),
        ("GET /healthz HTTP/1.1\nHost: a:port\n\n", 400),
        ("GET http://b/healthz HTTP/1.1\n\n", 400),
        ("GET /healthz HTTP/1.0\nHost: a/b\n\n", 400),
        ("GET /healthz HTTP/1.0\n\n", 200),
        ("GET /healthz HTTP/1.1\nHost: coach.example:8002\n\n", 200),
        ("GET http://b/healthz HTTP/1.1\nHost: b\n\n", 200),
        ("GET /nothing HTTP/1.1\nHost: [::1]:8002\n\n", 404),
    ] {
        let response = Connection::to(&server).await.send(request).await;
        assert_eq!(response.status, status, "{request:?}");
        if status == 400 {
            assert_eq!(response.problem(), "malformed-host", "{request:?}");
        }
    }
}

/// A request in which two servers could read different lengths is refused, or the chunks alone count and the connection is
/// closed (RFC 9112, sections 6.1 and 6.3).
///
/// ASVS 4.2.1.
#[tokio::test]
async fn length_of_a_body_is_never_ambiguous() {
    let server = server().await;
    let post = "POST /auth/login HTTP/1.1\nHost: a\nContent-Type: application/json\n";
    for headers in [
        "Content-Length: 2\nContent-Length: 3\n",
        "Content-Length: 2, 2\n",
        "Content-Length: +2\n",
        "Content-Length: 0x2\n",
        "Content-Length: -2\n",
        "Content-Length : 2\n",
        "Transfer-Encoding: gzip\n",
        "Transfer-Encoding: chunked, gzip\n",
        "Transfer-Encoding: chunked\nTransfer-Encoding: identity\n",
    ] {
        let mut connection = Connection::to(&server).await;
        let response = connection.send(&format!("{post}{headers}\n{{}}")).await;
        assert_eq!((response.status, response.body.as_str()), (400, ""), "{headers:?}");
        assert_eq!(connection.read().await, 0, "{headers:?}");
    }
    let http_1_0 = post.replace("1.1", "1.0") + "Transfer-Encoding: chunked\n\n0\n\n";
    assert_eq!(Connection::to(&server).await.send(&http_1_0).await.status, 400);
    for headers in [
        "Content-Length: 30\nTransfer-Encoding: chunked\n",
        "Transfer-Encoding: chunked\nContent-Length: 30\n",
    ] {
        let mut connection = Connection::to(&server).await;
        let next = "GET /nothing HTTP/1.1\nHost: a\n\n";
        let request = format!("{post}{headers}\n2\n{{}}\n0\n\n{next}");
        let response = connection.send(&request).await;
        assert_eq!((response.status, response.problem().as_str()), (422, "invalid-input"));
        // The other reading is not served either.
        assert_eq!(connection.read().await, 0, "{headers:?}");
    }
}
