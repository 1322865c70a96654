//! Creating an account, signing out and signing in again.

use coach_core::domain::AuthEvent;
use coach_tests::PASSWORD;

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

    browser.shows("[data-notice]", "Welcome! Your account is ready.").await;
    browser.find("#history").await;
    assert_eq!(
        (browser.path().await.as_str(), browser.text("h1").await.as_str()),
        ("/", "Practice")
    );

    browser.tab_to("[data-menu] summary").await;
    browser.press(ENTER).await;
    browser.tab_to("form[action='/auth/logout'] button").await;
    browser.press(ENTER).await;
    // The notice does not take the focus from the form.
    browser.find("#email:focus").await;
    assert_eq!(browser.path().await, "/auth/login");
    browser.shows("[data-notice]", "You are signed out.").await;

    browser.type_here(EMAIL).await;
    browser.press(TAB).await;
    browser.type_here(PASSWORD).await;
    browser.press(ENTER).await;
    browser.find("#history").await;

    let events = site.audit_log.take();
    let [
        AuthEvent::Registered { session_id: first, .. },
        AuthEvent::LoggedOut { session_id: ended, .. },
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
async fn journey_by_keyboard_with_htmx() {
    journey(Site::with_cdn().await, DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn journey_by_keyboard_without_a_cdn() {
    journey(Site::alone().await, DESKTOP).await;
}

/// ASVS 7.4.4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn journey_by_keyboard_without_scripts() {
    journey(Site::with_cdn().await, WITHOUT_SCRIPTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn back_button_shows_nothing_private_after_signing_out() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(DESKTOP).await;
    browser.sign_in(&site).await;
    browser.sign_out().await;
    browser.driver.back().await.unwrap();
    browser.find("main a[href='/auth/register']").await;
    assert!(!browser.driver.source().await.unwrap().contains(EMAIL));
    assert_eq!(browser.driver.get_all_cookies().await.unwrap().len(), 0);
}

/// ASVS 3.3.4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn scripts_cannot_read_the_session() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(DESKTOP).await;
    browser.sign_in(&site).await;
    assert_eq!(browser.run("return document.cookie").await, "");
    let cookies = browser.driver.get_all_cookies().await.unwrap();
    assert_eq!((cookies.len(), cookies[0].name.as_str()), (1, coach_tests::COOKIE));
}
