//! Databases that are unreachable, silent or locked.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use coach_diesel::DatabaseUrl;
use coach_tests::{Answer, PASSWORD, Persona};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use secrecy::ExposeSecret;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::{databases::Database, server::server_on};

#[derive(Clone, Copy, PartialEq)]
enum Line {
    Open,
    Silent,
    Closed,
}

/// A proxy between the server and PostgreSQL that can close its connections or stop forwarding.
struct Proxy {
    line: watch::Sender<Line>,
    forwarding: Arc<AtomicUsize>,
    database: Database,
}

impl Proxy {
    async fn before(database: &Database) -> Self {
        let Database::Postgres { url } = database else { unreachable!() };
        let config: tokio_postgres::Config = url.expose_secret().parse().unwrap();
        let upstream = format!("127.0.0.1:{}", config.get_ports()[0]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (line, changes) = watch::channel(Line::Open);
        let forwarding = Arc::new(AtomicUsize::new(0));
        tokio::spawn(accept(listener, upstream, changes, forwarding.clone()));
        let (user, name) = (config.get_user().unwrap(), config.get_dbname().unwrap());
        let url = format!("postgres://{user}@127.0.0.1:{port}/{name}").into();
        Self { line, forwarding, database: Database::Postgres { url } }
    }

    /// Changes the state of the line. Unless it is open, waits until forwarding has stopped.
    async fn set(&self, line: Line) {
        self.line.send(line).unwrap();
        while line != Line::Open && self.forwarding.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    }
}

async fn accept(
    listener: TcpListener,
    upstream: String,
    line: watch::Receiver<Line>,
    forwarding: Arc<AtomicUsize>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(&upstream).await.unwrap();
        tokio::spawn(forward(client, server, line.clone(), forwarding.clone()));
    }
}

async fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    mut line: watch::Receiver<Line>,
    forwarding: Arc<AtomicUsize>,
) {
    loop {
        if line.wait_for(|line| *line != Line::Silent).await.is_ok_and(|line| *line == Line::Closed)
        {
            return;
        }
        forwarding.fetch_add(1, Ordering::SeqCst);
        let ended = tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => true,
            changed = line.wait_for(|line| *line != Line::Open) => changed.is_err(),
        };
        forwarding.fetch_sub(1, Ordering::SeqCst);
        if ended {
            return;
        }
    }
}

async fn assert_unavailable(persona: &Persona) {
    let answers = tokio::join!(
        persona.me(),
        persona.login("test@example.com", PASSWORD),
        persona.register("other@example.com"),
        persona.logout(),
        persona.get("/readyz"),
    );
    let answers: [Answer; 5] = answers.into();
    for answer in answers {
        assert_eq!((answer.status, answer.problem().as_str()), (503, "database-unavailable"));
        assert!(answer.header("retry-after").is_some());
    }
    assert_eq!(persona.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn unreachable_or_silent_postgres_is_503_until_it_returns() {
    let database = Database::postgres().await;
    let proxy = Proxy::before(&database).await;
    let persona = server_on(&proxy.database).await.registered("test@example.com").await;
    for line in [Line::Closed, Line::Silent] {
        proxy.set(line).await;
        assert_unavailable(&persona).await;
        proxy.set(Line::Open).await;
        let mut tries = 0;
        while persona.me().await.status != 200 {
            tries += 1;
            assert!(tries < 20, "the server did not recover");
        }
        assert_eq!(persona.get("/readyz").await.status, 200);
    }
    assert_eq!(database.count("users").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
async fn postgres_statement_that_times_out_is_503_and_is_cancelled() {
    let database = Database::postgres().await;
    let persona = server_on(&database).await.registered("test@example.com").await;
    let Database::Postgres { url } = &database else { unreachable!() };
    let (locking, connection) =
        tokio_postgres::connect(url.expose_secret(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    locking.batch_execute("BEGIN; LOCK TABLE auth_sessions").await.unwrap();
    assert_eq!(persona.logout().await.problem(), "database-unavailable");
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting: i64 = locking.query_one(waiting, &[]).await.unwrap().get(0);
    assert_eq!(waiting, 0);
    locking.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(persona.logout().await.status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locked_sqlite_refuses_writes_with_503_and_serves_reads() {
    let database = Database::sqlite().await;
    let persona = server_on(&database).await.registered("test@example.com").await;
    let DatabaseUrl::Sqlite(file) = database.url() else { unreachable!() };
    let mut other = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let (register, login, me) = tokio::join!(
        persona.register("other@example.com"),
        persona.login("test@example.com", PASSWORD),
        persona.me(),
    );
    assert_eq!(register.problem(), "database-unavailable");
    assert_eq!(login.problem(), "database-unavailable");
    assert_eq!(me.status, 200);
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(persona.register("other@example.com").await.status, 201);
}

/// ASVS 16.5.1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_table_is_503_without_details() {
    let database = Database::sqlite().await;
    let persona = server_on(&database).await.registered("test@example.com").await;
    database.execute("DROP TABLE auth_sessions").await;
    let me = persona.me().await;
    assert_eq!(me.problem(), "database-unavailable");
    assert!(!me.text.contains("auth_sessions") && !me.text.contains("table"));
}
