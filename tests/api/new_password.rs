//! Choosing a new password with a code of the operator, over HTTP.

use std::{num::NonZeroUsize, sync::Arc};

use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::{
    domain::{AccountKey, EmailAddress, NewPasswordCode},
    services::{NewAccount, Operator, OperatorPorts},
};
use coach_server::{OsRandom, SystemClock};
use coach_tests::{Answer, PASSWORD, Persona, SETTINGS, TestAuditLog};
use coach_zxcvbn::{MinScore, ZxcvbnPasswordStrength};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{databases::Database, on_both_databases, server::server_on};

on_both_databases! {
    code_sets_a_password_once_and_ends_every_session
    created_account_signs_in_with_its_code_in_the_form
    ten_wrong_codes_end_the_code
    racing_uses_of_a_code_sign_in_once
    expired_code_is_refused
}

const EMAIL: &str = "test@example.com";
const NEW: &str = "another long passphrase";

async fn operator_on(database: &Database) -> Operator {
    let repositories = database.open().await;
    let threads = NonZeroUsize::MIN;
    let hashing =
        Argon2Settings { memory: 16, iterations: 1, ..Argon2Settings::recommended(threads) };
    let ports = OperatorPorts {
        users: repositories.users,
        accounts: repositories.accounts,
        sessions: repositories.sessions,
        password_codes: repositories.password_codes,
        password_hasher: Arc::new(Argon2PasswordHasher::start(hashing).unwrap()),
        password_strength: Arc::new(ZxcvbnPasswordStrength::new(
            MinScore::new(2).unwrap(),
            threads,
            1,
        )),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        audit_log: Arc::new(TestAuditLog::default()),
        audit_trail: repositories.audit_trail,
    };
    Operator::new(ports, SETTINGS.session)
}

async fn issue(database: &Database) -> NewPasswordCode {
    let operator = operator_on(database).await;
    let account = operator.find(&AccountKey::parse(EMAIL).unwrap()).await.unwrap();
    operator.issue_code(account.user.id).await.unwrap()
}

async fn redeem(client: &Persona, code: &str) -> Answer {
    let body = json!({ "email": EMAIL, "code": code, "new_password": NEW });
    client.post("/auth/new-password", body).await
}

async fn code_sets_a_password_once_and_ends_every_session(database: Database) {
    let anonymous = server_on(&database).await;
    let before = anonymous.registered(EMAIL).await;
    let code = issue(&database).await.code.expose_grouped();
    assert_eq!(before.me().await.status, 200);
    let answer = redeem(&anonymous, &code).await;
    assert_eq!((answer.status, answer.json()["user"]["email"].as_str()), (200, Some(EMAIL)));
    assert_eq!(before.me().await.status, 401);
    assert_eq!(anonymous.with_token(&answer.token()).me().await.status, 200);
    assert_eq!(redeem(&anonymous, &code).await.problem(), "invalid-code");
    assert_eq!(anonymous.login(EMAIL, PASSWORD).await.status, 401);
    assert_eq!(anonymous.login(EMAIL, NEW).await.status, 200);
    assert_eq!(database.count("password_codes").await, 0);
    let stored = issue(&database).await;
    let digest = format!("password_codes WHERE digest = '{}'", stored.code.expose());
    assert_eq!((database.count("password_codes").await, database.count(&digest).await), (1, 0));
}

/// ASVS 6.4.6.
async fn created_account_signs_in_with_its_code_in_the_form(database: Database) {
    let anonymous = server_on(&database).await;
    let email = EmailAddress::parse(EMAIL).unwrap();
    let account = NewAccount { email, full_name: None, password: None };
    let code = operator_on(&database).await.create(account).await.unwrap().code.unwrap();
    let code = code.code.expose_grouped().to_lowercase();
    let weak = [("email", EMAIL), ("code", &code), ("new_password", "password1")];
    anonymous.submit("/auth/new-password", &weak).await.assert_page(422);
    let fields = [("email", EMAIL), ("code", &code), ("new_password", NEW), ("next", "/account")];
    let answer = anonymous.submit("/auth/new-password", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/account")));
    let secret = answer.session_cookie().unwrap().0;
    assert_eq!(anonymous.with_cookie(&secret).me().await.status, 200);
}

async fn ten_wrong_codes_end_the_code(database: Database) {
    let anonymous = server_on(&database).await;
    anonymous.registered(EMAIL).await;
    let code = issue(&database).await.code.expose_grouped();
    for _ in 0..10 {
        assert_eq!(redeem(&anonymous, "wrong").await.problem(), "invalid-code");
    }
    assert_eq!(redeem(&anonymous, &code).await.problem(), "invalid-code");
    let code = issue(&database).await.code.expose_grouped();
    assert_eq!(redeem(&anonymous, &code).await.status, 200);
    // Every refused code is counted, also without a code or an account.
    let nobody = json!({ "email": "nobody@example.com", "code": "wrong", "new_password": NEW });
    for refused in
        [redeem(&anonymous, "wrong").await, anonymous.post("/auth/new-password", nobody).await]
    {
        assert_eq!(refused.problem(), "invalid-code");
    }
    assert_eq!(database.count("password_code_refusals WHERE refusals = 13").await, 1);
}

async fn racing_uses_of_a_code_sign_in_once(database: Database) {
    let servers = [server_on(&database).await, server_on(&database).await];
    servers[0].registered(EMAIL).await;
    let code = issue(&database).await.code.expose_grouped();
    let mut racers = JoinSet::new();
    for number in 0..10 {
        let (server, code) = (servers[number % 2].clone(), code.clone());
        racers.spawn(async move { redeem(&server, &code).await.status });
    }
    let mut statuses = racers.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401, 401, 401, 401, 401, 401, 401, 401]);
    assert_eq!(database.count("auth_sessions").await, 1);
}

async fn expired_code_is_refused(database: Database) {
    let anonymous = server_on(&database).await;
    anonymous.registered(EMAIL).await;
    let code = issue(&database).await.code.expose_grouped();
    database.execute("UPDATE password_codes SET expires_at = '2026-01-01 00:00:00'").await;
    assert_eq!(redeem(&anonymous, &code).await.problem(), "invalid-code");
}
