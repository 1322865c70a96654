use coach_core::domain::AuthEvent;
use coach_tests::PASSWORD;
use thirtyfour::By;

use crate::{
    browser::{Browser, DESKTOP, ENTER, SPACE, Setup, WITHOUT_SCRIPTS},
    site::{EMAIL, Site},
};

/// Asserts that the first bad field has the focus and its error as a description, and that the form keeps its text except the
/// password.
async fn assert_refused(browser: &Browser, field: &str, said: &str, kept: &[(&str, &str)]) {
    let field = format!("#{field}");
    browser.shows("[id$=error]", said).await;
    let focused = browser.find(&format!("{field}:focus")).await;
    let described_by = focused.attr("aria-describedby").await.unwrap().unwrap();
    let description = browser.text(&format!("#{}", described_by.split(' ').next().unwrap())).await;
    assert!(description.contains(said), "{description}");
    for (id, value) in kept.iter().chain(&[("password", "")]) {
        let field = browser.find(&format!("#{id}")).await;
        assert_eq!(field.value().await.unwrap().as_deref(), Some(*value), "{id}");
    }
}

async fn every_error(site: Site, setup: Setup) {
    let site = site.with_account().await;
    let browser = Browser::open(setup).await;
    let (email, kept) = (("#email", EMAIL), [("email", EMAIL)]);

    browser.visit(&site, "/auth/login?next=/?here").await;
    browser.submit(&[email, ("#password", "wrong password")]).await;
    let wrong = "The email address or the password is wrong.";
    assert_refused(&browser, "password", wrong, &kept).await;
    assert!(browser.driver.title().await.unwrap().starts_with("Error: Sign in"));
    browser.find("#email[aria-invalid=true]").await;
    browser.find("#password[aria-invalid=true]").await;
    browser.find("#form-error[role=alert]").await;
    site.database.execute("UPDATE users SET is_active = FALSE").await;
    browser.submit(&[("#password", PASSWORD)]).await;
    assert_refused(&browser, "password", "This account is inactive.", &kept).await;
    // The fields are not marked, because their values are right.
    browser.find("#password:not([aria-invalid])").await;
    site.database.execute("UPDATE users SET is_active = TRUE").await;
    browser.submit(&[("#password", &"x".repeat(1025))]).await;
    assert_refused(&browser, "password", "Enter a password of at most 1024 bytes.", &kept).await;
    // The hidden `next` has survived every refusal.
    browser.submit(&[("#password", PASSWORD)]).await;
    browser.find("#history").await;
    assert_eq!(browser.path().await, "/?here");

    browser.driver.delete_all_cookies().await.unwrap();
    browser.visit(&site, "/auth/register").await;
    browser
        .submit(&[("#email", "nobody"), ("#full_name", &"x".repeat(101)), ("#password", "short")])
        .await;
    let address = "Enter an email address like name@example.com.";
    assert_refused(&browser, "email", address, &[("email", "nobody")]).await;
    browser.find("#email[aria-invalid=true]").await;
    browser.shows("#full_name-error", "Enter a name of at most 100 characters.").await;
    browser.shows("#password-error", "Enter a password of at least 8 characters.").await;
    let new = ("#email", "new@example.com");
    browser.submit(&[new, ("#full_name", "New"), ("#password", "password")]).await;
    let kept = [("email", "new@example.com"), ("full_name", "New")];
    assert_refused(&browser, "password", "This is a top-10 common password.", &kept).await;
    browser.submit(&[email, ("#password", PASSWORD)]).await;
    let taken = "This email is already registered.";
    assert_refused(&browser, "email", taken, &[("email", EMAIL), ("full_name", "New")]).await;
    browser.submit(&[new, ("#password", PASSWORD)]).await;
    browser.shows("h1", "Practice").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn every_error_is_shown_by_its_field_with_htmx() {
    every_error(Site::with_cdn().await, DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn every_error_is_shown_by_its_field_without_a_cdn() {
    every_error(Site::alone().await, DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn every_error_is_shown_by_its_field_without_scripts() {
    every_error(Site::with_cdn().await, WITHOUT_SCRIPTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn htmx_swaps_only_the_form_and_the_page_reloads_without_htmx() {
    for (site, stays) in [(Site::with_cdn().await, true), (Site::alone().await, false)] {
        let browser = Browser::open(DESKTOP).await;
        browser.visit(&site, "/auth/login").await;
        browser
            .run("window.stays = true; document.querySelector('h1').textContent = 'Changed'")
            .await;
        browser.submit(&[("#email", EMAIL), ("#password", "wrong password")]).await;
        browser.find("#form-error").await;
        assert_eq!(browser.run("return window.stays === true").await, stays);
        assert_eq!(browser.text("h1").await, if stays { "Changed" } else { "Sign in" });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn submit_button_works_once_and_shows_progress() {
    for site in [Site::with_cdn().await, Site::alone().await] {
        let browser = Browser::open(DESKTOP).await;
        browser.visit(&site, "/auth/login").await;
        browser.fill("#email", EMAIL).await;
        browser.fill("#password", "wrong password").await;
        // One script, so that no response can arrive between the presses and the check.
        let script = "const button = document.querySelector('button[type=submit]');
            button.click(); button.click();
            const status = document.querySelector('[role=status]').textContent;
            return [button.textContent, status, button.getAttribute('aria-busy'), button.getAttribute('aria-disabled')]";
        let working = serde_json::json!(["Signing in…", "Signing in…", "true", "true"]);
        assert_eq!(browser.run(script).await, working);
        browser.find("#form-error").await;
        let button = browser.find("button[type=submit]").await;
        assert_eq!(button.text().await.unwrap(), "Sign in");
        assert_eq!(button.attr("aria-busy").await.unwrap(), None);
        assert_eq!(site.audit_log.take(), [AuthEvent::LoginFailed { user_id: None }]);
    }
}

/// ASVS 6.2.6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn shown_password_is_hidden_before_it_is_sent() {
    let site = Site::with_cdn().await;
    let browser = Browser::open(DESKTOP).await;
    browser.visit(&site, "/auth/register").await;
    let kind = async || browser.find("#password").await.attr("type").await.unwrap().unwrap();
    for _ in 0..2 {
        browser.fill("#email", "nobody").await;
        browser.fill("#password", "hunter2").await;
        assert_eq!(
            (kind().await.as_str(), browser.text("[data-show-password]").await.as_str()),
            ("password", "Show\n password")
        );
        browser.tab_to("[data-show-password]").await;
        browser.press(SPACE).await;
        assert_eq!(
            (kind().await.as_str(), browser.text("[data-show-password]").await.as_str()),
            ("text", "Hide\n password")
        );
        let script = "document.querySelector('button[type=submit]').click(); return document.querySelector('#password').type";
        assert_eq!(browser.run(script).await, "password");
        // The second round uses the form that HTMX swapped in.
        browser.shows("#password-error", "at least 8").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn unreachable_server_gives_an_error_and_keeps_the_input() {
    let site = Site::with_cdn().await;
    let browser = Browser::open(DESKTOP).await;
    browser.visit(&site, "/auth/login").await;
    let offline = |offline: bool| serde_json::json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.devtools("Network.enable", serde_json::json!({})).await;
    browser.devtools("Network.emulateNetworkConditions", offline(true)).await;
    browser.submit(&[("#email", EMAIL), ("#password", "wrong password")]).await;
    browser.shows("[data-unreachable]", "The server did not answer.").await;
    assert_eq!(
        browser.find("#password").await.value().await.unwrap().as_deref(),
        Some("wrong password")
    );
    browser.devtools("Network.emulateNetworkConditions", offline(false)).await;
    browser.press(ENTER).await;
    browser.find("#form-error").await;
    assert!(!browser.find("[data-unreachable]").await.is_displayed().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn cancelled_form_can_be_sent_again() {
    let site = Site::alone().await;
    let browser = Browser::open(DESKTOP).await;
    browser.visit(&site, "/auth/login").await;
    browser
        .run("addEventListener('submit', (event) => event.preventDefault(), { once: true })")
        .await;
    browser.submit(&[("#email", EMAIL), ("#password", "wrong")]).await;
    browser.find("button[aria-busy=true]").await;
    browser.submit(&[("#password", "wrong password")]).await;
    browser.find("#form-error").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn error_page_replaces_the_form_and_gets_the_focus() {
    let site = Site::with_cdn().await;
    let browser = Browser::open(DESKTOP).await;
    browser.visit(&site, "/auth/register").await;
    browser.run("document.querySelector('#full_name').value = 'x'.repeat(70000)").await;
    browser.submit(&[("#email", EMAIL)]).await;
    browser.shows("h1", "Too much text").await;
    browser.find("h1:focus").await;
    assert!(browser.driver.title().await.unwrap().starts_with("Too much text"));
    assert_eq!(browser.driver.find_all(By::Css("main")).await.unwrap().len(), 1);
}
