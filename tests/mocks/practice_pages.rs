//! The home page of a signed-in user and its forms, on mocks of the ports.

use chrono::{DateTime, Utc};
use coach_core::{
    domain::{
        CategoryFilter, PracticePage, PracticePosition, PracticeScore, PracticeSession,
        PracticeState, UserId,
    },
    ports::{Clock as _, RepositoryError},
};
use coach_tests::{Answer, Persona};
use reqwest::Method;

use crate::{
    fixture::{Mocks, SECRET},
    practice::stored,
};

const ID: &str = "abababab-abab-4bab-abab-abababababab";
const SIGN_IN: &str = "/auth/login?next=/";

async fn visitor(mocks: Mocks) -> Persona {
    mocks.permissive().serve().await.with_cookie(SECRET)
}

/// Requests a page like HTMX.
async fn get_by_htmx(persona: &Persona, path: &str) -> Answer {
    let request = persona.request(Method::GET, path).header("hx-request", "true");
    Answer::of(request.header("accept", "text/html")).await
}

/// Submits a form like HTMX.
async fn submit_by_htmx(persona: &Persona, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = persona.request(Method::POST, path).form(fields);
    Answer::of(request.header("hx-request", "true").header("accept", "text/html")).await
}

fn location(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.header("location"))
}

fn two_scores(now: DateTime<Utc>) -> Vec<PracticeScore> {
    let score = |points| PracticeScore { started_at: now, category: None, points };
    [8.25, 4.0].map(score).into()
}

/// Lists one session, with a next page.
fn list_one(mocks: &mut Mocks) -> PracticeSession {
    let session = stored(mocks);
    let listed = session.clone();
    mocks.practice_sessions.expect_list().returning(move |user_id, query| {
        assert_eq!((user_id, query.limit.get()), (UserId(1), 20));
        Ok(PracticePage { sessions: vec![listed.clone()], has_more: true })
    });
    mocks.practice_cursors.expect_issue().returning(|_, _, _| "next-one".to_owned());
    session
}

#[tokio::test]
async fn home_page_invites_to_the_first_session() {
    let page = visitor(Mocks::new()).await.visit("/").await;
    page.assert_page(200);
    for said in ["Your first session starts here.", "Start session", "not available yet"] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(!page.text.contains("<svg"));
}

