//! Refresh tokens, with a test clock.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use coach_core::{
    domain::{AuthEvent, AuthSession, Refusal, UserSession},
    ports::Spend,
};
use coach_tests::{Answer, Persona, TestAuditLog, TestClock};
use serde_json::json;

use crate::fixture::{Mocks, session, user};

const INSTANT: TimeDelta = TimeDelta::microseconds(1);

/// A server whose repository has one session and keeps its refresh generation.
struct Refreshing {
    client: Persona,
    clock: TestClock,
    audit_log: TestAuditLog,
    stored: Arc<Mutex<Option<AuthSession>>>,
}

async fn refreshing() -> Refreshing {
    let mut mocks = Mocks::new();
    let (clock, audit_log) = (mocks.clock.clone(), mocks.audit_log.clone());
    let stored = Arc::new(Mutex::new(Some(session(&clock))));
    let owner = user(&clock);
    mocks.sessions.expect_find().returning({
        let (stored, owner) = (stored.clone(), owner.clone());
        move |id| {
            let found = stored.lock().unwrap().filter(|session| session.id == id);
            Ok(found.map(|session| UserSession { session, user: owner.clone() }))
        }
    });
    let spends: Arc<Mutex<Vec<DateTime<Utc>>>> = Arc::default();
    mocks.sessions.expect_spend().returning({
        let stored = stored.clone();
        move |id, generation, at| {
            let (mut stored, mut spends) = (stored.lock().unwrap(), spends.lock().unwrap());
            let Some(session) = stored.as_mut().filter(|session| session.id == id) else {
                return Ok(Spend::Gone);
            };
            if let Some(time) = spends.get(generation as usize) {
                return Ok(Spend::SpentAt(*time));
            }
            if session.refresh_generation != generation {
                return Ok(Spend::Gone);
            }
            session.refresh_generation += 1;
            session.last_seen_at = at;
            spends.push(at);
            Ok(Spend::First)
        }
    });
    mocks.sessions.expect_end().returning({
        let stored = stored.clone();
        move |_, _| Ok(stored.lock().unwrap().take().is_some())
    });
    let client = mocks.permissive().serve().await;
    Refreshing { client, clock, audit_log, stored }
}

impl Refreshing {
    async fn refresh(&self, generation: u32) -> Answer {
        let token = format!("{}/{generation}", session(&self.clock).id);
        self.client.post("/auth/refresh", json!({ "refresh_token": token })).await
    }
}

