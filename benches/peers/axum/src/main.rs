//! The same three routes in axum, sqlx and tower-sessions. scripts/benchmark measures it.
//!
//! Usage: `axum-peer ADDRESS DATABASE_FILE`

use std::{error::Error, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{
    FromRow, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tokio::{net::TcpListener, task::spawn_blocking};
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::time};
use tower_sessions_sqlx_store::SqliteStore;

const USER_ID: &str = "user_id";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS users (
        id INTEGER PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        full_name TEXT,
        password_hash TEXT NOT NULL,
        is_active BOOLEAN NOT NULL DEFAULT TRUE,
        last_login TEXT,
        created_at TEXT NOT NULL
    )";

#[derive(Serialize, FromRow)]
struct User {
    id: i64,
    email: String,
    full_name: Option<String>,
    is_active: bool,
    created_at: DateTime<Utc>,
    #[serde(skip)]
    password_hash: String,
}

#[derive(Deserialize)]
struct Registration {
    email: String,
    password: String,
    full_name: Option<String>,
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

/// An error that the client cannot correct.
fn internal(_: impl Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn register(
    State(pool): State<SqlitePool>,
    session: Session,
    Json(body): Json<Registration>,
) -> Result<(StatusCode, Json<User>), StatusCode> {
    let hash = spawn_blocking(move || {
        Argon2::default().hash_password(body.password.as_bytes()).map(|hash| hash.to_string())
    });
    let hash = hash.await.map_err(internal)?.map_err(internal)?;
    let sql = "INSERT INTO users (email, full_name, password_hash, created_at)
        VALUES (?, ?, ?, ?) RETURNING *";
    let user: User = sqlx::query_as(sql)
        .bind(&body.email)
        .bind(&body.full_name)
        .bind(&hash)
        .bind(Utc::now())
        .fetch_one(&pool)
        .await
        .map_err(|error| match error.as_database_error() {
            Some(error) if error.is_unique_violation() => StatusCode::CONFLICT,
            _ => internal(error),
        })?;
    session.insert(USER_ID, user.id).await.map_err(internal)?;
    Ok((StatusCode::CREATED, Json(user)))
}

async fn login(
    State(pool): State<SqlitePool>,
    session: Session,
    Json(body): Json<Login>,
) -> Result<Json<User>, StatusCode> {
    let user: Option<User> = sqlx::query_as("SELECT * FROM users WHERE email = ?")
        .bind(&body.email)
        .fetch_optional(&pool)
        .await
        .map_err(internal)?;
    let user = user.ok_or(StatusCode::UNAUTHORIZED)?;
    let hash = user.password_hash.clone();
    let verified = spawn_blocking(move || {
        let hash = PasswordHash::new(&hash)?;
        Argon2::default().verify_password(body.password.as_bytes(), &hash)
    });
    verified.await.map_err(internal)?.map_err(|_| StatusCode::UNAUTHORIZED)?;
    sqlx::query("UPDATE users SET last_login = ? WHERE id = ?")
        .bind(Utc::now())
        .bind(user.id)
        .execute(&pool)
        .await
        .map_err(internal)?;
    session.cycle_id().await.map_err(internal)?;
    session.insert(USER_ID, user.id).await.map_err(internal)?;
    Ok(Json(user))
}

async fn me(State(pool): State<SqlitePool>, session: Session) -> Result<Json<User>, StatusCode> {
    let id: Option<i64> = session.get(USER_ID).await.map_err(internal)?;
    let user: Option<User> = sqlx::query_as("SELECT * FROM users WHERE id = ? AND is_active")
        .bind(id.ok_or(StatusCode::UNAUTHORIZED)?)
        .fetch_optional(&pool)
        .await
        .map_err(internal)?;
    user.map(Json).ok_or(StatusCode::UNAUTHORIZED)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, file] = arguments.as_slice() else {
        return Err("usage: axum-peer ADDRESS DATABASE_FILE".into());
    };
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePool::connect_with(options).await?;
    sqlx::query(SCHEMA).execute(&pool).await?;
    let store = SqliteStore::new(pool.clone());
    store.migrate().await?;
    let sessions = SessionManagerLayer::new(store)
        .with_expiry(Expiry::OnInactivity(time::Duration::days(7)))
        // The benchmark speaks plain HTTP.
        .with_secure(false);
    let app = Router::new()
        .route("/auth/register", post(register))
        .route("/auth/login", post(login))
        .route("/auth/me", get(me))
        .layer(sessions)
        .with_state(pool);
    axum::serve(TcpListener::bind(address.as_str()).await?, app).await?;
    Ok(())
}