#[tokio::test]
async fn query_selects_the_sessions_and_the_page_says_so() {
    let mut mocks = Mocks::new();
    let session = stored(&mocks);
    mocks.practice_sessions.expect_list().times(1).returning(move |_, query| {
        assert_eq!(query.filter.category.as_ref().map(CategoryFilter::as_str), Some("Strategy"));
        assert_eq!((query.filter.state, query.after), (Some(PracticeState::Open), None));
        Ok(PracticePage { sessions: vec![session.clone()], has_more: true })
    });
    mocks.practice_cursors.expect_issue().returning(|_, _, _| "next-one".to_owned());
    // A page has one size.
    let page = visitor(mocks).await.visit("/?category=Strategy&state=open&limit=0").await;
    page.assert_page(200);
    let html = page.text.replace("&#x2f;", "/");
    assert!(html.contains(r#"<option value="Strategy" selected>Strategy</option>"#), "{html}");
    let state = r##"<a href="/?category=Strategy&amp;state=open#history" aria-current="true""##;
    assert!(html.contains(state), "{html}");
    let next = "/?category=Strategy&amp;state=open&amp;cursor=next-one";
    assert!(html.contains(&format!(r##"href="{next}#history" hx-get="{next}""##)), "{html}");
    assert!(html.contains(&format!(r#"action="/practice/{ID}/end" hx-post="/practice/{ID}/end""#)));
    // Once ended, the session is not in this list any more.
    let back = r#"name="next" value="/?category=Strategy&amp;state=open#history""#;
    assert!(html.contains(back), "{html}");
}

#[tokio::test]
async fn next_page_has_only_sessions_and_says_to_htmx_how_many() {
    let mut mocks = Mocks::new();
    let position = list_one(&mut mocks).position();
    let now = mocks.clock.now();
    mocks.practice_sessions.expect_scores().returning(move |_| Ok(two_scores(now)));
    mocks.practice_cursors.expect_verify().returning(move |user_id, _, cursor| {
        assert_eq!((user_id, cursor), (UserId(1), "from-before"));
        Some(position)
    });
    let visitor = visitor(mocks).await;
    let plain = visitor.visit("/?cursor=from-before").await;
    plain.assert_page(200);
    let back = format!(r#"name="next" value="/?cursor=from-before#practice-{ID}""#);
    assert!(plain.text.replace("&#x2f;", "/").contains(&back), "{}", plain.text);
    assert!(plain.text.contains("Newest sessions") && !plain.text.contains("Start session"));
    assert!(!plain.text.contains("autofocus") && !plain.text.contains("loaded."));
    assert!(!plain.text.contains("<svg"));
    let appended = get_by_htmx(&visitor, "/?cursor=from-before").await;
    appended.assert_page(200);
    assert!(appended.text.contains(&first_row_has_focus()), "{}", appended.text);
    assert!(appended.text.contains("1 earlier session loaded."), "{}", appended.text);
}

#[tokio::test]
async fn address_that_is_not_valid_leads_back_to_the_newest_sessions() {
    let mut mocks = Mocks::new();
    mocks.practice_cursors.expect_verify().returning(|_, _, _| None::<PracticePosition>);
    let visitor = visitor(mocks).await;
    let long = format!("/?category={}", "x".repeat(51));
    for (path, back) in [
        ("/?state=closed", "/"),
        ("/?state=", "/"),
        ("/?state=open&state=ended", "/"),
        (&long, "/"),
        ("/?category=a%00b", "/"),
        ("/?cursor=nonsense", "/"),
        ("/?cursor=%ff&state=open", "/?state=open"),
    ] {
        let page = visitor.visit(path).await;
        page.assert_page(422);
        let html = page.text.replace("&#x2f;", "/");
        assert!(html.contains("These sessions cannot be shown."), "{path}: {html}");
        let link =
            format!(r#"<a href="{back}" class="inline-flex min-h-11 items-center text-link"#);
        assert!(html.contains(&link), "{path}: {html}");
        let by_htmx = get_by_htmx(&visitor, path).await;
        assert_eq!((by_htmx.status, by_htmx.header("hx-retarget")), (422, Some("#content")));
        assert_eq!(by_htmx.header("hx-reselect"), Some("#content"));
    }
}

#[tokio::test]
async fn scores_are_drawn_and_listed() {
    let mut mocks = Mocks::new();
    let now = mocks.clock.now();
    mocks.practice_sessions.expect_scores().returning(move |user_id| {
        assert_eq!(user_id, UserId(1));
        Ok(two_scores(now))
    });
    let page = visitor(mocks).await.visit("/").await;
    for said in [
        "Scores of the last 2 scored sessions, oldest first</title>",
        "Lowest 4.0 points, highest 8.3 points, latest 8.3 points.</desc>",
        "Score (points)</th>",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(!page.text.contains("NaN"));
}

#[tokio::test]
async fn form_starts_a_session_with_the_choices() {
    let mut mocks = Mocks::new();
    mocks.practice_sessions.expect_start().times(2).returning(|session| {
        let settings = &session.settings;
        let category = settings.category_filter.as_ref().map(CategoryFilter::as_str);
        assert_eq!((session.user_id, category), (UserId(1), Some("Strategy")));
        assert_eq!((settings.mode.as_str(), settings.timer_minutes), ("rapid", None));
        Ok(true)
    });
    let visitor = visitor(mocks).await;
    let fields = [("category_filter", "Strategy"), ("mode", "rapid"), ("timer_minutes", "")];
    assert_eq!(location(&visitor.submit("/practice", &fields).await), (303, Some("/")));
    let by_htmx = submit_by_htmx(&visitor, "/practice", &fields).await;
    assert_eq!((by_htmx.status, by_htmx.header("hx-redirect")), (204, Some("/")));
}

#[tokio::test]
async fn choice_that_is_not_valid_is_named_and_the_others_are_kept() {
    // An unexpected start would be a 500.
    let visitor = visitor(Mocks::new()).await;
    let fields = [("category_filter", "Strategy"), ("mode", "rapid"), ("timer_minutes", "61")];
    let page = visitor.submit("/practice", &fields).await;
    page.assert_page(422);
    for said in [
        "Enter a whole number from 1 to 60.",
        r#"<option value="Strategy" selected>"#,
        r#"<option value="rapid" selected>"#,
        "<title>Error: ",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
}

/// Ends the session as often as it is asked to.
fn end_one(mocks: &mut Mocks, times: usize) {
    let mut ended = stored(mocks);
    ended.end(mocks.clock.now());
    mocks.practice_sessions.expect_end().times(times).returning(move |user_id, id, _| {
        assert_eq!((user_id, id), (UserId(1), ended.id));
        Ok(Some(ended.clone()))
    });
}

fn first_row_has_focus() -> String {
    format!(r#"<li id="practice-{ID}" tabindex="-1" autofocus"#)
}

#[tokio::test]
async fn form_ends_a_session_and_returns_to_its_place() {
    let mut mocks = Mocks::new();
    end_one(&mut mocks, 3);
    let visitor = visitor(mocks).await;
    let path = format!("/practice/{ID}/end");
    let row = format!("/?category=Strategy&cursor=a-b_#practice-{ID}");
    for (next, expected) in [("", "/"), (&row, &row), ("https://evil.example", "/")] {
        let answer = visitor.submit(&path, &[("next", next)]).await;
        assert_eq!(location(&answer), (303, Some(expected)));
    }
}

#[tokio::test]
async fn htmx_gets_the_row_of_the_ended_session_and_the_scores() {
    let mut mocks = Mocks::new();
    end_one(&mut mocks, 1);
    let now = mocks.clock.now();
    mocks.practice_sessions.expect_list().never();
    mocks.practice_sessions.expect_scores().times(1).returning(move |_| Ok(two_scores(now)));
    let visitor = visitor(mocks).await;
    let page = submit_by_htmx(&visitor, &format!("/practice/{ID}/end"), &[]).await;
    page.assert_page(200);
    assert!(page.text.contains(&first_row_has_focus()), "{}", page.text);
    assert!(page.text.contains("Lasted under 1 min") && !page.text.contains("data-busy=\"Ending"));
    for part in ["<div id=\"scores\">\n<section", "class=\"sr-only\">Practice session ended.</p>"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    // The page says it, so no later one has to.
    assert_eq!(page.headers.get_all("set-cookie").iter().count(), 0);
}

#[tokio::test]
async fn session_of_another_user_cannot_be_ended_and_does_not_exist() {
    let mut mocks = Mocks::new();
    mocks.practice_sessions.expect_end().times(1).returning(|_, _, _| Ok(None));
    let visitor = visitor(mocks).await;
    for id in [ID, &ID.to_uppercase(), "1", "%00"] {
        let page = visitor.submit(&format!("/practice/{id}/end"), &[("next", "/")]).await;
        page.assert_page(404);
        assert!(page.text.contains("Page not found"), "{id}");
    }
}

#[tokio::test]
async fn forms_and_more_sessions_need_a_sign_in_first() {
    let anonymous = Mocks::new().permissive().serve().await;
    let end = format!("/practice/{ID}/end");
    for path in ["/practice", &end, "/practice/1/end"] {
        // The bad field is not looked at.
        let fields = [("timer_minutes", "0")];
        assert_eq!(location(&anonymous.submit(path, &fields).await), (303, Some(SIGN_IN)));
        let by_htmx = submit_by_htmx(&anonymous, path, &fields).await;
        assert_eq!((by_htmx.status, by_htmx.header("hx-redirect")), (204, Some(SIGN_IN)));
    }
    let more = get_by_htmx(&anonymous, "/?cursor=x").await;
    assert_eq!((more.status, more.header("hx-redirect")), (204, Some(SIGN_IN)));
    anonymous.visit("/?cursor=x&state=closed").await.assert_page(200);
}

#[tokio::test]
async fn account_that_goes_during_the_request_has_to_sign_in() {
    let mut mocks = Mocks::new();
    mocks.practice_sessions.expect_start().returning(|_| Ok(false));
    assert_eq!(
        location(&visitor(mocks).await.submit("/practice", &[]).await),
        (303, Some(SIGN_IN))
    );
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let visitor = visitor(Mocks::new()).await;
    for path in ["/practice".to_owned(), format!("/practice/{ID}/end")] {
        let request = visitor.request(Method::POST, &path).form(&[("next", "/")]);
        let page = Answer::of(request.header("sec-fetch-site", "cross-site")).await;
        page.assert_page(403);
        assert!(page.text.contains("Request from another site"), "{path}");
    }
}

#[tokio::test]
async fn forms_read_only_forms_and_other_methods_are_not_allowed() {
    let visitor = visitor(Mocks::new()).await;
    for path in ["/practice".to_owned(), format!("/practice/{ID}/end")] {
        let json = visitor.post(&path, serde_json::json!({})).await;
        assert_eq!(json.problem(), "unsupported-media-type");
        let read = visitor.visit(&path).await;
        assert_eq!((read.status, read.header("allow")), (405, Some("POST")));
    }
}

/// ASVS 16.5.3.
#[tokio::test]
async fn database_that_cannot_be_reached_is_503() {
    let unavailable = || RepositoryError::Unavailable("connection refused".into());
    let mut mocks = Mocks::new();
    mocks.practice_sessions.expect_list().times(1).returning(move |_, _| Err(unavailable()));
    mocks.practice_sessions.expect_scores().returning(move |_| Err(unavailable()));
    mocks.practice_sessions.expect_start().returning(move |_| Err(unavailable()));
    mocks.practice_sessions.expect_end().returning(move |_, _, _| Err(unavailable()));
    let visitor = visitor(mocks).await;
    for answer in [
        visitor.visit("/").await,
        visitor.visit("/").await,
        visitor.submit("/practice", &[]).await,
        visitor.submit(&format!("/practice/{ID}/end"), &[]).await,
    ] {
        answer.assert_page(503);
        assert!(answer.text.contains("Try again in a few seconds."), "{answer:?}");
    }
}
