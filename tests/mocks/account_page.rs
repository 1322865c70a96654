//! The sections of the account page.

use chrono::TimeDelta;
use coach_core::domain::{AuthSession, Client, SessionDetails, SessionId, UserAgent, UserSession};
use coach_tests::Answer;
use reqwest::Method;

use crate::fixture::{Mocks, SECRET, session, user};

const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// Lists this many sessions, each a minute older than the one before. The session of the visitor is the last one.
fn list(mocks: &mut Mocks, number: u8, user_agent: &str) {
    let mine = session(&mocks.clock);
    let user_agent = UserAgent::read(user_agent);
    let details = move |index: u8| {
        let id = match index + 1 == number {
            true => mine.id,
            false => SessionId::from_random([100 + index; 16]),
        };
        let last_seen_at = mine.last_seen_at - TimeDelta::minutes(i64::from(index));
        let client = Client { user_agent: user_agent.clone(), ip: Some([127, 0, 0, 1].into()) };
        SessionDetails { session: AuthSession { id, last_seen_at, ..mine }, client }
    };
    mocks.sessions.expect_list().returning(move |_| Ok((0..number).map(&details).collect()));
}

/// Returns the text of the page without tags, with single spaces.
fn text(answer: &Answer) -> String {
    answer.assert_page(200);
    let page = scraper::Html::parse_document(&answer.text);
    let words = page.root_element().text().flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn each_session_is_one_line_and_the_current_one_is_first() {
    let mut mocks = Mocks::new();
    list(&mut mocks, 12, FIREFOX);
    let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
    let text = text(&visitor.visit("/account").await);
    let line = "Firefox on Windows · 127.0.0.1 · active";
    let sessions = text.split_once("Sessions").unwrap().1;
    let (first, rest) = sessions.split_once("This session").unwrap();
    assert_eq!((first.matches(line).count(), rest.matches(line).count()), (1, 9));
    assert!(first.contains(&format!("{line} now")), "{first}");
    assert_eq!(rest.matches(&format!("{line} in the last 5 minutes")).count(), 5);
    assert_eq!(rest.matches(&format!("{line} 5 minutes ago")).count(), 4);
    assert_eq!(rest.matches("Sign out Firefox on Windows, 127.0.0.1").count(), 9);
}

#[tokio::test]
async fn list_of_sessions_grows_by_ten() {
    let mut mocks = Mocks::new();
    list(&mut mocks, 32, FIREFOX);
    let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
    for (path, shown, more) in [
        ("/account", 10, Some("Show 10 more")),
        ("/account?sessions=20", 20, Some("Show 10 more")),
        ("/account?sessions=30", 30, Some("Show 2 more")),
        ("/account?sessions=32", 32, None),
        ("/account?sessions=100", 32, None),
        ("/account?sessions=99999999999999999999", 10, Some("Show 10 more")),
        ("/account?sessions=x", 10, Some("Show 10 more")),
        ("/account?sessions", 10, Some("Show 10 more")),
    ] {
        let answer = visitor.visit(path).await;
        let text = text(&answer);
        assert_eq!(text.matches("Firefox on Windows ·").count(), shown, "{path}");
        assert_eq!(text.contains("more"), more.is_some(), "{path}");
        assert!(text.contains(more.unwrap_or_default()), "{path}");
        assert!(!answer.text.contains("autofocus"), "{path}");
        if more.is_some() {
            let next = format!("href=\"&#x2f;account?sessions={}", shown + 10);
            assert!(answer.text.contains(&format!("{next}#session-{}\"", shown + 1)), "{path}");
        }
    }
    let by_htmx = visitor.request(Method::GET, "/account?sessions=20");
    let by_htmx = Answer::of(by_htmx.header("hx-request", "true").header("accept", "text/html"));
    let by_htmx = by_htmx.await.text;
    assert!(by_htmx.contains(r#"<li id="session-11" tabindex="-1" autofocus"#));
    assert_eq!(by_htmx.matches("autofocus").count(), 1);
}

#[tokio::test]
async fn ended_session_leaves_the_list_as_long_as_it_was() {
    let mut mocks = Mocks::new();
    mocks.sessions.expect_end_others().returning(|_, _| Ok(1));
    let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
    let other = SessionId::from_random([3; 16]).to_string();
    for (session, shown, location) in [
        (other.as_str(), "20", "/account?sessions=20#sessions"),
        (&other, "10", "/account#sessions"),
        (&other, "//evil.example", "/account#sessions"),
        ("nonsense", "100", "/account?sessions=100#sessions"),
        ("others", "", "/account#sessions"),
    ] {
        let fields = [("session", session), ("shown", shown)];
        let answer = visitor.submit("/account/sessions", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(location)), "{fields:?}");
    }
}

/// ASVS 1.2.1.
#[tokio::test]
async fn hostile_names_of_clients_are_short_text() {
    let markup = format!("<img src=x onerror=alert(1)>\u{202e}{}", "\"'&".repeat(300));
    for (user_agent, shown) in [
        (markup.as_str(), "&lt;img src=x onerror=alert(1)&gt;"),
        ("\u{202e}lruc\u{2066}/8.5.0", ">lruc</bdi>"),
        (&"x ".repeat(512), "x x x x…</bdi>"),
    ] {
        let mut mocks = Mocks::new();
        list(&mut mocks, 100, user_agent);
        let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
        let answer = visitor.visit("/account?sessions=100").await;
        answer.assert_page(200);
        assert!(answer.text.contains(shown), "{shown}");
        assert!(!answer.text.contains("<img src=x") && !answer.text.contains('\u{202e}'));
        assert!(answer.text.len() < 300_000, "{}", answer.text.len());
    }
}

#[tokio::test]
async fn page_shows_the_login_before_the_current_session() {
    for (previous, shown) in [(Some(TimeDelta::days(3)), true), (None, false)] {
        let mut mocks = Mocks::new();
        let (clock, owner) = (mocks.clock.clone(), user(&mocks.clock));
        let previous_login = previous.map(|ago| session(&clock).created_at - ago);
        let mine = AuthSession { previous_login, ..session(&clock) };
        mocks.sessions.expect_find_by_secret().returning(move |_| {
            let last_login = Some(mine.created_at);
            let user = coach_core::domain::User { last_login, ..owner.clone() };
            Ok(Some(UserSession { user, session: mine }))
        });
        let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
        let text = text(&visitor.visit("/account").await);
        let line = "Last sign-in before this one: 10 Feb 2026, 12:00 UTC";
        assert_eq!((text.contains(line), text.contains("Last sign-in")), (shown, shown), "{text}");
    }
}

#[tokio::test]
async fn every_form_with_a_password_names_the_account_for_password_managers() {
    let visitor = Mocks::new().permissive().serve().await.with_cookie(SECRET);
    let page = visitor.visit("/account").await;
    let page = scraper::Html::parse_document(&page.text);
    let select = |css: &str| scraper::Selector::parse(css).unwrap();
    let (form, password) = (select("form"), select("input[type=password]"));
    let forms = page.select(&form).filter(|form| form.select(&password).next().is_some());
    let mut count = 0;
    for form in forms {
        let usernames: Vec<_> = form.select(&select("[autocomplete=username]")).collect();
        let [username] = usernames[..] else { panic!("{}", form.html()) };
        assert_ne!(username.attr("type"), Some("hidden"));
        assert_eq!(username.attr("value"), Some("test@example.com"));
        count += 1;
    }
    assert_eq!(count, 3);
}
