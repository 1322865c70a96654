//! The baseline for the benchmark of `GET /auth/me`: a bare Poem route that returns the same JSON. See docs/performance.md.
//!
//! Usage: `bare_route [ADDRESS]`

use poem::{Route, Server, get, handler, listener::TcpListener, web::Json};

#[derive(serde::Serialize)]
struct User {
    id: i64,
    email: &'static str,
    full_name: &'static str,
    is_active: bool,
    created_at: &'static str,
}

#[handler]
fn me() -> Json<User> {
    Json(User {
        id: 1,
        email: "test@example.com",
        full_name: "Test User",
        is_active: true,
        created_at: "2026-02-13T12:00:00Z",
    })
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8003".to_owned());
    let app = Route::new().at("/auth/me", get(me));
    Server::new(TcpListener::bind(address)).run(app).await
}
