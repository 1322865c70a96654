use coach_tests::{Answer, PASSWORD};
use reqwest::Method;
use serde_json::json;

use crate::server::RunningServer;

/// Headers of a client at 192.0.2.7 that claims to be another one.
const FORWARDED: [(&str, &str); 5] = [
    ("x-forwarded-for", "203.0.113.9, 192.0.2.7"),
    ("forwarded", "for=203.0.113.9;proto=https"),
    ("x-real-ip", "203.0.113.9"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "evil.example"),
];

/// Registers by a form, and returns the address of the session as the user sees it, the one in the log, and the cookie.
async fn register(environment: &[(&str, &str)]) -> (String, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let server = RunningServer::start(directory.path(), environment);
    let fields = [("email", "test@example.com"), ("password", PASSWORD)];
    let mut form = server.anonymous.request(Method::POST, "/auth/register").form(&fields);
    for (name, value) in FORWARDED {
        form = form.header(name, value);
    }
    let registered = Answer::of(form).await;
    assert_eq!(registered.status, 303, "{registered:?}");
    let cookie = registered.headers["set-cookie"].to_str().unwrap().to_owned();
    let credentials = json!({"email": "test@example.com", "password": PASSWORD});
    let login = server.anonymous.post("/auth/login", credentials).await;
    let sessions = server.anonymous.with_token(&login.token()).get("/auth/sessions").await.json();
    let sessions = sessions["sessions"].as_array().unwrap();
    let shown = sessions.iter().find(|session| session["current"] == false).unwrap();
    let shown = shown["ip"].as_str().unwrap().to_owned();
    let log = server.into_log();
    let line = log.iter().find(|line| line.contains("registered")).unwrap();
    let logged = line.split_once("client=").unwrap().1.split_once('}').unwrap().0;
    (shown, logged.to_owned(), cookie)
}

/// ASVS 4.1.3, 15.3.4.
#[tokio::test(flavor = "multi_thread")]
async fn forwarded_headers_of_an_unknown_peer_change_nothing() {
    for trusted in [&[][..], &[("TRUSTED_PROXIES", "192.0.2.0/24, 203.0.113.9")]] {
        let (shown, logged, cookie) = register(trusted).await;
        assert_eq!((&*shown, &*logged), ("127.0.0.1", "127.0.0.1"));
        assert!(cookie.starts_with("pm_coach_session=") && !cookie.contains("Secure"), "{cookie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn session_and_log_show_the_address_that_a_trusted_proxy_reports() {
    for trusted in ["127.0.0.1", "::ffff:127.0.0.0/104,10.0.0.0/8"] {
        let (shown, logged, cookie) = register(&[("TRUSTED_PROXIES", trusted)]).await;
        assert_eq!((&*shown, &*logged), ("192.0.2.7", "192.0.2.7"));
        // The scheme and the host come from PUBLIC_URL alone.
        assert!(cookie.starts_with("pm_coach_session=") && !cookie.contains("Secure"), "{cookie}");
    }
}
