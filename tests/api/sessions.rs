//! Refresh tokens, sessions and passwords on real databases.

use coach_core::domain::AuthEvent;
use coach_tests::{Answer, PASSWORD, Persona, TestAuditLog, http_settings};
use reqwest::Method;
use serde_json::json;

use crate::{databases::Database, on_both_databases, server::server_with};

on_both_databases! {
    concurrent_refreshes_of_one_token_all_get_the_same_successor
    refresh_keeps_the_session_and_replay_ends_it
    password_change_ends_every_other_session
    user_lists_and_ends_sessions
    refresh_token_is_not_stored
    deactivated_account_cannot_refresh_and_reactivation_revives_no_session
}

const EMAIL: &str = "test@example.com";
const NEW: &str = "another long passphrase";

async fn server(database: &Database) -> (Persona, TestAuditLog) {
    let audit_log = TestAuditLog::default();
    let anonymous = server_with(database, audit_log.clone(), http_settings()).await;
    assert_eq!(anonymous.register(EMAIL).await.status, 201);
    (anonymous, audit_log)
}

fn refresh_token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["refresh_token"].as_str().unwrap().to_owned()
}

async fn refresh(client: &Persona, token: &str) -> Answer {
    client.post("/auth/refresh", json!({ "refresh_token": token })).await
}

async fn concurrent_refreshes_of_one_token_all_get_the_same_successor(database: Database) {
    let (anonymous, audit_log) = server(&database).await;
    // Two servers share the database.
    let elsewhere = server_with(&database, audit_log.clone(), http_settings()).await;
    let token = refresh_token(&anonymous.login(EMAIL, PASSWORD).await);
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..32 {
        let (client, token) = ([&anonymous, &elsewhere][number % 2].clone(), token.clone());
        racers.spawn(async move { refresh(&client, &token).await });
    }
    let answers = racers.join_all().await;
    let successor = refresh_token(&answers[0]);
    for answer in &answers {
        assert_eq!(refresh_token(answer), successor);
        assert_eq!(anonymous.with_token(&answer.token()).me().await.status, 200);
    }
    assert_eq!(refresh(&anonymous, &successor).await.status, 200);
    assert!(
        audit_log.take().iter().all(|event| !matches!(event, AuthEvent::RefreshReplayed { .. }))
    );
}

async fn refresh_keeps_the_session_and_replay_ends_it(database: Database) {
    let (anonymous, _) = server(&database).await;
    let login = anonymous.login(EMAIL, PASSWORD).await;
    let first = refresh_token(&login);
    let refreshed = refresh(&anonymous, &first).await;
    let second = refresh_token(&refreshed);
    assert_ne!(first, second);
    let persona = anonymous.with_token(&refreshed.token());
    assert_eq!(persona.get("/auth/sessions").await.json()["sessions"].as_array().unwrap().len(), 2);
    // The clock is real, so the test backdates the spent token.
    database.execute("UPDATE spent_refresh_tokens SET spent_at = '2020-01-01 00:00:00'").await;
    assert_eq!(refresh(&anonymous, &first).await.problem(), "invalid-refresh-token");
    for token in [&first, &second] {
        assert_eq!(refresh(&anonymous, token).await.problem(), "invalid-refresh-token");
    }
    for token in [login.token(), refreshed.token()] {
        assert_eq!(anonymous.with_token(&token).me().await.problem(), "invalid-token");
    }
}

async fn password_change_ends_every_other_session(database: Database) {
    let (anonymous, _) = server(&database).await;
    let (thief, owner) =
        (anonymous.login(EMAIL, PASSWORD).await, anonymous.login(EMAIL, PASSWORD).await);
    let browser =
        anonymous.submit("/auth/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
    let browser = anonymous.with_cookie(&browser.session_cookie().unwrap().0);
    let body = json!({"current_password": PASSWORD, "new_password": NEW});
    let changed = anonymous.with_token(&owner.token()).post("/auth/password", body).await;
    assert_eq!(anonymous.with_token(&changed.token()).me().await.status, 200);
    assert_eq!(refresh(&anonymous, &refresh_token(&changed)).await.status, 200);
    for old in [&thief, &owner] {
        assert_eq!(anonymous.with_token(&old.token()).me().await.status, 401);
        assert_eq!(refresh(&anonymous, &refresh_token(old)).await.status, 401);
    }
    assert_eq!(browser.me().await.status, 401);
    assert_eq!(anonymous.login(EMAIL, PASSWORD).await.problem(), "invalid-credentials");
    assert_eq!(anonymous.login(EMAIL, NEW).await.status, 200);
}

/// ASVS 7.5.2.
async fn user_lists_and_ends_sessions(database: Database) {
    let (anonymous, _) = server(&database).await;
    let persona = anonymous.with_token(&anonymous.login(EMAIL, PASSWORD).await.token());
    let stranger = anonymous.registered("stranger@example.com").await;
    let listed = persona.get("/auth/sessions").await.json();
    let sessions = listed["sessions"].as_array().unwrap();
    let current: Vec<_> = sessions.iter().map(|session| session["current"] == true).collect();
    assert_eq!(current.iter().filter(|current| **current).count(), 1);
    assert!(sessions.iter().all(|session| session["ip"] == "127.0.0.1"));
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/auth/sessions/{}", other["id"].as_str().unwrap());
    let delete = async |persona: &Persona, path: &str| {
        Answer::of(persona.request(Method::DELETE, path)).await.status
    };
    assert_eq!(delete(&stranger, &path).await, 404);
    assert_eq!((delete(&persona, &path).await, delete(&persona, &path).await), (204, 404));
    anonymous.login(EMAIL, PASSWORD).await;
    assert_eq!(delete(&persona, "/auth/sessions").await, 204);
    assert_eq!(persona.get("/auth/sessions").await.json()["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(stranger.me().await.status, 200);
}

async fn refresh_token_is_not_stored(database: Database) {
    let (anonymous, _) = server(&database).await;
    let token = refresh_token(&anonymous.login(EMAIL, PASSWORD).await);
    assert!(token.starts_with("pmc_rt_"));
    // The rest of the token contains the id of the session, which is stored.
    let mac = &token[35..77];
    let columns = "COALESCE(secret_digest, '') || COALESCE(user_agent, '') || id";
    assert_eq!(database.count(&format!("auth_sessions WHERE {columns} LIKE '%{mac}%'")).await, 0);
}

async fn deactivated_account_cannot_refresh_and_reactivation_revives_no_session(
    database: Database,
) {
    let (anonymous, _) = server(&database).await;
    let login = anonymous.login(EMAIL, PASSWORD).await;
    let browser =
        anonymous.submit("/auth/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
    let browser = anonymous.with_cookie(&browser.session_cookie().unwrap().0);
    for active in [false, true] {
        let change = format!("UPDATE users SET is_active = {active}");
        database.execute(&change).await;
        let token = refresh_token(&login);
        assert_eq!(refresh(&anonymous, &token).await.problem(), "invalid-refresh-token");
        assert_eq!(anonymous.with_token(&login.token()).me().await.status, 401);
        assert_eq!(browser.me().await.status, 401);
    }
}
