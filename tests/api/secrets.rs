use coach_tests::PASSWORD;

use crate::{databases::Database, on_both_databases, server::server_on};

on_both_databases! {
    password_and_token_are_not_stored_in_plain_text
}

async fn password_and_token_are_not_stored_in_plain_text(database: Database) {
    let persona = server_on(&database).await.registered("test@example.com").await;
    let token = persona.token.unwrap();
    for secret in [PASSWORD, &token, token.rsplit('.').next().unwrap()] {
        for (table, columns) in [
            ("users", "email || password_hash || coalesce(full_name, '')"),
            ("auth_sessions", "id || CAST(user_id AS VARCHAR(20))"),
        ] {
            let secret = secret.replace('\'', "''");
            assert_eq!(
                database.count(&format!("{table} WHERE {columns} LIKE '%{secret}%'")).await,
                0
            );
        }
    }
}
