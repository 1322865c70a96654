//! Practice sessions over HTTP, on mocks of the ports.

use coach_core::{
    domain::{PracticeSession, PracticeSessionId, PracticeSettings, UserId},
    ports::{Clock as _, RepositoryError},
};
use coach_tests::{Answer, Persona};
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{Mocks, SECRET};

pub const PATH: &str = "/api/sessions";
const ID: &str = "abababab-abab-4bab-abab-abababababab";

pub fn stored(mocks: &Mocks) -> PracticeSession {
    let id = PracticeSessionId::parse(ID).unwrap();
    PracticeSession::start(id, UserId(1), PracticeSettings::default(), mocks.clock.now())
}

/// Starts a server on which every practice session can be started.
async fn starting() -> Persona {
    let mut mocks = Mocks::new();
    mocks.practice_sessions.expect_start().returning(|_| Ok(true));
    mocks.permissive().serve().await.with_token("valid")
}

async fn post(persona: &Persona, path: &str) -> Answer {
    Answer::of(persona.request(Method::POST, path)).await
}

fn unavailable() -> RepositoryError {
    RepositoryError::Unavailable("connection refused".into())
}

#[tokio::test]
async fn start_answers_201_with_the_location_and_every_member_in_order() {
    let persona = starting().await;
    let body = json!({"category_filter": " Product sense ", "mode": "rapid", "timer_minutes": 25});
    let answer = persona.post(PATH, body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), Some(format!("/api/sessions/{id}").as_str()));
    let expected = format!(
        r#"{{"id":"{id}","user_id":1,"category_filter":"Product sense","mode":"rapid","timer_minutes":25,"#
    ) + r#""started_at":"2026-02-13T12:00:00Z","ended_at":null,"questions_count":0,"avg_score":null}"#;
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn absent_null_and_blank_choices_are_the_defaults() {
    let persona = starting().await;
    for body in [
        json!({}),
        json!({"category_filter": null, "mode": null, "timer_minutes": null}),
        json!({"category_filter": " ", "mode": "\t"}),
        // Other members are ignored, these too.
        json!({"questions_count": 9, "avg_score": 5.0, "user_id": 2, "id": ID, "ended_at": "x"}),
    ] {
        let answer = persona.post(PATH, body.clone()).await;
        assert_eq!(answer.status, 201, "{body}: {answer:?}");
        let session = answer.json();
        let member = |name: &str| session[name].clone();
        assert_eq!(member("mode"), "standard", "{body}");
        for name in ["category_filter", "timer_minutes", "ended_at", "avg_score"] {
            assert_eq!(member(name), Value::Null, "{body}");
        }
        assert_eq!((member("questions_count"), member("user_id")), (json!(0), json!(1)));
        assert_ne!(member("id"), ID);
    }
}

#[tokio::test]
async fn longest_choices_are_accepted_and_every_bad_one_is_named() {
    let persona = starting().await;
    let longest =
        json!({"category_filter": "é".repeat(50), "mode": "é".repeat(20), "timer_minutes": 60});
    assert_eq!(persona.post(PATH, longest).await.status, 201);
    assert_eq!(persona.post(PATH, json!({"timer_minutes": 1})).await.status, 201);
    let all =
        json!({"category_filter": "a".repeat(51), "mode": "a".repeat(21), "timer_minutes": 0});
    let answer = persona.post(PATH, all).await;
    assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid-input"));
    let mut fields = answer.bad_fields();
    fields.sort();
    assert_eq!(fields, ["category_filter", "mode", "timer_minutes"]);
    for (body, field) in [
        (json!({"category_filter": 1}), "category_filter"),
        (json!({"category_filter": "a\u{0}b"}), "category_filter"),
        (json!({"mode": ["standard"]}), "mode"),
        (json!({"mode": "a\nb"}), "mode"),
        (json!({"timer_minutes": 61}), "timer_minutes"),
        (json!({"timer_minutes": -1}), "timer_minutes"),
        (json!({"timer_minutes": 1.5}), "timer_minutes"),
        (json!({"timer_minutes": "25"}), "timer_minutes"),
        (json!({"timer_minutes": ""}), "timer_minutes"),
        (json!({"timer_minutes": true}), "timer_minutes"),
        (json!({"timer_minutes": u64::MAX}), "timer_minutes"),
    ] {
        let answer = persona.post(PATH, body.clone()).await;
        assert_eq!(answer.status, 422, "{body}");
        assert_eq!(answer.bad_fields(), [field], "{body}");
    }
}

