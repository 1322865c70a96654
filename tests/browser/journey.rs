//! Register, look around, log out, log in: with the keyboard alone, whatever the browser can do.

use coach_core::ports::AuthEvent;
use coach_tests::PASSWORD;
use thirtyfour::By;

use crate::{
    browser::{Browser, DESKTOP, ENTER, SPACE, Setup, TAB, WITHOUT_SCRIPTS},
    site::{EMAIL, Site},
};

async fn journey(site: Site, setup: Setup) {
    let browser = Browser::open(setup).await;
    browser.visit(&site, "/").await;
    browser.tab_to("main a[href='/auth/register']").await;
    browser.press(ENTER).await;

    browser.find("#email:focus").await;
    browser.type_here(EMAIL).await;
    browser.tab_to("#full_name").await;
    browser.type_here("Test User").await;
    browser.tab_to("#password").await;
    browser.type_here(PASSWORD).await;
    browser.tab_to("button[type=submit]").await;
    browser.press(SPACE).await;

    browser.find("#account").await;
    assert_eq!(
        (browser.path().await.as_str(), browser.text("h1").await.as_str()),
        ("/", "Hello, Test User")
    );
    let account = browser.text("#content").await;
    assert!(
        account.contains(EMAIL) && account.contains("This is your first time here"),
        "{account}"
    );

    browser.tab_to("form[action='/auth/logout'] button").await;
    browser.press(ENTER).await;
    browser.find("#email:focus").await;
    assert_eq!(browser.path().await, "/auth/login");

    browser.type_here(EMAIL).await;
    browser.press(TAB).await;
    browser.type_here(PASSWORD).await;
    browser.press(ENTER).await;
    browser.find("#account").await;
    assert!(browser.text("#content").await.contains("Last login"));
    assert!(!browser.text("#content").await.contains("first time"));

    let events = site.audit_log.take();
    let [
        AuthEvent::Registered { session_id: first, .. },
        AuthEvent::LoggedOut { session_id: ended },
        AuthEvent::LoggedIn { .. },
    ] = events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(first, ended);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn by_keyboard_alone_with_htmx() {
    journey(Site::with_cdn().await, DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn by_keyboard_alone_without_a_cdn() {
    journey(Site::alone().await, DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn by_keyboard_alone_without_scripts() {
    journey(Site::with_cdn().await, WITHOUT_SCRIPTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn after_a_logout_the_back_button_shows_nothing_private() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(DESKTOP).await;
    browser.log_in(&site).await;
    browser.find("form[action='/auth/logout'] button").await.click().await.unwrap();
    browser.find("#email").await;
    browser.driver.back().await.unwrap();
    browser.find("main a[href='/auth/register']").await;
    assert!(!browser.driver.source().await.unwrap().contains(EMAIL));
    assert_eq!(browser.driver.get_all_cookies().await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn scripts_cannot_read_the_session() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(DESKTOP).await;
    browser.log_in(&site).await;
    assert_eq!(browser.run("return document.cookie").await, "");
    let cookies = browser.driver.get_all_cookies().await.unwrap();
    assert_eq!((cookies.len(), cookies[0].name.as_str()), (1, coach_tests::COOKIE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn an_account_is_looked_after_with_and_without_scripts() {
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        let thief = site.client.login(EMAIL, PASSWORD).await;
        let thief = site.client.with_token(&thief.token());
        let browser = Browser::open(setup).await;
        browser.visit(&site, "/account").await;
        browser.submit(&[("#email", EMAIL), ("#password", PASSWORD)]).await;
        browser.shows("h1", "Your account").await;
        assert_eq!(browser.path().await, "/account");
        // The registration's, the thief's and this one.
        browser.shows("li", "Chrome").await;
        let count = async || browser.driver.find_all(By::Css("li")).await.unwrap().len();
        assert_eq!(count().await, 3);

        browser.find("li form button").await.click().await.unwrap();
        browser.gone("li:nth-child(3)").await;
        browser.find("input[value=others] + button").await.click().await.unwrap();
        browser.gone("li:nth-child(2)").await;
        assert_eq!((count().await, thief.me().await.status), (1, 401));

        let (current, new) = ("#current_password", "#new_password");
        browser.submit(&[(current, "wrong"), (new, "another long passphrase")]).await;
        browser.shows("#current_password-error", "The current password is wrong.").await;
        browser.find("#current_password[aria-invalid=true]:focus").await;
        browser.submit(&[(current, PASSWORD), (new, "password")]).await;
        browser.shows("#new_password-error", "This is a top-10 common password.").await;
        browser.find("#new_password[aria-invalid=true]:focus").await;
        browser.submit(&[(current, PASSWORD), (new, "another long passphrase")]).await;
        browser.gone("#new_password-error").await;
        browser.shows("li", "This session").await;
        assert_eq!(count().await, 1);
        let login = site.client.login(EMAIL, "another long passphrase").await;
        assert_eq!((login.status, site.client.login(EMAIL, PASSWORD).await.status), (200, 401));
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}