fn generation(answer: &Answer) -> String {
    let token = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    token.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn refresh_token_is_exchanged_for_new_tokens() {
    let server = refreshing().await;
    for spent in 0..3 {
        let answer = server.refresh(spent).await;
        assert_eq!((answer.status, generation(&answer)), (200, (spent + 1).to_string()));
        let body = answer.json();
        assert_eq!(
            (&body["access_token"], &body["token_type"]),
            (&json!("valid"), &json!("bearer"))
        );
        assert_eq!((&body["expires_in"], &body["user"]["id"]), (&json!(1800), &json!(1)));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let AuthSession { id: session_id, user_id, .. } = session(&server.clock);
        assert_eq!(server.audit_log.take(), [AuthEvent::Refreshed { user_id, session_id }]);
    }
}

#[tokio::test]
async fn spent_token_gets_the_same_successor_within_the_grace_time() {
    let server = refreshing().await;
    let first = server.refresh(0).await;
    for wait in [TimeDelta::zero(), TimeDelta::seconds(9), TimeDelta::seconds(1)] {
        server.clock.advance(wait);
        let again = server.refresh(0).await;
        assert_eq!((again.status, generation(&again)), (200, generation(&first)));
    }
    assert_eq!(server.refresh(1).await.status, 200);
}

#[tokio::test]
async fn spent_token_ends_the_session_after_the_grace_time() {
    let server = refreshing().await;
    server.refresh(0).await;
    server.clock.advance(TimeDelta::seconds(10) + INSTANT);
    server.audit_log.take();
    let replay = server.refresh(0).await;
    assert_eq!((replay.status, replay.problem().as_str()), (401, "invalid-refresh-token"));
    assert_eq!(replay.header("www-authenticate"), Some("Bearer"));
    let AuthSession { id: session_id, user_id, .. } = session(&server.clock);
    assert_eq!(server.audit_log.take(), [AuthEvent::RefreshReplayed { user_id, session_id }]);
    assert_eq!(server.refresh(1).await.problem(), "invalid-refresh-token");
    assert!(server.stored.lock().unwrap().is_none());
}

#[tokio::test]
async fn each_token_has_its_own_grace_time() {
    let server = refreshing().await;
    // Spent at 0, 5 and 9 seconds.
    for (spent, wait) in [(0, 5), (1, 4), (2, 0)] {
        assert_eq!(generation(&server.refresh(spent).await), (spent + 1).to_string());
        server.clock.advance(TimeDelta::seconds(wait));
    }
    server.clock.advance(TimeDelta::seconds(1));
    for spent in [0, 1, 2] {
        assert_eq!(generation(&server.refresh(spent).await), (spent + 1).to_string());
    }
    server.clock.advance(INSTANT);
    for spent in [1, 2] {
        assert_eq!(generation(&server.refresh(spent).await), (spent + 1).to_string());
    }
    assert_eq!(server.refresh(0).await.problem(), "invalid-refresh-token");
    assert!(server.stored.lock().unwrap().is_none());
}

#[tokio::test]
async fn refresh_counts_as_a_use_and_an_expired_session_cannot_be_refreshed() {
    let server = refreshing().await;
    for spent in 0..4 {
        server.clock.advance(TimeDelta::days(7) - INSTANT);
        assert_eq!(server.refresh(spent).await.status, 200, "{spent}");
    }
    server.clock.advance(TimeDelta::days(2) + INSTANT * 4);
    assert_eq!(server.refresh(4).await.status, 401);
    // An expired session is not a replay, so nothing was ended.
    assert!(server.stored.lock().unwrap().is_some());

    let server = refreshing().await;
    server.clock.advance(TimeDelta::days(7));
    assert_eq!(server.refresh(0).await.status, 401);
}

#[tokio::test]
async fn refresh_that_races_a_logout_is_not_a_replay() {
    let mut mocks = Mocks::new();
    let (clock, audit_log) = (mocks.clock.clone(), mocks.audit_log.clone());
    let session_id = session(&clock).id;
    mocks.sessions.expect_spend().times(1).returning(|_, _, _| Ok(Spend::Gone));
    mocks.sessions.expect_end().never();
    let client = mocks.permissive().serve().await;
    let token = format!("{session_id}/0");
    let answer = client.post("/auth/refresh", json!({ "refresh_token": token })).await;
    assert_eq!((answer.status, answer.problem().as_str()), (401, "invalid-refresh-token"));
    let (session_id, reason) = (Some(session_id), Refusal::SessionEnded);
    let refused = AuthEvent::CredentialRefused { session_id, reason };
    assert_eq!(audit_log.take(), [refused]);
}

#[tokio::test]
async fn access_token_never_outlives_its_session() {
    let server = refreshing().await;
    for generation in 0..4 {
        server.clock.advance(TimeDelta::days(6));
        assert_eq!(server.refresh(generation).await.json()["expires_in"], 1800);
    }
    server.clock.advance(TimeDelta::days(6) - TimeDelta::milliseconds(600_500));
    assert_eq!(server.refresh(4).await.json()["expires_in"], 600);
}

#[tokio::test]
async fn malformed_and_missing_refresh_tokens_are_refused() {
    let server = refreshing().await;
    for token in ["", "valid", "pmc_rt_", "a/b", &"x".repeat(10_000), "\u{0}"] {
        let answer = server.client.post("/auth/refresh", json!({ "refresh_token": token })).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "invalid-refresh-token"));
    }
    for body in [json!({}), json!({ "refresh_token": null }), json!({ "refresh_token": 1 })] {
        let answer = server.client.post("/auth/refresh", body).await;
        assert_eq!((answer.status, answer.bad_fields()), (422, vec!["refresh_token".to_owned()]));
    }
    assert!(server.stored.lock().unwrap().is_some());
    // A refresh token is not accepted as an access token.
    let token = format!("{}/0", session(&server.clock).id);
    assert_eq!(server.client.with_token(&token).me().await.status, 401);
}
