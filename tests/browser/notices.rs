//! What pages say once, and errors that go away.

use coach_tests::PASSWORD;

use crate::{
    browser::{Browser, DESKTOP, WITHOUT_SCRIPTS},
    site::{EMAIL, Site},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn notice_is_shown_once_with_and_without_scripts_and_a_cdn() {
    for (cdn, setup) in [(true, DESKTOP), (false, DESKTOP), (true, WITHOUT_SCRIPTS)] {
        let site = if cdn { Site::with_cdn().await } else { Site::alone().await };
        let site = site.with_account().await;
        let browser = Browser::open(setup).await;
        browser.sign_in(&site).await;
        browser.sign_out().await;
        browser.find("p[role=status][data-notice]").await;
        browser.find("#email:focus").await;
        browser.driver.refresh().await.unwrap();
        browser.find("#email").await;
        browser.gone("[data-notice]").await;
        browser.visit(&site, "/").await;
        browser.driver.back().await.unwrap();
        browser.find("#email").await;
        browser.gone("[data-notice]").await;

        // A redirect of HTMX keeps it too.
        browser.visit(&site, "/account").await;
        browser.submit(&[("#email", EMAIL), ("#password", PASSWORD)]).await;
        browser.shows("h1", "Account").await;
        browser.find("main details summary").await.click().await.unwrap();
        browser.submit(&[("#delete-current_password", PASSWORD)]).await;
        browser.shows("[data-notice]", "Your account and all its data are deleted.").await;
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn session_that_ended_elsewhere_is_explained_once() {
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        let browser = Browser::open(setup).await;
        browser.sign_in(&site).await;
        site.database.execute("DELETE FROM auth_sessions").await;
        browser.visit(&site, "/").await;
        browser.shows("[data-notice]", "Your session has ended. Sign in again.").await;
        assert_eq!(browser.driver.get_all_cookies().await.unwrap().len(), 0);
        browser.visit(&site, "/").await;
        browser.gone("[data-notice]").await;

        browser.sign_in(&site).await;
        site.database.execute("DELETE FROM auth_sessions").await;
        browser.visit(&site, "/account").await;
        browser.shows("[data-notice]", "Your session has ended. Sign in again.").await;
        assert_eq!(browser.driver.get_all_cookies().await.unwrap().len(), 0);
        browser.submit(&[("#email", EMAIL), ("#password", PASSWORD)]).await;
        browser.shows("h1", "Account").await;
        browser.gone("[data-notice]").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn newer_message_replaces_the_notice() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(DESKTOP).await;
    browser.sign_in(&site).await;
    let saved = async || {
        browser.visit(&site, "/account").await;
        browser.submit_to_next_page(&[("#profile-full_name", "Test User")]).await;
        browser.shows("[data-notice]", "Profile saved.").await;
    };
    saved().await;
    browser.submit(&[("#current_password", "wrong"), ("#new_password", "x")]).await;
    browser.find("#new_password-error").await;
    browser.gone("[data-notice]").await;

    saved().await;
    let offline = |offline: bool| serde_json::json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.devtools("Network.enable", serde_json::json!({})).await;
    browser.devtools("Network.emulateNetworkConditions", offline(true)).await;
    browser.submit(&[("#current_password", PASSWORD), ("#new_password", "x")]).await;
    browser.shows("#change-password [data-unreachable]", "The server did not answer.").await;
    browser.gone("[data-notice]").await;
    browser.devtools("Network.emulateNetworkConditions", offline(false)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn error_of_a_field_goes_when_the_field_is_corrected() {
    let site = Site::with_cdn().await.with_account().await;
    let browser = Browser::open(DESKTOP).await;
    browser.visit(&site, "/auth/register").await;
    browser.submit(&[("#email", "nobody"), ("#password", "short")]).await;
    browser.find("#email-error").await;
    browser.fill("#email", "nobody@example.com").await;
    browser.gone("#email-error").await;
    browser.find("#email:not([aria-invalid])").await;
    // The other error stays, and the hint of its field too.
    browser.find("#password-error").await;
    browser.fill("#password", "short again").await;
    browser.gone("#password-error").await;
    browser.find("#password[aria-describedby='password-hint']").await;

    browser.visit(&site, "/auth/login").await;
    browser.submit(&[("#email", EMAIL), ("#password", "wrong password")]).await;
    browser.find("#email[aria-invalid=true]").await;
    browser.fill("#password", "another").await;
    browser.find("#password:not([aria-invalid])").await;
    browser.find("#email:not([aria-invalid])").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn registered_address_is_carried_to_the_sign_in_form() {
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        let browser = Browser::open(setup).await;
        browser.visit(&site, "/auth/register?next=/account").await;
        browser.submit(&[("#email", EMAIL), ("#password", PASSWORD)]).await;
        browser.find("#email-error a").await.click().await.unwrap();
        browser.shows("h1", "Sign in").await;
        assert_eq!(browser.path().await, "/auth/login?next=/account");
        assert_eq!(browser.value("#email").await, EMAIL);
        browser.find("#password:focus").await;
        browser.submit(&[("#password", PASSWORD)]).await;
        browser.shows("h1", "Account").await;
        assert_eq!(browser.path().await, "/account");
        assert_eq!(browser.driver.get_all_cookies().await.unwrap().len(), 1);
    }
}
