//! The storages on which the contracts of the repositories run.

use std::sync::Arc;

use coach_core::{
    domain::{AuthSession, Credentials, SessionDetails, User},
    ports::{
        AccountRepository, AuditTrail, AuthSessionRepository, HealthCheck, PasswordCodeRepository,
        PracticeSessionRepository, UserRepository,
    },
};
use coach_memory::MemoryStorage;

use crate::{databases::Database, email, id, new_session, new_user, password_hash};

pub enum Storage {
    Memory(Arc<MemoryStorage>),
    Database(Database),
}

/// The storage as one process sees it.
#[derive(Clone)]
pub struct Repositories {
    pub users: Arc<dyn UserRepository>,
    pub accounts: Arc<dyn AccountRepository>,
    pub codes: Arc<dyn PasswordCodeRepository>,
    pub sessions: Arc<dyn AuthSessionRepository>,
    pub practice: Arc<dyn PracticeSessionRepository>,
    pub audit_trail: Arc<dyn AuditTrail>,
    pub health: Arc<dyn HealthCheck>,
}

impl Storage {
    pub fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    pub async fn sqlite() -> Self {
        Self::Database(Database::sqlite().await)
    }

    pub async fn postgres() -> Self {
        Self::Database(Database::postgres().await)
    }

    /// Opens the storage as another process would.
    pub async fn open(&self) -> Repositories {
        match self {
            Self::Memory(storage) => {
                let (users, accounts, codes) = (storage.clone(), storage.clone(), storage.clone());
                let (sessions, practice) = (storage.clone(), storage.clone());
                let (audit_trail, health) = (storage.clone(), storage.clone());
                Repositories { users, accounts, codes, sessions, practice, audit_trail, health }
            }
            Self::Database(database) => {
                let coach_diesel::Repositories {
                    users,
                    accounts,
                    password_codes: codes,
                    sessions,
                    practice_sessions: practice,
                    audit_trail,
                    health,
                    ..
                } = database.open().await;
                Repositories { users, accounts, codes, sessions, practice, audit_trail, health }
            }
        }
    }

    /// Opens the storage and registers an account, test@example.com, in session 0.
    pub async fn with_user(&self) -> (Repositories, User) {
        let repositories = self.open().await;
        let user = repositories.register("test@example.com", 0).await;
        (repositories, user)
    }
}

impl Repositories {
    pub async fn register(&self, address: &str, session: u8) -> User {
        self.users.create(new_user(address), new_session(session)).await.unwrap()
    }

    /// Begins a session without a secret.
    pub async fn log_in(&self, user: &User, session: u8) -> Option<User> {
        self.sessions.begin(user.id, &password_hash().into(), new_session(session)).await.unwrap()
    }

    pub async fn session(&self, number: u8) -> Option<AuthSession> {
        self.sessions.find(id(number)).await.unwrap().map(|found| found.session)
    }

    /// Returns which of these sessions exist.
    pub async fn existing(&self, numbers: impl IntoIterator<Item = u8>) -> Vec<u8> {
        let mut existing = Vec::new();
        for number in numbers {
            if self.session(number).await.is_some() {
                existing.push(number);
            }
        }
        existing
    }

    pub async fn list(&self, user: &User) -> Vec<SessionDetails> {
        self.sessions.list(user.id).await.unwrap()
    }

    pub async fn account(&self, address: &str) -> Option<Credentials> {
        self.users.find_credentials(&email(address)).await.unwrap()
    }
}

/// Runs `work` concurrently for every number below `racers`, alternating between two processes. Returns the results
/// in order of completion.
pub async fn race<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    storage: &Storage,
    racers: u8,
    work: impl Fn(Repositories, u8) -> F,
) -> Vec<T> {
    let processes = [storage.open().await, storage.open().await];
    let racers = (0..racers).map(|number| work(processes[usize::from(number % 2)].clone(), number));
    racers.collect::<tokio::task::JoinSet<_>>().join_all().await
}

/// Generates a test in memory, on SQLite and on PostgreSQL for each listed function.
#[macro_export]
macro_rules! on_every_storage {
    ($($test:ident)+) => {
        mod on_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::Storage::memory()).await;
            })+
        }

        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::Storage::sqlite().await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
            async fn $test() {
                super::$test($crate::Storage::postgres().await).await;
            })+
        }
    };
}
