//! Pages and forms, without JavaScript and with HTMX.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::TimeDelta;
use coach_core::{
    domain::{NewAuthSession, SessionSecret},
    ports::{PasswordHasherError, RepositoryError, SaveUserError},
};
use coach_http::HttpSettings;
use coach_tests::{Answer, COOKIE, PASSWORD, Persona, http_settings};
use reqwest::Method;
use serde_json::json;

use crate::{
    errors::deactivate,
    fixture::{EMAIL, Mocks, SECRET, session, user, user_session},
    headers::serve_with_settings,
};

const FORMS: [&str; 2] = ["/auth/login", "/auth/register"];

async fn anonymous() -> Persona {
    Mocks::new().permissive().serve().await
}

async fn visitor() -> Persona {
    anonymous().await.with_cookie(SECRET)
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.header(name).unwrap_or_else(|| panic!("no {name}: {answer:?}"))
}

/// Submits a form like HTMX.
async fn submit_by_htmx(persona: &Persona, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = persona.request(Method::POST, path).form(fields);
    Answer::of(request.header("hx-request", "true").header("accept", "text/html")).await
}

#[tokio::test]
async fn form_login_returns_the_session_secret_only_in_the_cookie() {
    let answer =
        anonymous().await.submit("/auth/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    let (secret, attributes) = answer.session_cookie().unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000");
    assert!(SessionSecret::parse(&secret).is_some());
    assert_eq!(answer.text, "");
}

