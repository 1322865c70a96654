use std::collections::HashMap;

use coach_tests::PASSWORD;
use tokio::task::JoinSet;

use crate::{databases::Database, on_both_databases, server::server_on};

on_both_databases! {
    racing_registrations_of_one_address_create_one_account
    concurrent_logins_each_begin_their_own_session
    aborted_registration_leaves_no_partial_account
}

async fn racing_registrations_of_one_address_create_one_account(database: Database) {
    let servers = [server_on(&database).await, server_on(&database).await];
    let mut racers = JoinSet::new();
    for number in 0..40 {
        let anonymous = servers[number % 2].clone();
        racers.spawn(async move { anonymous.register("test@example.com").await.status });
    }
    let mut statuses = HashMap::<u16, usize>::new();
    for status in racers.join_all().await {
        *statuses.entry(status).or_default() += 1;
    }
    assert_eq!(statuses, HashMap::from([(201, 1), (409, 39)]));
    assert_eq!((database.count("users").await, database.count("auth_sessions").await), (1, 1));
}

async fn concurrent_logins_each_begin_their_own_session(database: Database) {
    let anonymous = server_on(&database).await;
    anonymous.registered("test@example.com").await;
    let mut racers = JoinSet::new();
    for _ in 0..20 {
        let anonymous = anonymous.clone();
        racers.spawn(async move { anonymous.login("test@example.com", PASSWORD).await.token() });
    }
    let tokens = racers.join_all().await;
    assert_eq!(database.count("auth_sessions").await, 21);
    assert_eq!(anonymous.with_token(&tokens[0]).logout().await.status, 204);
    for token in &tokens[1..] {
        assert_eq!(anonymous.with_token(token).me().await.status, 200);
    }
}

async fn aborted_registration_leaves_no_partial_account(database: Database) {
    let anonymous = server_on(&database).await;
    for number in 0..60 {
        let register = {
            let anonymous = anonymous.clone();
            tokio::spawn(
                async move { anonymous.register(&format!("test{number}@example.com")).await },
            )
        };
        // Each client disconnects at a different point of the request.
        for _ in 0..number * 3 {
            tokio::task::yield_now().await;
        }
        register.abort();
        let _ = register.await;
    }
    // The server still works, and every account has a session.
    let persona = anonymous.registered("after@example.com").await;
    assert_eq!(persona.me().await.status, 200);
    // One statement, because an aborted request may still be running.
    let without_session = "users WHERE id NOT IN (SELECT user_id FROM auth_sessions)";
    assert_eq!(database.count(without_session).await, 0);
}
