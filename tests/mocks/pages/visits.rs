//! The pages that anyone can visit, and the errors that they show.

use coach_core::ports::RepositoryError;
use coach_tests::{Answer, PASSWORD};
use reqwest::Method;
use serde_json::json;

use super::{FORMS, anonymous, header};
use crate::fixture::{EMAIL, Mocks, SECRET};

#[tokio::test]
async fn home_page_shows_the_signed_in_user() {
    let anonymous = anonymous().await;
    let home = anonymous.visit("/").await;
    home.assert_page(200);
    assert!(
        home.text.contains(r#"href="/auth/register""#)
            && home.text.contains(r#"href="/auth/login""#)
    );
    assert!(!home.text.contains("Sign out"));
    let home = anonymous.with_cookie(SECRET).visit("/").await;
    home.assert_page(200);
    assert!(
        home.text.contains(EMAIL)
            && home.text.contains("Sign out")
            && home.text.contains(r#"href="/account""#)
    );
    for answer in [anonymous.get("/").await, anonymous.visit("/").await] {
        assert!(answer.headers.get_all("vary").iter().any(|value| value == "Accept"), "{answer:?}");
    }
    assert_eq!(anonymous.get("/").await.json()["status"], "running");
}

#[tokio::test]
async fn login_and_registration_pages_redirect_signed_in_visitors_home() {
    let anonymous = anonymous().await;
    for path in FORMS {
        let answer = anonymous.with_cookie(SECRET).visit(path).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{path}");
        for nobody in [anonymous.clone(), anonymous.with_cookie("planted")] {
            nobody.visit(path).await.assert_page(200);
        }
    }
}

/// ASVS 3.7.2.
#[tokio::test]
async fn next_page_is_a_path_of_this_site_or_the_home_page() {
    let anonymous = anonymous().await;
    for (sent, taken) in [
        ("/account?tab=1", "/account?tab=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/%2f/evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ] {
        let hidden = format!(r#"name="next" value="{}""#, taken.replace('/', "&#x2f;"));
        for path in FORMS {
            let form = anonymous.request(Method::GET, path).query(&[("next", sent)]);
            let form = Answer::of(form).await;
            assert!(form.text.contains(&hidden), "{path} {sent:?}");
            let fields = [("email", EMAIL), ("password", PASSWORD), ("next", sent)];
            let answer = anonymous.submit(path, &fields).await;
            assert_eq!(
                (answer.status, answer.header("location")),
                (303, Some(taken)),
                "{path} {sent:?}"
            );
        }
    }
    let twice = anonymous.get("/auth/login?next=/account&next=/other").await;
    assert!(twice.text.contains(r#"name="next" value="&#x2f;""#));
}

#[tokio::test]
async fn errors_are_pages_for_browsers_and_problems_for_other_clients() {
    let anonymous = anonymous().await;
    anonymous.visit("/nothing").await.assert_page(404);
    anonymous.visit("/auth/logout").await.assert_page(405);
    anonymous.visit("/auth/me").await.assert_page(401);
    assert_eq!(anonymous.get("/nothing").await.problem(), "not-found");
    let json = anonymous
        .request(Method::POST, "/auth/login")
        .json(&json!({}))
        .header("accept", "text/html");
    assert_eq!(Answer::of(json).await.problem(), "invalid-input");
    let answer = anonymous.submit("/auth/me", &[]).await;
    answer.assert_page(405);
    assert_eq!(header(&answer, "allow"), "DELETE, GET, HEAD, PATCH");
}

#[tokio::test]
async fn pages_report_an_unavailable_database() {
    let mut mocks = Mocks::new();
    let gone = || Err(RepositoryError::Unavailable("gone".into()));
    mocks.sessions.expect_find_by_secret().returning(move |_| gone());
    let visitor = mocks.permissive().serve().await.with_cookie(SECRET);
    for path in ["/", "/auth/login"] {
        let answer = visitor.visit(path).await;
        answer.assert_page(503);
        assert!(answer.header("retry-after").is_some() && answer.text.contains("Try again"));
    }
}

#[tokio::test]
async fn error_pages_have_the_menu_of_the_visitor() {
    let anonymous = anonymous().await;
    for path in ["/nothing", "/auth/logout"] {
        let page = anonymous.with_cookie(SECRET).visit(path).await.text;
        assert!(page.contains("Sign out") && page.contains(EMAIL), "{path}: {page}");
        for nobody in [anonymous.clone(), anonymous.with_cookie("planted")] {
            let page = nobody.visit(path).await;
            assert!(page.text.contains(r#"href="/auth/login""#) && !page.text.contains("Sign out"));
            assert_eq!(page.session_cookie(), None);
        }
    }
    let mut mocks = Mocks::new();
    let gone = || Err(RepositoryError::Unavailable("gone".into()));
    mocks.sessions.expect_find_by_secret().times(1).returning(move |_| gone());
    let page = mocks.permissive().serve().await.with_cookie(SECRET).visit("/nothing").await;
    page.assert_page(404);
    // Nobody knows whether the visitor is signed in.
    assert!(!page.text.contains("Sign out") && !page.text.contains(r#"href="/auth/login""#));
}

/// The texts of the API speak of JSON, headers and bodies.
#[tokio::test]
async fn error_pages_speak_to_people() {
    let anonymous = anonymous().await;
    let mut pages = vec![anonymous.visit("/nothing").await, anonymous.visit("/auth/logout").await];
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", "email=%"),
        ("multipart/form-data; boundary=x", "x"),
        ("application/x-www-form-urlencoded", "email=a&email=b"),
    ] {
        let request = anonymous.request(Method::POST, "/auth/login").body(body);
        let request = request.header("content-type", content_type).header("accept", "text/html");
        pages.push(Answer::of(request).await);
    }
    for page in pages {
        let (_, main) = page.text.split_once("<main").unwrap();
        let (main, _) = main.split_once("</main>").unwrap();
        let main: Vec<_> = main.split(['<', '>']).skip(1).step_by(2).collect();
        let main = main.join(" ");
        for word in ["JSON", "header", "body", "Content-Type", "Log in", "method", "path"] {
            assert!(!main.contains(word), "{word}: {main}");
        }
    }
}
