#![allow(dead_code, reason = "each suite uses only some helpers")]
//! Temporary databases: an SQLite file, or a database in the PostgreSQL cluster of `TEST_POSTGRES_URL`.

use std::path::PathBuf;

use coach_core::ports::random_bytes;
use coach_diesel::{DatabaseUrl, Repositories, postgres, sqlite};
use coach_server::OsRandom;
use diesel::{Connection, SqliteConnection, connection::SimpleConnection, sql_types::BigInt};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

pub enum Database {
    Sqlite { file: PathBuf, _directory: TempDir },
    Postgres { url: SecretString },
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Database {
    /// Creates an empty SQLite database without migrations.
    pub fn empty_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::Sqlite { file: directory.path().join("test.db"), _directory: directory }
    }

    /// Creates an empty PostgreSQL database without migrations.
    pub async fn empty_postgres() -> Self {
        let cluster = std::env::var("TEST_POSTGRES_URL").expect("TEST_POSTGRES_URL must be set");
        let name = format!("test_{}", unique());
        connect_postgres(&cluster)
            .await
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let (server, _database) = cluster.rsplit_once('/').unwrap();
        Self::Postgres { url: format!("{server}/{name}").into() }
    }

    pub async fn sqlite() -> Self {
        Self::empty_sqlite().migrated().await
    }

    pub async fn postgres() -> Self {
        Self::empty_postgres().await.migrated().await
    }

    async fn migrated(self) -> Self {
        coach_server::migrate(&self.url()).await.unwrap();
        self
    }

    pub fn url(&self) -> DatabaseUrl {
        match self {
            Self::Sqlite { file, .. } => DatabaseUrl::Sqlite(file.clone()),
            Self::Postgres { url } => url.expose_secret().parse().unwrap(),
        }
    }

    /// Returns whether the database has a clock that all servers share.
    pub fn has_a_clock(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// Opens the database as another process would, with new pools.
    pub async fn open(&self) -> Repositories {
        match self {
            Self::Sqlite { file, .. } => sqlite::connect(file).await.unwrap(),
            Self::Postgres { .. } => {
                let DatabaseUrl::Postgres(url) = self.url() else { unreachable!() };
                postgres::connect(&url).await.unwrap()
            }
        }
    }

    /// Runs SQL as an operator does with `sqlite3` or `psql`.
    pub async fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite { file, .. } => {
                let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
                connection.batch_execute(&format!("PRAGMA busy_timeout = 4000; {sql}")).unwrap();
            }
            Self::Postgres { url } => {
                connect_postgres(url.expose_secret()).await.batch_execute(sql).await.unwrap();
            }
        }
    }

    /// Returns the number of rows of `from`, which may have a WHERE clause.
    pub async fn count(&self, from: &str) -> i64 {
        let sql = format!("SELECT count(*) AS count FROM {from}");
        match self {
            Self::Sqlite { file, .. } => {
                use diesel::RunQueryDsl;
                let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
                diesel::sql_query(sql).get_result::<Count>(&mut connection).unwrap().count
            }
            Self::Postgres { url } => {
                let row = connect_postgres(url.expose_secret()).await.query_one(&sql, &[]).await;
                row.unwrap().get(0)
            }
        }
    }
}

/// Returns a name that is unique on the cluster.
fn unique() -> String {
    random_bytes::<8>(&OsRandom).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn connect_postgres(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Generates a test on SQLite and a test on PostgreSQL for each listed function.
#[macro_export]
macro_rules! on_both_databases {
    ($($test:ident)+) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::databases::Database::sqlite().await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs TEST_POSTGRES_URL: scripts/test sets it"]
            async fn $test() {
                super::$test($crate::databases::Database::postgres().await).await;
            })+
        }
    };
}
