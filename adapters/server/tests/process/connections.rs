//! Limits of connections, on raw sockets.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::server::RunningServer;

const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

fn connect(server: &RunningServer) -> TcpStream {
    let address = server.anonymous.base_url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).unwrap()
}

/// Sends bytes and returns what arrives until the server closes the connection.
fn send(server: &RunningServer, bytes: &[u8]) -> String {
    let mut connection = connect(server);
    // The server may have closed the connection already.
    let _ = connection.write_all(bytes);
    let mut received = Vec::new();
    let _ = connection.read_to_end(&mut received);
    String::from_utf8_lossy(&received).into_owned()
}

fn is_served(connection: &mut TcpStream) -> bool {
    let mut head = [0; 15];
    connection.write_all(GET).is_ok()
        && connection.read_exact(&mut head).is_ok()
        && head == *b"HTTP/1.1 200 OK"
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_beyond_the_limit_is_closed_and_the_others_are_served() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[("MAX_CONNECTIONS", "3")]);
    let mut connections: Vec<_> = (0..3).map(|_| connect(&server)).collect();
    assert!(connections.iter_mut().all(is_served));
    assert_eq!(send(&server, GET), "");
    // A response of the same connection is left in its buffer.
    let mut last = connections.pop().unwrap();
    last.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    last.read_to_end(&mut Vec::new()).unwrap();
    // The connection has ended, so its place is free again soon.
    while !is_served(&mut connect(&server)) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_before_the_application_are_answered_and_logged() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    let large = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(33 * 1024));
    for (request, status) in [
        (&b"GET / HTTP/1.1\r\nHost : x\r\n\r\n"[..], "400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"),
        (large.as_bytes(), "431"),
    ] {
        let response = send(&server, request);
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response:?}");
    }
    let log = server.into_log();
    let refused = log.iter().filter(|line| line.contains("request refused")).count();
    assert_eq!(refused, 3, "{log:?}");
    assert!(log.iter().any(|line| line.contains("refused: 3")), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_not_spoken() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    let response = send(&server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert!(response.is_empty() || response.starts_with("HTTP/1.1 400 "), "{response:?}");
}
