use crate::server::RunningServer;

/// ASVS 14.2.7.
#[tokio::test]
async fn expired_sessions_are_removed_in_the_background() {
    let directory = tempfile::tempdir().unwrap();
    let before = RunningServer::start(directory.path(), &[]);
    assert_eq!(before.anonymous.register("test@example.com").await.status, 201);
    before.kill();
    // The session expires after one second. Each start purges expired sessions.
    for _ in 0..200 {
        let server = RunningServer::start(directory.path(), &[("SESSION_IDLE_TIMEOUT", "1")]);
        for _ in 0..20 {
            assert_eq!(server.anonymous.get("/readyz").await.status, 200);
            let log = server.log();
            if let Some(line) = log.iter().find(|line| line.contains("expired sessions removed")) {
                assert!(line.contains("count=1"), "{line}");
                return;
            }
        }
    }
    panic!("nothing was removed");
}
