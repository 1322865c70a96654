//! Practice sessions on real databases.

use coach_tests::{Answer, PASSWORD, Persona};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{databases::Database, on_both_databases, server::server_on};

on_both_databases! {
    user_starts_shows_and_ends_a_practice_session
    every_route_is_for_the_owner_alone
    pages_stay_right_while_sessions_are_added
    filters_combine_and_a_cursor_is_for_its_own_list
    racing_ends_all_answer_with_the_same_time
    deleted_account_takes_its_practice_sessions_along
    sql_in_a_choice_is_treated_as_text
}

const PATH: &str = "/api/sessions";

async fn two_users(database: &Database) -> (Persona, Persona) {
    let anonymous = server_on(database).await;
    (anonymous.registered("a@example.com").await, anonymous.registered("b@example.com").await)
}

async fn start(persona: &Persona, body: Value) -> Value {
    let started = persona.post(PATH, body).await;
    assert_eq!(started.status, 201, "{started:?}");
    started.json()
}

/// Starts sessions one after another. Returns their ids, newest first.
async fn start_many(persona: &Persona, count: usize) -> Vec<Value> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.insert(0, start(persona, json!({})).await["id"].clone());
    }
    ids
}

async fn end(persona: &Persona, id: &Value) -> Answer {
    let path = format!("{PATH}/{}/end", id.as_str().unwrap());
    Answer::of(persona.request(Method::POST, &path)).await
}

