//! What a page says once about the request before.

use coach_tests::{Answer, COOKIE, PASSWORD, Persona};
use reqwest::Method;

use super::{anonymous, header, submit_by_htmx, visitor};
use crate::fixture::{EMAIL, Mocks, SECRET};

/// Returns the value of the notice's cookie in a response, empty if it is cleared.
fn sealed(answer: &Answer) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let mut found = cookies.filter_map(|cookie| {
        let (value, attributes) =
            cookie.to_str().unwrap().strip_prefix("pm_coach_session_notice=")?.split_once("; ")?;
        assert!(attributes.starts_with("HttpOnly; SameSite=Lax; Path=/; Max-Age="), "{attributes}");
        Some(value.to_owned())
    });
    found.next_back()
}

/// Returns the name of the notice in a response, empty if it is cleared.
fn notice(answer: &Answer) -> Option<String> {
    sealed(answer).map(|value| value.split('.').next().unwrap().to_owned())
}

/// Visits a page with the cookie of a notice, and with the session cookie if there is one.
async fn visit_with(persona: &Persona, path: &str, notice: &str) -> Answer {
    let cookies = [
        persona.cookie.as_ref().map(|secret| format!("{COOKIE}={secret}")),
        Some(format!("{COOKIE}_notice={notice}")),
    ];
    let mut persona = persona.clone();
    persona.cookie = None;
    let cookies: Vec<_> = cookies.into_iter().flatten().collect();
    let request = persona.request(Method::GET, path).header("accept", "text/html");
    Answer::of(request.header("cookie", cookies.join("; "))).await
}

#[tokio::test]
async fn every_action_announces_itself_on_the_next_page() {
    let mut mocks = Mocks::new();
    mocks.sessions.expect_end_others().returning(|_, _| Ok(1));
    let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
    let login = [("email", EMAIL), ("password", PASSWORD)];
    let session = "07070707-0707-4707-8707-070707070707";
    for (path, fields, expected) in [
        ("/auth/login", &login[..], None),
        ("/auth/register", &login, Some("account-created")),
        ("/auth/logout", &[], Some("signed-out")),
        ("/account/sessions", &[("session", "unknown")], Some("session-ended")),
        ("/account/sessions", &[("session", session)], Some("signed-out")),
        ("/account/sessions", &[("session", "others")], Some("other-sessions-ended")),
    ] {
        let answer = visitor.submit(path, fields).await;
        assert_eq!((answer.status, notice(&answer).as_deref()), (303, expected), "{path}");
        let by_htmx = submit_by_htmx(&visitor, path, fields).await;
        assert_eq!((by_htmx.status, notice(&by_htmx).as_deref()), (204, expected), "{path}");
    }
    let refused = visitor.submit("/auth/login", &[("email", EMAIL)]).await;
    assert_eq!((refused.status, notice(&refused)), (422, None));
}

