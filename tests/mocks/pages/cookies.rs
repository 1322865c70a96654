//! The session cookie.

use chrono::TimeDelta;
use coach_core::domain::{NewAuthSession, SessionSecret};
use coach_tests::{Answer, COOKIE, PASSWORD};
use reqwest::Method;

use super::{anonymous, header, visitor};
use crate::fixture::{EMAIL, Mocks, SECRET, user, user_session};

/// ASVS 3.3.1, 3.3.3.
#[tokio::test]
async fn https_cookie_is_secure_and_bound_to_the_host() {
    let mut mocks = Mocks::new().permissive();
    mocks.http.public_origin = "https://coach.example".to_owned();
    let anonymous = mocks.serve().await;
    let login = [("email", EMAIL), ("password", PASSWORD)];
    let answer = anonymous.submit("/auth/login", &login).await;
    let cookie = header(&answer, "set-cookie");
    assert!(cookie.starts_with("__Host-pm_coach_session="), "{cookie}");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592000"),
        "{cookie}"
    );
    let me = anonymous.request(Method::GET, "/auth/me");
    assert_eq!(
        Answer::of(me.header("cookie", format!("__Host-{COOKIE}={SECRET}"))).await.status,
        200
    );
    assert_eq!(anonymous.with_cookie(SECRET).me().await.status, 401);
}

/// ASVS 7.2.4.
#[tokio::test]
async fn form_login_replaces_the_session_of_the_browser() {
    let mut mocks = Mocks::new();
    let clock = mocks.clock.clone();
    mocks
        .sessions
        .expect_begin()
        .withf(|_, _, NewAuthSession { secret, replaces, .. }| {
            secret.as_ref().is_some_and(|secret| secret.expose() != SECRET)
                && replaces.iter().map(SessionSecret::expose).eq([SECRET])
        })
        .times(1)
        .returning(move |_, _, _| Ok(Some(user(&clock))));
    let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
    let login = [("email", EMAIL), ("password", PASSWORD)];
    assert_eq!(visitor.submit("/auth/login", &login).await.status, 303);
}

#[tokio::test]
async fn form_login_with_several_cookies_replaces_all_their_sessions() {
    let mut mocks = Mocks::new();
    let (clock, both) = (mocks.clock.clone(), [SECRET.to_owned(), SECRET.replace('5', "6")]);
    mocks
        .sessions
        .expect_begin()
        .withf(move |_, _, session| {
            session.replaces.iter().map(SessionSecret::expose).eq(both.iter().map(String::as_str))
        })
        .times(1)
        .returning(move |_, _, _| Ok(Some(user(&clock))));
    let anonymous = mocks.permissive().serve().await;
    let login = [("email", EMAIL), ("password", PASSWORD)];
    let request = anonymous.request(Method::POST, "/auth/login").form(&login);
    let cookies = format!("{COOKIE}={SECRET}; {COOKIE}={}", SECRET.replace('5', "6"));
    let answer = Answer::of(request.header("cookie", cookies)).await;
    assert_eq!(answer.status, 303);
    assert!(answer.session_cookie().is_some_and(|(secret, _)| secret != SECRET));
}

#[tokio::test]
async fn api_accepts_the_cookie_but_prefers_the_authorization_header() {
    let visitor = visitor().await;
    assert_eq!(visitor.me().await.json()["email"], EMAIL);
    assert_eq!(visitor.with_token("valid").with_cookie("planted").me().await.status, 200);
    assert_eq!(visitor.with_token("forged").me().await.problem(), "invalid-token");
    let logged_out = visitor.logout().await;
    assert_eq!((logged_out.status, logged_out.session_cookie().unwrap().0.as_str()), (204, ""));
    assert!(logged_out.header("clear-site-data").is_some());
}

#[tokio::test]
async fn invalid_cookie_is_refused_like_a_missing_credential() {
    let anonymous = anonymous().await;
    let id = "07070707-0707-4707-8707-070707070707";
    for value in ["valid", "", id, &SECRET.to_uppercase(), &SECRET[1..], &format!("{SECRET}0")] {
        let answer = anonymous.with_cookie(value).me().await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (401, "authentication-required"),
            "{value}"
        );
        assert_eq!(header(&answer, "www-authenticate"), "Bearer");
    }
    assert_eq!(anonymous.with_token(SECRET).me().await.status, 401);
    let two = anonymous
        .request(Method::GET, "/auth/me")
        .header("cookie", format!("{COOKIE}={SECRET}; {COOKIE}=x"));
    assert_eq!(Answer::of(two).await.status, 401);
}

#[tokio::test]
async fn use_of_a_session_does_not_set_its_cookie_again() {
    for path in ["/", "/auth/me"] {
        let mut mocks = Mocks::new();
        let clock = mocks.clock.clone();
        let begun = user_session(&clock);
        mocks.sessions.expect_find_by_secret().returning(move |_| Ok(Some(begun.clone())));
        mocks.sessions.expect_touch().times(1).returning(|_, _| Ok(()));
        let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
        clock.advance(TimeDelta::minutes(5));
        let answer = visitor.visit(path).await;
        assert_eq!((answer.status, answer.session_cookie()), (200, None));
    }
}
