//! Signing out.

use std::sync::{Arc, Mutex};

use coach_core::{domain::SessionSecret, ports::RepositoryError};
use coach_tests::{Answer, COOKIE};
use reqwest::Method;

use super::header;
use crate::fixture::{Mocks, SECRET, session};

/// ASVS 7.4.1, 14.3.1.
#[tokio::test]
async fn form_logout_ends_the_session_and_clears_the_cookie_and_cache() {
    let mut mocks = Mocks::new();
    let clock = mocks.clock.clone();
    mocks
        .sessions
        .expect_end_by_secrets()
        .withf(|secrets| secrets.iter().map(SessionSecret::expose).eq([SECRET]))
        .times(1)
        .returning(move |_| Ok(vec![(session(&clock).user_id, session(&clock).id)]));
    let anonymous = mocks.permissive().serve().await;
    for persona in [anonymous.with_cookie(SECRET), anonymous.with_cookie("planted"), anonymous] {
        let answer = persona.submit("/auth/logout", &[]).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/auth/login")));
        let (value, attributes) = answer.session_cookie().unwrap();
        assert_eq!(
            (value.as_str(), attributes.as_str()),
            ("", "HttpOnly; SameSite=Lax; Path=/; Max-Age=0")
        );
        assert_eq!(header(&answer, "clear-site-data"), r#""cache""#);
    }
}

#[tokio::test]
async fn logout_ends_every_presented_session() {
    let mut mocks = Mocks::new();
    let (ended, clock) = (Arc::new(Mutex::new(Vec::new())), mocks.clock.clone());
    let by_secret = ended.clone();
    mocks.sessions.expect_end_by_secrets().returning(move |secrets| {
        let secrets = secrets.iter().map(|secret| secret.expose().to_owned());
        by_secret.lock().unwrap().extend(secrets);
        Ok(Vec::new())
    });
    let by_token = ended.clone();
    mocks.sessions.expect_end().times(2).returning(move |_, id| {
        assert_eq!(id, session(&clock).id);
        by_token.lock().unwrap().push("token".to_owned());
        Ok(true)
    });
    let other = SECRET.replace('5', "6");
    let bearer = mocks.permissive().serve().await.with_token("valid");
    for form in [true, false] {
        let mut request = bearer.request(Method::POST, "/auth/logout");
        request = request.header("cookie", format!("{COOKIE}={SECRET}; {COOKIE}={other}"));
        let answer = Answer::of(if form { request.form(&[("", "")]) } else { request }).await;
        assert_eq!(answer.status, if form { 303 } else { 204 });
        assert_eq!(answer.session_cookie().unwrap().0, "");
        let ended = std::mem::take(&mut *ended.lock().unwrap());
        assert_eq!(ended, ["token", SECRET, &other]);
    }
}

#[tokio::test]
async fn failed_logout_keeps_the_cookie() {
    let mut mocks = Mocks::new();
    let unreachable = || RepositoryError::Unavailable("gone".into());
    mocks.sessions.expect_end_by_secrets().returning(move |_| Err(unreachable()));
    let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
    let answer = visitor.submit("/auth/logout", &[]).await;
    answer.assert_page(503);
    assert_eq!((answer.session_cookie(), answer.header("clear-site-data")), (None, None));
}