#[tokio::test]
async fn repeated_member_is_named_and_bad_bodies_are_refused() {
    let persona = starting().await;
    let send = async |content_type: Option<&str>, body: &'static str| {
        let request = persona.request(Method::POST, PATH).body(body);
        Answer::of(match content_type {
            Some(value) => request.header("content-type", value),
            None => request,
        })
        .await
    };
    let json = Some("application/json");
    let repeated = send(json, r#"{"mode": "a", "mode": "b"}"#).await;
    assert_eq!((repeated.status, repeated.bad_fields()), (422, vec!["mode".to_owned()]));
    assert_eq!(send(json, "[]").await.problem(), "invalid-input");
    assert_eq!(send(json, "{").await.problem(), "malformed-body");
    assert_eq!(send(None, "{}").await.problem(), "unsupported-media-type");
    assert_eq!(send(Some("text/plain"), "{}").await.problem(), "unsupported-media-type");
}

#[tokio::test]
async fn form_that_accepts_json_is_read_like_json() {
    let persona = starting().await;
    let submit = async |fields: &[(&str, &str)]| {
        let request = persona.request(Method::POST, PATH).form(fields);
        Answer::of(request.header("accept", "application/json")).await
    };
    let choices = [("category_filter", "Strategy"), ("timer_minutes", "25"), ("mode", "")];
    let answer = submit(&choices).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["category_filter"], "Strategy");
    assert_eq!(
        (&answer.json()["timer_minutes"], &answer.json()["mode"]),
        (&json!(25), &json!("standard"))
    );
    assert_eq!(submit(&[("timer_minutes", "")]).await.json()["timer_minutes"], Value::Null);
    assert_eq!(submit(&[("timer_minutes", "soon")]).await.bad_fields(), ["timer_minutes"]);
}

#[tokio::test]
async fn session_is_shown_and_ended_for_its_owner() {
    let mut mocks = Mocks::new();
    let open = stored(&mocks);
    let mut ended = open.clone();
    ended.end(mocks.clock.now());
    let id = open.id;
    mocks.practice_sessions.expect_find().returning(move |user_id, wanted| {
        assert_eq!((user_id, wanted), (UserId(1), id));
        Ok(Some(open.clone()))
    });
    mocks.practice_sessions.expect_end().returning(move |user_id, wanted, _| {
        assert_eq!((user_id, wanted), (UserId(1), id));
        Ok(Some(ended.clone()))
    });
    let persona = mocks.permissive().serve().await.with_token("valid");
    let shown = persona.get(&format!("{PATH}/{ID}")).await;
    assert_eq!((shown.status, &shown.json()["ended_at"]), (200, &Value::Null));
    let path = format!("{PATH}/{ID}/end");
    for answer in [post(&persona, &path).await, persona.post(&path, json!({})).await] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["ended_at"], "2026-02-13T12:00:00Z");
    }
    let text = persona.request(Method::POST, &path).header("content-type", "text/plain").body("x");
    assert_eq!(Answer::of(text).await.problem(), "unsupported-media-type");
    let head = Answer::of(persona.request(Method::HEAD, &format!("{PATH}/{ID}"))).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn unknown_and_malformed_ids_are_not_found() {
    let mut mocks = Mocks::new();
    mocks.practice_sessions.expect_find().times(1).returning(|_, _| Ok(None));
    mocks.practice_sessions.expect_end().times(1).returning(|_, _, _| Ok(None));
    let persona = mocks.permissive().serve().await.with_token("valid");
    // Malformed ids do not reach the repository.
    for id in [ID, &ID.to_uppercase(), "1", "no%20id", "%00", "null"] {
        let shown = persona.get(&format!("{PATH}/{id}")).await;
        assert_eq!((shown.status, shown.problem().as_str()), (404, "not-found"), "{id}");
        let ended = post(&persona, &format!("{PATH}/{id}/end")).await;
        assert_eq!((ended.status, ended.problem().as_str()), (404, "not-found"), "{id}");
    }
}

