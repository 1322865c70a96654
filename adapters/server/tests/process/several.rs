use std::{process::Command, thread};

use crate::server::RunningServer;

#[tokio::test(flavor = "multi_thread")]
async fn servers_started_together_share_a_new_sqlite_database() {
    let directory = tempfile::tempdir().unwrap();
    share(&[("DATABASE_URL", "sqlite://shared.db")], directory.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn servers_started_together_share_a_new_postgres_database() {
    let cluster = std::env::var("TEST_POSTGRES_URL").expect("TEST_POSTGRES_URL must be set");
    let name = format!("two_servers_{}", std::process::id());
    let create = ["-q", &cluster, "-c", &format!("CREATE DATABASE {name}")];
    assert!(Command::new("psql").args(create).status().unwrap().success());
    let url = format!("{}/{name}", cluster.rsplit_once('/').unwrap().0);
    let directory = tempfile::tempdir().unwrap();
    let secret = "a secret of at least thirty-two bytes";
    // The URL scheme of SQLAlchemy.
    let url = url.replace("postgres://", "postgresql+asyncpg://");
    share(&[("DATABASE_URL", &url), ("JWT_SECRET", secret)], directory.path()).await;
}

async fn share(environment: &[(&str, &str)], directory: &std::path::Path) {
    let servers: Vec<_> = thread::scope(|scope| {
        let starts: Vec<_> =
            (0..4).map(|_| scope.spawn(|| RunningServer::start(directory, environment))).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let persona = servers[0].anonymous.registered("test@example.com").await;
    for server in &servers {
        let there = server.anonymous.with_token(persona.token.as_ref().unwrap());
        assert_eq!(there.me().await.status, 200);
    }
    assert_eq!(persona.logout().await.status, 204);
    for server in &servers {
        let there = server.anonymous.with_token(persona.token.as_ref().unwrap());
        assert_eq!(there.me().await.status, 401);
    }
}