#[tokio::test]
async fn form_registration_signs_in() {
    let fields = [("email", EMAIL), ("password", PASSWORD), ("full_name", "Test User")];
    let answer = anonymous().await.submit("/auth/register", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    assert!(answer.session_cookie().is_some());
}

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
async fn refused_login_form_keeps_the_address_but_not_the_password() {
    let anonymous = anonymous().await;
    let fields =
        [("email", "someone@example.com"), ("password", "hunter2-hunter2"), ("next", "/account")];
    let answer = anonymous.submit("/auth/login", &fields).await;
    answer.assert_page(401);
    assert_eq!(header(&answer, "www-authenticate"), "Bearer");
    assert!(answer.text.contains("The email address or the password is wrong."));
    assert!(answer.text.contains(r#"value="someone@example.com""#));
    assert!(answer.text.contains(r#"name="next" value="&#x2f;account""#));
    assert!(!answer.text.contains("hunter2"));
    assert_eq!(answer.session_cookie(), None);
}

#[tokio::test]
async fn refused_form_is_shown_again_with_its_error_and_status() {
    let busy = || Err(PasswordHasherError::Busy { retry_after: Duration::ZERO });
    let mut mocks = Mocks::new();
    mocks.password_hasher.expect_verify().returning(move |_, _, _| busy());
    mocks.users.expect_create().returning(|_, _| Err(SaveUserError::EmailTaken));
    let anonymous = mocks.permissive().serve().await;
    let both = [("email", EMAIL), ("password", PASSWORD)];
    for (path, fields, status, said) in [
        ("/auth/register", &both[..], 409, "This email address is already registered."),
        ("/auth/register", &[], 422, "This field is required."),
        (
            "/auth/register",
            &[("email", EMAIL), ("password", "short")],
            422,
            "Enter a password of at least 8 characters.",
        ),
        ("/auth/login", &both, 503, "Too many people are signing in right now."),
        ("/auth/login", &[("email", EMAIL)], 422, "This field is required."),
    ] {
        let answer = anonymous.submit(path, fields).await;
        answer.assert_page(status);
        assert!(answer.text.contains(said), "{path} {fields:?}: {}", answer.text);
        assert!(answer.text.contains("<form"), "{path}");
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
    }
}

#[tokio::test]
async fn login_form_reports_an_inactive_account() {
    let mut mocks = Mocks::new();
    deactivate(&mut mocks);
    mocks.sessions.expect_begin().returning(|_, _, _| Ok(None));
    let anonymous = mocks.permissive().serve().await;
    let answer = anonymous.submit("/auth/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
    answer.assert_page(403);
    assert!(answer.text.contains("This account is inactive."));
}

/// ASVS 2.2.1, 6.1.3, 6.3.4.
#[tokio::test]
async fn json_and_form_registrations_have_the_same_errors() {
    let anonymous = anonymous().await;
    for (email, password, full_name) in [
        ("", "", ""),
        ("nobody", PASSWORD, ""),
        (EMAIL, "short", ""),
        (EMAIL, &"x".repeat(1025), ""),
        (EMAIL, PASSWORD, &"x".repeat(101)),
        ("a@b", "1234567", "a\u{7}b"),
        (" Test@Example.com ", PASSWORD, " Zoë "),
    ] {
        let body = json!({"email": email, "password": password, "full_name": full_name});
        let by_json = anonymous.post("/auth/register", body).await;
        let fields = [("email", email), ("password", password), ("full_name", full_name)];
        let by_form = anonymous.submit("/auth/register", &fields).await;
        assert_eq!(by_form.status, if by_json.status == 201 { 303 } else { by_json.status });
        for error in by_json.json()["errors"].as_array().into_iter().flatten() {
            let message = error["message"].as_str().unwrap();
            assert!(by_form.text.contains(message), "{message}: {}", by_form.text);
        }
    }
}

#[tokio::test]
async fn htmx_responses_name_the_redirect_or_the_element_to_replace() {
    let anonymous = anonymous().await;
    let login = [("email", EMAIL), ("password", PASSWORD), ("next", "/account")];
    let answer = submit_by_htmx(&anonymous, "/auth/login", &login).await;
    assert_eq!((answer.status, header(&answer, "hx-redirect")), (204, "/account"));
    assert!(answer.session_cookie().is_some() && answer.header("location").is_none());

    let wrong = [("email", EMAIL), ("password", "wrong")];
    let refused = submit_by_htmx(&anonymous, "/auth/login", &wrong).await;
    refused.assert_page(401);
    assert!(refused.header("hx-retarget").is_none());

    let body = anonymous.request(Method::POST, "/auth/login").body("email=%");
    let body = body.header("content-type", "application/x-www-form-urlencoded");
    let malformed = Answer::of(body.header("hx-request", "true")).await;
    malformed.assert_page(400);
    assert_eq!(header(&malformed, "hx-retarget"), "#content");
    assert_eq!(header(&malformed, "hx-reselect"), "#content");
}

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
        home.text.contains("Start session")
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
async fn malformed_form_is_refused_with_a_page() {
    let anonymous = anonymous().await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let large = format!("email={}", "x".repeat(64 * 1024));
    for (body, headers, status) in [
        ("email=%", &[form][..], 400),
        ("email=%ff", &[form], 400),
        ("email=a&email=b", &[form], 422),
        (&large, &[form], 413),
        ("email=a", &[form, ("content-encoding", "gzip")], 415),
        (
            "email=a",
            &[("content-type", "multipart/form-data; boundary=x"), ("accept", "text/html")],
            415,
        ),
    ] {
        for path in FORMS {
            let mut request = anonymous.request(Method::POST, path).body(body.to_owned());
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = Answer::of(request).await;
            if headers[0] == form {
                answer.assert_page(status);
            }
            assert_eq!(answer.status, status, "{path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn cross_site_form_is_refused_with_instructions() {
    let anonymous = anonymous().await;
    for path in ["/auth/login", "/auth/register", "/auth/logout"] {
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "null")]
        {
            let request = anonymous
                .request(Method::POST, path)
                .form(&[("email", EMAIL), ("password", PASSWORD)]);
            let answer = Answer::of(request.header(name, value)).await;
            answer.assert_page(403);
            assert!(answer.text.contains("open this site in a new tab"), "{path}");
            assert_eq!(answer.session_cookie(), None);
        }
    }
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
async fn assets_have_hashed_names_and_are_cached_permanently() {
    let anonymous = anonymous().await;
    let page = anonymous.visit("/").await;
    let paths: Vec<_> = page
        .text
        .split(['"', '\''])
        .filter(|text| text.starts_with("&#x2f;assets"))
        .map(|path| path.replace("&#x2f;", "/"))
        .collect();
    for (stem, content_type) in [
        ("style-", "text/css; charset=utf-8"),
        ("pages-", "text/javascript; charset=utf-8"),
        ("icon-", "image/svg+xml"),
    ] {
        let path = paths.iter().find(|path| path.contains(stem)).unwrap();
        let asset = anonymous.get(path).await;
        assert_eq!((asset.status, header(&asset, "content-type")), (200, content_type));
        assert_eq!(header(&asset, "cache-control"), "public, max-age=31536000, immutable");
        assert!(!asset.text.is_empty() && asset.header("set-cookie").is_none());
    }
    for path in ["/assets/style.css", "/assets/", "/assets/..%2fbase.html", "/assets/a/b"] {
        assert_eq!(anonymous.get(path).await.problem(), "not-found", "{path}");
    }
}

/// ASVS 3.4.3.
#[tokio::test]
async fn content_security_policy_allows_only_this_server_and_the_cdn() {
    let policy = async |cdn_url: Option<&str>| {
        let cdn_url = cdn_url.map(|url| url.parse().unwrap());
        let anonymous = serve_with_settings(HttpSettings { cdn_url, ..http_settings() }).await;
        let answer = anonymous.visit("/").await;
        (header(&answer, "content-security-policy").to_owned(), answer.text)
    };
    let (without, page) = policy(None).await;
    assert!(without.contains("script-src 'self'; style-src 'self'; font-src 'none'"), "{without}");
    assert!(!page.contains("integrity="));
    let (with, page) = policy(Some("https://mirror.example:8443/cdn/")).await;
    let page = page.replace("&#x2f;", "/");
    let packages = "https://mirror.example:8443/cdn/npm/";
    for source in with.split([' ', ';']).filter(|source| source.starts_with("https:")) {
        // The page does not name the fonts. The stylesheet does.
        let is_file = source.starts_with(packages) && !source.ends_with('/');
        assert!(is_file && (page.contains(source) || source.contains(".woff")), "{source}");
    }
    for directive in ["script-src", "style-src", "font-src"] {
        let sources = with.split(';').find(|sources| sources.contains(directive)).unwrap();
        assert!(sources.contains(packages), "{with}");
    }
    for policy in [with, without] {
        for directive in [
            "default-src 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(directive), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
