use coach_tests::{Answer, PASSWORD, Persona};
use reqwest::Method;
use serde_json::json;

use crate::server::RunningServer;

#[tokio::test(flavor = "multi_thread")]
async fn account_and_session_survive_a_sigkill() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    let persona = server.anonymous.registered("test@example.com").await;
    server.kill();

    let server = RunningServer::start(directory.path(), &[]);
    assert_eq!(server.anonymous.login("test@example.com", PASSWORD).await.status, 200);
    // The session and the signing key survived too.
    let restarted = server.anonymous.with_token(persona.token.as_ref().unwrap());
    assert_eq!(restarted.me().await.status, 200);
    assert_eq!(server.anonymous.register("test@example.com").await.status, 409);
}

async fn try_to_register(anonymous: &Persona, email: &str) -> Option<Answer> {
    let body = json!({ "email": email, "password": PASSWORD });
    let response =
        anonymous.request(Method::POST, "/auth/register").json(&body).send().await.ok()?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Some(Answer { status, headers, text: response.text().await.ok()? })
}

/// ASVS 2.3.3.
#[tokio::test(flavor = "multi_thread")]
async fn sigkill_during_registrations_keeps_answered_ones_and_leaves_no_partial_ones() {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), &[]);
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..30 {
        let anonymous = server.anonymous.clone();
        racers.spawn(async move {
            let email = format!("test{number}@example.com");
            let answer = try_to_register(&anonymous, &email).await;
            (email, answer.is_some_and(|answer| answer.status == 201))
        });
    }
    // Kills the server after the third answer, while others are pending.
    let mut server = Some(server);
    let mut answered = 0;
    let mut outcomes = Vec::new();
    while let Some(outcome) = racers.join_next().await {
        let outcome = outcome.unwrap();
        answered += usize::from(outcome.1);
        if answered == 3
            && let Some(server) = server.take()
        {
            server.kill();
        }
        outcomes.push(outcome);
    }
    assert!(answered >= 3);

    let server = RunningServer::start(directory.path(), &[]);
    for (email, was_answered) in outcomes {
        let login = server.anonymous.login(&email, PASSWORD).await.status;
        let register = server.anonymous.register(&email).await.status;
        match login {
            200 => assert_eq!(register, 409, "{email}"),
            401 => assert_eq!((was_answered, register), (false, 201), "{email}"),
            other => panic!("{email}: {other}"),
        }
    }
}
