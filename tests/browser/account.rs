//! The account page: profile, password, sessions and deletion.

use coach_tests::PASSWORD;
use thirtyfour::By;

use crate::{
    browser::{Browser, DESKTOP, Setup, WITHOUT_SCRIPTS},
    site::{EMAIL, Site},
};

const NEW_EMAIL: &str = "new@example.com";
const TAKEN_EMAIL: &str = "taken@example.com";
const NEW_PASSWORD: &str = "another long passphrase";

async fn count(browser: &Browser, selector: &str) -> usize {
    browser.driver.find_all(By::Css(selector)).await.unwrap().len()
}

async fn open_account(site: &Site, setup: Setup) -> Browser {
    let browser = Browser::open(setup).await;
    browser.visit(site, "/account").await;
    browser.submit(&[("#email", EMAIL), ("#password", PASSWORD)]).await;
    browser.shows("h1", "Account").await;
    assert_eq!(browser.path().await, "/account");
    browser
}

/// Asserts that the error is shown by its field, which has the focus.
async fn assert_field_error(browser: &Browser, field: &str, message: &str) {
    let error = format!("{field}-error");
    browser.shows(&error, message).await;
    let focused = browser.find(&format!("{field}[aria-invalid=true]:focus")).await;
    let described_by = focused.attr("aria-describedby").await.unwrap().unwrap();
    assert!(described_by.split(' ').any(|id| format!("#{id}") == error), "{described_by}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn profile_can_be_changed_with_and_without_scripts() {
    let (name, email) = ("#profile-full_name", "#profile-email");
    let password = "#profile-current_password";
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        let browser = open_account(&site, setup).await;
        assert_eq!(browser.value(name).await, "Test User");
        assert_eq!(browser.value(email).await, EMAIL);

        // A new name needs no password.
        browser.submit_to_next_page(&[(name, "New Name")]).await;
        browser.shows("h1", "Account").await;
        assert_eq!(browser.value(name).await, "New Name");
        assert_eq!(browser.value(email).await, EMAIL);

        browser
            .submit_to_next_page(&[(name, "Newer Name"), (email, NEW_EMAIL), (password, PASSWORD)])
            .await;
        browser.shows("h1", "Account").await;
        assert_eq!(browser.value(name).await, "Newer Name");
        assert_eq!(browser.value(email).await, NEW_EMAIL);
        assert_eq!(browser.value(password).await, "");
        assert_eq!(site.client.login(NEW_EMAIL, PASSWORD).await.status, 200);
        assert_eq!(site.client.login(EMAIL, PASSWORD).await.status, 401);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn profile_errors_are_shown_by_their_fields_and_keep_the_input() {
    let (name, email) = ("#profile-full_name", "#profile-email");
    let password = "#profile-current_password";
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        assert_eq!(site.client.register(TAKEN_EMAIL).await.status, 201);
        let browser = open_account(&site, setup).await;

        let long_name = "x".repeat(101);
        browser.submit(&[(name, &long_name), (email, "nobody")]).await;
        assert_field_error(&browser, name, "Enter a name of at most 100 characters.").await;
        let malformed = "Enter an email address like name@example.com.";
        browser.shows("#profile-email-error", malformed).await;
        assert_eq!(browser.value(name).await, long_name);
        assert_eq!(browser.value(email).await, "nobody");
        assert!(setup.scripts || browser.driver.title().await.unwrap().starts_with("Error: "));

        let fields = [(name, "New Name"), (email, NEW_EMAIL), (password, "wrong password")];
        browser.submit(&fields).await;
        assert_field_error(&browser, password, "The current password is wrong.").await;
        assert_eq!(browser.value(email).await, NEW_EMAIL);
        assert_eq!(browser.value(password).await, "");

        browser.submit(&[(email, TAKEN_EMAIL), (password, PASSWORD)]).await;
        assert_field_error(&browser, email, "This email is already registered.").await;
        assert_eq!(browser.value(name).await, "New Name");
        assert_eq!(browser.value(email).await, TAKEN_EMAIL);
        assert_eq!(browser.value(password).await, "");
        // The errors belong to one form. The others have none.
        assert_eq!(browser.driver.find_all(By::Css("[id$=error]")).await.unwrap().len(), 1);

        browser.visit(&site, "/account").await;
        assert_eq!(browser.value(name).await, "Test User");
        assert_eq!(browser.value(email).await, EMAIL);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn sessions_can_be_ended_with_and_without_scripts() {
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        let thief = site.client.login(EMAIL, PASSWORD).await;
        let thief = site.client.with_token(&thief.token());
        let browser = open_account(&site, setup).await;
        // The sessions of the registration, of the thief and of the browser.
        browser.shows("#session-1", "Chrome on Linux").await;
        browser.shows("#session-1", "This session").await;
        let count = async || count(&browser, "#session-list li").await;
        assert_eq!(count().await, 3);

        browser.shows("li form button", "Sign out").await;
        browser.find("li form button").await.click().await.unwrap();
        browser.gone("li:nth-child(3)").await;
        browser.shows("input[value=others] + button", "Sign out everywhere else").await;
        browser.find("input[value=others] + button").await.click().await.unwrap();
        browser.gone("li:nth-child(2)").await;
        assert_eq!((count().await, thief.me().await.status), (1, 401));
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn password_can_be_changed_with_and_without_scripts() {
    let (current, new) = ("#current_password", "#new_password");
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        let browser = open_account(&site, setup).await;
        browser.submit(&[(current, "wrong"), (new, NEW_PASSWORD)]).await;
        assert_field_error(&browser, current, "The current password is wrong.").await;
        browser.submit(&[(current, PASSWORD), (new, "password")]).await;
        assert_field_error(&browser, new, "This is a top-10 common password.").await;
        browser.submit_to_next_page(&[(current, PASSWORD), (new, NEW_PASSWORD)]).await;
        browser.shows("#session-1", "This session").await;
        assert_eq!(count(&browser, "#session-list li").await, 1);
        assert_eq!(site.client.login(EMAIL, NEW_PASSWORD).await.status, 200);
        assert_eq!(site.client.login(EMAIL, PASSWORD).await.status, 401);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test installs it"]
async fn account_can_be_deleted_with_and_without_scripts() {
    let password = "#delete-current_password";
    for setup in [DESKTOP, WITHOUT_SCRIPTS] {
        let site = Site::with_cdn().await.with_account().await;
        let browser = open_account(&site, setup).await;
        browser.find("details:not([data-menu]) summary").await.click().await.unwrap();
        browser.submit(&[(password, "wrong password")]).await;
        assert_field_error(&browser, password, "The current password is wrong.").await;
        assert_eq!(browser.value(password).await, "");
        assert_eq!(site.client.login(EMAIL, PASSWORD).await.status, 200);

        browser.submit_to_next_page(&[(password, PASSWORD)]).await;
        browser.find("main a[href='/auth/register']").await;
        browser.shows("[data-notice]", "Your account and all its data are deleted.").await;
        assert_eq!(browser.path().await, "/");
        assert_eq!(browser.driver.get_all_cookies().await.unwrap().len(), 0);
        browser.visit(&site, "/auth/login").await;
        browser.submit(&[("#email", EMAIL), ("#password", PASSWORD)]).await;
        browser.shows("#form-error", "The email address or the password is wrong.").await;
        assert_eq!(site.client.register(EMAIL).await.status, 201);
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}
