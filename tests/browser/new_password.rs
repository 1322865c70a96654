//! Choosing a new password with a code.

use coach_core::domain::AuthEvent;

use crate::{
    browser::{Browser, DESKTOP, ENTER, Setup, WITHOUT_SCRIPTS},
    site::{EMAIL, Site},
};

const NEW: &str = "another long passphrase";

async fn journey(site: Site, setup: Setup) {
    let site = site.with_account().await;
    let code = site.issue_code().await;
    let browser = Browser::open(setup).await;
    browser.visit(&site, "/auth/new-password?next=/account").await;
    browser.find("#email:focus").await;
    browser.type_here(EMAIL).await;
    browser.tab_to("#code").await;
    browser.type_here("0000 0000").await;
    browser.tab_to("#new_password").await;
    browser.type_here(NEW).await;
    browser.press(ENTER).await;

    browser.shows("#form-error", "The code is not valid for this email address.").await;
    browser.find("#code:focus").await;
    assert_eq!(browser.value("#email").await, EMAIL);
    assert_eq!(browser.value("#code").await, "0000 0000");
    assert_eq!(browser.value("#new_password").await, "");
    browser.submit(&[("#code", &code), ("#new_password", "password1")]).await;
    browser.shows("#new_password-error", "too easy to guess").await;

    // The code has survived the refusal.
    browser.submit_to_next_page(&[("#new_password", NEW)]).await;
    browser.shows("h1", "Account").await;
    assert_eq!(browser.path().await, "/account");
    let events = site.audit_log.take();
    assert!(
        matches!(events[..], [AuthEvent::CodeRefused { .. }, AuthEvent::CodeUsed { .. }]),
        "{events:?}"
    );
    browser.visit(&site, "/auth/new-password").await;
    assert_eq!(browser.path().await, "/");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn new_password_by_keyboard_with_htmx() {
    journey(Site::with_cdn().await, DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn new_password_by_keyboard_without_scripts() {
    journey(Site::with_cdn().await, WITHOUT_SCRIPTS).await;
}
