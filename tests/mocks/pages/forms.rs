//! The forms to sign in and register: their fields, errors and redirects.

use std::time::Duration;

use coach_core::{
    domain::SessionSecret,
    ports::{PasswordHasherError, SaveUserError, Verdict},
};
use coach_tests::{Answer, PASSWORD};
use reqwest::Method;
use serde_json::json;

use super::{FORMS, anonymous, header, submit_by_htmx};
use crate::{
    errors::deactivate,
    fixture::{EMAIL, Mocks},
};

/// ASVS 3.3.4.
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
        ("/auth/register", &both[..], 409, "This email is already registered."),
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

/// ASVS 6.1.3, 6.3.4.
#[tokio::test]
async fn json_and_form_logins_have_the_same_errors() {
    for is_active in [true, false] {
        let mut mocks = Mocks::new();
        mocks.password_hasher.expect_verify().returning(|password, _, _| {
            Ok(if password.expose() == PASSWORD { Verdict::Right } else { Verdict::Wrong })
        });
        if !is_active {
            deactivate(&mut mocks);
            mocks.sessions.expect_begin().returning(|_, _, _| Ok(None));
        }
        let anonymous = mocks.permissive().serve().await;
        for (password, status) in [
            (PASSWORD, if is_active { 200 } else { 403 }),
            ("wrong", 401),
            ("", 401),
            ("test", 401),
            (&"x".repeat(1025), 422),
        ] {
            let by_json = anonymous.login(EMAIL, password).await.status;
            let fields = [("email", EMAIL), ("password", password)];
            let by_form = anonymous.submit("/auth/login", &fields).await.status;
            let expected = if status == 200 { 303 } else { status };
            assert_eq!((by_json, by_form), (status, expected), "{password}");
        }
    }
}

/// ASVS 2.2.1, 2.2.2, 6.1.3, 6.3.4.
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
async fn registered_address_waits_for_the_sign_in_form_in_a_cookie() {
    let mut mocks = Mocks::new();
    mocks.users.expect_create().returning(|_, _| Err(SaveUserError::EmailTaken));
    let anonymous = mocks.permissive().serve().await;
    let fields = [("email", " Test@Example.com "), ("password", PASSWORD), ("next", "/account")];
    let refused = anonymous.submit("/auth/register", &fields).await;
    let cookie = "pm_coach_session_email=test%40example%2Ecom";
    let attributes = "; HttpOnly; SameSite=Lax; Path=/; Max-Age=";
    assert_eq!(header(&refused, "set-cookie"), format!("{cookie}{attributes}300"));
    // The address is in no link, because logs and histories keep links.
    assert!(
        refused.text.contains(r#"<a href="/auth/login?next=&#x2f;account" "#),
        "{}",
        refused.text
    );

    let visit = async |cookie: &str| {
        let request = anonymous.request(Method::GET, "/auth/login").header("accept", "text/html");
        Answer::of(request.header("cookie", cookie)).await
    };
    let form = visit(cookie).await;
    assert!(form.text.contains(r#"value="test@example.com""#), "{}", form.text);
    assert_eq!(header(&form, "set-cookie"), format!("pm_coach_session_email={attributes}0"));
    for value in ["", "nobody", "%ff", "%3Cb%3E", &"x".repeat(400)] {
        let form = visit(&format!("pm_coach_session_email={value}")).await;
        assert!(form.text.contains(r#"type="email" value="""#), "{value}");
    }
    // No other refusal keeps the address.
    let weak = [("email", EMAIL), ("password", "short")];
    assert_eq!(anonymous.submit("/auth/register", &weak).await.header("set-cookie"), None);
}
