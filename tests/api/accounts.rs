use coach_tests::{Answer, PASSWORD};
use reqwest::Method;
use serde_json::json;

use crate::{databases::Database, on_both_databases, server::server_on};

on_both_databases! {
    user_can_register_log_in_and_log_out
    address_can_be_registered_once_in_any_spelling
    logout_ends_the_session_on_every_server
    deactivation_ends_every_session
    deleted_account_is_gone_on_every_server
    changed_address_logs_in_and_the_old_one_is_free
    stored_password_hash_is_argon2id
    token_stays_valid_after_a_restart
    sql_in_a_field_is_treated_as_text
}

async fn user_can_register_log_in_and_log_out(database: Database) {
    let anonymous = server_on(&database).await;
    let body = json!({"email": "Test@Example.com", "password": PASSWORD, "full_name": "Test User"});
    let registered = anonymous.post("/auth/register", body).await;
    assert_eq!((registered.status, registered.header("location")), (201, Some("/auth/me")));
    let user = registered.json()["user"].clone();
    assert_eq!(user["email"], "test@example.com");

    let logged_in = anonymous.login("test@example.com", PASSWORD).await;
    assert_eq!((logged_in.status, &logged_in.json()["user"]), (200, &user));
    assert_eq!(logged_in.json()["expires_in"], 1800);
    let persona = anonymous.with_token(&logged_in.token());
    assert_eq!((persona.me().await.status, persona.me().await.json()), (200, user));

    assert_eq!(persona.logout().await.status, 204);
    assert_eq!(persona.me().await.problem(), "invalid-token");
    assert_eq!(persona.logout().await.status, 204);
    assert_eq!(anonymous.with_token(&registered.token()).me().await.status, 200);
    assert_eq!(anonymous.get("/readyz").await.status, 200);
}

async fn address_can_be_registered_once_in_any_spelling(database: Database) {
    let anonymous = server_on(&database).await;
    assert_eq!(anonymous.register("a@bücher.example").await.status, 201);
    for spelling in [
        "a@bücher.example",
        " A@BÜCHER.EXAMPLE ",
        "a@xn--bcher-kva.example",
        "a@bu\u{308}cher.example",
    ] {
        assert_eq!(anonymous.register(spelling).await.problem(), "email-taken", "{spelling}");
        assert_eq!(anonymous.login(spelling, PASSWORD).await.status, 200, "{spelling}");
    }
    assert_eq!(anonymous.register("a+tag@bücher.example").await.status, 201);
    assert_eq!(database.count("users").await, 2);
}

async fn logout_ends_the_session_on_every_server(database: Database) {
    let (one, other) = (server_on(&database).await, server_on(&database).await);
    let persona = one.registered("test@example.com").await;
    let there = other.with_token(persona.token.as_ref().unwrap());
    assert_eq!(there.me().await.status, 200);
    persona.logout().await;
    assert_eq!(there.me().await.status, 401);
}

/// ASVS 7.4.2.
async fn deactivation_ends_every_session(database: Database) {
    let anonymous = server_on(&database).await;
    let persona = anonymous.registered("test@example.com").await;
    database.execute("UPDATE users SET is_active = FALSE").await;
    assert_eq!(persona.me().await.problem(), "invalid-token");
    assert_eq!(anonymous.login("test@example.com", PASSWORD).await.problem(), "account-inactive");
    let wrong = anonymous.login("test@example.com", "wrong password").await;
    assert_eq!(wrong.problem(), "invalid-credentials");
    // Reactivation revives no session.
    assert_eq!(database.count("auth_sessions").await, 0);
    database.execute("UPDATE users SET is_active = TRUE").await;
    assert_eq!(persona.me().await.problem(), "invalid-token");
    assert_eq!(anonymous.login("test@example.com", PASSWORD).await.status, 200);
}

async fn deleted_account_is_gone_on_every_server(database: Database) {
    let (one, other) = (server_on(&database).await, server_on(&database).await);
    let persona = one.registered("test@example.com").await;
    let login = other.login("test@example.com", PASSWORD).await;
    let there = other.with_token(&login.token());
    let body = json!({ "current_password": PASSWORD });
    let delete = persona.request(Method::DELETE, "/auth/me").json(&body);
    assert_eq!(Answer::of(delete).await.status, 204);
    assert_eq!(there.me().await.problem(), "invalid-token");
    let refresh_token = &login.json()["refresh_token"];
    let refreshed = other.post("/auth/refresh", json!({ "refresh_token": refresh_token })).await;
    assert_eq!(refreshed.status, 401);
    for table in ["users", "auth_sessions", "spent_refresh_tokens"] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
    assert_eq!(other.register("test@example.com").await.status, 201);
    assert_eq!(persona.me().await.problem(), "invalid-token");
}

async fn changed_address_logs_in_and_the_old_one_is_free(database: Database) {
    let anonymous = server_on(&database).await;
    let persona = anonymous.registered("test@example.com").await;
    let patch = async |body: serde_json::Value| {
        Answer::of(persona.request(Method::PATCH, "/auth/me").json(&body)).await
    };
    let unchanged = patch(json!({})).await;
    assert_eq!((unchanged.status, unchanged.json()), (200, persona.me().await.json()));
    let body =
        json!({"email": "NEW@Example.com", "full_name": "New", "current_password": PASSWORD});
    let changed = patch(body).await;
    assert_eq!(changed.status, 200);
    assert_eq!(
        (&changed.json()["email"], &changed.json()["full_name"]),
        (&json!("new@example.com"), &json!("New"))
    );
    // The session stays live. Once another account has the old address, the first cannot take it back.
    assert_eq!(persona.me().await.json(), changed.json());
    assert_eq!(anonymous.login("test@example.com", PASSWORD).await.status, 401);
    assert_eq!(anonymous.register("test@example.com").await.status, 201);
    let back = patch(json!({"email": "test@example.com", "current_password": PASSWORD})).await;
    assert_eq!(back.problem(), "email-taken");
    assert_eq!(anonymous.login("new@example.com", PASSWORD).await.status, 200);
}

/// ASVS 11.4.2.
async fn stored_password_hash_is_argon2id(database: Database) {
    server_on(&database).await.registered("test@example.com").await;
    assert_eq!(
        database.count("users WHERE password_hash LIKE '$argon2id$v=19$m=16,t=1,p=1$%'").await,
        1
    );
}

async fn token_stays_valid_after_a_restart(database: Database) {
    let persona = server_on(&database).await.registered("test@example.com").await;
    let restarted = server_on(&database).await;
    assert_eq!(restarted.with_token(persona.token.as_ref().unwrap()).me().await.status, 200);
}

/// ASVS 1.2.4.
async fn sql_in_a_field_is_treated_as_text(database: Database) {
    let anonymous = server_on(&database).await;
    let sql = "'; DROP TABLE users; --";
    for (email, password) in
        [(sql, PASSWORD), ("test@example.com", sql), ("' OR '1'='1", "' OR '1'='1")]
    {
        assert_eq!(anonymous.login(email, password).await.status, 401);
    }
    let password = "\"; DELETE FROM users WHERE 1=1; --";
    let body = json!({"email": "o'brien@example.com", "password": password, "full_name": sql});
    let answer = anonymous.post("/auth/register", body).await;
    assert_eq!((answer.status, &answer.json()["user"]["full_name"]), (201, &json!(sql)));
    assert_eq!(anonymous.login("o'brien@example.com", password).await.status, 200);
}