/// ASVS 8.2.1, 8.3.1.
#[tokio::test]
async fn every_route_needs_a_credential_first() {
    let anonymous = Mocks::new().permissive().serve().await;
    let id = format!("{PATH}/{ID}");
    let invalid = anonymous.with_token("expired");
    for (persona, kind) in [(anonymous, "authentication-required"), (invalid, "invalid-token")] {
        for answer in [
            // The bad parameter and the bad body are not looked at.
            persona.get(&format!("{PATH}?limit=0")).await,
            persona.post(PATH, json!({"timer_minutes": 0})).await,
            persona.get(&id).await,
            post(&persona, &format!("{id}/end")).await,
        ] {
            assert_eq!((answer.status, answer.problem().as_str()), (401, kind));
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
    }
}

#[tokio::test]
async fn cookie_is_a_credential_unless_the_request_is_cross_site() {
    let mut browser = starting().await.with_cookie(SECRET);
    browser.token = None;
    let send = async |site: &str| {
        let request = browser.request(Method::POST, PATH).json(&json!({}));
        Answer::of(request.header("sec-fetch-site", site)).await
    };
    assert_eq!(send("same-origin").await.status, 201);
    assert_eq!(send("cross-site").await.problem(), "cross-site");
    let end = browser.request(Method::POST, &format!("{PATH}/{ID}/end"));
    let end = Answer::of(end.header("sec-fetch-site", "same-site")).await;
    assert_eq!(end.problem(), "cross-site");
}

#[tokio::test]
async fn account_that_goes_during_the_request_makes_its_credential_invalid() {
    let mut mocks = Mocks::new();
    mocks.practice_sessions.expect_start().returning(|_| Ok(false));
    let persona = mocks.permissive().serve().await;
    let by_token = persona.with_token("valid").post(PATH, json!({})).await;
    assert_eq!((by_token.status, by_token.problem().as_str()), (401, "invalid-token"));
    let by_cookie = persona.with_cookie(SECRET).post(PATH, json!({})).await;
    assert_eq!(by_cookie.problem(), "authentication-required");
}

/// ASVS 16.5.3.
#[tokio::test]
async fn database_that_cannot_be_reached_is_503() {
    let mut mocks = Mocks::new();
    mocks.practice_sessions.expect_start().returning(|_| Err(unavailable()));
    mocks.practice_sessions.expect_list().returning(|_, _| Err(unavailable()));
    mocks.practice_sessions.expect_find().returning(|_, _| Err(unavailable()));
    mocks.practice_sessions.expect_end().returning(|_, _, _| Err(unavailable()));
    let persona = mocks.permissive().serve().await.with_token("valid");
    let id = format!("{PATH}/{ID}");
    for answer in [
        persona.post(PATH, json!({})).await,
        persona.get(PATH).await,
        persona.get(&id).await,
        post(&persona, &format!("{id}/end")).await,
    ] {
        assert_eq!((answer.status, answer.problem().as_str()), (503, "database-unavailable"));
        assert!(answer.header("retry-after").is_some());
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let persona = Mocks::new().permissive().serve().await.with_token("valid");
    for (method, path, allow) in [
        (Method::DELETE, PATH.to_owned(), "GET, HEAD, POST"),
        (Method::DELETE, format!("{PATH}/{ID}"), "GET, HEAD"),
        (Method::GET, format!("{PATH}/{ID}/end"), "POST"),
    ] {
        let answer = Answer::of(persona.request(method, &path)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{path}");
    }
    assert_eq!(persona.get(&format!("{PATH}/")).await.problem(), "not-found");
}
