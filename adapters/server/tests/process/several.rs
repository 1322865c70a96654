use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use coach_core::domain::UserId;
use coach_diesel::{DatabaseUrl, Repositories, postgres, sqlite};
use coach_tests::{PASSWORD, Persona};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::server::RunningServer;

const SECRET: (&str, &str) = ("JWT_SECRET", "a secret of at least thirty-two bytes");

/// Creates a database in the cluster of `TEST_POSTGRES_URL` and returns its URL.
pub(crate) fn new_postgres_database(name: &str) -> String {
    let cluster = std::env::var("TEST_POSTGRES_URL").expect("TEST_POSTGRES_URL must be set");
    let name = format!("{name}_{}", std::process::id());
    let create = ["-q", &cluster, "-c", &format!("CREATE DATABASE {name}")];
    assert!(Command::new("psql").args(create).status().unwrap().success());
    format!("{}/{name}", cluster.rsplit_once('/').unwrap().0)
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_started_together_share_a_new_sqlite_database() {
    let directory = tempfile::tempdir().unwrap();
    share(&[("DATABASE_URL", "sqlite://shared.db")], directory.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn servers_started_together_share_a_new_postgres_database() {
    let directory = tempfile::tempdir().unwrap();
    // The URL scheme of SQLAlchemy.
    let url = new_postgres_database("share").replace("postgres://", "postgresql+asyncpg://");
    share(&[("DATABASE_URL", &url), SECRET], directory.path()).await;
}

/// ASVS 7.2.1, 8.3.2.
#[tokio::test(flavor = "multi_thread")]
async fn session_that_ends_on_sqlite_is_refused_by_every_server_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shared.db");
    let url = format!("sqlite:///{}", file.display());
    let open = async || sqlite::connect(&file).await.unwrap();
    end_sessions_under_load(&[("DATABASE_URL", &url)], directory.path(), open).await;
}

/// ASVS 7.2.1, 8.3.2.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn session_that_ends_on_postgres_is_refused_by_every_server_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let url = new_postgres_database("coherence");
    let DatabaseUrl::Postgres(parsed) = url.parse().unwrap() else { panic!("{url}") };
    let open = async || postgres::connect(&parsed).await.unwrap();
    end_sessions_under_load(&[("DATABASE_URL", &url), SECRET], directory.path(), open).await;
}

/// Ends sessions in one process while two others serve them. After each acknowledged end, no request succeeds.
async fn end_sessions_under_load(
    environment: &[(&str, &str)],
    directory: &Path,
    open: impl AsyncFnOnce() -> Repositories,
) {
    let servers = [
        RunningServer::start(directory, environment),
        RunningServer::start(directory, environment),
    ];
    let user = servers[0].anonymous.registered("busy@example.com").await;
    let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut load = JoinSet::new();
    for number in 0..8 {
        let user = servers[number % 2].anonymous.with_token(user.token.as_ref().unwrap());
        let (stop, served) = (stop.clone(), served.clone());
        load.spawn(async move {
            // Greedy clients would starve the threads that hash, which have a low priority.
            let mut pace = tokio::time::interval(Duration::from_millis(10));
            while !stop.load(Ordering::Relaxed) {
                pace.tick().await;
                assert_eq!(user.me().await.status, 200);
                served.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let operator = open().await;
    for round in 0..12 {
        let address = format!("user{round}@example.com");
        let first = servers[round % 2].anonymous.registered(&address).await;
        let other = servers[0].anonymous.login(&address, PASSWORD).await.token();
        // Both servers remember the session.
        assert_eq!(statuses(&servers, &other).await, [200; 12]);
        match round % 4 {
            0 => assert_eq!(servers[0].anonymous.with_token(&other).logout().await.status, 204),
            1 => {
                let ended = first.request(Method::DELETE, "/auth/sessions").send().await.unwrap();
                assert_eq!(ended.status(), 204);
            }
            2 => {
                let change =
                    json!({"current_password": PASSWORD, "new_password": "another TestPass 456"});
                assert_eq!(first.post("/auth/password", change).await.status, 200);
            }
            _ => {
                let id = first.me().await.json()["id"].as_i64().unwrap();
                assert_eq!(operator.users.set_active(UserId(id), false).await.unwrap(), Some(true));
            }
        }
        assert_eq!(statuses(&servers, &other).await, [401; 12], "round {round}");
    }
    let before = served.load(Ordering::Relaxed);
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = load.join_next().await {
        ended.unwrap();
    }
    assert!(before > 100, "{before} requests in the background");
}

/// Sends twelve concurrent requests with a token, to both servers.
async fn statuses(servers: &[RunningServer; 2], token: &str) -> Vec<u16> {
    let mut requests = JoinSet::new();
    for number in 0..12 {
        let persona: Persona = servers[number % 2].anonymous.with_token(token);
        requests.spawn(async move { persona.me().await.status });
    }
    requests.join_all().await
}

async fn share(environment: &[(&str, &str)], directory: &Path) {
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
