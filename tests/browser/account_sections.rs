//! The sections of the account page: the list of sessions, times, disclosures, and the keyboard.

use coach_tests::{PASSWORD, Persona};
use reqwest::Method;
use serde_json::json;
use thirtyfour::By;

use crate::{
    browser::{Browser, DESKTOP, ENTER, SPACE, Setup, WITHOUT_SCRIPTS},
    site::{EMAIL, Site},
};

const DELETE: &str = "details:not([data-menu])";

/// Begins sessions in the clients of these names.
pub async fn log_in_from(client: &Persona, user_agents: &[&str]) {
    for user_agent in user_agents {
        let body = json!({"email": EMAIL, "password": PASSWORD});
        let request = client.request(Method::POST, "/auth/login").json(&body);
        let sent = request.header("user-agent", *user_agent).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    }
}

async fn open(site: &Site, setup: Setup) -> Browser {
    let browser = Browser::open(setup).await;
    browser.sign_in(site).await;
    browser.visit(site, "/account").await;
    browser
}

async fn sessions(browser: &Browser) -> usize {
    browser.driver.find_all(By::Css("#session-list li")).await.unwrap().len()
}

async fn is_displayed(browser: &Browser, selector: &str) -> bool {
    browser.find(selector).await.is_displayed().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn sessions_are_shown_ten_at_a_time_with_and_without_scripts() {
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        log_in_from(&site.client, &["curl/8.5.0"; 22]).await;
        let browser = open(&site, setup).await;
        assert_eq!(sessions(&browser).await, 10);
        browser.run("window.stays = true").await;
        for (shown, first_new) in [(20, "#session-11"), (24, "#session-21")] {
            browser.tab_to("#session-list a").await;
            browser.press(ENTER).await;
            browser.find(&format!("#session-{shown}")).await;
            // The keyboard goes on at the first session that was not there before.
            browser.find(&format!("{first_new}:focus")).await;
            assert_eq!(sessions(&browser).await, shown);
            assert_eq!(browser.run("return window.stays === true").await, setup.scripts);
        }
        browser.gone("#session-list a").await;

        browser.tab_to("#session-22 button").await;
        browser.press(ENTER).await;
        browser.gone("#session-24").await;
        assert_eq!(sessions(&browser).await, 23);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn account_can_be_managed_by_keyboard_with_and_without_scripts() {
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        log_in_from(&site.client, &["curl/8.5.0"; 2]).await;
        let browser = open(&site, setup).await;

        browser.tab_to("#profile-full_name").await;
        browser.type_here("New Name").await;
        browser.submit_to_next_page(&[]).await;
        browser.shows("h1", "Account").await;
        assert_eq!(browser.value("#profile-full_name").await, "New Name");

        browser.tab_to("#session-2 button").await;
        browser.press(SPACE).await;
        browser.gone("#session-4").await;

        browser.tab_to(&format!("{DELETE} summary")).await;
        browser.press(ENTER).await;
        browser.tab_to("#delete-current_password").await;
        browser.type_here("wrong password").await;
        browser.press(ENTER).await;
        let refused = "#delete-current_password[aria-invalid=true]:focus";
        browser.find(&format!("{DELETE}[open] {refused}")).await;
        browser.type_here(PASSWORD).await;
        browser.press(ENTER).await;
        browser.find("main a[href='/auth/register']").await;
        assert_eq!(site.client.login(EMAIL, PASSWORD).await.status, 401);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn password_is_asked_for_when_the_email_changes() {
    let (email, password) = ("#profile-email", "#profile-current_password");
    let site = Site::with_cdn().await.with_account().await;
    let browser = open(&site, DESKTOP).await;
    assert!(!is_displayed(&browser, password).await);
    browser.fill("#profile-full_name", "New Name").await;
    assert!(!is_displayed(&browser, password).await);
    browser.fill(email, "new@example.com").await;
    assert!(is_displayed(&browser, password).await);
    browser.fill(email, EMAIL).await;
    assert!(!is_displayed(&browser, password).await);

    // A refused change still asks, in the form that HTMX swaps in.
    browser.submit(&[(email, "new@example.com")]).await;
    browser.find("#profile-current_password[aria-invalid=true]:focus").await;
    browser.fill(email, EMAIL).await;
    assert!(!is_displayed(&browser, password).await);

    let browser = open(&site, WITHOUT_SCRIPTS).await;
    assert!(is_displayed(&browser, password).await);
    browser.shows("#profile-current_password-hint", "Only needed for a new email.").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn times_are_in_the_readers_zone_with_scripts_and_in_utc_without() {
    let site = Site::with_cdn().await.with_account().await;
    log_in_from(&site.client, &["curl/8.5.0"; 12]).await;
    let at = "UPDATE auth_sessions SET created_at = '2026-11-12 20:30:00', previous_login = '2026-01-31 20:30:00'";
    for (setup, begun, previous) in [
        (DESKTOP, "Nov 13, 2026, 5:30", "Feb 1, 2026, 5:30"),
        (WITHOUT_SCRIPTS, "12 Nov 2026, 20:30 UTC", "31 Jan 2026, 20:30 UTC"),
    ] {
        let browser = Browser::open(setup).await;
        let zone = json!({"timezoneId": "Asia/Tokyo"});
        browser.devtools("Emulation.setTimezoneOverride", zone).await;
        browser.devtools("Emulation.setLocaleOverride", json!({"locale": "en-US"})).await;
        browser.sign_in(&site).await;
        site.database.execute(at).await;
        browser.visit(&site, "/account").await;
        browser.shows("section", &format!("Last sign-in before this one: {previous}")).await;
        browser.shows("#session-1", &format!("Signed in {begun}")).await;
        let title = browser.find("#session-1 time").await.attr("title").await.unwrap().unwrap();
        assert_eq!(title.contains("UTC"), !setup.scripts, "{title}");

        // Sessions that are added later, too.
        browser.find("#session-list a").await.click().await.unwrap();
        browser.shows("#session-12", &format!("Signed in {begun}")).await;
        browser.shows("#session-1", &format!("Signed in {begun}")).await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn browser_finds_no_fault_with_the_password_forms() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = open(&site, DESKTOP).await;
    let log = browser.driver.browser_log().await.unwrap();
    let faults: Vec<_> = log.iter().filter(|entry| entry.message.contains("[DOM]")).collect();
    assert!(faults.is_empty(), "{faults:?}");
}