async fn list(persona: &Persona, query: &str) -> (Vec<Value>, Option<String>) {
    let answer = persona.get(&format!("{PATH}?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    let page = answer.json();
    let ids = page["sessions"].as_array().unwrap().iter().map(|session| session["id"].clone());
    (ids.collect(), page["next_cursor"].as_str().map(str::to_owned))
}

async fn user_starts_shows_and_ends_a_practice_session(database: Database) {
    let (persona, _) = two_users(&database).await;
    let body = json!({"category_filter": "Strategy", "mode": "rapid", "timer_minutes": 5});
    let started = persona.post(PATH, body).await;
    assert_eq!(started.status, 201);
    let location = started.header("location").unwrap().to_owned();
    let session = started.json();
    assert_eq!(session["user_id"], persona.me().await.json()["id"]);
    assert_eq!((&session["ended_at"], &session["timer_minutes"]), (&Value::Null, &json!(5)));
    assert_eq!(persona.get(&location).await.json(), session);

    let ended = end(&persona, &session["id"]).await;
    assert_eq!(ended.status, 200);
    assert!(ended.json()["ended_at"].as_str().unwrap().ends_with('Z'));
    let again = end(&persona, &session["id"]).await;
    assert_eq!((again.status, again.text.as_str()), (200, ended.text.as_str()));
    assert_eq!(persona.get(&location).await.text, ended.text);
    assert_eq!(persona.get(PATH).await.json()["sessions"], json!([ended.json()]));
}

/// ASVS 8.2.2.
async fn every_route_is_for_the_owner_alone(database: Database) {
    let (owner, stranger) = two_users(&database).await;
    let id = start(&owner, json!({})).await["id"].clone();
    let path = format!("{PATH}/{}", id.as_str().unwrap());
    let unknown = format!("{PATH}/00000000-0000-4000-8000-000000000000");
    let mut answers = [stranger.get(&path).await, stranger.get(&unknown).await];
    assert_eq!(answers[0].problem(), "not-found");
    for answer in &mut answers {
        answer.headers.clear();
    }
    assert_eq!(answers[0].text, answers[1].text);
    assert_eq!(end(&stranger, &id).await.problem(), "not-found");
    assert_eq!(list(&stranger, "").await, (vec![], None));
    assert_eq!(owner.get(&path).await.json()["ended_at"], Value::Null);
    owner.logout().await;
    assert_eq!(owner.get(&path).await.problem(), "invalid-token");
}

async fn pages_stay_right_while_sessions_are_added(database: Database) {
    let (persona, stranger) = two_users(&database).await;
    let ids = start_many(&persona, 9).await;
    let (mut listed, mut cursor) = (Vec::new(), None);
    loop {
        let query = match &cursor {
            None => "limit=4".to_owned(),
            Some(cursor) => format!("limit=4&cursor={cursor}"),
        };
        let (page, next) = list(&persona, &query).await;
        listed.extend(page);
        start_many(&persona, 3).await;
        start_many(&stranger, 1).await;
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, ids);
    assert_eq!(list(&persona, "limit=100").await.0.len(), 18);
}

async fn filters_combine_and_a_cursor_is_for_its_own_list(database: Database) {
    let (persona, stranger) = two_users(&database).await;
    for category in ["a", "b", "a", "b", "a"] {
        let session = start(&persona, json!({ "category_filter": category })).await;
        if category == "a" {
            end(&persona, &session["id"]).await;
        }
    }
    let open_a = start(&persona, json!({"category_filter": "a"})).await["id"].clone();
    assert_eq!(list(&persona, "category=a&state=open").await.0, [open_a]);
    let (first, cursor) = list(&persona, "category=a&state=ended&limit=2").await;
    let cursor = cursor.unwrap();
    let (rest, end) = list(&persona, &format!("category=a&state=ended&cursor={cursor}")).await;
    assert_eq!((first.len(), rest.len(), end), (2, 1, None));
    for (persona, query) in [
        (&persona, format!("category=a&cursor={cursor}")),
        (&persona, format!("category=b&state=ended&cursor={cursor}")),
        (&persona, format!("category=a&state=open&cursor={cursor}")),
        (&persona, format!("category=a&state=ended&cursor={cursor}A")),
        (&persona, format!("category=a&state=ended&cursor=B{}", &cursor[1..])),
        (&stranger, format!("category=a&state=ended&cursor={cursor}")),
    ] {
        let answer = persona.get(&format!("{PATH}?{query}")).await;
        assert_eq!(
            (answer.status, answer.bad_fields()),
            (422, vec!["cursor".to_owned()]),
            "{query}"
        );
    }
    // Another server with the same key accepts it.
    let there = server_on(&database).await.with_token(persona.token.as_ref().unwrap());
    let (elsewhere, _) = list(&there, &format!("category=a&state=ended&cursor={cursor}")).await;
    assert_eq!(elsewhere, rest);
}

async fn racing_ends_all_answer_with_the_same_time(database: Database) {
    let (persona, _) = two_users(&database).await;
    let elsewhere = server_on(&database).await.with_token(persona.token.as_ref().unwrap());
    let id = start(&persona, json!({})).await["id"].clone();
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..16 {
        let (client, id) = ([&persona, &elsewhere][number % 2].clone(), id.clone());
        racers.spawn(async move { end(&client, &id).await });
    }
    let answers = racers.join_all().await;
    let path = format!("{PATH}/{}", id.as_str().unwrap());
    let stored = persona.get(&path).await.text;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == stored));
}

async fn deleted_account_takes_its_practice_sessions_along(database: Database) {
    let (persona, stranger) = two_users(&database).await;
    start_many(&persona, 3).await;
    start_many(&stranger, 1).await;
    let body = json!({ "current_password": PASSWORD });
    let delete = persona.request(Method::DELETE, "/auth/me").json(&body);
    assert_eq!(Answer::of(delete).await.status, 204);
    assert_eq!(database.count("practice_sessions").await, 1);
    assert_eq!(persona.post(PATH, json!({})).await.problem(), "invalid-token");
    assert_eq!(list(&stranger, "").await.0.len(), 1);
}

/// ASVS 1.2.4.
async fn sql_in_a_choice_is_treated_as_text(database: Database) {
    let (persona, _) = two_users(&database).await;
    let sql = "'; DROP TABLE users; --";
    let id = start(&persona, json!({ "category_filter": sql })).await["id"].clone();
    start(&persona, json!({})).await;
    assert_eq!(list(&persona, "category=%27;+DROP+TABLE+users;+--").await.0, [id]);
    assert_eq!(list(&persona, "category=%25").await.0, [Value::Null; 0]);
    let injected = persona.get(&format!("{PATH}/%27%20OR%201=1%20--")).await;
    assert_eq!(injected.problem(), "not-found");
}
