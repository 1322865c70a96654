//! The statements of a login and of an authenticated request: in memory, on SQLite, and on PostgreSQL if
//! `TEST_POSTGRES_URL` is set. `BENCH_DATABASES` may name further databases, as `NAME=URL` separated by white space.

use std::{env, sync::Arc};

use chrono::{DateTime, Utc};
use coach_core::{
    domain::{Client, EmailAddress, NewAuthSession, NewUser, PasswordHash, SessionId, UserId},
    ports::{AuthSessionRepository, UserRepository, VerifiedPassword, random_bytes},
};
use coach_diesel::{DatabaseUrl, postgres, sqlite};
use coach_memory::MemoryStorage;
use coach_server::OsRandom;
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

use self::databases::Database;

#[path = "../tests/databases.rs"]
mod databases;

/// Sessions of the account that is measured.
const SESSIONS: usize = 10;

struct Storage {
    name: String,
    users: Arc<dyn UserRepository>,
    sessions: Arc<dyn AuthSessionRepository>,
    /// Deletes the SQLite file when it is dropped.
    _database: Option<Database>,
}

impl Storage {
    fn memory() -> Self {
        let storage = Arc::new(MemoryStorage::new());
        let (users, sessions) = (storage.clone(), storage);
        Self { name: "memory".to_owned(), users, sessions, _database: None }
    }

    async fn temporary(name: &str, database: Database) -> Self {
        let storage = Self::open(name, &database.url()).await;
        Self { _database: Some(database), ..storage }
    }

    async fn open(name: &str, url: &DatabaseUrl) -> Self {
        let repositories = match url {
            DatabaseUrl::Sqlite(file) => sqlite::connect(file).await.unwrap(),
            DatabaseUrl::Postgres(url) => postgres::connect(url).await.unwrap(),
        };
        let coach_diesel::Repositories { users, sessions, .. } = repositories;
        Self { name: name.to_owned(), users, sessions, _database: None }
    }

    async fn all() -> Vec<Self> {
        let sqlite = Self::temporary("SQLite", Database::sqlite().await).await;
        let mut storages = vec![Self::memory(), sqlite];
        if env::var_os("TEST_POSTGRES_URL").is_some() {
            storages.push(Self::temporary("PostgreSQL", Database::postgres().await).await);
        }
        for named in env::var("BENCH_DATABASES").unwrap_or_default().split_whitespace() {
            let (name, url) = named.split_once('=').expect("BENCH_DATABASES must be NAME=URL");
            storages.push(Self::open(name, &url.parse().unwrap()).await);
        }
        storages
    }
}

/// An account with [`SESSIONS`] sessions.
struct Account {
    id: UserId,
    email: EmailAddress,
    password: VerifiedPassword,
    session: SessionId,
}

impl Account {
    async fn register(storage: &Storage) -> Self {
        let name = u64::from_le_bytes(random_bytes(&OsRandom));
        let email = EmailAddress::parse(&format!("bench-{name}@example.com")).unwrap();
        let password_hash = PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".into());
        let user = NewUser {
            email: email.clone(),
            full_name: None,
            password_hash: password_hash.clone(),
            created_at: now(),
        };
        let session = new_session();
        let account =
            Self { email, password: password_hash.into(), session: session.id, id: UserId(0) };
        let created = storage.users.create(user, session).await.unwrap();
        let account = Self { id: created.id, ..account };
        for _ in 1..SESSIONS {
            account.begin(storage).await;
        }
        account
    }

    /// Begins a session. Beyond 100 this also ends the session that was unused for longest.
    async fn begin(&self, storage: &Storage) {
        let begun = storage.sessions.begin(self.id, &self.password, new_session()).await;
        begun.unwrap().unwrap();
    }
}

#[allow(clippy::disallowed_methods, reason = "a benchmark is not in the core")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn new_session() -> NewAuthSession {
    NewAuthSession {
        id: SessionId::from_random(random_bytes(&OsRandom)),
        created_at: now(),
        client: Client::default(),
        secret: None,
        replaces: Vec::new(),
    }
}

fn repositories(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    for storage in &runtime.block_on(Storage::all()) {
        let account = &runtime.block_on(Account::register(storage));
        let mut group = criterion.benchmark_group(&storage.name);
        group.bench_function("find session", |bencher| {
            bencher.to_async(&runtime).iter(|| storage.sessions.find(account.session));
        });
        group.bench_function("list 10 sessions", |bencher| {
            bencher.to_async(&runtime).iter(|| storage.sessions.list(account.id));
        });
        group.bench_function("find credentials", |bencher| {
            bencher.to_async(&runtime).iter(|| storage.users.find_for_login(Some(&account.email)));
        });
        group.bench_function("begin session", |bencher| {
            bencher.to_async(&runtime).iter(|| account.begin(storage));
        });
        group.finish();
    }
}

criterion_group!(benches, repositories);
criterion_main!(benches);