#[tokio::test]
async fn notice_is_shown_once_by_the_next_page() {
    let anonymous = anonymous().await;
    let page = visit_with(&anonymous, "/auth/login", "signed-out").await;
    page.assert_page(200);
    assert!(page.text.contains(r#"<p role="status" data-notice"#), "{}", page.text);
    assert!(page.text.contains("You are signed out."));
    assert_eq!(notice(&page).as_deref(), Some(""));
    let again = anonymous.visit("/auth/login").await;
    assert!(!again.text.contains("data-notice") && notice(&again).is_none());
    let visitor = visitor().await;
    let saved = saved(&visitor).await;
    let account = visit_with(&visitor, "/account", &saved).await;
    assert!(account.text.contains("Session signed out."), "{}", account.text);
}

/// Returns the notice of a session that the visitor has ended.
async fn saved(visitor: &Persona) -> String {
    let answer = visitor.submit("/account/sessions", &[("session", "unknown")]).await;
    sealed(&answer).unwrap()
}

/// Another host of the domain can set the cookie, but it does not know the session.
#[tokio::test]
async fn forged_notice_is_not_shown() {
    let (anonymous, visitor) = (anonymous().await, visitor().await);
    let other = SECRET.replace('5', "6");
    let of_another = saved(&visitor).await;
    for value in ["account-deleted", "password-changed", "your-session-ended", &of_another] {
        for persona in [&anonymous, &anonymous.with_cookie(&other), &visitor] {
            if value == of_another && persona.cookie == visitor.cookie {
                continue;
            }
            let page = visit_with(persona, "/", value).await;
            let has_ended = page.text.contains("Your session has ended. Sign in again.");
            assert_eq!(page.text.contains("data-notice"), has_ended, "{value}: {}", page.text);
            assert_eq!(has_ended, persona.cookie.as_ref() == Some(&other), "{value}");
        }
    }
    // This one is true for everyone who has no session.
    let page = visit_with(&visitor, "/", "signed-out").await;
    assert!(!page.text.contains("data-notice"));
}

#[tokio::test]
async fn notice_waits_for_a_page_that_shows_it() {
    let visitor = visitor().await;
    let saved = saved(&visitor).await;
    // A redirect, a page that HTMX cuts a part from, an error page, the API and a page without its body.
    for (method, path, by_htmx) in [
        (Method::GET, "/auth/login", false),
        (Method::GET, "/account", true),
        (Method::GET, "/nothing", false),
        (Method::GET, "/auth/me", false),
        (Method::HEAD, "/", false),
    ] {
        let mut request = visitor.request(method, path).header("accept", "text/html");
        request = request.header("cookie", format!("{COOKIE}_notice={saved}"));
        if by_htmx {
            request = request.header("hx-request", "true");
        }
        let answer = Answer::of(request).await;
        assert_eq!(notice(&answer), None, "{path}");
        assert!(!answer.text.contains("data-notice"), "{path}");
    }
}

#[tokio::test]
async fn unknown_notice_shows_nothing() {
    let anonymous = anonymous().await;
    for value in ["", "Signed-Out", "signed-out2", "<b>", "Call%20555"] {
        let page = visit_with(&anonymous, "/", value).await;
        assert!(!page.text.contains("data-notice"), "{value}");
        assert!(!page.text.contains("555"), "{value}");
    }
}

#[tokio::test]
async fn landing_and_sign_in_pages_say_that_a_session_has_ended_and_clear_its_cookie() {
    let anonymous = anonymous().await;
    let dead = anonymous.with_cookie(&SECRET.replace('5', "6"));
    for path in ["/", "/auth/login"] {
        let ended = dead.visit(path).await;
        ended.assert_page(200);
        assert!(ended.text.contains("Your session has ended. Sign in again."), "{path}");
        assert_eq!(ended.session_cookie().unwrap().0, "");
        assert_eq!(header(&ended, "clear-site-data"), r#""cache""#);
        let new = anonymous.visit(path).await;
        assert!(!new.text.contains("has ended") && new.session_cookie().is_none());
        // Someone who signs out knows why.
        let signed_out = visit_with(&anonymous, path, "signed-out").await;
        assert!(!signed_out.text.contains("has ended"));
    }
}

#[tokio::test]
async fn deletion_is_announced_to_the_session_that_it_ended() {
    let anonymous = Mocks::new().permissive().serve_on_memory().await;
    let login = [("email", EMAIL), ("password", PASSWORD)];
    let registered = anonymous.submit("/auth/register", &login).await;
    let browser = anonymous.with_cookie(&registered.session_cookie().unwrap().0);
    let fields = [("current_password", PASSWORD)];
    let deleted = browser.submit("/account/delete", &fields).await;
    let value = sealed(&deleted).unwrap();
    assert!(value.starts_with("account-deleted."), "{value}");
    let page = visit_with(&browser, "/", &value).await;
    assert!(page.text.contains("Your account and all its data are deleted."));
    assert_eq!(
        (page.session_cookie().unwrap().0.as_str(), notice(&page).as_deref()),
        ("", Some(""))
    );
    assert!(!visit_with(&anonymous, "/", &value).await.text.contains("data-notice"));
}

#[tokio::test]
async fn https_notice_is_secure_and_bound_to_the_host() {
    let mut mocks = Mocks::new().permissive();
    mocks.http.public_origin = "https://coach.example".to_owned();
    let answer = mocks.serve().await.submit("/auth/logout", &[]).await;
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies: Vec<_> = cookies.map(|cookie| cookie.to_str().unwrap()).collect();
    let expected = "__Host-pm_coach_session_notice=signed-out; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60";
    assert!(cookies.contains(&expected), "{cookies:?}");
}
