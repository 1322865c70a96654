use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
};

use crate::server::{RunningServer, command};

#[test]
fn sigterm_while_waiting_for_the_database_exits_with_0() {
    let directory = tempfile::tempdir().unwrap();
    let unreachable = [
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
        ("JWT_SECRET", "a secret of at least thirty-two bytes"),
    ];
    let mut server =
        command(directory.path(), &unreachable).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("trying again")));
    let id = server.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

fn connect(server: &RunningServer) -> TcpStream {
    let address = server.anonymous.base_url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_and_sigint_finish_running_requests_and_exit_with_0() {
    for signal in ["TERM", "INT"] {
        let directory = tempfile::tempdir().unwrap();
        let mut server = RunningServer::start(directory.path(), &[]);
        let (_silent, mut idle) = (connect(&server), connect(&server));
        idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        idle.read_exact(&mut [0; 12]).unwrap();
        let mut under_way = connect(&server);
        let body = r#"{"email":"test@example.com","password":"TestPass123!"}"#;
        let head = format!(
            "POST /auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        under_way.write_all(head.as_bytes()).unwrap();
        under_way.write_all(&body.as_bytes()[..10]).unwrap();
        // After this answer on a later connection, the server has accepted the one above.
        assert_eq!(server.anonymous.get("/healthz").await.status, 200);
        server.signal(signal);
        while !server.log().iter().any(|line| line.contains("shutting down")) {
            tokio::task::yield_now().await;
        }
        under_way.write_all(&body.as_bytes()[10..]).unwrap();
        let mut answer = String::new();
        under_way.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        assert_eq!(server.wait().code(), Some(0));
        let address = server.anonymous.base_url.strip_prefix("http://").unwrap();
        assert!(TcpStream::connect(address).is_err());
    }
}

/// A proxy may send a request on an idle connection just when the server is told to stop.
#[tokio::test(flavor = "multi_thread")]
async fn idle_connection_gets_a_last_response_at_a_shutdown() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = RunningServer::start(directory.path(), &[]);
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut idle = connect(&server);
    idle.write_all(request).unwrap();
    let mut answer = [0; 1024];
    let length = idle.read(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
    assert!(answer.starts_with("http/1.1 200 ") && !answer.contains("connection: close"));
    server.signal("TERM");
    while !server.log().iter().any(|line| line.contains("shutting down")) {
        tokio::task::yield_now().await;
    }
    idle.write_all(request).unwrap();
    let mut last = String::new();
    idle.read_to_string(&mut last).unwrap();
    let last = last.to_lowercase();
    assert!(last.starts_with("http/1.1 200 ") && last.contains("connection: close"), "{last}");
    assert_eq!(server.wait().code(), Some(0));
}
